"""Axes to draw into, and the small things several pictures share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot
from matplotlib.axes import Axes

from glmkit._typing import Array
from glmkit.errors import FitError

__all__ = ["REFERENCE", "Axes", "axes_of", "axes_row", "label_points", "smooth"]

REFERENCE: dict[str, Any] = {"color": "0.5", "linewidth": 0.8, "zorder": 0}
"""How lines of reference are drawn: readable on light and dark."""
SPAN = 2.0 / 3.0
"""Share of the points that one value of the smoother looks at (Cleveland 1979)."""
SMOOTH_POINTS = 80


def axes_of(ax: Axes | None) -> Axes:
    """Return the axes given, or new ones."""
    return pyplot.subplots()[1] if ax is None else ax


def axes_row(ax: object, count: int, shape: tuple[int, int]) -> list[Axes]:
    """Return `count` axes: those given, or new ones laid out in `shape`."""
    if ax is None:
        size = (3.6 * shape[1] + 0.8, 3.0 * shape[0] + 0.4)
        _, grid = pyplot.subplots(*shape, figsize=size, layout="constrained")
        return list(np.ravel(grid))
    given = list(np.ravel(np.asarray(ax, dtype=object)))
    if len(given) != count:
        raise FitError(f"ax holds {len(given)} axes, and this picture has {count} parts.", argument="ax")
    return given


def label_points(ax: Axes, x: Array, y: Array, labels: pd.Index, size: Array, most: int = 3) -> None:
    """Write the caller's row labels beside the `most` points that are largest in `size`."""
    known = np.flatnonzero(np.isfinite(size) & np.isfinite(x) & np.isfinite(y))
    for i in known[np.argsort(size[known], kind="stable")[::-1][:most]]:
        ax.annotate(str(labels[i]), (x[i], y[i]), xytext=(4, 2), textcoords="offset points", fontsize="small")


def smooth(x: Array, y: Array, span: float = SPAN) -> tuple[Array, Array]:
    """Return a local linear smoother with tricube weights at up to 80 places.

    References
    ----------
    Cleveland, W. S. (1979). Robust locally weighted regression and smoothing scatterplots.
    JASA 74, 829-836. (Without the robust step.)
    """
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) < 4 or np.ptp(x) == 0.0:
        return x[:0], y[:0]
    places = np.unique(np.quantile(x, np.linspace(0.0, 1.0, SMOOTH_POINTS)))
    near = max(int(np.ceil(span * len(x))), 3)
    return places, np.array([_local(x, y, place, near) for place in places])


def _local(x: Array, y: Array, place: float, near: int) -> float:
    distance = np.abs(x - place)
    reach = np.partition(distance, near - 1)[near - 1]
    if reach == 0.0:
        return float(np.mean(y[distance == 0.0]))
    weight = np.maximum(1.0 - (distance / (reach * (1.0 + 1e-9))) ** 3, 0.0) ** 3
    centre = np.average(x, weights=weight)
    spread = np.average((x - centre) ** 2, weights=weight)
    level = float(np.average(y, weights=weight))
    if spread <= 1e-12 * reach**2:
        return level
    slope = np.average((x - centre) * (y - level), weights=weight) / spread
    return level + float(slope) * (place - float(centre))


def share_of(values: Array) -> Array:
    """Return plotting positions (i - 0.5) / n."""
    n = len(values)
    return np.asarray((np.arange(1, n + 1) - 0.5) / n)
