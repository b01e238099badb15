"""From a model frame to the parts of a fitted model with several linear predictors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray
from glmkit.errors import DataError, FamilyError, FitError
from glmkit.families.vector import VectorFamily
from glmkit.fitting.component_fit import ComponentFit
from glmkit.fitting.scoring import Control
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.components import (
    component_problem,
    component_slots,
    fit_component_problem,
    levels_of,
    response_name,
    slot_index,
)
from glmkit.inference.estimate import Estimate
from glmkit.inference.refit import estimate_of
from glmkit.models.checks import start_of
from glmkit.models.component_remarks import component_remarks_of
from glmkit.models.fitting import USER_LEVEL
from glmkit.models.remarks import boundary_of, say

__all__ = ["FittedComponents", "check_component_exposure", "fit_component_frame"]

ROWS_NAMED = 5


class FittedComponents(NamedTuple):
    """The fields of a `Record`, in its order."""

    frame: ModelFrame
    fit: ComponentFit
    estimate: Estimate
    control: Control
    method: str
    notes: tuple[str, ...]
    boundary: bool


def fit_component_frame(
    frame: ModelFrame,
    family: VectorFamily,
    *,
    control: Control,
    start: Mapping[str, float] | pd.Series | Array | None = None,
    method: str = "ml",
    stacklevel: int = USER_LEVEL,
) -> FittedComponents:
    """Return the fit of `family` to a frame, having said what there is to say of it."""
    if method != "ml":
        raise FitError(
            f'method={method!r} is not there for {family!r}. Choose "ml".', argument="method", value=method
        )
    frame = replace(frame, response=frame.response.with_levels_of(_total_weights(frame)))
    names = slot_index(component_slots(frame, family), family)
    problem = component_problem(frame, family)
    _check_response(frame, family, family.check_response(problem.y, problem.weights))
    fit = fit_component_problem(problem, family, control, start_of(start, names))
    estimate = estimate_of(fit, names)
    remarks = component_remarks_of(frame, fit, estimate)
    say(remarks, control, stacklevel)
    notes = tuple(remark.text for remark in remarks)
    return FittedComponents(frame, fit, estimate, control, method, notes, boundary_of(remarks))


def _total_weights(frame: ModelFrame) -> Array:
    return frame.weights if frame.freq_weights is None else frame.weights * frame.freq_weights


def _check_response(frame: ModelFrame, family: VectorFamily, bad: BoolArray) -> None:
    """Refuse a response outside the family's support, naming the first rows."""
    if not np.any(bad):
        return
    labels = frame.rows.labels[bad]
    rows = [label.item() if isinstance(label, np.generic) else label for label in labels[:ROWS_NAMED]]
    values = [float(value) for value in frame.response.y[bad][:ROWS_NAMED]]
    more = f" and {len(labels) - ROWS_NAMED} more" if len(labels) > ROWS_NAMED else ""
    raise FamilyError(
        f"The response `{frame.response.label}` does not fit the {family.in_words} family, which takes "
        f"{family.support}. Rows {rows}{more} hold {values}. Correct or drop these rows, or choose another family.",
        column=response_name(frame),
        rows=rows,
        values=values,
        levels=levels_of(frame),
    )


def check_component_exposure(exposure: object, family: VectorFamily) -> None:
    """Refuse an exposure for a family whose first predictor is not the logarithm of a mean."""
    if exposure is not None and not family.takes_exposure:
        raise DataError(
            f"exposure= means offset=log(exposure) and needs a log link, which {family!r} does not have. "
            "Leave it out, or use weights=.",
            argument="exposure",
        )
