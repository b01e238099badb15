"""The beta and beta-binomial families: rates, and counts of successes, by mean and precision.

With mu = g^-1(eta_1), phi = h^-1(eta_2), p = mu phi, q = (1 - mu) phi (Ferrari &
Cribari-Neto 2004):

    log f(y) = log Gamma(phi) - log Gamma(p) - log Gamma(q) + (p - 1) log y + (q - 1) log(1 - y),
    var y = mu (1 - mu) / (1 + phi).

A count k of n trials whose rate has this density is beta-binomial (Skellam 1948), with B the
beta function:

    log f(k) = log C(n, k) + log B(k + p, n - k + q) - log B(p, q),
    var(k / n) = mu (1 - mu) / n * (1 + (n - 1) / (1 + phi)).

References
----------
Ferrari, S. and Cribari-Neto, F. (2004). Beta regression for modelling rates and
proportions. Journal of Applied Statistics 31, 799-815.
Skellam, J. G. (1948). A probability distribution derived from the binomial distribution by
regarding the probability of success as variable between the sets of trials. Journal of the
Royal Statistical Society B 10, 257-261.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError
from glmkit.families._draws import beta_draws, binomial_draws
from glmkit.families.link import Link
from glmkit.families.link_names import LinkLike, link_from
from glmkit.families.vector import Arranged, ComponentSpec, VectorFamily

__all__ = ["Beta", "BetaBinomial"]

LINKS = ("logit", "probit", "cloglog", "loglog", "cauchit")
PRECISION_LINKS = ("log", "identity", "sqrt")
# Where the precision of a beta-binomial starts: a correlation of 0.1 within a row.
START_PRECISION = 9.0


# Precision above which responses vary by no more than their rounding: a standard deviation of 1e-7.
EXACT = 1e13


@dataclass(frozen=True, repr=False)
class _MeanPrecision(VectorFamily):
    """What families with a mean between 0 and 1 and a precision share."""

    link: LinkLike = "logit"
    precision_link: LinkLike = "log"

    second_part: ClassVar[str] = "constant"
    edge: ClassVar[float] = 12.0
    edge_cure: ClassVar[str] = (
        "The responses may vary no more than the mean does, or no more than binomial counts: use a simpler model."
    )

    def __post_init__(self) -> None:
        """Read the links."""
        for argument, known in (("link", LINKS), ("precision_link", PRECISION_LINKS)):
            link = link_from(getattr(self, argument))
            if link.name not in known:
                raise FamilyError(
                    f"{argument}={link.name!r} is not for {type(self).__name__}. Choose one of: {', '.join(known)}.",
                    argument=argument,
                    link=link.name,
                )
            object.__setattr__(self, argument, link)

    def boundary_note(self, eta: Array, errors: Array) -> str | None:
        note = super().boundary_note(eta, errors)
        if note is None and np.any(self._precision.mean(eta[:, 1]).mu > EXACT):
            return (
                "The precision is on its way to infinity: the responses equal their fitted means but for rounding, and "
                f"nothing is known of their spread. {self.edge_cure}"
            )
        return note

    def __repr__(self) -> str:
        return f'{type(self).__name__}(link="{self._mean.name}", precision_link="{self._precision.name}")'

    def with_link(self, link: LinkLike) -> Self:
        return replace(self, link=link)

    @property
    def heading(self) -> str:
        return f"{self.title} model: {self._mean.name} link, {self._precision.name} link for the precision"

    @property
    def ratio_name(self) -> str:  # type: ignore[override]
        return "odds ratio" if self._mean.name == "logit" else ""

    @property
    def _mean(self) -> Link:
        return link_from(self.link)

    @property
    def _precision(self) -> Link:
        return link_from(self.precision_link)

    # -- the response ------------------------------------------------------------------

    def components(self, levels: Sequence[Hashable]) -> tuple[ComponentSpec, ...]:
        first, second = np.eye(2)
        return ComponentSpec("mean", first), ComponentSpec("precision", second, "second")

    def predictors(self, levels: Sequence[Hashable]) -> int:
        return 2

    # -- likelihood --------------------------------------------------------------------

    def valid(self, eta: Array) -> BoolArray:
        mu, phi = self._mean.mean(eta[:, 0]), self._precision.mean(eta[:, 1]).mu
        inner = (mu.mu > 0.0) & (mu.comu > 0.0) & (phi > 0.0) & np.isfinite(phi)
        return np.asarray(inner & self._precision.valid(eta[:, 1]))

    def _shapes(self, eta: Array) -> tuple[Array, Array, Array]:
        m, phi = self._mean.mean(eta[:, 0]), self._precision.mean(eta[:, 1]).mu
        return m.mu * phi, m.comu * phi, phi

    def fitted(self, eta: Array) -> Array:
        return self._mean.mean(eta[:, 0]).mu[:, None]


class Beta(_MeanPrecision):
    """The beta family; ``y ~ x | z`` gives the precision regressors of its own.

    Parameters
    ----------
    link : Link, Link class or str
        Of the mean: logit, probit, cloglog, loglog, cauchit.
    precision_link : Link, Link class or str
        Of the precision phi: log, identity, sqrt.

    Examples
    --------
    >>> Beta(), Beta("probit")
    (Beta(link="logit", precision_link="log"), Beta(link="probit", precision_link="log"))
    """

    name: ClassVar[str] = "beta"
    title: ClassVar[str] = "Beta"
    support: ClassVar[str] = "numbers strictly between 0 and 1"

    def check_response(self, y: Array, weights: Array) -> BoolArray:
        return np.asarray(~((y[:, 0] > 0.0) & (y[:, 0] < 1.0)) & (weights > 0.0))

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        """Return -2 log f(y), which may be negative: there is no saturated model."""
        p, q, _ = self._shapes(eta)
        return np.asarray(
            -2.0
            * (special.xlogy(p - 1.0, y[:, 0]) + special.xlog1py(q - 1.0, -y[:, 0]) - special.betaln(p, q))
        )

    def gradient(self, y: Array, eta: Array) -> Array:
        p, q, phi = self._shapes(eta)
        m, precision = self._mean.mean(eta[:, 0]), self._precision.mean(eta[:, 1])
        # log y - E log y and log(1 - y) - E log(1 - y)
        upper = np.log(y[:, 0]) - special.digamma(p) + special.digamma(phi)
        lower = np.log1p(-y[:, 0]) - special.digamma(q) + special.digamma(phi)
        by_mean, by_precision = phi * (upper - lower), m.mu * upper + m.comu * lower
        return np.column_stack([by_mean * m.dmu, by_precision * precision.dmu])

    def curvature(self, y: Array, eta: Array) -> Array:
        """Return the expected information, which betareg's standard errors rest on."""
        p, q, phi = self._shapes(eta)
        m, precision = self._mean.mean(eta[:, 0]), self._precision.mean(eta[:, 1])
        up, low, whole = (special.polygamma(1, shape) for shape in (p, q, phi))
        matrix = np.empty((len(eta), 2, 2))
        matrix[:, 0, 0] = phi * phi * (up + low) * m.dmu**2
        matrix[:, 1, 1] = (m.mu**2 * up + m.comu**2 * low - whole) * precision.dmu**2
        matrix[:, 0, 1] = matrix[:, 1, 0] = phi * (m.mu * up - m.comu * low) * m.dmu * precision.dmu
        return matrix

    def start(self, y: Array, weights: Array) -> Array:
        used = weights > 0
        values, share = y[used, 0], weights[used] / np.sum(weights)
        center = float(share @ values)
        spread = float(share @ (values - center) ** 2)
        phi = max(center * (1.0 - center) / max(spread, 1e-12) - 1.0, 0.5)
        inner = np.where(used, y[:, 0], center)
        return np.column_stack([self._mean(inner), np.full(len(y), self._precision(np.array([phi]))[0])])

    def variance(self, eta: Array) -> Array:
        m, phi = self._mean.mean(eta[:, 0]), self._precision.mean(eta[:, 1]).mu
        return np.asarray(m.mu * m.comu / (1.0 + phi))[:, None]

    def cdf(self, y: Array, eta: Array) -> Array:
        p, q, _ = self._shapes(eta)
        return np.asarray(special.betainc(p, q, y[:, 0]))

    def cdf_below(self, y: Array, eta: Array) -> Array:
        return self.cdf(y, eta)

    def rvs(self, eta: Array, trials: Array | None, rng: np.random.Generator) -> Array:
        p, q, _ = self._shapes(eta)
        return beta_draws(p, q, self.fitted(eta)[:, 0], rng)


class BetaBinomial(_MeanPrecision):
    """The beta-binomial family; ``y ~ x | z`` gives the precision regressors of its own.

    The response is ``cbind(successes, failures)``, or a proportion with the numbers of
    trials as ``weights``.

    Parameters
    ----------
    link : Link, Link class or str
        Of the mean: logit, probit, cloglog, loglog, cauchit.
    precision_link : Link, Link class or str
        Of the precision phi: log, identity, sqrt. The correlation of two trials of a row
        is 1 / (1 + phi).

    Examples
    --------
    >>> BetaBinomial()
    BetaBinomial(link="logit", precision_link="log")
    """

    name: ClassVar[str] = "beta-binomial"
    title: ClassVar[str] = "Beta-binomial"
    support: ClassVar[str] = "counts of successes, with more than one trial in some row"
    response_kind: ClassVar[str] = "binomial"

    def arranged(self, y: Array, indicator: Array | None, prior: Array, trials: Array | None) -> Arranged:
        """Return successes and trials, (n, 2); the trials are no weights here."""
        size = prior if trials is None else trials
        some = size > 0
        weights = np.where(some, prior / np.where(some, size, 1.0), 0.0)
        return Arranged(np.column_stack([np.rint(y * size), np.rint(size)]), weights, size)

    def check_response(self, y: Array, weights: Array) -> BoolArray:
        """Return the rows without a count of successes.

        Raises
        ------
        FamilyError
            No row has more than one trial.
        """
        if not np.any(y[weights > 0, 1] > 1.0):
            raise FamilyError(
                "No row has more than one trial, so nothing tells how much the rates vary. Use gk.Binomial().",
                family=self,
            )
        return np.asarray(~((y[:, 0] >= 0.0) & (y[:, 0] <= y[:, 1])) & (weights > 0.0))

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        """Return -2 log f(k)."""
        p, q, _ = self._shapes(eta)
        k, n = y.T
        choose = -np.log1p(n) - special.betaln(k + 1.0, n - k + 1.0)
        return np.asarray(-2.0 * (choose + special.betaln(k + p, n - k + q) - special.betaln(p, q)))

    def gradient(self, y: Array, eta: Array) -> Array:
        return self._slopes(y, eta)[0]

    def curvature(self, y: Array, eta: Array) -> Array:
        return -self._slopes(y, eta)[1]

    def _slopes(self, y: Array, eta: Array) -> tuple[Array, Array]:
        """Return the derivatives of log f by the predictors: by p and q, then mu and phi, then eta."""
        p, q, phi = self._shapes(eta)
        k, n = y.T
        m, precision = self._mean.mean(eta[:, 0]), self._precision.mean(eta[:, 1])
        whole = special.digamma(n + phi) - special.digamma(phi)
        by_p = special.digamma(k + p) - special.digamma(p) - whole
        by_q = special.digamma(n - k + q) - special.digamma(q) - whole
        both = special.polygamma(1, phi) - special.polygamma(1, n + phi)
        by_pp = special.polygamma(1, k + p) - special.polygamma(1, p) + both
        by_qq = special.polygamma(1, n - k + q) - special.polygamma(1, q) + both
        by_mean, by_phi = phi * (by_p - by_q), m.mu * by_p + m.comu * by_q
        mean_mean = phi * phi * (by_pp - 2.0 * both + by_qq)
        phi_phi = m.mu**2 * by_pp + 2.0 * m.mu * m.comu * both + m.comu**2 * by_qq
        mixed = by_p - by_q + phi * (m.mu * by_pp + (m.comu - m.mu) * both - m.comu * by_qq)
        matrix = np.empty((len(eta), 2, 2))
        matrix[:, 0, 0] = mean_mean * m.dmu**2 + by_mean * self._mean.curvature(eta[:, 0])
        matrix[:, 1, 1] = phi_phi * precision.dmu**2 + by_phi * self._precision.curvature(eta[:, 1])
        matrix[:, 0, 1] = matrix[:, 1, 0] = mixed * m.dmu * precision.dmu
        return np.column_stack([by_mean * m.dmu, by_phi * precision.dmu]), matrix

    def start(self, y: Array, weights: Array) -> Array:
        k, n = y.T
        mu = (k + 0.5) / (n + 1.0)
        precision = self._precision(np.array([START_PRECISION]))[0]
        return np.column_stack([self._mean(mu), np.full(len(y), precision)])

    def observed(self, y: Array) -> Array:
        with np.errstate(invalid="ignore"):  # a row without trials has no rate
            return np.asarray(y[:, :1] / y[:, 1:])

    def pearson(self, y: Array, eta: Array) -> Array:
        m, phi = self._mean.mean(eta[:, 0]), self._precision.mean(eta[:, 1]).mu
        n = y[:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):  # a row without trials
            variance = m.mu * m.comu / n * (1.0 + (n - 1.0) / (1.0 + phi))
            return np.asarray((y[:, 0] / n - m.mu) ** 2 / variance)

    def variance(self, eta: Array) -> Array:
        """Return the variance of the rate behind a row."""
        m, phi = self._mean.mean(eta[:, 0]), self._precision.mean(eta[:, 1]).mu
        return np.asarray(m.mu * m.comu / (1.0 + phi))[:, None]

    def cdf(self, y: Array, eta: Array) -> Array:
        return self._cdf(y[:, 0], y[:, 1], eta)

    def cdf_below(self, y: Array, eta: Array) -> Array:
        return self._cdf(y[:, 0] - 1.0, y[:, 1], eta)

    def _cdf(self, k: Array, n: Array, eta: Array) -> Array:
        from scipy import stats

        p, q, _ = self._shapes(eta)
        return np.asarray(stats.betabinom.cdf(k, n, p, q))

    def rvs(self, eta: Array, trials: Array | None, rng: np.random.Generator) -> Array:
        p, q, _ = self._shapes(eta)
        size = np.ones(len(eta)) if trials is None else np.rint(trials)
        some = size > 0
        chance = beta_draws(p, q, self.fitted(eta)[:, 0], rng)
        drawn = binomial_draws(np.where(some, size, 1.0), chance, rng)
        return np.where(some, drawn / np.where(some, size, 1.0), np.nan)
