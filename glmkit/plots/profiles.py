"""The profile of the deviance of one coefficient, beside the parabola that Wald's interval takes it for."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference.profile_curve import profile_of
from glmkit.inference.profiling import standard_error
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import interval_quantile
from glmkit.plots.canvas import REFERENCE, axes_of

__all__ = ["plot_profile"]

# The curve goes a little beyond the interval that is drawn: to the ends of that of level 1 - (1 - level) / 5.
BEYOND = 0.2
KINDS = ("deviance", "signed_root")
POINTS, CURVE_POINTS = 12, 100


def plot_profile(model: FittedModel, name: str, ax: Axes | None, level: float, kind: str) -> Axes:
    """Draw the rise of the deviance, or its signed root, with the ends of the interval and Wald's curve."""
    if kind not in KINDS:
        raise FitError(
            f'kind={kind!r} is not a curve. Choose "deviance" or "signed_root".', argument="kind", value=kind
        )
    ax = axes_of(ax)
    curve = profile_of(model, name, 1.0 - BEYOND * (1.0 - level), POINTS)
    value, root = curve.frame["value"].to_numpy(), curve.frame["signed_root"].to_numpy()
    height = interval_quantile(level, curve.reference.df)
    _levels(ax, height, kind)
    known = np.isfinite(root)
    ax.plot(value[known], _shown(root[known], kind), "o-", markersize=3, gid="profile", label="Profile")
    row = (model.estimate.names == name).astype(np.float64)
    estimate = float(model.estimate.linear(row[None])[0])
    if np.isfinite(estimate):
        x = np.linspace(value[known].min(), value[known].max(), CURVE_POINTS)
        straight = (x - estimate) / standard_error(model, row, curve.reference)
        ax.plot(x, _shown(straight, kind), linestyle="--", color="C1", gid="wald", label="Wald")
    for end in profile_of(model, name, level, 1).interval.to_numpy()[0]:
        if np.isfinite(end):
            ax.axvline(end, gid="end", **REFERENCE)
    ax.set(xlabel=name, ylabel="Rise of the deviance / dispersion" if kind == "deviance" else "Signed root")
    ax.legend()
    return ax


def _shown(root: Array, kind: str) -> Array:
    return root**2 if kind == "deviance" else root


def _levels(ax: Axes, height: float, kind: str) -> None:
    """Draw where the interval ends, and no rise at all."""
    places = [0.0, height**2] if kind == "deviance" else [-height, 0.0, height]
    for place in places:
        ax.axhline(place, gid="level", **REFERENCE)
