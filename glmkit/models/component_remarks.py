"""What has to be said of a fit with several linear predictors."""

from __future__ import annotations

import numpy as np

from glmkit.errors import (
    AliasedWarning,
    BoundaryWarning,
    ConvergenceWarning,
    GlmkitWarning,
    SeparationWarning,
)
from glmkit.fitting.component_fit import ComponentFit
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.components import edge_note, response_name
from glmkit.inference.estimate import Estimate
from glmkit.models.remarks import Remark, beyond_doubles, of_rows, of_the_means, of_the_null
from glmkit.tables.numbers import format_value
from glmkit.tables.wording import format_text, join_names

__all__ = ["component_remarks_of"]


def component_remarks_of(frame: ModelFrame, fit: ComponentFit, estimate: Estimate) -> tuple[Remark, ...]:
    """Return all there is to say of a fit, in the order of the way of the data."""
    notes = () if frame.second is None else tuple(n for n in frame.second.notes if n not in frame.notes)
    return (
        *of_rows(frame),
        *(Remark(note) for note in notes),
        *_of_levels(frame),
        *_of_order(frame, fit),
        *_of_columns(fit, estimate),
        *_of_the_end(frame, fit, estimate),
        *_of_the_range(fit, estimate),
        *of_the_null(fit.null_deviance),
        *of_the_means(frame, np.all(np.isfinite(fit.outcome), axis=1)),
    )


def _of_levels(frame: ModelFrame) -> list[Remark]:
    empty = frame.response.empty
    if not empty:
        return []
    count = "Level" if len(empty) == 1 else "Levels"
    text = (
        f"{count} {join_names(empty)} of the response {response_name(frame)!r} never occur in the rows used, and "
        "are left out: their probability is estimated as 0. Drop the unused levels, or collect data for them."
    )
    return [Remark(text, GlmkitWarning, {"levels": empty})]


def _of_order(frame: ModelFrame, fit: ComponentFit) -> list[Remark]:
    name, levels = response_name(frame), frame.response.levels or ()
    text = len(levels) > 2 and all(isinstance(level, str) for level in levels)
    declared = name not in frame.source or "categ" in frame.source.dtype(name)
    counts = frame.response.trials is not None
    if not fit.family.ordered_levels or not text or declared or counts:
        return []
    said = (
        f"The levels of {name!r} are text and taken in alphabetical order: {' < '.join(map(str, levels))}. "
        "Make the column an ordered category with the levels in their order."
    )
    return [Remark(said, GlmkitWarning, {"levels": levels})]


def _names(estimate: Estimate) -> list[str]:
    return [":".join(pair) for pair in estimate.names]


def _of_columns(fit: ComponentFit, estimate: Estimate) -> list[Remark]:
    dropped = fit.independence.dropped
    if len(dropped) == 0:
        return []
    names = _names(estimate)
    lost = [names[j] for j in dropped]
    text = (
        f"{len(lost)} coefficients are not estimable and shown as NA, because their columns are linear combinations "
        f"of earlier ones: {join_names(lost)}. Drop the redundant terms, or read the others as they stand."
    )
    return [Remark(text, AliasedWarning, {"columns": lost})]


def _of_the_end(frame: ModelFrame, fit: ComponentFit, estimate: Estimate) -> list[Remark]:
    if fit.recession is not None:
        return [_separation(frame, fit, estimate)]
    note = edge_note(frame, fit, estimate)
    if note is not None:
        return [Remark(note, BoundaryWarning)]
    if not fit.converged:
        text = format_text(
            "The iterations did not converge: after {count} the last step was {estimate} standard errors. "
            "Raise Control(max_iter=), give start=, or fit a smaller model.",
            count=len(fit.trace),
            estimate=fit.trace[-1].step,
        )
        return [Remark(text, ConvergenceWarning, {"iterations": len(fit.trace), "step": fit.trace[-1].step})]
    return []


def _of_the_range(fit: ComponentFit, estimate: Estimate) -> list[Remark]:
    lost = [name for name in ("deviance", "pearson_chi2") if not np.isfinite(getattr(fit, name))]
    endless = np.isfinite(estimate.coef) & np.isinf(estimate.std_error)
    names = [name for name, one in zip(_names(estimate), endless, strict=True) if one]
    return [beyond_doubles(lost, names)] if lost or names else []


def _separation(frame: ModelFrame, fit: ComponentFit, estimate: Estimate) -> Remark:
    assert fit.separated is not None
    names, coef = _names(estimate), estimate.coef
    ends = {names[j]: float(coef[j]) for j in fit.kept if not np.isfinite(coef[j])}
    said = [f"{name} = {'NA' if np.isnan(end) else format_value(end)}" for name, end in ends.items()]
    rows = frame.rows.labels[fit.separated]
    paths = " NA: the limit depends on the path taken." if any(np.isnan(end) for end in ends.values()) else ""
    text = (
        "Separation: the maximum likelihood estimate does not exist, the likelihood rises for ever as the "
        f"coefficients go to {join_names(said)}.{paths} In {len(rows)} rows (labels {join_names(rows)}) "
        f"{fit.family.limit_text}; the deviance, the fitted values and the finite coefficients shown are the limits. "
        f"{fit.family.limit_cure}"
    )
    return Remark(text, SeparationWarning, {"columns": list(ends), "rows": list(rows), "limits": ends})
