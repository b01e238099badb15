"""The distribution behind a family: probabilities, quantiles and draws, given the mean."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.errors import NoLikelihoodError
from glmkit.families.link import Mean

__all__ = ["Distribution"]


class Distribution:
    """What a family with a distribution answers; the public half of `Family`, over its hooks."""

    # Each hook takes the mean and one more parameter per row, which _parameter makes of
    # dispersion, weights and trials: phi / w, or a number of trials.

    def cdf(
        self,
        y: Array,
        m: Mean,
        dispersion: float = 1.0,
        weights: Array | None = None,
        trials: Array | None = None,
    ) -> Array:
        """Return P(Y <= y), (n,), exact when it is small."""
        return self._cdf(y, m, self._parameter(m, dispersion, weights, trials))

    def sf(
        self,
        y: Array,
        m: Mean,
        dispersion: float = 1.0,
        weights: Array | None = None,
        trials: Array | None = None,
    ) -> Array:
        """Return P(Y > y), (n,), exact when it is small."""
        return self._sf(y, m, self._parameter(m, dispersion, weights, trials))

    def logcdf(
        self,
        y: Array,
        m: Mean,
        dispersion: float = 1.0,
        weights: Array | None = None,
        trials: Array | None = None,
    ) -> Array:
        """Return log P(Y <= y), (n,)."""
        return self._logcdf(y, m, self._parameter(m, dispersion, weights, trials))

    def logsf(
        self,
        y: Array,
        m: Mean,
        dispersion: float = 1.0,
        weights: Array | None = None,
        trials: Array | None = None,
    ) -> Array:
        """Return log P(Y > y), (n,)."""
        return self._logsf(y, m, self._parameter(m, dispersion, weights, trials))

    def below(self, y: Array, weights: Array | None = None, trials: Array | None = None) -> Array:
        """Return the largest response under y, (n,); y itself where the distribution is continuous."""
        return y

    def quantile(
        self,
        p: Array,
        m: Mean,
        dispersion: float = 1.0,
        weights: Array | None = None,
        trials: Array | None = None,
    ) -> Array:
        """Return the smallest y with P(Y <= y) >= p, (n,); NaN unless 0 <= p <= 1."""
        return self._quantile(p, m, self._parameter(m, dispersion, weights, trials))

    def rvs(
        self,
        m: Mean,
        dispersion: float,
        weights: Array | None,
        trials: Array | None,
        rng: np.random.Generator,
    ) -> Array:
        """Return one draw per row, (n,); NaN in rows of weight zero that need their weight."""
        parameter = self._parameter(m, dispersion, weights, trials)
        drawable = self._drawable(m, parameter)
        if drawable.all():
            return self._draw(m, parameter, rng)
        out = np.full(m.mu.shape, np.nan)
        rows = Mean(*(a[drawable] for a in m))
        out[drawable] = self._draw(rows, parameter[drawable], rng)
        return out

    def _parameter(self, m: Mean, dispersion: float, weights: Array | None, trials: Array | None) -> Array:
        """Return phi / w, (n,)."""
        if weights is None:
            return np.broadcast_to(np.float64(dispersion), m.mu.shape)
        with np.errstate(divide="ignore", invalid="ignore"):  # weight 0: infinite spread
            return np.asarray(dispersion / weights)

    def _drawable(self, m: Mean, parameter: Array) -> BoolArray:
        return np.isfinite(m.mu) & np.isfinite(parameter)

    def _cdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        raise self._no_distribution()

    def _sf(self, y: Array, m: Mean, parameter: Array) -> Array:
        return 1.0 - self._cdf(y, m, parameter)

    def _logcdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        with np.errstate(divide="ignore"):  # log(0) = -inf
            return np.log(self._cdf(y, m, parameter))

    def _logsf(self, y: Array, m: Mean, parameter: Array) -> Array:
        with np.errstate(divide="ignore"):  # log(0) = -inf
            return np.log(self._sf(y, m, parameter))

    def _quantile(self, p: Array, m: Mean, parameter: Array) -> Array:
        raise self._no_distribution()

    def _draw(self, m: Mean, parameter: Array, rng: np.random.Generator) -> Array:
        raise self._no_distribution()

    def _no_distribution(self) -> NoLikelihoodError:
        return NoLikelihoodError(
            f"{self!r} has a mean and a variance but no distribution, so nothing can be drawn "
            "from it. Use a family with a likelihood, such as Poisson or NegativeBinomial.",
            family=self,
        )
