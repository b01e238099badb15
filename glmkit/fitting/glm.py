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
from glmkit.errors import GlmkitError
from glmkit.families.base import Family, Mean
from glmkit.fitting.adjusted import AdjustedObjective, adjusted_scoring, is_penalised
from glmkit.fitting.cells import CellSums, at_rows, by_cell, cell_sums
from glmkit.fitting.fitted import Fitted
from glmkit.fitting.goodness import Likelihood, deviance_of, dispersion_of, pearson_statistic
from glmkit.fitting.independence import Independence, independence_of
from glmkit.fitting.large import refuse_information
from glmkit.fitting.maximum import solved, starting_point
from glmkit.fitting.null import NullModel, WithinCells, null_model
from glmkit.fitting.null_rows import null_rows
from glmkit.fitting.objective import GLMObjective, Point, objective_of
from glmkit.fitting.points import Asked, Losses, Measures, is_linear
from glmkit.fitting.problem import Problem
from glmkit.fitting.recession import Recession
from glmkit.fitting.scoring import Control, Iteration, Solution
from glmkit.fitting.signs import End, may_run_away
from glmkit.fitting.starting import Start, valid_point
from glmkit.fitting.strided import Beginning, sampled_beginning, strided_start
from glmkit.numerics.factor import InformationFactor

__all__ = ["GLMFit", "Known", "NuisanceFit", "fit_glm"]


# Share by which a deviance is above another one for certain, and a mean beside its response.
WORSE = 1e-6


@dataclass(frozen=True, eq=False)
class GLMFit:
    """A fitted generalized linear model, in arrays.

    ``gamma``, ``factor`` and ``inverse`` (of the information) belong to the independent columns, moved by ``centring``;
    ``fitted`` to the rows used. ``suspect`` is a cheap sign of infinite estimates, ``recession`` describes them;
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
    fitted: Fitted
    deviance: float
    null: NullModel
    pearson_chi2: float
    dispersion: float
    loglik: float
    converged: bool
    reason: str
    trace: tuple[Iteration, ...]
    suspect: bool = False
    recession: Recession | None = None
    active: IntArray | None = None
    nuisance: NuisanceFit | None = None
    penalised_deviance: float = float("nan")

    @property
    def eta(self) -> Array:
        """The linear predictor of all rows used, (n,)."""
        return self.fitted.eta

    @property
    def mean(self) -> Mean:
        """The mean of all rows used, (n,) each."""
        return self.fitted.mean

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
    known = known or Known()
    refuse_information(problem.design.shape[1])
    cells = cell_sums(problem, family)
    independence, solution, inverse, within, losses = _ended(problem, family, control, start, known, cells)
    plain = problem.method == "ml" or is_linear(family)
    merit, point = solution.point.merit, solution.point
    measures = point.measures
    pearson = measures.pearson if measures else pearson_statistic(problem, family, point.fitted.of)
    deviance = merit if plain and np.isfinite(merit) else deviance_of(problem, family, point.fitted.of)
    likelihood = Likelihood(problem, family)
    fit = GLMFit(
        problem=problem,
        family=family,
        independence=replace(independence, factor=None, begun=None),
        gamma=point.beta,
        factor=solution.factor,
        inverse=inverse,
        fitted=point.fitted,
        deviance=deviance,
        null=known.null or null_model(problem, family, control, likelihood, within, losses),
        pearson_chi2=pearson,
        dispersion=dispersion_of(family, pearson, problem.nobs - len(independence.kept)),
        loglik=likelihood.at(point.fitted.of, deviance),
        converged=solution.converged,
        reason=solution.reason,
        trace=solution.trace,
        penalised_deviance=merit if is_penalised(problem.method, family) else float("nan"),
    )
    found = measures if within is None else within.point.measures
    lost = plain and known.null is None and _is_worse_than_null(fit)
    return _judged(fit, within, found, lost=lost)


def _judged(fit: GLMFit, within: WithinCells | None, found: Measures | None, *, lost: bool) -> GLMFit:
    """Return a fit with what its end says: whether it is `lost`, and whether estimates may be infinite.

    Rows of one cell go to infinity together.
    """
    if lost and fit.converged:
        fit = replace(fit, converged=False, reason="lost")
    unit = fit.dispersion if np.isfinite(fit.dispersion) else 1.0
    step = fit.trace[-1].step if fit.trace else 0.0
    end = End(fit.factor.condition, step * step * unit, fit.converged)
    problem = fit.problem if within is None else within.problem(fit.problem)
    means = fit.fitted.of if within is None else within.point.fitted.of
    watch = None if found is None else found.watch
    if not may_run_away(problem, fit.family, means, end, watch):
        return fit
    return replace(fit, suspect=True)


def _is_worse_than_null(fit: GLMFit) -> bool:
    """Return whether the null model, which lies within the fit, describes the rows better: this is no maximum.

    Iterations end so where weights of rows are so far apart that the lighter ones are lost in rounding.
    """
    nested = fit.problem.constant is not None or not fit.problem.intercept
    if not (nested and fit.deviance > (1.0 + WORSE) * fit.null.deviance):
        return False
    y, used = fit.problem.y, fit.problem.weights > 0.0
    missed = np.abs(y - fit.mean.mu)[used]  # where responses are met, both deviances are rounding
    return bool(np.any(missed > WORSE * np.max(np.abs(y[used]), initial=0.0)))


class NuisanceFit(NamedTuple):
    """An estimated theta or power, beside the family that carries it."""

    value: float
    std_error: float
    simplest_loglik: float  # of the fit the search started from: Poisson's for theta
    rounds: int


class Known(NamedTuple):
    """What a fit need not find out again, because another fit to the same rows has."""

    null: NullModel | None = None
    independence: Independence | None = None


class _End(NamedTuple):
    """Where iterations over some columns ended, the inverse information, and what they went over and steered by."""

    independence: Independence
    solution: Solution
    inverse: Array
    within: WithinCells | None = None
    losses: Losses | None = None


def _ended(
    problem: Problem,
    family: Family,
    control: Control,
    start: Array | None,
    known: Known,
    cells: CellSums | None,
) -> _End:
    """Return where the iterations end: from a sample, and from all rows where that is in doubt."""
    if known.independence is None and start is None and problem.method == "ml":
        end = _end_from_sample(problem, family, control)
        if end is not None:
            return end
    independence = known.independence or independence_of(problem, family, cells)
    design = independence.design
    objective = objective_of(problem, family, design)
    if problem.method == "ml" or objective.linear:
        return _maximum(Beginning(independence, objective, None), start, control, cells)
    return _adjusted_maximum(objective, independence, problem, start, control)


def _end_from_sample(problem: Problem, family: Family, control: Control) -> _End | None:
    """Return where iterations end that a sample has begun; None where it cannot, or the columns are not alike in it."""

    def first(part: GLMObjective, factor: InformationFactor | None) -> Point:
        return starting_point(part, problem.constant, factor)

    beginning = sampled_beginning(problem, family, first)
    if beginning is None:
        return None
    try:
        with np.errstate(all="ignore"):  # columns that leave the range are found so
            return _maximum(beginning, None, control, None)
    except (GlmkitError, np.linalg.LinAlgError):  # all rows will tell what the matter is
        return None


def _starting(objective: GLMObjective, independence: Independence, start: Array | None) -> Start:
    """Return where to start."""
    if start is not None:
        return Start(valid_point(objective, independence.centring.to_fitted(start[independence.kept])))
    constant = independence.centring.span_constant
    alike = objective.design is independence.design  # and not that of cells
    known, begun = (independence.factor, independence.begun) if alike else (None, None)

    def first(part: GLMObjective, factor: InformationFactor | None) -> Point:
        return starting_point(part, constant, factor, begun if part is objective else None)

    return strided_start(objective, first) or Start(first(objective, known))


def _maximum(beginning: Beginning, start: Array | None, control: Control, sums: CellSums | None) -> _End:
    """Return the maximum of the likelihood, over the cells where rows are equal."""
    independence, objective, begun = beginning
    cells = objective if begun is not None else by_cell(objective, sums)
    factor = independence.factor if cells is objective else None
    given = start is not None

    def begin() -> Start:
        return begun or _starting(cells, independence, start)

    solution = solved(cells, begin, independence.centring.span_constant, control, factor, given=given)
    inverse = cells.inverse_information(solution.point, solution.factor)
    if cells is objective:
        return _End(independence, solution, inverse, losses=vars(objective).get("losses"))
    point = at_rows(objective, cells, solution.point)
    within = point.merit - solution.point.merit
    trace = tuple(line._replace(deviance=line.deviance + within) for line in solution.trace)
    whole = solution._replace(point=point, trace=trace)
    return _End(independence, whole, inverse, WithinCells(cells, solution.point, within))


def _adjusted_maximum(
    objective: GLMObjective,
    independence: Independence,
    problem: Problem,
    start: Array | None,
    control: Control,
) -> _End:
    """Return the solution of the adjusted score, with the deviance itself in the trace."""
    first = _starting(objective, independence, start).point.beta
    adjusted = AdjustedObjective(objective, problem.method, independence.centring, problem.penalised)
    solution = adjusted_scoring(adjusted, first, control)
    trace = tuple(
        line._replace(deviance=objective.at(line.coef, Asked.MERIT).merit) for line in solution.trace
    )
    inverse = objective.inverse_information(solution.point, solution.factor)
    return _End(independence, solution._replace(trace=trace), inverse)
