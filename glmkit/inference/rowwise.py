"""Results by row, with the caller's labels, padded where ``na_action="exclude"`` asks for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.frame.rows import Rows

__all__ = ["by_row", "frame_by_row", "padded", "result_index"]


def by_row(rows: Rows, values: Array, name: str) -> pd.Series:
    """Return values of the rows used, (n,), as a Series by row label."""
    return pd.Series(padded(rows, values), index=result_index(rows), name=name)


def frame_by_row(rows: Rows, values: Array, names: Sequence[str]) -> pd.DataFrame:
    """Return values of the rows used, (n, k), as a DataFrame by row label."""
    return pd.DataFrame(padded(rows, values), index=result_index(rows), columns=list(names))


def result_index(rows: Rows) -> pd.Index:
    """Return the labels that row-wise results carry."""
    return rows.index[rows.inside] if rows.na_action == "exclude" else rows.labels


def padded(rows: Rows, values: Array) -> Array:
    """Return values (n,) or (n, k) with NaN in the rows left out for missing values, if asked for."""
    if rows.na_action != "exclude" or rows.n_dropped == 0:
        return values
    full = np.full((rows.n_read, *values.shape[1:]), np.nan)
    full[rows.kept] = values
    return full[rows.inside]
