"""One pass over the rows of dense columns: predictor, residual and information while a block is in cache.

For each block of rows B the visitor turns  eta = X_B beta  into weights w and residuals v, and

    X'v = sum over B of X_B' v_B,     X' diag(w) X = sum over B of (X_B sqrt w)' (X_B sqrt w)

are added up before the next block is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce

import numpy as np

from glmkit._typing import Array
from glmkit.design.matrix import Swept, Visit
from glmkit.numerics.rowwise import over_chunks

__all__ = ["ROW_NUMBERS", "added", "sweep_blocks"]

Blocks = Callable[[slice], Iterator[tuple[slice, Array]]]

# Numbers a row that the visitor's own work is worth: threads pay from there on, however few the columns.
ROW_NUMBERS = 16
# Below so many rows, threads pay for rows of so many numbers only: calls on fewer are short, and wait for each other.
MANY_ROWS, THREADED_NUMBERS = 262_144, 64


def sweep_blocks(blocks: Blocks, shape: tuple[int, int], beta: Array, visit: Visit) -> Swept:
    """Return what visits to the blocks of a dense matrix add up to.

    Parameters
    ----------
    blocks : callable
        Gives for a range of rows its blocks: their rows, and a matrix that may be overwritten.
    shape : (n, p)
    beta : (p,) array
    visit : Visit
    """
    n, p = shape

    def part(chunk: slice) -> Swept:
        total = None
        for rows, X in blocks(chunk):
            seen = visit(rows, X @ beta)
            tdot = None if seen.residual is None else X.T @ seen.residual
            gram = None if seen.working is None else _gram_in_place(X, seen.working)
            one = Swept(seen.sums, tdot, gram)
            total = one if total is None else added(total, one)
        return Swept(np.zeros(0), None, None) if total is None else total

    wide = 0 if n >= MANY_ROWS else THREADED_NUMBERS
    return reduce(added, over_chunks(part, n, p + ROW_NUMBERS, threaded_width=wide))


def added(total: Swept, part: Swept) -> Swept:
    """Return the sum of two parts, of which the first is overwritten and may be empty."""
    if not len(total.sums):
        return part
    return Swept(total.sums + part.sums, _plus(total.tdot, part.tdot), _plus(total.gram, part.gram))


def _plus(total: Array | None, part: Array | None) -> Array | None:
    """Return the sum; None where one of the two was not asked for: a visitor that gave up."""
    if total is None or part is None:
        return None
    total += part
    return total


def _gram_in_place(X: Array, working: Array) -> Array:
    """Return X' diag(w) X; X is overwritten by X sqrt(w)."""
    X *= np.sqrt(working)[:, None]
    return np.asarray(X.T @ X)
