"""Where to start the iterations on many rows: the fit of every k-th row.

The estimate of m rows is off by sqrt(n / m) standard errors of n rows in each direction, so near
that Newton's method ends in two or three passes over all rows instead of six. The rows left out
decide nothing else: a start moves no digit of a maximum, and where the small fit is in doubt
(a level is rare, the maximum is at infinity) it is not used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from glmkit.errors import FitError
from glmkit.fitting.objective import CHOLESKY_CONDITION, GLMObjective, Point
from glmkit.fitting.scoring import Control, Solution, fisher_scoring

__all__ = ["strided_start"]

# Rows of the smallest fit: so many, and so many for each column.
LEAST_ROWS = 5_000
ROWS_A_COLUMN = 200
# A smaller fit is worth its cost where it has at most this share of the rows; the next smaller one starts it.
STRIDE = 10
# Variance of a row's linear predictor, in the small fit, above which the fit says too little of it.
UNCERTAIN = 0.1
# Rows that are looked at for it.
LOOKED_AT = 4096
# The small fits stop early: their own error is far larger.
LOOSE = Control(tol=1e-2, max_iter=12, max_halvings=5)


def strided_start(objective: GLMObjective, first: Callable[[GLMObjective], Point]) -> Point | None:
    """Return the point at the coefficients of a fit to every tenth row; None where that is of no use.

    Parameters
    ----------
    objective : GLMObjective
    first : callable
        Gives the point at which the smallest fit starts.
    """
    n, p = objective.design.shape
    if n < STRIDE * max(LEAST_ROWS, ROWS_A_COLUMN * p):
        return None
    small = _every(objective, STRIDE)
    try:
        start = strided_start(small, first) or first(small)
        solution = fisher_scoring(small, start, LOOSE)
    except (FitError, np.linalg.LinAlgError):
        return None
    if not _trusted(small, solution):
        return None
    point = objective.at(solution.point.beta)
    return point if np.isfinite(point.merit) else None


def _every(objective: GLMObjective, stride: int) -> GLMObjective:
    """Return the objective of every stride-th row."""
    rows = np.arange(0, len(objective.y), stride)
    return replace(
        objective,
        design=objective.design.select(rows),
        y=objective.y[rows],
        weights=objective.weights[rows],
        offset=objective.offset[rows],
        count=objective.count / stride,
    )


def _trusted(small: GLMObjective, solution: Solution) -> bool:
    """Return whether the small fit ended, and tells rows about where they lie."""
    if not solution.converged or solution.factor.condition > CHOLESKY_CONDITION:
        return False
    some = small.design.select(np.arange(0, len(small.y), 1 + len(small.y) // LOOKED_AT))
    halves = solution.factor.half_solve(some.dense())
    leverage = np.einsum("ij,ij->i", halves, halves)
    return bool(small.pearson_dispersion(solution.point) * np.max(leverage) <= UNCERTAIN)
