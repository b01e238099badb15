"""Zero-inflated and hurdle families: counts with more (or fewer) zeros than their distribution has.

With f the count density and q = g^-1(eta_zero) (Lambert 1992; Mullahy 1986):

- zero-inflated: P(0) = q + (1 - q) f(0), P(y) = (1 - q) f(y);
- hurdle: P(0) = 1 - q, P(y) = q f(y) / (1 - f(0)).

The zero part of a zero-inflated model so gives the probability of an extra zero, that of a
hurdle model the probability of a count above zero, as in pscl. Standard errors rest on the
observed information.

References
----------
Lambert, D. (1992). Zero-inflated Poisson regression, with an application to defects in
manufacturing. Technometrics 34, 1-14.
Mullahy, J. (1986). Specification and testing of some modified count data models. Journal of
Econometrics 33, 341-365.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, Self

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError
from glmkit.families.base import Family
from glmkit.families.count_parts import CountPart, count_part
from glmkit.families.link import Link
from glmkit.families.link_names import LinkLike, link_from
from glmkit.families.standard import Poisson
from glmkit.families.vector import MOVED, ComponentSpec, OpenRows, VectorFamily

__all__ = ["Hurdle", "ZeroInflated"]

LINKS = ("logit", "probit", "cloglog", "cauchit")
# A predictor beyond this is a probability within 3e-7 of 0 or 1, or a mean of 3e-7.
EDGE = 15.0
# log theta beyond this: the variance is the Poisson's to seven digits.
POISSON_ENOUGH = 15.0
# log of the smallest mean of a count that is formed: below it, a count above zero is a one.
SMALLEST_LOG_MEAN = -690.0


class _Logs(NamedTuple):
    """A function of the zero predictor with its first two derivatives, (n,)."""

    value: Array
    first: Array
    second: Array


@dataclass(frozen=True, repr=False)
class _TwoPart(VectorFamily):
    """What zero-inflated and hurdle families share: their parts and their response."""

    count: Family = Poisson()  # noqa: RUF009  (a frozen value)
    link: LinkLike = "logit"

    support: ClassVar[str] = "counts, whole numbers >= 0 with some zeros"
    second_part: ClassVar[str] = "same"
    takes_exposure: ClassVar[bool] = True
    edge: ClassVar[float] = EDGE
    edge_cure: ClassVar[str] = (
        "There may be no more zeros than the count part explains, or a term that separates them. Leave out the term, "
        "or use the count family alone."
    )

    def __post_init__(self) -> None:
        """Read the link and the count part."""
        link = link_from(self.link)
        if link.name not in LINKS:
            raise FamilyError(
                f"The link {link.name!r} does not give probabilities. Choose one of: {', '.join(LINKS)}.",
                link=link.name,
            )
        object.__setattr__(self, "link", link)
        count_part(self.count)

    def __repr__(self) -> str:
        shown = "" if self._link.name == "logit" else f', link="{self._link.name}"'
        return f"{type(self).__name__}({self.count!r}{shown})"

    def with_link(self, link: LinkLike) -> Self:
        return replace(self, link=link)

    @property
    def heading(self) -> str:
        return f"{self.title} {self.count.title} model: log link, {self._link.name} link for zeros"

    @property
    def _link(self) -> Link:
        return link_from(self.link)

    @property
    def _count(self) -> CountPart:
        return count_part(self.count)

    # -- the response ------------------------------------------------------------------

    def components(self, levels: Sequence[Hashable]) -> tuple[ComponentSpec, ...]:
        extra = self._count.extra
        unit = np.eye(2 + len(extra))
        constants = [ComponentSpec("count", unit[1 + j], "constant", name) for j, name in enumerate(extra)]
        return (ComponentSpec("count", unit[0]), *constants, ComponentSpec("zero", unit[-1], "second"))

    def predictors(self, levels: Sequence[Hashable]) -> int:
        return 2 + len(self._count.extra)

    def predictor_names(self, levels: Sequence[Hashable]) -> tuple[str, ...]:
        return ("count", *self._count.extra, "zero")

    def offset_pattern(self, levels: Sequence[Hashable], part: int = 0) -> Array | None:
        return self.components(levels)[-1 if part else 0].pattern

    def check_response(self, y: Array, weights: Array) -> BoolArray:
        """Return the rows that hold no count.

        Raises
        ------
        FamilyError
            No count is zero, or all are.
        """
        counted = y[weights > 0]
        if np.all(counted > 0.0) or np.all(counted == 0.0):
            what = "no zero" if np.all(counted > 0.0) else "nothing but zeros"
            raise FamilyError(
                f"The response has {what}, so {self!r} has nothing to tell its two parts apart. Use the count "
                f"family alone: {self.count!r}.",
                family=self,
            )
        return np.asarray((y[:, 0] < 0.0) | (y[:, 0] != np.round(y[:, 0])) | ~np.isfinite(y[:, 0]))

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        """Return -2 log L: there is no saturated model that leaves the two parts apart."""
        return -2.0 * self.log_density(y[:, 0], eta)

    def log_density(self, y: Array, eta: Array) -> Array:
        """Return log P(y), (n,)."""
        raise NotImplementedError

    def start(self, y: Array, weights: Array) -> Array:
        count, counted = y[:, 0], weights > 0
        positive = count[counted & (count > 0)]
        mean, share = float(np.mean(positive)), float(np.mean(count[counted] == 0.0))
        zero = self._link(np.array([self._start_share(share)]))[0]
        start = np.zeros((len(y), self.predictors(())))
        start[:, 0] = np.log(np.where(count > 0, 0.5 * (count + mean), mean))
        start[:, -1] = zero
        return start

    def _start_share(self, zeros: float) -> float:
        raise NotImplementedError

    def boundary_note(self, eta: Array, errors: Array) -> str | None:
        note = super().boundary_note(eta, errors)
        if note is None and self._count.extra and np.any(eta[:, 1] > POISSON_ENOUGH):
            return "theta is on its way to infinity: the counts vary no more than Poisson ones. Poisson is enough."
        return note

    def _upper(self, eta: Array) -> _Logs:
        """Return log q with its derivatives by the zero predictor."""
        m = self._link.mean(eta)
        first, second = _log_slopes(m.mu, m.dmu, self._link.curvature(eta))
        return _Logs(self._link.log_mean(eta), first, second)

    def _lower(self, eta: Array) -> _Logs:
        """Return log(1 - q) with its derivatives."""
        m = self._link.mean(eta)
        first, second = _log_slopes(m.comu, -m.dmu, -self._link.curvature(eta))
        return _Logs(self._link.log_complement(eta), first, second)


def _log_slopes(p: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Return the derivatives of log p from those of p; 0 where p underflows, and with it what they weigh."""
    known = p > 0.0
    safe = np.where(known, p, 1.0)
    slope = np.where(known, first / safe, 0.0)
    return slope, np.where(known, second / safe - slope * slope, 0.0)


class ZeroInflated(_TwoPart):
    """Counts with extra zeros; ``y ~ x | z`` gives the zero part regressors of its own.

    Parameters
    ----------
    count : Family
        ``Poisson()`` or ``NegativeBinomial()``, with the log link.
    link : Link, Link class or str
        Of the probability of an extra zero: logit, probit, cloglog, cauchit.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.ZeroInflated(), gk.ZeroInflated(link="probit")
    (ZeroInflated(Poisson(link="log")), ZeroInflated(Poisson(link="log"), link="probit"))
    """

    name: ClassVar[str] = "zero-inflated"
    title: ClassVar[str] = "Zero-inflated"

    def log_density(self, y: Array, eta: Array) -> Array:
        count = self._lower(eta[:, -1]).value + self._count.log_density(y, eta[:, :-1])
        return np.where(y == 0.0, np.logaddexp(self._upper(eta[:, -1]).value, count), count)

    def gradient(self, y: Array, eta: Array) -> Array:
        return self._slopes(y[:, 0], eta)[0]

    def curvature(self, y: Array, eta: Array) -> Array:
        return -self._slopes(y[:, 0], eta)[1]

    def _slopes(self, y: Array, eta: Array) -> tuple[Array, Array]:
        """Return the derivatives of log(q + (1 - q) f(0)) at a zero, of log((1 - q) f(y)) elsewhere."""
        u, zero = eta[:, :-1], eta[:, -1]
        upper, lower = self._upper(zero), self._lower(zero)
        first, second = self._count.slopes(y, u)
        gradient, hessian = _joined(first, second, lower.first, lower.second)
        at = y == 0.0
        share = special.expit(lower.value + self._count.log_density(np.zeros_like(y), u) - upper.value)[at]
        extra, extra_second = _joined(np.zeros_like(first), np.zeros_like(second), upper.first, upper.second)
        ours, theirs = gradient[at], extra[at]
        mixed = share[:, None] * ours + (1.0 - share)[:, None] * theirs
        ours_second = hessian[at] + ours[:, :, None] * ours[:, None, :]
        theirs_second = extra_second[at] + theirs[:, :, None] * theirs[:, None, :]
        weight = share[:, None, None]
        hessian[at] = (
            weight * ours_second + (1.0 - weight) * theirs_second - mixed[:, :, None] * mixed[:, None, :]
        )
        gradient[at] = mixed
        return gradient, hessian

    def _start_share(self, zeros: float) -> float:
        return min(max(0.5 * zeros, 0.02), 0.9)

    def fitted(self, eta: Array) -> Array:
        return np.asarray(self._link.mean(eta[:, -1]).comu * self._count.mean(eta[:, :-1]))[:, None]

    def variance(self, eta: Array) -> Array:
        m, mu = self._link.mean(eta[:, -1]), self._count.mean(eta[:, :-1])
        return np.asarray(m.comu * (self._count.variance(eta[:, :-1]) + m.mu * mu * mu))[:, None]

    def cdf(self, y: Array, eta: Array) -> Array:
        return self._cdf(y[:, 0], eta)

    def cdf_below(self, y: Array, eta: Array) -> Array:
        return self._cdf(y[:, 0] - 1.0, eta)

    def _cdf(self, y: Array, eta: Array) -> Array:
        m = self._link.mean(eta[:, -1])
        return np.where(y < 0.0, 0.0, m.mu + m.comu * self._count.cdf(y, eta[:, :-1]))

    def rvs(self, eta: Array, trials: Array | None, rng: np.random.Generator) -> Array:
        counts = self._count.quantile(rng.random(len(eta)), eta[:, :-1])
        return np.where(rng.random(len(eta)) < self._link.mean(eta[:, -1]).mu, 0.0, counts)


class Hurdle(_TwoPart):
    """Counts that first have to pass zero; ``y ~ x | z`` gives that part regressors of its own.

    Parameters
    ----------
    count : Family
        ``Poisson()`` or ``NegativeBinomial()``, with the log link; truncated at zero.
    link : Link, Link class or str
        Of the probability of a count above zero: logit, probit, cloglog, cauchit.

    Examples
    --------
    >>> Hurdle(Poisson(), link="probit")
    Hurdle(Poisson(link="log"), link="probit")
    """

    name: ClassVar[str] = "hurdle"
    title: ClassVar[str] = "Hurdle"
    limit_text: ClassVar[str] = "it is certain whether the count is zero"
    limit_cure: ClassVar[str] = "Drop or merge terms of the zero part, or collect more data."

    def log_density(self, y: Array, eta: Array) -> Array:
        u, zero = eta[:, :-1], eta[:, -1]
        some = self._log_some(u)
        positive = self._upper(zero).value + self._count.log_density(y, u) - some
        return np.where(y == 0.0, self._lower(zero).value, positive)

    def _log_some(self, u: Array) -> Array:
        """Return log(1 - f(0)), which is the log mean where that is small."""
        above = _above(u)
        nothing = self._count.log_density(np.zeros(len(u)), above)
        return _log1mexp(nothing) + (u[:, 0] - above[:, 0])

    def gradient(self, y: Array, eta: Array) -> Array:
        return self._slopes(y[:, 0], eta)[0]

    def curvature(self, y: Array, eta: Array) -> Array:
        return -self._slopes(y[:, 0], eta)[1]

    def _slopes(self, y: Array, eta: Array) -> tuple[Array, Array]:
        """Return the derivatives of log(1 - q) at a zero, of log q + log f(y) - log(1 - f(0)) elsewhere."""
        u, zero = _above(eta[:, :-1]), eta[:, -1]
        upper, lower = self._upper(zero), self._lower(zero)
        first, second = self._count.slopes(y, u)
        none, none_second = self._count.slopes(np.zeros_like(y), u)
        # with o = f(0) / (1 - f(0)): d log(1 - f(0)) = -o dl0, d2 = -o (1 + o) dl0 dl0' - o d2l0
        odds = 1.0 / np.expm1(-self._count.log_density(np.zeros_like(y), u))
        first = first + odds[:, None] * none
        outer = none[:, :, None] * none[:, None, :]
        second = second + (odds * (1.0 + odds))[:, None, None] * outer + odds[:, None, None] * none_second
        gradient, hessian = _joined(first, second, upper.first, upper.second)
        at = y == 0.0
        gradient[at], hessian[at] = 0.0, 0.0
        gradient[at, -1], hessian[at, -1, -1] = lower.first[at], lower.second[at]
        return gradient, hessian

    # -- existence: the zero part is a model of its own, of whether a count is above zero --

    def open_rows(self, y: Array) -> OpenRows:
        pattern = np.zeros((len(y), self.predictors(())))
        pattern[:, -1] = np.where(y[:, 0] > 0.0, 1.0, -1.0)
        return OpenRows(np.arange(len(y)), pattern, np.zeros(len(y), dtype=bool))

    def room(self, y: Array, eta: Array) -> Array:
        m = self._link.mean(eta[:, -1])
        return np.where(y[:, 0] > 0.0, m.comu, m.mu)

    def barrier(self, moved: Array) -> Array:
        end = np.zeros_like(moved)
        away = np.abs(moved[:, -1]) > MOVED
        end[away, -1] = np.copysign(np.inf, moved[away, -1])
        return end

    def _start_share(self, zeros: float) -> float:
        return min(max(1.0 - zeros, 0.01), 0.99)

    def fitted(self, eta: Array) -> Array:
        q, _, mean, _ = self._moments(eta)
        return np.asarray(q * mean)[:, None]

    def variance(self, eta: Array) -> Array:
        q, _, mean, square = self._moments(eta)
        return np.asarray(q * square - (q * mean) ** 2)[:, None]

    def _moments(self, eta: Array) -> tuple[Array, Array, Array, Array]:
        """Return q, 1 - f(0), and the mean and mean square of a count above zero."""
        u = _above(eta[:, :-1])
        some = -np.expm1(self._count.log_density(np.zeros(len(u)), u))
        mu = self._count.mean(u)
        return self._link.mean(eta[:, -1]).mu, some, mu / some, (self._count.variance(u) + mu * mu) / some

    def cdf(self, y: Array, eta: Array) -> Array:
        return self._cdf(y[:, 0], eta)

    def cdf_below(self, y: Array, eta: Array) -> Array:
        return self._cdf(y[:, 0] - 1.0, eta)

    def _cdf(self, y: Array, eta: Array) -> Array:
        u, m = _above(eta[:, :-1]), self._link.mean(eta[:, -1])
        # by the tails, which keep their digits where f(0) is close to 1
        above = 1.0 - self._count.sf(np.maximum(y, 0.0), u) / self._count.sf(np.zeros(len(u)), u)
        return np.where(y < 0.0, 0.0, m.comu + m.mu * np.maximum(above, 0.0))

    def rvs(self, eta: Array, trials: Array | None, rng: np.random.Generator) -> Array:
        u, passed = eta[:, :-1], rng.random(len(eta)) < self._link.mean(eta[:, -1]).mu
        nothing = self._count.cdf(np.zeros(len(u)), u)
        counts = self._count.quantile(nothing + (1.0 - nothing) * rng.random(len(eta)), u)
        counts = np.where(np.isfinite(counts), counts, 1.0)  # f(0) rounds to 1: so does P(1) of the others
        return np.where(passed, np.maximum(counts, 1.0), 0.0)


def _above(u: Array) -> Array:
    """Return predictors of the count part whose mean does not underflow."""
    return np.column_stack([np.maximum(u[:, 0], SMALLEST_LOG_MEAN), u[:, 1:]])


def _joined(first: Array, second: Array, zero: Array, zero_second: Array) -> tuple[Array, Array]:
    """Return derivatives by all predictors, of a sum of a function of u and one of the zero predictor."""
    n, k = first.shape
    hessian = np.zeros((n, k + 1, k + 1))
    hessian[:, :k, :k] = second
    hessian[:, k, k] = zero_second
    return np.column_stack([first, zero]), hessian


def _log1mexp(x: Array) -> Array:
    """Return log(1 - e^x) for x < 0, by the formula that keeps its digits."""
    with np.errstate(divide="ignore"):  # 1 - f(0) underflows: no count above zero is possible
        return np.where(x > -np.log(2.0), np.log(-np.expm1(x)), np.log1p(-np.exp(x)))
