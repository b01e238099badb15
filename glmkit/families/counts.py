"""Counts that vary more than Poisson's: the negative binomial family.

Symbols: theta > 0 is the shape, so that var(y) = mu + mu^2 / theta (Lawless 1987); K and
R are the kernels of `glmkit.families._kernels`. Nothing here subtracts numbers that agree
for large theta, where the family tends to Poisson's.

References
----------
Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of
Statistics 15, 209-225.
Loader, C. (2000). Fast and accurate computation of binomial probabilities. Bell Labs.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Self

import numpy as np
from scipy import special

from glmkit._typing import Array
from glmkit.errors import FamilyError
from glmkit.families._draws import poisson_draws
from glmkit.families._kernels import (
    digamma_gap,
    log1p_gap,
    relative_entropy,
    stirling_error,
    trigamma_gap,
)
from glmkit.families._quantiles import count_quantile
from glmkit.families.link import Link, Mean
from glmkit.families.link_names import LinkLike
from glmkit.families.links import Log
from glmkit.families.parameters import Nuisance, Sample
from glmkit.families.standard import Poisson
from glmkit.numerics.tails import log_beta_lower

__all__ = ["NegativeBinomial"]

_LARGEST: Final = 1e10
"""Of an estimated theta: beyond, no data tell the family from Poisson's."""
_TRIALS: Final = np.logspace(-2.0, 4.0, 13)
"""Where a maximum is looked for when the likelihood falls from the Poisson limit."""
_STEPS: Final = 100
_LONGEST: Final = 3.0
"""Longest Newton step of log theta."""
_ROUNDING: Final = 1e-14
"""Of log theta: a step below it is rounding."""


@dataclass(frozen=True, init=False, repr=False)
class NegativeBinomial(Poisson, verified=True):
    """The negative binomial family of counts: V = mu + mu^2 / theta, dispersion 1.

    Parameters
    ----------
    theta : float, optional
        The shape; infinite is Poisson, 1 the geometric distribution. Left out, it is
        estimated by maximum likelihood together with the coefficients.
    link : Link, Link class or str, optional
        The log link if left out.
    estimated : bool
        Whether `theta` is the estimate of a fit: a new fit estimates it again, and it
        counts as a parameter.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.NegativeBinomial(), gk.NegativeBinomial(2, "sqrt")
    (NegativeBinomial(theta=None, link="log"), NegativeBinomial(theta=2, link="sqrt"))
    >>> quine = gk.load_dataset("quine")
    >>> fit = gk.glm("Days ~ Sex + Age + Eth + Lrn", quine, gk.NegativeBinomial())
    >>> round(fit.theta, 4), round(fit.theta_se, 4)
    (1.2749, 0.161)
    """

    theta: float | None = None
    estimated: bool = False

    name: ClassVar[str] = "negative.binomial"
    title: ClassVar[str] = "Negative binomial"
    variance_text: ClassVar[str] = "mu + mu^2 / theta"
    canonical_link: ClassVar[Link | None] = None
    """None is offered: log(mu / (mu + theta)) would be it."""
    ratio_names: ClassVar[Mapping[Link, str]] = {Log(): "rate ratio"}
    overdispersion_cure: ClassVar[str] = "another theta, more terms, or a quasi family"
    spread_alternatives: ClassVar[tuple[str, ...]] = ()
    nuisance_name: ClassVar[str] = "theta"

    def __init__(
        self, theta: float | None = None, link: LinkLike | None = None, *, estimated: bool = False
    ) -> None:
        object.__setattr__(self, "theta", _checked(theta))
        object.__setattr__(self, "estimated", bool(estimated) and theta is not None)
        super().__init__(link)

    def __repr__(self) -> str:
        shown = "None" if self.theta is None else f'float("{self.theta}")'
        if self.theta is not None and np.isfinite(self.theta):
            shown = f"{self.theta:.6g}"
        mark = ", estimated=True" if self.estimated else ""
        return f'NegativeBinomial(theta={shown}, link="{self.link.name}"{mark})'

    @property
    def loss_name(self) -> str:
        return "negative binomial NLL with log input" if self.link == Log() else "negative binomial NLL"

    @property
    def _theta(self) -> float:
        if self.theta is None:
            raise FamilyError(
                "The theta of this NegativeBinomial is to be estimated by a fit. Use the fit's family, or give theta.",
                family=self,
            )
        return self.theta

    @property
    def _is_poisson(self) -> bool:
        return self._theta == np.inf

    # -- moments -----------------------------------------------------------------------

    def _start(self, y: Array, weights: Array) -> Array:
        return np.asarray(y + (y == 0.0) / 6.0)

    def variance(self, m: Mean) -> Array:
        return m.mu * (1.0 + self._over_theta(m))

    def variance_slope(self, m: Mean) -> Array:
        return np.asarray(1.0 + 2.0 * self._over_theta(m))

    def _over_theta(self, m: Mean) -> Array:
        with np.errstate(invalid="ignore"):  # of a Poisson distribution, in a row of zero weight: inf / inf
            return np.asarray(m.mu / self._theta)

    def _working_weight(self, m: Mean) -> Array:
        return super()._working_weight(m) / (1.0 + self._over_theta(m))

    def _score_residual(self, y: Array, m: Mean) -> Array:
        return super()._score_residual(y, m) / (1.0 + self._over_theta(m))

    def pearson(self, y: Array, m: Mean) -> Array:
        return super().pearson(y, m) / np.sqrt(1.0 + self._over_theta(m))

    # -- deviance and likelihood -------------------------------------------------------

    def unit_deviance(self, y: Array, m: Mean) -> Array:
        # 2 [y log(y/mu) - (y + theta) log((y + theta)/(mu + theta))] as a binomial deviance
        # of y and theta in y + theta trials: both terms are >= 0 (Loader 2000, section 4).
        theta = self._theta
        if self._is_poisson:
            return super().unit_deviance(y, m)
        share = theta / (theta + m.mu)
        with np.errstate(invalid="ignore"):  # a row of zero weight may be at infinity
            apart = share * (y - m.mu)
            chance = m.mu / (theta + m.mu)
        successes = relative_entropy(y, (y + theta) * chance, apart)
        failures = relative_entropy(np.full_like(y, theta), (y + theta) * share, -apart)
        none = 2.0 * theta * np.log1p(m.mu / theta)
        return np.where(y == 0.0, none, 2.0 * (successes + failures))

    def saturated(
        self, y: Array, weights: Array, dispersion: float = 1.0, trials: Array | None = None
    ) -> Array:
        poisson = super().saturated(y, weights, dispersion, trials)
        if self._is_poisson:
            return poisson
        theta = self._theta
        errors = stirling_error(y + theta) - stirling_error(np.full_like(y, theta))
        return np.where(y > 0.0, poisson + weights * (errors - 0.5 * np.log1p(y / theta)), poisson)

    # -- the distribution --------------------------------------------------------------

    def _cdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        if self._is_poisson:
            return super()._cdf(y, m, parameter)
        theta, next_count = self._theta, np.maximum(np.floor(y), 0.0) + 1.0
        return np.where(y < 0.0, 0.0, special.betaincc(next_count, theta, m.mu / (theta + m.mu)))

    def _sf(self, y: Array, m: Mean, parameter: Array) -> Array:
        if self._is_poisson:
            return super()._sf(y, m, parameter)
        theta, next_count = self._theta, np.maximum(np.floor(y), 0.0) + 1.0
        return np.where(y < 0.0, 1.0, special.betainc(next_count, theta, m.mu / (theta + m.mu)))

    def _logcdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        if self._is_poisson:
            return super()._logcdf(y, m, parameter)
        theta, next_count = np.full(m.mu.shape, self._theta), np.maximum(np.floor(y), 0.0) + 1.0
        total = theta + m.mu
        return np.where(y < 0.0, -np.inf, log_beta_lower(theta, next_count, theta / total, m.mu / total))

    def _logsf(self, y: Array, m: Mean, parameter: Array) -> Array:
        if self._is_poisson:
            return super()._logsf(y, m, parameter)
        theta, next_count = np.full(m.mu.shape, self._theta), np.maximum(np.floor(y), 0.0) + 1.0
        total = theta + m.mu
        return np.where(y < 0.0, 0.0, log_beta_lower(next_count, theta, m.mu / total, theta / total))

    def _quantile(self, p: Array, m: Mean, parameter: Array) -> Array:
        return count_quantile(lambda k: self._cdf(k, m, parameter), p, m.mu, np.array(np.inf))

    def _draw(self, m: Mean, parameter: Array, rng: np.random.Generator) -> Array:
        if self._is_poisson:
            return super()._draw(m, parameter, rng)
        rate = rng.standard_gamma(self._theta, m.mu.shape)
        return poisson_draws(np.where(rate > 0.0, rate * (m.mu / self._theta), 0.0), rng)

    def nll(self, y: Array, eta: Array) -> Array:
        if self._is_poisson:
            return super().nll(y, eta)
        log_mean = np.where(y > 0.0, self.link.log_mean(eta), 0.0)
        return (y + self._theta) * np.log1p(self.mean(eta).mu / self._theta) - y * log_mean

    # -- theta -------------------------------------------------------------------------

    @property
    def nuisance_value(self) -> float:
        return float("nan") if self.theta is None else float(self.theta)

    @property
    def pending(self) -> bool:
        return self.theta is None

    @property
    def counted_parameters(self) -> int:
        return int(self.estimated)

    def released(self) -> Self:
        return replace(self, theta=None) if self.estimated else self

    def held(self, value: float) -> Self:
        return replace(self, theta=float(value), estimated=True)

    def first_nuisance(self, sample: Sample) -> float:
        return float("inf")

    def nuisance_at(self, sample: Sample) -> Nuisance:
        start = self._theta if np.isfinite(self._theta) else self._start_of_theta(sample)
        return best_theta(sample, start)

    def _start_of_theta(self, sample: Sample) -> float:
        """Return the estimate by moments, or the best trial value where it has none."""
        weights = sample.prior * sample.counts
        excess = float(weights @ ((sample.y - sample.mu) ** 2 - sample.y))
        if excess > 0.0:
            return float(weights @ sample.mu**2) / excess
        limit = self._loglik_of(np.inf, sample)
        trials = [self._loglik_of(theta, sample) for theta in _TRIALS.tolist()]
        best = int(np.argmax(trials))
        return float(_TRIALS[best]) if trials[best] > limit else float("inf")

    def _loglik_of(self, theta: float, sample: Sample) -> float:
        m = Mean(sample.mu, np.full_like(sample.mu, np.nan), sample.mu)
        return float(np.sum(self.held(theta).loglik(sample.y, m, sample.prior * sample.counts)))

    def edge_note(self) -> str | None:
        if not (self.estimated and self._is_poisson):
            return None
        return (
            "Poisson is enough: the counts vary no more than Poisson's, and theta goes to infinity. "
            "The coefficients shown are those of a Poisson fit; theta has no standard error."
        )


def best_theta(sample: Sample, start: float) -> Nuisance:
    """Return the theta of greatest likelihood at fixed means, infinite where it rises for ever.

    Newton steps of log theta inside a bracket; O(n) each.
    """
    if not np.isfinite(start):
        return Nuisance(float("inf"), float("nan"))
    at, low, high = float(np.log(start)), -np.inf, np.inf
    for _ in range(_STEPS):
        theta = float(np.exp(at))
        score, information = theta_derivatives(theta, sample)
        low, high = (at, high) if score > 0.0 else (low, at)
        if low > np.log(_LARGEST):
            return Nuisance(float("inf"), float("nan"))
        step = _newton_step(theta, score, information, low, high, at)
        at += step
        if abs(step) <= _ROUNDING * max(1.0, abs(at)):
            break
    theta = float(np.exp(at))
    _, information = theta_derivatives(theta, sample)
    return Nuisance(theta, float(information**-0.5) if information > 0.0 else float("nan"))


def _newton_step(theta: float, score: float, information: float, low: float, high: float, at: float) -> float:
    """Return the change of log theta: Newton's, shortened, or to the middle of the bracket."""
    curvature = theta * theta * information - theta * score
    step = theta * score / curvature if curvature > 0.0 else np.copysign(1.0, score)
    step = float(np.clip(step, -_LONGEST, _LONGEST))
    return step if low <= at + step <= high else 0.5 * (low + high) - at


def theta_derivatives(theta: float, sample: Sample) -> tuple[float, float]:
    """Return the first and minus the second derivative of the log-likelihood by theta.

    With t = (y - mu) / (mu + theta), they are sums of
        psi(y + theta) - psi(theta) - log(1 + y/theta) - [t - log(1 + t)],
        psi'(theta) - 1/theta - [psi'(y + theta) - 1/(y + theta)] - t^2 / (y + theta),
    each of order theta^-2 and theta^-3 for large theta as it stands.
    """
    y, weights = sample.y, sample.prior * sample.counts
    t = (y - sample.mu) / (sample.mu + theta)
    score = weights @ (digamma_gap(theta, y) - log1p_gap(t))
    information = weights @ (trigamma_gap(theta, y) - t * t / (y + theta))
    return float(score), float(information)


def _checked(theta: float | None) -> float | None:
    if theta is None:
        return None
    number = isinstance(theta, (int, float, np.number)) and not isinstance(theta, bool)
    if not (number and theta > 0):
        raise FamilyError(
            f"theta={theta!r} is not a shape. Give a number above 0, or None to estimate it.", theta=theta
        )
    return theta if isinstance(theta, int) else float(theta)
