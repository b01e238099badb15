"""From a model frame to the parts of a fitted model, with what there is to say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.families.base import Family
from glmkit.fitting.adjusted import METHODS
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.independence import ExtremeColumnsError
from glmkit.fitting.scoring import Control
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.estimate import Estimate
from glmkit.inference.refit import estimate_of, fit_problem, problem_of
from glmkit.models.checks import check_response, start_of
from glmkit.models.remarks import boundary_of, remarks_of, say

__all__ = ["Fitted", "fit_frame", "method_named"]

# From `say` through `fit_frame` and the entry point to the user's line.
USER_LEVEL = 4


class Fitted(NamedTuple):
    """The fields of a `Record`, in its order."""

    frame: ModelFrame
    fit: GLMFit
    estimate: Estimate
    control: Control
    method: str
    notes: tuple[str, ...]
    boundary: bool


def fit_frame(
    frame: ModelFrame,
    family: Family,
    *,
    control: Control,
    start: Mapping[str, float] | pd.Series | Array | None = None,
    method: str = "ml",
    stacklevel: int = USER_LEVEL,
    known: tuple[str, ...] = (),
) -> Fitted:
    """Return the fit of `family` to a frame, having said what there is to say of it.

    A theta or power that an earlier fit estimated is estimated again. Remarks that are
    `known` are noted, but not given as warnings again.
    """
    method = method_named(method)
    check_response(frame, family)
    names = pd.Index([name.name for name in frame.names], dtype=object)
    problem = problem_of(frame, method)
    try:
        fit = fit_problem(problem, family.released(), control, start_of(start, names))
    except ExtremeColumnsError as error:
        raise error.named(list(names)) from None
    estimate = estimate_of(fit, names)
    remarks = remarks_of(frame, fit, estimate)
    say(tuple(remark for remark in remarks if remark.text not in known), control, stacklevel)
    notes = tuple(remark.text for remark in remarks)
    return Fitted(frame, fit, estimate, control, method, notes, boundary_of(remarks))


def method_named(method: str) -> str:
    """Return the method that a name stands for."""
    if method not in METHODS:
        known = ", ".join(f'"{name}"' for name in METHODS)
        raise FitError(
            f"method={method!r} is not known. Choose one of: {known}.", argument="method", value=method
        )
    return METHODS[method]
