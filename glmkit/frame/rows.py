"""Which rows of the data a model uses, decided once: the subset, and those with nothing missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from glmkit._typing import BoolArray, IntArray
from glmkit.errors import DataError
from glmkit.frame.names import plain_name
from glmkit.frame.values import Factor, Value

__all__ = [
    "Missing",
    "RowCounts",
    "Rows",
    "check_counts",
    "choose_rows",
    "first_labels",
    "is_plain",
    "lost_rows",
    "named_labels",
    "row_list",
    "rows_without_missing",
]

NA_ACTIONS = ("omit", "exclude", "fail")
SHOWN = 5  # row labels named in a message


@dataclass(frozen=True, eq=False)
class Missing:
    """Rows without a value, and why.

    Parameters
    ----------
    rows : (n,) array of bool
    made : bool
        Whether an expression made them from values that are there, as ``log(-1)`` does.
    """

    rows: BoolArray
    made: bool = False


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of the data and those of them that are used.

    Parameters
    ----------
    index : pandas.Index
        Labels of all rows of the data, as the caller has them.
    some : (n,) array of int, optional
        Positions of the rows used; left out where all are.
    n_outside : int
        Rows that ``subset`` leaves out.
    dropped : dict
        How many rows of the subset miss a value, by column; a row that misses two counts twice.
    made : dict
        Of `dropped`, the labels of rows where an expression has no value though its columns have.
    na_action : str
    subset : (n,) array of bool, optional
        The rows inside the subset.
    """

    index: pd.Index[Any]
    some: IntArray | None = None
    n_outside: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    made: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    na_action: str = "omit"
    subset: BoolArray | None = None

    @property
    def inside(self) -> BoolArray:
        """Which rows of the data the subset holds, (n,)."""
        return np.ones(len(self.index), dtype=bool) if self.subset is None else self.subset

    @cached_property
    def kept(self) -> IntArray:
        """Positions of the rows used, (n,)."""
        return np.arange(len(self.index)) if self.some is None else self.some

    @property
    def n_read(self) -> int:
        """Rows of the data."""
        return len(self.index)

    @property
    def n_used(self) -> int:
        """Rows used."""
        return len(self.index) if self.some is None else len(self.some)

    @property
    def n_dropped(self) -> int:
        """Rows of the subset dropped for missing values."""
        return self.n_read - self.n_outside - self.n_used

    @property
    def all_used(self) -> bool:
        """Whether every row of the data is used."""
        return self.some is None or len(self.some) == len(self.index)

    @property
    def labels(self) -> pd.Index[Any]:
        """The caller's labels of the rows used."""
        return self.index if self.all_used else self.index[self.kept]

    def sentence(self) -> str:
        """Return what was dropped and why, in words; empty when nothing was.

        Examples
        --------
        >>> rows = Rows(pd.RangeIndex(153), np.arange(111), dropped={"Ozone": 37, "Solar.R": 7})
        >>> rows.sentence()
        '42 of 153 rows dropped for missing values: Ozone 37, Solar.R 7.'
        """
        made = {name: named_labels(labels) for name, labels in self.made.items()}
        return RowCounts(self.n_read, self.n_used, self.n_outside, self.dropped, made).sentence()


@dataclass(frozen=True, eq=False)
class RowCounts:
    """How many rows were read and used, and why the others were not.

    Parameters
    ----------
    n_read, n_used, n_outside : int
        Rows of the data, rows used, rows that ``subset`` leaves out.
    dropped : dict
        How many rows of the subset miss a value, by column.
    made : dict
        In words, the rows where an expression has no value though its columns have.
    """

    n_read: int
    n_used: int
    n_outside: int
    dropped: Mapping[str, int]
    made: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_dropped(self) -> int:
        """Rows of the subset dropped for missing values."""
        return self.n_read - self.n_outside - self.n_used

    def sentence(self) -> str:
        """Return what was dropped and why, in words; empty when nothing was."""
        if not self.n_dropped:
            return ""
        counts = ", ".join(f"{name} {count}" for name, count in self.dropped.items())
        total = self.n_read - self.n_outside
        text = f"{self.n_dropped} of {total} rows dropped for missing values: {counts}."
        for name, rows in self.made.items():
            text += f" {name} is not a number (NaN) though its columns have values in {rows}."
        return text


def choose_rows(
    index: pd.Index[Any], missing: Mapping[str, Missing], subset: BoolArray | None, na_action: str = "omit"
) -> Rows:
    """Return the rows inside the subset that miss nothing.

    Parameters
    ----------
    index : pandas.Index
        Labels of the rows of the data.
    missing : dict
        By column or expression: rows without a value.
    subset : (n,) array of bool, optional
    na_action : {"omit", "exclude", "fail"}

    Raises
    ------
    DataError
        No row is left; or one misses a value and `na_action` is ``"fail"``.
    """
    rows = rows_without_missing(index, missing, subset, na_action)
    check_counts(RowCounts(rows.n_read, rows.n_used, rows.n_outside, rows.dropped), na_action)
    return rows


def rows_without_missing(
    index: pd.Index[Any], missing: Mapping[str, Missing], subset: BoolArray | None, na_action: str
) -> Rows:
    """Return the rows inside the subset that miss nothing, though there may be none."""
    if na_action not in NA_ACTIONS:
        raise DataError(
            f"na_action is {na_action!r}. Choose 'omit', 'exclude' or 'fail'.", na_action=na_action
        )
    inside = np.ones(len(index), dtype=bool) if subset is None else subset
    keep = inside.copy()
    dropped: dict[str, int] = {}
    made: dict[str, tuple[Any, ...]] = {}
    for name, why in missing.items():
        lost = why.rows & inside
        count = int(np.count_nonzero(lost))
        if count:
            keep &= ~lost
            shown = plain_name(name)
            dropped[shown] = count
            if why.made:
                made[shown] = tuple(index[np.flatnonzero(lost)])
    n_outside = len(index) - int(np.count_nonzero(inside))
    some = None if keep.all() else np.flatnonzero(keep)
    return Rows(index, some, n_outside, dropped, made, na_action, subset)


def check_counts(rows: RowCounts, na_action: str) -> None:
    """Refuse rows of which none is left, or one is missing under ``na_action="fail"``."""
    if rows.n_read == rows.n_outside:
        raise _nothing_left(rows.n_read)
    if rows.n_dropped and na_action == "fail":
        raise DataError(
            f"na_action='fail', and {rows.n_dropped} rows have missing values:"
            f" {', '.join(f'{name} {count}' for name, count in rows.dropped.items())}."
            " Complete or drop them, or use na_action='omit'.",
            dropped=dict(rows.dropped),
        )
    if rows.n_used == 0:
        columns = ", ".join(rows.dropped)
        raise DataError(
            f"There are no rows left: all {rows.n_dropped} were dropped for missing values in {columns}."
            " Leave the column out, or complete it.",
            dropped=dict(rows.dropped),
        )


def _nothing_left(n: int) -> DataError:
    if n:
        return DataError(f"subset keeps no rows of {n}. Check its condition.", argument="subset")
    return DataError("The data are empty: 0 rows. Pass data with at least one row.")


def is_plain(value: Value) -> bool:
    """Return whether every value is a finite number, by their sum alone; False also where that is in doubt."""
    if isinstance(value, Factor):
        return False
    with np.errstate(over="ignore", invalid="ignore"):  # NaN and infinity both survive a sum
        return math.isfinite((value if isinstance(value, np.ndarray) else value.values).sum())


def lost_rows(value: Value) -> BoolArray:
    """Return ``(n,)`` True where a value, or any column of a matrix, is missing."""
    if isinstance(value, Factor):
        return value.codes < 0
    lost = np.isnan(value if isinstance(value, np.ndarray) else value.values)
    return lost if lost.ndim == 1 else np.logical_or.reduce(lost, axis=1)


def first_labels(index: pd.Index[Any], rows: BoolArray) -> list[Any]:
    """Return the caller's labels of the first few rows that are True."""
    found = np.flatnonzero(rows)[:SHOWN]
    return [label.item() if isinstance(label, np.generic) else label for label in index[found]]


def row_list(index: pd.Index[Any], rows: BoolArray) -> str:
    """Return in words which rows are True: their number and the first labels."""
    return named_labels(first_labels(index, rows), int(np.count_nonzero(rows)))


def named_labels(labels: Sequence[Any], count: int | None = None) -> str:
    """Return in words how many rows there are, and the labels of the first."""
    n = len(labels) if count is None else count
    shown = ", ".join(str(label) for label in labels[:SHOWN])
    more = ", ..." if n > min(len(labels), SHOWN) else ""
    return f"{n} row{'s' * (n != 1)} (label{'s' * (n != 1)} {shown}{more})"
