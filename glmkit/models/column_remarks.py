"""What has to be said of columns that were dropped: of themselves, or for the weights of the rows."""

from __future__ import annotations

import numpy as np

from glmkit._typing import IntArray
from glmkit.errors import AliasedWarning
from glmkit.fitting.glm import GLMFit
from glmkit.frame.modelframe import ModelFrame
from glmkit.models.remark import Remark
from glmkit.tables.numbers import format_value
from glmkit.tables.wording import format_text

__all__ = ["lost_by_weight", "of_columns"]

NAMED = 5
# A coefficient of a combination this close to a whole number is one: ratios of columns are
# found to about 1e-12.
WHOLE = 1e-8
# A row this far from the combination, as a share of the column's largest value, is none of rounding.
OFF = 1e-6


def lost_by_weight(fit: GLMFit) -> IntArray:
    """Return which dropped columns are no combination of the kept ones but in the rows that outweigh the others."""
    found, used = fit.independence, fit.problem.weights > 0
    lost = []
    for k, j in enumerate(found.dropped):
        unit = np.zeros(fit.problem.design.shape[1])
        unit[j] = 1.0
        column = fit.problem.design.dot(unit)[used]
        unit[found.kept] = -found.combinations[:, k]
        rest = np.abs(fit.problem.design.dot(unit)[used])
        if np.max(rest, initial=0.0) > OFF * np.max(np.abs(column), initial=0.0):
            lost.append(k)
    return np.array(lost, dtype=np.intp)


def of_columns(frame: ModelFrame, fit: GLMFit, lost: IntArray) -> list[Remark]:
    """Return the remarks on aliased columns, `lost` of which, by place, the weights alone have dropped."""
    places = np.arange(len(fit.independence.dropped))
    if not len(places):
        return []
    return [
        *_of_aliased(frame, fit, np.setdiff1d(places, lost)),
        *_of_lost(frame, fit, lost),
    ]


def _of_aliased(frame: ModelFrame, fit: GLMFit, places: IntArray) -> list[Remark]:
    if len(places) == 0:
        return []
    names = [name.name for name in frame.names]
    text = (
        f"{_count(places)} not estimable and shown as NA, because the column is a linear combination of earlier ones: "
        f"{_combinations(names, fit, places)}. Drop the redundant terms, or read the others as they stand."
    )
    if len(names) > fit.nobs:
        text += f" There are more columns ({len(names)}) than rows ({fit.nobs:.0f})."
    return [Remark(text, AliasedWarning, {"columns": [names[j] for j in fit.independence.dropped[places]]})]


def _of_lost(frame: ModelFrame, fit: GLMFit, places: IntArray) -> list[Remark]:
    if len(places) == 0:
        return []
    names = [name.name for name in frame.names]
    weights = fit.problem.weights[fit.problem.weights > 0]
    with np.errstate(over="ignore"):
        span = float(np.max(weights) / np.min(weights))
    text = format_text(
        "{count} not estimable in double precision and shown as NA, because some rows outweigh the others so far "
        "that these say nothing beside them, and in those the column is a combination of earlier ones: {said}. The "
        "weights span a factor of {span}, beside what the variances of the family add. Give weights nearer each "
        "other, or drop rows.",
        count=_count(places),
        said=_combinations(names, fit, places),
        span=span,
    )
    facts: dict[str, object] = {"columns": [names[j] for j in fit.independence.dropped[places]], "span": span}
    return [Remark(text, AliasedWarning, facts)]


def _count(places: IntArray) -> str:
    return "1 coefficient is" if len(places) == 1 else f"{len(places)} coefficients are"


def _combinations(names: list[str], fit: GLMFit, places: IntArray) -> str:
    dropped = fit.independence.dropped
    said = [f"{names[dropped[k]]} = {_combination(names, fit, k)}" for k in places[:NAMED].tolist()]
    more = f"; and {len(places) - NAMED} more" if len(places) > NAMED else ""
    return "; ".join(said) + more


def _combination(names: list[str], fit: GLMFit, k: int) -> str:
    coefficients = fit.independence.combinations[:, k]
    parts = []
    for name, value in zip((names[j] for j in fit.kept), coefficients, strict=True):
        if value != 0.0:
            size = "" if abs(abs(value) - 1.0) < WHOLE else format_value(_tidied(abs(value)))
            sign = "-" if value < 0 else "+"
            parts.append(f"{sign} {size}{'*' if size else ''}{name}")
    text = " ".join(parts) or "0"
    return text.removeprefix("+ ").replace("- ", "-", 1) if text.startswith("-") else text.removeprefix("+ ")


def _tidied(value: float) -> float:
    """Return a whole number where only rounding is missing."""
    return round(value) if abs(value - round(value)) < WHOLE * value else value
