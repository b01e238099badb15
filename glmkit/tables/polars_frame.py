"""Results as polars data frames: row labels become columns, what is missing becomes null.

polars is imported on first use, and no dependency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import pandas as pd

from glmkit.errors import DataError

if TYPE_CHECKING:
    import polars

__all__ = ["in_frame", "polars_frame", "to_polars"]

T = TypeVar("T")


def in_frame(result: T, as_frame: str) -> T:
    """Return a Series or DataFrame as it is, or as polars; typed as pandas, which it is unless asked otherwise.

    Raises
    ------
    DataError
        `as_frame` is neither "pandas" nor "polars", or polars is not installed.

    Examples
    --------
    >>> in_frame(pd.Series([1.0, 2.0], name="fit"), "polars").columns
    ['fit']
    """
    if as_frame == "pandas":
        return result
    if as_frame == "polars":
        return cast(T, to_polars(result))
    raise DataError(
        f'as_frame={as_frame!r} is not known. Choose "pandas" or "polars".',
        argument="as_frame",
        value=as_frame,
    )


def to_polars(result: Any, labels: str | None = "label") -> polars.DataFrame:
    """Return a result as a polars DataFrame, at full precision.

    Data come in as polars as they are; results come back as pandas with the caller's row
    labels, and this turns any of them.

    Parameters
    ----------
    result : Series, DataFrame, Table or MarginalMeans
        What `predict`, `residuals`, `augment`, `tidy`, `confint`, `emmeans`, `comparisons`, ...
        return.
    labels : str or None
        Name of the column for row labels that have none of their own; None leaves labels out.
        Labels 0, 1, 2, ... as polars data get them are left out anyway.

    Returns
    -------
    polars.DataFrame
        NaN as null. Levels of columns are joined by ``_``: ``fit_low``, ``se_low``.

    Raises
    ------
    DataError
        Something else is given, polars is not installed, or two columns would have one name.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    >>> gk.to_polars(fit.predict({"wool": ["A", "B"]}, se=True)).columns
    ['fit', 'se']
    >>> gk.to_polars(fit.coef, labels="term")["term"].to_list()
    ['Intercept', 'wool[T.B]']
    """
    frame = getattr(result, "frame", result)
    if isinstance(frame, pd.Series):
        frame = frame.to_frame("value" if frame.name is None else frame.name)
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            f"to_polars() takes a table or a pandas object that glmkit returned, not {type(result).__name__}.",
            argument="result",
        )
    return polars_frame(frame, labels)


def polars_frame(frame: pd.DataFrame, labels: str | None) -> polars.DataFrame:
    """Return a pandas DataFrame as a polars one, with a column for each level of its labels."""
    try:
        import polars as pl
    except ImportError:
        raise DataError("polars is not installed. Install it: pip install polars.") from None
    columns = [] if labels is None else _labels(frame.index, labels)
    columns += [(_name(name), frame.iloc[:, j]) for j, name in enumerate(frame.columns)]
    names = [name for name, _ in columns]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise DataError(
            f"Two columns would be called {twice[0]!r}. Choose another name for the row labels: labels=.",
            argument="labels",
        )
    return pl.DataFrame([_series(name, values) for name, values in columns])


def _labels(index: pd.Index, labels: str) -> list[tuple[str, pd.Series]]:
    """Return the row labels by name; none where they only count."""
    if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:
        return []
    levels = range(index.nlevels)
    names = [labels if index.nlevels == 1 else f"{labels}_{k + 1}" for k in levels]
    return [
        (str(names[k] if index.names[k] is None else index.names[k]), index.get_level_values(k).to_series())
        for k in levels
    ]


def _name(column: object) -> str:
    return "_".join(map(str, column)) if isinstance(column, tuple) else str(column)


def _series(name: str, values: pd.Series) -> polars.Series:
    """Return a column; an Enum for a category of texts, null where missing."""
    import polars as pl

    if isinstance(values.dtype, pd.CategoricalDtype):
        levels = values.cat.categories.tolist()
        plain = [None if code < 0 else levels[code] for code in values.cat.codes]
        kind = pl.Enum(levels) if all(isinstance(level, str) for level in levels) else None
        return pl.Series(name, plain, dtype=kind)
    if values.dtype.kind in "iufbM":
        return pl.Series(name, values.to_numpy(), nan_to_null=True)
    plain = [None if pd.isna(value) else value for value in values.tolist()]
    return pl.Series(name, plain, strict=False)
