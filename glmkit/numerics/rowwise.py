"""Work over rows, a block at a time: in cache, and on several threads where rows are many.

The blocks depend on the number of rows alone and their results come back in order, so that the
number of threads never changes a digit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import numpy as np

from glmkit.numerics.blas import blas_can_be_held, one_blas_thread

__all__ = [
    "allowed_threads",
    "over_chunks",
    "over_parts",
    "over_rows",
    "row_blocks",
    "threads_at_most",
]

T = TypeVar("T")

# Rows of a block: 128 KiB for each array of float64, so that a handful of them stay in cache.
BLOCK_ROWS = 16_384
# From this many rows on, a second thread gains more than it costs to start (0.1 ms); its blocks are
# larger, since each of the calls in a block has to outlast the passing on of the interpreter's lock.
THREADED_ROWS = 131_072
THREADED_BLOCK_ROWS = 65_536
# For products of rows of several numbers: how many numbers, and how many to a row.
THREADED_NUMBERS = 2_000_000
THREADED_WIDTH = 32

_most_threads: ContextVar[int | None] = ContextVar("most_threads", default=None)


# Chunks that long sums are cut into: enough for a few threads, few enough to hold the sums of each.
CHUNKS = 16


@contextmanager
def threads_at_most(threads: int | None) -> Iterator[None]:
    """Hold everything inside to so many threads; None leaves it to the machine."""
    token = _most_threads.set(threads)
    try:
        yield
    finally:
        _most_threads.reset(token)


def allowed_threads() -> int:
    """Return how many threads may run: those asked for, and no more than the processors at hand."""
    most = _most_threads.get()
    return _processors() if most is None else min(most, _processors())


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def row_blocks(n: int, size: int | None = None) -> list[slice]:
    """Return the slices that cut n rows into blocks; one where they are few."""
    if size is None:
        size = BLOCK_ROWS if n < THREADED_ROWS else THREADED_BLOCK_ROWS
    return [slice(first, min(first + size, n)) for first in range(0, max(n, 1), size)]


def over_rows(function: Callable[[slice], T], n: int, size: int | None = None) -> list[T]:
    """Return function(rows) for each block of n rows, in their order.

    The function sees the caller's `numpy.errstate`. It may write to rows of its own block.

    Examples
    --------
    >>> over_rows(lambda rows: rows.stop - rows.start, 5, size=2)
    [2, 2, 1]
    """
    blocks = row_blocks(n, size)
    threads = min(allowed_threads(), len(blocks)) if n >= THREADED_ROWS else 1
    if threads < 2:
        return [function(rows) for rows in blocks]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_with_state(function), blocks))


def over_chunks(
    function: Callable[[slice], T],
    n: int,
    width: int,
    *,
    most: int = CHUNKS,
    threaded_width: int = THREADED_WIDTH,
) -> Iterator[T]:
    """Yield function(rows) for each of a few chunks of n rows of `width` numbers, in their order.

    For functions that call BLAS: several run at once only where BLAS itself can be held to one
    thread (with threadpoolctl, the extra "fast"); else one after the other, on BLAS's own threads.
    The chunks are the same in both cases: at most `most`. Narrower rows than `threaded_width` gain
    nothing from threads.
    """
    if n * width < THREADED_NUMBERS or most < 2:
        yield function(slice(0, n))
        return
    chunks = row_blocks(n, -(-n // most))
    if not blas_can_be_held():
        yield from map(function, chunks)
        return
    with one_blas_thread():
        yield from map(function, chunks) if width < threaded_width else over_parts(function, n, most)


def over_parts(function: Callable[[slice], T], n: int, most: int = CHUNKS) -> Iterator[T]:
    """Yield function(rows) for each of at most so many chunks of n rows, in their order.

    For functions that leave the interpreter alone: as many run at once as there are processors.
    """
    chunks = row_blocks(n, -(-n // max(most, 1)))
    threads = min(allowed_threads(), len(chunks))
    if threads < 2:
        yield from map(function, chunks)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(_with_state(function), chunks)


def _with_state(function: Callable[[slice], T]) -> Callable[[slice], T]:
    """Return the function as it acts under the `numpy.errstate` of this thread."""
    state = np.geterr()

    def alike(rows: slice) -> T:
        with np.errstate(**state):
            return function(rows)

    return alike
