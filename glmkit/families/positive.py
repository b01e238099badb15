"""Families of positive responses: gamma and inverse Gaussian.

Symbols as in :mod:`glmkit.families.base`. Variances and deviances are those of
McCullagh & Nelder (1989), table 2.1; ratios such as (y - mu) / mu are formed first so
that no power of a mean overflows on the way.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray
from glmkit.families._kernels import gamma_kernel, stirling_error
from glmkit.families._quantiles import positive_quantile
from glmkit.families.base import Family
from glmkit.families.link import Link, Mean
from glmkit.families.links import Inverse, InverseSquare, Log
from glmkit.numerics.tails import log_gamma_lower, log_gamma_upper

__all__ = ["Gamma", "InverseGaussian"]

_LOG_2PI: Final = float(np.log(2.0 * np.pi))
_SQRT_HALF: Final = float(np.sqrt(0.5))
_LARGEST: Final = float(np.finfo(np.float64).max)


class _Positive(Family, verified=True):
    """What the gamma and inverse Gaussian families share: positive y and mu, unknown phi."""

    support: ClassVar[str] = "numbers > 0"
    dispersion: ClassVar[float | None] = None
    counted_dispersion: ClassVar[int] = 1
    ratio_names: ClassVar[Mapping[Link, str]] = {Log(): "mean ratio"}

    def in_support(self, y: Array, trials: Array | None = None) -> BoolArray:
        return y > 0.0

    def valid_mean(self, m: Mean) -> BoolArray:
        return (m.mu > 0.0) & (m.mu < np.inf)


class Gamma(_Positive, verified=True):
    """The gamma family: V = mu^2, constant coefficient of variation.

    Parameters
    ----------
    link : Link, Link class or str, optional
        Inverse, the canonical one, if left out; see `Link` for the others.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.Gamma("log")
    Gamma(link="log")
    """

    name: ClassVar[str] = "Gamma"
    title: ClassVar[str] = "Gamma"
    variance_text: ClassVar[str] = "mu^2"
    default_link: ClassVar[Link] = Inverse()
    canonical_link: ClassVar[Link | None] = Inverse()
    canonical_slope: ClassVar[float] = -1.0

    @property
    def loss_name(self) -> str:
        return "gamma NLL"

    @property
    def constant_weight(self) -> float | None:
        return 1.0 if self.link == Log() else None

    def variance(self, m: Mean) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # beyond the range of doubles
            return m.mu * m.mu

    def variance_slope(self, m: Mean) -> Array:
        return 2.0 * m.mu

    def _working_weight(self, m: Mean) -> Array:
        with np.errstate(invalid="ignore"):  # a row of zero weight may be at infinity
            slope = m.dmu / m.mu
        slope *= slope
        return slope

    def _score_residual(self, y: Array, m: Mean) -> Array:
        with np.errstate(invalid="ignore"):  # as above
            return (y - m.mu) / m.mu * (m.dmu / m.mu)

    def pearson(self, y: Array, m: Mean) -> Array:
        with np.errstate(invalid="ignore"):  # as above
            return (y - m.mu) / m.mu

    def unit_deviance(self, y: Array, m: Mean) -> Array:
        deviance = gamma_kernel(y, m.mu)
        deviance *= 2.0
        return deviance

    def saturated(
        self, y: Array, weights: Array, dispersion: float = 1.0, trials: Array | None = None
    ) -> Array:
        # shape a = 1/phi: a log a - a - log Gamma(a) - log y, by Stirling's error of a
        with np.errstate(divide="ignore"):  # dispersion 0: a perfect fit
            shape = np.divide(1.0, np.array([dispersion]))
        constant = 0.5 * (np.log(shape) - _LOG_2PI) - stirling_error(shape)
        return np.asarray(weights * (constant - np.log(y)))

    def _cdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return special.gammainc(1.0 / parameter, np.maximum(y, 0.0) / m.mu / parameter)

    def _sf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return special.gammaincc(1.0 / parameter, np.maximum(y, 0.0) / m.mu / parameter)

    def _logcdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return log_gamma_lower(1.0 / parameter, np.maximum(y, 0.0) / m.mu / parameter)

    def _logsf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return log_gamma_upper(1.0 / parameter, np.maximum(y, 0.0) / m.mu / parameter)

    def _quantile(self, p: Array, m: Mean, parameter: Array) -> Array:
        return special.gammaincinv(1.0 / parameter, p) * parameter * m.mu

    def _draw(self, m: Mean, parameter: Array, rng: np.random.Generator) -> Array:
        return rng.standard_gamma(1.0 / parameter) * parameter * m.mu

    def nll(self, y: Array, eta: Array) -> Array:
        return y / self.mean(eta).mu + self.link.log_mean(eta)


class InverseGaussian(_Positive, verified=True):
    """The inverse Gaussian family: V = mu^3.

    Parameters
    ----------
    link : Link, Link class or str, optional
        ``1/mu^2``, the canonical one, if left out; see `Link` for the others.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.InverseGaussian()
    InverseGaussian(link="1/mu^2")
    """

    name: ClassVar[str] = "inverse.gaussian"
    title: ClassVar[str] = "Inverse Gaussian"
    variance_text: ClassVar[str] = "mu^3"
    default_link: ClassVar[Link] = InverseSquare()
    canonical_link: ClassVar[Link | None] = InverseSquare()
    canonical_slope: ClassVar[float] = -0.5

    @property
    def loss_name(self) -> str:
        return "inverse Gaussian NLL"

    def variance(self, m: Mean) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # beyond the range of doubles
            return m.mu * m.mu * m.mu

    def variance_slope(self, m: Mean) -> Array:
        return 3.0 * m.mu * m.mu

    def _working_weight(self, m: Mean) -> Array:
        with np.errstate(invalid="ignore"):  # a row of zero weight may be at infinity
            slope = m.dmu / m.mu
            return slope * (slope / m.mu)

    def _score_residual(self, y: Array, m: Mean) -> Array:
        with np.errstate(invalid="ignore"):  # as above
            return (y - m.mu) / m.mu * (m.dmu / m.mu) / m.mu

    def pearson(self, y: Array, m: Mean) -> Array:
        with np.errstate(invalid="ignore"):  # as above
            return (y - m.mu) / m.mu / np.sqrt(m.mu)

    def unit_deviance(self, y: Array, m: Mean) -> Array:
        with np.errstate(
            over="ignore", under="ignore", invalid="ignore"
        ):  # beyond the range of doubles, or at its end
            relative = (y - m.mu) / m.mu
            return relative * (relative / y)

    def saturated(
        self, y: Array, weights: Array, dispersion: float = 1.0, trials: Array | None = None
    ) -> Array:
        with np.errstate(divide="ignore"):  # dispersion 0: a perfect fit
            log_scale = np.log(dispersion) + _LOG_2PI
            return np.asarray(-0.5 * weights * (log_scale + 3.0 * np.log(y)))

    def _cdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return np.exp(self._logcdf(y, m, parameter))

    def _sf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return np.exp(self._logsf(y, m, parameter))

    def _logcdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        below, above = _wald_arguments(y, m.mu, parameter)
        return np.where(y > 0.0, _log_sum_of_tails(-below, above, 1.0), -np.inf)

    def _logsf(self, y: Array, m: Mean, parameter: Array) -> Array:
        below, above = _wald_arguments(y, m.mu, parameter)
        return np.where(y > 0.0, _log_sum_of_tails(below, above, -1.0), 0.0)

    def _quantile(self, p: Array, m: Mean, parameter: Array) -> Array:
        return positive_quantile(lambda y: self._cdf(y, m, parameter), p, m.mu)

    def _draw(self, m: Mean, parameter: Array, rng: np.random.Generator) -> Array:
        return rng.wald(m.mu, 1.0 / parameter)

    def nll(self, y: Array, eta: Array) -> Array:
        mu = self.mean(eta).mu
        return (0.5 * y / mu - 1.0) / mu


def _wald_arguments(y: Array, mu: Array, parameter: Array) -> tuple[Array, Array]:
    """Return (r (y/mu - 1), r (y/mu + 1)) / sqrt(2) with r = sqrt(lambda / y)."""
    y = np.minimum(np.where(y > 0.0, y, 1.0), _LARGEST)  # inf would meet 0
    root = _SQRT_HALF / np.sqrt(y) / np.sqrt(parameter)
    with np.errstate(over="ignore"):  # inf is right in the far tail
        return root * ((y - mu) / mu), root * ((y + mu) / mu)


def _log_sum_of_tails(a: Array, b: Array, sign: float) -> Array:
    """Return log[ erfc(a)/2 + sign exp(b^2 - a^2) erfc(b)/2 ], b > |a| (Tweedie 1957).

    exp(2 lambda / mu) Phi(-b), the awkward term of the distribution function, is
    exp(-a^2) erfcx(b) / 2: nothing overflows, and the left tail is a sum of positive terms.
    """
    second = sign * special.erfcx(b)
    with np.errstate(divide="ignore", over="ignore", under="ignore"):  # log(0) = -inf
        tail = np.log(0.5 * (special.erfcx(np.maximum(a, 0.0)) + second)) - a * a
        bulk = np.log1p(0.5 * (np.exp(-a * a) * second - special.erfc(-a)))
    return np.where(a > 0.0, tail, bulk)
