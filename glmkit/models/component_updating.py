"""A fit with several linear predictors, with another formula, other data or other arguments."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from glmkit.errors import FamilyError
from glmkit.families.registry import family_from
from glmkit.families.vector import VectorFamily
from glmkit.models.component_fitting import check_component_exposure, fit_component_frame
from glmkit.models.record import Record
from glmkit.models.updating import Changes, check_names, frame_with

__all__ = ["updated_components"]

ModelT = TypeVar("ModelT", bound=Record)
# From `say` through `fit_component_frame`, this function and the method to the user's line.
USER_LEVEL = 5


def updated_components(model: ModelT, own: VectorFamily, formula: str, changes: Changes) -> ModelT:
    """Return the model fitted anew with some arguments changed; `own` is its family."""
    check_names(changes)
    family = family_from(changes["family"]) if "family" in changes else own
    if not isinstance(family, VectorFamily):
        raise FamilyError(
            f"{family!r} has one linear predictor for each row, and {own!r} has several. Call gk.glm() with it.",
            family=family,
        )
    frame = frame_with(model.frame, formula, changes, family, check_component_exposure)
    fitted = fit_component_frame(
        frame,
        family,
        control=changes.get("control", model.control),
        start=changes.get("start"),
        method=changes.get("method", model.method),
        stacklevel=USER_LEVEL,
    )
    return replace(model, **fitted._asdict())
