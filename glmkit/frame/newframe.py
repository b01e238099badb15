"""New data coded as the fit's rows were: for predictions, one row out for every row in.

Only the columns that the right-hand side uses are looked at. They are checked first, levels are
matched by label, and nothing the fit learned is ever written to.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray
from glmkit.design.blocks import dense_from_blocks
from glmkit.design.dense import DenseDesign
from glmkit.design.parts import Block
from glmkit.errors import DataError, NewLevelError
from glmkit.frame.align import RowArgument, checked, row_numbers
from glmkit.frame.coding import Coding, Variable
from glmkit.frame.columns import Columns, Frame, ReadyColumn, read_data
from glmkit.frame.encoding import FactorEncoding, as_factor, is_categorical, positions, unknown_rows
from glmkit.frame.evaluate import evaluate
from glmkit.frame.formula import parse_expression
from glmkit.frame.level_offsets import (
    LevelOffset,
    argument_texts,
    check_one_column,
    formula_offset,
    holds_values,
    read_offset,
)
from glmkit.frame.modelframe import ModelFrame, check_finite
from glmkit.frame.names import plain_name
from glmkit.frame.rows import first_labels, lost_rows, row_list
from glmkit.frame.values import Factor, Logical, Value, level_text, take_rows

__all__ = ["NewFrame", "conformed", "new_frame", "new_weights"]


@dataclass(frozen=True, eq=False)
class NewFrame:
    """New data coded as a fit's columns.

    Parameters
    ----------
    blocks : tuple of Block
        The columns of the rows that are `ok`.
    offset : (m,) array or None
        Of the rows that are `ok`, on the link scale.
    ok : (n,) array of bool
        Rows of the new data in which nothing needed is missing.
    index : pandas.Index
        The caller's labels of all rows.
    level_offsets : tuple of LevelOffset
        Offsets of several columns, of the rows that are `ok`.
    """

    blocks: tuple[Block, ...]
    offset: Array | None
    ok: BoolArray
    index: pd.Index[Any]
    level_offsets: tuple[LevelOffset, ...] = ()

    @property
    def n(self) -> int:
        """How many rows are `ok`."""
        return int(np.count_nonzero(self.ok))

    @cached_property
    def design(self) -> DenseDesign:
        """The columns of the rows that are `ok`."""
        return dense_from_blocks(self.blocks, self.n)

    def padded(self, values: Array) -> Array:
        """Return values of the rows that are `ok`, (m,) or (m, k), with NaN in the others."""
        if self.ok.all():
            return values
        full = np.full((len(self.ok), *values.shape[1:]), np.nan)
        full[self.ok] = values
        return full


def new_frame(
    frame: ModelFrame, newdata: Frame, *, offset: RowArgument = None, exposure: RowArgument = None
) -> NewFrame:
    """Return new data coded as the columns of a fitted frame.

    Parameters
    ----------
    frame : ModelFrame
    newdata : data frame, dict of columns or scalars, Series
        A dict of scalars or a Series is one row.
    offset, exposure : str, array, Series or number, optional
        In place of the fit's argument; needed when the fit's was an array. A number holds for all rows.

    Raises
    ------
    DataError
        A column is missing or of another kind, or an offset cannot be found.
    NewLevelError
        A level occurs that the fit did not use.

    Examples
    --------
    >>> from glmkit.frame.modelframe import model_frame
    >>> data = {"y": [1, 2, 4, 3], "x": [0.0, 1.0, 2.0, 3.0], "g": ["a", "b", "a", "b"]}
    >>> new = new_frame(model_frame("y ~ x + g", data), {"x": 5, "g": "b"})
    >>> new.design.values
    array([[1., 5., 1.]])
    """
    coding = frame.coding
    given = read_data(newdata, broadcast=True)
    columns = _conforming(coding.variables, given)
    values = _evaluated(coding, columns)
    total, wide = _offsets(frame, given, values, {"offset": offset, "exposure": exposure})
    ok = np.ones(given.n_rows, dtype=bool)
    for value in [*values.values(), *([] if total is None else [total])]:
        ok &= ~lost_rows(value)
    for one in wide:
        ok &= ~one.lost
    if not ok.all():
        values = {text: take_rows(value, ok) for text, value in values.items()}
        total = None if total is None else total[ok]
    check_finite(values, given.index[ok])
    kept = tuple(one.select(ok) for one in wide)
    return NewFrame(coding.blocks(values), total, ok, given.index, kept)


def new_weights(frame: ModelFrame, newdata: Frame, given: RowArgument) -> Array | None:
    """Return weights of the rows of new data, (n,): a column, an expression, values or one number."""
    if given is None:
        return None
    columns = read_data(newdata, broadcast=True)
    if isinstance(given, int | float | np.number):
        given = np.full(columns.n_rows, float(given))
    values = row_numbers(given, "weights", columns, frame.coding.context)
    return checked(values, "weights", columns.index, allowed=lambda v: ~(v < 0), rule=">= 0 (not negative)")


# ----------------------------------------------------------------------------- columns


def _conforming(variables: Mapping[str, Variable], given: Columns) -> Columns:
    """Return the needed columns as the kinds the fit saw, levels in the fit's order."""
    absent = [name for name in variables if name not in given]
    if absent:
        raise DataError(
            f"The new data lack the column{'s' * (len(absent) > 1)} {', '.join(map(repr, absent))}, which"
            " the model uses. Add what is missing; only columns of the new data are looked at.",
            columns=tuple(absent),
        )
    readers = {name: ReadyColumn(conformed(name, given, seen)) for name, seen in variables.items()}
    return Columns(given.n_rows, given.index, readers, labelled=given.labelled)


def conformed(
    name: str, given: Columns, seen: Variable, *, before: str = "the fit", now: str = "the new data"
) -> Value:
    """Return a column as the kind of value it was before; unknown levels come after the known ones."""
    value = given[name]
    if lost_rows(value).all():  # without a value there is no kind to compare
        return _all_missing(seen, given.n_rows)
    if seen.kind == "factor":
        return _as_levels(value, seen, _changed(name, seen, given, before, now))
    if isinstance(value, Factor):
        raise _changed(name, seen, given, before, now)
    if seen.kind == "number":
        return value.values if isinstance(value, Logical) else value
    truth = value.values if isinstance(value, Logical) else value
    if not isinstance(truth, np.ndarray) or not np.all(np.isnan(truth) | (truth == 0) | (truth == 1)):
        raise _changed(name, seen, given, before, now)
    return Logical(truth)


def _all_missing(seen: Variable, n: int) -> Value:
    if seen.kind == "factor":
        return Factor(np.full(n, -1, dtype=np.intp), seen.levels or (), seen.ordered)
    return np.full(n, np.nan) if seen.kind == "number" else Logical(np.full(n, np.nan))


def _as_levels(value: Value, seen: Variable, changed: DataError) -> Factor:
    """Match levels by label; ones the fit never saw come after the fit's own, to be judged later."""
    levels = seen.levels or ()
    if not is_categorical(value):
        value = _numbers_as_factor(value, seen, changed)
    grouped = as_factor(value)
    known = set(levels)
    extra = tuple(level for level in grouped.levels if level not in known)
    place = np.append(positions(grouped.levels, levels + extra), -1)
    return Factor(place[grouped.codes], levels + extra, seen.ordered)


def _numbers_as_factor(value: Value, seen: Variable, changed: DataError) -> Factor:
    """Read numbers as labels where the fit's categories were numbers too."""
    if not all(isinstance(level, int | float) and not isinstance(level, bool) for level in seen.levels or ()):
        raise changed
    numbers = np.asarray(value)
    codes = np.full(len(numbers), -1, dtype=np.intp)
    present = ~np.isnan(numbers)
    labels, codes[present] = np.unique(numbers[present], return_inverse=True)
    return Factor(codes, tuple(labels.tolist()))


def _changed(name: str, seen: Variable, given: Columns, before: str, now: str) -> DataError:
    words = {"number": "numeric", "factor": "text or a category", "truth": "true/false"}
    return DataError(
        f"Column {name!r} has changed its type: it was {words[seen.kind]} (dtype {seen.dtype}) in {before} and"
        f" is {given.dtype(name)} in {now}. Convert it to the kind the model expects.",
        column=name,
        expected=seen.kind,
    )


# ----------------------------------------------------------------------------- values


def _evaluated(coding: Coding, columns: Columns) -> dict[str, Value]:
    """Return the value of each factor and formula offset, levels known to the fit."""
    values = {}
    for text in dict.fromkeys((*coding.factors, *coding.formula.offsets)):
        value = evaluate(text, columns, context=coding.context, state=dict(coding.state), learn=False)
        encoding = coding.encodings.get(text)
        if isinstance(encoding, FactorEncoding):
            value = _known_levels(encoding, value, columns)
        values[text] = value
    return values


def _known_levels(encoding: FactorEncoding, value: Value, columns: Columns) -> Factor:
    """Return a factor over the fit's levels, or name the first level that is not among them."""
    grouped = as_factor(value)
    unknown = unknown_rows(encoding, grouped)
    if unknown.any():
        found = dict.fromkeys(grouped.levels[code] for code in grouped.codes[unknown])
        name = plain_name(encoding.factor)
        raise NewLevelError(
            f"{name!r} has {'a level' if len(found) == 1 else 'levels'} the fit did not use:"
            f" {_listed(list(found))}, in"
            f" {row_list(columns.index, unknown)}. The levels are {_listed(encoding.levels)}."
            " Leave the rows out, or refit with that level.",
            column=name,
            levels=tuple(found),
            rows=first_labels(columns.index, unknown),
        )
    return Factor(encoding.codes(grouped), encoding.levels, encoding.ordered)


def _listed(levels: Sequence[Hashable], most: int = 8) -> str:
    """Return levels for a message: text in quotes, numbers without, so that 1 and '1' differ."""
    texts = [repr(level) if isinstance(level, str) else level_text(level) for level in levels[:most]]
    return ", ".join(texts) + (", ..." if len(levels) > most else "")


# ----------------------------------------------------------------------------- offsets


def _offsets(
    frame: ModelFrame, given: Columns, values: Mapping[str, Value], passed: Mapping[str, RowArgument]
) -> tuple[Array | None, tuple[LevelOffset, ...]]:
    """Return the sum of the formula's offsets and the argument ones, NaN where missing; and those of levels."""
    parts = [formula_offset(text, values[text]) for text in frame.formula.offsets]
    for argument, mine in passed.items():
        numbers = _argument_values(frame, given, argument, mine)
        if isinstance(numbers, np.ndarray) and argument == "exposure":
            numbers = _log_exposure(numbers, given.index)
        parts += [] if numbers is None else [numbers]
    wide = tuple(part for part in parts if isinstance(part, LevelOffset))
    check_one_column(wide, frame.response.kind)
    single = [part for part in parts if not isinstance(part, LevelOffset)]
    return (np.sum(single, axis=0) if single else None), wide


def _argument_values(
    frame: ModelFrame, given: Columns, argument: str, passed: RowArgument
) -> Array | LevelOffset | None:
    fitted = getattr(frame.arguments, argument)
    if isinstance(passed, int | float | np.number):
        return np.full(given.n_rows, float(passed))
    if passed is not None:
        return _read(frame, given, argument, passed)
    if fitted is None:
        return None
    if holds_values(fitted):
        none = "0 for no offset" if argument == "offset" else "1 for rates"
        raise DataError(
            f"The model was fitted with an {argument} given as values, which say nothing about new rows."
            f" Pass {argument}= for them ({none}).",
            argument=argument,
        )
    for text in argument_texts(fitted):
        _check_names_known(text, argument, frame, given)
    return _read(frame, given, argument, fitted)


def _read(frame: ModelFrame, given: Columns, argument: str, asked: RowArgument) -> Array | LevelOffset:
    """Return an argument's values for new rows, all finite or missing."""
    read = read_offset if argument == "offset" else _exposure
    values = read(asked, given, frame.coding.context)
    for column in values.values.T if isinstance(values, LevelOffset) else (values,):
        checked(column, argument, given.index, allowed=lambda v: np.ones(len(v), dtype=bool), rule="")
    return values


def _exposure(asked: RowArgument, given: Columns, context: Mapping[str, object]) -> Array:
    return row_numbers(asked, "exposure", given, context)


def _check_names_known(text: str, argument: str, frame: ModelFrame, given: Columns) -> None:
    """Refuse an argument of the fit whose columns the new data lack."""
    if text in frame.source:
        needed: tuple[str, ...] = (text,)
    else:
        needed = parse_expression(text, frame.source, frame.coding.context).variables
    absent = [name for name in needed if name not in given]
    if absent:
        raise DataError(
            f"The model was fitted with {argument}={text!r}, and the new data lack"
            f" {', '.join(map(repr, absent))}. Add the column, or pass {argument}=.",
            argument=argument,
            columns=tuple(absent),
        )


def _log_exposure(values: Array, index: pd.Index[Any]) -> Array:
    checked(values, "exposure", index, allowed=lambda v: ~(v <= 0), rule="> 0 (its log is the offset)")
    return np.log(values)
