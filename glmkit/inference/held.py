"""A fit with one linear function of its coefficients held at a value: the points of a profile.

In the coordinates of the fit let the function be c'gamma. Then

    gamma = center + u (value - c'center) + N delta,    c'u = 1,  c'N = 0,

and delta is fitted to the columns Z N with the rest as offset: for a single coefficient
its column becomes the offset. Where the fit has a maximum, center is the estimate and u
points along the profile, u = A^-1 c / c'A^-1 c, so that delta = 0 is right to first order
and serves as a start (Venables and Ripley 2002, section 8.4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.centring import Centring
from glmkit.design.dense import DenseDesign
from glmkit.design.matrix import Design
from glmkit.errors import FitError
from glmkit.fitting.adjusted import AdjustedObjective
from glmkit.fitting.boundary import at_edge
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.objective import GLMObjective, Point
from glmkit.fitting.problem import Problem
from glmkit.fitting.scoring import Control, fisher_scoring
from glmkit.fitting.starting import Start
from glmkit.inference.likelihood import ratio_deviance
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import fit_problem
from glmkit.numerics.algebra import least_squares
from glmkit.numerics.factor import cholesky_factor
from glmkit.tables.numbers import format_value

__all__ = ["Held", "HeldFunction", "held_function"]

# Eigenvalues of a singular equilibrated information below this are rounding.
SINGULAR = 1e-9
# Held fits are iterated to a hundredth of this, in standard errors: the deviance is then right to
# its square. Iterations that stall in the rounding of a huge deviance, within `STALLED`, serve too:
# a millionth of the dispersion is 3e-7 of a signed root of 2.
TOLERANCE = 1e-7
STALLED = 1e-3


class Held(NamedTuple):
    """The best fit with the function at one value."""

    value: float
    deviance: float
    slope: float  # of the deviance by the value; nan where some row is on the edge
    rao: float  # signed root of the score statistic at dispersion 1, rising in the value; nan unless scored
    gamma: Array  # (rank,) in the coordinates of the fit; nan where some are infinite
    delta: Array | None  # where the next fit may start


@dataclass(frozen=True, eq=False)
class HeldFunction:
    """A linear function of the coefficients that can be held fixed.

    Parameters
    ----------
    model : FittedModel
    row : (rank,) array
        c, in the coordinates of the fit.
    center : (rank,) array
    base : float
        c'center.
    along : (rank,) array
        u.
    rest : (rank, rank - 1) array
        N.
    problem : Problem
        Of delta; the offset is that of the center.
    push : (n,) array
        Z u: how the linear predictor moves with the value.
    columns : Design
        Z.
    scored : bool
        Whether the score statistic is asked for, which costs a Gram matrix.
    is_partial : bool
        Whether these are the rows left by a separation that does not move the function: the
        other coefficients are then not determined.
    """

    model: FittedModel
    row: Array
    center: Array
    base: float
    along: Array
    rest: Array
    problem: Problem
    push: Array
    columns: Design
    scored: bool
    is_partial: bool = False

    def at(self, value: float, start: Array | None) -> Held | None:
        """Return the best fit with the function at `value`; None where there is no valid mean.

        Raises
        ------
        FitError
            The iterations did not converge.
        """
        with np.errstate(all="ignore"):  # far out means overflow; what is found is judged at the ends
            moved = self.problem.added + self.push * (value - self.base)
            found = None if start is None else self._warm(value, moved, start)
            return self._settled(value, moved) if found is None else found

    @property
    def _control(self) -> Control:
        control = self.model.control
        return replace(control, tol=max(control.tol, TOLERANCE))

    def _warm(self, value: float, offset: Array, start: Array) -> Held | None:
        """Return the fit by scoring alone; None where it needs more."""
        problem, family = self.problem, self.model.family
        objective = self._objective(offset)
        point = objective.at(start)
        if not np.isfinite(point.merit):
            return None
        if len(start):
            solution = fisher_scoring(objective, Start(point), self._control)
            at_end = solution.converged or solution.trace[-1].step <= STALLED
            if not at_end or at_edge(family, solution.point.eta, problem.weights):
                return None
            point = solution.point
        return self._held(value, objective.settled(point), point.beta)

    def _objective(self, offset: Array) -> GLMObjective | AdjustedObjective:
        """Return the deviance of the rest, or the penalised one of a fit that has a prior."""
        return self._plain(offset) if self.problem.method == "ml" else self._penalised(offset)

    def _plain(self, offset: Array) -> GLMObjective:
        problem = self.problem
        return GLMObjective(
            self.model.family, problem.design, problem.y, problem.weights, offset, problem.nobs
        )

    def _penalised(self, offset: Array) -> AdjustedObjective:
        problem, none = self.problem, np.zeros(self.problem.design.shape[1])
        return AdjustedObjective(self._plain(offset), problem.method, Centring(none, none), problem.penalised)

    def _settled(self, value: float, offset: Array) -> Held | None:
        """Return the fit from a cold start, in the limit or on the edge if need be."""
        try:
            fit = fit_problem(replace(self.problem, offset=offset), self.model.family, self._control)
        except FitError:
            return None
        if not fit.converged:
            raise FitError(
                f"The fit with the coefficient held at {format_value(value)} did not converge: its interval is "
                'not known. Raise Control(max_iter=), or use method="wald".',
                value=value,
            )
        delta = np.zeros(self.problem.design.shape[1])
        delta[fit.kept] = fit.centring.to_original(fit.gamma)
        found = self._held(value, Point(delta, fit.fitted, ratio_deviance(fit)), delta)
        if fit.recession is not None or self.is_partial:
            return found._replace(gamma=np.full(len(self.row), np.nan), delta=None)
        return found if fit.active is None else found._replace(slope=float("nan"), rao=float("nan"))

    def _held(self, value: float, point: Point, delta: Array) -> Held:
        problem, family, mean = self.problem, self.model.family, point.mean
        counted = (problem.weights > 0) & (mean.dmu != 0.0)  # a row in its limit is flat
        residual = np.where(counted, family.score_residual(problem.y, mean), 0.0)
        working = np.where(counted, family.working_weight(mean), 0.0)
        score = float(self.push @ (problem.weights * residual))
        if problem.method != "ml":
            score += float(self.push @ self._penalised(problem.added).prior_score(point))
        rao = float("nan")
        if self.scored:
            # Only the held function has a score left, s = c (u's): s'A^-1 s = (u's)^2 c'A^-1 c.
            information = self.columns.gram(problem.weights * working)
            rao = -score * float(np.sqrt(_spread(information, self.row)))
        gamma = self.center + self.along * (value - self.base) + self.rest @ delta
        return Held(value, point.merit, -2.0 * score, rao, gamma, delta)


def _spread(information: Array, row: Array) -> float:
    """Return c'A^-1 c; nan where the information says nothing of c, or is not finite."""
    if not np.all(np.isfinite(information)):
        return float("nan")
    factor = cholesky_factor(information)
    if factor is not None:
        return float(row @ factor.solve(row))
    size = np.sqrt(np.diag(information))
    unit = np.where(size > 0, size, 1.0)
    scaled = row / unit
    solution = least_squares("A score statistic", information / np.outer(unit, unit), scaled, SINGULAR)
    left = scaled - information / np.outer(unit, unit) @ solution
    known = np.max(np.abs(left)) <= SINGULAR * np.max(np.abs(scaled))
    return float(scaled @ solution) if known else float("nan")


def held_function(model: FittedModel, row: Array, scored: bool = False) -> HeldFunction:
    """Return a linear function of the coefficients, to be held.

    Parameters
    ----------
    model : FittedModel
    row : (p,) array
        Over all columns as coded; estimable, not all zero.
    scored : bool
        Whether its score statistics are wanted.
    """
    fit = model.fit
    c = fit.centring.rows_to_fitted(row[None, fit.kept])[0]
    columns = fit.independence.design
    pivot = _pivot(fit, c)
    others = np.delete(np.arange(fit.rank), pivot)
    rest = np.zeros((fit.rank, fit.rank - 1))
    rest[others, np.arange(len(others))] = 1.0
    rest[pivot] = -c[others] / c[pivot]
    center, along, eta = _tangent(fit, c, pivot)
    push = columns.dot(along)
    problem = Problem(
        design=_rest_of(columns, pivot, others, rest[pivot]),
        y=fit.problem.y,
        prior=fit.problem.prior,
        frequency=fit.problem.frequency,
        offset=eta,
        trials=fit.problem.trials,
        intercept=False,
        constant=_constant(fit, c, others),
        method=fit.method,
        penalised=None if fit.method == "ml" else columns,
    )
    held = HeldFunction(model, c, center, float(c @ center), along, rest, problem, push, columns, scored)
    is_finite = fit.recession is not None and fit.recession.limits(c[None])[0] == 0.0
    return _remaining(held) if is_finite else held


def _remaining(held: HeldFunction) -> HeldFunction:
    """Return the function on the rows that are not separated, where alone it is decided."""
    problem, recession = held.problem, held.model.fit.recession
    assert recession is not None
    rows = np.flatnonzero((recession.signs == 0.0) & (problem.weights > 0.0))
    left = replace(
        problem,
        design=problem.design.select(rows),
        y=problem.y[rows],
        prior=problem.prior[rows],
        frequency=None if problem.frequency is None else problem.frequency[rows],
        offset=problem.added[rows],
        trials=None if problem.trials is None else problem.trials[rows],
    )
    columns = held.columns.select(rows)
    return replace(held, problem=left, push=held.push[rows], columns=columns, is_partial=True)


def _rest_of(columns: Design, pivot: int, others: IntArray, share: Array) -> Design:
    """Return Z N: the other columns as they are, where the function is one coefficient."""
    left = columns.take(others)
    if not np.any(share):
        return left
    held = columns.take(np.array([pivot])).dense()[:, 0]
    return DenseDesign(np.asfortranarray(left.dense() + np.outer(held, share)))


def _pivot(fit: GLMFit, c: Array) -> int:
    """Return the coefficient to solve c'gamma = value for: the one that leaves the best columns."""
    weights = (fit.problem.weights > 0).astype(np.float64)
    norms = np.sqrt(np.diag(fit.independence.design.gram(weights)))
    return int(np.argmax(np.abs(c) / norms))


def _tangent(fit: GLMFit, c: Array, pivot: int) -> tuple[Array, Array, Array]:
    """Return center, direction and the linear predictor of the center."""
    if fit.recession is None:
        with np.errstate(all="ignore"):  # refused below
            towards = fit.inverse @ c
            variance = float(c @ towards)
        if not (variance > 0.0 and np.all(np.isfinite(towards))):
            raise FitError(
                "The variance of a coefficient is no double precision number above 0, so that its likelihood cannot "
                "be profiled. Give its column in another unit, so that its values lie nearer 1.",
            )
        return fit.gamma, towards / variance, fit.eta
    along = np.zeros(fit.rank)
    along[pivot] = 1.0 / c[pivot]
    return np.zeros(fit.rank), along, fit.problem.added


def _constant(fit: GLMFit, c: Array, others: IntArray) -> Array | None:
    """Return the constant in the columns that are left, if it is still there."""
    constant = fit.centring.span_constant
    if constant is None or c @ constant != 0.0:
        return None
    return constant[others]
