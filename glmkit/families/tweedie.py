"""The Tweedie families: V = mu^p, from Poisson sums of gamma amounts to positive stable laws.

Symbols: p the power, q = 2 - p, x = y / mu, L = log x. The densities are those of
`glmkit.families._tweedie`.

References
----------
Jorgensen, B. (1987). Exponential dispersion models. Journal of the Royal Statistical
Society B 49, 127-162.
Dunn, P. K. and Smyth, G. K. (2005). Series evaluation of Tweedie exponential dispersion
model densities. Statistics and Computing 15, 267-280.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Self

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError
from glmkit.families._blocks import by_rows
from glmkit.families._draws import poisson_draws
from glmkit.families._kernels import relative_entropy, stirling_error
from glmkit.families._quantiles import positive_quantile
from glmkit.families._search import highest
from glmkit.families._stable import stable_draw, stable_tail
from glmkit.families._tweedie import jump_numbers, log_density_at_mean
from glmkit.families._tweedie_power import POWER_ENDS, check_told, estimated_power
from glmkit.families.base import Family
from glmkit.families.link import Link, Mean
from glmkit.families.link_names import LinkLike
from glmkit.families.links import Inverse, InverseSquare, Log, Power
from glmkit.families.parameters import Nuisance, Sample
from glmkit.families.positive import Gamma, InverseGaussian

__all__ = ["Tweedie"]

_NEAR: Final = 0.3
"""|log(y / mu)| below which the deviance is a series, of at most |q L|^30 / 30!."""
_TERMS: Final = 30
_NOTHING: Final = 800.0
"""exp(-800) is below the smallest double."""


@dataclass(frozen=True, init=False, repr=False)
class Tweedie(Family, verified=True):
    """The Tweedie family of a power: V = mu^power, dispersion estimated.

    Parameters
    ----------
    power : float or None
        At least 1: between 1 and 2 for responses with exact zeros, above for positive
        ones; 1, 2 and 3 have the variances of Poisson, gamma and inverse Gaussian. None
        estimates it by maximum likelihood together with the coefficients.
    link : Link, Link class or str, optional
        The log link if left out.
    estimated : bool
        Whether `power` is the estimate of a fit: a new fit estimates it again, and it
        counts as a parameter.

    Notes
    -----
    A prior weight divides the dispersion. The log-likelihood is at the dispersion of
    maximum likelihood, which is counted as a parameter; standard errors use Pearson's.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.Tweedie(), gk.Tweedie(1.2, "identity")
    (Tweedie(power=1.5, link="log"), Tweedie(power=1.2, link="identity"))
    """

    power: float | None = 1.5
    estimated: bool = False

    name: ClassVar[str] = "tweedie"
    title: ClassVar[str] = "Tweedie"
    default_link: ClassVar[Link] = Log()
    dispersion: ClassVar[float | None] = None
    counted_dispersion: ClassVar[int] = 1
    rowwise_dispersion: ClassVar[bool] = True
    ratio_names: ClassVar[Mapping[Link, str]] = {Log(): "mean ratio"}
    variance_text: ClassVar[str] = "mu^p"
    nuisance_name: ClassVar[str] = "power"
    nuisance_precision: ClassVar[float] = 1e-5

    def __init__(
        self, power: float | None = 1.5, link: LinkLike | None = None, *, estimated: bool = False
    ) -> None:
        object.__setattr__(self, "power", _checked(power))
        object.__setattr__(self, "estimated", bool(estimated) and power is not None)
        super().__init__(link)

    def __repr__(self) -> str:
        shown = "None" if self.power is None else f"{self.power:.6g}"
        mark = ", estimated=True" if self.estimated else ""
        return f'Tweedie(power={shown}, link="{self.link.name}"{mark})'

    @property
    def _power(self) -> float:
        if self.power is None:
            raise FamilyError(
                "The power of this Tweedie is to be estimated by a fit. Use the fit's family, or give power.",
                family=self,
            )
        return self.power

    @property
    def has_likelihood(self) -> bool:  # type: ignore[override]
        """Whether there is a density: not for the power 1."""
        return self.power != 1.0

    @property
    def support(self) -> str:  # type: ignore[override]
        """The admitted responses, in words."""
        return "numbers >= 0" if self.power is None or self.power < 2.0 else "numbers > 0"

    @property
    def canonical_link(self) -> Link | None:  # type: ignore[override]
        """The link mu^(1 - p) for the power p, log for 1; None while the power is unknown."""
        if self.power is None:
            return None
        named = {1.0: Log(), 2.0: Inverse(), 3.0: InverseSquare()}
        return named[self.power] if self.power in named else Power(1.0 - self.power)

    @property
    def canonical_slope(self) -> float:  # type: ignore[override]
        """The slope d theta / d eta for the canonical link: dmu / V(mu), a constant."""
        return 1.0 if self._power == 1.0 else 1.0 / (1.0 - self._power)

    # -- responses and moments ---------------------------------------------------------

    def in_support(self, y: Array, trials: Array | None = None) -> BoolArray:
        return np.asarray(y >= 0.0 if self.power is None or self.power < 2.0 else y > 0.0)

    def valid_mean(self, m: Mean) -> BoolArray:
        # As Poisson: a mean of 0 is an underflow where it is flat, and the edge otherwise.
        underflow = (m.mu == 0.0) & (m.dmu == 0.0) & (self._power < 2.0)
        return np.asarray((m.mu < np.inf) & ((m.mu > 0.0) | underflow))

    def _start(self, y: Array, weights: Array) -> Array:
        return np.asarray(y + 0.1 * (y == 0.0))

    def variance(self, m: Mean) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # beyond the range of doubles
            return np.asarray(m.mu**self._power)

    def variance_slope(self, m: Mean) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # as above
            return np.asarray(self._power * m.mu ** (self._power - 1.0))

    def _working_weight(self, m: Mean) -> Array:
        return np.asarray(self._relative(m, m.dmu) * m.dmu)

    def _score_residual(self, y: Array, m: Mean) -> Array:
        return np.asarray((y - m.mu) * self._relative(m, m.dmu))

    def _relative(self, m: Mean, dmu: Array) -> Array:
        """Return dmu / V(mu), 0 where the mean is flat."""
        flat = dmu == 0.0
        mu = np.where(flat, 1.0, m.mu)
        # Inf at mu = 0; a row of zero weight may be at infinity.
        with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
            return np.where(flat, 0.0, dmu / mu * mu ** (1.0 - self._power))

    def pearson(self, y: Array, m: Mean) -> Array:
        residual = y - m.mu
        mu = np.where(residual == 0.0, 1.0, m.mu)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # inf for y > 0 = mu
            return np.asarray(residual / mu * mu ** (1.0 - 0.5 * self._power))

    # -- deviance and likelihood -------------------------------------------------------

    def unit_deviance(self, y: Array, m: Mean) -> Array:
        if self._power == 1.0:
            return 2.0 * relative_entropy(y, m.mu)
        if self._power in (2.0, 3.0):
            return (Gamma if self._power == 2.0 else InverseGaussian)(self.link).unit_deviance(y, m)
        q = 2.0 - self._power
        with np.errstate(all="ignore"):  # zeros and infinities are right, or put right below
            value = 2.0 * m.mu**q * _relative_loss(y, m.mu, q)
            value = np.where((y == 0.0) & (q > 0.0), 2.0 * m.mu**q / q, value)
        return np.where(y == m.mu, 0.0, value)

    def saturated(
        self, y: Array, weights: Array, dispersion: float = 1.0, trials: Array | None = None
    ) -> Array:
        if self._power == 1.0:
            return np.full(y.shape, np.nan)
        out = np.zeros(y.shape)
        some = (y > 0.0) & (weights > 0.0)
        if not 0.0 < dispersion < np.inf:  # all at one point, spread over everything, or of no model
            return np.where(some, {0.0: np.inf, np.inf: -np.inf}.get(dispersion, np.nan), out)
        out[some] = log_density_at_mean(y[some], dispersion / weights[some], self._power)
        return out

    def broken_note(self, rows: int) -> str | None:
        if self.power != 1.0:
            return None
        return (
            "The power 1 has a density only for multiples of the dispersion: the log-likelihood, AIC and BIC "
            "are NaN, as for QuasiPoisson."
        )

    def loglik_dispersion(
        self, deviance: float, weights: Array, freq: Array | None = None, y: Array | None = None
    ) -> float:
        """Return the dispersion of maximum likelihood."""
        counts = np.ones_like(weights) if freq is None else freq
        mean_loss = deviance / float(np.sum(counts[weights > 0.0]))
        if y is None or not 0.0 < mean_loss < np.inf or self._power in (1.0, 3.0):
            return mean_loss

        def value(log_phi: float) -> float:
            phi = float(np.exp(log_phi))
            return float(counts @ self.saturated(y, weights, phi)) - deviance / (2.0 * phi)

        return float(np.exp(highest(value, float(np.log(mean_loss)))))

    # -- the distribution --------------------------------------------------------------

    def _cdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return self._tail(y, m, parameter, upper=False)

    def _sf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return self._tail(y, m, parameter, upper=True)

    def _tail(self, y: Array, m: Mean, parameter: Array, upper: bool) -> Array:
        if self._power in (2.0, 3.0):
            like = (Gamma if self._power == 2.0 else InverseGaussian)(self.link)
            return like._sf(y, m, parameter) if upper else like._cdf(y, m, parameter)
        if self._power == 1.0:
            raise self._no_tails()
        power = self._power
        with np.errstate(all="ignore"):  # far out: nothing is left of the tail
            deviance = self.unit_deviance(y, m)
            far = ~(deviance <= 2.0 * _NOTHING * parameter) & ((y > m.mu) | (power > 2.0))
        seen, part = np.where(far, m.mu, np.maximum(y, 0.0)), np.where(far, 0.0, deviance)
        spread = (m.mu > 0) & np.isfinite(m.mu) & (parameter > 0) & np.isfinite(parameter)
        mu, phi = np.where(spread, m.mu, 1.0), np.where(spread, parameter, 1.0)
        if power < 2.0:
            out = by_rows(lambda y, mu, phi: _poisson_gamma_tail(y, mu, phi, power, upper), seen, mu, phi)
        else:
            out = _stable_tail_at(seen, mu, phi, part, power, upper)
        # Without spread all is at the mean: 0 in the limit of a separated row.
        point = np.where(np.isnan(parameter), np.nan, np.where(upper, y < m.mu, y >= m.mu))
        out = np.where(spread, out, point)
        out = np.where(far, 1.0 * ((y > m.mu) != upper), out)
        return np.where(y < 0.0, float(upper), np.clip(out, 0.0, 1.0))  # rounding may pass 1

    def _quantile(self, p: Array, m: Mean, parameter: Array) -> Array:
        if not 1.0 < self._power < 2.0:
            return positive_quantile(lambda y: self._cdf(y, m, parameter), p, m.mu)
        none = np.exp(-(m.mu ** (2.0 - self._power)) / (parameter * (2.0 - self._power)))
        value = positive_quantile(lambda y: self._cdf(y, m, parameter), p, m.mu)
        return np.where(p <= none, np.where(p >= 0.0, 0.0, np.nan), value)

    def _draw(self, m: Mean, parameter: Array, rng: np.random.Generator) -> Array:
        if self._power in (2.0, 3.0):
            return (Gamma if self._power == 2.0 else InverseGaussian)(self.link)._draw(m, parameter, rng)
        if self._power == 1.0:
            raise self._no_tails()
        q, excess = 2.0 - self._power, self._power - 1.0
        if q < 0.0:
            unit = parameter * excess * m.mu**excess
            return stable_draw(m.mu**q / (-q * parameter), self._power, rng) * unit
        jumps = poisson_draws(m.mu**q / (parameter * q), rng)
        amounts = rng.standard_gamma(np.where(jumps > 0, jumps, 1) * (q / excess))
        return np.where(jumps > 0, amounts * (parameter * excess * m.mu**excess), 0.0)

    def _no_tails(self) -> FamilyError:
        return FamilyError(
            f"{self!r} has no distribution function but for multiples of the dispersion. Use a power above 1, or "
            "Poisson().",
            family=self,
        )

    def nll(self, y: Array, eta: Array) -> Array:
        mu, q = self.mean(eta).mu, 2.0 - self._power
        gain = self.link.log_mean(eta) if q == 1.0 else mu ** (q - 1.0) / (q - 1.0)
        loss = self.link.log_mean(eta) if q == 0.0 else mu**q / q
        return np.asarray(loss - np.where(y == 0.0, 0.0, y * gain))

    # -- the power ---------------------------------------------------------------------

    @property
    def nuisance_value(self) -> float:
        return float("nan") if self.power is None else float(self.power)

    @property
    def pending(self) -> bool:
        return self.power is None

    @property
    def counted_parameters(self) -> int:
        return 1 + int(self.estimated)

    def released(self) -> Self:
        return replace(self, power=None) if self.estimated else self

    def held(self, value: float) -> Self:
        return replace(self, power=float(value), estimated=True)

    def first_nuisance(self, sample: Sample) -> float:
        check_told(sample)
        return 1.5

    def nuisance_at(self, sample: Sample) -> Nuisance:
        return estimated_power(self.held, self._power, sample)

    def edge_note(self) -> str | None:
        if not (self.estimated and self._power in POWER_ENDS):
            return None
        return (
            f"The estimated power ended at {self._power:.6g}, an end of the range searched: the data are not "
            "of a Tweedie family with zeros, or hardly tell the power. Give the power, or choose another family."
        )


def _relative_loss(y: Array, mu: Array, q: float) -> Array:
    """Return [x^q - 1 - q (x - 1)] / (q (q - 1)), (n,): half the unit deviance over mu^q."""
    x = y / mu
    log_x = np.where(np.abs(x - 1.0) < 0.5, np.log1p((y - mu) / mu), np.log(x))
    if abs(q - 1.0) < 0.5:  # [x (x^(q - 1) - 1) / (q - 1) - (x - 1)] / q
        far = (x * np.expm1((q - 1.0) * log_x) / (q - 1.0) - (x - 1.0)) / q
    else:
        far = (np.expm1(q * log_x) / q - (x - 1.0)) / (q - 1.0)
    near = np.abs(log_x) < _NEAR
    far[near] = _near_loss(log_x[near], q)
    return np.asarray(far)


def _near_loss(log_x: Array, q: float) -> Array:
    """Return sum_k L^k / k! (1 + q + ... + q^(k - 2)), k >= 2."""
    total, term, powers = np.zeros_like(log_x), log_x.copy(), 0.0
    for k in range(2, _TERMS):
        term = term * log_x / k
        powers = powers * q + 1.0
        total += term * powers
    return total


def _poisson_gamma_tail(y: Array, mu: Array, phi: Array, power: float, upper: bool) -> Array:
    """Return P(Y <= y), or P(Y > y), (n,): a sum over the number of amounts."""
    q, excess = 2.0 - power, power - 1.0
    rate = mu**q / (phi * q)
    scaled = y / (phi * excess * mu**excess)
    # The number of amounts that y is likeliest to be made of.
    seen = rate**excess * (np.maximum(y, np.finfo(float).tiny) ** q / (phi * q)) ** q
    j, step = jump_numbers(np.minimum(rate, seen), np.maximum(rate, seen), 1.0)
    n, flat = len(j), j.ravel()
    log_chance = -relative_entropy(flat, np.repeat(rate, j.shape[1])) - stirling_error(flat)
    log_chance -= 0.5 * np.log(2.0 * np.pi * flat)
    part = special.gammaincc if upper else special.gammainc
    below = part(flat * (q / excess), np.repeat(scaled, j.shape[1]))
    with np.errstate(under="ignore"):  # terms that are nothing
        total = (np.exp(log_chance) * below).reshape(n, -1).sum(axis=1) * step[:, 0]
        return np.asarray(total if upper else total + np.exp(-rate))


def _stable_tail_at(y: Array, mu: Array, phi: Array, deviance: Array, power: float, upper: bool) -> Array:
    """Return P(Y <= y), or P(Y > y), (n,), for a power above 2."""
    near = np.abs(mu - y) < 0.5 * y
    relative = np.where(near, np.log1p((mu - y) / y), np.log(mu / y))
    scale = np.exp((2.0 - power) * np.log(y)) / (phi * (power - 1.0) * (power - 2.0))
    root = np.copysign(np.sqrt(deviance / phi), y - mu)
    return stable_tail(relative, scale, root, power, upper=upper)


def _checked(power: float | None) -> float | None:
    if power is None:
        return None
    number = isinstance(power, (int, float, np.number)) and not isinstance(power, bool)
    if not (number and 1.0 <= power < np.inf):
        raise FamilyError(
            f"power={power!r} is refused: no Tweedie distribution has a power between 0 and 1. Give a power of "
            "1 or more, or None to estimate it; Gaussian() is the power 0.",
            power=power,
        )
    return float(power)
