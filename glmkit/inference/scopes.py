"""What a scope means: the terms a table of single deletions or additions, or a selection, may touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from glmkit.errors import FitError, FormulaError
from glmkit.frame.formula import ParsedFormula, parse_formula, update_formula
from glmkit.frame.modelframe import ModelFrame, model_frame
from glmkit.frame.recoding import keeping
from glmkit.frame.registered import available
from glmkit.inference.marginality import TermSets, term_sets
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import estimate_of, refit
from glmkit.inference.submodels import WorkingModel

__all__ = ["Scope", "larger_frame", "on_rows_of", "rows_note", "same_terms", "scope_formula"]

Scope = str | Sequence[str]


def scope_formula(frame: ModelFrame, scope: Scope) -> ParsedFormula:
    """Return the formula a scope means: ``". ~ . + x"``, ``"~ a*b"``, ``"x + z"`` or ``["x", "z"]``.

    Without ``~`` the terms are added to those of the model.

    Raises
    ------
    FormulaError
        It cannot be read, names something unknown, or changes the response.
    """
    if frame.ready:
        raise FitError(
            "A fit to arrays has no formula to change. Fit with gk.glm(formula, data).", argument="scope"
        )
    if not isinstance(scope, str):
        scope = " + ".join(scope)
    text = scope if "~" in scope else f". ~ . + {scope}"
    context = available(frame.context)
    parsed = parse_formula(update_formula(frame.formula, text), frame.source, context)
    if parsed.response not in (None, frame.formula.response):
        raise FormulaError(
            f"The scope {scope!r} changes the response {frame.formula.response!r} to {parsed.response!r}. "
            "Write the terms alone: '~ a + b'.",
            formula=scope,
        )
    return parsed


def larger_frame(frame: ModelFrame, scope: ParsedFormula, response_kind: str) -> ModelFrame:
    """Return a frame with the terms of the model and of the scope, over the rows complete in all of them."""
    known = {frozenset(term.factors) for term in frame.formula.terms}
    new = [term.label for term in scope.terms if frozenset(term.factors) not in known]
    if not new:
        return frame
    text = f"{frame.formula.response} ~ {' + '.join([frame.formula.right, *new])}"
    return model_frame(
        text,
        frame.source,
        response_kind=response_kind,
        arguments=frame.arguments,
        contrasts=frame.contrasts,
        context=frame.context,
    )


def same_terms(labels: Iterable[str], among: TermSets, named: TermSets) -> list[str]:
    """Return what the terms `labels` of `named` are called `among` others: `b:a` is `a:b`."""
    calls = {factors: label for label, factors in among.items()}
    return [calls[named[label]] for label in labels if named[label] in calls]


def on_rows_of(model: FittedModel, whole: ModelFrame) -> FittedModel:
    """Return the model over the rows of a larger frame; itself where these are its own."""
    if np.array_equal(whole.rows.kept, model.frame.rows.kept):
        return model
    own = term_sets(model.frame)
    frame = keeping(whole, same_terms(own, term_sets(whole), own))
    fit = refit(model, frame=frame)
    names = pd.Index([name.name for name in frame.names], dtype=object)
    return WorkingModel(frame, fit, estimate_of(fit, names), model.family, model.control)


def rows_note(model: FittedModel, whole: ModelFrame) -> list[str]:
    """Return in words that fewer rows serve than the model has; empty where none is lost."""
    n, left = model.frame.n, whole.n
    if n == left:
        return []
    missing = ", ".join(name for name in whole.rows.dropped if name not in model.frame.rows.dropped)
    return [
        f"All models, the first too, are fitted to the {left} of {n} rows that are complete in every term"
        f"{f' (missing: {missing})' if missing else ''}."
    ]
