"""What Fisher scoring needs to know of a model, and the generalized linear model as one.

An objective turns coefficients into a `Point` (with the merit to be lowered) and a point
into a `Quadratic` (score, information and the step between them). The loop in
`glmkit.fitting.scoring` knows nothing else.

Symbols: eta = X beta + offset, mu = g^-1(eta), W = w (dmu/deta)^2 / V(mu)
(McCullagh & Nelder 1989, section 2.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from glmkit._typing import Array
from glmkit.design.matrix import Design
from glmkit.design.structured import StructuredDesign
from glmkit.families.base import Family, Mean
from glmkit.families.losses import loss_of
from glmkit.fitting.fitted import Fitted, FittedAs, FittedAt
from glmkit.fitting.known_rows import known_point, known_rows
from glmkit.fitting.large import laid_out
from glmkit.fitting.points import (
    Asked,
    Losses,
    Measures,
    Point,
    Quadratic,
    RowPass,
    Sums,
    block_deviance,
    counted,
    is_last,
    is_linear,
    losses_of,
    observed_weights,
    pearson_sum,
    uneven,
    weight_unit,
    without_noise,
)
from glmkit.fitting.problem import Problem
from glmkit.fitting.signs import Watch
from glmkit.numerics.compensated import compensated_residual
from glmkit.numerics.factor import InformationFactor, cholesky_factor, qr_factor_of_blocks
from glmkit.numerics.least_squares import refine_solution, refined_inverse, weighted_least_squares
from glmkit.numerics.rowwise import over_rows, row_blocks
from glmkit.numerics.tally import Tally

__all__ = ["GLMObjective", "Objective", "Point", "Quadratic", "objective_of"]

# Condition of the equilibrated columns up to which the normal equations are trusted:
# their own condition is its square, and 1e12 leaves four digits of the step, which the
# next step repairs.
CHOLESKY_CONDITION = 1e6
# Elements up to which a score in double-double is affordable (well under 1 ms) wherever it tells: below a
# condition of 50, rounding of the residuals is as large; and the condition from which it is worth a pass over more.
COMPENSATED_ELEMENTS = 50_000
COMPENSATED_CONDITION = 1e3
# Squared length of a step in standard errors from which on its rounding does not matter: more steps follow.
ROUGH = 0.01
# The inverse of a Gram matrix loses twice the digits of the condition: 50 leaves twelve.
INVERSE_CONDITION = 50.0
# Products of an inverse up to which it is refined column by column (some 100 ns each); of larger designs it comes
# from QR, right to eps * condition where the Gram matrix leaves eps * condition^2.
REFINED_PRODUCTS = 2_000_000
# Numbers of a block that QR takes at a time.
QR_NUMBERS = 1 << 20
# Numbers of a design, 4 GiB of them, beyond which it is not laid out to refine what it takes to the last digit.
REFINED_NUMBERS = 1 << 29
# Columns whose products with all others cost as much as reading them and all else of a row.
PAID_COLUMNS = 40.0
# Numbers of a design from which on points without an information are much cheaper than those with one.
REUSING_NUMBERS = 2_000_000
EPSILON, TINY = float(np.finfo(np.float64).eps), float(np.finfo(np.float64).tiny)


class Objective(Protocol):
    """What `fisher_scoring` minimises."""

    def at(self, beta: Array, asked: Asked = Asked.STEP) -> Point:
        """Return the point at these coefficients."""
        ...

    def quadratic(self, point: Point, known: InformationFactor | None = None) -> Quadratic:
        """Return score, information and step at a point; the step on an information that is `known`."""
        ...

    def newton(self, point: Point, quadratic: Quadratic) -> Array | None:
        """Return the step on the observed information, None where it is no better or not definite."""
        ...

    @property
    def reuses(self) -> bool:
        """Whether points cost much less where no information is asked for."""
        return False

    @property
    def price(self) -> float:
        """How many passes without an information one with it costs."""
        return 1.0

    @property
    def newtonian(self) -> bool:
        """Whether the information is the merit's curvature, so that Fisher's steps are Newton's."""
        return False

    def settled(self, point: Point) -> Point:
        """Return a point with its merit to the last digits."""
        return point


# Share of the deviance below which Pearson's statistic is the scale of a standard error.
FAR_BELOW = 0.01


@dataclass(frozen=True, eq=False)
class GLMObjective(Objective):
    """The deviance of a generalized linear model.

    Parameters
    ----------
    family : Family
    design : Design
        n rows, p independent columns.
    y, weights, offset : (n,) arrays
        Response; prior times frequency weights, zero where a row does not count; offset
        on the link scale.
    tally : Tally, optional
        Of y, where all weights are 1.
    """

    family: Family
    design: Design
    y: Array
    weights: Array
    offset: Array
    count: float = field(default=0.0)  # rows that count, for the dispersion's df
    strict: bool = False  # whether nearly dependent columns are an error: all rows may have begun wrongly
    tally: Tally | None = None

    def at(self, beta: Array, asked: Asked = Asked.STEP) -> Point:
        """Return the point at `beta`."""
        losses = self.losses
        if losses is not None:
            point = self._swept(beta, asked, losses)
            if point.exact or losses.tell(point.merit):
                return point
            self.__dict__["losses"] = None  # nor will they do nearer the maximum
        return self._swept(beta, asked, None)

    def _swept(self, beta: Array, asked: Asked, losses: Losses | None) -> Point:
        """Return the point that one pass over the rows finds."""
        if losses is not None:
            rows = known_rows(self.design, self.family, losses.loss, self.y, self.weights, self._added, asked)
            point = None if rows is None else known_point(self.design, rows, self.family, losses, beta)
            if point is not None:
                return point
        eta = np.empty(self.design.shape[0])
        loss = None if is_last(asked) or losses is None else losses.loss
        visit = RowPass(self.family, self.y, self.weights, self._added, eta, asked, loss)
        swept = self.design.sweep(beta, visit)
        fitted, merit, exact = FittedAt(eta, self.family), float(swept.sums[0]), loss is None
        if not np.isfinite(merit):
            return Point(beta, fitted, float("inf"), exact=exact)
        if is_last(asked):
            measures = Measures(float(swept.sums[2]), Watch.of(self.family, visit.close))
            return Point(beta, fitted, merit, Sums.of(swept), measures=measures)
        if losses is not None and not exact:
            merit = losses.deviance(merit)
        return Point(beta, fitted, merit, Sums.of(swept), exact=exact)

    @property
    def reuses(self) -> bool:
        """Whether points cost much less where no information is asked for."""
        return self._numbers >= REUSING_NUMBERS and self.family.constant_weight is None

    @property
    def price(self) -> float:
        """How many passes without an information one with it costs: multiplications of columns are what it adds."""
        return 1.0 if isinstance(self.design, StructuredDesign) else 1.0 + self.design.shape[1] / PAID_COLUMNS

    @property
    def newtonian(self) -> bool:
        """Whether the information is the deviance's curvature."""
        return self.family.canonical

    def settled(self, point: Point) -> Point:
        """Return a point with its merit to the last digits, and what else a last pass adds up."""
        return point if point.exact else self.at(point.beta, Asked.MERIT)

    @cached_property
    def losses(self) -> Losses | None:
        """What the deviance is a difference of; None where the family has no such form."""
        loss = loss_of(self.family)
        return None if loss is None else losses_of(loss, self.y, self.weights, self.tally)

    def point(self, beta: Array, eta: Array) -> Point:
        """Return the point at `beta`, whose linear predictor is `eta`."""
        mean = self.family.mean(eta)
        return Point(beta, FittedAs(eta, mean), self.merit(eta, mean))

    def merit(self, eta: Array, mean: Mean) -> float:
        """Return the deviance, inf where eta or mu leaves its range."""
        return self._merit(FittedAs(eta, mean))

    def _merit(self, fitted: Fitted) -> float:
        def part(rows: slice) -> float:
            eta, mean = fitted.predictor_of(rows), fitted.of(rows)
            return block_deviance(self.family, self.y[rows], self.weights[rows], eta, mean)

        total = sum(over_rows(part, len(self.y)))
        return total if np.isfinite(total) else float("inf")

    def quadratic(self, point: Point, known: InformationFactor | None = None) -> Quadratic:
        """Return score, information and step at `point`; the step on an information that is `known`."""
        sums = self.sums_at(point) if known is None or point.sums is None else point.sums
        # The rounding of eta itself: a step below it in W-norm is noise.
        floor = EPSILON**2 * sums.squares if sums.squares < np.inf else 0.0  # out of range they tell nothing
        unit = max(self._unit(point.merit, sums.pearson), floor, TINY)
        if known is not None:
            return without_noise(Quadratic(sums.score, known, known.solve(sums.score), unit), floor)
        factor = self._constant_factor if sums.gram is None else cholesky_factor(sums.gram)
        if factor is None or factor.condition > CHOLESKY_CONDITION:
            if self.strict:
                raise np.linalg.LinAlgError("the columns are nearly dependent")
            return without_noise(self._quadratic_by_qr(point, self.working_weights(point), unit), floor)
        score, step = sums.score, factor.solve(sums.score)
        if float(step @ score) < ROUGH * unit and self._accurate(factor.condition):
            score = self.design.accurate_tdot(self.residual(point))
            step = factor.solve(score)
        return without_noise(Quadratic(score, factor, step, unit), floor)

    def sums_at(self, point: Point) -> Sums:
        """Return the sums at a point: those of its pass, where it had one."""
        constant = self.family.constant_weight is not None
        if point.sums is not None and (constant or point.sums.gram is not None):
            return point.sums
        working, residual = self.working_weights(point), self.residual(point)
        with np.errstate(over="ignore", invalid="ignore"):  # far out, where squares are out of range
            squares = float(working @ (point.eta * point.eta))
        pearson = 0.0 if self.family.dispersion is not None else pearson_sum(working, residual)
        if constant:
            return Sums(self.design.tdot(residual), None, squares, pearson)
        gram, score = self.design.gram_and_tdot(working, residual)
        return Sums(score, gram, squares, pearson)

    def residual(self, point: Point) -> Array:
        """Return the terms of the score, (n,): weights times score residuals."""
        return counted(self.weights, self.family.score_residual(self.y, point.mean))

    @cached_property
    def _added(self) -> Array | None:
        """The offset; None where it is zero."""
        return self.offset if np.any(self.offset) else None

    @cached_property
    def _constant_factor(self) -> InformationFactor | None:
        """The factor of an information that is the same at every point."""
        constant = self.family.constant_weight
        assert constant is not None
        return cholesky_factor(self.design.gram(constant * self.weights))

    def newton(self, point: Point, quadratic: Quadratic) -> Array | None:
        """Return the step on the observed information; None for a canonical link, where it is Fisher's.

        -d2 l / d eta2 is taken by central differences of the score residual: it steers the
        step and decides no digit of the solution, and any own family has it.
        """
        if self.family.canonical or quadratic.factor.condition > CHOLESKY_CONDITION:
            return None
        observed = observed_weights(self.family, self.y, self.weights, point.eta)
        if not np.all(np.isfinite(observed)):
            return None
        negative = np.maximum(-observed, 0.0)
        information = self.design.gram(np.maximum(observed, 0.0))
        if np.any(negative):
            information = information - self.design.gram(negative)
        factor = cholesky_factor(information)
        return None if factor is None else factor.solve(quadratic.score)

    def working_weights(self, point: Point) -> Array:
        """Return W, (n,): weights times working weights, 0 in rows that do not count."""
        return counted(self.weights, self.family.working_weight(point.mean))

    def pearson_dispersion(self, point: Point) -> float:
        """Return the dispersion: the family's own, else Pearson's at the point."""
        if self.family.dispersion is not None:
            return self.family.dispersion
        squares = counted(self.weights, self.family.pearson(self.y, point.mean) ** 2)
        return float(np.sum(squares)) / max(self.count - self.design.shape[1], 1.0)

    @property
    def linear(self) -> bool:
        """Whether one weighted least squares solves it: no iteration is owed."""
        return is_linear(self.family)

    def linear_solution(self, known: InformationFactor | None = None) -> tuple[Point, InformationFactor]:
        """Return the solution of a linear model, refined on its own residual.

        The normal equations are right to condition^2 roundings; one step on the residual
        of the data makes that condition^1. The QR solution comes refined.
        """
        response = np.where(self.weights > 0, self.y - self.offset, 0.0)
        beta, factor = self.least_squares(np.ones(len(self.y)), response, known)
        if self._refines(factor.condition):
            rows, root = self._weighted(self.weights)
            beta = refine_solution(rows, root * response, beta, factor)
            residual = compensated_residual(self.design.dense(), beta, self.y - self.offset)
            return self.point(beta, self.y - residual), factor
        residual = self.weights * (response - self.design.dot(beta))
        return self.at(beta + factor.solve(self.design.tdot(residual))), factor

    def inverse_information(self, point: Point, factor: InformationFactor) -> Array:
        """Return (X'WX)^-1, (p, p); refined, or by QR, where its condition asks for it."""
        if not self._accurate(factor.condition):
            return factor.inverse()
        n, p = self.design.shape
        working = counted(self.weights, self.family.working_weight(point.mean))
        if n * p * p > REFINED_PRODUCTS:
            return qr_factor_of_blocks(self._weighted_blocks(working), factor.scale).inverse()
        return refined_inverse(self._weighted(working)[0], factor)

    def _weighted_blocks(self, weights: Array) -> Iterator[Array]:
        """Yield the rows of `_weighted`, some at a time."""
        n, p = self.design.shape
        for rows in row_blocks(n, max(3 * p, QR_NUMBERS // max(p, 1))):
            yield self.design.select(np.arange(rows.start, rows.stop)).dense() * np.sqrt(weights[rows, None])

    def _weighted(self, weights: Array) -> tuple[Array, Array]:
        """Return the rows of the design times the square roots of weights, and these."""
        root = np.sqrt(weights)
        X = laid_out(self.design)
        return (X if np.all(root == 1.0) else X * root[:, None]), root

    def least_squares(
        self, working: Array, response: Array, known: InformationFactor | None = None
    ) -> tuple[Array, InformationFactor]:
        """Return the weighted least-squares solution for `response` and the factor of X'WX, which may be known."""
        w = counted(self.weights, working)
        factor = cholesky_factor(self.design.gram(w)) if known is None else known
        if factor is not None and factor.condition <= CHOLESKY_CONDITION:
            return factor.solve(self.design.tdot(w * response)), factor
        rows, root = self._weighted(w)
        return weighted_least_squares(rows, root * response, refine=True)

    def _quadratic_by_qr(self, point: Point, working: Array, unit: float) -> Quadratic:
        residual = np.where(working > 0, self.family.working_residual(self.y, point.mean), 0.0)
        rows, root = self._weighted(working)
        step, factor = weighted_least_squares(rows, root * residual, refine=True)
        return Quadratic(rows.T @ (root * residual), factor, step, unit)

    def _accurate(self, condition: float) -> bool:
        return condition > (
            INVERSE_CONDITION if self._numbers <= COMPENSATED_ELEMENTS else COMPENSATED_CONDITION
        )

    def _refines(self, condition: float) -> bool:
        affordable = self._numbers <= COMPENSATED_ELEMENTS
        return affordable or (condition > COMPENSATED_CONDITION and self._numbers <= REFINED_NUMBERS)

    @property
    def _numbers(self) -> int:
        n, p = self.design.shape
        return n * p

    def _unit(self, merit: float, pearson: float) -> float:
        # Known dispersion: 1. Estimated: the mean deviance, which near the solution is the
        # squared standard error's scale; Pearson's where it is far below: one response
        # close to 0 makes a deviance of V = mu^3 as large as can be, whatever the mean.
        if self.family.dispersion is not None:
            return self.family.dispersion * self.weight_unit
        df = max(self.count - self.design.shape[1], 1.0)
        return (pearson if pearson < FAR_BELOW * merit else merit) / df * self._uneven

    @cached_property
    def _uneven(self) -> float:
        return uneven(self.weights)

    @cached_property
    def weight_unit(self) -> float:
        """What the weights do to the unit of a step where the dispersion is known."""
        return weight_unit(self.weights)


def objective_of(problem: Problem, family: Family, design: Design) -> GLMObjective:
    """Return the objective of a problem over some of its columns."""
    tally = problem.tally if loss_of(family) is not None else None
    return GLMObjective(family, design, problem.y, problem.weights, problem.added, problem.nobs, tally=tally)
