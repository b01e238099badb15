"""A fit with another formula, other data or other arguments; all that is not named stays as it was."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import TypedDict, TypeVar

import pandas as pd

from glmkit._typing import Array
from glmkit.errors import DroppedRowsWarning, FitError
from glmkit.families.base import Family
from glmkit.families.registry import FamilyLike, glm_family_from
from glmkit.families.vector import VectorFamily
from glmkit.fitting.scoring import Control
from glmkit.frame.arguments import RowArguments
from glmkit.frame.coding import Contrasts
from glmkit.frame.columns import read_data
from glmkit.frame.formula import ParsedFormula, parse_formula, update_formula
from glmkit.frame.modelframe import ModelFrame, model_frame
from glmkit.frame.names import plain_name
from glmkit.frame.registered import available
from glmkit.inference.select import StepScope, select
from glmkit.inference.submodels import start_in
from glmkit.models.checks import check_exposure
from glmkit.models.fitting import Fitted, fit_frame
from glmkit.models.record import Record

__all__ = ["SAME", "Changes", "check_names", "frame_with", "stepped", "updated"]

ModelT = TypeVar("ModelT", bound=Record)
AnyFamilyT = TypeVar("AnyFamilyT", Family, VectorFamily)
SAME = ". ~ ."
# From `say` through `fit_frame`, `_fitted`, these functions and the method to the user's line.
USER_LEVEL = 6
ROWS = tuple(f.name for f in fields(RowArguments))


class Changes(TypedDict, total=False):
    """The arguments of `glm` that `update` may change."""

    data: object
    family: FamilyLike
    weights: object
    freq_weights: object
    offset: object
    exposure: object
    subset: object
    na_action: str
    contrasts: Mapping[str, object] | str | None
    start: Mapping[str, float] | pd.Series | Array | None
    method: str
    context: Mapping[str, object] | None
    control: Control


def updated(model: ModelT, formula: str, changes: Changes) -> ModelT:
    """Return the model fitted anew with some arguments changed."""
    check_names(changes)
    family = glm_family_from(changes["family"]) if "family" in changes else model.family
    frame = frame_with(model.frame, formula, changes, family, check_exposure)
    fitted = _fitted(model, frame, family, changes, known=())
    return replace(model, **fitted._asdict(), step_path=None)


def stepped(model: ModelT, direction: str, criterion: str | float, scope: StepScope | None) -> ModelT:
    """Return the fit of the model that stepwise selection ends with."""
    chosen = select(model, direction, criterion, scope)
    for text in chosen.rows_lost:
        lost = model.frame.n - chosen.frame.n
        warnings.warn(DroppedRowsWarning(text, rows=lost), stacklevel=3)
    # What was said of the model's rows and columns need not be said again.
    fitted = _fitted(model, chosen.frame, model.family, {}, known=model.notes)
    notes = (*fitted.notes, *chosen.rows_lost, chosen.note)
    return replace(model, **fitted._replace(notes=notes)._asdict(), step_path=chosen.path)


def _fitted(
    model: Record, frame: ModelFrame, family: Family, changes: Changes, known: tuple[str, ...]
) -> Fitted:
    """Return the fit of a frame; where the family's own start is not valid, from the model's coefficients."""
    control, method = changes.get("control", model.control), changes.get("method", model.method)
    start = changes.get("start")
    try:
        return fit_frame(
            frame, family, control=control, start=start, method=method, stacklevel=USER_LEVEL, known=known
        )
    except FitError:
        near = start_in(model, frame)
        if start is not None or near is None or control.on_failure == "raise":
            raise
    return fit_frame(
        frame, family, control=control, start=near, method=method, stacklevel=USER_LEVEL, known=known
    )


def frame_with(
    old: ModelFrame,
    formula: str,
    changes: Changes,
    family: AnyFamilyT,
    check: Callable[[object, AnyFamilyT], None],
) -> ModelFrame:
    """Return the frame with some arguments changed; `check` judges its exposure."""
    if old.ready:
        _check_ready(formula, changes)
        return old
    rows = {name: changes[name] for name in ROWS if name in changes}  # type: ignore[literal-required]
    arguments = replace(old.arguments, **rows)
    check(arguments.exposure, family)
    data = read_data(changes["data"]) if "data" in changes else old.source
    context = changes.get("context", old.context)
    if formula == SAME and "data" not in changes:
        parsed, text = old.formula, old.formula.text
    else:
        parsed = parse_formula(update_formula(old.formula, formula), data, available(context))
        text = _written(parsed)
    return model_frame(
        text,
        data,
        response_kind=family.response_kind,
        second_part=family.second_part,
        arguments=arguments,
        contrasts=changes["contrasts"] if "contrasts" in changes else _still_there(old.contrasts, parsed),
        context=context,
    )


def _written(formula: ParsedFormula) -> str:
    """Return a formula written out, its dots and crossings expanded."""
    second = "" if formula.part2 is None else f" | {formula.part2}"
    return f"{formula.response} ~ {formula.right}{second}"


def _still_there(contrasts: Contrasts, formula: ParsedFormula) -> Contrasts:
    """Return the contrasts asked for, without those of factors that are no longer in the formula."""
    if contrasts is None or isinstance(contrasts, str):
        return contrasts
    factors = {factor for term in formula.terms for factor in term.factors}
    names = factors | {plain_name(factor) for factor in factors}
    return {name: scheme for name, scheme in contrasts.items() if name in names}


# ------------------------------------------------------------------------------ what is refused


def check_names(changes: Changes) -> None:
    """Refuse what is no argument of `glm`, with the nearest that is."""
    known = tuple(Changes.__annotations__)
    for name in changes:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise FitError(
                f"update() has no argument {name!r}.{hint} It takes a formula and {', '.join(known)}.",
                argument=name,
            )


def _check_ready(formula: str, changes: Changes) -> None:
    """Refuse, for a fit to arrays, what needs a formula."""
    refused = [name for name in changes if name not in ("family", "start", "method", "control")]
    if formula != SAME or refused:
        what = ", ".join(f"{name}=" for name in refused) or f"the formula {formula!r}"
        raise FitError(
            f"A fit to arrays has no formula and no data to apply {what} to. Call gk.glm_fit() with other "
            "arrays, or fit with gk.glm(formula, data).",
            argument=refused[0] if refused else "formula",
        )
