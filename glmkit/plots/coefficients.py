"""Coefficients as a forest of intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from glmkit._typing import Array
from glmkit.plots.canvas import REFERENCE, axes_of, ratio_axis, with_interval
from glmkit.plots.protocol import DrawnFit
from glmkit.tables.numbers import format_value

__all__ = ["plot_coefficients"]

ROW_HEIGHT = 0.34
"""Inches of a new figure for each coefficient."""


def plot_coefficients(
    model: DrawnFit, ax: Axes | None, level: float, exponentiate: bool, intercept: bool
) -> Axes:
    """Draw each coefficient with its interval, the first on top; ratios on a log axis.

    An infinite estimate has a row without a point that says so; a row that was left out would be missed by nobody.
    """
    frame = model.tidy(level=level, exponentiate=exponentiate)
    infinite = np.isinf(model.estimate.coef)
    names = frame["term"].where(~infinite, frame["term"] + " (" + frame["estimate"].map(format_value) + ")")
    shown = infinite | (np.isfinite(frame["estimate"]) & np.isfinite(frame["std_error"]))
    if not intercept:
        shown &= frame["term"] != "Intercept"
    frame = frame.assign(name=names, infinite=infinite)[shown].iloc[::-1]
    ax = axes_of(ax, (6.4, float(np.clip(1.2 + ROW_HEIGHT * len(frame), 2.0, 12.0))))
    ax.axvline(1.0 if exponentiate else 0.0, **REFERENCE)
    place = np.arange(len(frame))
    _draw(ax, frame[~frame["infinite"]], place[~frame["infinite"]])
    ax.set_yticks(place, frame["name"])
    ax.set_ylim(-0.6, len(frame) - 0.4)
    if exponentiate:
        ax.set_xscale("log")
        ratio_axis(ax.xaxis)
    ratio = (model.family.ratio_name or "exp(coefficient)").capitalize()
    ax.set_xlabel(with_interval(ratio if exponentiate else "Coefficient", level))
    return ax


def _draw(ax: Axes, frame: pd.DataFrame, place: Array) -> None:
    ends = np.abs(frame[["conf_low", "conf_high"]].to_numpy().T - frame["estimate"].to_numpy())
    ax.errorbar(frame["estimate"], place, xerr=ends, fmt="o", markersize=5, capsize=0)
