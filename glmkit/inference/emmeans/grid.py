"""The reference grid: every combination of the factors' levels, covariates at one value each.

Marginal means are averages over this grid, not over the data: each cell is predicted
alike, however often it was observed (Searle, Speed & Milliken 1980).

References
----------
Searle, S. R., Speed, F. M. and Milliken, G. A. (1980). Population marginal means in the
linear model: an alternative to least squares means. The American Statistician 34, 216-221.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TypeAlias

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.errors import DataError, FitError
from glmkit.frame.coding import factor_encodings, variables_in
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.newframe import new_frame
from glmkit.frame.rowwise import refuse_lag
from glmkit.frame.values import Factor, Logical, Matrix, Value, take_rows
from glmkit.inference.protocols import FittedModel

__all__ = [
    "Grid",
    "Values",
    "check_known",
    "check_smooth",
    "chosen_values",
    "enters_as_factor",
    "reference_grid",
    "row_counts",
    "used_value",
]

Values: TypeAlias = Mapping[str, object]

MOST_CELLS = 200_000
"""Rows of a grid: more is a mistake, or a factor that is an identifier."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Predictions' design over a grid.

    Parameters
    ----------
    cells : DataFrame of m rows
        A column for each variable of the right-hand side, the first varying fastest.
    factors : tuple of str
        The variables with levels, in the order of the formula.
    rows : (m, p) array
        The design, so that eta = rows @ beta + offset.
    offset : (m,) array
    counts : (m,) array
        How many rows used (by frequency) fall into the cell of the factors.
    values : (m,) array or None
        What is predicted, where it is not eta; `rows` is then its gradient.
    level : str
        The column of the response's levels; empty where one number is predicted.
    """

    cells: pd.DataFrame
    factors: tuple[str, ...]
    rows: Array
    offset: Array
    counts: Array
    values: Array | None = None
    level: str = ""

    def select(self, chosen: BoolArray) -> Grid:
        """Return the grid of these cells."""
        return replace(
            self,
            cells=self.cells[chosen].reset_index(drop=True),
            rows=self.rows[chosen],
            offset=self.offset[chosen],
            counts=self.counts[chosen],
            values=None if self.values is None else self.values[chosen],
        )


def reference_grid(
    model: FittedModel,
    at: Values | None = None,
    *,
    offset: float | None = None,
    exposure: float | None = None,
) -> Grid:
    """Return the reference grid of a fit.

    Parameters
    ----------
    model : FittedModel
    at : dict, optional
        Values of some variables in place of their levels or mean.
    offset, exposure : float, optional
        The whole offset on the link scale, or its exponential. By default the mean offset
        of the rows used, unless `at` gives a variable of an ``offset()``.

    Raises
    ------
    FitError
        The fit has no formula; `at` names an unknown variable or level; the grid is too large.
    FormulaError
        A term looks at the row before, ``lag(x)``.
    """
    frame = model.frame
    if frame.ready:
        raise FitError("A fit to a ready design matrix has no variables to average over. Fit from a formula.")
    refuse_lag(frame.coding.encodings, "which a grid of values does not have")
    levels, factors = _levels(frame), _factor_names(frame)
    chosen = levels | chosen_values(frame, at or {}, levels)
    cells = _crossed(chosen)
    rows, evaluated = _coded(frame, cells)
    given = _given_offset(offset, exposure)
    if given is None and not _offset_variables(frame) & set(at or {}):
        given = 0.0 if frame.offset is None else _mean(frame, frame.offset)
    shift = evaluated if given is None else np.full(len(cells), given)
    return Grid(cells, factors, rows, shift, _counts(frame, cells, factors))


def used_value(frame: ModelFrame, name: str) -> Value:
    """Return a variable over the rows used."""
    return take_rows(frame.source[name], frame.rows.kept)


def row_counts(frame: ModelFrame) -> Array:
    """Return how many observations each row used stands for."""
    return np.ones(frame.n) if frame.freq_weights is None else frame.freq_weights


def _mean(frame: ModelFrame, values: Array) -> float:
    return float(np.average(values, weights=row_counts(frame)))


def check_known(name: str, known: Sequence[str], argument: str) -> None:
    """Refuse a name that is not a variable of the grid, with the nearest one."""
    if name in known:
        return
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise FitError(
        f"{argument} names {name!r}, which is not a variable of the model.{hint} "
        f"Those are {', '.join(known) or 'none'}.",
        argument=argument,
        name=name,
    )


def _factor_names(frame: ModelFrame) -> tuple[str, ...]:
    return tuple(name for name in frame.coding.variables if has_levels(frame, name))


def has_levels(frame: ModelFrame, name: str) -> bool:
    """Return whether a variable has levels in the grid.

    It enters as a factor, or has two values only, as an indicator has, whose mean describes nobody.
    """
    return enters_as_factor(frame, name) or _distinct(frame, name) == 2


def enters_as_factor(frame: ModelFrame, name: str) -> bool:
    """Return whether a variable is a factor, or numbers that ``factor(x)`` keeps all apart."""
    if frame.coding.variables[name].kind != "number":
        return True
    encodings = [e for e in factor_encodings(frame.coding.encodings) if variables_in(e.factor) == (name,)]
    return any(len(encoding.levels) == _distinct(frame, name) for encoding in encodings)


def check_smooth(frame: ModelFrame, name: str, argument: str) -> None:
    """Refuse a covariate that enters in steps, as through ``cut(x)`` or ``x > 3``: it has no slope."""
    encodings = factor_encodings(frame.coding.encodings)
    steps = [e.factor for e in encodings if name in variables_in(e.factor)]
    if steps:
        raise FitError(
            f"{argument}={name!r} enters through {steps[0]}, which goes in steps and has no slope. "
            f"Compare two of its values with comparisons({{{name!r}: (a, b)}}), or name other variables.",
            argument=argument,
            name=name,
        )


def _distinct(frame: ModelFrame, name: str) -> int:
    value = used_value(frame, name)
    if isinstance(value, (Factor, Logical, Matrix)):
        return 0
    return len(np.unique(value))


def _levels(frame: ModelFrame) -> dict[str, list[Hashable]]:
    """Return the values of each variable: the levels used, or the mean over the rows used."""
    return {name: _own_values(frame, name) for name in frame.coding.variables}


def _own_values(frame: ModelFrame, name: str) -> list[Hashable]:
    value = used_value(frame, name)
    if isinstance(value, Factor):
        return [value.levels[code] for code in np.unique(value.codes)]
    if isinstance(value, Matrix):
        raise DataError(f"Column {name!r} has several columns, which no grid can cross.", column=name)
    if isinstance(value, Logical):
        return [bool(truth) for truth in np.unique(value.values)]
    if has_levels(frame, name):
        return [float(number) for number in np.unique(value)]
    return [_mean(frame, value)]


def chosen_values(
    frame: ModelFrame, at: Values, levels: Mapping[str, list[Hashable]] | None = None
) -> dict[str, list[Hashable]]:
    """Return the values that `at` gives, checked: levels that the fit used, finite numbers."""
    chosen = {}
    for name, given in at.items():
        check_known(name, list(frame.coding.variables), "at")
        single = isinstance(given, str) or not isinstance(given, (Sequence, np.ndarray, pd.Series, pd.Index))
        values = [given] if single else list(given)  # type: ignore[call-overload]
        if enters_as_factor(frame, name):
            _check_levels(name, values, _own_values(frame, name) if levels is None else levels[name])
        elif not all(isinstance(v, int | float | np.number) and np.isfinite(float(v)) for v in values):
            raise FitError(
                f"at gives {name!r} values that are not numbers: {values}.", argument="at", name=name
            )
        if not values:
            raise FitError(f"at gives {name!r} no values. Give one or more.", argument="at", name=name)
        chosen[name] = values
    return chosen


def _check_levels(name: str, values: Sequence[object], known: Sequence[Hashable]) -> None:
    unknown = [value for value in values if value not in known]
    if unknown:
        raise FitError(
            f"at gives {name!r} the level {unknown[0]!r}, which the fit did not use; its levels are {list(known)}.",
            argument="at",
            name=name,
            level=unknown[0],
        )


def _crossed(values: Mapping[str, list[Hashable]]) -> pd.DataFrame:
    """Return all combinations, the first variable varying fastest."""
    sizes = [len(v) for v in values.values()]
    total = int(np.prod(sizes, dtype=np.float64))
    if total > MOST_CELLS:
        raise FitError(
            f"The grid has {total} cells, more than {MOST_CELLS}: the variables have "
            f"{dict(zip(values, sizes, strict=True))} values. Hold some of them with at=.",
            argument="at",
        )
    columns, repeat = {}, 1
    for name, own in values.items():
        codes = np.tile(np.repeat(np.arange(len(own)), repeat), total // max(repeat * len(own), 1))
        columns[name] = [own[code] for code in codes]
        repeat *= len(own)
    return pd.DataFrame(columns, index=pd.RangeIndex(total if values else 1))


def _given_offset(offset: float | None, exposure: float | None) -> float | None:
    """Return the offset asked for."""
    if offset is not None and exposure is not None:
        raise FitError("offset= and exposure= say the same thing twice. Give one of them.", argument="offset")
    if exposure is None:
        return None if offset is None else float(offset)
    if not exposure > 0:
        raise FitError(f"exposure={exposure!r} is not above 0.", argument="exposure")
    return float(np.log(exposure))


def _offset_variables(frame: ModelFrame) -> set[str]:
    return {name for text in frame.formula.offsets for name in variables_in(text)}


def _coded(frame: ModelFrame, cells: pd.DataFrame) -> tuple[Array, Array]:
    """Return the design of the cells, and their offsets as the formula makes them."""
    newdata: dict[str, object] = {str(name): cells[name].tolist() for name in cells}
    newdata = newdata or {"": np.zeros(len(cells))}
    new = new_frame(
        frame,
        newdata,
        offset=_argument_mean(frame, "offset"),
        exposure=_argument_mean(frame, "exposure"),
    )
    return new.design.dense(), np.zeros(len(cells)) if new.offset is None else new.offset


def _argument_mean(frame: ModelFrame, argument: str) -> float | None:
    """Return the mean of an offset argument, and for an exposure exp of the mean log."""
    given = getattr(frame.arguments, argument)
    if given is None:
        return None
    value = frame.row_numbers(given, argument)
    return _mean(frame, value) if argument == "offset" else float(np.exp(_mean(frame, np.log(value))))


def level_codes(frame: ModelFrame, name: str, levels: Sequence[Hashable]) -> IntArray:
    """Return the position of each row used among `levels`, -1 elsewhere."""
    value = used_value(frame, name)
    if isinstance(value, Factor):
        place = {level: position for position, level in enumerate(levels)}
        return np.array([place.get(level, -1) for level in value.levels], dtype=np.intp)[value.codes]
    numbers = value.values if isinstance(value, (Logical, Matrix)) else value
    codes = np.full(len(numbers), -1, dtype=np.intp)
    for position, level in enumerate(levels):
        codes[numbers == float(level)] = position  # type: ignore[arg-type]
    return codes


def _counts(frame: ModelFrame, cells: pd.DataFrame, factors: Sequence[str]) -> Array:
    """Return how many rows used fall into each cell of the factors."""
    weights = np.where(frame.weights > 0, row_counts(frame), 0.0)
    key = np.zeros(frame.n, dtype=np.intp)
    cell = np.zeros(len(cells), dtype=np.intp)
    inside = np.ones(frame.n, dtype=bool)
    size = 1
    for name in factors:
        levels = list(dict.fromkeys(cells[name]))
        codes = level_codes(frame, name, levels)
        inside &= codes >= 0
        key += size * np.maximum(codes, 0)
        cell += size * np.array([levels.index(value) for value in cells[name]], dtype=np.intp)
        size *= len(levels)
    return np.asarray(np.bincount(key[inside], weights=weights[inside], minlength=size)[cell])
