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
from glmkit.errors import DataError
from glmkit.frame.dtypes import read_series
from glmkit.frame.values import Factor, Logical, Value, factor_from_labels

__all__ = ["Columns", "Frame", "read_data", "read_vector"]

Frame: TypeAlias = Any  # anything `read_data` documents; its libraries need not be installed
Reader: TypeAlias = Callable[[], tuple[Value, str]]  # the value and the name of its dtype

_CURE = "Pass a pandas, polars or pyarrow data frame, or a dict of columns."


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
        read: dict[str, tuple[Value, str] | DataError] = {}
        for name in self.readers:
            try:
                read[name] = self._read(name)
            except DataError as error:  # a column no model can use; saying so again is all that is asked
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
    read: Mapping[str, tuple[Value, str] | DataError],
    repeated: frozenset[str],
    labelled: bool,
) -> Columns:
    return Columns(n_rows, index, {name: _Kept(value) for name, value in read.items()}, repeated, labelled)


@dataclass(frozen=True, eq=False)
class _Kept:
    """A reader of a column that has been read, or refused."""

    result: tuple[Value, str] | DataError

    def __call__(self) -> tuple[Value, str]:
        if isinstance(self.result, DataError):
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
        return read_series(values, name)
    if isinstance(values, pd.Index | pd.api.extensions.ExtensionArray):
        return read_series(pd.Series(values, copy=False), name)
    if not isinstance(values, np.ndarray | list | tuple | range) and hasattr(values, "dtype"):
        wrapped = _narwhals_series(values)
        if wrapped is not None:
            return _from_narwhals(wrapped, name)[0]
    return read_series(_as_series(values, name), name)


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
        values = np.asarray(values, dtype=np.float64)  # pandas has no float16 or long double Index
    return pd.Series(values, copy=False)


# ----------------------------------------------------------------------------- sources


def _columns(
    names: list[str], readers: list[Reader], index: pd.Index[Any], *, labelled: bool = True
) -> Columns:
    repeated = frozenset(name for name, count in Counter(names).items() if count > 1)
    table = dict(zip(names, readers, strict=True))
    return Columns(len(index), index, table, repeated, labelled)


def _series_reader(get: Callable[[], pd.Series[Any]], name: str) -> Reader:
    def read() -> tuple[Value, str]:
        series = get()
        return read_series(series, name), str(series.dtype)

    return read


def _from_pandas(data: pd.DataFrame) -> Columns:
    # A shallow copy costs nothing, and shields lazy reads and views of its memory from what the caller
    # later writes into the frame: pandas then copies on write.
    data = data.copy(deep=False)
    names = [str(key) for key in data.columns]
    simple = data.columns.is_unique and data.columns.nlevels == 1
    gets = [_by_label(data, key) if simple else _by_position(data, j) for j, key in enumerate(data.columns)]
    return _columns(names, [_series_reader(g, name) for g, name in zip(gets, names, strict=True)], data.index)


def _by_label(data: pd.DataFrame, key: Any) -> Callable[[], pd.Series[Any]]:
    return lambda: data[key]


def _by_position(data: pd.DataFrame, position: int) -> Callable[[], pd.Series[Any]]:
    return lambda: data.iloc[:, position]  # labels that repeat, or have several parts


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
    readers = [_vector_reader(value, str(key)) for key, value in filled.items()]
    labelled = any(isinstance(value, pd.Series) for value in whole.values())
    return _columns(names, readers, index, labelled=labelled)


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | bytes) or not hasattr(value, "__len__")


def _vector_reader(values: Any, name: str) -> Reader:
    def read() -> tuple[Value, str]:
        return read_vector(values, name), str(getattr(values, "dtype", type(values).__name__))

    return read


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
        raise DataError(f"The data are an array without column names. {_CURE}")
    flat = np.atleast_1d(data)
    readers = [_vector_reader(flat[name], name) for name in data.dtype.names]
    return _columns(list(data.dtype.names), readers, pd.RangeIndex(len(flat)), labelled=False)


def _from_other(data: Frame) -> Columns:
    if type(data).__module__.partition(".")[0] == "pyarrow" and hasattr(data, "column_names"):
        return _from_arrow_table(data)
    wrapped = _narwhals_frame(data)
    names = [str(name) for name in wrapped.columns]
    readers = [_narwhals_reader(wrapped, name) for name in wrapped.columns]
    return _columns(names, readers, pd.RangeIndex(len(wrapped)), labelled=False)


def _from_arrow_table(table: Frame) -> Columns:
    """Wrap a pyarrow Table or RecordBatch; its columns become Arrow-backed Series without a copy."""
    names = [str(name) for name in table.column_names]
    readers = [_series_reader(_arrow_series(table, j), name) for j, name in enumerate(names)]
    return _columns(names, readers, pd.RangeIndex(table.num_rows), labelled=False)


def _arrow_series(table: Frame, position: int) -> Callable[[], pd.Series[Any]]:
    return lambda: pd.Series(pd.arrays.ArrowExtensionArray(table.column(position)))


# ----------------------------------------------------------------------------- narwhals


def _narwhals_frame(data: Frame) -> Any:
    import narwhals as nw  # on first use: pandas users never pay for it

    wrapped = nw.from_native(data, pass_through=True)
    if isinstance(wrapped, nw.DataFrame):
        return wrapped
    kind = f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}"
    if isinstance(wrapped, nw.LazyFrame) or hasattr(data, "compute") or hasattr(data, "collect"):
        verb = ".compute()" if hasattr(data, "compute") else ".collect()"
        raise DataError(f"The data are lazy ({kind}): call {verb} first, or pass a data frame in memory.")
    raise DataError(f"The data are of type {kind}, which is not a data frame. {_CURE}")


def _narwhals_series(values: Any) -> Any:
    import narwhals as nw

    wrapped = nw.from_native(values, allow_series=True, pass_through=True)
    return wrapped if isinstance(wrapped, nw.Series) else None


def _narwhals_reader(frame: Any, name: str) -> Reader:
    return lambda: _from_narwhals(frame[name], str(name))


def _from_narwhals(series: Any, name: str) -> tuple[Value, str]:
    import narwhals as nw

    dtype = series.dtype
    if dtype == nw.Enum:
        return _coded_factor(series, tuple(dtype.categories)), str(dtype)
    if dtype in (nw.String, nw.Categorical):
        return _text_factor(series), str(dtype)
    if dtype == nw.Boolean:
        return Logical(_as_floats(series, nw.Float64)), str(dtype)
    if dtype.is_float() or (dtype.is_numeric() and not dtype.is_integer()):
        return _as_floats(series, nw.Float64), str(dtype)
    # whole numbers (checked beyond 2**53), dates and objects: pandas' own reading decides
    values = series.to_numpy() if dtype.is_integer() and not series.null_count() else series.to_list()
    return read_series(pd.Series(values), name), str(dtype)


def _as_floats(series: Any, float64: Any) -> Any:
    return np.asarray(series.cast(float64).to_numpy(), dtype=np.float64)


def _text_factor(series: Any) -> Factor:
    codes, labels = pd.factorize(_text_array(series))
    return factor_from_labels(codes.astype(np.intp), tuple(map(str, labels)))


def _text_array(series: Any) -> Any:
    """Return text for pandas to factorise: in Arrow memory when pyarrow is there, 4 times as fast."""
    import narwhals as nw

    text = series.cast(nw.String)
    try:
        return pd.Series(pd.arrays.ArrowExtensionArray(text.to_arrow().cast("large_string")))
    except ImportError:
        return np.asarray(text.to_list(), dtype=object)


def _coded_factor(series: Any, levels: tuple[str, ...]) -> Factor:
    codes = pd.Index(levels).get_indexer(pd.Index(series.to_list(), dtype=object))
    return Factor(np.asarray(codes, dtype=np.intp), levels)
