"""A problem in pieces, and sums over the pieces in their order without loss of digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from glmkit._typing import Array
from glmkit.design.matrix import Design
from glmkit.fitting.independence import Independence
from glmkit.fitting.problem import Problem
from glmkit.numerics.compensated import Pair, add_to_pair

__all__ = ["Piece", "Stream", "Total", "fitted_pieces", "summed"]


class Piece(NamedTuple):
    """Some rows of a problem, over all columns as coded."""

    problem: Problem
    place: str
    """Where the rows come from, in words."""
    labels: Sequence[object]
    """What the caller calls them."""


class Stream(Protocol):
    """Rows that can be gone through again and again, always in the same order."""

    def pieces(self, purpose: str) -> Iterator[Piece]:
        """Yield the pieces; `purpose` is what progress says."""
        ...


def fitted_pieces(stream: Stream, independence: Independence, purpose: str) -> Iterator[tuple[Piece, Design]]:
    """Yield each piece with its independent columns, moved by the centring."""
    for piece in stream.pieces(purpose):
        yield piece, piece.problem.design.take(independence.kept).shifted(independence.centring.shift)


class Total:
    """A sum of arrays of one shape in double-double, so that many small terms lose nothing.

    Where a term is not finite the sum is what plain addition gives.

    Examples
    --------
    >>> total = Total()
    >>> for _ in range(10):
    ...     total.add(0.1)
    >>> float(total.value)
    1.0
    """

    def __init__(self) -> None:
        self._pair: Pair | None = None
        self._plain: Array | float = 0.0
        self._shape: tuple[int, ...] = ()

    def add(self, term: Array | float) -> None:
        """Add one term."""
        value = np.array(term, dtype=np.float64, ndmin=1)  # the error terms are written in place
        with np.errstate(all="ignore"):  # what is not finite is told from the plain sum
            self._shape, self._plain = np.shape(term), self._plain + value
            start = Pair(np.zeros_like(value), np.zeros_like(value))
            self._pair = add_to_pair(self._pair or start, value)

    @property
    def value(self) -> Array:
        """The sum, rounded once."""
        if self._pair is None:
            return np.zeros(())
        rounded = self._pair.rounded()
        return np.where(np.isfinite(rounded), rounded, self._plain).reshape(self._shape)


def summed(terms: Iterator[Sequence[Array | float]], count: int) -> tuple[Array, ...]:
    """Return the sums of `count` statistics over the pieces."""
    totals = [Total() for _ in range(count)]
    for statistics in terms:
        for total, term in zip(totals, statistics, strict=True):
            total.add(term)
    return tuple(total.value for total in totals)
