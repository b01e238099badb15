"""The rows of a fit with some variables set to other values, coded again by the formula.

Because every column is evaluated anew, ``poly(x, 2) * z`` or ``log(x)`` follow x as they should.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.errors import DataError, FitError
from glmkit.frame.align import RowArgument, row_numbers
from glmkit.frame.columns import Columns, read_data
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.newframe import new_frame
from glmkit.frame.values import Factor, Logical, Matrix, Value
from glmkit.inference.emmeans.grid import check_known, row_counts, used_value
from glmkit.inference.predict import RowGiven, prediction_rows
from glmkit.inference.protocols import FittedModel

__all__ = ["Coded", "Population", "groups_of", "numeric_steps", "population"]

# Step of the differences of the design's columns, as a share of the variable's spread or of its
# value if that is smaller: their error is its fourth power, and rounding over it is 1e-13.
STEP = 1e-3
# A value other than 0 counts as no smaller than this share of the spread, where rounding is 1e-7.
SMALLEST = 1e-6


@dataclass(frozen=True, eq=False)
class Coded:
    """Design and offset of rows."""

    rows: Array  # (n, p)
    offset: Array  # (n,)


@dataclass(frozen=True, eq=False)
class Population:
    """The rows that effects are averaged over.

    Parameters
    ----------
    model : FittedModel
    columns : dict
        Values of the variables of the right-hand side, and of what effects are grouped by, by row.
    offsets : dict
        Offset arguments of the fit by row, to be added whatever is changed.
    weights : (n,) array
        How often each row counts.
    levels : dict
        Order of the values of what effects are grouped by.
    """

    model: FittedModel
    columns: Mapping[str, Sequence[object]]
    offsets: Mapping[str, Array]
    weights: Array
    levels: Mapping[str, tuple[Hashable, ...]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.weights)

    def with_values(self, changed: Mapping[str, object]) -> Population:
        """Return the same rows with some variables set to one value each, or one by row."""
        columns = dict(self.columns)
        for name, value in changed.items():
            columns[name] = list(value) if isinstance(value, np.ndarray) else [value] * self.n
        return replace(self, columns=columns)

    def coded(self) -> Coded:
        """Return the design and offset of the rows as they stand."""
        frame = self.model.frame
        variables = {name: self.columns[name] for name in frame.coding.variables}
        new = new_frame(frame, variables or {"": np.zeros(self.n)}, **self.offsets)
        if not np.all(new.ok):
            raise DataError(
                f"{int(np.sum(~new.ok))} rows have no value at the points asked for. Leave them out, "
                "or choose other values.",
                rows=list(np.flatnonzero(~new.ok)[:5]),
            )
        offset = np.zeros(self.n) if new.offset is None else new.offset
        return Coded(new.design.dense(), offset)


def population(model: FittedModel, newdata: object, by: Sequence[str]) -> Population:
    """Return the rows used by the fit, or those of `newdata`.

    Raises
    ------
    FitError
        The fit has no formula; `by` names no column.
    DataError
        `newdata` lacks a column, or rows of it miss a value; the fit's offset was given as values.
    """
    frame = model.frame
    if frame.ready:
        raise FitError("A fit to a ready design matrix has no variables to change. Fit from a formula.")
    names = list(dict.fromkeys((*frame.coding.variables, *by)))
    if newdata is None:
        for name in by:
            check_known(name, list(frame.source), "by")
        values = {name: used_value(frame, name) for name in names}
        offsets = _offset_arguments(frame, frame.row_numbers)
        weights = np.where(frame.weights > 0, row_counts(frame), 0.0)
    else:
        given = read_data(newdata, broadcast=True)
        offsets = _offset_arguments(frame, _reader(frame, given))
        values = _new_values(model, given, names)
        weights = np.ones(given.n_rows)
    columns = {name: column_values(value, name) for name, value in values.items()}
    return Population(model, columns, offsets, weights, {name: levels_of(values[name]) for name in by})


def _offset_arguments(frame: ModelFrame, read: Callable[[RowArgument, str], Array]) -> dict[str, Array]:
    """Return the offset arguments of the fit by row."""
    given = {name: getattr(frame.arguments, name) for name in ("offset", "exposure")}
    return {name: read(value, name) for name, value in given.items() if value is not None}


def _reader(frame: ModelFrame, given: Columns) -> Callable[[RowArgument, str], Array]:
    def read(value: RowArgument, argument: str) -> Array:
        if not isinstance(value, str):
            raise DataError(
                f"The model was fitted with {argument}= given as values, which say nothing about the rows of "
                f"newdata. Fit with {argument}= a column or an expression, or leave newdata= out.",
                argument=argument,
            )
        return row_numbers(value, argument, given, frame.coding.context)

    return read


def _new_values(model: FittedModel, given: Columns, names: Sequence[str]) -> dict[str, Value]:
    """Return the columns needed of new data, none of whose rows may miss a value."""
    absent = [name for name in names if name not in given]
    if absent:
        raise DataError(f"newdata lacks {', '.join(absent)}. Add the columns.", columns=absent)
    asked = prediction_rows(model, given, RowGiven())
    if not np.all(asked.ok):
        raise DataError(
            f"{int(np.sum(~asked.ok))} rows of newdata miss a value. Leave them out.",
            rows=list(given.index[~asked.ok][:5]),
        )
    return {name: given[name] for name in names}


def column_values(value: Value, name: str) -> list[object]:
    """Return the values of a column as the caller would write them; None where missing."""
    if isinstance(value, Factor):
        levels: list[Hashable] = [*value.levels, None]  # a missing value has the code -1
        return [levels[code] for code in value.codes]
    if isinstance(value, Matrix):
        raise DataError(f"Column {name!r} has several columns, which cannot be changed.", column=name)
    if isinstance(value, Logical):
        return [None if np.isnan(truth) else bool(truth) for truth in value.values]
    return [None if np.isnan(number) else float(number) for number in value]


def levels_of(value: Value) -> tuple[Hashable, ...]:
    """Return the values of a column that groups are made by, in their order."""
    if isinstance(value, Factor):
        return tuple(value.levels)
    return tuple(sorted({v for v in column_values(value, "") if v is not None}))  # type: ignore[type-var]


def numeric_steps(model: FittedModel, variable: str, x: Array) -> Array:
    """Return the step for derivatives by a variable at each of its values."""
    values = np.asarray(used_value(model.frame, variable), dtype=np.float64)
    largest = float(np.max(np.abs(values), initial=0.0)) or 1.0  # the squares of 1e300 are out of range
    spread = largest * float(np.std(values / largest))
    if spread == 0.0:
        return np.full(len(x), STEP * max(abs(float(x[0])), 1.0))
    return STEP * np.where(x == 0.0, spread, np.clip(np.abs(x), SMALLEST * spread, spread))


def groups_of(people: Population, by: Sequence[str]) -> list[tuple[tuple[object, ...], BoolArray]]:
    """Return the groups of rows by the columns named: their labels and which rows are theirs.

    In the order of the levels; rows that miss a value are a group of their own, the last.
    """
    if not by:
        return [((), np.ones(people.n, dtype=bool))]
    places = [{level: k for k, level in enumerate(people.levels.get(name, ()))} for name in by]
    keys = list(zip(*(people.columns[name] for name in by), strict=True))

    def order(label: tuple[object, ...]) -> list[int]:
        return [place.get(part, len(place)) for place, part in zip(places, label, strict=True)]

    labels = sorted(dict.fromkeys(keys), key=order)
    code = {label: k for k, label in enumerate(labels)}
    codes = np.array([code[key] for key in keys])
    return [(label, codes == k) for label, k in code.items()]
