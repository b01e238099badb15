"""A design of dense columns and coded ones, multiplied without spreading the codes into dummies.

A coded piece stands for the columns  m_r M[c_r, :]  with codes c (n,), a small matrix M (L, k)
and an optional multiplier m (n,). Its products are sums over levels:

    X'v = M' s,    s_l = sum over c_r = l of m_r v_r                      (bincount, O(n))
    X beta = m (M beta)[c]                                                (one look-up a row)
    X' W Z = M' S,  S_lj = sum over c_r = l of m_r w_r z_rj               (O(n) a column of Z)
    X' W Y = M' T N, T_lh = sum over c_r = l, d_r = h of m_r q_r w_r      (O(n) for two factors)

so that a factor of 500 levels costs what a numeric column does. The sums run over the rows in
their order, whatever the number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.columns import ColumnDesign
from glmkit.design.dense import DenseDesign
from glmkit.design.matrix import Cells
from glmkit.numerics.compensated import sums_by_code

__all__ = ["CodedColumns", "StructuredDesign", "joined"]

# Rows expanded at a time where a product has no better way.
ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class CodedColumns:
    """Columns m_r M[c_r, :] of a design.

    Parameters
    ----------
    codes : (n,) array of int
        From 0 to L - 1.
    matrix : (L, k) array
    at : (k,) array of int
        Their positions among the columns of the design.
    multiplier : (n,) array or None
    """

    codes: IntArray
    matrix: Array
    at: IntArray
    multiplier: Array | None = None

    def times(self, v: Array) -> Array:
        """Return m v, (n,)."""
        return v if self.multiplier is None else v * self.multiplier

    def by_level(self, v: Array) -> Array:
        """Return the sums of m v over each level, (L,)."""
        return np.asarray(
            np.bincount(self.codes, weights=self.times(v), minlength=len(self.matrix)), np.float64
        )

    def dot(self, beta: Array) -> Array:
        """Return the columns times beta, (n,)."""
        return self.times((self.matrix @ beta)[self.codes])

    def expand(self, rows: slice) -> Array:
        """Return some rows as dense columns."""
        values = self.matrix[self.codes[rows]]
        return values if self.multiplier is None else values * self.multiplier[rows, None]

    @cached_property
    def picked(self) -> IntArray | None:
        """The level each column is the indicator of; None where the matrix holds more than that."""
        if np.count_nonzero(self.matrix) != self.matrix.shape[1] or not np.all(
            self.matrix.sum(axis=0) == 1.0
        ):
            return None
        return np.asarray(self.matrix.argmax(axis=0))

    def contract(self, sums: Array) -> Array:
        """Return M' sums for sums by level, (L, j)."""
        picked = self.picked
        return np.asarray(self.matrix.T @ sums if picked is None else sums[picked])


@dataclass(frozen=True, eq=False)
class StructuredDesign:
    """Dense columns beside coded ones.

    Parameters
    ----------
    plain : DenseDesign or ColumnDesign
        The dense columns.
    at : (d,) array of int
        Their positions among all columns.
    coded : tuple of CodedColumns
    """

    plain: DenseDesign | ColumnDesign
    at: IntArray
    coded: tuple[CodedColumns, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.plain.shape[0], len(self.at) + sum(len(piece.at) for piece in self.coded)

    def dot(self, beta: Array) -> Array:
        """Return X beta."""
        total = self.plain.dot(beta[self.at])
        for piece in self.coded:
            total += piece.dot(beta[piece.at])
        return total

    def tdot(self, v: Array) -> Array:
        """Return X'v."""
        out = np.empty(self.shape[1])
        out[self.at] = self.plain.tdot(v)
        for piece in self.coded:
            out[piece.at] = piece.contract(piece.by_level(v))
        return out

    def accurate_tdot(self, v: Array) -> Array:
        """Return X'v with sums over levels that are exact but for the last rounding."""
        out = np.empty(self.shape[1])
        out[self.at] = self.plain.accurate_tdot(v)
        for piece in self.coded:
            sums = sums_by_code(piece.codes, piece.times(v), len(piece.matrix))
            out[piece.at] = piece.contract(sums)
        return out

    def gram(self, w: Array) -> Array:
        """Return X' diag(w) X for weights w >= 0."""
        p = self.shape[1]
        total = np.empty((p, p))
        total[np.ix_(self.at, self.at)] = self.plain.gram(w)
        for i, piece in enumerate(self.coded):
            weighted = piece.times(w)
            self._fill_dense(total, piece, weighted)
            self._fill_own(total, piece, weighted)
            for other in self.coded[:i]:
                self._fill_pair(total, piece, other, weighted)
        return total

    def gram_and_tdot(self, w: Array, v: Array) -> tuple[Array, Array]:
        """Return X' diag(w) X for weights w >= 0, and X'v."""
        return self.gram(w), self.tdot(v)

    def take(self, columns: IntArray) -> StructuredDesign | ColumnDesign | DenseDesign:
        """Return the design of these columns; the same object when all are kept."""
        columns = np.asarray(columns)
        p = self.shape[1]
        if len(columns) == p and bool(np.all(columns == np.arange(p))):
            return self
        place = np.full(p, -1, dtype=np.intp)
        place[columns] = np.arange(len(columns))
        kept = place[self.at] >= 0
        pieces = [_taken(piece, place) for piece in self.coded]
        coded = tuple(piece for piece in pieces if len(piece.at))
        plain = self.plain.take(np.flatnonzero(kept))
        return StructuredDesign(plain, place[self.at][kept], coded).simplified()

    def select(self, rows: IntArray) -> StructuredDesign | ColumnDesign | DenseDesign:
        """Return the design of these rows."""
        coded = tuple(
            replace(
                piece,
                codes=piece.codes[rows],
                multiplier=None if piece.multiplier is None else piece.multiplier[rows],
            )
            for piece in self.coded
        )
        return StructuredDesign(self.plain.select(rows), self.at, coded).simplified()

    def shifted(self, shift: Array) -> StructuredDesign | ColumnDesign | DenseDesign:
        """Return X - 1 shift'."""
        if not np.any(shift):
            return self
        if any(piece.multiplier is not None and np.any(shift[piece.at]) for piece in self.coded):
            return DenseDesign(np.asfortranarray(self.dense() - shift))
        coded = tuple(replace(piece, matrix=piece.matrix - shift[piece.at]) for piece in self.coded)
        return StructuredDesign(self.plain.shifted(shift[self.at]), self.at, coded)

    def row_norms(self, root: Array) -> Array:
        """Return the squared length of each row of X root."""
        n = self.shape[0]
        norms = np.empty(n)
        mapped = [piece.matrix @ root[piece.at] for piece in self.coded]
        for first in range(0, n, ROWS_AT_ONCE):
            rows = slice(first, min(first + ROWS_AT_ONCE, n))
            total = self.plain.select(np.arange(rows.start, rows.stop)).dense() @ root[self.at]
            for piece, values in zip(self.coded, mapped, strict=True):
                part = values[piece.codes[rows]]
                total += part if piece.multiplier is None else part * piece.multiplier[rows, None]
            norms[rows] = np.einsum("ij,ij->i", total, total)
        return norms

    def moments(self, w: Array) -> tuple[Array, Array]:
        """Return the weighted mean and standard deviation of each column."""
        mean, deviation = np.empty(self.shape[1]), np.empty(self.shape[1])
        mean[self.at], deviation[self.at] = self.plain.moments(w)
        share = w / np.sum(w)
        for piece in self.coded:
            mean[piece.at] = piece.contract(piece.by_level(share))
            if piece.multiplier is None:
                level = piece.by_level(share)
                centred = piece.matrix - mean[piece.at]
                variance = level @ (centred * centred)
            else:
                square = (piece.matrix**2).T @ piece.by_level(share * piece.multiplier)
                variance = np.maximum(square - mean[piece.at] ** 2, 0.0)
            deviation[piece.at] = np.sqrt(variance)
        return mean, deviation

    def dense(self) -> Array:
        """Return the matrix itself, (n, p)."""
        out = np.empty(self.shape, order="F")
        out[:, self.at] = self.plain.dense()
        for piece in self.coded:
            out[:, piece.at] = piece.expand(slice(None))
        return out

    def cells(self) -> Cells | None:
        """Return the distinct rows where there are no dense columns and one code tells them all."""
        if len(self.at) or len(self.coded) != 1 or self.coded[0].multiplier is not None:
            return None
        piece = self.coded[0]
        return Cells(piece.codes, DenseDesign(np.asfortranarray(piece.matrix[:, np.argsort(piece.at)])))

    def simplified(self) -> StructuredDesign | ColumnDesign | DenseDesign:
        """Return the dense design where nothing is coded."""
        if self.coded:
            return self
        return self.plain.take(np.argsort(self.at))

    def _fill_dense(self, total: Array, piece: CodedColumns, weighted: Array) -> None:
        sums = np.empty((len(piece.matrix), len(self.at)))
        for j in range(len(self.at)):
            column = weighted * self.plain.column(j)
            sums[:, j] = np.bincount(piece.codes, weights=column, minlength=len(piece.matrix))
        block = piece.contract(sums)
        total[np.ix_(piece.at, self.at)] = block
        total[np.ix_(self.at, piece.at)] = block.T

    def _fill_own(self, total: Array, piece: CodedColumns, weighted: Array) -> None:
        level = piece.by_level(weighted)
        picked = piece.picked
        if picked is None:
            own = piece.matrix.T @ (level[:, None] * piece.matrix)
            total[np.ix_(piece.at, piece.at)] = 0.5 * (own + own.T)
        else:
            total[np.ix_(piece.at, piece.at)] = 0.0
            total[piece.at, piece.at] = level[picked]

    def _fill_pair(self, total: Array, piece: CodedColumns, other: CodedColumns, weighted: Array) -> None:
        shape = len(piece.matrix), len(other.matrix)
        pair = np.multiply(piece.codes, shape[1], dtype=np.intp)
        pair += other.codes
        both = np.bincount(pair, weights=other.times(weighted), minlength=shape[0] * shape[1])
        block = other.contract(piece.contract(np.asarray(both, np.float64).reshape(shape)).T)
        total[np.ix_(other.at, piece.at)] = block
        total[np.ix_(piece.at, other.at)] = block.T


def joined(first: CodedColumns, second: CodedColumns) -> CodedColumns:
    """Return two pieces without multipliers as one over the pairs of their levels, columns side by side."""
    levels = len(first.matrix), len(second.matrix)
    codes = np.multiply(first.codes, levels[1], dtype=np.intp)  # codes may be held in a byte
    codes += second.codes
    matrix = np.hstack([np.repeat(first.matrix, levels[1], axis=0), np.tile(second.matrix, (levels[0], 1))])
    return CodedColumns(codes, matrix, np.concatenate([first.at, second.at]))


def _taken(piece: CodedColumns, place: IntArray) -> CodedColumns:
    new = place[piece.at]
    kept = new >= 0
    return replace(piece, matrix=np.ascontiguousarray(piece.matrix[:, kept]), at=new[kept])
