"""One column of a design that is never made as a whole, and which of them lie side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.distinct import Coded
from glmkit.design.parts import Block, NumericPart, fill_column

__all__ = ["Column", "are_evenly_spaced", "together"]


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

    def variables(self) -> list[Coded | Array]:
        """Return what the column is made of; equal of two rows, it is equal of them."""
        if self.numbers is not None:
            return [self.numbers]
        made: list[Coded | Array] = []
        for part in self.block.parts:
            made += (
                list(part.values.T)
                if isinstance(part, NumericPart)
                else [Coded(part.codes, len(part.matrix))]
            )
        return made

    def select(self, rows: IntArray, out: Array) -> None:
        """Write these rows of the column, (k,), into `out`."""
        if self.numbers is not None:
            np.take(self.numbers, rows, out=out, mode="clip")  # straight into place
        else:
            fill_column(self.block.select(rows).parts, self.position, out)
        if self.shift:
            out -= self.shift

    def held(self, values: Array) -> Column:
        """Return a column of these values, (k,), in place of its own."""
        return Column(self.block, self.position, numbers=values)


def are_evenly_spaced(columns: Sequence[Column]) -> bool:
    """Return whether the last of some columns lies where the ones before it lead to expect, in one array."""
    numbers = [column.numbers for column in (columns[0], columns[1], columns[-2], columns[-1])]
    if any(one is None or one.strides != (8,) for one in numbers) or not len(numbers[0]):  # type: ignore[arg-type]
        return False
    one, two, before, last = (_address(array) for array in numbers if array is not None)
    roots = {id(_root(array)) for array in numbers if array is not None}
    return len(roots) == 1 and two > one and last - before == two - one


def together(columns: Sequence[Column]) -> Array | None:
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
