"""Tall-skinny QR over the pieces: the triangle so far is stacked on each piece's own (Demmel and others 2012)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from glmkit._typing import Array
from glmkit.numerics.compensated import Pair, add_to_pair, pair_residual, pair_tdot
from glmkit.numerics.factor import triangular_root

__all__ = ["WeightedRows", "stream_gradient", "stream_root"]

WeightedRows = Callable[[], Iterable[tuple[Array, Array]]]
"""Makes one pass: sqrt(w) X (m, p) and sqrt(w) z (m,) of each piece."""


def stream_root(rows: Iterable[tuple[Array, Array]], scale: Array) -> Array:
    """Return R of ``[rows / scale, rhs]`` over all pieces, at most (p + 1, p + 1)."""
    width = len(scale) + 1
    root = np.empty((0, width))
    for some, rhs in rows:
        own = triangular_root(some, scale, rhs)
        root = triangular_root(np.vstack([root, own]), np.ones(width))
    return root


def stream_gradient(rows: WeightedRows, p: int) -> Callable[[Pair], Array]:
    """Return the function ``x -> rows'(rhs - rows x)`` in double-double, one pass each."""

    def gradient(x: Pair) -> Array:
        total = Pair(np.zeros(p), np.zeros(p))
        for some, rhs in rows():
            part = pair_tdot(some, pair_residual(some, x, rhs))
            total = add_to_pair(add_to_pair(total, part.high), part.low)
        return total.rounded()

    return gradient
