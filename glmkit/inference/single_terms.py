"""Single terms dropped from a model, or added to it.

References
----------
Venables, W. N. and Ripley, B. D. (2002). Modern Applied Statistics with S, 4th ed.,
sections 6.8 and 7.2.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit.errors import DroppedRowsWarning, FitError
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.recoding import keeping
from glmkit.inference.anova import anova_table
from glmkit.inference.likelihood import aic_of
from glmkit.inference.marginality import TermSets, addable, containing, droppable, term_sets
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import estimate_of
from glmkit.inference.restricted import MeasuredFit, restricted_fit
from glmkit.inference.scopes import Scope, larger_frame, on_rows_of, rows_note, same_terms, scope_formula
from glmkit.inference.submodels import (
    Submodel,
    WorkingModel,
    columns_without,
    fit_submodel,
    measuring,
    refit_from,
    restriction_rows,
    start_in,
    submodel_of,
)
from glmkit.inference.table_notes import deviance_dispersion, dispersion_note, fit_notes, reference_note
from glmkit.inference.term_tests import (
    NO_TEST,
    TermTest,
    chi_square_test,
    chosen_test,
    f_test,
    rao_test,
    wald_test,
)
from glmkit.tables.table import Table

__all__ = ["add1", "drop1"]

NONE = "<none>"
DELETIONS, ADDITIONS = "Single term deletions", "Single term additions"
PERFECT = "<none> fits without a residual: its AIC is -Inf, and that of the others, measured from it, is not to be had."


class _Line(NamedTuple):
    """One model of the table, and the model it is tested against."""

    df: float
    fit: MeasuredFit
    test: TermTest


# ------------------------------------------------------------------------------ dropped


def drop1(model: FittedModel, scope: Scope | None = None, test: str = "LRT") -> Table:
    """Return the fits without one term each.

    Parameters
    ----------
    model : FittedModel
    scope : str or list of str, optional
        Terms to drop; by default all that are marginal to no other.
    test : {"LRT", "F", "Rao", "Wald", "none"}

    Raises
    ------
    FitError
        The test does not go with the fit, or the scope names no term of the model.
    """
    name = chosen_test(model, test)
    terms = term_sets(model.frame)
    labels = _dropped_labels(model, terms, scope)
    marginal = [label for label in labels if containing(label, terms)]
    lines = {label: _dropped(model, label, terms, name) for label in labels}
    notes = [
        *reference_note(model, name),
        *_dispersion_notes(model, name),
        *[
            f"{label} is marginal to {', '.join(containing(label, terms))}: dropping it alone depends on the contrasts "
            "in use, anova(type=3) does not."
            for label in marginal
        ],
        *fit_notes({label: line.fit for label, line in lines.items()}),
    ]
    return _table(model, lines, DELETIONS, name, notes)


def _dropped_labels(model: FittedModel, terms: TermSets, scope: Scope | None) -> list[str]:
    if scope is None:
        return list(droppable(terms))
    if not isinstance(scope, str) or model.frame.ready:
        wanted = {
            label: frozenset(label.split(":")) for label in ([scope] if isinstance(scope, str) else scope)
        }
    else:
        text = scope if "~" in scope else f"~ {scope}"
        wanted = {term.label: frozenset(term.factors) for term in scope_formula(model.frame, text).terms}
    asked = {factors: label for label, factors in wanted.items()}
    unknown = [label for factors, label in asked.items() if factors not in terms.values()]
    if unknown:
        raise FitError(
            f"The scope names {', '.join(unknown)}, and the model has {', '.join(terms) or 'no terms'}. "
            "Name terms of the model.",
            argument="scope",
            terms=unknown,
        )
    return [label for label, factors in terms.items() if factors in asked]


def _dropped(model: FittedModel, label: str, terms: TermSets, test: str) -> _Line:
    if containing(label, terms):
        sub = columns_without(model, [label])
    else:
        sub = submodel_of(model, [other for other in terms if other != label])
    closed = None if test == "Rao" else restricted_fit(model, sub)
    if closed is not None:
        return _Line(model.fit.rank - closed.rank, closed, _test_of(test, closed, model, sub))
    small, big = fit_submodel(model, sub).fit, model.fit
    if test == "Rao":
        return _Line(big.rank - small.rank, small, rao_test(small, big, big.dispersion))
    return _Line(big.rank - small.rank, small, _test_of(test, small, model, sub))


def _test_of(test: str, small: MeasuredFit, model: FittedModel, sub: Submodel) -> TermTest:
    """Return the test of dropping to a submodel, but for Rao's."""
    big = model.fit
    df, phi = big.rank - small.rank, big.dispersion
    if test == "none" or df == 0:
        return NO_TEST._replace(df=df)
    if test == "Wald":
        return wald_test(model.estimate, restriction_rows(model, sub))
    if test == "F":
        return f_test(small.deviance - big.deviance, df, deviance_dispersion(big), big.df_resid)
    return chi_square_test(_criterion(small, phi) - _criterion(big, phi), df)


def _criterion(fit: MeasuredFit, dispersion: float) -> float:
    return fit.family.profiled(fit.deviance, dispersion, fit.nobs)


# ------------------------------------------------------------------------------ added


def add1(model: FittedModel, scope: Scope, test: str = "LRT") -> Table:
    """Return the fits with one more term each.

    Parameters
    ----------
    model : FittedModel
    scope : str or list of str
        ``". ~ . + x + z"``, ``"~ a * b"``, ``"x"`` or ``["x", "z"]``.
    test : {"LRT", "F", "Rao", "Wald", "none"}

    Raises
    ------
    FitError, FormulaError
        The test does not go with the fit; the scope cannot be read or adds nothing.

    Warns
    -----
    DroppedRowsWarning
        A new term has missing values: all models are fitted to the rows that are complete.
    """
    name = chosen_test(model, test)
    if name == "Wald" and not model.estimate.is_model_based:
        raise FitError(
            f"The covariance {model.estimate.label} is that of this model, not of larger ones. Fit these, with "
            "update() and with_vcov(), and look at their own tests.",
            argument="test",
        )
    whole = larger_frame(model.frame, scope_formula(model.frame, scope), model.family.response_kind)
    own, terms = term_sets(model.frame), term_sets(whole)
    present = same_terms(own, terms, own)
    labels = addable(terms, present)
    if not labels:
        raise FitError(
            f"The scope {scope!r} has no term that the model lacks and could take. Name one that is not in it.",
            argument="scope",
        )
    said = rows_note(model, whole)
    for text in said:
        warnings.warn(DroppedRowsWarning(text, rows=model.frame.n - whole.n), stacklevel=3)
    base = on_rows_of(model, whole)
    lines = {label: _added(base, whole, present, label, name) for label in labels}
    notes = [
        *said,
        *reference_note(base, name),
        *_dispersion_notes(base, name, added=True),
        *fit_notes({label: line.fit for label, line in lines.items()}),
    ]
    return _table(base, lines, ADDITIONS, name, notes)


def _added(base: FittedModel, whole: ModelFrame, present: Sequence[str], label: str, test: str) -> _Line:
    frame = keeping(whole, [*present, label])
    fit = refit_from(base, start_in(base, frame), frame=frame, control=measuring(base.control))
    names = pd.Index([name.name for name in frame.names], dtype=object)
    larger = WorkingModel(frame, fit, estimate_of(fit, names), base.family, base.control)
    df, phi = fit.rank - base.fit.rank, base.fit.dispersion
    if test == "Rao":
        return _Line(df, fit, rao_test(base.fit, fit, phi))
    if test == "LRT" and df > 0:
        return _Line(df, fit, chi_square_test(_criterion(base.fit, phi) - _criterion(fit, phi), df))
    return _Line(df, fit, _test_of(test, base.fit, larger, submodel_of(larger, present)))


# ------------------------------------------------------------------------------ the table


def _table(base: FittedModel, lines: dict[str, _Line], title: str, test: str, notes: Sequence[str]) -> Table:
    """Return the base and the lines: columns ``df deviance aic``, and ``statistic p_value`` but for "none"."""
    phi, fits = base.fit.dispersion, [base.fit, *(line.fit for line in lines.values())]
    sign = -1.0 if title == DELETIONS else 1.0
    df = np.array([0.0, *(line.df for line in lines.values())])
    with np.errstate(invalid="ignore"):  # a perfect fit is at -Inf: no distance to it
        worse = np.array([_criterion(fit, phi) for fit in fits]) - _criterion(base.fit, phi)
        aic = aic_of(base.fit) + np.append(0.0, worse[1:] + 2.0 * sign * df[1:])
    if np.isneginf(aic[0]):
        notes = [*notes, PERFECT]
    columns = {
        "df": np.append(np.nan, df[1:]),
        "deviance": np.array([fit.deviance for fit in fits]),
        "aic": aic,
    }
    if test != "none":
        columns["statistic"] = np.array([np.nan, *(line.test.statistic for line in lines.values())])
        columns["p_value"] = np.array([np.nan, *(line.test.p_value for line in lines.values())])
    frame = pd.DataFrame(columns, index=pd.Index([NONE, *lines], dtype=object))
    return anova_table(base, frame, title, test, notes)


def _dispersion_notes(model: FittedModel, test: str, added: bool = False) -> list[str]:
    """Return which dispersion the tests and the AIC use."""
    fit = model.fit
    if fit.family.dispersion is not None:
        return dispersion_note(fit, "")
    # A family that profiles its dispersion gives each model its own.
    profiled = fit.family.profiled(1.0, 1.0, 1.0) == fit.family.profiled(1.0, 2.0, 1.0)
    of = "of the model"
    if test == "F":
        text = "Each F uses the deviance / df of its larger model."
        notes = [text] if added else dispersion_note(fit, of, by_deviance=True)
    elif test == "LRT" and profiled:
        notes = ["Each model has the dispersion of its own maximum, deviance / n."]
    else:
        notes = [] if test in ("none", "Wald") else dispersion_note(fit, of)
    if not profiled and fit.family.has_likelihood:
        notes.append("The AIC holds the dispersion at that of the model, as in R; a refit has its own.")
    return notes
