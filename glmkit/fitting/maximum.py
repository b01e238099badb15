"""From a starting mean to where the iterations end, in one model of given columns."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array
from glmkit.fitting.objective import GLMObjective, Point
from glmkit.fitting.scoring import Control, Iteration, Solution, fisher_scoring
from glmkit.fitting.starting import Start, drawn_back
from glmkit.numerics.factor import InformationFactor

__all__ = ["scored", "solved", "starting_point"]

# Working weights this far apart are those of a plateau, or of data that deserve a second look.
FLAT = 1e-6
# Share by which deviances of the same maximum differ by rounding.
SAME = 1e-9


def starting_point(
    objective: GLMObjective, constant: Array | None, factor: InformationFactor | None = None
) -> Point:
    """Return the point of one weighted least squares from the family's starting mean.

    Where that leaves the valid region it is drawn back, by halves, to the constant mean.
    """
    family = objective.family
    mu = family.start(objective.y, objective.weights)
    eta = family.link(mu)
    mean = family.mean(eta)
    response = eta - objective.offset + family.working_residual(objective.y, mean)
    beta, _ = objective.least_squares(
        family.working_weight(mean), np.where(objective.weights > 0, response, 0.0), factor
    )
    return drawn_back(objective, beta, lambda: _inner_coefficients(objective, constant))


def _inner_coefficients(objective: GLMObjective, constant: Array | None) -> list[Array]:
    """Return candidates for coefficients with a valid mean in every row."""
    p = objective.design.shape[1]
    candidates = [np.zeros(p)]
    if constant is not None:
        used = objective.weights > 0
        average = np.average(objective.y[used], weights=objective.weights[used])
        eta = objective.family.link(np.array([average]))[0] - objective.offset[used]
        candidates = [constant * level for level in (np.mean(eta), np.max(eta), np.min(eta))] + candidates
    return [candidate for candidate in candidates if np.all(np.isfinite(candidate))]


def solved(
    objective: GLMObjective,
    start: Start | None,
    constant: Array | None,
    control: Control,
    known: InformationFactor | None = None,
) -> Solution:
    """Return the end of the iterations from a start; None of a linear model, which owes none."""
    if start is not None:
        return scored(objective, start, constant, control)
    point, factor = objective.linear_solution(known)
    return Solution(point, factor, (Iteration(1, point.merit, 0.0, 0, point.beta),), True, "")


def scored(objective: GLMObjective, start: Start, constant: Array | None, control: Control) -> Solution:
    """Return where the iterations end; where that is no maximum, where they end from the constant mean.

    With V = mu^3 a response close to 0 throws the first steps onto a plateau, where means are so
    large, or the link so flat, that no weight is left to a step back.
    """
    solution = fisher_scoring(objective, start.point, control, known=start.factor)
    if objective.family.dispersion is not None or constant is None or not _is_lost(objective, solution):
        return solution
    inside = objective.at(_inner_coefficients(objective, constant)[0])
    if not np.isfinite(inside.merit):
        return solution
    again = fisher_scoring(objective, inside, control)
    better = again.converged and again.point.merit <= solution.point.merit * (1.0 + SAME)
    return again if better else solution


def _is_lost(objective: GLMObjective, solution: Solution) -> bool:
    """Return whether the iterations may have ended on a plateau: O(n) where weights are of one size."""
    if not solution.converged:
        return True
    if objective.family.canonical or objective.family.constant_weight is not None:
        return False  # a convex deviance has one stationary point, and constant weights no plateau
    weights = objective.working_weights(solution.point)
    counted = weights[objective.weights > 0]
    if np.min(counted, initial=np.inf) >= FLAT * np.max(counted, initial=0.0) > 0.0:
        return False
    return objective.newton(solution.point, objective.quadratic(solution.point)) is None
