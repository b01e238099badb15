"""Directions of recession of a stream, by constraint generation over passes.

Let S be some of the rows, of full column rank. A direction of recession of all rows is one of S:
where S has none, there is none. Where S has a cone, its direction d (in the relative interior) is
tried on all rows in one pass. Rows that d moves the wrong way join S; so do rows that it leaves where
they are but that are no combination of those of S it leaves, for another direction may move them.
When no row joins, d is a direction of recession of all rows and moves every row that any moves:
the rows of S that d leaves are left by the whole cone of S, which holds that of all rows, and so
are their combinations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.design.dense import DenseDesign
from glmkit.design.matrix import Design
from glmkit.families.base import Family
from glmkit.fitting.absent import absent
from glmkit.fitting.chunked.stream import Stream, fitted_pieces
from glmkit.fitting.cone import TIE, improving_direction, margins
from glmkit.fitting.independence import Independence
from glmkit.fitting.known_limits import KnownLimits
from glmkit.fitting.problem import Problem
from glmkit.fitting.recession import Openness, Recession, cone_of, openness_of
from glmkit.numerics.algebra import singular
from glmkit.numerics.rank import independent_columns

__all__ = ["Found", "UndecidedError", "row_signs", "stream_recession"]

# Rows that join at a time, rows of a piece that are looked at closely, and passes at most.
JOINING = 300
ROUNDS = 60
# Rows that are kept from the start, those closest to the edge first.
FIRST = 400


@dataclass
class Sample:
    """The rows of S: their columns, and which way each is open."""

    rows: Array
    below: BoolArray
    above: BoolArray

    def joined(self, other: Sample) -> Sample:
        """Return both, each kind of row once."""
        rows = np.vstack([self.rows, other.rows])
        below, above = np.append(self.below, other.below), np.append(self.above, other.above)
        marked = np.column_stack([rows, below, above])
        first = np.sort(np.unique(marked, axis=0, return_index=True)[1])
        return Sample(rows[first], below[first], above[first])

    def select(self, chosen: IntArray) -> Sample:
        """Return some of the rows."""
        return Sample(self.rows[chosen], self.below[chosen], self.above[chosen])

    def recession(self) -> Recession | None:
        """Return the cone of these rows alone."""
        design = DenseDesign(np.asfortranarray(self.rows))
        return cone_of(design, Openness(self.below, self.above), np.ones(len(self.rows), bool), None)


class UndecidedError(Exception):
    """The directions of recession were not settled; the caller says so of the fit."""


class Found(NamedTuple):
    """The directions of recession of a stream, and the rows they separate."""

    recession: KnownLimits
    separated: int
    """How many rows are separated."""
    first: tuple[tuple[str, object], ...]
    """Place and label of the first few."""


def stream_recession(
    stream: Stream, family: Family, independence: Independence, gamma: Array
) -> Found | None:
    """Return the directions of recession of all rows; None when there are none.

    Parameters
    ----------
    gamma : (rank,) array
        Where the fit ended: a hint which rows are close to the edge.

    Raises
    ------
    UndecidedError
        There is no answer after `ROUNDS` passes.
    """
    search = _Search(stream, family, independence)
    sample = search.first_rows(gamma)
    for _ in range(ROUNDS):
        recession = sample.recession()
        if recession is None:
            return None
        joining = search.violated(sample, recession) or search.unlimited(sample, recession)
        if joining is None:
            return search.found(recession)
        sample = sample.joined(joining)
    raise UndecidedError


class _Search(NamedTuple):
    """Passes over a stream that look for rows to join the sample."""

    stream: Stream
    family: Family
    independence: Independence

    def first_rows(self, gamma: Array) -> Sample:
        """Return rows of full rank, and those that are closest to being on the wrong side."""
        p = len(self.independence.kept)
        sample = Sample(np.zeros((0, p)), np.zeros(0, bool), np.zeros(0, bool))
        near, margin = sample, np.zeros(0)
        for piece, design in fitted_pieces(self.stream, self.independence, "separation"):
            below, above, used = self._open(piece.problem)
            if len(sample.rows) < p:
                sample = _spanning(sample, _rows(design, np.flatnonzero(used), below, above))
            eta = np.where(used & (below ^ above), (above * 1.0 - below) * design.dot(gamma), np.inf)
            chosen = np.argsort(eta, kind="stable")[:FIRST]
            chosen = chosen[np.isfinite(eta[chosen])]
            whole = np.append(margin, eta[chosen])
            nearest = np.argsort(whole, kind="stable")[:FIRST]
            joined = _stacked(near, _rows(design, chosen, below, above))
            near, margin = joined.select(nearest), whole[nearest]
        return sample.joined(near)

    def violated(self, sample: Sample, recession: Recession) -> Sample | None:
        """Return rows that the direction moves the wrong way, or leaves though another may move them."""
        left = _left_span(sample, recession)
        return self._joining(recession.direction, left)

    def unlimited(self, sample: Sample, recession: Recession) -> Sample | None:
        """Return rows that forbid a direction by which the limit of a coefficient would depend on the path."""
        if recession.dimension == 1:
            return None
        units = self.independence.centring.rows_to_fitted(np.eye(len(self.independence.kept)))
        for row in units:
            along = float(row @ recession.direction)
            if np.abs(along) <= TIE * (np.abs(row) @ np.abs(recession.direction)):
                continue
            wanted = -np.sign(along) * row
            found = improving_direction(recession.design, recession.signs, recession.basis, wanted=wanted)
            joining = None if found is None else self._joining(found, None)
            if joining is not None:
                return joining
        return None

    def _joining(self, direction: Array, left: Array | None) -> Sample | None:
        """Return the rows that `direction` moves the wrong way, and those outside the span `left`."""
        p = len(direction)
        found, worst = Sample(np.zeros((0, p)), np.zeros(0, bool), np.zeros(0, bool)), np.zeros(0)
        for piece, design in fitted_pieces(self.stream, self.independence, "separation"):
            below, above, used = self._open(piece.problem)
            along = margins(design, direction, used.astype(np.float64))
            size = _wrong(along, below, above)
            if left is not None:
                size = np.where(
                    size > 0.0, size, _outside(design, used & (along == 0.0) & (below | above), left)
                )
            rows = np.flatnonzero(size > 0.0)
            if len(rows) == 0:
                continue
            rows = rows[np.argsort(-size[rows], kind="stable")[: 4 * JOINING]]
            joined = _stacked(found, _rows(design, rows, below, above))
            whole = np.append(worst, size[rows])
            order = np.argsort(-whole, kind="stable")
            kept = order[np.sort(np.unique(whole[order], return_index=True)[1])][:JOINING]
            found, worst = joined.select(kept), whole[kept]
        return found if len(worst) else None

    def _open(self, problem: Problem) -> tuple[BoolArray, BoolArray, BoolArray]:
        used = problem.weights > 0.0
        below, above = openness_of(self.family, problem.y)
        return below & used, above & used, used

    def found(self, recession: Recession) -> Found:
        """Return the cone with its limits, and the rows it separates."""
        separated = 0
        first: list[tuple[str, object]] = []
        for piece, design in fitted_pieces(self.stream, self.independence, "separation"):
            moved = np.flatnonzero(row_signs(design, recession.direction, piece.problem))
            separated += len(moved)
            first += [(piece.place, piece.labels[i]) for i in moved[: max(0, 5 - len(first))].tolist()]
        units = self.independence.centring.rows_to_fitted(np.eye(len(recession.direction)))
        known = KnownLimits(
            direction=recession.direction,
            basis=recession.basis,
            signs=absent("the separated rows"),
            design=absent("the design"),
            units=units,
            known=recession.limits(units),
        )
        return Found(known, separated, tuple(first))


def row_signs(design: Design, direction: Array, problem: Problem) -> Array:
    """Return 1 for rows that count and the direction moves up, -1 down, 0 for the others."""
    return np.asarray(np.sign(margins(design, direction, (problem.weights > 0.0).astype(np.float64))))


def _wrong(along: Array, below: BoolArray, above: BoolArray) -> Array:
    """Return how far each row is moved that must not be, or not that way; 0 for the others."""
    up, down = np.maximum(along, 0.0), np.maximum(-along, 0.0)
    return np.asarray(np.where(above, 0.0, up) + np.where(below, 0.0, down))


def _left_span(sample: Sample, recession: Recession) -> Array:
    """Return an orthonormal basis, (p, k), of the span of the rows that the direction leaves."""
    rows = sample.rows[recession.signs == 0.0]
    if len(rows) == 0:
        return np.zeros((sample.rows.shape[1], 0))
    _, size, across = singular(
        "The span of the rows", rows / np.linalg.norm(rows, axis=1, keepdims=True), whole=False
    )
    return np.asarray(across[size > TIE * size[0]].T)


def _outside(design: Design, asked: BoolArray, span: Array) -> Array:
    """Return how far each row that is asked for is outside a span, as a share of its length."""
    out = np.zeros(len(asked))
    rows = np.flatnonzero(asked)
    if len(rows):
        X = design.select(rows).dense()
        length = np.linalg.norm(X, axis=1)
        rest = np.linalg.norm(X - (X @ span) @ span.T, axis=1)
        out[rows] = np.where(rest > 1e-9 * length, rest / np.where(length > 0.0, length, 1.0), 0.0)
    return out


def _rows(design: Design, rows: IntArray, below: BoolArray, above: BoolArray) -> Sample:
    return Sample(design.select(rows).dense(), below[rows], above[rows])


def _stacked(first: Sample, second: Sample) -> Sample:
    return Sample(
        np.vstack([first.rows, second.rows]),
        np.append(first.below, second.below),
        np.append(first.above, second.above),
    )


def _spanning(sample: Sample, more: Sample) -> Sample:
    """Return the sample with those of more rows that add to its rank."""
    whole = _stacked(sample, more)
    if len(whole.rows) == 0:
        return sample
    length = np.linalg.norm(whole.rows, axis=1, keepdims=True)
    kept = independent_columns((whole.rows / np.where(length > 0.0, length, 1.0)).T).kept
    return whole.select(kept)
