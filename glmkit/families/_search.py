"""Maxima of a smooth log-likelihood in one or two parameters, by Newton steps on differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from glmkit._typing import Array
from glmkit.families.parameters import Nuisance
from glmkit.numerics.algebra import eigenvalues, inverse, symmetric

__all__ = ["highest", "summit"]

_STEP: Final = 1e-4
"""Of the differences in two parameters."""
_SETTLED: Final = 1e-9
"""A step below it is rounding."""
_LAST: Final = 1e-5
"""After a Newton step below it the error is its square."""
_ROUNDS: Final = 30
_FLAT: Final = 1e-10
"""A bend this far below the largest is rounding."""


def highest(function: Callable[[float], float], start: float) -> float:
    """Return the argument of a smooth function's maximum near `start`, by Newton steps on differences."""
    at, h = start, 1e-3
    for _ in range(_ROUNDS):
        below, here, above = function(at - h), function(at), function(at + h)
        slope, bend = (above - below) / (2.0 * h), (above - 2.0 * here + below) / h**2
        step = -slope / bend if bend < 0.0 else float(np.sign(slope))
        step = float(np.clip(step, -1.0, 1.0))
        at += step
        if not np.isfinite(step) or abs(step) < _LAST:
            break
    return at


def summit(function: Callable[[Array], float], start: Array, low: float, high: float) -> Nuisance:
    """Return the first argument of a maximum in two, with its standard error; Newton on differences."""
    at, ends = start, (np.array([low, -700.0]), np.array([high, 700.0]))
    for _ in range(_ROUNDS):
        slope, bend = _derivatives(function, at)
        moved = np.clip(at + np.clip(_uphill(slope, bend, at, ends), -0.3, 0.3), *ends)
        while function(moved) < function(at) - 1e-9 and np.max(np.abs(moved - at)) > _SETTLED:
            moved = 0.5 * (at + moved)
        settled = float(np.max(np.abs(moved - at))) < _LAST
        at = moved
        if settled:
            break
    _, bend = _derivatives(function, at)
    inner = (
        low < at[0] < high
        and bool(np.all(np.isfinite(bend)))
        and bool(np.all(eigenvalues("A nuisance parameter", bend) < 0.0))
    )
    return Nuisance(
        float(at[0]), float(np.sqrt(-inverse("A nuisance parameter", bend)[0, 0])) if inner else float("nan")
    )


def _uphill(slope: Array, bend: Array, at: Array, ends: tuple[Array, Array]) -> Array:
    """Return Newton's step, (2,); along a direction that bends up, as far as if it bent down.

    A parameter stays at the end of its range where the function rises beyond it.
    """
    free = ~(((at <= ends[0]) & (slope < 0.0)) | ((at >= ends[1]) & (slope > 0.0)))
    step = np.zeros(2)
    if np.any(free) and np.all(np.isfinite(bend)):
        bends, axes = symmetric("A nuisance parameter", bend[np.ix_(free, free)])
        size = np.maximum(np.abs(bends), _FLAT * np.max(np.abs(bends)))
        with np.errstate(divide="ignore", invalid="ignore"):  # flat all over: nothing to climb
            step[free] = np.nan_to_num(axes @ (axes.T @ slope[free] / size))
    return step


def _derivatives(function: Callable[[Array], float], at: Array) -> tuple[Array, Array]:
    """Return the gradient, (2,), and the second derivatives, (2, 2), by central differences."""
    a, b = _STEP * np.eye(2)
    grid = {(i, j): function(at + i * a + j * b) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    slope = np.array([grid[1, 0] - grid[-1, 0], grid[0, 1] - grid[0, -1]]) / (2.0 * _STEP)
    cross = (grid[1, 1] - grid[1, -1] - grid[-1, 1] + grid[-1, -1]) / 4.0
    first = grid[1, 0] - 2.0 * grid[0, 0] + grid[-1, 0]
    second = grid[0, 1] - 2.0 * grid[0, 0] + grid[0, -1]
    return slope, np.array([[first, cross], [cross, second]]) / _STEP**2
