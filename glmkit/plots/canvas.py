"""Axes to draw into, and the small things several pictures share."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot, rcParams
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator, NullLocator

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.tables.numbers import percent

__all__ = [
    "REFERENCE",
    "Axes",
    "axes_of",
    "axes_row",
    "label_points",
    "legend_beside",
    "name_places",
    "ratio_axis",
    "smooth",
    "with_interval",
]

REFERENCE: dict[str, Any] = {"color": "0.5", "linewidth": 0.8, "zorder": 0}
"""How lines of reference are drawn: readable on light and dark."""
SPAN = 2.0 / 3.0
"""Share of the points that one value of the smoother looks at (Cleveland 1979)."""
SMOOTH_POINTS = 80
SMALL = 0.833
"""A "small" font over the usual one, as in matplotlib."""
DIGIT_WIDTH = 0.7
"""Width of a character over the size of the font, on the safe side."""
ROUND_RATIOS: tuple[tuple[float, ...], ...] = ((1.0,), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0))
"""Ticks of a ratio's axis in each decade, from few to many."""
FEWEST_TICKS, MOST_TICKS = 4, 9
LINE_LENGTH = 60
"""Characters of names that fit side by side under a picture; more are broken into lines, or turned."""
SHORTEST_LINE, TURNED_LINE = 12, 28
"""Characters of a line of a name: fewer than the first are not read well; the second where names are turned."""


def axes_of(ax: Axes | None, size: tuple[float, float] | None = None) -> Axes:
    """Return the axes given, or new ones, on a figure of `size` inches that leaves room for its labels."""
    return pyplot.subplots(figsize=size, layout="constrained")[1] if ax is None else ax


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


def with_interval(name: str, level: float = 0.95, adjustment: str = "") -> str:
    """Return the label of an axis along which intervals of this level are drawn."""
    adjusted = f", {adjustment}-adjusted" if adjustment else ""
    return f"{name}, {percent(level)} interval{adjusted}"


def legend_beside(ax: Axes, title: str) -> None:
    """Put the legend at the right of the axes, where it covers nothing, if the figure makes room for it."""
    if ax.figure.get_layout_engine() is None:
        ax.legend(title=title)
    else:
        ax.legend(title=title, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def name_places(ax: Axes, names: Sequence[str]) -> None:
    """Write names under the places 0, 1, ...: in one line if they fit, else broken into lines, or turned."""
    places, width = range(len(names)), LINE_LENGTH // max(len(names), 1)
    if sum(len(name) + 2 for name in names) <= LINE_LENGTH:
        ax.set_xticks(places, names)
    elif width >= SHORTEST_LINE:
        ax.set_xticks(places, [fill(name, width, break_long_words=False) for name in names])
    else:
        broken = [fill(name, TURNED_LINE, break_long_words=False) for name in names]
        ax.set_xticks(places, broken, rotation=45, ha="right", rotation_mode="anchor")


def label_points(ax: Axes, x: Array, y: Array, labels: pd.Index, size: Array, most: int = 3) -> None:
    """Write the caller's row labels beside the `most` points that are largest in `size`, none over another."""
    known = np.flatnonzero(np.isfinite(size) & np.isfinite(x) & np.isfinite(y))
    chosen = known[np.argsort(size[known], kind="stable")[::-1][:most]]
    ax.get_xlim(), ax.get_ylim()  # brings the limits up to date
    room = np.asarray(ax.bbox.size) * 72.0 / ax.figure.dpi
    places = ax.transAxes.inverted().transform(ax.transData.transform(np.column_stack([x, y])[chosen])) * room
    height = SMALL * float(rcParams["font.size"])
    taken: list[Array] = []
    for i, place in zip(chosen, places, strict=True):
        box = np.array([DIGIT_WIDTH * height * len(str(labels[i])), height])
        shift = _free_shift(place, box, room, taken)
        taken.append(np.stack([place + shift, place + shift + box]))
        at = (float(shift[0]), float(shift[1]))
        ax.annotate(str(labels[i]), (x[i], y[i]), xytext=at, textcoords="offset points", fontsize="small")


def _free_shift(place: Array, box: Array, room: Array, taken: list[Array]) -> Array:
    """Return where the lower left corner of a label goes: beside its point, in the axes, off other labels."""
    rises = [2.0, -box[1] - 1.0, *(2.0 + k * (box[1] + 1.0) for k in (1, -2, 2, -3))]
    shifts = [np.array([right, up]) for up in rises for right in (4.0, -4.0 - box[0])]
    for shift in shifts:
        low, high = place + shift, place + shift + box
        if np.all(low >= 0.0) and np.all(high <= room) and not any(_overlap(low, high, b) for b in taken):
            return shift
    return shifts[0]


def _overlap(low: Array, high: Array, box: Array) -> bool:
    return bool(np.all(low < box[1]) and np.all(high > box[0]))


class RatioLocator(Locator):
    """Puts ticks of an axis of ratios at round numbers: 0.5, 1, 2, 5, 10, closer where the axis is short."""

    def __call__(self) -> Sequence[float]:
        """Return the ticks in view."""
        assert self.axis is not None
        low, high = sorted(self.axis.get_view_interval())
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the ticks from `vmin` to `vmax`."""
        first, last = int(np.floor(np.log10(vmin))), int(np.floor(np.log10(vmax)))
        every = -(-(last - first + 1) // MOST_TICKS)
        decades = 10.0 ** np.arange(first, last + 1, every)
        for steps in ROUND_RATIOS:
            ticks = np.outer(decades, steps).ravel()
            ticks = ticks[(ticks >= vmin) & (ticks <= vmax)]
            if len(ticks) >= FEWEST_TICKS or (steps == ROUND_RATIOS[0] and every > 1):
                return list(ticks)
        return list(MaxNLocator(MOST_TICKS - 2, steps=[1, 2, 2.5, 5, 10]).tick_values(vmin, vmax))


def ratio_axis(axis: Axis) -> None:
    """Label an axis that is logarithmic with ratios written out."""
    axis.set_major_locator(RatioLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


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
