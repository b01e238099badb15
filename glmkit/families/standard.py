"""Gaussian and Poisson families.

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
from glmkit.families._draws import poisson_draws
from glmkit.families._kernels import by_count, relative_entropy, stirling_error
from glmkit.families._quantiles import count_quantile
from glmkit.families.base import Family
from glmkit.families.link import Link, Mean
from glmkit.families.links import Identity, Log
from glmkit.numerics.rowwise import row_blocks
from glmkit.numerics.tails import log_gamma_lower, log_gamma_upper

__all__ = ["Gaussian", "Poisson"]

_LOG_2PI: Final = float(np.log(2.0 * np.pi))
_SQRT_HALF: Final = float(np.sqrt(0.5))
_LARGEST: Final = float(np.finfo(np.float64).max)
_WHOLE: Final = 1e-7
"""Relative distance up to which a count is the whole number next to it, as in R's dpois."""


class Gaussian(Family, verified=True):
    """The normal family: V = 1, and weights divide the variance.

    Parameters
    ----------
    link : Link, Link class or str, optional
        Identity if left out; see `Link` for the others.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.Gaussian(), gk.Gaussian("log").ratio_name
    (Gaussian(link="identity"), 'mean ratio')
    """

    name: ClassVar[str] = "gaussian"
    title: ClassVar[str] = "Gaussian"
    variance_text: ClassVar[str] = "1"
    support: ClassVar[str] = "finite numbers"
    default_link: ClassVar[Link] = Identity()
    canonical_link: ClassVar[Link | None] = Identity()
    dispersion: ClassVar[float | None] = None
    counted_dispersion: ClassVar[int] = 1
    normal: ClassVar[bool] = True
    ratio_names: ClassVar[Mapping[Link, str]] = {Log(): "mean ratio"}

    @property
    def loss_name(self) -> str:
        return "mean squared error"

    def in_support(self, y: Array, trials: Array | None = None) -> BoolArray:
        return np.isfinite(y)

    def valid_mean(self, m: Mean) -> BoolArray:
        return np.isfinite(m.mu)

    def variance(self, m: Mean) -> Array:
        return np.ones_like(m.mu)

    def variance_slope(self, m: Mean) -> Array:
        return np.zeros_like(m.mu)

    def _working_weight(self, m: Mean) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # beyond the range of doubles
            return m.dmu * m.dmu

    def _score_residual(self, y: Array, m: Mean) -> Array:
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # as above
            return (y - m.mu) * m.dmu

    def pearson(self, y: Array, m: Mean) -> Array:
        return y - m.mu

    def profiled(self, deviance: float, dispersion: float, nobs: float) -> float:
        # The maximum over the dispersion, at deviance / n.
        return nobs * float(np.log(deviance / nobs)) if deviance > 0 else float("-inf")

    def unit_deviance(self, y: Array, m: Mean) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # beyond the range of doubles
            residual = y - m.mu
            residual *= residual
        return residual

    def saturated(
        self, y: Array, weights: Array, dispersion: float = 1.0, trials: Array | None = None
    ) -> Array:
        with np.errstate(divide="ignore"):  # weight 0, or dispersion 0
            return np.asarray(0.5 * (np.log(weights) - (np.log(dispersion) + _LOG_2PI)))

    def loglik_dispersion(
        self, deviance: float, weights: Array, freq: Array | None = None, y: Array | None = None
    ) -> float:
        used = weights > 0.0
        return deviance / float(np.count_nonzero(used) if freq is None else freq[used].sum())

    def _cdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return special.ndtr((y - m.mu) / np.sqrt(parameter))

    def _sf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return special.ndtr((m.mu - y) / np.sqrt(parameter))

    def _logcdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return special.log_ndtr((y - m.mu) / np.sqrt(parameter))

    def _logsf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return special.log_ndtr((m.mu - y) / np.sqrt(parameter))

    def _quantile(self, p: Array, m: Mean, parameter: Array) -> Array:
        return m.mu + np.sqrt(parameter) * special.ndtri(p)

    def _draw(self, m: Mean, parameter: Array, rng: np.random.Generator) -> Array:
        return rng.normal(m.mu, np.sqrt(parameter))


class Poisson(Family, verified=True):
    """The Poisson family of counts: V = mu, dispersion 1.

    Parameters
    ----------
    link : Link, Link class or str, optional
        The log link if left out.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> family = gk.Poisson()
    >>> m = family.mean(np.log([2.0, 2.0, 2.0]))
    >>> family.unit_deviance(np.array([0.0, 2.0, 4.0]), m).round(4)
    array([4.    , 0.    , 1.5452])
    """

    name: ClassVar[str] = "poisson"
    title: ClassVar[str] = "Poisson"
    variance_text: ClassVar[str] = "mu"
    support: ClassVar[str] = "counts >= 0"
    default_link: ClassVar[Link] = Log()
    canonical_link: ClassVar[Link | None] = Log()
    ratio_names: ClassVar[Mapping[Link, str]] = {Log(): "rate ratio"}
    overdispersion_cure: ClassVar[str] = "QuasiPoisson()"
    counts: ClassVar[bool] = True
    spread_alternatives: ClassVar[tuple[str, ...]] = ("linear", "quadratic")

    @property
    def loss_name(self) -> str:
        return "Poisson NLL with log input" if self.canonical else "Poisson NLL"

    def in_support(self, y: Array, trials: Array | None = None) -> BoolArray:
        return y >= 0.0

    def valid_mean(self, m: Mean) -> BoolArray:
        # A mean of 0 is an underflow, and harmless, when it is flat; a boundary otherwise.
        valid = m.mu > 0.0
        if not valid.all():
            valid |= (m.mu == 0.0) & (m.dmu == 0.0)
        valid &= m.mu < np.inf
        return np.asarray(valid)

    def _start(self, y: Array, weights: Array) -> Array:
        return y + 0.1

    def variance(self, m: Mean) -> Array:
        return m.mu

    def variance_slope(self, m: Mean) -> Array:
        return np.ones_like(m.mu)

    def _working_weight(self, m: Mean) -> Array:
        # Inf at mu = 0; a row of zero weight may be at infinity.
        with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
            return np.where(m.dmu == 0.0, 0.0, m.dmu / np.where(m.dmu == 0.0, 1.0, m.mu) * m.dmu)

    def _score_residual(self, y: Array, m: Mean) -> Array:
        # Inf at mu = 0; a row of zero weight may be at infinity.
        with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
            slope = m.dmu / np.where(m.dmu == 0.0, 1.0, m.mu)
            return (y - m.mu) * slope

    def pearson(self, y: Array, m: Mean) -> Array:
        residual = y - m.mu
        with np.errstate(divide="ignore", invalid="ignore"):  # inf for y > 0 = mu, as above
            return residual / np.sqrt(np.where(residual == 0.0, 1.0, m.mu))

    def unit_deviance(self, y: Array, m: Mean) -> Array:
        deviance = relative_entropy(y, m.mu)
        deviance *= 2.0
        return deviance

    def saturated(
        self, y: Array, weights: Array, dispersion: float = 1.0, trials: Array | None = None
    ) -> Array:
        count = np.rint(y)
        value = by_count(_log_mode, count)
        return weights * np.where(_whole(y, count), value, np.nan)

    def broken_rows(self, y: Array, weights: Array, trials: Array | None = None) -> int:
        def broken(rows: slice) -> int:
            count = np.rint(y[rows])
            if np.array_equal(count, y[rows]):
                return 0
            return int(np.count_nonzero(~_whole(y[rows], count) & (weights[rows] > 0.0)))

        return sum(broken(rows) for rows in row_blocks(len(y)))

    def broken_note(self, rows: int) -> str | None:
        if not rows:
            return None
        return (
            f"The response is not a whole number in {rows} rows, where a Poisson likelihood "
            "does not exist: the log-likelihood, AIC and BIC are NaN (R gives an infinite AIC)."
        )

    def _parameter(self, m: Mean, dispersion: float, weights: Array | None, trials: Array | None) -> Array:
        return np.broadcast_to(1.0, m.mu.shape)

    def below(self, y: Array, weights: Array | None = None, trials: Array | None = None) -> Array:
        return np.ceil(y) - 1.0

    def _cdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        count = np.floor(y)
        return np.where(count < 0.0, 0.0, special.gammaincc(np.maximum(count, 0.0) + 1.0, m.mu))

    def _sf(self, y: Array, m: Mean, parameter: Array) -> Array:
        count = np.floor(y)
        return np.where(count < 0.0, 1.0, special.gammainc(np.maximum(count, 0.0) + 1.0, m.mu))

    def _logcdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        count = np.floor(y)
        return np.where(count < 0.0, -np.inf, log_gamma_upper(np.maximum(count, 0.0) + 1.0, m.mu))

    def _logsf(self, y: Array, m: Mean, parameter: Array) -> Array:
        count = np.floor(y)
        return np.where(count < 0.0, 0.0, log_gamma_lower(np.maximum(count, 0.0) + 1.0, m.mu))

    def _quantile(self, p: Array, m: Mean, parameter: Array) -> Array:
        return count_quantile(lambda k: self._cdf(k, m, parameter), p, m.mu, np.array(np.inf))

    def _draw(self, m: Mean, parameter: Array, rng: np.random.Generator) -> Array:
        return poisson_draws(m.mu, rng)

    def nll(self, y: Array, eta: Array) -> Array:
        log_mean = np.where(y > 0.0, self.link.log_mean(eta), 0.0)
        return self.mean(eta).mu - y * log_mean


def _log_mode(count: Array) -> Array:
    """Return log(e^-y y^y / y!) = -stirling_error(y) - log(2 pi y) / 2 (Loader 2000); 0 at y = 0."""
    some = np.maximum(count, 1.0)
    value = -stirling_error(some) - 0.5 * (np.log(some) + _LOG_2PI)
    return np.where(count == 0.0, 0.0, value)


def _whole(y: Array, count: Array) -> BoolArray:
    if np.array_equal(y, count):
        return np.ones(y.shape, dtype=bool)
    return np.abs(y - count) <= _WHOLE * np.maximum(1.0, np.abs(y))
