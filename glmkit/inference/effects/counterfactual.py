"""The rows of a fit with some variables set to other values, coded again by the formula.

Because every column is evaluated anew, ``poly(x, 2) * z`` or ``log(x)`` follow x as they should.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray
from glmkit.errors import DataError, FitError
from glmkit.frame.newframe import new_frame
from glmkit.frame.values import Factor, Logical, Matrix, Value
from glmkit.inference.emmeans.grid import check_known, used_value
from glmkit.inference.predict import RowGiven, prediction_rows
from glmkit.inference.protocols import FittedModel

__all__ = ["Coded", "Population", "numeric_step", "population"]

# Step of the differences of the design's columns, as a share of the variable's spread: their
# error is its fourth power, and rounding over it is 1e-13.
STEP = 1e-3


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
    """

    model: FittedModel
    columns: Mapping[str, Sequence[object]]
    offsets: Mapping[str, Array]
    weights: Array

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.weights)

    def with_values(self, changed: Mapping[str, object]) -> Population:
        """Return the same rows with some variables set to one value each, or one by row."""
        columns = dict(self.columns)
        for name, value in changed.items():
            one = isinstance(value, str) or not isinstance(value, (Sequence, np.ndarray))
            columns[name] = [value] * self.n if one else list(value)  # type: ignore[call-overload]
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
        The fit has no formula.
    DataError
        `newdata` lacks a column, or rows of it miss a value.
    """
    frame = model.frame
    if frame.ready:
        raise FitError("A fit to a ready design matrix has no variables to change. Fit from a formula.")
    if newdata is not None:
        return _given(model, newdata, by)
    names = dict.fromkeys((*frame.coding.variables, *by))
    for name in by:
        check_known(name, list(frame.source), "by")
    columns = {name: column_values(used_value(frame, name), name) for name in names}
    offsets = {}
    for argument in ("offset", "exposure"):
        given = getattr(frame.arguments, argument)
        if given is not None:
            offsets[argument] = np.asarray(frame.row_values(given, argument))
    counts = np.ones(frame.n) if frame.freq_weights is None else frame.freq_weights
    return Population(model, columns, offsets, np.where(frame.weights > 0, counts, 0.0))


def _given(model: FittedModel, newdata: object, by: Sequence[str]) -> Population:
    data = newdata if isinstance(newdata, pd.DataFrame) else pd.DataFrame(newdata)  # type: ignore[call-overload]
    names = dict.fromkeys((*model.frame.coding.variables, *by))
    absent = [name for name in names if name not in data]
    if absent:
        raise DataError(f"newdata lacks {', '.join(absent)}. Add the columns.", columns=absent)
    asked = prediction_rows(model, data, RowGiven())
    if not np.all(asked.ok):
        raise DataError(
            f"{int(np.sum(~asked.ok))} rows of newdata miss a value. Leave them out.",
            rows=list(data.index[~asked.ok][:5]),
        )
    offsets = {}
    for argument in ("offset", "exposure"):
        given = getattr(model.frame.arguments, argument)
        if isinstance(given, str) and given in data:
            offsets[argument] = data[given].to_numpy(dtype=np.float64)
    return Population(model, {str(name): data[name].tolist() for name in names}, offsets, np.ones(len(data)))


def column_values(value: Value, name: str) -> list[object]:
    """Return the values of a column as the caller would write them."""
    if isinstance(value, Factor):
        levels: list[Hashable] = list(value.levels)
        return [levels[code] for code in value.codes]
    if isinstance(value, Matrix):
        raise DataError(f"Column {name!r} has several columns, which cannot be changed.", column=name)
    if isinstance(value, Logical):
        return [bool(truth) for truth in value.values]
    return list(map(float, value))


def numeric_step(values: Sequence[object], weights: Array) -> float:
    """Return the step for derivatives by a variable."""
    numbers = np.asarray(values, dtype=np.float64)
    spread = float(np.sqrt(np.cov(numbers, aweights=weights))) if len(numbers) > 1 else 0.0
    return STEP * (spread if spread > 0 else max(abs(float(numbers[0])), 1.0))


def groups_of(people: Population, by: Sequence[str]) -> list[tuple[tuple[object, ...], BoolArray]]:
    """Return the groups of rows by the columns named: their labels and which rows are theirs."""
    if not by:
        return [((), np.ones(people.n, dtype=bool))]
    keys = list(zip(*(people.columns[name] for name in by), strict=True))
    order = pd.DataFrame(keys, columns=list(by), dtype=object).drop_duplicates()
    labels = sorted((tuple(row) for row in order.to_numpy(dtype=object)), key=_sort_key)
    return [(label, np.array([key == label for key in keys])) for label in labels]


def _sort_key(label: tuple[object, ...]) -> tuple[tuple[bool, float, str], ...]:
    return tuple(
        (isinstance(v, str), float(v) if isinstance(v, int | float | bool) else 0.0, str(v)) for v in label
    )
