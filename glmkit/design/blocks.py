"""The form in which a design's columns are held: dense, by column, or as codes.

Small data are one dense matrix. Of many rows no matrix is made: wide factors stay codes
(`glmkit.design.structured`), everything else stays columns (`glmkit.design.columns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from glmkit._typing import IntArray
from glmkit.design.columns import ColumnDesign, columns_of_blocks
from glmkit.design.dense import DenseDesign
from glmkit.design.distinct import MOST_CELLS, ROWS_A_CELL
from glmkit.design.parts import Block, CodedPart, NumericPart, expand, pair_of
from glmkit.design.structured import CodedColumns, StructuredDesign, joined

__all__ = ["dense_from_blocks", "design_from_blocks", "structured_from_blocks"]

# From this many coded columns on, and this many elements of them, sums by level beat dense products.
DENSE_WIDTH = 8
DENSE_ELEMENTS = 1_000_000
# Levels that small factors may have together to share one code: tables of pairs stay in cache.
JOINED_LEVELS = 256
# Cells of the joint coding matrix of some factors that is worth making: 128 MiB. That of a single factor is there.
CODED_CELLS = 16_777_216


def dense_from_blocks(blocks: Sequence[Block], n: int) -> DenseDesign:
    """Return the blocks side by side as one dense design.

    Parameters
    ----------
    blocks : sequence of Block
    n : int
        Rows; needed for a constant, or no columns at all.
    """
    return DenseDesign(expand(blocks, n))


def design_from_blocks(blocks: Sequence[Block], n: int) -> DenseDesign | ColumnDesign | StructuredDesign:
    """Return the blocks side by side: coded where that is many columns or few cells, else by column or dense.

    Up to `DENSE_WIDTH` coded columns one dense product is as fast as the sums by level, and
    small data fit into the cache anyway. Where the levels of all factors together make few
    cells and nothing is numeric, every product is a sum by cell.
    """
    if n * sum(block.width for block in blocks) < DENSE_ELEMENTS:
        return dense_from_blocks(blocks, n)
    coded = sum(block.width for block in blocks if _is_coded(block))
    cells = _cells(blocks)
    many = coded >= DENSE_WIDTH or 0 < cells <= min(n // ROWS_A_CELL, MOST_CELLS)
    if n * coded >= DENSE_ELEMENTS and many:
        return structured_from_blocks(blocks, n)
    return columns_of_blocks(blocks, n)


def _is_coded(block: Block) -> bool:
    return any(isinstance(part, CodedPart) for part in block.parts)


def _cells(blocks: Sequence[Block]) -> int:
    """Return how many combinations of levels there are; 0 where a column is numeric."""
    parts = [part for block in blocks for part in block.parts]
    if any(isinstance(part, NumericPart) for part in parts):
        return 0
    levels = {id(part.codes): len(part.matrix) for part in parts if isinstance(part, CodedPart)}
    return prod(levels.values())


def structured_from_blocks(blocks: Sequence[Block], n: int) -> DenseDesign | ColumnDesign | StructuredDesign:
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
    # A wide factor stays an indicator of its levels, whose products with itself need no matrix.
    narrow = bool(pieces) and pieces[0].matrix.shape[1] <= JOINED_LEVELS
    if constant and narrow and pieces[0].multiplier is None:
        pieces[0] = _with_constant(pieces[0], positions[constant[0]])
        del plain[constant[0]], positions[constant[0]]
    at = np.concatenate(positions) if positions else np.arange(0)
    return StructuredDesign(columns_of_blocks(plain, n, beside=True), at, tuple(pieces)).simplified()


def _merged(pieces: list[CodedColumns], most: int) -> list[CodedColumns]:
    """Return the pieces with neighbours in size joined while their levels together are at most `most`."""
    apart = [piece for piece in pieces if piece.multiplier is not None]
    merged: list[CodedColumns] = []
    made = False  # whether the last codes are our own
    for piece in sorted((p for p in pieces if p.multiplier is None), key=lambda p: len(p.matrix)):
        if merged and merged[-1].codes is piece.codes:  # two terms of one factor
            merged[-1] = _side_by_side(merged[-1], piece)
        elif merged and len(merged[-1].matrix) * len(piece.matrix) <= most:
            merged[-1], made = joined(merged[-1], piece, in_place=made), True
        else:
            merged.append(piece)
            made = False
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
    if not coded or (len(coded) > 1 and prod(part.matrix.size for part in coded) > CODED_CELLS):
        return None
    whole = coded[0]
    for part in coded[1:]:
        whole = pair_of(whole, part)
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
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # a product out of range is refused by name, by the fit
            multiplier = np.prod(numbers, axis=0) if len(numbers) > 1 else (numbers[0] if numbers else None)
        pieces.append(CodedColumns(whole.codes, whole.matrix, chosen.ravel(order="F"), multiplier))
    return pieces
