"""Tables for other programs, at full precision: strict JSON values and CSV."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import TypeAlias

import numpy as np
import pandas as pd

from glmkit.tables.escape import csv
from glmkit.tables.numbers import as_text

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def json_value(value: object) -> Json:
    """Return a value that strict JSON can hold.

    NaN and missing are None (``null``), infinities the strings ``"Inf"`` and ``"-Inf"``.

    Examples
    --------
    >>> [json_value(x) for x in (0.5, float("nan"), float("-inf"))]
    [0.5, None, '-Inf']
    """
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        x = float(value)
        return x if math.isfinite(x) else (None if math.isnan(x) else ("Inf" if x > 0 else "-Inf"))
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, Mapping):
        return {as_text(key): json_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(inner) for inner in value]
    return as_text(value)


def _unique(names: list[str]) -> list[str]:
    """Return names made different by ``.1``, ``.2`` where they repeat."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, -1) + 1
        unique.append(f"{name}.{seen[name]}" if seen[name] else name)
    return unique


def json_rows(frame: pd.DataFrame) -> list[Json]:
    """Return rows as ``{"row": label, "values": {column: value}}``.

    The label is a list where the index has several levels.
    """
    names = _unique([as_text(name) for name in frame.columns])
    columns = [frame.iloc[:, i].tolist() for i in range(len(names))]
    rows: list[Json] = []
    for i, label in enumerate(frame.index.tolist()):
        values = {name: json_value(column[i]) for name, column in zip(names, columns, strict=True)}
        rows.append({"row": json_value(label), "values": values})
    return rows


def json_table(frame: pd.DataFrame, title: str, notes: tuple[str, ...]) -> dict[str, Json]:
    """Return a table as strict JSON values: title, names of the columns, rows, notes."""
    names: list[Json] = [*_unique([as_text(name) for name in frame.columns])]
    return {"title": title, "columns": names, "rows": json_rows(frame), "notes": list(notes)}


def _csv_field(value: object, safe: bool) -> str:
    """Return one field: numbers as the shortest text that reads back the same, NaN empty."""
    plain = json_value(value)
    if plain is None:
        return ""
    if isinstance(plain, float):
        return repr(plain)
    if isinstance(plain, (bool, int)):
        return str(plain)
    is_number = isinstance(value, Real)  # an infinity; its sign starts no formula
    return str(plain) if is_number else csv(str(plain), safe=safe)


def csv_table(frame: pd.DataFrame, *, labels: bool = True, safe: bool = True) -> str:
    """Return a table as CSV with a header, full precision, lines ending in a newline.

    Parameters
    ----------
    frame : DataFrame
    labels : bool
        Whether the row labels come first; their column is called ``row`` unless the index has a name.
    safe : bool
        Whether a text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    names: list[object] = [*frame.columns]
    columns: list[list[object]] = [frame.iloc[:, i].tolist() for i in range(len(names))]
    if labels:
        index = frame.index
        levels = range(index.nlevels)
        default = ("row",) if index.nlevels == 1 else ("part", "row", *("level" for _ in levels[2:]))
        given = zip(index.names, default, strict=True)
        names = [*(word if name is None else name for name, word in given), *names]
        columns = [*(index.get_level_values(i).tolist() for i in levels), *columns]
    lines = [names, *zip(*columns, strict=True)]
    return "".join(",".join(_csv_field(value, safe) for value in line) + "\n" for line in lines)
