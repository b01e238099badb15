"""Coefficients as a forest of intervals."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from glmkit.plots.canvas import REFERENCE, axes_of, ratio_axis
from glmkit.plots.protocol import DrawnFit

__all__ = ["plot_coefficients"]

ROW_HEIGHT = 0.34
"""Inches of a new figure for each coefficient."""


def plot_coefficients(
    model: DrawnFit, ax: Axes | None, level: float, exponentiate: bool, intercept: bool
) -> Axes:
    """Draw each coefficient with its interval, the first on top; ratios on a log axis."""
    frame = model.tidy(level=level, exponentiate=exponentiate)
    known = np.isfinite(frame["estimate"]) & np.isfinite(frame["std_error"])
    if not intercept:
        known &= frame["term"] != "Intercept"
    frame = frame[known].iloc[::-1]
    ax = axes_of(ax, (6.4, float(np.clip(1.2 + ROW_HEIGHT * len(frame), 2.0, 12.0))))
    place = np.arange(len(frame))
    ax.axvline(1.0 if exponentiate else 0.0, **REFERENCE)
    ends = np.abs(frame[["conf_low", "conf_high"]].to_numpy().T - frame["estimate"].to_numpy())
    ax.errorbar(frame["estimate"], place, xerr=ends, fmt="o", markersize=5, capsize=0)
    ax.set_yticks(place, frame["term"])
    ax.set_ylim(-0.6, len(frame) - 0.4)
    if exponentiate:
        ax.set_xscale("log")
        ratio_axis(ax.xaxis)
        ax.set_xlabel((model.family.ratio_name or "exp(coefficient)").capitalize())
    else:
        ax.set_xlabel("Coefficient")
    return ax
