"""Heteroskedasticity-consistent meats: the square of each row's score, times a factor.

References
----------
White, H. (1980). A heteroskedasticity-consistent covariance matrix estimator and a direct
test for heteroskedasticity. Econometrica 48, 817-838.
MacKinnon, J. G. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix
estimators with improved finite sample properties. J. Econometrics 29, 305-325.
Cribari-Neto, F. (2004). Asymptotic inference under heteroskedasticity of unknown form.
Computational Statistics and Data Analysis 45, 215-233.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit
from glmkit.inference.covariance.scores import score_factors
from glmkit.inference.influence import leverage

__all__ = ["HETEROSKEDASTIC", "row_meat"]

# What the square of a row's score is multiplied by, given the leverages, rows and rank.
HETEROSKEDASTIC: dict[str, Callable[[Array, float, int], Array]] = {
    "HC0": lambda h, n, p: np.ones_like(h),
    "HC1": lambda h, n, p: np.full_like(h, n / (n - p)),
    "HC2": lambda h, n, p: 1.0 / (1.0 - h),
    "HC3": lambda h, n, p: 1.0 / (1.0 - h) ** 2,
    "HC4": lambda h, n, p: (1.0 - h) ** -np.minimum(4.0, n * h / p),
}
LEVERAGED = ("HC2", "HC3", "HC4")
# 1 - leverage this small is rounding.
ROUNDING = 1e-6


def row_meat(fit: GLMFit, kind: str, nobs: float) -> Array:
    """Return the meat of a heteroskedasticity-consistent covariance, (rank, rank), of the rows of `fit`.

    These may be some of the `nobs` rows that the coefficients are of.

    Notes
    -----
    Equations 17.2 to 17.4. One weighted Gram matrix, O(n p^2), without a copy of the rows.
    """
    # A row of frequency k is k rows, each with a k-th of its leverage.
    counts = fit.problem.counts
    hat = leverage(fit) / np.maximum(counts, 1.0)
    if kind in LEVERAGED and np.any(hat > 1.0 - ROUNDING):
        raise FitError(
            f"{kind} divides by 1 - leverage, and a row has leverage 1. Use HC0 or HC1.", kind=kind
        )
    factor = HETEROSKEDASTIC[kind](hat, nobs, fit.rank)
    with np.errstate(all="ignore"):  # scores at the end of doubles: told from the covariance
        squares = counts * factor * score_factors(fit) ** 2
        if not np.all(np.isfinite(squares)):
            raise FitError(
                f"The scores of some rows are beyond double precision, and {kind} squares them. Rescale the response, "
                "or look for an offset or a weight that is far too large.",
                kind=kind,
            )
        return fit.independence.design.gram(squares)
