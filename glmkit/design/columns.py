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
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.dense import DenseDesign
from glmkit.design.matrix import Swept, Visit
from glmkit.design.parts import Block, NumericPart, fill_column
from glmkit.design.sweeping import sweep_blocks
from glmkit.numerics.compensated import compensated_tdot
from glmkit.numerics.rowwise import over_chunks

__all__ = ["ColumnDesign", "columns_of_blocks"]

# Elements of a block: 2 MiB, so that even of wide designs it has enough rows to be worth a call a column.
BLOCK = 262_144
# Rows of a block at most, so that the vectors of its rows stay in cache beside it.
BLOCK_ROWS = 32_768


@dataclass(frozen=True, eq=False)
class Column:
    """One column: some of a block's, less a shift."""

    block: Block
    position: int
    numbers: Array | None = None  # (n,) where it is plain numbers
    picked: tuple[IntArray, Array] | None = None  # codes (n,) and values (L,) where it is one coded part
    shift: float = 0.0

    def fill(self, rows: slice, out: Array) -> None:
        """Write some rows of the column into `out`."""
        if self.numbers is not None:
            out[:] = self.numbers[rows]
        elif self.picked is not None:
            codes, values = self.picked
            np.take(values, codes[rows], out=out, mode="clip")
        else:
            fill_column(self.block.select(rows).parts, self.position, out)
        if self.shift:
            out -= self.shift

    def select(self, rows: IntArray) -> Array:
        """Return the rows of the column, (k,)."""
        if self.numbers is not None:
            return self.numbers[rows] - self.shift
        out = np.empty(len(rows))
        fill_column(self.block.select(rows).parts, self.position, out)
        return out - self.shift


class Moments(NamedTuple):
    """Total weight, weighted means and sums of squares about them, of some rows."""

    weight: float
    mean: Array
    squares: Array

    @classmethod
    def of(cls, X: Array, w: Array) -> Moments:
        """Return the moments of a block, (b, p), which is overwritten."""
        weight = float(np.sum(w))
        mean = w @ X / weight if weight > 0.0 else np.zeros(X.shape[1])
        X -= mean
        X *= X
        return cls(weight, mean, w @ X)

    def joined(self, other: Moments) -> Moments:
        """Return the moments of the rows of both (Chan, Golub & LeVeque 1983)."""
        weight = self.weight + other.weight
        if weight == 0.0:
            return self
        apart, share = other.mean - self.mean, other.weight / weight
        squares = self.squares + other.squares + apart**2 * (self.weight * share)
        return Moments(weight, self.mean + apart * share, squares)


@dataclass(frozen=True, eq=False)
class ColumnDesign:
    """A design matrix by columns.

    Parameters
    ----------
    n : int
        Rows.
    columns : tuple of Column
    """

    n: int
    columns: tuple[Column, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.n, len(self.columns)

    def dot(self, beta: Array) -> Array:
        """Return X beta."""
        out = np.zeros(self.n)

        def part(chunk: slice) -> None:
            for rows, X in self.row_blocks(chunk):
                np.dot(X, beta, out=out[rows])

        if self.columns:
            list(over_chunks(part, *self.shape))
        return out

    def tdot(self, v: Array) -> Array:
        """Return X'v."""

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
            out[:, j] = column.select(rows)
        return DenseDesign(out)

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
        p = len(self.columns)

        def part(chunk: slice) -> Moments:
            total = Moments(0.0, np.zeros(p), np.zeros(p))
            for rows, X in self.row_blocks(chunk):
                total = total.joined(Moments.of(X, w[rows]))
            return total

        whole = Moments(0.0, np.zeros(p), np.zeros(p))
        for one in over_chunks(part, self.n, p, threaded_width=0):
            whole = whole.joined(one)
        return whole.mean, np.sqrt(whole.squares / whole.weight)

    def cells(self) -> None:
        """Return None: no code tells equal rows."""
        return

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
        for first, last, together in self._runs:
            if together is None:
                self.columns[first].fill(rows, out[:, first])
            else:
                out[:, first:last] = together[rows]
                shift = self._shift[first:last]
                if np.any(shift):
                    out[:, first:last] -= shift

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
            while last < len(self.columns) and _are_evenly_spaced(self.columns[first : last + 1]):
                last += 1
            runs.append((first, last, _together(self.columns[first:last])))
            first = last
        return runs


def columns_of_blocks(blocks: Sequence[Block], n: int) -> ColumnDesign:
    """Return the blocks side by side, column by column.

    A plain numeric column is not copied where nobody can write into it, as in a data frame that
    copies on write; one that could change under the fit is.
    """
    columns = []
    for block in blocks:
        alone = block.parts[0] if len(block.parts) == 1 else None
        for j in range(block.width):
            if isinstance(alone, NumericPart):
                given = alone.values[:, j]
                own = given.copy() if given.flags.writeable else np.ascontiguousarray(given)
                columns.append(Column(block, j, numbers=own))
            elif alone is not None:
                columns.append(Column(block, j, picked=(alone.codes, alone.matrix[:, j].copy())))
            else:
                columns.append(Column(block, j))
    return ColumnDesign(n, tuple(columns))


def _are_evenly_spaced(columns: Sequence[Column]) -> bool:
    """Return whether the last of some columns lies where the ones before it lead to expect, in one array."""
    numbers = [column.numbers for column in (columns[0], columns[1], columns[-2], columns[-1])]
    if any(one is None or one.strides != (8,) for one in numbers) or not len(numbers[0]):  # type: ignore[arg-type]
        return False
    one, two, before, last = (_address(array) for array in numbers if array is not None)
    roots = {id(_root(array)) for array in numbers if array is not None}
    return len(roots) == 1 and two > one and last - before == two - one


def _together(columns: Sequence[Column]) -> Array | None:
    """Return evenly spaced columns as one view, (n, k); None of a single one."""
    if len(columns) == 1:
        return None
    one, two = columns[0].numbers, columns[1].numbers
    assert one is not None and two is not None
    shape, strides = (len(one), len(columns)), (8, _address(two) - _address(one))
    return np.lib.stride_tricks.as_strided(one, shape, strides, writeable=False)


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def _root(array: object) -> object:
    """Return what owns the memory of an array."""
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array
