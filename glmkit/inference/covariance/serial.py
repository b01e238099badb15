"""Heteroskedasticity and autocorrelation consistent meats, with Bartlett's weights.

References
----------
Newey, W. K. and West, K. D. (1987). A simple, positive semi-definite, heteroskedasticity
and autocorrelation consistent covariance matrix. Econometrica 55, 703-708.
Newey, W. K. and West, K. D. (1994). Automatic lag selection in covariance matrix
estimation. Review of Economic Studies 61, 631-653.
"""

from __future__ import annotations

import numbers

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit
from glmkit.inference.covariance.scores import score_factors
from glmkit.numerics.rowwise import row_blocks

__all__ = ["lag_count", "serial_meat"]

# Numbers of the rows that are written out at a time.
BLOCK_NUMBERS = 1 << 20


def lag_count(lags: int | None, fit: GLMFit) -> int:
    """Return how many lags count: those asked for, else floor(4 (n / 100)^(2/9))."""
    n = len(fit.problem.y)
    if lags is None:
        return min(int(4.0 * (n / 100.0) ** (2.0 / 9.0)), n - 1)
    if isinstance(lags, bool) or not isinstance(lags, numbers.Integral) or not 0 <= lags < n:
        raise FitError(
            f"lags={lags!r} is not a number of lags. Give a whole number from 0 to {n - 1}.",
            argument="lags",
            value=lags,
        )
    return int(lags)


def serial_meat(fit: GLMFit, lags: int) -> Array:
    """Return the meat over rows in the order of the data, (rank, rank).

    Notes
    -----
    Equation 17.8. With B_t the sum of the scores of rows t - lags to t, zero outside the
    data, sum_t B_t B_t' / (lags + 1) holds every product of scores l rows apart with weight
    1 - l / (lags + 1): O(n p^2) for any number of lags, and never negative.
    """
    if np.any(fit.problem.counts > 1.0):
        raise FitError(
            "HAC needs one row for each moment, and freq_weights make one row stand for several. "
            "Repeat the rows in their order instead.",
            kind="HAC",
        )
    design, factors = fit.independence.design, score_factors(fit)
    n, p = design.shape
    meat = np.zeros((p, p))
    for block in row_blocks(n + lags, max(lags + 1, BLOCK_NUMBERS // max(p, 1))):
        t = np.arange(block.start, block.stop)
        first, last = np.maximum(t - lags, 0), np.minimum(t + 1, n)
        rows = np.arange(first[0], last[-1])
        sums = np.zeros((len(rows) + 1, p))
        np.cumsum(design.select(rows).dense() * factors[rows, None], axis=0, out=sums[1:])
        windows = sums[last - first[0]] - sums[first - first[0]]
        meat += windows.T @ windows
    return meat / (lags + 1.0)
