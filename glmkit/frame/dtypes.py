"""One column of the caller's data as a value of the frame.

Text becomes a factor with sorted levels, a category a factor with its own order, truth values a
`Logical`, and everything that is a number float64. What is none of these is refused with the cure:
a date as nanoseconds or a dummy per distinct object is never what was meant.
"""

from __future__ import annotations

import numbers
from decimal import Decimal
from functools import cache
from typing import Any, cast

import numpy as np
import pandas as pd

from glmkit._typing import AnyArray, Array, BoolArray, IntArray
from glmkit.errors import DataError
from glmkit.frame.values import Factor, Logical, Value, factor_from_labels

__all__ = ["COPIES_ON_WRITE", "LARGEST_EXACT_INTEGER", "dtype_name", "read_series"]

# Whether pandas copies, when it is written to, what shares memory with another frame or Series.
COPIES_ON_WRITE = int(pd.__version__.split(".", 1)[0]) >= 3
LARGEST_EXACT_INTEGER = 2**53  # beyond it float64 skips whole numbers

_REFUSED = {
    "M": ("dates or times", "a number such as the days since the first, or text to use it as a factor"),
    "m": ("durations", "a number in a unit you choose, e.g. .dt.total_seconds()"),
    "c": ("complex numbers", "its real part, imaginary part or modulus"),
    "S": ("bytes", "text with .str.decode()"),
    "V": ("records", "one column per field"),
}
_OBJECT_KINDS = {
    "datetime": "M",
    "datetime64": "M",
    "date": "M",
    "time": "M",
    "period": "M",
    "timedelta": "m",
    "timedelta64": "m",
    "complex": "c",
    "bytes": "S",
}


def read_series(series: pd.Series[Any], name: str) -> Value:
    """Return a pandas Series as a value; its own memory where it holds float64 already.

    Raises
    ------
    DataError
        The column holds dates, complex numbers, mixed or nested objects, bytes, or whole numbers
        that float64 cannot hold.
    """
    dtype: Any = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _from_category(series)
    if isinstance(dtype, pd.SparseDtype):
        return read_series(series.astype(dtype.subtype), name)
    if isinstance(dtype, pd.StringDtype):
        return _from_text(series)
    if isinstance(dtype, pd.ArrowDtype) and dtype.kind == "O":
        return _from_arrow(series, name)
    return _from_kind(series, name, dtype.kind)


def dtype_name(dtype: object) -> str:
    """Return the name of a dtype."""
    return _numpy_name(dtype) if isinstance(dtype, np.dtype) else str(dtype)


@cache
def _numpy_name(dtype: np.dtype[Any]) -> str:
    """Return the name of one of NumPy's dtypes, which takes NumPy longer than reading a column."""
    return str(dtype)


def _from_kind(series: pd.Series[Any], name: str, kind: str) -> Value:
    if kind == "f":
        return _float64(series)
    if kind in "iu":
        return _from_integers(series, name)
    if kind == "b":
        return Logical(_float64(series))
    if kind in _REFUSED:
        raise _refusal(name, kind, str(series.dtype))
    return _from_text(series) if kind == "U" else _from_objects(series, name)


def _float64(series: pd.Series[Any]) -> Array:
    if series.dtype == np.float64:
        return np.asarray(series.to_numpy())
    if isinstance(series.dtype, np.dtype):
        with np.errstate(all="ignore"):  # of longer doubles
            return np.asarray(series.to_numpy(), dtype=np.float64)
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def _from_integers(series: pd.Series[Any], name: str) -> Array:
    values = _float64(series)
    if getattr(series.dtype, "itemsize", 8) == 8 and np.any(np.abs(values) >= LARGEST_EXACT_INTEGER):
        _check_exact(series.dropna().to_numpy(), name)
    return values


def _check_exact(integers: AnyArray, name: str) -> None:
    """Refuse whole numbers that float64 would change."""
    for value in integers:
        if abs(int(value)) > LARGEST_EXACT_INTEGER and int(float(value)) != int(value):
            raise DataError(
                f"Column {name!r} holds whole numbers beyond 2**53 such as {int(value)}, which a double"
                " cannot tell apart. Use .astype(str) if they are labels, or .astype(float) to round them.",
                column=name,
                value=int(value),
            )


def _from_category(series: pd.Series[Any]) -> Factor:
    # As narrow as pandas keeps them: a byte a row for up to 127 levels. Pandas 3 copies them on write.
    kept: Any = series.array
    codes = cast(IntArray, kept.codes if COPIES_ON_WRITE else series.cat.codes.to_numpy())
    return Factor(codes, tuple(kept.categories.tolist()), ordered=bool(kept.ordered))


def _from_text(series: pd.Series[Any]) -> Factor:
    codes, labels = pd.factorize(series)
    return factor_from_labels(codes.astype(np.intp, copy=False), tuple(map(str, labels.tolist())))


def _from_arrow(series: pd.Series[Any], name: str) -> Value:
    """Read the Arrow types that NumPy has no kind for: dictionaries, decimals, nested ones."""
    chunked: Any = cast(Any, series.array).__arrow_array__()
    plain = chunked.to_pandas()
    if isinstance(plain.dtype, pd.ArrowDtype):
        raise _refusal(name, "V", str(series.dtype))
    return read_series(plain, name)


def _from_objects(series: pd.Series[Any], name: str) -> Value:
    """Read a column of Python objects by what they are; never a dummy per distinct object."""
    found = str(pd.api.types.infer_dtype(series, skipna=True))
    if found in _OBJECT_KINDS and not series.isna().all():
        raise _refusal(name, _OBJECT_KINDS[found], str(series.dtype))
    if found == "string":
        return _from_text(series)
    values, missing = series.to_numpy(dtype=object), series.isna().to_numpy()
    if found == "boolean":
        return Logical(_filled(values, missing))
    _check_numbers(values, missing, name)
    return _filled(values, missing)


def _filled(values: AnyArray, missing: BoolArray) -> Array:
    numeric = np.full(len(values), np.nan)
    numeric[~missing] = values[~missing].astype(np.float64)
    return numeric


def _check_numbers(values: AnyArray, missing: BoolArray, name: str) -> None:
    present = values[~missing]
    bad = [i for i, value in zip(np.flatnonzero(~missing), present, strict=True) if not _is_number(value)]
    if bad:
        raise _mixture(values[bad[0]], len(bad), len(present), name, int(bad[0]))
    _check_exact(np.array([v for v in present if isinstance(v, numbers.Integral)], dtype=object), name)


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool | np.bool_)


def _mixture(value: object, n_bad: int, n: int, name: str, row: int) -> DataError:
    shown = repr(value) if len(repr(value)) <= 40 else repr(value)[:37] + "..."
    kind = type(value).__name__
    if n_bad == n:
        text = f"Column {name!r} holds objects of type {kind}, which are neither numbers nor text"
    else:
        text = f"Column {name!r} mixes numbers with other objects: {n_bad} of type {kind}"
    return DataError(
        f"{text}, the first being {shown} in row {row} (counted from 0). Convert the column, e.g. with"
        " pd.to_numeric(..., errors='coerce') for numbers or .astype(str) for a factor.",
        column=name,
        value=value,
        rows=[row],
    )


def _refusal(name: str, kind: str, dtype: str) -> DataError:
    what, cure = _REFUSED[kind]
    return DataError(
        f"Column {name!r} holds {what} (dtype {dtype}), which a model cannot use as they are."
        f" Turn it into {cure}.",
        column=name,
        dtype=dtype,
    )
