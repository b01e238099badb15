"""The deviance over a stream of pieces as an objective: one pass a point, with all it needs next.

A pass at beta adds up score, information and deviance of the pieces; the step and its length are
those of the merged sums. Each piece's part is that of the same rows in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from glmkit._typing import Array
from glmkit.design.matrix import Design
from glmkit.families.base import Family, Mean
from glmkit.fitting.chunked.start import Beginning
from glmkit.fitting.chunked.stream import Piece, Stream, Total, fitted_pieces
from glmkit.fitting.chunked.triangle import stream_gradient, stream_root
from glmkit.fitting.ends import Bend
from glmkit.fitting.fitted import FittedAs
from glmkit.fitting.independence import Independence
from glmkit.fitting.objective import (
    CHOLESKY_CONDITION,
    COMPENSATED_CONDITION,
    COMPENSATED_ELEMENTS,
    EPSILON,
    INVERSE_CONDITION,
    TINY,
    GLMObjective,
    Objective,
    Point,
    Quadratic,
)
from glmkit.fitting.points import Asked, Sums, is_linear, observed_weights
from glmkit.numerics.factor import InformationFactor, cholesky_factor, factor_of_root
from glmkit.numerics.least_squares import cautious_rate, qr_rate, refined
from glmkit.numerics.scaling import power_of_two
from glmkit.numerics.triangle import solve_triangle

__all__ = ["ChunkedObjective"]

NOTHING = np.zeros(0)


@dataclass
class Totals:
    """The statistics of a pass that a step is made of."""

    merit: Total = field(default_factory=Total)
    score: Total = field(default_factory=Total)
    gram: Total = field(default_factory=Total)
    eta: Total = field(default_factory=Total)

    def sums(self) -> Sums:
        """Return them as sums over rows."""
        return Sums(self.score.value, self.gram.value, float(self.eta.value), 0.0)


def _passed(beta: Array, merit: float, sums: Sums | None = None) -> Point:
    """Return a point with the sums of its pass, and no rows."""
    return Point(beta, FittedAs(NOTHING, Mean(NOTHING, NOTHING, NOTHING)), merit, sums)


@dataclass(frozen=True, eq=False)
class ChunkedObjective(Objective):
    """The deviance of a generalized linear model whose rows come in pieces.

    Parameters
    ----------
    family : Family
    stream : Stream
    beginning : Beginning
        The independent columns, and the factor at the starting weights.
    count : float
        Rows that count.
    rows : int
        Rows, for the choice between plain and compensated sums.
    reached : list
        Coefficients of each point whose step was asked for; the last is where a fit that is
        interrupted stands.
    """

    family: Family
    stream: Stream
    beginning: Beginning
    count: float
    rows: int
    reached: list[Array] = field(default_factory=list)

    @property
    def independence(self) -> Independence:
        """The independent columns."""
        return self.beginning.independence

    @property
    def p(self) -> int:
        """How many columns are fitted."""
        return len(self.independence.kept)

    @property
    def linear(self) -> bool:
        """Whether one weighted least squares solves it: no iteration is owed."""
        return is_linear(self.family)

    def at(self, beta: Array, asked: Asked = Asked.STEP) -> Point:
        """Return the point at `beta`, from one pass; it ends early where the merit is infinite."""
        sums = Totals()
        for piece, design in fitted_pieces(self.stream, self.independence, f"pass {len(self.reached) + 1}"):
            if not self._add(sums, piece, design, beta):
                return _passed(beta, float("inf"))
        merit = float(sums.merit.value)
        return _passed(beta, merit if np.isfinite(merit) else float("inf"), sums.sums())

    def _add(self, sums: Totals, piece: Piece, design: Design, beta: Array) -> bool:
        objective = self._of(piece, design)
        point = objective.at(beta)
        if not np.isfinite(point.merit):
            return False
        found = objective.sums_at(point)
        score = design.accurate_tdot(objective.residual(point)) if self._accurate else found.score
        gram = design.gram(objective.working_weights(point)) if found.gram is None else found.gram
        sums.merit.add(point.merit)
        sums.score.add(score)
        sums.gram.add(gram)
        sums.eta.add(found.squares)
        return True

    def quadratic(self, point: Point, known: InformationFactor | None = None) -> Quadratic:
        """Return score, information and step at `point`."""
        sums = point.sums
        assert sums is not None and sums.gram is not None
        self.reached.append(point.beta)
        gram, score, floor = sums.gram, sums.score, EPSILON**2 * sums.squares
        unit = max(self.unit(point.merit), floor, TINY)
        factor = cholesky_factor(gram)
        if factor is None or factor.condition > CHOLESKY_CONDITION:
            step, factor = self._step_by_qr(point.beta, gram)
        else:
            step = factor.solve(score)
        noise = unit <= floor and float(step @ score) <= floor
        return Quadratic(score, factor, np.zeros_like(step) if noise else step, unit)

    def unit(self, deviance: float) -> float:
        """Return the squared length of one standard error of eta: the dispersion, or the mean deviance."""
        if self.family.dispersion is not None:
            return self.family.dispersion
        return deviance / max(self.count - self.p, 1.0)

    def newton(self, point: Point, quadratic: Quadratic) -> Array | None:
        """Return the step on the observed information; None where it is Fisher's or not definite."""
        if self.family.canonical or quadratic.factor.condition > CHOLESKY_CONDITION:
            return None
        total = Total()
        for piece, design in fitted_pieces(self.stream, self.independence, "curvature"):
            problem = piece.problem
            eta = design.dot(point.beta) + problem.added
            observed = observed_weights(self.family, problem.y, problem.weights, eta)
            if not np.all(np.isfinite(observed)):
                return None
            total.add(design.gram(np.maximum(observed, 0.0)) - design.gram(np.maximum(-observed, 0.0)))
        factor = cholesky_factor(total.value)
        return None if factor is None else factor.solve(quadratic.score)

    def bend_at(self, point: Point, *, few: bool) -> Bend:
        """Return how the deviance is bent at a point, from one pass."""
        bend = Bend()
        for piece, design in fitted_pieces(self.stream, self.independence, "weights"):
            problem = piece.problem
            eta = design.dot(point.beta) + problem.added
            bend = bend.and_rows(self.family, problem.y, problem.weights, eta, few=few)
        return bend

    def linear_solution(self) -> tuple[Point, InformationFactor]:
        """Return the solution of a linear model, refined on the residuals of the data."""
        gamma, factor = self.beginning.gamma, self.beginning.factor
        gradient = stream_gradient(self._response_rows, self.p)
        if self._accurate:
            gamma = refined(gamma, gradient, factor, cautious_rate(factor))
        else:
            total = Total()
            for piece, design in fitted_pieces(self.stream, self.independence, "residuals"):
                response = piece.problem.y - piece.problem.added
                total.add(design.tdot(_counted(piece, response - design.dot(gamma))))
            gamma = gamma + factor.solve(total.value)
        return self.at(gamma), factor

    def inverse_information(self, point: Point, factor: InformationFactor) -> Array:
        """Return (X'WX)^-1, (p, p); by QR where the Gram matrix would lose digits."""
        if factor.condition < INVERSE_CONDITION:
            return factor.inverse()
        scale = factor.scale
        root = stream_root(self._weighted_rows(point.beta), scale)[: self.p, : self.p]
        return factor_of_root(root, scale).inverse()

    def _step_by_qr(self, beta: Array, gram: Array) -> tuple[Array, InformationFactor]:
        p = self.p
        scale = power_of_two(np.sqrt(np.maximum(np.diag(gram), 0.0)))
        root = stream_root(self._weighted_rows(beta), scale)
        step = solve_triangle(root[:p, :p], root[:p, p]) / scale
        factor = factor_of_root(root[:p, :p], scale)
        gradient = stream_gradient(lambda: self._weighted_rows(beta), p)
        return refined(step, gradient, factor, qr_rate(factor)), factor

    def _weighted_rows(self, beta: Array) -> Iterator[tuple[Array, Array]]:
        """Yield sqrt(W) X and sqrt(W) times the working residual at `beta`."""
        for piece, design in fitted_pieces(self.stream, self.independence, "QR"):
            objective = self._of(piece, design)
            point = objective.at(beta)
            working = objective.working_weights(point)
            root = np.sqrt(working)
            residual = self.family.working_residual(piece.problem.y, point.mean)
            yield design.dense() * root[:, None], root * np.where(working > 0, residual, 0.0)

    def _response_rows(self) -> Iterator[tuple[Array, Array]]:
        """Yield sqrt(w) X and sqrt(w) y of a linear model."""
        for piece, design in fitted_pieces(self.stream, self.independence, "residuals"):
            problem, root = piece.problem, np.sqrt(piece.problem.weights)
            response = np.where(problem.weights > 0, problem.y - problem.added, 0.0)
            yield design.dense() * root[:, None], root * response

    def _of(self, piece: Piece, design: Design) -> GLMObjective:
        problem = piece.problem
        return GLMObjective(self.family, design, problem.y, problem.weights, problem.added, self.count)

    @property
    def _accurate(self) -> bool:
        small = self.rows * self.p <= COMPENSATED_ELEMENTS
        return small or self.beginning.factor.condition > COMPENSATED_CONDITION


def _counted(piece: Piece, values: Array) -> Array:
    # A row without weight may have an infinite value: 0 * inf is nan.
    weights = piece.problem.weights
    return np.asarray(weights * np.where(weights > 0, values, 0.0))
