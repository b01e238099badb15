"""What the model says along one variable: means or a curve, with interval and data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from glmkit.errors import FitError
from glmkit.frame.values import level_text
from glmkit.inference.effects.counterfactual import column_values
from glmkit.inference.emmeans.grid import enters_as_factor, used_value
from glmkit.inference.emmeans.means import MarginalMeans
from glmkit.plots.canvas import REFERENCE, axes_of, smooth
from glmkit.plots.protocol import DrawnFit

__all__ = ["plot_effect", "plot_means", "plot_partial_residuals"]

CURVE_POINTS = 120


def plot_effect(model: DrawnFit, variable: str, by: str | None, ax: Axes | None, data: bool) -> Axes:
    """Draw the marginal mean along a variable, with its interval, the data or a rug."""
    ax = axes_of(ax)
    known = list(model.frame.coding.variables)
    if variable not in known:
        raise FitError(
            f"{variable!r} is not a variable of the model; those are {', '.join(known)}.", name=variable
        )
    if enters_as_factor(model.frame, variable):
        return plot_means(model.emmeans(variable, by=by), ax)
    x = np.asarray(used_value(model.frame, variable), dtype=np.float64)
    grid = np.linspace(x.min(), x.max(), CURVE_POINTS)
    frame = model.emmeans(variable, by=by, at={variable: list(grid)}).frame
    if data:
        _draw_data(model, ax, x)
    groups = (
        [("", frame)]
        if by is None
        else [(level_text(key), part) for key, part in frame.groupby(by, sort=False)]
    )
    for k, (name, part) in enumerate(groups):
        ax.fill_between(
            part[variable], part["conf_low"], part["conf_high"], alpha=0.2, color=f"C{k}", linewidth=0
        )
        ax.plot(part[variable], part["estimate"], color=f"C{k}", label=name, gid="curve")
    ax.set(xlabel=variable, ylabel=f"Mean of {model.frame.response.label}")
    if by is not None:
        ax.legend(title=by)
    return ax


def _draw_data(model: DrawnFit, ax: Axes, x: np.ndarray) -> None:
    if model.frame.response.kind == "binomial" and model.frame.response.trials is None:
        y = model.fit.problem.y
        for value, place in ((0.0, 0.02), (1.0, 0.98)):
            ax.plot(
                x[y == value],
                np.full(np.sum(y == value), place),
                "|",
                color="0.5",
                alpha=0.6,
                gid="rug",
                transform=ax.get_xaxis_transform(),
            )
        return
    ax.plot(x, model.fit.problem.y, "o", markersize=3, color="0.5", alpha=0.5, gid="data")


def plot_means(means: MarginalMeans, ax: Axes | None) -> Axes:
    """Draw marginal means or contrasts with their intervals, one place a row, coloured by group."""
    ax = axes_of(ax)
    frame = means.confint().frame
    own = [column for column in means.labels.columns if column not in means.by]
    texts = frame[own].map(level_text).agg(", ".join, axis=1)
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    within = (
        frame[list(means.by)].map(level_text).agg(", ".join, axis=1)
        if means.by
        else pd.Series("", frame.index)
    )
    groups = list(dict.fromkeys(within))
    for k, group in enumerate(groups):
        part = frame[within == group]
        shift = 0.12 * (k - (len(groups) - 1) / 2.0)
        x = np.array([places[text] for text in texts[within == group]]) + shift
        ends = np.abs(part[["conf_low", "conf_high"]].to_numpy().T - part["estimate"].to_numpy())
        ax.errorbar(x, part["estimate"], yerr=ends, fmt="o", color=f"C{k}", label=group, markersize=5)
    ax.set_xticks(list(places.values()), list(places))
    ax.set(xlabel=", ".join(own), ylabel=means.back.heading)
    if means.by:
        ax.legend(title=", ".join(means.by))
    return ax


def plot_partial_residuals(model: DrawnFit, term: str, ax: Axes | None) -> Axes:
    """Draw a term's partial residuals against its variable, with the term's own line and a smoother."""
    ax = axes_of(ax)
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
    values = column_values(used_value(model.frame, variable), variable)
    residual, own = partial[term].dropna().to_numpy(), terms[term].dropna().to_numpy()
    if enters_as_factor(model.frame, variable):
        texts = [level_text(value) for value in values]
        levels = list(dict.fromkeys(sorted(texts)))
        x = np.array([levels.index(text) for text in texts], dtype=np.float64)
        ax.set_xticks(range(len(levels)), levels)
    else:
        x = np.asarray(values, dtype=np.float64)
        ax.plot(*smooth(x, residual), color="C1", label="smoother", gid="smoother")
    order = np.argsort(x, kind="stable")
    ax.plot(x, residual, "o", markersize=3, alpha=0.5, gid="points")
    ax.plot(x[order], own[order], color="C3", label="fitted term", gid="term")
    ax.axhline(0.0, **REFERENCE)
    ax.set(xlabel=variable, ylabel=f"Partial residual of {term}")
    return ax


def _terms(model: DrawnFit) -> pd.DataFrame:
    frame: pd.DataFrame = model.predict(type="terms")
    return frame
