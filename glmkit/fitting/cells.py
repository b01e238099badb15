"""Rows with equal columns summed, so that the iterations run over cells instead of rows.

The score of a row is linear in its response: rows of one cell, whose means are equal, enter it
by the sum of their weights and the weighted sum of their responses alone,

    sum_i w_i (y_i - mu) g = W (ybar - mu) g,    W = sum w_i,  ybar = sum w_i y_i / W.

Counts under the log link allow an offset o_i besides: their mean is e_i mu with e_i = exp(o_i),
which makes rates of them, W = sum w_i e_i and ybar = sum w_i y_i / W. Every cell's mean,
information and estimate is that of its rows; deviances differ by what varies within cells,
which no coefficient changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.matrix import Design
from glmkit.families.base import Family
from glmkit.fitting.fitted import FittedByCell
from glmkit.fitting.objective import GLMObjective
from glmkit.fitting.points import Point, block_deviance, block_loss, counted, is_linear
from glmkit.fitting.problem import Problem
from glmkit.numerics.compensated import sums_by_code
from glmkit.numerics.rowwise import over_rows, row_blocks
from glmkit.numerics.vectors import is_ones, repeated

__all__ = ["CellSums", "at_rows", "by_cell", "cell_sums"]


class CellSums(NamedTuple):
    """The distinct rows of a problem's design, and what their rows add up to."""

    codes: IntArray  # (n,) which of them each row is
    design: Design  # one row for each of c cells
    weights: Array  # (c,)
    totals: Array  # (c,) of weights times responses

    @property
    def means(self) -> Array:
        """The mean response of each cell, (c,); that of all rows where a cell has no weight."""
        return _ratios(self.totals, self.weights)


def cell_sums(problem: Problem, family: Family) -> CellSums | None:
    """Return the sums of cells of equal rows; None where rows are not, or where no iteration is owed."""
    cells = None if is_linear(family) else problem.design.cells()
    if cells is None:
        return None
    codes, design = cells
    weights, y = problem.weights, problem.y

    def responses(rows: slice) -> Array:
        return y[rows] if ones else weights[rows] * y[rows]

    ones = is_ones(weights)
    count = design.shape[0]
    summed = _counts(codes, count) if ones else sums_by_code(codes, weights.__getitem__, count)
    return CellSums(codes, design, summed, sums_by_code(codes, responses, count))


def by_cell(objective: GLMObjective, sums: CellSums | None = None) -> GLMObjective:
    """Return an objective of the same maximum over the cells; the objective itself where there are none.

    Parameters
    ----------
    objective : GLMObjective
        A linear model is left alone: it owes no iteration.
    sums : CellSums, optional
        Of the problem, whose design may have more columns.
    """
    cells = objective.design.cells()
    if cells is None or objective.linear:
        return objective
    exposed = bool(np.any(objective.offset))
    if exposed and not objective.family.log_rates:  # the offset makes no rate of the mean
        return objective
    codes, design = cells
    count = design.shape[0]
    if sums is None or sums.codes is not codes:
        totals = sums_by_code(codes, lambda rows: objective.weights[rows] * objective.y[rows], count)
        sums = CellSums(codes, design, sums_by_code(codes, objective.weights.__getitem__, count), totals)
    total = sums_by_code(codes, lambda rows: _exposures(objective, rows), count) if exposed else sums.weights
    filled = total > 0.0
    if not (np.all(np.isfinite(total)) and np.all(np.isfinite(sums.totals)) and np.any(filled)):
        return objective
    return replace(
        objective,
        design=design,
        y=_ratios(sums.totals, total),
        weights=total,
        offset=repeated(0.0, count),
        count=float(np.count_nonzero(filled)),
        tally=None,
    )


def at_rows(objective: GLMObjective, cells: GLMObjective, point: Point) -> Point:
    """Return the point of the rows that one of their cells means; its predictors are read off the cells."""
    found = objective.design.cells()
    assert found is not None
    family, y, weights = objective.family, objective.y, objective.weights
    offset = objective.offset if np.any(objective.offset) else None
    fitted = FittedByCell(found.codes, cells.design.dot(point.beta), offset, family)

    def deviance(rows: slice) -> float:
        eta = fitted.predictor_of(rows)
        return block_deviance(family, y[rows], weights[rows], eta, family.mean(eta))

    total = _deviance_by_losses(objective, cells, fitted.of_cells)
    if total is None:
        total = sum(over_rows(deviance, len(y)))
    return Point(point.beta, fitted, total if np.isfinite(total) else float("inf"))


def _deviance_by_losses(objective: GLMObjective, cells: GLMObjective, eta: Array) -> float | None:
    """Return the deviance of the rows from sums alone, losses being linear in y; None where its digits would suffer.

    Of counts mu - y eta with eta = eta_cell + offset adds up to the cells' losses and the sum of y offset.
    """
    losses = objective.losses
    if losses is None:
        return None
    total = block_loss(losses.loss, cells.y, cells.weights, eta, cells.family.mean(eta))
    if np.any(objective.offset):

        def moved(rows: slice) -> Array:
            terms = counted(objective.weights[rows], objective.y[rows] * objective.offset[rows])
            return np.array([np.sum(terms), np.sum(np.abs(terms))])

        by_offset, size = np.sum(over_rows(moved, len(objective.y)), axis=0).tolist()
        total, losses = total - by_offset, losses._replace(size=losses.size + size)
    deviance = losses.deviance(total)
    return deviance if losses.tell(deviance) else None


def _exposures(objective: GLMObjective, rows: slice) -> Array:
    """Return the weights that the rates of some rows have."""
    return np.asarray(objective.weights[rows] * np.exp(objective.offset[rows]))


def _ratios(totals: Array, weights: Array) -> Array:
    """Return totals over weights; where there is no weight, that of all."""
    filled = weights > 0.0
    return np.where(filled, totals / np.where(filled, weights, 1.0), float(np.sum(totals) / np.sum(weights)))


def _counts(codes: IntArray, levels: int) -> Array:
    """Return how many rows have each code, (levels,)."""
    counts = np.zeros(levels, np.intp)
    for rows in row_blocks(len(codes)):
        counts += np.bincount(codes[rows], minlength=levels)
    return counts.astype(np.float64)
