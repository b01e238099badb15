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

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from glmkit._typing import Array
from glmkit.fitting.objective import GLMObjective
from glmkit.numerics.compensated import sums_by_code

__all__ = ["by_cell"]


def by_cell(objective: GLMObjective) -> GLMObjective:
    """Return an objective of the same maximum over the cells; the objective itself where there are none.

    Parameters
    ----------
    objective : GLMObjective
        A linear model is left alone: it owes no iteration.
    """
    cells = objective.design.cells()
    if cells is None or objective.linear:
        return objective
    exposed = _exposed(objective)
    if exposed is None:
        return objective
    codes, design = cells
    total = sums_by_code(codes, exposed, design.shape[0])
    events = sums_by_code(codes, lambda rows: objective.weights[rows] * objective.y[rows], design.shape[0])
    filled = total > 0.0
    if not (np.all(np.isfinite(total)) and np.all(np.isfinite(events)) and np.any(filled)):
        return objective
    average = float(np.sum(events) / np.sum(total))
    return replace(
        objective,
        design=design,
        y=np.where(filled, events / np.where(filled, total, 1.0), average),
        weights=total,
        offset=np.zeros(len(total)),
        count=float(np.count_nonzero(filled)),
    )


def _exposed(objective: GLMObjective) -> Callable[[slice], Array] | None:
    """Return what gives the weight the rates of some rows have; None where the offset makes no rate of the mean."""
    if not np.any(objective.offset):
        return lambda rows: objective.weights[rows]
    if not objective.family.log_rates:
        return None
    return lambda rows: np.asarray(objective.weights[rows] * np.exp(objective.offset[rows]))
