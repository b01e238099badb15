"""Whether a fit of several linear predictors is a maximum, and the limit where there is none.

A family says which linear functions a'eta_i decide (`VectorFamily.open_rows`): along a
direction of recession none of them falls, and those of outcomes seen together stay. They
are linear in the coefficients, so the cone is found as for one predictor
(`glmkit.fitting.recession`). In the limit the likelihood is that with eta at the end of
the direction: outcomes that fell behind are no longer possible.

The cheap sign of trouble is that of `glmkit.fitting.existence`: with s the last step in
standard errors, a direction of recession gives s^2 >= min w_i r_i, r_i the probability
that is left between a row and its limit.

References
----------
Albert, A. and Anderson, J. A. (1984). On the existence of maximum likelihood estimates in
logistic regression models. Biometrika 71, 1-10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.design.dense import DenseDesign
from glmkit.design.matrix import KnownRows, Swept, Visit
from glmkit.families.vector import OpenRows
from glmkit.fitting.component_fit import ComponentFit, measured, objective_of, starting_point
from glmkit.fitting.components import Component, places, stacked_dot
from glmkit.fitting.recession import Openness, Recession, cone_of
from glmkit.fitting.scoring import Control, Solution, fisher_scoring
from glmkit.fitting.starting import Start
from glmkit.numerics.scaling import column_norms

__all__ = ["PairDesign", "settle_components"]

# A probability below this is as good as none.
NEAR_LIMIT = 1e-10
# What a link may add to the bound.
ROOM = 100.0


def settle_components(fit: ComponentFit, control: Control) -> ComponentFit:
    """Return the fit as it stands if it is a maximum, else the maximum in the limit."""
    if not _suspect(fit):
        return fit
    opened = fit.family.open_rows(fit.problem.y)
    if opened is None:
        return fit
    counted = fit.problem.weights[opened.row] > 0.0
    nowhere = np.zeros(len(counted), dtype=bool)
    components = fit.independence.components
    # Components that no open row sees, such as the counts of a hurdle model, move nothing.
    seen = [bool(np.any(opened.pattern @ component.pattern)) for component in components]
    some = tuple(component for component, sees in zip(components, seen, strict=True) if sees)
    openness = Openness(nowhere, counted & ~opened.closed)
    recession = cone_of(PairDesign(some, opened), openness, counted, None)
    if recession is None:
        return fit
    places = np.repeat(seen, [component.width for component in components])
    whole = _embedded(recession, places, PairDesign(components, opened))
    return _limit(fit, whole, opened, control)


def _embedded(recession: Recession, places: BoolArray, design: PairDesign) -> Recession:
    """Return a cone of some coefficients as one of all."""
    direction, basis = np.zeros(len(places)), np.zeros((len(places), recession.dimension))
    direction[places], basis[places] = recession.direction, recession.basis
    return replace(recession, direction=direction, basis=basis, design=design)


def _suspect(fit: ComponentFit) -> bool:
    problem = fit.problem
    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        room = fit.family.room(problem.y, fit.eta)
    asked = (problem.weights > 0.0) & np.isfinite(room)
    if not fit.converged:
        return bool(np.any(asked))
    step = fit.trace[-1].step if fit.trace else 0.0
    room, weights = room[asked], problem.weights[asked]
    return bool(np.any((room <= NEAR_LIMIT) | (weights * room <= ROOM * step * step)))


def _limit(fit: ComponentFit, recession: Recession, opened: OpenRows, control: Control) -> ComponentFit:
    """Return the maximum at the end of the directions of recession."""
    components, problem = fit.independence.components, fit.problem
    moved = _moved(components, recession.direction, problem.offset.shape)
    limit = replace(problem, offset=problem.offset + fit.family.barrier(moved))
    objective = replace(objective_of(limit, fit.family, fit.independence), span=_complement(recession.basis))
    solution = fisher_scoring(objective, Start(starting_point(objective)), control)
    spread = solution.point._replace(beta=objective.spread(solution.point.beta))
    whole = measured(
        limit,
        fit.family,
        fit.independence,
        Solution(spread, solution.factor, solution.trace, solution.converged, "separated"),
        (fit.null, fit.null_rank),
    )
    span = objective.span
    assert span is not None
    inverse = span @ solution.factor.inverse() @ span.T
    rows = np.unique(opened.row[recession.separated])
    return replace(
        whole, problem=problem, inverse=inverse, recession=recession, separated=rows, trace=fit.trace
    )


def _moved(components: tuple[Component, ...], direction: Array, shape: tuple[int, int]) -> Array:
    """Return how the direction moves every predictor, (n, K), as a share of the row's terms."""
    moved = stacked_dot(components, direction, *shape)
    size = np.zeros(shape)
    first = 0
    for component in components:
        part = np.abs(component.design.dense()) @ np.abs(direction[first : first + component.width])
        size += np.outer(part, np.abs(component.pattern))
        first += component.width
    unit = np.max(size, axis=1, keepdims=True)
    return np.asarray(moved / np.where(unit > 0.0, unit, 1.0))


def _complement(basis: Array) -> Array:
    """Return an orthonormal basis of what is orthogonal to `basis`, (p, p - k)."""
    p, k = basis.shape
    return np.asarray(np.linalg.qr(basis, mode="complete")[0][:, k:]).reshape(p, p - k)


@dataclass(frozen=True, eq=False)
class PairDesign:
    """The linear functions a'eta of the open rows, as a design over all coefficients; never held whole.

    Parameters
    ----------
    components : tuple of Component
    opened : OpenRows
    """

    components: tuple[Component, ...]
    opened: OpenRows

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.opened.row), sum(component.width for component in self.components)

    def dot(self, beta: Array) -> Array:
        """Return X beta."""
        n, k = int(np.max(self.opened.row)) + 1, self.opened.pattern.shape[1]
        eta = np.zeros((n, k))
        first = 0
        for component in self.components:
            part = component.design.dot(beta[first : first + component.width])[:n]
            eta += np.outer(part, component.pattern)
            first += component.width
        return np.asarray(np.einsum("mk,mk->m", self.opened.pattern, eta[self.opened.row]))

    def tdot(self, v: Array) -> Array:
        """Return X'v."""
        return np.concatenate([self._block(c).T @ (v * self._factor(c)) for c in self.components])

    def accurate_tdot(self, v: Array) -> Array:
        """Return X'v with next to no rounding of the sums."""
        return DenseDesign(np.asfortranarray(self.dense())).accurate_tdot(v)

    def gram(self, w: Array) -> Array:
        """Return X' diag(w) X."""
        parts = []
        for c in self.components:
            row = [
                self._block(c).T @ ((w * self._factor(c) * self._factor(d))[:, None] * self._block(d))
                for d in self.components
            ]
            parts.append(np.hstack(row))
        return np.vstack(parts)

    def gram_and_tdot(self, w: Array, v: Array) -> tuple[Array, Array]:
        """Return X' diag(w) X for weights w >= 0, and X'v."""
        return self.gram(w), self.tdot(v)

    def sweep(self, beta: Array, visit: Visit) -> Swept:
        """Return what one visit to all rows gives."""
        seen = visit(slice(0, self.shape[0]), self.dot(beta))
        tdot = None if seen.residual is None else self.tdot(seen.residual)
        return Swept(seen.sums, tdot, None if seen.working is None else self.gram(seen.working))

    def sweep_known(self, beta: Array, rows: KnownRows) -> None:
        """Return None: compiled code does not know such a design."""

    def cells(self) -> None:
        """Return None: no code tells equal rows."""
        return

    def take(self, columns: IntArray) -> DenseDesign:
        """Return the design of these columns."""
        return DenseDesign(np.asfortranarray(self.dense()[:, columns]))

    def select(self, rows: IntArray) -> DenseDesign:
        """Return the design of these rows."""
        chosen = OpenRows(self.opened.row[rows], self.opened.pattern[rows], self.opened.closed[rows])
        return DenseDesign(np.asfortranarray(PairDesign(self.components, chosen).dense()))

    def sampled(self, rows: IntArray) -> DenseDesign:
        """Return the design of these rows."""
        return self.select(rows)

    def shifted(self, shift: Array) -> DenseDesign:
        """Return X - 1 shift'."""
        return DenseDesign(np.asfortranarray(self.dense() - shift))

    def row_norms(self, root: Array) -> Array:
        """Return the squared length of each row of X root."""
        return np.asarray(sum(self.dot(column) ** 2 for column in root.T))

    def moments(self, w: Array) -> tuple[Array, Array]:
        """Return the weighted mean and standard deviation of each column."""
        share = w / np.sum(w)
        mean = self.tdot(share)
        root, spread = np.sqrt(share)[:, None], []
        for component, place in zip(self.components, places(self.components), strict=True):
            values = self._factor(component)[:, None] * self._block(component)
            spread.append(column_norms(root * (values - mean[place])))  # whose squares may be out of range
        return mean, np.concatenate(spread)

    def dense(self) -> Array:
        """Return the matrix itself."""
        return np.hstack([self._factor(c)[:, None] * self._block(c) for c in self.components])

    def _block(self, component: Component) -> Array:
        return np.asarray(component.design.dense()[self.opened.row])

    def _factor(self, component: Component) -> Array:
        return np.asarray(self.opened.pattern @ component.pattern)
