"""Which rows of a design are equal, found variable by variable.

The code of a row is a mixed radix number of the codes of its variables, made dense again after
each: c <- rank of (c L_j + c_j) among those that occur. It is given up as soon as there are more
distinct rows than would save work, which a look at some rows tells first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from glmkit._typing import Array, IntArray

__all__ = ["MOST_CELLS", "ROWS_A_CELL", "Coded", "Distinct", "distinct_rows"]

# Distinct rows at most, and how many rows each should stand for.
MOST_CELLS = 50_000
ROWS_A_CELL = 8
# Rows looked at first, and the share of them that may be distinct.
LOOKED_AT = 4096
SHARE = 0.95
# Cells of the table that tells which codes occur: 32 MiB.
TABLE = 4_194_304


class Coded(NamedTuple):
    """A variable given by code: (n,) integers from 0 to levels - 1."""

    codes: IntArray
    levels: int


class Distinct(NamedTuple):
    """The distinct rows."""

    codes: IntArray  # (n,) which of them each row is
    first: IntArray  # (cells,) a row of each


Variable: TypeAlias = Coded | Array


def distinct_rows(variables: Sequence[Variable], n: int) -> Distinct | None:
    """Return the distinct combinations of some variables, each (n,); None where there are too many.

    Examples
    --------
    >>> x, c = np.repeat([2.0, 3.0], 50), Coded(np.tile([0, 1, 1, 1], 25), 2)
    >>> found = distinct_rows([x, c], 100)
    >>> len(found.first), x[found.first].tolist()
    (4, [2.0, 2.0, 3.0, 3.0])
    """
    some = np.arange(0, n, max(1, n // LOOKED_AT))
    seen = _joined((_of(one, some) for one in variables), len(some), int(SHARE * len(some)))
    if seen is None:
        return None
    codes = _joined(variables, n, min(n // ROWS_A_CELL, MOST_CELLS))
    if codes is None:
        return None
    first = np.empty(codes.levels, dtype=np.intp)
    first[codes.codes[::-1]] = np.arange(n - 1, -1, -1)
    return Distinct(codes.codes, first)


def _of(variable: Variable, rows: IntArray) -> Variable:
    return Coded(variable.codes[rows], variable.levels) if isinstance(variable, Coded) else variable[rows]


def _joined(variables: Iterable[Variable], n: int, most: int) -> Coded | None:
    """Return the variables as one code; None where it has more than `most` levels."""
    total = Coded(np.zeros(n, dtype=np.int32), 1)
    for variable in variables:
        one = variable if isinstance(variable, Coded) else _coded(variable, most)
        if one is None or one.levels > most or total.levels * one.levels > TABLE:
            return None
        total = _dense(total, one)
        if total.levels > most:
            return None
    return total


def _coded(values: Array, most: int) -> Coded | None:
    """Return numbers by their place among the different ones: those of some rows, then what is missing there."""
    levels = np.unique(values[:: max(1, len(values) // LOOKED_AT)])
    while len(levels) <= most:
        codes = np.searchsorted(levels, values)
        codes[codes == len(levels)] = 0
        unknown = levels[codes] != values
        if not np.any(unknown):
            return Coded(codes, len(levels))
        levels = np.union1d(levels, values[unknown])
    return None


def _dense(first: Coded, second: Coded) -> Coded:
    """Return two codes as one, without the combinations that do not occur."""
    codes = np.multiply(first.codes, second.levels, dtype=np.int32)
    codes += second.codes
    occurs = np.bincount(codes, minlength=first.levels * second.levels) > 0
    rank = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    return Coded(rank[codes], int(np.count_nonzero(occurs)))
