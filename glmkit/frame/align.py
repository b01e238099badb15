"""Arguments with one value per row of the data, brought into the order of the data.

A column's name or an expression over columns is in order by itself; an array is taken by position;
a pandas Series is matched by its labels and refused when they do not match. A single value is never
spread over the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray
from glmkit.errors import DataError
from glmkit.frame.columns import Columns, read_vector
from glmkit.frame.encoding import is_categorical
from glmkit.frame.evaluate import evaluate
from glmkit.frame.formula import parse_expression
from glmkit.frame.rows import Rows, first_labels, row_list
from glmkit.frame.values import Matrix, Value, take_rows

__all__ = [
    "RowArgument",
    "checked",
    "numbers_in",
    "row_numbers",
    "row_subset",
    "row_values",
    "truth_in",
    "used_values",
]

RowArgument: TypeAlias = Any  # text, array or Series
Context: TypeAlias = Mapping[str, object]


def row_values(given: RowArgument, argument: str, columns: Columns, context: Context) -> Value:
    """Return an argument's values in the order of the data.

    Parameters
    ----------
    given : str, array or Series
        A column, an expression over columns, or one value per row of the data.
    argument : str
        What the caller calls it, for messages.
    columns : Columns
    context : dict
        Names an expression may use besides columns.

    Raises
    ------
    DataError
        The length or the labels do not match the data, or a single value is given.
    """
    if isinstance(given, str):
        return _evaluated(given, columns, context)
    return _vector(given, argument, columns.index)


def used_values(given: RowArgument, argument: str, columns: Columns, rows: Rows, context: Context) -> Value:
    """Return an argument's values over the rows used; an array may also be of just those rows.

    Parameters
    ----------
    given : str, array or Series
        As for `row_values`, or one value per row used.
    argument : str
    columns : Columns
        The data of the fit.
    rows : Rows
        Which of its rows are used.
    context : dict
    """
    kept = rows.kept  # first: a model without its rows says so here
    if not isinstance(given, str) and hasattr(given, "__len__") and len(given) == rows.n_used:
        return _vector(given, argument, rows.labels)
    return take_rows(row_values(given, argument, columns, context), kept)


def row_numbers(given: RowArgument, argument: str, columns: Columns, context: Context) -> Array:
    """Return an argument's values as numbers, NaN where missing."""
    return numbers_in(row_values(given, argument, columns, context), argument)


def numbers_in(value: Value, argument: str) -> Array:
    """Return an argument's value as numbers, NaN where missing."""
    if is_categorical(value) and not hasattr(value, "values"):
        raise DataError(
            f"{argument} holds text or categories; it must be numeric, one number per row.", argument=argument
        )
    if isinstance(value, Matrix):
        raise DataError(f"{argument} has {value.values.shape[1]} columns; give one.", argument=argument)
    return value if isinstance(value, np.ndarray) else value.values  # type: ignore[union-attr]


def row_subset(given: RowArgument, columns: Columns, context: Context) -> BoolArray:
    """Return which rows of the data the subset keeps; where it is missing, the row is left out.

    Raises
    ------
    DataError
        It is neither true/false nor 0/1, or a list of positions.
    """
    if not isinstance(given, str) and _holds_positions(given, columns.n_rows):
        raise _not_truth()
    return truth_in(row_numbers(given, "subset", columns, context))


def truth_in(values: Array) -> BoolArray:
    """Return which numbers are 1, the others being 0 or missing."""
    if not np.all(np.isnan(values) | (values == 0) | (values == 1)):
        raise _not_truth()
    return np.asarray(values == 1)


def checked(
    values: Array, argument: str, index: pd.Index[Any], *, allowed: Callable[[Array], BoolArray], rule: str
) -> Array:
    """Return the values when all are finite and allowed; otherwise name the first rows that are not.

    Parameters
    ----------
    values : (n,) array
    argument : str
    index : pandas.Index
        Labels of these rows.
    allowed : function
        From values to True where they may stand.
    rule : str
        What must hold, in words.
    """
    infinite = np.isinf(values)
    if infinite.any():
        hint = " Is it the log of a zero exposure?" if argument in ("offset", "exposure") else ""
        raise DataError(
            f"{argument} is infinite in {row_list(index, infinite)}; it must be finite.{hint}",
            argument=argument,
            rows=first_labels(index, infinite),
        )
    bad = ~allowed(values)
    if bad.any():
        worst = values[np.flatnonzero(bad)[0]]
        raise DataError(
            f"{argument} must be {rule}, but is {worst:g} in {row_list(index, bad)}."
            " Correct the values, or leave the rows out with subset.",
            argument=argument,
            rows=first_labels(index, bad),
        )
    return values


# ----------------------------------------------------------------------------- the pieces


def _evaluated(text: str, columns: Columns, context: Context) -> Value:
    if text in columns:
        return columns[text]
    parsed = parse_expression(text, columns, context)
    return evaluate(parsed.text, columns, context=context)


def _vector(given: RowArgument, argument: str, index: pd.Index[Any]) -> Value:
    """Return an array or Series of one value per label."""
    _check_one_per_row(given, argument, len(index))
    if isinstance(given, pd.DataFrame):
        given = given.iloc[:, 0]
    if isinstance(given, pd.Series):
        given = _in_order(given, argument, index)
    if isinstance(given, np.ndarray) and given.ndim == 2:
        given = given[:, 0]
    return read_vector(given, argument)


def _check_one_per_row(given: RowArgument, argument: str, n: int) -> None:
    shape = np.shape(given) if isinstance(given, np.ndarray | pd.DataFrame) else None
    if given is None or not hasattr(given, "__len__") or shape == ():
        raise DataError(
            f"{argument} is a single value ({given!r}), which is not spread over the rows. Give one value"
            f" for each of the {n} rows, a column's name, or an expression.",
            argument=argument,
        )
    if shape is not None and not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
        raise DataError(f"{argument} has shape {shape}; it needs one value per row.", argument=argument)
    if len(given) != n:
        raise DataError(
            f"{argument} has length {len(given)}, but the data have {n} rows. Give one value per row"
            " of the data, before rows are dropped.",
            argument=argument,
            length=len(given),
        )


def _in_order(series: pd.Series[Any], argument: str, index: pd.Index[Any]) -> pd.Series[Any]:
    """Return the Series in the order of the data's labels."""
    if series.index is index or series.index.equals(index):
        return series
    if not (series.index.is_unique and index.is_unique):
        raise DataError(
            f"The index of {argument} differs from the data's, and labels occur twice (duplicated), so the"
            " rows cannot be matched. Pass .to_numpy() to go by position.",
            argument=argument,
        )
    order = series.index.get_indexer(index)
    if (order < 0).any():
        raise DataError(
            f"The index of {argument} does not match the data's: its labels lack {row_list(index, order < 0)}"
            " of the data. Align it, or pass .to_numpy() to go by position.",
            argument=argument,
            rows=first_labels(index, order < 0),
        )
    return series.iloc[order]


def _holds_positions(given: RowArgument, n: int) -> bool:
    if not hasattr(given, "__len__") or len(given) == n or len(given) == 0:
        return False
    kind = np.asarray(given).dtype.kind
    return kind in "iu"


def _not_truth() -> DataError:
    return DataError(
        "subset is neither true/false nor 0/1. Integer positions are not taken: give a condition such as"
        ' "age > 40", one truth value per row, or select the rows beforehand with data.iloc[...].',
        argument="subset",
    )
