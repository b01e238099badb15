"""What a formula's expressions evaluate to: the value types of the frame.

A *numeric* value is a plain ``(n,)`` float64 array with NaN for missing; the other
kinds are the small frozen classes below. Nothing here knows where the data came from.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np

from glmkit._typing import Array, BoolArray, IntArray

__all__ = [
    "ColumnSource",
    "ContrastSpec",
    "Factor",
    "Logical",
    "Matrix",
    "Value",
    "count_rows",
    "factor_from_labels",
    "level_text",
    "missing_rows",
    "take_rows",
]


@dataclass(frozen=True)
class ContrastSpec:
    """How a factor asked to be coded, before its levels are settled.

    Parameters
    ----------
    name : str
        ``"treatment"``, ``"sum"``, ``"helmert"``, ``"poly"``, ``"diff"``, ``"sas"`` or ``"matrix"``.
    base : hashable or None
        The level *value* that ``treatment`` compares with; None for the scheme's own choice.
    scores : tuple of float or None
        One score per level for ``poly``; None for equally spaced levels.
    matrix : tuple of rows or None
        One row per level for ``"matrix"``.
    labels : tuple of str or None
        Names of the columns of ``matrix``.
    """

    name: str
    base: Hashable | None = None
    scores: tuple[float, ...] | None = None
    matrix: tuple[tuple[float, ...], ...] | None = None
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Logical:
    """Truth values, ``(n,)`` float64 of 0, 1 and NaN; as a term, a factor with levels False, True."""

    values: Array


@dataclass(frozen=True, eq=False)
class Factor:
    """Labelled groups: ``(n,)`` codes into ``levels``, -1 where missing."""

    codes: IntArray
    levels: tuple[Hashable, ...]
    ordered: bool = False
    contrast: ContrastSpec | None = None


@dataclass(frozen=True, eq=False)
class Matrix:
    """Several numeric columns made by one expression, ``(n, k)`` float64, with their labels."""

    values: Array
    labels: tuple[str, ...]


Value: TypeAlias = Array | Logical | Factor | Matrix


class ColumnSource(Protocol):
    """Named columns of equal length, as `glmkit.frame.columns` reads them."""

    @property
    def n_rows(self) -> int:
        """How many rows every column has."""
        ...

    def __getitem__(self, name: str, /) -> Value: ...

    def __contains__(self, name: object, /) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...


def count_rows(value: Value) -> int:
    """Return the number of rows of a value."""
    if isinstance(value, Factor):
        return len(value.codes)
    return len(value) if isinstance(value, np.ndarray) else len(value.values)


def missing_rows(value: Value) -> BoolArray:
    """Return ``(n,)`` True where the value, or any column of a matrix, is missing."""
    if isinstance(value, Factor):
        return value.codes < 0
    numbers = value if isinstance(value, np.ndarray) else value.values
    missing: BoolArray = np.isnan(numbers)
    return missing if missing.ndim == 1 else np.asarray(np.any(missing, axis=1))


def take_rows(value: Value, rows: IntArray | BoolArray) -> Value:
    """Return the value at the given positions (or where the mask is True)."""
    if isinstance(value, Factor):
        return replace(value, codes=value.codes[rows])
    if isinstance(value, np.ndarray):
        return value[rows]
    return replace(value, values=value.values[rows])


def factor_from_labels(codes: IntArray, labels: tuple[str, ...]) -> Factor:
    """Return a text column as a factor, its levels sorted by code point."""
    order = sorted(range(len(labels)), key=labels.__getitem__)
    rank = np.full(len(labels) + 1, -1, dtype=np.intp)  # the last cell serves code -1
    rank[np.asarray(order, dtype=np.intp)] = np.arange(len(labels))
    return Factor(rank[codes], tuple(labels[i] for i in order))


def level_text(level: Hashable) -> str:
    """Return a level as it is written in a coefficient's name: ``4.0`` as ``4``, to 15 digits."""
    if isinstance(level, (bool, np.bool_)) or not isinstance(level, (float, np.floating)):
        return str(level)
    text = format(float(level), ".15g")
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0').zfill(2)}"
