"""Fit a model with several linear predictors to arrays.

The same loop as for one predictor (`glmkit.fitting.scoring`), on another objective.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.centring import StackedCentring
from glmkit.design.dense import DenseDesign
from glmkit.errors import FitError
from glmkit.families.vector import VectorFamily
from glmkit.fitting.components import ComponentObjective, ComponentProblem, places
from glmkit.fitting.null import NullModel
from glmkit.fitting.null_rows import null_rows
from glmkit.fitting.objective import Point
from glmkit.fitting.recession import Recession
from glmkit.fitting.scoring import Control, Iteration, Solution, fisher_scoring
from glmkit.fitting.stacking import Stack, stack_of
from glmkit.fitting.starting import Start
from glmkit.numerics.factor import InformationFactor

__all__ = ["ComponentFit", "fit_components"]

# Halvings of the way from the starting predictors to the first coefficients.
START_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class ComponentFit:
    """A fitted model with several linear predictors, in arrays.

    ``gamma``, ``factor`` and ``inverse`` (of the information) belong to the independent
    columns of all components, moved by the centring; ``eta`` (n, K) and ``outcome``
    (n, L), the fitted probabilities or means, to the rows used. ``recession`` tells where
    estimates are infinite, ``separated`` which rows that touches; ``active`` rows on the
    edge of a valid region are never told.
    """

    problem: ComponentProblem
    family: VectorFamily
    independence: Stack
    gamma: Array
    factor: InformationFactor
    inverse: Array
    eta: Array
    outcome: Array
    deviance: float
    null: NullModel
    null_rank: int
    pearson_chi2: float
    loglik: float
    converged: bool
    reason: str
    trace: tuple[Iteration, ...]
    recession: Recession | None = None
    separated: IntArray | None = None
    active: IntArray | None = None

    @property
    def dispersion(self) -> float:
        """The dispersion, known to be 1."""
        return 1.0

    @property
    def method(self) -> str:
        """How the coefficients were estimated: by maximum likelihood."""
        return "ml"

    @property
    def nuisance(self) -> None:
        """A parameter estimated beside the coefficients: none, it would be a component."""
        return

    @property
    def null_deviance(self) -> float:
        """Deviance of the null model."""
        return self.null.deviance

    @property
    def centring(self) -> StackedCentring:
        """The centring of the independent columns."""
        return self.independence.centring

    @property
    def kept(self) -> IntArray:
        """The independent coefficients."""
        return self.independence.kept

    @property
    def rank(self) -> int:
        """How many coefficients are independent."""
        return len(self.independence.kept)

    @property
    def nobs(self) -> float:
        """Rows that count."""
        return self.problem.nobs

    @property
    def df_resid(self) -> float:
        """Residual degrees of freedom: free numbers in the responses, less the coefficients."""
        return self.nobs * self.problem.degrees - self.rank

    @property
    def df_null(self) -> float:
        """Residual degrees of freedom of the null model."""
        return self.nobs * self.problem.degrees - self.null_rank

    @property
    def null_rows(self) -> Array:
        """L such that L beta = 0 is the null model, (k, p)."""
        one, constants = self.independence, []
        for component, place in zip(self.problem.components, places(self.problem.components), strict=True):
            own = np.zeros(self.problem.width)
            if component.constant is not None:
                own[place] = component.constant[place]
            if np.any(own):
                constants.append(own)
        return null_rows(one.kept, one.dropped, one.combinations, constants)


def fit_components(
    problem: ComponentProblem,
    family: VectorFamily,
    control: Control,
    start: Array | None = None,
    *,
    null: tuple[NullModel, int] | None = None,
) -> ComponentFit:
    """Return the maximum likelihood fit of `family` to `problem`.

    Parameters
    ----------
    problem : ComponentProblem
    family : VectorFamily
    control : Control
    start : (p,) array, optional
        Coefficients to start from, over all columns; dependent ones are ignored.
    null : tuple of NullModel and its rank, optional
        Where it is known, or not wanted.

    Raises
    ------
    FitError
        No valid starting value can be found.
    """
    stack = stack_of(problem)
    objective = objective_of(problem, family, stack)
    point = (
        starting_point(objective)
        if start is None
        else _started(objective, stack.centring.to_fitted(start[stack.kept]))
    )
    solution = fisher_scoring(objective, Start(point), control)
    null = null_model(problem, family, control) if null is None else null
    return measured(problem, family, stack, solution, null)


def objective_of(problem: ComponentProblem, family: VectorFamily, stack: Stack) -> ComponentObjective:
    """Return the objective over the independent columns."""
    return ComponentObjective(family, stack.components, problem.y, problem.weights, problem.offset)


def measured(
    problem: ComponentProblem,
    family: VectorFamily,
    stack: Stack,
    solution: Solution,
    null: tuple[NullModel, int],
) -> ComponentFit:
    """Return the fit that a solution of the iterations is."""
    point = solution.point
    outcome = family.fitted(point.eta)
    pearson = _counted_sum(problem, family.pearson(problem.y, point.eta))
    return ComponentFit(
        problem=problem,
        family=family,
        independence=stack,
        gamma=point.beta,
        factor=solution.factor,
        inverse=solution.factor.inverse(),
        eta=point.eta,
        outcome=outcome,
        deviance=point.merit,
        null=null[0],
        null_rank=null[1],
        pearson_chi2=pearson,
        loglik=log_likelihood(problem, family, point.merit),
        converged=solution.converged,
        reason=solution.reason,
        trace=solution.trace,
    )


def log_likelihood(problem: ComponentProblem, family: VectorFamily, deviance: float) -> float:
    """Return the log-likelihood at a deviance: that of the saturated model less half of it."""
    saturated = family.saturated(problem.y, problem.prior, problem.trials)
    return float(np.sum(problem.counts * np.where(problem.counts > 0, saturated, 0.0))) - 0.5 * deviance


def _counted_sum(problem: ComponentProblem, values: Array) -> float:
    weights = problem.weights
    return float(np.sum(weights * np.where(weights > 0, values, 0.0)))


# ------------------------------------------------------------------------------- starting


def starting_point(objective: ComponentObjective) -> Point:
    """Return the point whose predictors are closest to the family's starting ones, drawn back if invalid."""
    start = objective.family.start(objective.y, objective.weights)
    beta = objective.least_squares(start)
    center = objective.least_squares(np.broadcast_to(np.mean(start, axis=0), start.shape))
    for halvings in range(START_HALVINGS):
        point = objective.at(center + (beta - center) * 0.5**halvings)
        if np.isfinite(point.merit):
            return point
    for beta in (center, np.zeros(len(center))):
        point = objective.at(beta)
        if np.isfinite(point.merit):
            return point
    raise FitError(
        f"No valid starting value was found for {objective.family!r}. Give start= with coefficients for which "
        "every row has a likelihood.",
    )


def _started(objective: ComponentObjective, gamma: Array) -> Point:
    point = objective.at(gamma)
    if not np.isfinite(point.merit):
        raise FitError(
            "start= gives linear predictors without a likelihood, such as thresholds out of order. "
            "Leave it out, or give others.",
            argument="start",
        )
    return point


# ------------------------------------------------------------------------------- null model


def null_model(problem: ComponentProblem, family: VectorFamily, control: Control) -> tuple[NullModel, int]:
    """Return deviance, log-likelihood and rank of the model of constants and offsets alone."""
    null = _null_problem(problem)
    unknown = NullModel(float("nan"), float("nan"))
    rank = null.width
    try:
        objective = ComponentObjective(family, null.components, null.y, null.weights, null.offset)
        solution = fisher_scoring(objective, Start(starting_point(objective)), control)
    except FitError:
        return unknown, rank
    if not solution.converged:
        return unknown, rank
    deviance = solution.point.merit
    return NullModel(deviance, log_likelihood(problem, family, deviance)), rank


def _null_problem(problem: ComponentProblem) -> ComponentProblem:
    """Return each component with a constant column where its own columns span one."""
    n = len(problem.y)
    reduced = []
    for component, place in zip(problem.components, places(problem.components), strict=True):
        constant = component.constant
        own = constant is not None and bool(np.any(constant[place]))
        design = DenseDesign(np.ones((n, int(own)), order="F"))
        reduced.append(replace(component, design=design, constant=None))
    return replace(problem, components=tuple(reduced))
