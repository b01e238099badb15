"""Fit a generalized linear model to arrays.

The order of things: choose the starting mean, move far columns near zero, decide which
columns are independent, solve one weighted least squares, score until done, measure the
fit, fit the null model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.centring import Centring
from glmkit.design.dense import DenseDesign
from glmkit.errors import FitError
from glmkit.families.base import Family, Mean
from glmkit.fitting.adjusted import AdjustedObjective, adjusted_scoring, is_penalised
from glmkit.fitting.cells import by_cell
from glmkit.fitting.goodness import Likelihood, RowMeans, deviance_of, dispersion_of, pearson_statistic
from glmkit.fitting.independence import Independence, independence_of
from glmkit.fitting.large import refuse_information
from glmkit.fitting.null_rows import null_rows
from glmkit.fitting.objective import GLMObjective, Point
from glmkit.fitting.problem import Problem
from glmkit.fitting.recession import Recession
from glmkit.fitting.scoring import Control, Iteration, Solution, fisher_scoring
from glmkit.fitting.starting import drawn_back, valid_point
from glmkit.fitting.strided import Beginning, sampled_beginning, strided_start
from glmkit.numerics.factor import InformationFactor
from glmkit.numerics.rowwise import over_rows

__all__ = ["GLMFit", "Known", "NuisanceFit", "fit_glm"]

# Working weights this far apart are those of a plateau, or of data that deserve a second look.
FLAT = 1e-6
# Share by which deviances of the same maximum differ by rounding.
SAME = 1e-9


@dataclass(frozen=True, eq=False)
class GLMFit:
    """A fitted generalized linear model, in arrays.

    ``gamma``, ``factor`` and ``inverse`` (of the information) belong to the independent columns, moved by ``centring``;
    ``mean`` and ``eta`` to the rows used. ``recession`` tells where estimates are infinite,
    ``active`` which rows lie on the edge of the valid region; ``nuisance`` holds what goes with an
    estimated theta or power, whose value is in ``family``. ``penalised_deviance`` is D - log det X'WX
    where the ``method`` maximises a penalised likelihood, nan elsewhere.
    """

    problem: Problem
    family: Family
    independence: Independence
    gamma: Array
    factor: InformationFactor
    inverse: Array
    eta: Array
    mean: Mean
    deviance: float
    null: NullModel
    pearson_chi2: float
    dispersion: float
    loglik: float
    converged: bool
    reason: str
    trace: tuple[Iteration, ...]
    recession: Recession | None = None
    active: IntArray | None = None
    nuisance: NuisanceFit | None = None
    penalised_deviance: float = float("nan")

    @property
    def method(self) -> str:
        """How the coefficients were estimated: "ml", "firth", "median" or "jeffreys"."""
        return self.problem.method

    @property
    def null_deviance(self) -> float:
        """Deviance of the null model."""
        return self.null.deviance

    @property
    def centring(self) -> Centring:
        """The centring of the independent columns."""
        return self.independence.centring

    @property
    def kept(self) -> IntArray:
        """The independent columns."""
        return self.independence.kept

    @property
    def rank(self) -> int:
        """How many columns are independent."""
        return len(self.independence.kept)

    @property
    def nobs(self) -> float:
        """Rows that count."""
        return self.problem.nobs

    @property
    def df_resid(self) -> float:
        """Residual degrees of freedom."""
        return self.nobs - self.rank

    @property
    def df_null(self) -> float:
        """Residual degrees of freedom of the null model."""
        return self.nobs - int(self.problem.intercept)

    @property
    def null_rows(self) -> Array:
        """L such that L beta = 0 is the null model, (k, p)."""
        one = self.independence
        constant = np.zeros(len(one.kept) + len(one.dropped))
        constant[one.kept] = one.centring.constant
        kept_constants = [constant] if self.problem.intercept and np.any(constant) else []
        return null_rows(one.kept, one.dropped, one.combinations, kept_constants)


def fit_glm(
    problem: Problem,
    family: Family,
    control: Control,
    start: Array | None = None,
    known: Known | None = None,
) -> GLMFit:
    """Return the fit of `family` to `problem`, by maximum likelihood or the problem's other method.

    Parameters
    ----------
    problem : Problem
        n rows, p columns.
    family : Family
    control : Control
    start : (p,) array, optional
        Coefficients to start from, over all columns; dependent ones are ignored, and all are
        where no iteration is owed.
    known : Known, optional
        What another fit to the same rows has found out.

    Raises
    ------
    FitError
        No valid starting value can be found, or the information does not fit into memory.
    """
    known = Known() if known is None else known
    refuse_information(problem.design.shape[1])
    beginning = _beginning(problem, family, start, known)
    independence, plain = beginning.independence, problem.method == "ml" or beginning.objective.linear
    if plain:
        solution, inverse = _maximum(beginning, start, control)
    else:
        solution, inverse = _adjusted_maximum(beginning, problem, start, control)
    merit, point = solution.point.merit, solution.point
    pearson = pearson_statistic(problem, family, point.mean)
    known_deviance = plain and np.isfinite(merit)
    deviance = merit if known_deviance else deviance_of(problem, family, point.mean.of)
    likelihood = Likelihood(problem, family)
    return GLMFit(
        problem=problem,
        family=family,
        independence=replace(independence, factor=None),
        gamma=point.beta,
        factor=solution.factor,
        inverse=inverse,
        eta=point.eta,
        mean=point.mean,
        deviance=deviance,
        null=known.null or null_model(problem, family, control, likelihood),
        pearson_chi2=pearson,
        dispersion=dispersion_of(family, pearson, problem.nobs - len(independence.kept)),
        loglik=likelihood.at(point.mean.of, deviance),
        converged=solution.converged,
        reason=solution.reason,
        trace=solution.trace,
        penalised_deviance=merit if is_penalised(problem.method, family) else float("nan"),
    )


class NuisanceFit(NamedTuple):
    """An estimated theta or power, beside the family that carries it."""

    value: float
    std_error: float
    simplest_loglik: float  # of the fit the search started from: Poisson's for theta
    rounds: int


class NullModel(NamedTuple):
    """The model with the offset and, if there is one, the intercept alone."""

    deviance: float
    loglik: float


class Known(NamedTuple):
    """What a fit need not find out again, because another fit to the same rows has."""

    null: NullModel | None = None
    independence: Independence | None = None


def null_model(problem: Problem, family: Family, control: Control, likelihood: Likelihood) -> NullModel:
    """Return deviance and log-likelihood of the null model; nan where it does not exist."""
    mean = _null_mean(problem, family, control)
    if mean is None:
        return NullModel(float("nan"), float("nan"))
    deviance = deviance_of(problem, family, mean)
    return NullModel(deviance, likelihood.at(mean, deviance))


def _null_mean(problem: Problem, family: Family, control: Control) -> RowMeans | None:
    """Return the mean of some rows, made when it is asked for: no vector of all rows is needed."""
    if not problem.intercept:
        return lambda rows: family.mean(problem.added[rows])
    if problem.offset is None:
        average = _average_mean(problem, family)
        return None if average is None else average.of
    total = float(problem.weights @ problem.y)
    if family.log_rates and total > 0.0:
        level = _log_level(problem, total)
        return lambda rows: family.mean(problem.added[rows] + level)
    n = len(problem.y)
    design = DenseDesign(np.ones((n, 1), order="F"))
    null = GLMObjective(family, design, problem.y, problem.weights, problem.added, problem.nobs)
    try:
        return _scored(null, starting_point(null, np.ones(1)), np.ones(1), control).point.mean.of
    except FitError:
        return None


def _log_level(problem: Problem, total: float) -> float:
    """Return a with sum of w exp(a + offset) = `total`: the score equation of counts under the log link."""
    w, added = problem.weights, problem.added
    top = float(np.max(added, initial=-np.inf, where=w > 0))
    exposed = sum(over_rows(lambda rows: float(w[rows] @ np.exp(np.minimum(added[rows] - top, 0.0))), len(w)))
    return float(np.log(total / exposed)) - top


def _average_mean(problem: Problem, family: Family) -> Mean | None:
    # With a constant mean the score equation gives the weighted average for every family.
    total, n = np.sum(problem.weights), len(problem.y)
    average = float(problem.weights @ problem.y / total)
    rest = float(problem.weights @ (1.0 - problem.y) / total)
    with np.errstate(all="ignore"):  # an average outside the link's domain is found just below
        mu = family.mean(family.link(np.array([average]))).mu[0]
    if not np.isclose(mu, average, rtol=1e-6, atol=0.0):
        return None
    return Mean(*(np.broadcast_to(np.float64(value), n) for value in (average, rest, 1.0)))


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


def _beginning(problem: Problem, family: Family, start: Array | None, known: Known) -> Beginning:
    """Return the independent columns, the objective over them, and a start where a sample has one."""
    independence = known.independence
    if independence is None and start is None and problem.method == "ml":
        found = sampled_beginning(
            problem, family, lambda part, factor: starting_point(part, problem.constant, factor)
        )
        if found is not None:
            return found
    independence = independence or independence_of(problem, family)
    design = independence.design
    objective = GLMObjective(family, design, problem.y, problem.weights, problem.added, problem.nobs)
    return Beginning(independence, objective, None)


def _starting(objective: GLMObjective, independence: Independence, start: Array | None) -> Point | None:
    """Return where to start; None for a linear model, which needs no start."""
    if objective.linear:
        return None
    if start is not None:
        return valid_point(objective, independence.centring.to_fitted(start[independence.kept]))
    constant = independence.centring.span_constant
    known = independence.factor if objective.design is independence.design else None

    def first(part: GLMObjective, factor: InformationFactor | None) -> Point:
        return starting_point(part, constant, factor)

    return strided_start(objective, first) or first(objective, known)


def _maximum(beginning: Beginning, start: Array | None, control: Control) -> tuple[Solution, Array]:
    """Return the maximum of the likelihood, over the cells where rows are equal, and the inverse information."""
    independence, objective, point = beginning
    cells = objective if point is not None else by_cell(objective)
    factor = independence.factor if cells is objective else None
    first = point or _starting(cells, independence, start)
    solution = _solve(cells, first, independence.centring.span_constant, control, factor)
    inverse = cells.inverse_information(solution.point, solution.factor)
    if cells is objective:
        return solution, inverse
    point = objective.at(solution.point.beta, last=True)
    within = point.merit - solution.point.merit
    trace = tuple(line._replace(deviance=line.deviance + within) for line in solution.trace)
    return solution._replace(point=point, trace=trace), inverse


def _solve(
    objective: GLMObjective,
    point: Point | None,
    constant: Array | None,
    control: Control,
    known: InformationFactor | None = None,
) -> Solution:
    if point is not None:
        return _scored(objective, point, constant, control)
    point, factor = objective.linear_solution(known)
    return Solution(point, factor, (Iteration(1, point.merit, 0.0, 0, point.beta),), True, "")


def _scored(objective: GLMObjective, point: Point, constant: Array | None, control: Control) -> Solution:
    """Return where the iterations end; where that is no maximum, where they end from the constant mean.

    With V = mu^3 a response close to 0 throws the first steps onto a plateau, where means are so
    large, or the link so flat, that no weight is left to a step back.
    """
    solution = fisher_scoring(objective, point, control)
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
    if objective.family.canonical:  # a convex deviance has one stationary point
        return False
    weights = objective.working_weights(solution.point)
    counted = weights[objective.weights > 0]
    if np.min(counted, initial=np.inf) >= FLAT * np.max(counted, initial=0.0) > 0.0:
        return False
    return objective.newton(solution.point, objective.quadratic(solution.point)) is None


def _adjusted_maximum(
    beginning: Beginning, problem: Problem, start: Array | None, control: Control
) -> tuple[Solution, Array]:
    """Return the solution of the adjusted score, with the deviance itself in the trace, and the inverse information."""
    independence, objective, _ = beginning
    point = _starting(objective, independence, start)
    assert point is not None
    adjusted = AdjustedObjective(objective, problem.method, independence.centring, problem.penalised)
    solution = adjusted_scoring(adjusted, point.beta, control)
    trace = tuple(line._replace(deviance=objective.at(line.coef).merit) for line in solution.trace)
    inverse = objective.inverse_information(solution.point, solution.factor)
    return solution._replace(trace=trace), inverse
