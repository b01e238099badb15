"""Columns of polars and every other eager data frame that narwhals knows.

narwhals is imported on first use, so that pandas users never pay for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import DataError
from glmkit.frame.dtypes import read_series
from glmkit.frame.values import Factor, Logical, Value, factor_from_labels

__all__ = ["CURE", "from_narwhals", "narwhals_frame", "narwhals_series"]

CURE = "Pass a pandas, polars or pyarrow data frame, or a dict of columns."


def narwhals_frame(data: Any) -> Any:
    """Return the data wrapped by narwhals, or refuse what is lazy or no data frame."""
    import narwhals as nw

    wrapped = nw.from_native(data, pass_through=True)
    if isinstance(wrapped, nw.DataFrame):
        return wrapped
    kind = f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}"
    if isinstance(wrapped, nw.LazyFrame) or hasattr(data, "compute") or hasattr(data, "collect"):
        verb = ".compute()" if hasattr(data, "compute") else ".collect()"
        raise DataError(f"The data are lazy ({kind}): call {verb} first, or pass a data frame in memory.")
    raise DataError(f"The data are of type {kind}, which is not a data frame. {CURE}")


def narwhals_series(values: Any) -> Any:
    """Return a Series of any library wrapped by narwhals, None for anything else."""
    import narwhals as nw

    wrapped = nw.from_native(values, allow_series=True, pass_through=True)
    return wrapped if isinstance(wrapped, nw.Series) else None


def from_narwhals(series: Any, name: str) -> tuple[Value, str]:
    """Return a column as a value, and the name of its dtype."""
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


def _as_floats(series: Any, float64: Any) -> Array:
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
