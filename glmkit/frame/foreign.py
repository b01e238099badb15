"""The caller's own functions and constants, as a formula sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from glmkit._typing import AnyArray
from glmkit.frame.operands import Operand, RefusalError, Scalar, Vector
from glmkit.frame.values import Factor, Logical, Matrix, factor_from_labels

__all__ = ["call_foreign", "foreign_constant"]


def call_foreign(
    name: str, function: Any, positional: list[Operand], named: Mapping[str, Operand]
) -> Operand:
    """Return the result of the caller's function, given copies of the columns as plain arrays."""
    if not callable(function):
        raise RefusalError(f"`{name}` is not a function.", "Use it without brackets.")
    plain = [_plain(operand) for operand in positional]
    options = {key: _plain(operand) for key, operand in named.items()}
    try:
        result = cast("Callable[..., Any]", function)(*plain, **options)
    except Exception as error:  # whatever the caller's code raises belongs to the formula
        what = f"`{name}()` failed with {type(error).__name__}: {error}."
        raise RefusalError(what, "Mend the function, or what it is given.") from error
    return foreign_constant(f"{name}()", result)


def _plain(operand: Operand) -> Any:
    """Return an operand as numpy or Python data of its own."""
    if isinstance(operand, np.ndarray):
        return operand.copy()
    if isinstance(operand, Logical):
        missing = bool(np.isnan(operand.values).any())
        return operand.values.copy() if missing else operand.values.astype(bool)
    if isinstance(operand, Factor):
        labels = np.empty(len(operand.levels) + 1, dtype=object)
        labels[:-1] = operand.levels  # the last cell, None, serves code -1
        return labels[operand.codes]
    if isinstance(operand, Matrix):
        return operand.values.copy()
    return list(operand.items) if isinstance(operand, Vector) else operand


def foreign_constant(name: str, value: Any) -> Operand:
    """Return the caller's value as an operand."""
    if callable(value):
        raise RefusalError(f"`{name}` is a function.", f"Call it: {name}(...).")
    if value is None or isinstance(value, (str, bool)):
        return cast("Scalar", value)
    array = np.asarray(value)
    if array.dtype.kind == "U" and not isinstance(value, np.ndarray):
        array = np.asarray(value, dtype=object)  # numpy makes text of the numbers beside text
    if array.ndim > 2 or array.dtype.kind not in "biufUOT":
        raise RefusalError(f"`{name}` is neither numbers nor text.", "Give numbers, text, or arrays of them.")
    if array.ndim == 0:
        return _scalar(name, array)
    if array.dtype.kind == "b" and array.ndim == 1:
        return Logical(array.astype(np.float64))
    if array.dtype.kind in "biuf":
        numbers = array.astype(np.float64)
        return numbers if array.ndim == 1 else _matrix(numbers)
    return _labels(name, array)


def _scalar(name: str, array: AnyArray) -> Operand:
    item = array.item()
    if isinstance(item, (bool, str)):
        return item
    if isinstance(item, (int, float)):
        return float(item)
    raise RefusalError(f"`{name}` is neither a number nor text.", "Give a number, text, or arrays of them.")


def _matrix(numbers: AnyArray) -> Matrix:
    return Matrix(numbers, tuple(str(k) for k in range(1, numbers.shape[1] + 1)))


def _labels(name: str, array: AnyArray) -> Operand:
    """Return an array of text as a factor, an array of number objects as numbers."""
    items = [None if item is None or item != item else item for item in array.ravel().tolist()]
    if all(item is None or isinstance(item, (int, float)) for item in items):
        numbers = np.array([np.nan if item is None else item for item in items], dtype=np.float64)
        return numbers if array.ndim == 1 else _matrix(numbers.reshape(array.shape))
    if array.ndim != 1 or not all(item is None or isinstance(item, str) for item in items):
        raise RefusalError(f"`{name}` mixes text and other things.", "Give all numbers, or all text.")
    places: dict[str, int] = {}
    codes = [-1 if item is None else places.setdefault(item, len(places)) for item in items]
    return factor_from_labels(np.array(codes, dtype=np.intp), tuple(places))
