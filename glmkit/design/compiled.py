"""The products of a design by the compiled pass, where there is one and it gains.

Rows go in chunks with tables of their own, several at once: compiled code does not hold the interpreter's lock. The
chunks depend on the number of rows alone, so that the number of threads never changes a digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.compiled import layout as of
from glmkit.compiled.job import Columns, Job, address
from glmkit.compiled.load import Pass, compiled_pass
from glmkit.design.column import Column
from glmkit.design.level_sums import LevelSums, Piece
from glmkit.design.matrix import KnownRows, Swept, Visit
from glmkit.design.moments import Moments
from glmkit.numerics.rowwise import CHUNKS, over_parts

__all__ = ["Compilable", "CompiledColumns", "columns_at", "compiled_columns", "matrix_at"]

# Numbers of all rows from which on it is worth loading, of which each row has some for what is not a column; and
# columns at most: BLAS multiplies more of them faster.
WORTH_IT, ROW_NUMBERS, MOST_COLUMNS = 2_500_000, 16, 128
# Rows of a chunk for each cell of its tables.
ROWS_A_CELL = 2
# Rows that visits see at a time.
BLOCK_ROWS = 32_768
NOTHING = np.zeros(0)
ONE = np.ones(1)


def columns_at(columns: Sequence[Column]) -> Columns | None:
    """Return where some columns lie; None where one of them is made of several parts, or lies oddly."""
    table = np.zeros((len(columns), of.COLUMN_FIELDS), dtype=np.int64)
    for row, column in zip(table, columns, strict=True):
        if column.numbers is not None and _is_plain(column.numbers):
            row[[0, of.STRIDE]] = address(column.numbers), column.numbers.strides[0]
        elif column.picked is not None and _are_codes(column.picked[0]):
            codes, values = column.picked
            row[[0, of.CODE_BYTES, of.VALUES]] = address(codes), codes.itemsize, address(values)
        elif column.numbers is None and not column.block.parts:
            row[0] = address(ONE)
        else:
            return None
    return Columns(table, np.array([column.shift for column in columns]), columns)


def matrix_at(values: Array) -> Columns | None:
    """Return where the columns of a matrix lie; None where it lies oddly."""
    n, d = values.shape
    if not n or not all(_is_plain(values[:, j]) for j in range(d)):
        return None
    table = np.zeros((d, of.COLUMN_FIELDS), dtype=np.int64)
    table[:, 0] = address(values) + np.arange(d) * values.strides[1]
    table[:, of.STRIDE] = values.strides[0]
    return Columns(table, np.zeros(d), [values])


def _is_plain(numbers: Array) -> bool:
    """Return whether numbers are doubles at even steps."""
    step = numbers.strides[0]
    return numbers.dtype == np.float64 and numbers.flags.aligned and step >= 0 and step % 8 == 0


def _are_codes(codes: IntArray) -> bool:
    return codes.dtype.kind == "i" and codes.dtype.isnative and codes.strides == (codes.itemsize,)


def _is_readable(piece: Piece) -> bool:
    m = piece.multiplier
    return _are_codes(piece.codes) and (m is None or (_is_plain(m) and m.strides == (8,)))


def compiled_columns(
    n: int, at: IntArray, coded: Sequence[Piece], where: Callable[[], Columns | None]
) -> CompiledColumns | None:
    """Return a design for the compiled pass; None where there is none, or it would not gain.

    Parameters
    ----------
    n : int
        Rows.
    at : (d,) array of int
        Positions of the dense columns among all.
    coded : sequence of Piece
    where : callable
        Tells where the dense columns lie, if that is asked.
    """
    d, k = len(at), len(coded)
    if n * (d + k * (k + 1) // 2 + ROW_NUMBERS) < WORTH_IT or d > MOST_COLUMNS:
        return None
    if (k and LevelSums.cells_of(coded, at) > n) or not all(_is_readable(piece) for piece in coded):
        return None
    columns = where()
    run = None if columns is None else compiled_pass()
    if columns is None or run is None:
        return None
    return CompiledColumns(run, columns, at, tuple(coded), n)


@dataclass(frozen=True, eq=False)
class CompiledColumns:
    """Dense columns beside coded ones, for the compiled pass.

    Parameters
    ----------
    pass_rows : Pass
    columns : Columns
    at : (d,) array of int
        Their positions among all columns.
    coded : tuple of Piece
    n : int
        Rows.
    """

    pass_rows: Pass
    columns: Columns
    at: IntArray
    coded: tuple[Piece, ...]
    n: int

    def dot(self, beta: Array) -> Array:
        """Return X beta, (n,)."""
        out, job = np.empty(self.n), self._job(of.PREDICTED, beta)
        fields = job.rows(eta=out)
        list(over_parts(lambda rows: job.run(self.pass_rows, fields, rows), self.n))
        return out

    def moments(self, w: Array) -> Moments:
        """Return weighted means and sums of squares of the dense columns."""
        w, job, d = np.ascontiguousarray(w), Job(of.MOMENTS, self.columns, ()), len(self.at)
        fields = job.rows(weights=w)

        def part(rows: slice) -> Moments:
            total, into = np.zeros(1), LevelSums((), self.at)
            job.run(self.pass_rows, fields, rows, into, informed=True, sums=total)
            return Moments(float(total[0]), into.plain_tdot, into.plain_gram[0] if d else np.zeros(0))

        whole = Moments(0.0, np.zeros(d), np.zeros(d))
        for one in over_parts(part, self.n):
            whole = whole.joined(one)
        return whole

    def sums(self, v: Array, w: Array | None) -> LevelSums:
        """Return the sums of which X'v and, with w, X' diag(w) X are made."""
        v = np.ascontiguousarray(v)
        w = None if w is None else np.ascontiguousarray(w)
        job = Job(of.GIVEN, self.columns, self.coded)
        fields = job.rows(y=v, weights=v if w is None else w)

        def part(rows: slice) -> tuple[Array, LevelSums]:
            tables = self._tables(informed=w is not None)
            job.run(self.pass_rows, fields, rows, tables, informed=w is not None)
            return NOTHING, tables

        return self._merged(over_parts(part, self.n, self._chunks))[1]

    def sweep(self, beta: Array, visit: Visit) -> Swept:
        """Return what visits to blocks of rows, each with its X beta, add up to."""
        job, given = self._job(of.PREDICTED, beta), Job(of.GIVEN, self.columns, self.coded)
        parts = over_parts(lambda rows: self._visited(job, given, rows, visit), self.n, self._chunks)
        return _swept(*self._merged(parts))

    def sweep_known(self, beta: Array, known: KnownRows) -> Swept | None:
        """Return what rows of a known kind add up to; None where a predictor leaves the range of compiled code."""
        job = self._job(known.kind, beta)
        fields = job.rows(y=known.y, weights=known.weights, offset=known.offset)

        def part(rows: slice) -> tuple[Array, LevelSums]:
            sums, tables = np.zeros(of.SUMS_KEPT), self._tables(informed=known.informed)
            tables.has_tdot = known.scored
            in_range = job.run(
                self.pass_rows,
                fields,
                rows,
                tables if known.scored else None,
                informed=known.informed,
                sums=sums,
                pearson=known.pearson,
            )
            return (sums if in_range else np.full(of.SUMS_KEPT, np.nan)), tables

        sums, tables = self._merged(over_parts(part, self.n, self._chunks))
        return _swept(sums, tables) if np.isfinite(sums[0]) else None

    def _visited(self, job: Job, given: Job, chunk: slice, visit: Visit) -> tuple[Array, LevelSums]:
        """Return what visits to a chunk of rows add up to."""
        m = chunk.stop - chunk.start
        eta, sums = np.empty(m), NOTHING
        job.run(self.pass_rows, job.rows(chunk.start, eta=eta), chunk)
        vectors: list[Array | None] = [np.empty(m), np.empty(m)]
        for first in range(0, m, BLOCK_ROWS):
            rows = slice(first, min(first + BLOCK_ROWS, m))
            seen = visit(slice(chunk.start + rows.start, chunk.start + rows.stop), eta[rows])
            sums = sums + seen.sums if len(sums) else seen.sums
            vectors = [
                _filled(vector, rows, made)
                for vector, made in zip(vectors, (seen.residual, seen.working), strict=True)
            ]
        v, w = vectors
        tables = self._tables(informed=w is not None)
        tables.has_tdot = v is not None
        if v is not None:
            fields = given.rows(chunk.start, y=v, weights=v if w is None else w)
            given.run(self.pass_rows, fields, chunk, tables, informed=w is not None)
        return sums, tables

    def _job(self, kind: int, beta: Array) -> Job:
        by_level = [piece.of_levels(beta[piece.at]) for piece in self.coded]
        return Job(kind, self.columns, self.coded, beta[self.at], by_level)

    @property
    def _chunks(self) -> int:
        """Into how many chunks rows are cut at most: tables have to be made and added for each."""
        if not self.coded:
            return CHUNKS
        worth = self.n // (ROWS_A_CELL * LevelSums.cells_of(self.coded, self.at))
        return min(CHUNKS, 1 << max(worth.bit_length() - 1, 0))

    def _tables(self, *, informed: bool) -> LevelSums:
        tables = LevelSums(self.coded, self.at)
        tables.has_gram = informed
        return tables

    def _merged(self, parts: Iterable[tuple[Array, LevelSums]]) -> tuple[Array, LevelSums]:
        """Return the sums and tables of all chunks."""
        total, whole = LevelSums.merged(parts)
        lower = np.tril(whole.plain_gram)
        whole.plain_gram = lower + np.tril(lower, -1).T
        return total, whole


class Compilable:
    """What designs have in common that the compiled pass may read."""

    def made_compiled(self) -> CompiledColumns | None:
        """Return the same design for the compiled pass; None where that is not there or would not gain."""
        raise NotImplementedError

    @cached_property
    def compiled(self) -> CompiledColumns | None:
        """The same design for the compiled pass, made once."""
        return self.made_compiled()

    def sweep_known(self, beta: Array, rows: KnownRows) -> Swept | None:
        """Return what rows of a known kind add up to by compiled code; None where it does not."""
        return None if self.compiled is None else self.compiled.sweep_known(beta, rows)

    def __getstate__(self) -> dict[str, object]:
        """Return all but where things lie in the memory of this process."""
        return {name: value for name, value in self.__dict__.items() if name != "compiled"}


def _filled(vector: Array | None, rows: slice, values: Array | None) -> Array | None:
    """Write the values of some rows; None once there were none."""
    if vector is None or values is None:
        return None
    vector[rows] = values
    return vector


def _swept(sums: Array, tables: LevelSums) -> Swept:
    return Swept(sums, tables.tdot() if tables.has_tdot else None, tables.gram() if tables.has_gram else None)
