"""Weights, offsets, exposure and subset: read over all rows, checked over the rows used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.errors import DataError
from glmkit.frame.align import RowArgument, checked, row_numbers, row_subset
from glmkit.frame.columns import Columns, shared
from glmkit.frame.formula import parse_expression
from glmkit.frame.level_offsets import LevelOffset, argument_texts, read_offset
from glmkit.frame.rows import Missing
from glmkit.numerics.vectors import own

__all__ = [
    "ALLOWED",
    "RowArguments",
    "RowNumbers",
    "captured_names",
    "check_row_numbers",
    "linear_offset",
    "read_row_arguments",
]

_NUMBERS = ("weights", "freq_weights", "offset", "exposure")


@dataclass(frozen=True, eq=False)
class RowArguments:
    """What goes with the rows of the data besides the formula, as the caller gave it.

    Parameters
    ----------
    weights, freq_weights, offset, exposure, subset : str, array or Series, optional
        A column's name, an expression over columns, or one value per row of the data. An
        offset may have several columns (`glmkit.frame.level_offsets`).
    na_action : {"omit", "exclude", "fail"}
    """

    weights: RowArgument = None
    freq_weights: RowArgument = None
    offset: RowArgument = None
    exposure: RowArgument = None
    subset: RowArgument = None
    na_action: str = "omit"

    def __post_init__(self) -> None:
        """Share the memory of a Series: pandas then copies it when the caller writes into it."""
        for one in fields(self):
            object.__setattr__(self, one.name, shared(getattr(self, one.name)))


@dataclass(frozen=True, eq=False)
class RowNumbers:
    """The same as numbers in the order of the data, NaN where missing; None where not given."""

    weights: Array | None = None
    freq_weights: Array | None = None
    offset: Array | None = None
    exposure: Array | None = None
    subset: BoolArray | None = None
    level_offset: LevelOffset | None = None

    def given(self) -> dict[str, Array]:
        """Return the numeric ones that were given, by name."""
        values = {name: getattr(self, name) for name in _NUMBERS}
        return {name: value for name, value in values.items() if value is not None}

    def missing(self) -> dict[str, Missing]:
        """Return the rows without a value, by argument."""
        lost = {name: np.isnan(values) for name, values in self.given().items()}
        if self.level_offset is not None:
            lost["offset"] = self.level_offset.lost
        return {name: Missing(rows) for name, rows in lost.items() if rows.any()}

    def select(self, rows: IntArray) -> RowNumbers:
        """Return the numbers of these rows."""
        taken = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "level_offset"}
        one_column = {name: None if v is None else v[rows] for name, v in taken.items()}
        wide = self.level_offset
        return RowNumbers(**one_column, level_offset=None if wide is None else wide.select(rows))


def read_row_arguments(
    arguments: RowArguments, columns: Columns, context: Mapping[str, object]
) -> RowNumbers:
    """Return the arguments as numbers over all rows of the data.

    Raises
    ------
    DataError
        An argument does not match the data in length or labels, or is not numeric.
    """
    numbers: dict[str, Any] = {
        name: row_numbers(given, name, columns, context)
        for name in _NUMBERS
        if name != "offset" and (given := getattr(arguments, name)) is not None
    }
    subset = None if arguments.subset is None else row_subset(arguments.subset, columns, context)
    if arguments.offset is not None:
        offset = read_offset(arguments.offset, columns, context)
        numbers["level_offset" if isinstance(offset, LevelOffset) else "offset"] = offset
    return RowNumbers(**numbers, subset=subset)


def captured_names(
    arguments: RowArguments, columns: Iterable[str], context: Mapping[str, object]
) -> tuple[str, ...]:
    """Return the names from outside the data that the arguments' expressions use."""
    given = (getattr(arguments, f.name) for f in fields(arguments) if f.name != "na_action")
    texts = (text for argument in given for text in argument_texts(argument))
    expressions = [text for text in texts if text not in columns]
    return tuple(n for text in expressions for n in parse_expression(text, columns, context).captured)


def check_row_numbers(numbers: RowNumbers, index: pd.Index[Any]) -> None:
    """Refuse weights, offsets and exposures that a fit cannot use.

    Parameters
    ----------
    numbers : RowNumbers
        Of the rows used; nothing missing.
    index : pandas.Index
        Their labels.

    Raises
    ------
    DataError
        Infinite values, negative weights, fractional frequencies, an exposure of zero or less, or
        no row of positive weight.
    """
    for name, values in numbers.given().items():
        checked(values, name, index, allowed=ALLOWED[name][0], rule=ALLOWED[name][1])
        if name in ("weights", "freq_weights") and not (values > 0).any():
            raise DataError(f"{name} are all zero: no row has a positive weight.", argument=name)
    for values in () if numbers.level_offset is None else numbers.level_offset.values.T:
        checked(values, "offset", index, allowed=_anything, rule="")


def linear_offset(numbers: RowNumbers, from_formula: list[Array]) -> Array | None:
    """Return the sum of all offsets on the link scale; None where there is none."""
    parts = [*from_formula]
    if numbers.offset is not None:
        parts.append(numbers.offset)
    if numbers.exposure is not None:
        parts.append(np.log(numbers.exposure))
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0] if numbers.exposure is not None else own(parts[0])  # a logarithm is new
    return reduce(np.add, parts)


def _anything(values: Array) -> BoolArray:
    return np.ones(len(values), dtype=bool)


ALLOWED: Mapping[str, Any] = {
    "weights": (lambda v: v >= 0, ">= 0 (not negative)"),
    "freq_weights": (lambda v: (v >= 0) & (v == np.round(v)), "whole numbers >= 0"),
    "offset": (_anything, ""),
    "exposure": (lambda v: v > 0, "> 0 (its log is the offset)"),
}
