"""The null model: the offset and, where there is one, the intercept alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glmkit.design.dense import DenseDesign
from glmkit.errors import FitError
from glmkit.families.base import Family, Mean
from glmkit.fitting.goodness import Likelihood, RowMeans, deviance_of, weighted_sum
from glmkit.fitting.maximum import scored, starting_point
from glmkit.fitting.objective import GLMObjective, Point, objective_of
from glmkit.fitting.points import Losses
from glmkit.fitting.problem import Problem
from glmkit.fitting.scoring import Control
from glmkit.fitting.starting import Start
from glmkit.numerics.vectors import repeated

__all__ = ["NullModel", "null_model"]


class NullModel(NamedTuple):
    """The model with the offset and, if there is one, the intercept alone."""

    deviance: float
    loglik: float


class WithinCells(NamedTuple):
    """A model over cells of equal rows, and the deviance of rows within them, which no coefficient changes."""

    objective: GLMObjective
    point: Point
    deviance: float

    def problem(self, whole: Problem) -> Problem:
        """Return the problem of the cells, whose responses are rates where there was an offset."""
        one = self.objective
        return Problem(one.design, one.y, one.weights, intercept=whole.intercept)


def null_model(
    problem: Problem,
    family: Family,
    control: Control,
    likelihood: Likelihood,
    within: WithinCells | None = None,
    losses: Losses | None = None,
) -> NullModel:
    """Return deviance and log-likelihood of the null model; nan where it does not exist.

    Over cells the null model is fitted to their sums; the rows are looked at where the family asks for it.
    Losses, where the fit knows them, spare a pass.
    """
    part = problem if within is None else within.problem(problem)
    mean = _null_mean(part, family, control)
    if mean is None:
        return NullModel(float("nan"), float("nan"))
    deviance = _deviance(part, family, mean, losses)
    if within is None:
        return NullModel(deviance, likelihood.at(mean, deviance))

    def mean_of_rows(rows: slice) -> Mean:
        found = _null_mean(problem, family, control)
        assert found is not None  # as that of the cells
        return found(rows)

    deviance += within.deviance
    return NullModel(deviance, likelihood.at(mean_of_rows, deviance))


def _deviance(problem: Problem, family: Family, mean: RowMeans, losses: Losses | None) -> float:
    """Return the deviance of the null model; from the average alone where losses tell, which are linear in y."""
    if losses is not None and problem.intercept and problem.offset is None:
        one = mean(slice(0, 1))
        loss = float(losses.loss.of(one.mu, one, family.link(one.mu))[0])
        deviance = losses.deviance(loss * float(np.sum(problem.weights)))
        if losses.tell(deviance):
            return deviance
    return deviance_of(problem, family, mean)


def _null_mean(problem: Problem, family: Family, control: Control) -> RowMeans | None:
    """Return the mean of some rows, made when it is asked for: no vector of all rows is needed."""
    if not problem.intercept:
        return lambda rows: family.mean(problem.added[rows])
    if problem.offset is None:
        average = _average_mean(problem, family)
        return None if average is None else average.of
    total = weighted_sum(problem.y.__getitem__, problem.weights)
    if family.log_rates and total > 0.0:
        level = _log_level(problem, total)
        return lambda rows: family.mean(problem.added[rows] + level)
    n = len(problem.y)
    design = DenseDesign(np.ones((n, 1), order="F"))
    null = objective_of(problem, family, design)
    try:
        return scored(
            null, lambda: Start(starting_point(null, np.ones(1))), np.ones(1), control
        ).point.fitted.of
    except FitError:
        return None


def _log_level(problem: Problem, total: float) -> float:
    """Return a with sum of w exp(a + offset) = `total`: the score equation of counts under the log link."""
    w, added = problem.weights, problem.added
    top = float(np.max(added, initial=-np.inf, where=w > 0))
    exposed = weighted_sum(lambda rows: np.exp(np.minimum(added[rows] - top, 0.0)), w)
    return float(np.log(total / exposed)) - top


def _average_mean(problem: Problem, family: Family) -> Mean | None:
    # With a constant mean the score equation gives the weighted average for every family.
    total, n = float(np.sum(problem.weights)), len(problem.y)
    average = weighted_sum(problem.y.__getitem__, problem.weights) / total
    rest = 1.0 - average
    if family.bounded_mean:  # to all digits where the average is near 1
        rest = weighted_sum(lambda rows: 1.0 - problem.y[rows], problem.weights) / total
    with np.errstate(all="ignore"):  # an average outside the link's domain is found just below
        mu = family.mean(family.link(np.array([average]))).mu[0]
    if not abs(mu - average) <= 1e-6 * abs(average):
        return None
    return Mean(*(repeated(value, n) for value in (average, rest, 1.0)))
