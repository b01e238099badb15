"""Bias-reduced estimation: the score is adjusted, and any solver of scores solves it.

With d = dmu/deta, d' = d2mu/deta2, v = V(mu), v' = dV/dmu, W the working weights, h the
leverages and phi the dispersion, phi times the adjusted score is X'(r + phi a), where r
are the score residuals and

    mean (Firth 1993; Kosmidis and Firth 2009, eq. 13):  a = h d' / (2 d)
    median (Kenne Pagui, Salvan and Sartori 2017):       a = h d' / (2 d) + W X u
    Jeffreys' prior (Firth 1993, section 3):              a = h (d'/d - d v' / (2 v))

    u_j = c_j' X' [ h_j (d v' / (6 v) - d' / (2 d)) ],  h_j = W (X c_j)^2 / c_jj,

c_j the j-th column of (X'WX)^-1. The estimates are finite where those of maximum
likelihood are not. Jeffreys' has an objective, the penalised deviance
D - phi log det X'WX; so has the mean's with a canonical link, where the two agree. For the
others the length of the step, which the solution makes zero, is lowered in its place.

References
----------
Firth, D. (1993). Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
Kosmidis, I. and Firth, D. (2009). Bias reduction in exponential family nonlinear models.
Biometrika 96, 793-804.
Kenne Pagui, E. C., Salvan, A. and Sartori, N. (2017). Median bias reduction of maximum
likelihood estimates. Biometrika 104, 923-938.
Kosmidis, I., Kenne Pagui, E. C. and Sartori, N. (2020). Mean and median bias reduction in
generalized linear models. Statistics and Computing 30, 43-59.
Heinze, G. and Schemper, M. (2002). A solution to the problem of separation in logistic
regression. Statistics in Medicine 21, 2409-2419.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from glmkit._typing import Array
from glmkit.design.centring import Centring
from glmkit.design.matrix import Design
from glmkit.families.base import Family
from glmkit.fitting.objective import GLMObjective, Objective, Point, Quadratic
from glmkit.fitting.points import Asked, released
from glmkit.fitting.scoring import Control, Solution, fisher_scoring
from glmkit.fitting.starting import Start
from glmkit.numerics.algebra import solution
from glmkit.numerics.factor import InformationFactor

__all__ = ["METHODS", "AdjustedObjective", "adjusted_scoring", "is_penalised"]

METHODS = {"ml": "ml", "firth": "firth", "mean": "firth", "median": "median", "jeffreys": "jeffreys"}
"""The methods of estimation by the names they answer to."""

# How many times its square the length of a step may grow on the way to a root, where it
# cannot be made to fall all the way.
RISES = (3.0, 25.0)
# A step that is still this share of one made half the iterations before goes nowhere.
STANDING = 0.999
# Step of the differences of the adjusted score, in standard errors, and the number of
# columns up to which its whole derivative is worth two passes a column.
DIFFERENCE = 1e-4
NEWTON_COLUMNS = 60


def is_penalised(method: str, family: Family) -> bool:
    """Return whether a method maximises a penalised likelihood: Jeffreys' prior, dispersion known."""
    jeffreys = method == "jeffreys" or (method == "firth" and family.canonical)
    return jeffreys and family.dispersion is not None


def adjusted_scoring(objective: AdjustedObjective, start: Array, control: Control) -> Solution:
    """Return the solution of an adjusted score.

    A penalised likelihood is climbed from the start. A root is looked for by steps that
    become shorter, from the start and then from Jeffreys' maximum, which is close to it;
    where that ends in a valley without a root, by steps that may become longer.
    """
    first = fisher_scoring(objective, Start(objective.at(start)), control)
    if first.converged or is_penalised(objective.method, objective.base.family):
        return first
    if _is_scaleless(objective, first):
        return first
    jeffreys = replace(objective, method="jeffreys")
    near = fisher_scoring(jeffreys, Start(jeffreys.at(start)), control).point.beta
    second = fisher_scoring(objective, Start(objective.at(near)), control)
    if second.converged:
        return second
    held_back = [beta for beta, run in ((near, second), (start, first)) if _was_held_back(run)]
    for rise in RISES:
        for beta in held_back:
            found = fisher_scoring(objective, Start(objective.at(beta)), control, rise=rise)
            if found.converged:
                return found
    return first


def _was_held_back(solution: Solution) -> bool:
    """Return whether a step was halved: elsewhere leave to rise leads along the same path."""
    return solution.reason == "stuck" or any(iteration.halvings for iteration in solution.trace)


def _is_scaleless(objective: AdjustedObjective, solution: Solution) -> bool:
    """Return whether Pearson's dispersion, of as many columns as rows, keeps every step at one length.

    It falls with the squares of the score, so that the length of a step says nothing of how far a root is.
    """
    base = objective.base
    if base.family.dispersion is not None or objective.dispersion is not None:
        return False
    middle = solution.trace[len(solution.trace) // 2]
    return base.count <= base.design.shape[1] and solution.trace[-1].step >= STANDING * middle.step


@dataclass(frozen=True, eq=False)
class AdjustedObjective(Objective):
    """An objective with the score of bias reduction.

    Parameters
    ----------
    base : GLMObjective
    method : {"firth", "median", "jeffreys"}
    centring : Centring
        Of the base's columns: median bias reduction is of the coefficients as coded.
    whole : Design, optional
        The columns whose information is penalised, where they are more than the base's:
        a profile holds some coefficients, and keeps the prior.
    dispersion : float, optional
        By default the family's, else Pearson's at the point.
    """

    base: GLMObjective
    method: str
    centring: Centring
    whole: Design | None = None
    dispersion: float | None = None

    def at(self, beta: Array, asked: Asked = Asked.STEP) -> Point:
        """Return the point at `beta`, with the penalised deviance or the squared step as merit."""
        point = self.base.at(beta)
        if not np.isfinite(point.merit):
            return point
        with np.errstate(all="ignore"):  # a step far out: an infinite merit
            merit = self._merit(point)
        return point._replace(merit=merit if np.isfinite(merit) else float("inf"))

    def settled(self, point: Point) -> Point:
        """Return a point with its merit to the last digits."""
        if point.exact or not is_penalised(self.method, self.base.family):
            return point
        deviance = self.base.at(point.beta, Asked.MERIT).merit
        return point._replace(merit=self._merit(point._replace(merit=deviance)), exact=True)

    def _merit(self, point: Point) -> float:
        if is_penalised(self.method, self.base.family):
            unit = self._unit(point)
            return point.merit - unit * self._prior_factor(point).logdet()
        quadratic = self.quadratic(point)
        return float(quadratic.step @ quadratic.score) / quadratic.unit

    def quadratic(self, point: Point, known: InformationFactor | None = None) -> Quadratic:
        """Return the adjusted score, the information and the step between them."""
        quadratic = self.base.quadratic(point)
        unit = self._unit(point)
        score = quadratic.score + self.base.design.tdot(unit * self._adjustment(point, quadratic.factor))
        return Quadratic(score, quadratic.factor, quadratic.factor.solve(score), unit)

    def newton(self, point: Point, quadratic: Quadratic) -> Array | None:
        """Return the step on the derivative of the adjusted score, by differences."""
        p = len(point.beta)
        if p > NEWTON_COLUMNS:
            return None
        errors = np.sqrt(quadratic.unit * np.sum(quadratic.factor.half_solve(np.eye(p)) ** 2, axis=1))
        slope = np.empty((p, p))
        for j, change in enumerate(DIFFERENCE * errors):
            shift = change * np.eye(p)[j]
            ahead, behind = (self.base.at(point.beta + side * shift) for side in (1.0, -1.0))
            if not np.isfinite(ahead.merit + behind.merit):
                return None
            slope[:, j] = (self.quadratic(behind).score - self.quadratic(ahead).score) / (2.0 * change)
        uphill = errors * quadratic.score / quadratic.unit
        scaled = slope * errors * errors[:, None] / quadratic.unit  # near the identity
        if (
            not np.all(np.isfinite(scaled))
            or not np.all(np.isfinite(uphill))
            or np.linalg.cond(scaled) > 1.0 / DIFFERENCE**2
        ):
            return None
        step = np.asarray(errors * solution("A step of the adjusted score", scaled, uphill))
        return step if self.at(point.beta + step).merit < point.merit else None

    def prior_score(self, point: Point) -> Array:
        """Return half the slope of log det X'WX by each row's linear predictor, (n,)."""
        bend, slope = self._relative_slopes(point)
        prior = self._prior
        leverage = _leverage(prior.design, prior.working_weights(point), self._prior_factor(point))
        return np.asarray(leverage * (bend - 0.5 * slope))

    @property
    def _prior(self) -> GLMObjective:
        """The objective whose information is penalised."""
        return self.base if self.whole is None else replace(self.base, design=self.whole)

    def _prior_factor(self, point: Point) -> InformationFactor:
        """Return the factor of the information that is penalised; a pass over fewer columns knows none of it."""
        return self._prior.quadratic(point if self.whole is None else released(point)).factor

    def _unit(self, point: Point) -> float:
        if self.dispersion is not None:
            return self.dispersion
        return self.base.pearson_dispersion(point)

    def _adjustment(self, point: Point, factor: InformationFactor) -> Array:
        """Return a, (n,)."""
        if self.method == "jeffreys" or self.whole is not None:
            return self.prior_score(point)
        bend, slope = self._relative_slopes(point)
        working = self.base.working_weights(point)
        mean = 0.5 * _leverage(self.base.design, working, factor) * bend
        if self.method == "firth":
            return mean
        return mean + working * self.base.design.dot(
            self._median_shift(working, factor, slope / 6.0 - 0.5 * bend)
        )

    def _relative_slopes(self, point: Point) -> tuple[Array, Array]:
        """Return d'/d and d v'/v, (n,) each; 0 where the mean is flat, which has no weight."""
        family, mean = self.base.family, point.mean
        with np.errstate(all="ignore"):  # flat means, rows of zero weight
            bend = family.link.curvature(point.eta) / mean.dmu
            slope = family.variance_slope(mean) * (mean.dmu / family.variance(mean))
        return tuple(np.where(np.isfinite(part), part, 0.0) for part in (bend, slope))  # type: ignore[return-value]

    def _median_shift(self, working: Array, factor: InformationFactor, values: Array) -> Array:
        """Return u in the coordinates of the base's columns, (p,)."""
        design = self.base.design
        rows = self.centring.rows_to_fitted(np.eye(design.shape[1]))
        columns = factor.solve(rows.T)  # column j: the covariances with coefficient j as coded
        u = np.empty(len(rows))
        for j, column in enumerate(columns.T):
            moved = design.dot(column)
            share = working * moved**2 / (rows[j] @ column)
            u[j] = moved @ (share * values)
        return self.centring.to_fitted(u)


def _leverage(design: Design, working: Array, factor: InformationFactor) -> Array:
    root = factor.half_solve(np.eye(design.shape[1]))
    return np.asarray(working * design.row_norms(root))
