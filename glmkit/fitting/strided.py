"""Where to start the iterations on many rows: the fit of every tenth run of rows, or of every twentieth of very many.

The estimate of m rows is off by sqrt(n / m) standard errors of n rows in each direction, so near
that Newton's method ends in two or three passes over all rows instead of six. Columns that are
clearly independent in some rows are so in all, so that the sample decides this too, where it can.
The rows left out decide nothing else: a start moves no digit of a maximum, and where the small fit
is in doubt (a level is rare, columns are nearly dependent, the maximum is at infinity) it is not used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.structured import StructuredDesign
from glmkit.errors import GlmkitError
from glmkit.families.base import Family
from glmkit.fitting.independence import Independence, independence_of
from glmkit.fitting.objective import CHOLESKY_CONDITION, GLMObjective, Point, objective_of
from glmkit.fitting.points import Asked, is_linear
from glmkit.fitting.problem import Problem
from glmkit.fitting.scoring import Control, Solution, fisher_scoring
from glmkit.fitting.starting import Start
from glmkit.numerics.blas import one_blas_thread
from glmkit.numerics.factor import InformationFactor

__all__ = ["Beginning", "sampled_beginning", "strided_start"]

# Rows of the smallest fit: so many, and so many for each column.
LEAST_ROWS = 5_000
ROWS_A_COLUMN = 200
# Rows for each column that tell which columns are independent, and where about to begin.
LEAST_ROWS_A_COLUMN = 20
# A smaller fit is worth its cost where it has at most this share of the rows; the next smaller one starts it.
STRIDE = 10
# A twentieth will do where it has so many rows for each column.
PLENTY = 1_000
# Rows read together: two lines of the cache, so that a tenth of the memory is read for a tenth of the rows.
RUN = 16
# Variance of a row's linear predictor, in the small fit, above which the fit says too little of it.
UNCERTAIN = 0.1
# Deviance a row, over all rows, as a multiple of that in the small fit, from which on the rows are not alike.
FAR_WORSE = 2.0
# Rows that are looked at for it, and numbers of them, at most.
LOOKED_AT, LOOKED_AT_NUMBERS = 4096, 1 << 20
# The small fits stop early: their own error is far larger.
LOOSE = Control(tol=1e-2, max_iter=12, max_halvings=5)
# Steps of this share of the noise, which is the root of the number of columns in standard errors, are not taken.
NEAR = 0.1
# The step that is taken even where estimates lead far out, those of rare levels say: it does not get far.
EARLY = Control(tol=1e-2, max_iter=1, max_halvings=5)

# Gives the point at which the smallest fit starts, of its objective and, where it is known, the factor of X'WX.
First = Callable[[GLMObjective, InformationFactor | None], Point]


class Beginning(NamedTuple):
    """What the iterations over all rows begin with."""

    independence: Independence
    objective: GLMObjective
    start: Start | None


def sampled_beginning(problem: Problem, family: Family, first: First) -> Beginning | None:
    """Return independent columns and a start for a problem of many rows; None where a sample cannot tell.

    That the columns are independent in all rows is to be seen on the way: its objective raises LinAlgError where
    they nearly are not.
    """
    n, p = problem.design.shape
    if is_linear(family) or n < STRIDE * max(LEAST_ROWS, LEAST_ROWS_A_COLUMN * p):
        return None
    if problem.design.cells() is not None:
        return None
    stride = 2 * STRIDE if n >= 2 * STRIDE * max(LEAST_ROWS, PLENTY * p) else STRIDE
    small = _sample_of(problem, stride)
    try:
        with one_blas_thread():
            found = independence_of(small, family)
            objective = objective_of(small, family, found.design)
            if len(found.dropped):
                return None
            reached = _small_solution(
                objective, lambda part, _: first(part, found.factor if part is objective else None)
            )
    except (GlmkitError, np.linalg.LinAlgError):  # all rows will tell what the matter is
        return None
    if reached is None:
        return None
    whole = replace(found, design=problem.design.shifted(found.centring.shift), factor=None)
    objective = replace(objective_of(problem, family, whole.design), strict=True)
    with np.errstate(all="ignore"):  # columns that leave the range are found so
        start = _at_all_rows(objective, reached, stride)
    return None if start is None else Beginning(whole, objective, start)


def strided_start(objective: GLMObjective, first: First) -> Start | None:
    """Return the point at the coefficients of a fit to a tenth of the rows; None where that is of no use.

    Parameters
    ----------
    objective : GLMObjective
    first : callable
        Gives the point at which the smallest fit starts.
    """
    if not _is_worth_it(*objective.design.shape):
        return None
    try:
        reached = _small_solution(_every(objective), first)
    except (GlmkitError, np.linalg.LinAlgError):
        return None
    return None if reached is None else _at_all_rows(objective, reached, STRIDE)


def _is_worth_it(n: int, p: int) -> bool:
    return n >= STRIDE * max(LEAST_ROWS, ROWS_A_COLUMN * p)


def _at_all_rows(objective: GLMObjective, small: Solution, stride: int) -> Start | None:
    """Return the start over all rows at the end of some; None where that describes the others far worse."""
    factor = _of_more_rows(small.factor, stride) if objective.reuses else None
    point = objective.at(small.point.beta, Asked.STEP if factor is None else Asked.SCORE)
    return Start(point, factor) if point.merit <= FAR_WORSE * stride * small.point.merit else None


def _of_more_rows(factor: InformationFactor, stride: int) -> InformationFactor:
    """Return the factor of the information that all rows would have if they were like some."""
    return replace(factor, scale=factor.scale * np.sqrt(stride))


def _small_solution(small: GLMObjective, first: First) -> Solution | None:
    """Return where a small fit ends; where that is in doubt, the point of its first steps; None where even they are."""
    start = strided_start(small, first) or Start(first(small, None))
    near = NEAR * float(np.sqrt(small.design.shape[1]))
    early = fisher_scoring(small, start, EARLY, near=near)
    if not early.factor.condition <= CHOLESKY_CONDITION:
        return None
    if early.converged or not _tells(small, early):
        return early
    solution = fisher_scoring(small, Start(early.point), LOOSE, near=near)
    return solution if solution.converged and _tells(small, solution) else early


def _sampled(n: int, stride: int = STRIDE) -> IntArray:
    """Return every so manieth run of rows."""
    runs = np.arange(0, n, RUN * stride)[:, None] + np.arange(RUN)
    rows = runs.ravel()
    return rows[rows < n]


def _sample_of(problem: Problem, stride: int) -> Problem:
    """Return the problem of one of so many rows."""
    rows = _sampled(len(problem.y), stride)

    def of(values: Array | None) -> Array | None:
        return None if values is None else values[rows]

    return replace(
        problem,
        design=problem.design.sampled(rows),
        y=problem.y[rows],
        prior=problem.prior[rows],
        frequency=of(problem.frequency),
        offset=of(problem.offset),
        trials=of(problem.trials),
    )


def _every(objective: GLMObjective) -> GLMObjective:
    """Return the objective of a tenth of the rows."""
    rows = _sampled(len(objective.y))
    return replace(
        objective,
        design=objective.design.select(rows),
        y=objective.y[rows],
        weights=objective.weights[rows],
        offset=objective.offset[rows],
        count=objective.count / STRIDE,
        tally=None,
    )


def _tells(small: GLMObjective, solution: Solution) -> bool:
    """Return whether the small fit tells rows about where they lie."""
    if not solution.factor.condition <= CHOLESKY_CONDITION:
        return False
    n, p = small.design.shape
    some = small.design.select(np.arange(0, n, 1 + n // min(LOOKED_AT, LOOKED_AT_NUMBERS // p)))
    dispersion = small.pearson_dispersion(solution.point)
    if (
        isinstance(some, StructuredDesign)
        and dispersion * some.least_leverage(solution.factor.scale) > UNCERTAIN
    ):
        return False
    halves = solution.factor.half_solve(some.dense())
    leverage = np.einsum("ij,ij->i", halves, halves)
    return bool(dispersion * np.max(leverage) <= UNCERTAIN)
