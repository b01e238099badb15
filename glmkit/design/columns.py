"""A design of columns that are laid side by side a block of rows at a time, never as a whole.

Numeric columns stay where the data frame keeps them; coded ones are read from their small
matrices. Each product fills one block of rows that stays in cache,

    X beta, X'v, X' diag(w) X  =  sums over blocks,

so that no n x p matrix is ever made: a fit of a million rows takes the memory of its vectors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.column import Column, are_evenly_spaced, together
from glmkit.design.compiled import Compilable, CompiledColumns, columns_at, compiled_columns
from glmkit.design.dense import DenseDesign
from glmkit.design.distinct import distinct_rows
from glmkit.design.matrix import Cells, Swept, Visit
from glmkit.design.moments import Moments
from glmkit.design.parts import Block, NumericPart
from glmkit.design.sweeping import sweep_blocks
from glmkit.numerics.compensated import compensated_tdot
from glmkit.numerics.rowwise import over_chunks
from glmkit.numerics.vectors import own

__all__ = ["ColumnDesign", "columns_of_blocks"]

# Elements of a block: 4 MiB, so that a call on one outlasts the passing on of the interpreter's lock to a thread.
BLOCK = 524_288
# Rows of a block at most, so that the vectors of its rows stay in cache beside it.
BLOCK_ROWS = 32_768


@dataclass(frozen=True, eq=False)
class ColumnDesign(Compilable):
    """A design matrix by columns.

    Parameters
    ----------
    n : int
        Rows.
    columns : tuple of Column
    beside : bool
        Whether they stand beside coded ones, in a design that has them compiled if anything.
    """

    n: int
    columns: tuple[Column, ...]
    beside: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.n, len(self.columns)

    def dot(self, beta: Array) -> Array:
        """Return X beta."""
        if self.compiled is not None:
            return self.compiled.dot(beta)
        out = np.zeros(self.n)

        def part(chunk: slice) -> None:
            for rows, X in self.row_blocks(chunk):
                np.dot(X, beta, out=out[rows])

        if self.columns:
            list(over_chunks(part, *self.shape))
        return out

    def tdot(self, v: Array) -> Array:
        """Return X'v."""
        if self.compiled is not None:
            return self.compiled.sums(v, None).tdot()

        def part(chunk: slice) -> Array:
            total = np.zeros(len(self.columns))
            for rows, X in self.row_blocks(chunk):
                total += X.T @ v[rows]
            return total

        return sum(over_chunks(part, *self.shape), start=np.zeros(len(self.columns)))

    def accurate_tdot(self, v: Array) -> Array:
        """Return X'v, accumulated in double-double within blocks and without loss over them."""
        parts = [compensated_tdot(X, v[rows]) for rows, X in self.row_blocks()]
        return np.array([math.fsum(column) for column in zip(*parts, strict=True)])

    def gram(self, w: Array) -> Array:
        """Return X' diag(w) X for weights w >= 0."""
        return self.gram_and_tdot(w, None)[0]

    def gram_and_tdot(self, w: Array, v: Array | None) -> tuple[Array, Array]:
        """Return X' diag(w) X for weights w >= 0, and X'v (zero without v), in one pass over the columns."""
        p = len(self.columns)
        if p == 0:
            return np.zeros((0, 0)), np.zeros(0)  # BLAS refuses empty matrices
        if self.compiled is not None:
            sums = self.compiled.sums(w if v is None else v, w)
            return sums.gram(), sums.tdot()

        def part(chunk: slice) -> tuple[Array, Array]:
            gram, tdot = np.zeros((p, p), order="F"), np.zeros(p)
            for rows, X in self.row_blocks(chunk):
                if v is not None:
                    tdot += X.T @ v[rows]
                X *= np.sqrt(w[rows])[:, None]
                gram += X.T @ X
            return gram, tdot

        grams, tdots = np.zeros((p, p), order="F"), np.zeros(p)
        for gram, tdot in over_chunks(part, *self.shape):
            grams += gram
            tdots += tdot
        return 0.5 * (grams + grams.T), tdots

    def sweep(self, beta: Array, visit: Visit) -> Swept:
        """Return what visits to blocks of rows, each with its X beta, add up to."""
        if self.compiled is not None:
            return self.compiled.sweep(beta, visit)
        return sweep_blocks(self.row_blocks, self.shape, beta, visit)

    def matrix(self, rows: slice) -> Array:
        """Return some rows as a matrix made anew."""
        out = np.empty((rows.stop - rows.start, len(self.columns)), order="F")
        self._fill(rows, out)
        return out

    def take(self, columns: IntArray) -> ColumnDesign:
        """Return the design of these columns; the same object when all are kept."""
        p = len(self.columns)
        if len(columns) == p and bool(np.all(columns == np.arange(p))):
            return self
        return replace(self, columns=tuple(self.columns[j] for j in columns))

    def select(self, rows: IntArray) -> DenseDesign:
        """Return the design of these rows, which are dense."""
        out = np.empty((len(rows), len(self.columns)), order="F")
        for j, column in enumerate(self.columns):
            column.select(rows, out[:, j])
        return DenseDesign(out)

    def sampled(self, rows: IntArray) -> ColumnDesign:
        """Return the design of these rows, which moving its columns does not copy."""
        made = self.select(rows).values
        return replace(
            self, n=len(rows), columns=tuple(c.held(made[:, j]) for j, c in enumerate(self.columns))
        )

    def shifted(self, shift: Array) -> ColumnDesign:
        """Return X - 1 shift'."""
        if not np.any(shift):
            return self
        pairs = zip(self.columns, shift.tolist(), strict=True)
        return replace(self, columns=tuple(replace(c, shift=c.shift + s) for c, s in pairs))

    def row_norms(self, root: Array) -> Array:
        """Return the squared length of each row of X root."""
        norms = np.empty(self.n)
        for rows, X in self.row_blocks():
            mapped = X @ root
            norms[rows] = np.einsum("ij,ij->i", mapped, mapped)
        return norms

    def moments(self, w: Array) -> tuple[Array, Array]:
        """Return the weighted mean and standard deviation of each column."""
        return (self._moments(w) if self.compiled is None else self.compiled.moments(w)).spread()

    def _moments(self, w: Array) -> Moments:
        p = len(self.columns)

        def part(chunk: slice) -> Moments:
            total = Moments(0.0, np.zeros(p), np.zeros(p))
            for rows, X in self.row_blocks(chunk):
                total = total.joined(Moments.of(X, w[rows]))
            return total

        whole = Moments(0.0, np.zeros(p), np.zeros(p))
        for one in over_chunks(part, self.n, p, threaded_width=0):
            whole = whole.joined(one)
        return whole

    def cells(self) -> Cells | None:
        """Return the distinct rows where they are few."""
        return self._cells

    @cached_property
    def _cells(self) -> Cells | None:
        blocks = {id(column.block): column for column in self.columns if column.numbers is None}
        plain = [column for column in self.columns if column.numbers is not None]
        variables = [one for column in [*plain, *blocks.values()] for one in column.variables()]
        found = distinct_rows(variables, self.n) if variables else None
        return None if found is None else Cells(found.codes, self.select(found.first))

    def column(self, j: int) -> Array:
        """Return one column, (n,); that of the data itself where it is plain numbers."""
        column = self.columns[j]
        if column.numbers is not None and not column.shift:
            return column.numbers
        out = np.empty(self.n)
        column.fill(slice(0, self.n), out)
        return out

    def dense(self) -> Array:
        """Return the matrix itself, made anew."""
        return self.matrix(slice(0, self.n))

    def row_blocks(self, within: slice | None = None) -> Iterator[tuple[slice, Array]]:
        """Yield the rows of each block and its matrix, in a buffer that the next block overwrites."""
        begin, end = (0, self.n) if within is None else (within.start, within.stop)
        p = len(self.columns)
        size = min(max(256, BLOCK // max(p, 1)), BLOCK_ROWS)
        buffer = np.empty((min(size, end - begin), p), order="F")
        for first in range(begin, end, size):
            rows = slice(first, min(first + size, end))
            X = buffer if rows.stop - first == len(buffer) else np.empty((rows.stop - first, p), order="F")
            self._fill(rows, X)
            yield rows, X

    def _fill(self, rows: slice, out: Array) -> None:
        for first, last, run in self._runs:
            if run is None:
                self.columns[first].fill(rows, out[:, first])
            else:
                out[:, first:last] = run[rows]
                shift = self._shift[first:last]
                if np.any(shift):
                    out[:, first:last] -= shift

    def made_compiled(self) -> CompiledColumns | None:
        """Return the same for the compiled pass, where it gains."""
        if self.beside:
            return None
        places = np.arange(len(self.columns))
        return compiled_columns(self.n, places, (), lambda: columns_at(self.columns))

    @cached_property
    def _shift(self) -> Array:
        return np.array([column.shift for column in self.columns])

    @cached_property
    def _runs(self) -> list[tuple[int, int, Array | None]]:
        """Columns that lie side by side in one array, as views of all of them: one copy a block, not one a column."""
        runs: list[tuple[int, int, Array | None]] = []
        first = 0
        while first < len(self.columns):
            last = first + 1
            while last < len(self.columns) and are_evenly_spaced(self.columns[first : last + 1]):
                last += 1
            runs.append((first, last, together(self.columns[first:last])))
            first = last
        return runs


def columns_of_blocks(blocks: Sequence[Block], n: int, *, beside: bool = False) -> ColumnDesign:
    """Return the blocks side by side, column by column; `beside` coded ones or alone.

    A plain numeric column is not copied where nobody can write into it, as in a data frame that
    copies on write; one that could change under the fit is.
    """
    columns = []
    for block in blocks:
        alone = block.parts[0] if len(block.parts) == 1 else None
        for j in range(block.width):
            if isinstance(alone, NumericPart):
                given = alone.values[:, j]
                columns.append(Column(block, j, numbers=own(given)))
            elif alone is not None:
                columns.append(Column(block, j, picked=(alone.codes, alone.matrix[:, j].copy())))
            else:
                columns.append(Column(block, j))
    return ColumnDesign(n, tuple(columns), beside)
