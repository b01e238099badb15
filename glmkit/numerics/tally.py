"""Whole numbers counted: a sum over many rows becomes one over few numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.numerics.rowwise import THREADED_ROWS, over_rows

__all__ = ["Tally", "tally_of"]

# The largest number that is counted.
LARGEST = 65_536


class Tally(NamedTuple):
    """The distinct values of a vector, (k,), and how often each occurs, (k,)."""

    values: Array
    counts: Array

    def total(self, of: Callable[[Array], Array]) -> float:
        """Return the sum of a function of the values over the whole vector."""
        return float(np.sum(self.counts * of(self.values)))


def tally_of(values: Array) -> Tally | None:
    """Return the tally of many whole numbers from 0 on; None of few, of large ones and of others.

    Examples
    --------
    >>> import numpy as np
    >>> tally_of(np.arange(200_000) % 3.0)
    Tally(values=array([0., 1., 2.]), counts=array([66667., 66667., 66666.]))
    >>> tally_of(np.full(200_000, 0.5)) is None
    True
    """
    n = len(values)
    if n < THREADED_ROWS or _counted(values[:1]) is None:
        return None
    parts = over_rows(lambda rows: _counted(values[rows]), n)
    if any(part is None for part in parts):
        return None
    sums = np.zeros(max(len(part) for part in parts if part is not None))
    for part in parts:
        if part is not None:
            sums[: len(part)] += part
    present = np.flatnonzero(sums)
    return Tally(present.astype(np.float64), sums[present])


def _counted(values: Array) -> Array | None:
    """Return how often each whole number occurs; None where there are others."""
    if not (np.min(values) >= 0.0 and np.max(values) <= LARGEST):
        return None
    whole = values.astype(np.intp)
    return np.bincount(whole).astype(np.float64) if np.array_equal(whole, values) else None
