"""A few rows in place of all of a model fitted to chunks: the same levels, counts and means.

A grid asks of the data which levels occur, how many rows each combination has, and the means of the
covariates and of the offset. One row for each combination of the grouping variables, with its number
of rows as frequency and the means of its rows, answers as all rows would; rows of frequency zero
show the range of each covariate.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.frame.arguments import RowArguments
from glmkit.frame.coding import Coding, factor_encodings, variables_in
from glmkit.frame.columns import Columns, ReadyColumn
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.rows import Rows
from glmkit.frame.values import Factor, Logical, Value, take_rows
from glmkit.inference.protocols import FittedModel

__all__ = ["gridded"]

# Combinations of the grouping variables that may occur.
MOST_CELLS = 200_000
ARGUMENTS = ("offset", "exposure")
OFFSET = " total offset"


def gridded(model: FittedModel) -> FittedModel:
    """Return the model with rows to make grids of: its own, or a digest of its chunks.

    Raises
    ------
    FitError
        The grouping variables have too many combinations.
    """
    if model.frame.chunks is None:
        return model
    frame = model.frame
    groups = _grouping(frame.coding)
    digest = _digest(frame, groups)
    two = [name for name, seen in digest.seen.items() if len(seen) == 2 and name not in groups]
    if two:  # an indicator is a factor of the grid
        digest = _digest(frame, (*groups, *two))
    return cast(FittedModel, replace(cast(Any, model), frame=digest.frame(frame)))


def _grouping(coding: Coding) -> tuple[str, ...]:
    """Return the variables of which each value counts: factors, and numbers that make one."""
    steps = {name for e in factor_encodings(coding.encodings) for name in variables_in(e.factor)}
    return tuple(n for n, variable in coding.variables.items() if variable.kind != "number" or n in steps)


@dataclass
class _Digest:
    """Sums by combination of the groups, and what was seen of each covariate."""

    groups: tuple[str, ...]
    numbers: tuple[str, ...]
    place: dict[tuple[Hashable, ...], int] = field(default_factory=dict)
    counts: Array = field(default_factory=lambda: np.zeros(0))
    sums: Array = field(default_factory=lambda: np.zeros((0, 0)))
    rows: Array = field(default_factory=lambda: np.zeros(0))
    plain: Array = field(default_factory=lambda: np.zeros((0, 0)))
    seen: dict[str, list[float]] = field(default_factory=dict)

    def add(self, frame: ModelFrame) -> None:
        """Add the rows of one chunk."""
        freq = np.ones(frame.n) if frame.freq_weights is None else frame.freq_weights
        keys = [_codes(_used(frame, name)) for name in self.groups]
        labels = np.column_stack([*keys, frame.weights > 0]).astype(np.float64)
        known, codes = np.unique(labels, axis=0, return_inverse=True)
        places = [self.place.setdefault(tuple(key), len(self.place)) for key in known.tolist()]
        if len(self.place) > MOST_CELLS:
            raise FitError(
                f"The variables {', '.join(self.groups)} have more than {MOST_CELLS} combinations, too many for a grid"
                " of a fit to chunks. Fit to data in memory."
            )
        values = [self._number(frame, name) for name in self.numbers]
        codes, size = codes.ravel(), len(known)
        self._grow()
        self.counts[places] += np.bincount(codes, freq, size)
        self.rows[places] += np.bincount(codes, minlength=size)
        for j, column in enumerate(values):
            self.sums[places, j] += np.bincount(codes, freq * column, size)
            self.plain[places, j] += np.bincount(codes, column, size)
            self._look(self.numbers[j], column)

    def _number(self, frame: ModelFrame, name: str) -> Array:
        if name == OFFSET:
            assert frame.offset is not None
            return frame.offset
        if name[1:] in ARGUMENTS and name not in frame.coding.variables:
            value = frame.row_numbers(getattr(frame.arguments, name[1:]), name[1:])
            return np.log(value) if name[1:] == "exposure" else value
        return np.asarray(_used(frame, name), dtype=np.float64)

    def _grow(self) -> None:
        more = len(self.place) - len(self.counts)
        width = len(self.numbers)
        self.counts, self.rows = (np.append(x, np.zeros(more)) for x in (self.counts, self.rows))
        self.sums, self.plain = (
            np.vstack([x.reshape(len(x), width), np.zeros((more, width))]) for x in (self.sums, self.plain)
        )

    def _look(self, name: str, column: Array) -> None:
        """Keep the least value, the largest, and one between them."""
        found = np.unique(np.append(self.seen.get(name, []), [np.min(column), np.max(column)]))
        inner = column[(column > found[0]) & (column < found[-1])][:1]
        found = np.unique(np.append(found, inner))
        self.seen[name] = found[[0, len(found) // 2, -1]].tolist() if len(found) > 2 else found.tolist()

    def frame(self, whole: ModelFrame) -> ModelFrame:
        """Return a frame of one row a combination, and three rows of frequency zero."""
        keys = np.array(list(self.place), dtype=np.float64)
        weight = np.where(self.counts > 0, self.counts, 1.0)[:, None]
        means = np.where(self.counts[:, None] > 0, self.sums / weight, self.plain / self.rows[:, None])
        extra = np.zeros(3, dtype=np.intp)  # copies of the first row
        values: dict[str, Value] = {}
        for j, name in enumerate(self.groups):
            own = np.append(keys[:, j], keys[extra, j])
            values[name] = _value(own, whole, name)
        for j, name in enumerate(self.numbers):
            seen = self.seen[name]
            own = means[:, j] if len(seen) > 1 else np.full(len(means), seen[0])
            values[name] = np.append(own, [seen[0], seen[len(seen) // 2], seen[-1]])
        return _frame_of(whole, values, keys[:, -1], self.counts)


def _digest(frame: ModelFrame, groups: tuple[str, ...]) -> _Digest:
    numbers = [name for name in frame.coding.variables if name not in groups]
    numbers += [f" {name}" for name in ARGUMENTS if getattr(frame.arguments, name) is not None]
    numbers += [] if frame.offset is None else [OFFSET]
    digest = _Digest(groups, tuple(numbers))
    assert frame.chunks is not None
    for _, part in frame.chunks.frames("grid"):
        digest.add(part)
    return digest


def _frame_of(whole: ModelFrame, values: dict[str, Value], positive: Array, counts: Array) -> ModelFrame:
    n = len(counts) + 3
    if " exposure" in values:
        values[" exposure"] = np.exp(cast(Array, values[" exposure"]))
    given = {name: f" {name}" for name in ARGUMENTS if f" {name}" in values}
    index = pd.RangeIndex(n)
    offset = values.pop(OFFSET, None)
    return replace(
        whole,
        rows=Rows(index),
        weights=np.append(positive, np.zeros(3)),
        freq_weights=np.append(counts, np.zeros(3)),
        offset=cast("Array | None", offset),
        arguments=RowArguments(**given),
        source=Columns(n, index, {name: ReadyColumn(value) for name, value in values.items()}),
        chunks=None,
    )


def _used(frame: ModelFrame, name: str) -> Value:
    return take_rows(frame.source[name], frame.rows.kept)


def _codes(value: Value) -> Array:
    if isinstance(value, Factor):
        return value.codes.astype(np.float64)
    return value if isinstance(value, np.ndarray) else value.values


def _value(numbers: Array, whole: ModelFrame, name: str) -> Value:
    variable = whole.coding.variables[name]
    if variable.kind == "factor":
        return Factor(numbers.astype(np.intp), variable.levels or (), variable.ordered)
    return Logical(numbers) if variable.kind == "truth" else numbers
