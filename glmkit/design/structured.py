"""A design of dense columns and coded ones, multiplied without spreading the codes into dummies.

A coded piece stands for the columns  m_r M[c_r, :]  with codes c (n,), a small matrix M (L, k)
and an optional multiplier m (n,). Its products are sums over levels:

    X'v = M' s,    s_l = sum over c_r = l of m_r v_r                      (bincount, O(n))
    X beta = m (M beta)[c]                                                (one look-up a row)
    X' W Z = M' S,  S_lj = sum over c_r = l of m_r w_r z_rj               (one product with an indicator)
    X' W Y = M' T N, T_lh = sum over c_r = l, d_r = h of m_r q_r w_r      (O(n) for two factors)

so that a factor of 500 levels costs what a numeric column does. The sums run over blocks of rows
in their order, whatever the number of threads (`glmkit.design.level_sums`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.compiled.job import Columns
from glmkit.design.columns import ColumnDesign
from glmkit.design.compiled import Compilable, CompiledColumns, columns_at, compiled_columns, matrix_at
from glmkit.design.dense import DenseDesign
from glmkit.design.distinct import Coded, distinct_rows
from glmkit.design.level_sums import LevelSums, code_type, narrow_type
from glmkit.design.matrix import Cells, Swept, Visit, Visited
from glmkit.design.sweeping import ROW_NUMBERS
from glmkit.numerics.compensated import sums_by_code
from glmkit.numerics.rowwise import over_chunks

__all__ = ["CodedColumns", "StructuredDesign", "joined"]

# Rows expanded at a time where a product has no better way.
ROWS_AT_ONCE = 4096
# Rows of a chunk that sums by level go over: its vectors stay in cache, and it is worth the calls.
CHUNK_ROWS = 65_536
# Rows of a block at most, so that what is made of their columns stays small.
BLOCK_ROWS = 65_536
CELLS_A_ROW = 4
# Elements of the distinct rows up to which a dense matrix of them is the faster one.
DENSE_CELLS = 1_000_000
NOTHING = np.zeros(0)


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
        return self.read(self.of_levels(beta), slice(None))

    def of_levels(self, beta: Array) -> Array:
        """Return M beta, (L,) or (L, j), for beta of (k,) or (k, j)."""
        if self.picked is None:
            return np.asarray(self.matrix @ beta)
        values = np.zeros((len(self.matrix), *beta.shape[1:]))
        values[self.picked] = beta
        return values

    def read(self, values: Array, rows: slice) -> Array:
        """Return m times the values (L,) by level of some rows."""
        codes = self.codes[rows]
        picked = np.empty(len(codes))
        np.take(values, codes, out=picked, mode="clip")  # straight into place, whatever the type of the codes
        return picked if self.multiplier is None else picked * self.multiplier[rows]

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
class StructuredDesign(Compilable):
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
        if self.compiled is not None:
            return self.compiled.dot(beta)
        total = self.plain.dot(beta[self.at])
        for piece in self.coded:
            total += piece.dot(beta[piece.at])
        return total

    def tdot(self, v: Array) -> Array:
        """Return X'v."""
        if self.compiled is not None:
            return self.compiled.sums(v, None).tdot()
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
            sums = sums_by_code(piece.codes, piece.times(v).__getitem__, len(piece.matrix))
            out[piece.at] = piece.contract(sums)
        return out

    def gram(self, w: Array) -> Array:
        """Return X' diag(w) X for weights w >= 0."""
        if self.compiled is not None:
            return self.compiled.sums(w, w).gram()
        return self._pass(lambda rows, _: Visited(NOTHING, None, w[rows]))[1].gram()

    def gram_and_tdot(self, w: Array, v: Array) -> tuple[Array, Array]:
        """Return X' diag(w) X for weights w >= 0, and X'v."""
        if self.compiled is not None:
            sums = self.compiled.sums(v, w)
            return sums.gram(), sums.tdot()
        _, tables = self._pass(lambda rows, _: Visited(NOTHING, v[rows], w[rows]))
        return tables.gram(), tables.tdot()

    def sweep(self, beta: Array, visit: Visit) -> Swept:
        """Return what visits to blocks of rows, each with its X beta, add up to."""
        if self.compiled is not None:
            return self.compiled.sweep(beta, visit)
        plain, by_level = beta[self.at], [piece.of_levels(beta[piece.at]) for piece in self.coded]

        def visit_rows(rows: slice, X: Array) -> Visited:
            eta = X @ plain
            for piece, values in zip(self.coded, by_level, strict=True):
                eta += piece.read(values, rows)
            return visit(rows, eta)

        sums, tables = self._pass(visit_rows)
        return Swept(
            sums, tables.tdot() if tables.has_tdot else None, tables.gram() if tables.has_gram else None
        )

    def made_compiled(self) -> CompiledColumns | None:
        """Return the same for the compiled pass, where it gains."""

        def where() -> Columns | None:
            plain = self.plain
            return columns_at(plain.columns) if isinstance(plain, ColumnDesign) else matrix_at(plain.values)

        return compiled_columns(self.shape[0], self.at, self.coded, where)

    def _pass(self, visit: Callable[[slice, Array], Visited]) -> tuple[Array, LevelSums]:
        """Return what visits to blocks of rows, each with its dense columns, add up to."""
        n, p = self.shape

        def part(chunk: slice) -> tuple[Array, LevelSums]:
            sums, tables = NOTHING, LevelSums(self.coded, self.at)
            for first in range(chunk.start, chunk.stop, BLOCK_ROWS):
                rows = slice(first, min(first + BLOCK_ROWS, chunk.stop))
                X = self.plain.matrix(rows)
                seen = visit(rows, X)
                tables.add(rows, X, seen.residual, seen.working)
                sums = sums + seen.sums if len(sums) else seen.sums
            return sums, tables

        cells = LevelSums.cells_of(self.coded, self.at)
        # The tables of each chunk have to be made and added: worth it where rows are not far fewer than cells.
        most = max(1, n // max(cells // CELLS_A_ROW, CHUNK_ROWS))
        return LevelSums.merged(over_chunks(part, n, p + ROW_NUMBERS, most=most, threaded_width=0))

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
        return self._of(self.plain.select(rows), rows)

    def sampled(self, rows: IntArray) -> StructuredDesign | ColumnDesign | DenseDesign:
        """Return the design of these rows, whose dense columns are moved without a copy."""
        return self._of(self.plain.sampled(rows), rows)

    def _of(
        self, plain: DenseDesign | ColumnDesign, rows: IntArray
    ) -> StructuredDesign | ColumnDesign | DenseDesign:
        coded = tuple(
            replace(
                piece,
                codes=piece.codes[rows],
                multiplier=None if piece.multiplier is None else piece.multiplier[rows],
            )
            for piece in self.coded
        )
        return StructuredDesign(plain, self.at, coded).simplified()

    def shifted(self, shift: Array) -> StructuredDesign | ColumnDesign | DenseDesign:
        """Return X - 1 shift'."""
        if not np.any(shift):
            return self
        if any(piece.multiplier is not None and np.any(shift[piece.at]) for piece in self.coded):
            return DenseDesign(np.asfortranarray(self.dense() - shift))
        coded = tuple(
            replace(piece, matrix=piece.matrix - shift[piece.at]) if np.any(shift[piece.at]) else piece
            for piece in self.coded
        )
        return StructuredDesign(self.plain.shifted(shift[self.at]), self.at, coded)

    def row_norms(self, root: Array) -> Array:
        """Return the squared length of each row of X root."""
        n = self.shape[0]
        norms = np.empty(n)
        mapped = [piece.of_levels(root[piece.at]) for piece in self.coded]
        for first in range(0, n, ROWS_AT_ONCE):
            rows = slice(first, min(first + ROWS_AT_ONCE, n))
            total = self.plain.select(np.arange(rows.start, rows.stop)).dense() @ root[self.at]
            for piece, values in zip(self.coded, mapped, strict=True):
                part = values[piece.codes[rows]]
                total += part if piece.multiplier is None else part * piece.multiplier[rows, None]
            norms[rows] = np.einsum("ij,ij->i", total, total)
        return norms

    def least_leverage(self, scale: Array) -> float:
        """Return what the largest leverage of the rows is at least, the information's diagonal being below 2 scale^2.

        x'A^-1 x >= x_j^2 / A_jj  for each column j: rows of a rare level show without the inverse.
        """
        largest = 0.0
        for piece in self.coded:
            seen = (
                piece.matrix[np.unique(piece.codes)]
                if piece.multiplier is None
                else np.zeros((1, len(piece.at)))
            )
            largest = max(largest, float(np.max(np.abs(seen) / scale[piece.at], initial=0.0)))
        return 0.5 * largest**2

    def moments(self, w: Array) -> tuple[Array, Array]:
        """Return the weighted mean and standard deviation of each column."""
        mean, deviation = np.empty(self.shape[1]), np.empty(self.shape[1])
        fast = self.compiled
        mean[self.at], deviation[self.at] = (
            self.plain.moments(w) if fast is None else fast.moments(w).spread()
        )
        share = w / np.sum(w)
        for piece in self.coded:
            mean[piece.at] = piece.contract(piece.by_level(share))
            if piece.multiplier is None and piece.picked is not None:
                variance = mean[piece.at] * (1.0 - mean[piece.at])
            elif piece.multiplier is None:
                level = piece.by_level(share)
                centred = piece.matrix - mean[piece.at]
                variance = level @ (centred * centred)
            else:
                by_level = piece.by_level(share * piece.multiplier)
                square = (piece.matrix**2).T @ by_level if piece.picked is None else by_level[piece.picked]
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
        """Return the distinct rows where they are few."""
        return self._cells

    @cached_property
    def _cells(self) -> Cells | None:
        if not len(self.at) and len(self.coded) == 1 and self.coded[0].multiplier is None:
            piece = self.coded[0]
            if piece.picked is not None and piece.matrix.size > DENSE_CELLS:
                none = DenseDesign(np.empty((len(piece.matrix), 0), order="F"))
                levels = np.arange(len(piece.matrix), dtype=code_type(len(piece.matrix)))
                return Cells(piece.codes, StructuredDesign(none, self.at, (replace(piece, codes=levels),)))
            return Cells(piece.codes, DenseDesign(np.asfortranarray(piece.matrix[:, np.argsort(piece.at)])))
        variables: list[Coded | Array] = [Coded(piece.codes, len(piece.matrix)) for piece in self.coded]
        variables += [piece.multiplier for piece in self.coded if piece.multiplier is not None]
        variables += [self.plain.column(j) for j in range(len(self.at))]
        found = distinct_rows(variables, self.shape[0])
        if found is None:
            return None
        chosen = self.select(found.first)
        small = chosen.shape[0] * chosen.shape[1] <= DENSE_CELLS
        return Cells(found.codes, DenseDesign(chosen.dense()) if small else chosen)

    def simplified(self) -> StructuredDesign | ColumnDesign | DenseDesign:
        """Return the dense design where nothing is coded."""
        if self.coded:
            return self
        plain = self.plain if isinstance(self.plain, DenseDesign) else replace(self.plain, beside=False)
        return plain.take(np.argsort(self.at))


def joined(first: CodedColumns, second: CodedColumns, *, in_place: bool = False) -> CodedColumns:
    """Return two pieces without multipliers as one over the pairs of their levels, columns side by side.

    The codes of the first may be written over where they were made by joining, `in_place`.
    """
    levels = len(first.matrix), len(second.matrix)
    kind = narrow_type(levels[0] * levels[1])
    out = first.codes if in_place and first.codes.dtype == kind else None
    codes = np.multiply(first.codes, levels[1], out=out, dtype=kind)  # codes may be held in a byte
    codes += second.codes
    matrix = np.hstack([np.repeat(first.matrix, levels[1], axis=0), np.tile(second.matrix, (levels[0], 1))])
    return CodedColumns(codes, matrix, np.concatenate([first.at, second.at]))


def _taken(piece: CodedColumns, place: IntArray) -> CodedColumns:
    new = place[piece.at]
    kept = new >= 0
    matrix = piece.matrix if np.all(kept) else np.ascontiguousarray(piece.matrix[:, kept])
    return replace(piece, matrix=matrix, at=new[kept])
