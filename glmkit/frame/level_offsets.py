"""Offsets of several columns: for a response of levels, one column for each.

Given as an (n, k) array or a data frame, as a list of expressions, as a dict by level, or
as ``cbind(a, b)`` in text. A frame or a dict names its levels; other columns stand for the
levels in their order, and it is the family that knows which.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.errors import DataError
from glmkit.frame.align import RowArgument, row_numbers, row_values
from glmkit.frame.columns import Columns
from glmkit.frame.values import Logical, Matrix, Value

__all__ = [
    "LevelOffset",
    "argument_texts",
    "check_one_column",
    "formula_offset",
    "holds_values",
    "read_offset",
]


@dataclass(frozen=True, eq=False)
class LevelOffset:
    """An offset of several columns.

    Parameters
    ----------
    values : (n, k) array
    levels : tuple of k labels or None
        Which level each belongs to; None where they stand in the levels' order.
    """

    values: Array
    levels: tuple[Hashable, ...] | None = None

    @property
    def lost(self) -> BoolArray:
        """Rows in which one is missing."""
        return np.asarray(np.logical_or.reduce(np.isnan(self.values), axis=1))

    def select(self, rows: IntArray | BoolArray) -> LevelOffset:
        """Return the offset of these rows."""
        return LevelOffset(self.values[rows], self.levels)


def read_offset(given: RowArgument, columns: Columns, context: Mapping[str, object]) -> Array | LevelOffset:
    """Return an offset argument over the rows of the data: of one column, (n,), or of several."""
    parts = _parts(given)
    if parts is None:
        value = row_values(given, "offset", columns, context) if isinstance(given, str) else None
        if isinstance(value, Matrix):
            return LevelOffset(value.values)
        return row_numbers(given, "offset", columns, context)
    if not parts:
        raise DataError("offset is empty. Give a column for each level.", argument="offset")
    numbers = [_numbers(part, columns, context) for part in parts.values()]
    names = tuple(parts) if isinstance(given, Mapping | pd.DataFrame) else None
    return LevelOffset(np.column_stack(numbers), names)


def formula_offset(text: str, value: Value) -> Array | LevelOffset:
    """Return the value of an ``offset()`` as numbers."""
    if isinstance(value, Logical):
        return value.values
    if isinstance(value, Matrix):
        return LevelOffset(value.values)
    if not isinstance(value, np.ndarray):
        raise DataError(f"offset({text}) is not one numeric column; an offset must be numeric.", column=text)
    return value


def argument_texts(given: RowArgument) -> tuple[str, ...]:
    """Return the expressions that an argument is given as: none where it is given as values."""
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Mapping):
        return tuple(part for part in given.values() if isinstance(part, str))
    listed = isinstance(given, list | tuple)
    return tuple(part for part in given if isinstance(part, str)) if listed else ()


def holds_values(given: RowArgument) -> bool:
    """Return whether an argument is given as values by row, which say nothing about other rows."""
    if isinstance(given, Mapping):
        return any(not isinstance(part, str | int | float | np.number) for part in given.values())
    return not argument_texts(given)


def check_one_column(wide: Sequence[LevelOffset], kind: str) -> None:
    """Refuse offsets of several columns for a response without levels."""
    if wide and kind != "multinomial":
        raise DataError(
            f"The offset has {wide[0].values.shape[1]} columns, one for each level of a response; this response has "
            "no levels. Give one column.",
            argument="offset",
        )


def _parts(given: RowArgument) -> dict[Any, RowArgument] | None:
    """Return the columns of an argument that has several, by name or position; None of any other."""
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, list | tuple) and argument_texts(given):
        return dict(enumerate(given))
    if isinstance(given, pd.DataFrame) and given.shape[1] != 1:
        return {name: given.iloc[:, j] for j, name in enumerate(given.columns)}
    if isinstance(given, np.ndarray) and given.ndim == 2 and given.shape[1] != 1:
        return dict(enumerate(given.T))
    return None


def _numbers(part: RowArgument, columns: Columns, context: Mapping[str, object]) -> Array:
    if isinstance(part, int | float | np.number):
        return np.full(columns.n_rows, float(part))
    return row_numbers(part, "offset", columns, context)
