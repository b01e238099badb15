"""A smooth function of one number over many rows, from its values at few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from glmkit._typing import Array, IntArray

__all__ = ["by_panels"]

_DEGREE: Final = 16
_SETTLED: Final = 1e-14
"""Share of a panel's largest coefficient, or of 1, that the last three must not pass: rounding."""
_SHARE: Final = 4
"""One value for so many rows at most; else the function is asked for every row."""
_FEWEST: Final = 2000
"""Rows below which nothing is saved."""

_ANGLES: Final = np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1)
_TO_COEFFICIENTS: Final = np.cos(np.outer(np.arange(_DEGREE + 1), _ANGLES)) * (2.0 / (_DEGREE + 1))
_TO_COEFFICIENTS[0] *= 0.5


def by_panels(function: Callable[[Array], Array], x: Array) -> Array:
    """Return function(x), (n,), to rounding, by Chebyshev series on panels that are halved until they settle.

    Parameters
    ----------
    function : callable
        Analytic, of x row by row.
    x : (n,) array
        Finite.
    """
    if len(x) < _FEWEST:
        return function(x)
    found = _panels(function, float(np.min(x)), float(np.max(x)), len(x) // _SHARE)
    if found is None:
        return function(x)
    edges, coefficients = found
    place = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)
    low, high = edges[place], edges[place + 1]
    t = 2.0 * (x - low) / (high - low) - 1.0
    return _clenshaw(coefficients.T, place, t)


def _panels(
    function: Callable[[Array], Array], low: float, high: float, most: int
) -> tuple[Array, Array] | None:
    """Return the edges of the panels, (k + 1,), and their series, (k, 17); None if it takes too many values."""
    if not high > low:
        return None
    open_edges = np.linspace(low, high, max(int(np.ceil(high - low)), 1) + 1)
    lows, highs = open_edges[:-1], open_edges[1:]
    done: list[tuple[Array, Array]] = []
    while len(lows):
        most -= len(lows) * (_DEGREE + 1)
        if most < 0:
            return None
        nodes = 0.5 * (lows + highs)[:, None] + 0.5 * (highs - lows)[:, None] * np.cos(_ANGLES)
        series = function(nodes.ravel()).reshape(nodes.shape) @ _TO_COEFFICIENTS.T
        size = np.maximum(np.max(np.abs(series), axis=1), 1.0)
        settled = np.max(np.abs(series[:, -3:]), axis=1) <= _SETTLED * size
        done.append((lows[settled], series[settled]))
        middle = 0.5 * (lows + highs)[~settled]
        lows, highs = (
            np.concatenate([lows[~settled], middle]),
            np.concatenate([middle, highs[~settled]]),
        )
    starts, series = (np.concatenate(part) for part in zip(*done, strict=True))
    order = np.argsort(starts)
    return np.append(starts[order], high), series[order]


def _clenshaw(coefficients: Array, place: IntArray, t: Array) -> Array:
    """Return the sum of c_k T_k(t) over the coefficients of each row's panel, (n,)."""
    ahead, last, twice = np.zeros_like(t), np.zeros_like(t), 2.0 * t
    for row in coefficients[:0:-1]:
        ahead, last = row[place] + twice * ahead - last, ahead
    return np.asarray(coefficients[0][place] + t * ahead - last)
