"""Sums by level over blocks of rows: what the products of a design with coded columns are made of.

For a piece with codes c, multiplier m and L levels, one product of its indicator with the columns
[v, m w, w Z] gives all that X'v, its own block and its blocks with dense columns Z need; a pair of
pieces needs the sums of m q w over pairs of levels. All are tables that blocks of rows add to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from scipy.sparse import csc_array

from glmkit._typing import Array, IntArray

__all__ = ["LevelSums", "Piece", "code_type", "narrow_type"]


class Piece(Protocol):
    """Columns m_r M[c_r, :] of a design."""

    @property
    def codes(self) -> IntArray:
        """c, (n,)."""
        ...

    @property
    def matrix(self) -> Array:
        """M, (L, k)."""
        ...

    @property
    def at(self) -> IntArray:
        """The positions of the columns, (k,)."""
        ...

    @property
    def multiplier(self) -> Array | None:
        """m, (n,); None where it is 1."""
        ...

    @property
    def picked(self) -> IntArray | None:
        """The level each column is the indicator of; None where the matrix holds more than that."""
        ...

    def of_levels(self, beta: Array) -> Array:
        """Return M beta, (L,)."""
        ...

    def contract(self, sums: Array) -> Array:
        """Return M' sums for sums by level, (L, j)."""
        ...


def code_type(levels: int) -> type[np.intp]:
    """Return the integer type that codes of so many levels are held in: of four bytes where they suffice."""
    return cast("type[np.intp]", np.int32 if levels < np.iinfo(np.int32).max else np.int64)


def narrow_type(levels: int) -> type[np.intp]:
    """Return the integer type that codes of so many levels are made in: of two bytes where they suffice."""
    return cast("type[np.intp]", np.int16) if levels <= np.iinfo(np.int16).max else code_type(levels)


@dataclass
class LevelSums:
    """Tables of the pieces of a design, to which blocks of rows are added.

    Parameters
    ----------
    pieces : sequence of Piece
    at : (d,) array of int
        The positions of the dense columns.
    """

    pieces: Sequence[Piece]
    at: IntArray

    def __post_init__(self) -> None:
        """Begin with empty tables."""
        d = len(self.at)
        self.plain_gram, self.plain_tdot = np.zeros((d, d)), np.zeros(d)
        levels = [len(piece.matrix) for piece in self.pieces]
        self.tables = [np.zeros((L, 2 + d), order="F") for L in levels]
        self.pairs = [np.zeros(L * H) for i, L in enumerate(levels) for H in levels[:i]]
        self.has_tdot = self.has_gram = True

    @staticmethod
    def cells_of(pieces: Sequence[Piece], at: IntArray) -> int:
        """Return how many cells the tables of a design have together."""
        levels = [len(piece.matrix) for piece in pieces]
        pairs = (sum(levels) ** 2 - sum(L * L for L in levels)) // 2
        return sum(levels) * (2 + len(at)) + pairs

    def add(self, rows: slice, X: Array, v: Array | None, w: Array | None) -> None:
        """Add a block: its dense columns (b, d), which are overwritten, and the v and w (b,) of its rows."""
        self.has_tdot, self.has_gram = self.has_tdot and v is not None, self.has_gram and w is not None
        if v is not None:
            self.plain_tdot += X.T @ v
        if w is None:
            self._add_vector(rows, v)
            return
        columns = np.empty((rows.stop - rows.start, 2 + len(self.at)))  # the products go row by row
        columns[:, 0], columns[:, 1] = 0.0 if v is None else v, w
        np.multiply(X, w[:, None], out=columns[:, 2:])
        X *= np.sqrt(w)[:, None]
        self.plain_gram += X.T @ X
        for piece, table in zip(self.pieces, self.tables, strict=True):
            self._add_piece(table, piece, rows, columns)
        self._add_pairs(rows, w)

    def merge(self, other: LevelSums) -> None:
        """Add the tables of other rows."""
        self.has_tdot, self.has_gram = self.has_tdot and other.has_tdot, self.has_gram and other.has_gram
        self.plain_gram += other.plain_gram
        self.plain_tdot += other.plain_tdot
        for mine, theirs in zip([*self.tables, *self.pairs], [*other.tables, *other.pairs], strict=True):
            mine += theirs

    @staticmethod
    def merged(parts: Iterable[tuple[Array, LevelSums]]) -> tuple[Array, LevelSums]:
        """Return the sums and the tables of all parts, of which there is one at least; the first is overwritten."""
        pairs = iter(parts)
        total, whole = next(pairs)
        for sums, tables in pairs:
            total = total + sums
            whole.merge(tables)
        return total, whole

    def tdot(self) -> Array:
        """Return X'v."""
        out = np.empty(self._p)
        out[self.at] = self.plain_tdot
        for piece, table in zip(self.pieces, self.tables, strict=True):
            out[piece.at] = piece.contract(table[:, 0])
        return out

    def gram(self) -> Array:
        """Return X' diag(w) X."""
        total = np.zeros((self._p, self._p))
        plain = _span(self.at)
        _put(total, plain, plain, self.plain_gram)
        pairs = iter(self.pairs)
        for i, (piece, table) in enumerate(zip(self.pieces, self.tables, strict=True)):
            own = _span(piece.at)
            beside = piece.contract(table[:, 2:])
            _put(total, own, plain, beside)
            _put(total, plain, own, beside.T)
            _put_own(total, piece, table[:, 1])
            for other in self.pieces[:i]:
                block = piece.contract(next(pairs).reshape(len(piece.matrix), len(other.matrix)))
                block = other.contract(block.T)
                _put(total, _span(other.at), own, block)
                _put(total, own, _span(other.at), block.T)
        return total

    @property
    def _p(self) -> int:
        return len(self.at) + sum(len(piece.at) for piece in self.pieces)

    def _add_vector(self, rows: slice, v: Array | None) -> None:
        if v is not None:
            for piece, table in zip(self.pieces, self.tables, strict=True):
                table[:, 0] += np.bincount(
                    piece.codes[rows], weights=_times(piece, rows, v), minlength=len(table)
                )

    def _add_piece(self, table: Array, piece: Piece, rows: slice, columns: Array) -> None:
        if piece.multiplier is None:
            table += _sums(piece.codes[rows], None, columns, len(table))
            return
        m = piece.multiplier[rows]
        own = columns.copy()
        own[:, 1] *= m
        table += _sums(piece.codes[rows], m, own, len(table))

    def _add_pairs(self, rows: slice, w: Array) -> None:
        pairs = iter(self.pairs)
        for i, piece in enumerate(self.pieces):
            weighted = _times(piece, rows, w)
            for other in self.pieces[:i]:
                table, levels = next(pairs), len(other.matrix)
                pair = np.multiply(piece.codes[rows], levels, dtype=code_type(len(table)))
                pair += other.codes[rows]
                table += np.bincount(pair, weights=_times(other, rows, weighted), minlength=len(table))


def _times(piece: Piece, rows: slice, w: Array) -> Array:
    return w if piece.multiplier is None else w * piece.multiplier[rows]


def _sums(codes: IntArray, values: Array | None, columns: Array, levels: int) -> Array:
    """Return the sums by code of values times columns, (levels, k).

    A product with the indicator, which other threads need not wait for, as they would for bincount.
    """
    b, kind = len(codes), code_type(max(levels, len(codes) + 1))
    data = np.ones(b) if values is None else values
    return np.asarray(
        csc_array((data, codes.astype(kind, copy=False), np.arange(b + 1, dtype=kind)), shape=(levels, b))
        @ columns
    )


def _span(at: IntArray) -> slice | IntArray:
    """Return positions as a slice where they follow each other: it is read and written much faster."""
    if not len(at):
        return slice(0, 0)
    first, last = int(at[0]), int(at[-1])
    return slice(first, last + 1) if np.array_equal(at, np.arange(first, first + len(at))) else at


def _put(total: Array, rows: slice | IntArray, columns: slice | IntArray, block: Array) -> None:
    """Write a block of a matrix."""
    if isinstance(rows, slice) or isinstance(columns, slice):
        total[rows, columns] = block
    else:
        total[np.ix_(rows, columns)] = block


def _put_own(total: Array, piece: Piece, level: Array) -> None:
    """Write the block of a piece with itself, whose sums of weights by level are known."""
    picked = piece.picked
    if picked is None:
        own = piece.matrix.T @ (level[:, None] * piece.matrix)
        _put(total, _span(piece.at), _span(piece.at), 0.5 * (own + own.T))
    else:
        total[piece.at, piece.at] = level[picked]
