"""What the model says along one variable: means or a curve, with interval and data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from glmkit._typing import Array, BoolArray
from glmkit.errors import FitError
from glmkit.frame.values import level_text
from glmkit.inference.effects.counterfactual import column_values, levels_of
from glmkit.inference.emmeans.grid import enters_as_factor, has_levels, used_value
from glmkit.inference.emmeans.means import MarginalMeans
from glmkit.plots.canvas import (
    REFERENCE,
    axes_of,
    legend_beside,
    name_places,
    ratio_axis,
    smooth,
    with_interval,
)
from glmkit.plots.protocol import DrawnFit

__all__ = ["plot_effect", "plot_means", "plot_partial_residuals"]

CURVE_POINTS = 120
APART = 0.12
"""Distance of two groups at one place."""


def plot_effect(model: DrawnFit, variable: str, by: str | None, ax: Axes | None, data: bool) -> Axes:
    """Draw the marginal mean along a variable, with its interval, the data or a rug."""
    known = list(model.frame.coding.variables)
    if variable not in known:
        raise FitError(
            f"{variable!r} is not a variable of the model; those are {', '.join(known)}.", name=variable
        )
    ax = axes_of(ax)
    if has_levels(model.frame, variable):
        plot_means(model.emmeans(variable, by=by), ax)
        ax.set_ylabel(_mean_name(model))
        return ax
    x = np.asarray(used_value(model.frame, variable), dtype=np.float64)
    grid = np.linspace(x.min(), x.max(), CURVE_POINTS)
    frame = model.emmeans(variable, by=by, at={variable: list(grid)}).frame
    parts = [("", frame)] if by is None else list(frame.groupby(by, sort=False, observed=True))
    members = [None if by is None else _members(model, by, key) for key, _ in parts]
    for k, ((key, part), rows) in enumerate(zip(parts, members, strict=True)):
        low, high = part["conf_low"], part["conf_high"]
        ax.fill_between(part[variable], low, high, alpha=0.2, color=f"C{k}", linewidth=0)
        ax.plot(part[variable], part["estimate"], color=f"C{k}", label=level_text(key), gid="curve")
        if data:
            _draw_data(model, ax, x, rows, "0.5" if rows is None else f"C{k}")
    ax.set(xlabel=variable, ylabel=_mean_name(model))
    if by is not None:
        legend_beside(ax, by)
    return ax


def _mean_name(model: DrawnFit) -> str:
    """Return what a mean of the response with its interval is called."""
    response = model.frame.response
    if response.kind != "binomial" or response.is_share:
        return with_interval(f"Mean of {response.label}")
    return with_interval(f"Probability of {response.event or response.label}")


def _members(model: DrawnFit, by: str, level: object) -> BoolArray | None:
    """Return which rows have a level; None where the groups are single values of a number."""
    if not has_levels(model.frame, by):
        return None
    values = column_values(used_value(model.frame, by), by)
    return np.array([value == level for value in values], dtype=bool)


def _draw_data(model: DrawnFit, ax: Axes, x: Array, rows: BoolArray | None, color: str) -> None:
    """Draw responses as points, and as a rug where they are 0 and 1 or each has an exposure of its own."""
    y = model.fit.problem.y
    shown = np.ones(len(y), dtype=bool) if rows is None else rows
    if np.ptp(model.fit.problem.added) > 0.0:  # a curve is of one exposure, the responses are not
        rugs = [(shown, 0.02)]
    elif model.frame.response.kind == "binomial" and np.isin(y, (0.0, 1.0)).all():
        rugs = [(shown & (y == 0.0), 0.02), (shown & (y == 1.0), 0.98)]
    else:
        ax.plot(x[shown], y[shown], "o", markersize=3, color=color, alpha=0.5, gid="data")
        return
    for drawn, place in rugs:
        height = np.full(int(np.sum(drawn)), place)
        across = ax.get_xaxis_transform()
        ax.plot(x[drawn], height, "|", color=color, alpha=0.6, gid="rug", transform=across)


def plot_means(means: MarginalMeans, ax: Axes | None) -> Axes:
    """Draw marginal means or contrasts with their intervals, one place a row, coloured by group."""
    ax = axes_of(ax)
    frame = means.confint().frame
    own = [column for column in means.labels.columns if column not in means.by]
    texts = _joined(frame, own)
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    within = _joined(frame, list(means.by)) if means.by else pd.Series("", frame.index)
    groups = list(dict.fromkeys(within))
    for k, group in enumerate(groups):
        part = frame[within == group]
        shift = APART * (k - (len(groups) - 1) / 2.0)
        x = np.array([places[text] for text in texts[within == group]]) + shift
        ends = np.abs(part[["conf_low", "conf_high"]].to_numpy().T - part["estimate"].to_numpy())
        ax.errorbar(x, part["estimate"], yerr=ends, fmt="o", color=f"C{k}", label=group, markersize=5)
    name_places(ax, list(places))
    heading = with_interval(means.back.heading, means.level, means.interval_adjustment)
    ax.set(xlabel=", ".join(own), ylabel=heading, xlim=(-0.5, len(places) - 0.5))
    if means.is_contrast:
        _mark_equality(ax, means)
    if means.by:
        legend_beside(ax, ", ".join(means.by))
    return ax


def _joined(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    texts: pd.Series = frame[columns].map(level_text).agg(", ".join, axis=1)
    return texts


def _mark_equality(ax: Axes, means: MarginalMeans) -> None:
    """Draw a line where two means are equal; ratios stand on a logarithmic axis."""
    equal = float(means.back.show(np.zeros(1))[0])
    ax.axhline(equal, gid="equal", **REFERENCE)
    if equal == 1.0:
        ax.set_yscale("log")
        ratio_axis(ax.yaxis)


def plot_partial_residuals(model: DrawnFit, term: str, ax: Axes | None) -> Axes:
    """Draw a term's partial residuals against its variable, with the term's own line and a smoother."""
    partial, terms = model.residuals("partial"), _terms(model)
    if term not in partial.columns:
        raise FitError(
            f"{term!r} is not a term; those are {', '.join(map(str, partial.columns))}.", name=term
        )
    (variable, *more) = next(t.variables for t in model.frame.terms if t.label == term)
    if more:
        raise FitError(
            f"The term {term!r} has several variables; partial residuals are drawn along one.", name=term
        )
    ax = axes_of(ax)
    used = used_value(model.frame, variable)
    values = column_values(used, variable)
    residual, own = partial[term].dropna().to_numpy(), terms[term].dropna().to_numpy()
    if enters_as_factor(model.frame, variable):
        levels = list(levels_of(used))
        x = np.array([levels.index(value) for value in values], dtype=np.float64)
        name_places(ax, [level_text(level) for level in levels])
        at, rows = np.unique(x, return_index=True)
        ax.hlines(own[rows], at - 0.25, at + 0.25, color="C3", label="fitted term", gid="term", zorder=3)
    else:
        x = np.asarray(values, dtype=np.float64)
        order = np.argsort(x, kind="stable")
        ax.plot(x[order], own[order], color="C3", label="fitted term", gid="term")
        ax.plot(*smooth(x, residual), color="C1", linestyle="--", label="smoother", gid="smoother")
    ax.plot(x, residual, "o", color="C0", markersize=3, alpha=0.5, gid="points")
    ax.axhline(0.0, **REFERENCE)
    legend_beside(ax, "")
    ax.set(xlabel=variable, ylabel=f"Partial residual of {term}")
    return ax


def _terms(model: DrawnFit) -> pd.DataFrame:
    frame: pd.DataFrame = model.predict(type="terms")
    return frame
