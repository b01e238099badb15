"""Single term deletions of models with several linear predictors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from glmkit.errors import FitError
from glmkit.inference.component_anova import (
    StackedTerm,
    check_likelihood_ratio,
    tail_of,
    terms_of_components,
    wald_of_term,
)
from glmkit.inference.components import ComponentModel, refit_components
from glmkit.inference.likelihood import aic_of
from glmkit.tables.table import Table
from glmkit.tables.wording import join_names, statistic_headings

__all__ = ["drop1_of_components"]

TESTS = ("LRT", "Wald", "none")


def drop1_of_components(model: ComponentModel, scope: str | Sequence[str] | None, test: str) -> Table:
    """Return the fits without one term each, taken out of all its components at once.

    Raises
    ------
    FitError
        Unknown test, or a likelihood-ratio test under a robust covariance; the scope names
        no term of the model, or one that is marginal to another.
    """
    if test not in TESTS:
        raise FitError(
            f"test={test!r} is not there for {model.family!r}. Choose one of: {', '.join(TESTS)}.",
            argument="test",
        )
    if test == "LRT":
        check_likelihood_ratio(model)
    terms = terms_of_components(model)
    dropped = _dropped(terms, scope)
    every = np.arange(len(model.estimate.names))
    fits = [refit_components(model, np.setdiff1d(every, term.columns)) for term in dropped]
    df = np.array([model.fit.rank - fit.rank for fit in fits], dtype=np.float64)
    columns = {
        "df": np.append(np.nan, df),
        "deviance": np.array([model.fit.deviance, *(fit.deviance for fit in fits)]),
        "aic": np.array([aic_of(model.fit), *(aic_of(fit) for fit in fits)]),
    }
    if test != "none":
        worse = np.array([max(fit.deviance - model.fit.deviance, 0.0) for fit in fits])
        found = worse if test == "LRT" else [wald_of_term(model, term)[1] for term in dropped]
        columns["statistic"] = np.append(np.nan, found)
        columns["p_value"] = np.append(np.nan, [tail_of(s, d) for s, d in zip(found, df, strict=True)])
    frame = pd.DataFrame(columns, index=pd.Index(["<none>", *(term.label for term in dropped)], dtype=object))
    lost = [term.label for term, fit in zip(dropped, fits, strict=True) if not fit.converged]
    notes = [f"The fit without {join_names(lost)} did not converge."] if lost else []
    if not model.estimate.is_model_based:
        notes.append(f"Covariance: {model.estimate.label}.")
    blanks = ("df", "statistic", "p_value")
    headings = statistic_headings(test) if test != "none" else {}
    return Table(frame, "Single term deletions", headings=headings, notes=notes, blanks=blanks)


def _dropped(terms: list[StackedTerm], scope: str | Sequence[str] | None) -> list[StackedTerm]:
    free = [
        term
        for term in terms
        if not any(other.part == term.part and other.factors > term.factors for other in terms)
    ]
    if scope is None:
        return free
    text = scope.removeprefix("~") if isinstance(scope, str) else None
    wanted = [part.strip() for part in text.split("+")] if text is not None else [str(part) for part in scope]
    known = {term.label: term for term in free}
    unknown = [label for label in wanted if label not in known]
    if unknown:
        raise FitError(
            f"The scope names {', '.join(unknown)}; the terms that can be dropped are {', '.join(known) or 'none'}: "
            "those of the model that are part of no other.",
            argument="scope",
            terms=unknown,
        )
    return [known[label] for label in dict.fromkeys(wanted)]
