"""Columns of a design as products of parts: numbers, and codes that pick rows of a small matrix.

A factor is never spread into dummies to be stored: it is one integer per row and an (L, k) coding
matrix. A block is the column-wise product of its parts,

    column (i_1, ..., i_m) of row r  =  part_1[r, i_1] * ... * part_m[r, i_m],

with i_1 varying fastest, as in R. A block without parts is the constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.dense import DenseDesign
from glmkit.design.structured import CodedColumns, StructuredDesign, joined

__all__ = [
    "Block",
    "CodedPart",
    "NumericPart",
    "Part",
    "dense_from_blocks",
    "design_from_blocks",
    "expand",
    "structured_from_blocks",
]

# Cells of a joint coding matrix: 512 KiB of float64, so that reading rows of it stays in cache.
JOINT_CELLS = 65_536

# From this many columns on, writing only the ones of an indicator is faster than every cell: 1.5 times at
# 36 columns of a million rows, 2.4 times at 99, equal at 9.
SCATTERED = 16
# From this many coded columns on, and this many elements of them, sums by level beat dense products.
DENSE_WIDTH = 24
DENSE_ELEMENTS = 1_000_000
# Levels that small factors may have together to share one code: tables of pairs stay in cache.
JOINED_LEVELS = 256
# Cells of a design of factors alone that are summed by cell, and how many rows each should have.
MOST_CELLS = 50_000
ROWS_A_CELL = 8
# Cells of a joint coding matrix that is worth holding: 128 MiB.
CODED_CELLS = 16_777_216

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

    def select(self, rows: IntArray) -> NumericPart:
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

    def select(self, rows: IntArray) -> CodedPart:
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

    def select(self, rows: IntArray) -> Block:
        """Return the block of these rows."""
        return Block(tuple(part.select(rows) for part in self.parts))


def dense_from_blocks(blocks: Sequence[Block], n: int) -> DenseDesign:
    """Return the blocks side by side as one dense design.

    Parameters
    ----------
    blocks : sequence of Block
    n : int
        Rows; needed for a constant, or no columns at all.
    """
    return DenseDesign(expand(blocks, n))


def design_from_blocks(blocks: Sequence[Block], n: int) -> DenseDesign | StructuredDesign:
    """Return the blocks side by side: coded where that is many columns or few cells, else dense.

    Up to `DENSE_WIDTH` coded columns one dense product is as fast as the sums by level, and
    small data fit into the cache anyway. Where the levels of all factors together make few
    cells and nothing is numeric, every product is a sum by cell.
    """
    coded = sum(block.width for block in blocks if _is_coded(block))
    if n * coded < DENSE_ELEMENTS:
        return dense_from_blocks(blocks, n)
    cells = _cells(blocks)
    if coded < DENSE_WIDTH and not 0 < cells <= min(n // ROWS_A_CELL, MOST_CELLS):
        return dense_from_blocks(blocks, n)
    return structured_from_blocks(blocks, n)


def _is_coded(block: Block) -> bool:
    return any(isinstance(part, CodedPart) for part in block.parts)


def _cells(blocks: Sequence[Block]) -> int:
    """Return how many combinations of levels there are; 0 where a column is numeric."""
    parts = [part for block in blocks for part in block.parts]
    if any(isinstance(part, NumericPart) for part in parts):
        return 0
    levels = {id(part.codes): len(part.matrix) for part in parts if isinstance(part, CodedPart)}
    return prod(levels.values())


def structured_from_blocks(blocks: Sequence[Block], n: int) -> DenseDesign | StructuredDesign:
    """Return the blocks side by side, factors as codes; small factors share one code."""
    pieces: list[CodedColumns] = []
    plain: list[Block] = []
    positions: list[IntArray] = []
    first = 0
    for block in blocks:
        at = np.arange(first, first + block.width)
        found = _coded_pieces(block, at)
        if found is None:
            plain.append(block)
            positions.append(at)
        else:
            pieces += found
        first += block.width
    constant = [k for k, block in enumerate(plain) if not block.parts]
    cells = _cells(blocks)
    most = MOST_CELLS if 0 < cells <= min(n // ROWS_A_CELL, MOST_CELLS) else JOINED_LEVELS
    pieces = _merged(pieces, most)
    if constant and pieces and pieces[0].multiplier is None:
        pieces[0] = _with_constant(pieces[0], positions[constant[0]])
        del plain[constant[0]], positions[constant[0]]
    at = np.concatenate(positions) if positions else np.arange(0)
    return StructuredDesign(dense_from_blocks(plain, n), at, tuple(pieces)).simplified()


def _merged(pieces: list[CodedColumns], most: int) -> list[CodedColumns]:
    """Return the pieces with neighbours in size joined while their levels together are at most `most`."""
    apart = [piece for piece in pieces if piece.multiplier is not None]
    merged: list[CodedColumns] = []
    for piece in sorted((p for p in pieces if p.multiplier is None), key=lambda p: len(p.matrix)):
        if merged and merged[-1].codes is piece.codes:  # two terms of one factor
            merged[-1] = _side_by_side(merged[-1], piece)
        elif merged and len(merged[-1].matrix) * len(piece.matrix) <= most:
            merged[-1] = joined(merged[-1], piece)
        else:
            merged.append(piece)
    return [*merged, *apart]


def _side_by_side(first: CodedColumns, second: CodedColumns) -> CodedColumns:
    """Return the columns of two pieces over the same codes as one piece."""
    return CodedColumns(
        first.codes, np.hstack([first.matrix, second.matrix]), np.concatenate([first.at, second.at])
    )


def _with_constant(piece: CodedColumns, at: IntArray) -> CodedColumns:
    ones = np.ones((len(piece.matrix), 1))
    return CodedColumns(piece.codes, np.hstack([ones, piece.matrix]), np.concatenate([at, piece.at]))


def _coded_pieces(block: Block, at: IntArray) -> list[CodedColumns] | None:
    """Return a block as coded columns, one piece for each product of numbers; None if nothing is coded."""
    coded = [part for part in block.parts if isinstance(part, CodedPart)]
    if not coded or prod(part.matrix.size for part in coded) > CODED_CELLS:
        return None
    whole = coded[0]
    for part in coded[1:]:
        whole = _pair(whole, part)
    places = at.reshape([part.width for part in block.parts], order="F")
    is_coded = [isinstance(part, CodedPart) for part in block.parts]
    pieces = []
    for index in np.ndindex(*(1 if c else part.width for c, part in zip(is_coded, block.parts, strict=True))):
        chosen = places[tuple(slice(None) if c else k for c, k in zip(is_coded, index, strict=True))]
        numbers = [
            part.values[:, k]
            for part, k in zip(block.parts, index, strict=True)
            if isinstance(part, NumericPart)
        ]
        multiplier = np.prod(numbers, axis=0) if len(numbers) > 1 else (numbers[0] if numbers else None)
        pieces.append(CodedColumns(whole.codes, whole.matrix, chosen.ravel(order="F"), multiplier))
    return pieces


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
    total = np.empty((n, sum(block.width for block in blocks)), order="F")
    first = 0
    for block in blocks:
        _fill(block, total[:, first : first + block.width])
        first += block.width
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
            _fill_column(parts, j, out[:, j])


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


def _fill_column(parts: Sequence[Part], position: int, out: Array) -> None:
    chosen: list[tuple[Part, int]] = []
    for part in parts:
        position, column = divmod(position, part.width)
        chosen.append((part, column))
    # Codes first: they are then read straight into `out`, and numbers multiply it without a temporary.
    chosen.sort(key=lambda pair: isinstance(pair[0], NumericPart))
    (first, column), *others = chosen
    first.write(column, out)
    for part, column in others:
        part.multiply(column, out)


def _joined(parts: tuple[Part, ...]) -> list[Part]:
    """Merge neighbouring coded parts into one over the pairs of their levels: one read a column."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, CodedPart) and isinstance(last, CodedPart) and _small(last, part):
            joined[-1] = _pair(last, part)
        else:
            joined.append(part)
    return joined


def _small(first: CodedPart, second: CodedPart) -> bool:
    return first.matrix.size * second.matrix.size <= JOINT_CELLS


def _pair(first: CodedPart, second: CodedPart) -> CodedPart:
    """Return the product of two factors as one, the first varying fastest in rows and columns."""
    codes = first.codes + len(first.matrix) * second.codes
    return CodedPart(codes, np.asarray(np.kron(second.matrix, first.matrix), dtype=np.float64))
