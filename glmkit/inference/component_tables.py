"""Residuals, confusion and simulation of models with several linear predictors."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd
from scipy import special

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference import wald
from glmkit.inference.component_predict import classes_of
from glmkit.inference.component_profile import profile_intervals
from glmkit.inference.components import ComponentModel, levels_of
from glmkit.inference.rowwise import frame_by_row, result_index
from glmkit.inference.wald import check_level
from glmkit.tables.glossary import Kind
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text

__all__ = [
    "augment_components",
    "confint_of_components",
    "confusion_of",
    "residuals_of_components",
    "simulate_components",
]

KINDS = ("response", "pearson", "quantile")


def confint_of_components(
    model: ComponentModel, method: str | None, level: float, df: float | None
) -> pd.DataFrame:
    """Return Wald or profile-likelihood intervals for the coefficients."""
    if method not in (None, "wald", "profile") or (method == "profile" and df is not None):
        raise FitError(
            f'method={method!r} is not there for {model.family!r}. Choose "wald" or "profile", df= with "wald" alone.',
            argument="method",
            value=method,
        )
    if method == "profile":
        return profile_intervals(model, check_level(level))
    return wald.confint(model.estimate, check_level(level), df)


def residuals_of_components(model: ComponentModel, kind: str, seed: int | None) -> pd.DataFrame | pd.Series:
    """Return residuals of one kind, a column for each level, or one for a numeric response.

    Notes
    -----
    Quantile residuals are Phi^-1(u), u uniform between P(Y < y) and P(Y <= y) (Dunn & Smyth
    1996), which is normal under the model whatever the family.
    """
    if kind not in KINDS:
        raise FitError(
            f"{kind!r} is not a kind of residual here. Choose one of: {', '.join(KINDS)}.",
            argument="type",
            value=kind,
        )
    if kind == "quantile":
        return frame_by_row(model.frame.rows, _quantile(model, seed)[:, None], ["residual"]).iloc[:, 0]
    values = _response(model)
    if kind == "pearson":
        values = _pearson(model, values)
    names = model.family.outcomes(levels_of(model.frame))
    whole = frame_by_row(model.frame.rows, values, names)
    return whole if len(names) > 1 else whole.iloc[:, 0].rename("residual")


def _pearson(model: ComponentModel, values: Array) -> Array:
    """Return residuals over their standard deviations; the signed root of a row's share where it has one column."""
    fit = model.fit
    with np.errstate(all="ignore"):  # a sure outcome has variance 0, or next to none
        if values.shape[1] == 1:
            share = fit.problem.prior * model.family.pearson(fit.problem.y, fit.eta)
            return np.copysign(np.sqrt(share)[:, None], values)
        scaled = values * np.sqrt(fit.problem.prior[:, None] / model.family.variance(fit.eta))
    return np.where(values == 0.0, 0.0, scaled)


def _response(model: ComponentModel) -> Array:
    return np.asarray(model.family.observed(model.fit.problem.y) - model.fit.outcome)


def _quantile(model: ComponentModel, seed: int | None) -> Array:
    fit = model.fit
    low, high = model.family.cdf_below(fit.problem.y, fit.eta), model.family.cdf(fit.problem.y, fit.eta)
    u = low + (high - low) * np.random.default_rng(seed).random(len(low))
    return np.asarray(special.ndtri(u))


def confusion_of(model: ComponentModel) -> Table:
    """Return how often each level was observed (rows) and predicted (columns), by weight."""
    levels = levels_of(model.frame)
    if not levels:
        raise FitError("A numeric response has no levels to confuse. Use residuals().")
    predicted = classes_of(model, model.fit.outcome)
    seen = model.fit.problem.weights[:, None] * model.fit.problem.y
    names = model.family.outcomes(levels)
    columns = {
        name: seen[[one == level for one in predicted]].sum(axis=0)
        for name, level in zip(names, levels, strict=True)
    }
    index = pd.Index(names, name="observed", dtype=object)
    table = pd.DataFrame(columns, index=index)
    kind: Kind = "count" if np.all(table == np.round(table)) else "number"
    kinds = dict.fromkeys(table.columns, kind)
    right = np.trace(table.to_numpy()) / table.to_numpy().sum()
    note = format_text(
        "Rows: observed, columns: predicted level. Share predicted rightly: {share:probability}.", share=right
    )
    return Table(table, "Confusion", kinds=kinds, notes=[note])


def simulate_components(model: ComponentModel, n: int, seed: int | None) -> pd.DataFrame:
    """Return `n` responses drawn from the fit, one column each (one for each level of counts)."""
    fit, levels = model.fit, levels_of(model.frame)
    rng = np.random.default_rng(seed)
    trials = fit.problem.trials
    names = model.family.outcomes(levels)
    columns: dict[Hashable, object] = {}
    for k in range(1, n + 1):
        with np.errstate(all="ignore"):  # predictors at the end of doubles
            drawn = model.family.rvs(fit.eta, trials, rng)
        if drawn.ndim == 2:
            columns |= {(f"sim_{k}", name): drawn[:, j] for j, name in enumerate(names)}
        else:
            columns[f"sim_{k}"] = _labelled(drawn, levels)
    frame = pd.DataFrame(columns, index=model.frame.rows.labels)
    return (
        frame.reindex(result_index(model.frame.rows))
        if len(frame) != len(result_index(model.frame.rows))
        else frame
    )


def _labelled(drawn: Array, levels: tuple[Hashable, ...]) -> object:
    if not levels:
        return drawn
    codes = np.where(np.isnan(drawn), -1, drawn).astype(int)
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(levels)))


def augment_components(model: ComponentModel) -> pd.DataFrame:
    """Return one row per row used: the response, the fitted values and, of labels, the class."""
    fit, levels, rows = model.fit, levels_of(model.frame), model.frame.rows
    names = model.family.outcomes(levels)
    if not levels:
        columns = {
            "response": model.family.observed(fit.problem.y)[:, 0],
            "fitted": fit.outcome[:, 0],
            "residual": _response(model)[:, 0],
        }
        return pd.DataFrame(columns, index=rows.labels)
    shown: dict[str, object] = {}
    if fit.problem.trials is None:
        shown["response"] = [levels[k] for k in np.argmax(fit.problem.y, axis=1)]
    shown["class"] = classes_of(model, fit.outcome)
    shown |= {f"fitted[{name}]": fit.outcome[:, j] for j, name in enumerate(names)}
    return pd.DataFrame(shown, index=rows.labels)
