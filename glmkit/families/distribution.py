"""The distribution behind a family: probabilities, quantiles and draws, given the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.errors import NoLikelihoodError
from glmkit.families.link import Mean

__all__ = ["Distribution"]

_LOST: Final = 1e-17
"""A standard deviation of this share of the mean is lost in its last digit."""


class Distribution:
    """What a family with a distribution answers; the public half of `Family`, over its hooks."""

    if TYPE_CHECKING:  # the family's

        def variance(self, m: Mean) -> Array:
            """Return V(mu), (n,)."""

        def valid_mean(self, m: Mean) -> BoolArray:
            """Return which means, (n,), lie in the family's range."""

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
        """Return one draw per row, (n,); NaN in rows of weight zero that need their weight.

        Where the spread is lost in the last digit of the mean, the mean is the draw.
        """
        with np.errstate(all="ignore"):  # at the end of doubles an argument of NumPy's may be 0 or infinite
            parameter = self._parameter(m, dispersion, weights, trials)
            still = self._still(m, parameter)
            drawable = self._drawable(m, parameter) & ~still
            out = np.where(still, m.mu, np.nan)
            rows = m if drawable.all() else Mean(*(a[drawable] for a in m))
            drawn = self._draw(rows, parameter[drawable], rng)
            out[drawable] = np.where(np.isnan(drawn), rows.mu, drawn)  # nan: of an infinite number of parts
            return out

    def _parameter(self, m: Mean, dispersion: float, weights: Array | None, trials: Array | None) -> Array:
        """Return phi / w, (n,)."""
        if weights is None:
            return np.broadcast_to(np.float64(dispersion), m.mu.shape)
        with np.errstate(divide="ignore", invalid="ignore"):  # weight 0: infinite spread
            return np.asarray(dispersion / weights)

    def _drawable(self, m: Mean, parameter: Array) -> BoolArray:
        return self.valid_mean(m) & np.isfinite(m.mu) & np.isfinite(parameter)

    def _still(self, m: Mean, parameter: Array) -> BoolArray:
        """Return which rows have no spread in double precision; its square is (phi / w) V(mu)."""
        variance = parameter * self.variance(m)
        none = (parameter == 0.0) | ((m.mu == 0.0) & (variance == 0.0))
        lost = (variance > 0.0) & (np.sqrt(variance) <= _LOST * np.abs(m.mu))
        return np.asarray(np.isfinite(m.mu + parameter + variance) & (none | lost))

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
