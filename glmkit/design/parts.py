"""Columns of a design as products of parts: numbers, and codes that pick rows of a small matrix.

A factor is never spread into dummies to be stored: it is one integer per row and an (L, k) coding
matrix. A block is the column-wise product of its parts,

    column (i_1, ..., i_m) of row r  =  part_1[r, i_1] * ... * part_m[r, i_m],

with i_1 varying fastest, as in R. A block without parts is the constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import TypeAlias

import numpy as np

from glmkit._typing import Array, IntArray

__all__ = ["Block", "CodedPart", "NumericPart", "Part", "expand", "fill_column", "pair_of"]

# Cells of a joint coding matrix: 512 KiB of float64, so that reading rows of it stays in cache.
JOINT_CELLS = 65_536

# From this many columns on, writing only the ones of an indicator is faster than every cell: 1.5 times at
# 36 columns of a million rows, 2.4 times at 99, equal at 9.
SCATTERED = 16
SCATTER_ROWS = 65_536  # rows at a time, so that the places written stay in cache


@dataclass(frozen=True, eq=False)
class NumericPart:
    """Numeric columns, (n, k) float64."""

    values: Array

    @property
    def width(self) -> int:
        """How many columns, k."""
        return int(self.values.shape[1])

    def write(self, column: int, out: Array) -> None:
        """Write one column, (n,), into `out`."""
        out[:] = self.values[:, column]

    def multiply(self, column: int, out: Array) -> None:
        """Multiply `out` by one column, in place."""
        out *= self.values[:, column]

    def select(self, rows: IntArray | slice) -> NumericPart:
        """Return the part of these rows."""
        return NumericPart(self.values[rows])


@dataclass(frozen=True, eq=False)
class CodedPart:
    """The rows of `matrix` (L, k) picked by `codes` (n,), each from 0 to L - 1."""

    codes: IntArray
    matrix: Array

    @property
    def width(self) -> int:
        """How many columns, k."""
        return int(self.matrix.shape[1])

    def write(self, column: int, out: Array) -> None:
        """Write one column, (n,), into `out`."""
        # "clip" writes straight into `out`; "raise" would go through a buffer of the same size.
        np.take(np.ascontiguousarray(self.matrix[:, column]), self.codes, out=out, mode="clip")

    def multiply(self, column: int, out: Array) -> None:
        """Multiply `out` by one column, in place."""
        out *= np.take(np.ascontiguousarray(self.matrix[:, column]), self.codes, mode="clip")

    def select(self, rows: IntArray | slice) -> CodedPart:
        """Return the part of these rows."""
        return CodedPart(self.codes[rows], self.matrix)


Part: TypeAlias = NumericPart | CodedPart


@dataclass(frozen=True, eq=False)
class Block:
    """The column-wise product of parts; the constant when there are none."""

    parts: tuple[Part, ...] = ()

    @property
    def width(self) -> int:
        """How many columns the product has."""
        return prod(part.width for part in self.parts)

    def select(self, rows: IntArray | slice) -> Block:
        """Return the block of these rows."""
        return Block(tuple(part.select(rows) for part in self.parts))


def expand(blocks: Sequence[Block], n: int) -> Array:
    """Return the columns of the blocks, (n, p) in Fortran order, in O(n p) and one column at a time.

    Examples
    --------
    >>> wool = CodedPart(np.array([0, 1, 1]), np.array([[0.0], [1.0]]))
    >>> x = NumericPart(np.array([[2.0], [3.0], [4.0]]))
    >>> expand([Block(), Block((wool,)), Block((wool, x))], 3)
    array([[1., 0., 0.],
           [1., 1., 3.],
           [1., 1., 4.]])
    """
    widths = [block.width for block in blocks]
    total = np.empty((n, sum(widths)), order="F")
    for block, width, last in zip(blocks, widths, accumulate(widths), strict=True):
        _fill(block, total[:, last - width : last])
    return total


def _fill(block: Block, out: Array) -> None:
    """Write the columns of one block into `out` (n, width)."""
    parts = _joined(block.parts)
    if not parts:
        out[:] = 1.0
    elif len(parts) == 1 and isinstance(parts[0], NumericPart):
        out[:] = parts[0].values
    elif len(parts) == 1 and isinstance(parts[0], CodedPart) and _is_wide_indicator(parts[0].matrix):
        _fill_indicator(parts[0], out)
    else:
        for j in range(out.shape[1]):
            fill_column(parts, j, out[:, j])


def _is_wide_indicator(matrix: Array) -> bool:
    """Return whether each row has at most a single 1 and zeros, in many columns."""
    single = matrix.shape[1] >= SCATTERED and np.count_nonzero(matrix) == np.count_nonzero(matrix == 1.0)
    return bool(single and np.all(np.count_nonzero(matrix, axis=1) <= 1))


def _fill_indicator(part: CodedPart, out: Array) -> None:
    """Write zeros, then each row's 1 where it belongs: one write a row, not one a cell."""
    n = len(part.codes)
    flat = out.T.reshape(-1)  # a view: columns of a Fortran array are neighbours
    start = np.where(part.matrix.any(axis=1), part.matrix.argmax(axis=1) * n, -1)
    flat[:] = 0.0
    for first in range(0, n, SCATTER_ROWS):
        place = start[part.codes[first : first + SCATTER_ROWS]]
        rows = np.flatnonzero(place >= 0)
        flat[place[rows] + rows + first] = 1.0


def fill_column(parts: Sequence[Part], position: int, out: Array) -> None:
    """Write one column of the product of parts, (n,), into `out`; the constant when there are none."""
    if not parts:
        out[:] = 1.0
        return
    chosen: list[tuple[Part, int]] = []
    for part in parts:
        position, column = divmod(position, part.width)
        chosen.append((part, column))
    # Codes first: they are then read straight into `out`, and numbers multiply it without a temporary.
    chosen.sort(key=lambda pair: isinstance(pair[0], NumericPart))
    (first, column), *others = chosen
    first.write(column, out)
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # a product out of range is refused by name, by the fit
        for part, column in others:
            part.multiply(column, out)


def _joined(parts: tuple[Part, ...]) -> list[Part]:
    """Merge neighbouring coded parts into one over the pairs of their levels: one read a column."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, CodedPart) and isinstance(last, CodedPart) and _small(last, part):
            joined[-1] = pair_of(last, part)
        else:
            joined.append(part)
    return joined


def _small(first: CodedPart, second: CodedPart) -> bool:
    return first.matrix.size * second.matrix.size <= JOINT_CELLS


def pair_of(first: CodedPart, second: CodedPart) -> CodedPart:
    """Return the product of two factors as one, the first varying fastest in rows and columns."""
    codes = np.multiply(second.codes, len(first.matrix), dtype=np.intp)  # codes may be held in a byte
    codes += first.codes
    return CodedPart(codes, np.asarray(np.kron(second.matrix, first.matrix), dtype=np.float64))
