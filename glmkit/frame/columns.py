"""The caller's data as named columns, each converted when first asked for.

Every source answers three questions: what its columns are called, how many rows there are, and what
one column is as a pandas Series or as a value. The data are never modified, and a float64 column is
never copied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from glmkit._typing import AnyArray
from glmkit.errors import DataError, GlmkitError
from glmkit.frame.dtypes import COPIES_ON_WRITE, dtype_name, read_series
from glmkit.frame.eager import CURE, from_narwhals, narwhals_frame, narwhals_series
from glmkit.frame.values import Value

__all__ = ["Columns", "Frame", "ReadyColumn", "read_data", "read_vector", "shared"]

Frame: TypeAlias = Any  # anything `read_data` documents; its libraries need not be installed
Reader: TypeAlias = Callable[[], tuple[Value, str]]  # the value and the name of its dtype


@dataclass(frozen=True, eq=False)
class Columns(Mapping[str, Value]):
    """Named columns of equal length, converted on first use.

    Parameters
    ----------
    n_rows : int
    index : pandas.Index
        The caller's row labels.
    readers : dict
        How to read each column.
    repeated : frozenset of str
        Names that occur more than once; using one is an error.
    labelled : bool
        Whether the labels are the caller's own, not made up by counting.
    """

    n_rows: int
    index: pd.Index[Any]
    readers: Mapping[str, Reader]
    repeated: frozenset[str] = frozenset()
    labelled: bool = True
    _cache: dict[str, tuple[Value, str]] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str, /) -> Value:
        return self._read(name)[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self.readers)

    def __len__(self) -> int:
        return len(self.readers)

    def __contains__(self, name: object, /) -> bool:
        return name in self.readers

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the columns themselves: what reads them belongs to the caller's process."""
        read: dict[str, tuple[Value, str] | GlmkitError] = {}
        for name in self.readers:
            try:
                read[name] = self._read(name)
            except GlmkitError as error:  # a column no model can use; saying so again is all that is asked
                read[name] = error
        return _restored, (self.n_rows, self.index, read, self.repeated, self.labelled)

    def dtype(self, name: str) -> str:
        """Return the name of the dtype the caller's column has."""
        return self._read(name)[1]

    def _read(self, name: str) -> tuple[Value, str]:
        if name not in self._cache:
            if name in self.repeated:
                raise DataError(
                    f"The data have more than one column called {name!r} (duplicated name)."
                    " Rename or drop all but one.",
                    column=name,
                )
            self._cache[name] = self.readers[name]()
        return self._cache[name]


def _restored(
    n_rows: int,
    index: pd.Index[Any],
    read: Mapping[str, tuple[Value, str] | GlmkitError],
    repeated: frozenset[str],
    labelled: bool,
) -> Columns:
    return Columns(n_rows, index, {name: _Kept(value) for name, value in read.items()}, repeated, labelled)


@dataclass(frozen=True, eq=False)
class _Kept:
    """A reader of a column that has been read, or refused."""

    result: tuple[Value, str] | GlmkitError

    def __call__(self) -> tuple[Value, str]:
        if isinstance(self.result, GlmkitError):
            raise self.result
        return self.result


def read_data(data: Frame, *, broadcast: bool = False) -> Columns:
    """Return the columns of a data frame of any kind.

    Parameters
    ----------
    data : data frame
        pandas, polars, pyarrow Table, any eager frame narwhals knows, a dict of columns, a NumPy
        record or structured array.
    broadcast : bool
        Take a scalar in a dict as a column of that value, and a Series as one row: for new data.

    Raises
    ------
    DataError
        The data are lazy, of no known kind, or their columns differ in length.

    Examples
    --------
    >>> columns = read_data({"x": [1, None, 3], "g": ["b", "a", None]})
    >>> columns["x"]
    array([ 1., nan,  3.])
    >>> columns["g"].levels
    ('a', 'b')
    """
    if isinstance(data, Columns):
        return data
    if isinstance(data, pd.DataFrame):
        return _from_pandas(data)
    if isinstance(data, pd.Series) and broadcast:
        data = dict(data.items())
    if isinstance(data, Mapping):
        return _from_mapping(data, broadcast=broadcast)
    if isinstance(data, np.ndarray):
        return _from_records(data)
    return _from_other(data)


def read_vector(values: Any, name: str) -> Value:
    """Return one column given by itself: a Series of any library, an array or a list."""
    if isinstance(values, pd.Series):
        return read_series(values if COPIES_ON_WRITE else values.copy(), name)
    if isinstance(values, pd.Index | pd.api.extensions.ExtensionArray):
        return read_series(pd.Series(values, copy=_is_kept(values.dtype)), name)
    if not isinstance(values, np.ndarray | list | tuple | range) and hasattr(values, "dtype"):
        wrapped = narwhals_series(values)
        if wrapped is not None:
            return from_narwhals(wrapped, name)[0]
    return read_series(_as_series(values, name), name)


def shared(values: Any) -> Any:
    """Return a Series that shares the memory of the one given; to be kept, since pandas copies on write while it is.

    Anything else comes back as it is.
    """
    return values.copy(deep=False) if isinstance(values, pd.Series) else values


def _is_kept(dtype: object) -> bool:
    """Return whether values of a type are read where they lie, so that later writes into them would be seen."""
    return isinstance(dtype, pd.CategoricalDtype) or getattr(dtype, "kind", "") == "f"


def _as_series(values: Any, name: str) -> pd.Series[Any]:
    if isinstance(values, pd.Series):
        return values
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(object), np.nan)
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise DataError(
            f"{name!r} has {values.ndim} dimensions {values.shape}, a column has one."
            " Give each column a name of its own.",
            column=name,
        )
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        # pandas has no float16 or long double Index; and what is written into the array later is kept out.
        values = np.array(values, dtype=np.float64)
    return pd.Series(values, copy=False)


# ----------------------------------------------------------------------------- sources


def _columns(
    names: list[str], readers: list[Reader], index: pd.Index[Any], *, labelled: bool = True
) -> Columns:
    table = dict(zip(names, readers, strict=True))
    repeated: frozenset[str] = frozenset()
    if len(table) < len(names):
        repeated = frozenset(name for name, count in Counter(names).items() if count > 1)
    return Columns(len(index), index, table, repeated, labelled)


@dataclass(frozen=True, eq=False)
class ReadyColumn:
    """A column that is a value already."""

    value: Value

    def __call__(self) -> tuple[Value, str]:
        """Return the value, and no dtype."""
        return self.value, ""


@dataclass(frozen=True, eq=False)
class _PandasColumn:
    data: pd.DataFrame
    key: Any
    name: str

    def __call__(self) -> tuple[Value, str]:
        series = self.data[self.key]
        return read_series(series, self.name), dtype_name(series.dtype)


@dataclass(frozen=True, eq=False)
class _PandasPosition:
    """A column whose label repeats, or has several parts."""

    data: pd.DataFrame
    position: int
    name: str

    def __call__(self) -> tuple[Value, str]:
        series = self.data.iloc[:, self.position]
        return read_series(series, self.name), str(series.dtype)


def _from_pandas(data: pd.DataFrame) -> Columns:
    # A shallow copy costs nothing, and shields lazy reads and views of its memory from what the caller
    # later writes into the frame: pandas then copies on write.
    data = data.copy(deep=False)
    keys = data.columns.tolist()
    names = [str(key) for key in keys]
    if data.columns.is_unique and data.columns.nlevels == 1:
        labels: list[Reader] = [_PandasColumn(data, key, name) for key, name in zip(keys, names, strict=True)]
        return _columns(names, labels, data.index)
    places: list[Reader] = [_PandasPosition(data, j, name) for j, name in enumerate(names)]
    return _columns(names, places, data.index)


def _from_mapping(data: Mapping[Any, Any], *, broadcast: bool) -> Columns:
    scalars = [key for key, value in data.items() if _is_scalar(value)]
    if scalars and not broadcast:
        raise DataError(
            f"Column {str(scalars[0])!r} of the data is a single value, not a column of values."
            " Give a list or an array with one value per row.",
            column=str(scalars[0]),
        )
    whole = {key: value for key, value in data.items() if not _is_scalar(value)}
    index = _shared_index(whole, 1 if scalars and not whole else None)
    filled = {key: value if key in whole else [value] * len(index) for key, value in data.items()}
    names = [str(key) for key in filled]
    readers: list[Reader] = [_Vector(shared(value), str(key)) for key, value in filled.items()]
    labelled = any(isinstance(value, pd.Series) for value in whole.values())
    return _columns(names, readers, index, labelled=labelled)


def _is_scalar(value: object) -> bool:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return True
    return value is None or isinstance(value, str | bytes) or not hasattr(value, "__len__")


@dataclass(frozen=True, eq=False)
class _Vector:
    """A column given by itself."""

    values: Any
    name: str

    def __call__(self) -> tuple[Value, str]:
        dtype = getattr(self.values, "dtype", type(self.values).__name__)
        return read_vector(self.values, self.name), str(dtype)


def _shared_index(columns: Mapping[Any, Any], n_scalar: int | None) -> pd.Index[Any]:
    """Return the row labels of a dict of columns, all of one length."""
    lengths = {str(key): len(value) for key, value in columns.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"The columns differ in length: {_first_difference(lengths)}.", lengths=lengths)
    labels = [value.index for value in columns.values() if isinstance(value, pd.Series)]
    if any(not index.equals(labels[0]) for index in labels[1:]):
        raise DataError(
            "The Series in the dict have different indexes. Put them into one pandas DataFrame,"
            " which aligns them, or pass arrays."
        )
    if labels:
        return labels[0]
    return pd.RangeIndex(next(iter(lengths.values()), n_scalar or 0))


def _first_difference(lengths: Mapping[str, int]) -> str:
    first, length = next(iter(lengths.items()))
    other = next(name for name, n in lengths.items() if n != length)
    return f"{first!r} has {length} values, {other!r} has {lengths[other]}"


def _from_records(data: AnyArray) -> Columns:
    if data.dtype.names is None:
        raise DataError(f"The data are an array without column names. {CURE}")
    flat = np.atleast_1d(data)
    readers: list[Reader] = [_Vector(flat[name], name) for name in data.dtype.names]
    return _columns(list(data.dtype.names), readers, pd.RangeIndex(len(flat)), labelled=False)


def _from_other(data: Frame) -> Columns:
    if type(data).__module__.partition(".")[0] == "pyarrow" and hasattr(data, "column_names"):
        return _from_arrow_table(data)
    wrapped = narwhals_frame(data)
    names = [str(name) for name in wrapped.columns]
    readers: list[Reader] = [_NarwhalsColumn(wrapped, name) for name in wrapped.columns]
    return _columns(names, readers, pd.RangeIndex(len(wrapped)), labelled=False)


def _from_arrow_table(table: Frame) -> Columns:
    """Wrap a pyarrow Table or RecordBatch; its columns become Arrow-backed Series without a copy."""
    names = [str(name) for name in table.column_names]
    readers: list[Reader] = [_ArrowColumn(table, j, name) for j, name in enumerate(names)]
    return _columns(names, readers, pd.RangeIndex(table.num_rows), labelled=False)


@dataclass(frozen=True, eq=False)
class _ArrowColumn:
    table: Frame
    position: int
    name: str

    def __call__(self) -> tuple[Value, str]:
        series = pd.Series(pd.arrays.ArrowExtensionArray(self.table.column(self.position)))
        return read_series(series, self.name), str(series.dtype)


@dataclass(frozen=True, eq=False)
class _NarwhalsColumn:
    frame: Any
    name: str

    def __call__(self) -> tuple[Value, str]:
        return from_narwhals(self.frame[self.name], str(self.name))
