"""Analysis of deviance of models with several linear predictors.

A term stands in every component that has the right-hand side's columns; it is taken out
of all of them at once. With two parts (``y ~ x | z``) each part has terms of its own.
Deviances are compared by the likelihood-ratio test, coefficients by Wald's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import IntArray
from glmkit.errors import FitError
from glmkit.frame.terms import TermColumns
from glmkit.inference.components import ComponentModel, Slot, component_slots, parts_of, refit_components
from glmkit.inference.reference import chi_square_tail
from glmkit.numerics.algebra import solution
from glmkit.tables.table import Table
from glmkit.tables.wording import statistic_headings

__all__ = [
    "StackedTerm",
    "anova_of_components",
    "check_likelihood_ratio",
    "tail_of",
    "terms_of_components",
    "wald_of_term",
]

TESTS = (None, "LRT", "Wald", "none")


class StackedTerm(NamedTuple):
    """A term, and where its coefficients stand in all components."""

    label: str
    part: int
    factors: frozenset[str]
    columns: IntArray


def terms_of_components(model: ComponentModel) -> list[StackedTerm]:
    """Return the terms of each part, the intercepts left out."""
    slots = component_slots(model.frame, model.family)
    ends = np.cumsum([0, *(len(slot.names) for slot in slots)])
    terms = []
    for part, frame in enumerate(parts_of(model.frame)):
        factors = {term.label: frozenset(term.factors) for term in frame.coding.terms}
        for term in frame.terms:
            columns = _stacked(term, part, slots, ends)
            if term.order > 0 and len(columns):
                label = term.label if part == 0 else f"{term.label} ({_part_name(slots, part)})"
                terms.append(StackedTerm(label, part, factors[term.label], columns))
    return terms


def _part_name(slots: tuple[Slot, ...], part: int) -> str:
    return next(slot.spec.name for slot in slots if slot.part == part)


def _stacked(term: TermColumns, part: int, slots: tuple[Slot, ...], ends: IntArray) -> IntArray:
    found = [
        first + np.flatnonzero(np.isin(slot.columns, term.columns))
        for slot, first in zip(slots, ends[:-1], strict=True)
        if slot.part == part and slot.columns is not None
    ]
    return np.concatenate([*found, np.empty(0, dtype=np.intp)]).astype(np.intp)


def anova_of_components(model: ComponentModel, kind: int, test: str | None) -> Table:
    """Return the table of deviances (type 1), or of tests of each term (types 2 and 3).

    Raises
    ------
    FitError
        Unknown type or test; a likelihood-ratio test under a robust covariance; type 3
        with interactions, which depends on the coding.
    """
    if kind not in (1, 2, 3) or test not in TESTS:
        raise FitError(
            f'anova(type={kind!r}, test={test!r}) is not known. Choose type 1, 2 or 3, and "LRT", "Wald" or "none".',
            argument="type",
        )
    robust = not model.estimate.is_model_based
    chosen = ("Wald" if robust else "LRT") if test is None else test
    if chosen == "LRT":
        check_likelihood_ratio(model)
    terms = terms_of_components(model)
    interactions = any(len(term.factors) > 1 for term in terms)
    if kind == 3 and interactions:
        raise FitError(
            "Type 3 tests of a model with interactions depend on the coding of the factors. Use type=2.",
            argument="type",
        )
    if kind == 1:
        if chosen == "Wald":
            raise FitError("Type 1 compares deviances. Use type=2 for Wald tests.", argument="test")
        return _sequential(model, terms, chosen)
    return _by_term(model, terms, chosen, kind)


def check_likelihood_ratio(model: ComponentModel) -> None:
    """Refuse a likelihood ratio under a robust covariance."""
    if not model.estimate.is_model_based:
        raise FitError(
            f"The likelihood-ratio test does not go with the covariance {model.estimate.label}. "
            'Use test="Wald", or the model-based fit.',
            argument="test",
        )


def _sequential(model: ComponentModel, terms: list[StackedTerm], test: str) -> Table:
    every = np.arange(len(model.estimate.names))
    later = np.concatenate([*(term.columns for term in terms), np.empty(0, dtype=np.intp)])
    columns = np.setdiff1d(every, later)
    fits = [refit_components(model, columns)]
    for term in terms[:-1]:
        columns = np.union1d(columns, term.columns)
        fits.append(refit_components(model, columns))
    fits = [*fits, model.fit] if terms else [model.fit]
    deviance = np.array([fit.deviance for fit in fits])
    df_resid = np.array([fit.df_resid for fit in fits])
    drop, df = -np.diff(deviance, prepend=np.nan), -np.diff(df_resid, prepend=np.nan)
    table = pd.DataFrame(
        {"df": df, "deviance": drop, "df_resid": df_resid, "resid_deviance": deviance},
        index=pd.Index(["NULL", *(term.label for term in terms)], dtype=object),
    )
    if test != "none":
        table["statistic"] = drop
        table["p_value"] = [tail_of(s, d) for s, d in zip(drop, df, strict=True)]
    blanks = ("df", "deviance", "statistic", "p_value")
    headings = statistic_headings("LRT") if test != "none" else {}
    return Table(table, "Analysis of deviance, terms added in order", headings=headings, blanks=blanks)


def _by_term(model: ComponentModel, terms: list[StackedTerm], test: str, kind: int) -> Table:
    if test == "none":
        raise FitError('test="none" leaves nothing of a table of type 2 or 3. Choose "LRT" or "Wald".')
    rows = [
        _likelihood_ratio(model, term, terms) if test == "LRT" else wald_of_term(model, term)
        for term in terms
    ]
    table = pd.DataFrame(
        {
            "df": [df for df, _ in rows],
            "statistic": [statistic for _, statistic in rows],
            "p_value": [tail_of(statistic, df) for df, statistic in rows],
        },
        index=pd.Index([term.label for term in terms], dtype=object),
    )
    name = "likelihood-ratio" if test == "LRT" else "Wald"
    title = f"Analysis of deviance, type {kind} {name} tests"
    notes = () if model.estimate.is_model_based else (f"Covariance: {model.estimate.label}.",)
    return Table(table, title, headings=statistic_headings(test), notes=notes)


def _likelihood_ratio(
    model: ComponentModel, term: StackedTerm, terms: list[StackedTerm]
) -> tuple[float, float]:
    """Return df and drop in deviance of a term beside all that do not contain it."""
    above = [other.columns for other in terms if other.part == term.part and other.factors > term.factors]
    every = np.arange(len(model.estimate.names))
    full_columns = np.setdiff1d(every, np.concatenate([*above, np.empty(0, dtype=np.intp)]))
    full = refit_components(model, full_columns) if above else model.fit
    reduced = refit_components(model, np.setdiff1d(full_columns, term.columns))
    return reduced.df_resid - full.df_resid, max(reduced.deviance - full.deviance, 0.0)


def wald_of_term(model: ComponentModel, term: StackedTerm) -> tuple[float, float]:
    """Return df and b'V^-1 b of a term's coefficients."""
    columns = term.columns[np.isin(term.columns, model.estimate.kept)]
    rows = np.eye(len(model.estimate.names))[columns]
    value, covariance = model.estimate.linear(rows), model.estimate.covariance_of(rows)
    if not np.all(np.isfinite(value)):
        return float(len(columns)), float("nan")
    return float(len(columns)), float(
        value @ solution("The Wald statistic of a term", covariance, value)
    ) if len(columns) else 0.0


def tail_of(statistic: float, df: float) -> float:
    """Return the upper tail of chi-square; NaN where there is no statistic."""
    return chi_square_tail(statistic, df) if np.isfinite(statistic) else float("nan")
