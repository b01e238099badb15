"""From a starting mean to where the iterations end, in one model of given columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from glmkit._typing import Array
from glmkit.fitting.ends import LOOKED_AT, Bend, Rows, best_end
from glmkit.fitting.independence import Begun, begun_at
from glmkit.fitting.objective import GLMObjective, Point
from glmkit.fitting.scoring import Control, Iteration, Solution, fisher_scoring
from glmkit.fitting.starting import Start, drawn_back
from glmkit.numerics.factor import InformationFactor
from glmkit.numerics.vectors import all_positive

__all__ = ["Begin", "scored", "solved", "starting_point"]

# Makes the start when it is needed: whoever held it would hold the sums of its pass, a matrix, to the end.
Begin = Callable[[], Start]


def starting_point(
    objective: GLMObjective,
    constant: Array | None,
    factor: InformationFactor | None = None,
    begun: Begun | None = None,
) -> Point:
    """Return the point of one weighted least squares from the family's starting mean.

    Where that leaves the valid region it is drawn back, by halves, to the constant mean.
    """
    family = objective.family
    begun = begun or begun_at(family, objective.y, objective.weights)
    response = begun.eta - objective.offset + family.working_residual(objective.y, begun.mean)
    if not all_positive(objective.weights):
        response = np.where(objective.weights > 0, response, 0.0)
    beta, _ = objective.least_squares(begun.working, response, factor)
    return drawn_back(objective, beta, lambda: _inner_coefficients(objective, constant))


def _inner_coefficients(objective: GLMObjective, constant: Array | None) -> list[Array]:
    """Return candidates for coefficients with a valid mean in every row."""
    p = objective.design.shape[1]
    candidates = [np.zeros(p)]
    if constant is not None:
        eta = _predictor_at(objective, _average(objective))
        candidates = [constant * level for level in (np.mean(eta), np.max(eta), np.min(eta))] + candidates
    return [candidate for candidate in candidates if np.all(np.isfinite(candidate))]


def _other_starts(objective: GLMObjective, constant: Array) -> Iterator[Point]:
    """Yield valid points of the mean, the largest and the median response in every row, but for offsets."""
    responses = objective.y[objective.weights > 0]
    for mean in (_average(objective), np.max(responses), np.median(responses)):
        point = objective.at(constant * np.mean(_predictor_at(objective, mean)))
        if np.isfinite(point.merit):
            yield point


def _average(objective: GLMObjective) -> float:
    used = objective.weights > 0
    return float(np.average(objective.y[used], weights=objective.weights[used]))


def _predictor_at(objective: GLMObjective, mean: float) -> Array:
    """Return what the offsets leave of the linear predictor at a mean, in the rows that count."""
    return np.asarray(objective.family.link(np.array([mean]))[0] - objective.offset[objective.weights > 0])


def solved(
    objective: GLMObjective,
    begin: Begin,
    constant: Array | None,
    control: Control,
    known: InformationFactor | None = None,
    *,
    given: bool = False,
) -> Solution:
    """Return the end of the iterations from a start; a linear model owes none.

    A start that was `given` is taken for near the maximum that is meant.
    """
    if not objective.linear:
        return scored(objective, begin, constant, control, given=given)
    point, factor = objective.linear_solution(known)
    return Solution(point, factor, (Iteration(1, point.merit, 0.0, 0, point.beta),), True, "")


def scored(
    objective: GLMObjective, begin: Begin, constant: Array | None, control: Control, *, given: bool = False
) -> Solution:
    """Return where the iterations end; of several ends, where that is in doubt, the one of least deviance."""
    first = fisher_scoring(objective, begin(), control)
    if constant is None:
        return first
    y, weights = objective.y, objective.weights
    few = not given and len(y) <= LOOKED_AT

    def bend_at(point: Point) -> Bend:
        return Bend().and_rows(objective.family, y, weights, point.eta, few=few)

    rows = Rows(bend_at, lambda: _other_starts(objective, constant), few)
    return best_end(objective, objective.family, first, control, rows)
