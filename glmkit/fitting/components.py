"""Models with several linear predictors, as arrays: their problem and their objective.

With components c of design X_c, pattern p_c and coefficients b_c (see
`glmkit.families.vector`), row i has the predictors eta_i = o_i + sum_c p_c (x_ic' b_c).
All b_c stand one after another in one vector. For the gradient g_i and the curvature W_i
of a row's log-likelihood by eta_i,

    score_c = X_c' (w g p_c),    information_cd = X_c' diag(w p_c'W p_d) X_d,

so that the information is built block by block and no (nK, p) matrix is ever made
(mathematics.md, equations 21.2 and 21.3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.matrix import Design
from glmkit.errors import FitError
from glmkit.families.base import Mean
from glmkit.families.vector import VectorFamily
from glmkit.fitting.fitted import FittedAs
from glmkit.fitting.objective import Objective, Point, Quadratic
from glmkit.fitting.points import Asked, weight_unit
from glmkit.numerics.factor import InformationFactor, cholesky_factor

__all__ = [
    "Component",
    "ComponentObjective",
    "ComponentProblem",
    "stacked_dot",
    "stacked_gram",
    "stacked_tdot",
]

# What is added to the diagonal of a singular matrix of products, as a share of it.
RIDGE = 1e-8
# Up to so many numbers, n K K p, one product of everything costs less than a look at every pair of components.
SMALL = 400_000
# Numbers of curvature held at a time: 32 MB.
CURVATURE_ELEMENTS = 4_000_000
# The loop never asks a model of several predictors for one mean.
NO_MEAN = Mean(np.empty(0), np.empty(0), np.empty(0))


@dataclass(frozen=True, eq=False)
class Component:
    """One group of coefficients.

    Parameters
    ----------
    design : Design
        n rows, p_c columns.
    pattern : (K,) array
        How its linear function enters the predictors.
    constant : (p,) array or None
        Over the coefficients of all components: the combination whose linear predictors
        are `pattern` in every row, where there is one. A shift of this component's
        columns is made up for by it.
    absorbed : bool
        Whether that combination stands in other components, so that a constant column
        here would be one too many.
    """

    design: Design
    pattern: Array
    constant: Array | None = None
    absorbed: bool = False

    @property
    def width(self) -> int:
        """Number of coefficients."""
        return self.design.shape[1]


@dataclass(frozen=True, eq=False)
class ComponentProblem:
    """Response, components and row arguments over the rows used.

    Parameters
    ----------
    components : tuple of Component
    y : (n, q) array
        As the family takes it: shares of the levels, or a column of numbers.
    prior : (n,) array
        Prior weights; the trials are already in them.
    offset : (n, K) array
        Of every predictor; infinite where a limit has been taken.
    degrees : int
        Free numbers in the response of a row.
    frequency, trials : (n,) arrays or None
    """

    components: tuple[Component, ...]
    y: Array
    prior: Array
    offset: Array
    degrees: int = 1
    frequency: Array | None = None
    trials: Array | None = None

    @property
    def weights(self) -> Array:
        """Prior times frequency weights, (n,)."""
        return self.prior if self.frequency is None else self.prior * self.frequency

    @property
    def counts(self) -> Array:
        """How often each row counts: its frequency, 0 where its weight is 0."""
        counts = np.ones(len(self.y)) if self.frequency is None else self.frequency
        return np.where(self.weights > 0, counts, 0.0)

    @property
    def nobs(self) -> float:
        """Rows that count."""
        return float(np.sum(self.counts))

    @property
    def width(self) -> int:
        """Number of coefficients of all components."""
        return sum(component.width for component in self.components)

    def take(self, columns: IntArray) -> ComponentProblem:
        """Return the problem with these coefficients alone."""
        taken = []
        for component, place in zip(self.components, places(self.components), strict=True):
            inside = columns[(columns >= place.start) & (columns < place.stop)] - place.start
            constant = component.constant
            if constant is not None:
                lost = np.count_nonzero(constant[columns]) < np.count_nonzero(constant)
                constant = None if lost else constant[columns]
            taken.append(replace(component, design=component.design.take(inside), constant=constant))
        return replace(self, components=tuple(taken))


def places(components: tuple[Component, ...]) -> list[slice]:
    """Return where the coefficients of each component stand."""
    ends = np.cumsum([0, *(component.width for component in components)]).tolist()
    return [slice(first, last) for first, last in pairwise(ends)]


def stacked_dot(components: tuple[Component, ...], beta: Array, n: int, k: int) -> Array:
    """Return sum_c p_c (X_c b_c), (n, K)."""
    eta = np.zeros((n, k))
    for component, place in zip(components, places(components), strict=True):
        part = component.design.dot(beta[place])
        for j in np.flatnonzero(component.pattern):
            eta[:, j] += component.pattern[j] * part
    return eta


def stacked_tdot(components: tuple[Component, ...], values: Array) -> Array:
    """Return X_c'(v p_c) for all components, (p,), of values v (n, K)."""
    parts = [component.design.tdot(_along(values, component.pattern)) for component in components]
    return np.concatenate([*parts, np.empty(0)])


def stacked_gram(components: tuple[Component, ...], weights: Array) -> Array:
    """Return the blocks X_c' diag(p_c'W p_d) X_d, (p, p).

    `weights` are W, (n, K, K) symmetric, or w, (n,), for W = w times the unit matrix.
    """
    where = places(components)
    if weights.ndim > 1 and weights.size * where[-1].stop <= SMALL:
        return _spread_gram(components, weights)
    total = np.zeros((where[-1].stop, where[-1].stop))
    for c, first in enumerate(components):
        along = weights[:, None] * first.pattern if weights.ndim == 1 else _along(weights, first.pattern)
        for d in range(c, len(components)):
            second = components[d]
            block = _crossed(first.design, _along(along, second.pattern), second.design)
            total[where[c], where[d]] = block
            total[where[d], where[c]] = block.T
    return total


def _spread_gram(components: tuple[Component, ...], weights: Array) -> Array:
    """Return the same of few rows in one product, their linear functions spread out, (n, K, p)."""
    rows = np.concatenate(
        [c.design.dense()[:, None, :] * c.pattern[None, :, None] for c in components], axis=2
    )
    size = rows.shape[2]
    count = rows.shape[0] * rows.shape[1]
    total = rows.reshape(count, size).T @ np.matmul(weights, rows).reshape(count, size)
    return np.asarray(0.5 * (total + total.T))


def _along(values: Array, pattern: Array) -> Array:
    """Return the product of the last axis with a pattern; a look-up where that has one element."""
    at = np.flatnonzero(pattern)
    if len(at) == 1 and pattern[at[0]] == 1.0:
        return np.asarray(values[..., at[0]])
    return np.asarray(values @ pattern)


def selected(components: tuple[Component, ...], rows: IntArray) -> tuple[Component, ...]:
    """Return the components over some rows, designs that are shared staying so."""
    designs = {id(component.design): component.design for component in components}
    taken = {key: design.select(rows) for key, design in designs.items()}
    return tuple(replace(component, design=taken[id(component.design)]) for component in components)


def _crossed(first: Design, weights: Array, second: Design) -> Array:
    """Return X'diag(w) Z; w may be negative. A design by itself is never spread out."""
    if first is second:
        above, below = np.maximum(weights, 0.0), np.maximum(-weights, 0.0)
        total = first.gram(above) if np.any(above) else np.zeros((first.shape[1],) * 2)
        return total - first.gram(below) if np.any(below) else total
    if first.shape[1] < second.shape[1]:
        return _crossed(second, weights, first).T
    columns = [first.tdot(weights * column) for column in second.dense().T]
    return np.column_stack([*columns, np.empty((first.shape[1], 0))])


@dataclass(frozen=True, eq=False)
class ComponentObjective(Objective):
    """The deviance of a family with several linear predictors, over independent columns.

    Parameters
    ----------
    family : VectorFamily
    components : tuple of Component
    y, weights, offset : arrays, (n, q), (n,) and (n, K)
    span : (p, r) array, optional
        The coefficients are `span` times those iterated on; all of them by default.
    """

    family: VectorFamily
    components: tuple[Component, ...]
    y: Array
    weights: Array
    offset: Array
    span: Array | None = None

    def at(self, beta: Array, asked: Asked = Asked.STEP) -> Point:
        """Return the point at `beta`."""
        eta = self.offset + stacked_dot(self.components, self.spread(beta), *self.offset.shape)
        return Point(beta, FittedAs(eta, NO_MEAN), self.merit(eta))

    def spread(self, beta: Array) -> Array:
        """Return the coefficients of all columns."""
        return beta if self.span is None else np.asarray(self.span @ beta)

    def merit(self, eta: Array) -> float:
        """Return the deviance, inf where a row that counts leaves the valid region."""
        counted = self.weights > 0
        with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
            valid = ~np.any(np.isnan(eta), axis=1) & self.family.valid(eta)
            if not np.all(valid | ~counted):
                return float("inf")
            deviance = self.family.unit_deviance(self.y, eta)
            total = float(np.sum(self.weights * np.where(counted, deviance, 0.0)))
        return total if np.isfinite(total) else float("inf")

    def quadratic(self, point: Point, known: InformationFactor | None = None) -> Quadratic:
        """Return score, information and step at `point`."""
        gradient = self.gradient(point.eta)
        score = self._within(stacked_tdot(self.components, gradient))
        factor = self._factor(point.eta, gradient)
        return Quadratic(score, factor, factor.solve(score), weight_unit(self.weights))

    def newton(self, point: Point, quadratic: Quadratic) -> Array | None:
        """Return None: the step already is on the family's own curvature."""
        return None

    def least_squares(self, eta: Array) -> Array:
        """Return the coefficients whose predictors are closest to `eta`, in the norm of the curvature there."""
        wanted = np.where(np.isfinite(self.offset), eta - self.offset, 0.0)
        if eta.size * eta.shape[1] <= CURVATURE_ELEMENTS:
            curvature = self._curvature(eta)
            factor = self._definite(stacked_gram(self.components, curvature))
            target = np.einsum("ikl,il->ik", curvature, wanted)
            beta = self._solved(factor, target)
            if beta is not None:
                return beta
        # Not definite there, out of range, or too large to be held: all predictors count alike; in the end all
        # rows too, where the weights lie too far apart for the Gram matrix to be definite in double precision.
        for weights in (self.weights, (self.weights > 0).astype(np.float64)):
            factor = self._definite(stacked_gram(self.components, weights))
            beta = self._solved(factor, weights[:, None] * wanted)
            if beta is not None:
                return beta
        raise FitError(
            "The columns are too close to combinations of each other, or the offsets too large, for a start of the "
            "iterations to be found. Rescale or drop terms, or give start=.",
        )

    def _solved(self, factor: InformationFactor | None, target: Array) -> Array | None:
        """Return the coefficients of normal equations; None where they are not numbers."""
        if factor is None:
            return None
        beta = factor.solve(self._within(stacked_tdot(self.components, target)))
        return beta if np.all(np.isfinite(beta)) else None

    def gradient(self, eta: Array) -> Array:
        """Return the weighted gradient by the predictors, (n, K)."""
        with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
            return self._counted(self.family.gradient(self.y, eta))

    def _information(self, eta: Array) -> Array:
        """Return the blocks of the information, over so many rows at a time that their curvatures fit."""
        n, k = eta.shape
        size = max(256, CURVATURE_ELEMENTS // (k * k))
        if size >= n:
            return stacked_gram(self.components, self._curvature(eta))
        total = np.zeros((1, 1))
        for first in range(0, n, size):
            rows = np.arange(first, min(first + size, n))
            part = replace(
                self, components=selected(self.components, rows), y=self.y[rows], weights=self.weights[rows]
            )
            total = total + stacked_gram(part.components, part._curvature(eta[rows]))
        return total

    def _curvature(self, eta: Array) -> Array:
        with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
            return self._counted(self.family.curvature(self.y, eta))

    def _factor(self, eta: Array, gradient: Array) -> InformationFactor:
        """Return the factor of the information, of the scores' products where that is not definite."""
        factor = self._definite(self._information(eta))
        if factor is not None:
            return factor
        # Berndt, Hall, Hall & Hausman (1974): sum of g g' is never indefinite; a diagonal makes it regular.
        share = gradient / np.where(self.weights > 0, self.weights, 1.0)[:, None]
        products = stacked_gram(self.components, gradient[:, :, None] * share[:, None, :])
        products = products if self.span is None else self.span.T @ products @ self.span
        size = np.diag(products)
        size = np.where(size > 0.0, size, float(np.max(size, initial=0.0)) or 1.0)
        factor = cholesky_factor(products + RIDGE * np.diag(size))
        if factor is None:  # only where a gradient is no number
            raise FitError(
                f"The likelihood of {self.family!r} has no finite slope where the iterations arrived. Give start=, or "
                "fit a smaller model.",
            )
        return factor

    def _definite(self, gram: Array) -> InformationFactor | None:
        return cholesky_factor(gram if self.span is None else self.span.T @ gram @ self.span)

    def _within(self, score: Array) -> Array:
        return score if self.span is None else np.asarray(self.span.T @ score)

    def _counted(self, values: Array) -> Array:
        # A row without weight may have infinite values: 0 * inf is nan.
        if np.all(self.weights == 1.0):
            return values
        shape = (len(values),) + (1,) * (values.ndim - 1)
        weights = self.weights.reshape(shape)
        return np.asarray(weights * np.where(weights > 0, values, 0.0))
