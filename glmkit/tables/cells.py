"""A DataFrame at full precision to a grid of strings, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.tables.columns import Columns
from glmkit.tables.document import Grid
from glmkit.tables.glossary import Kind, heading_of, kind_of
from glmkit.tables.numbers import STARS_LEGEND, as_text, format_columns, stars_for
from glmkit.tables.wording import format_text


class Style(NamedTuple):
    """What a table says about its printing, besides the numbers."""

    title: str = ""
    kinds: Mapping[str, Kind] = {}
    headings: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
    stars: bool = False
    blanks: frozenset[str] = frozenset()
    show_index: bool = True


class _Column(NamedTuple):
    """One column of the frame, read: numbers or texts."""

    name: str
    kind: Kind
    numbers: Array | None
    texts: list[str]


def _numbers(series: pd.Series | Array, declared: bool) -> Array | None:
    """Return a column as floats (n,), or None where it holds text."""
    if isinstance(series, np.ndarray):
        return series.astype(float, copy=False)
    if series.dtype.kind in "iuf":
        return np.asarray(series.to_numpy(dtype=float, na_value=np.nan), dtype=float)
    if declared and series.dtype == object:
        values = series.tolist()
        if all(v is None or v is pd.NA or (isinstance(v, Real) and not isinstance(v, bool)) for v in values):
            return np.array([np.nan if v is None or v is pd.NA else float(v) for v in values])
    return None


def _read(series: pd.Series | Array, name: str, kinds: Mapping[str, Kind]) -> _Column:
    """Read a column by its declared kind, the glossary's, or its dtype's."""
    default: Kind = "count" if series.dtype.kind in "iu" else "number"
    declared = kinds.get(name) or kind_of(name, "text" if series.dtype.kind not in "iuf" else default)
    numbers = None if declared == "text" else _numbers(series, True)
    if numbers is None:
        return _Column(name, "text", None, [as_text(v) for v in series.tolist()])
    return _Column(name, declared, numbers, [])


def read_columns(table: pd.DataFrame | Columns, kinds: Mapping[str, Kind]) -> list[_Column]:
    """Return the columns, by position: names of a frame's may repeat."""
    named = table.values if isinstance(table, Columns) else table
    return [_read(series, as_text(name), kinds) for name, series in named.items()]


def _written(columns: Sequence[_Column], blanks: frozenset[str]) -> list[list[str]]:
    """Return the cells of every column; NaN is blank in the columns named ``blanks``."""
    measured = [(c.kind, c.numbers) for c in columns if c.numbers is not None]
    written = iter(format_columns([kind for kind, _ in measured], [values for _, values in measured]))
    cells = [c.texts if c.numbers is None else next(written) for c in columns]
    return [
        ["" if cell == "NA" else cell for cell in column] if c.name in blanks else column
        for c, column in zip(columns, cells, strict=True)
    ]


def _labels(index: pd.Index) -> tuple[list[str] | None, list[str]]:
    """Return the groups (the first level of a deeper index) and labels of the rows."""
    if index.nlevels == 1:
        return None, [as_text(v) for v in index.tolist()]
    keys = index.tolist()
    return [as_text(key[0]) for key in keys], [", ".join(as_text(v) for v in key[1:]) for key in keys]


def _shorten(table: pd.DataFrame | Columns, most: int | None) -> tuple[pd.DataFrame | Columns, int | None]:
    """Return the first and last rows, and where the rows between were left out."""
    if most is None or len(_row_labels(table)) <= most:
        return table, None
    head, frame = (most + 1) // 2, table.frame() if isinstance(table, Columns) else table
    return pd.concat([frame.iloc[:head], frame.iloc[len(frame) - (most - head) :]]), head


def _row_labels(table: pd.DataFrame | Columns) -> pd.Index:
    return table.labels if isinstance(table, Columns) else table.index


def make_grid(table: pd.DataFrame | Columns, style: Style, most_rows: int | None = None) -> Grid:
    """Return the cells of a table, of at most ``most_rows`` rows."""
    shown, cut = _shorten(table, most_rows)
    rows = len(_row_labels(shown))
    columns = read_columns(shown, style.kinds)
    cells = _written(columns, style.blanks)
    headings = [style.headings.get(c.name) or heading_of(c.name) for c in columns]
    numeric = [c.numbers is not None for c in columns]
    notes = list(style.notes)
    if style.stars:
        _insert_stars(columns, cells, headings, numeric)
        notes.append(STARS_LEGEND)
    groups, labels = _labels(_row_labels(shown))
    stub = ""
    if not style.show_index:
        groups, labels = None, [""] * rows
        if numeric and not numeric[0]:
            stub, labels = headings.pop(0), cells.pop(0)
            numeric.pop(0)
    if cut is not None:
        for column in (labels, *cells, *([groups] if groups else [])):
            column.insert(cut, "...")
        notes.append(
            format_text("{shown} of {nobs} rows are shown.", shown=rows, nobs=len(_row_labels(table)))
        )
    return Grid(
        style.title,
        stub,
        tuple(labels),
        tuple(groups) if groups else None,
        tuple(headings),
        tuple(map(tuple, cells)),
        tuple(numeric),
        tuple(notes),
    )


def _insert_stars(
    columns: Sequence[_Column], cells: list[list[str]], headings: list[str], numeric: list[bool]
) -> None:
    """Put a column of significance codes after each column of p values."""
    for i in reversed(range(len(columns))):
        p_values = columns[i].numbers
        if columns[i].kind == "p" and p_values is not None:
            cells.insert(i + 1, stars_for(p_values))
            headings.insert(i + 1, "")
            numeric.insert(i + 1, False)
