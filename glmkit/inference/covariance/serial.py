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

__all__ = ["lag_count", "serial_meat"]


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
    scores = fit.independence.design.dense() * score_factors(fit)[:, None]
    n, p = scores.shape
    sums = np.zeros((n + lags + 1, p))
    sums[1 : n + 1] = np.cumsum(scores, axis=0)
    sums[n + 1 :] = sums[n]
    windows = sums[1:].copy()
    windows[lags + 1 :] -= sums[1:n]
    return np.asarray(windows.T @ windows) / (lags + 1.0)
