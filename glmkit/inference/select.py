"""Stepwise selection of terms by a criterion, over the same rows throughout.

References
----------
Akaike, H. (1974). A new look at the statistical model identification. IEEE Trans. Automatic
Control 19, 716-723.
Schwarz, G. (1978). Estimating the dimension of a model. Ann. Statist. 6, 461-464.
Miller, A. J. (2002). Subset Selection in Regression, 2nd ed., chapter 6: what is wrong with
inference after selection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit.errors import FitError, NoLikelihoodError
from glmkit.fitting.glm import GLMFit
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.recoding import keeping
from glmkit.inference.likelihood import parameters_of
from glmkit.inference.marginality import TermSets, addable, containing, term_sets
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import estimate_of, refit
from glmkit.inference.scopes import Scope, larger_frame, on_rows_of, rows_note, same_terms, scope_formula
from glmkit.inference.submodels import (
    WorkingModel,
    fit_submodel,
    measuring,
    refit_from,
    start_in,
    submodel_of,
)
from glmkit.inference.table_notes import fit_notes
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text

__all__ = ["Selection", "StepScope", "select"]

StepScope = Scope | Mapping[str, Scope]
START = "<start>"
DIRECTIONS = ("both", "backward", "forward")
# A gain of the criterion below this is rounding.
LEAST_GAIN = 1e-7


class Selection(NamedTuple):
    """The chosen model, how it was found, and what has to be said of it."""

    frame: ModelFrame
    path: Table
    rows_lost: list[str]
    note: str


class _Criterion(NamedTuple):
    """-2 log L + k * parameters."""

    name: str  # a column of the glossary
    heading: str
    penalty: float

    def of(self, fit: GLMFit) -> float:
        """Return the criterion of a fit; infinite where it has none."""
        value = -2.0 * fit.loglik + self.penalty * parameters_of(fit)
        return float("inf") if np.isnan(value) else value


class _Step(NamedTuple):
    """One line of the path."""

    label: str
    fit: GLMFit
    value: float


def select(model: FittedModel, direction: str, criterion: str | float, scope: StepScope | None) -> Selection:
    """Return the model that no single allowed step improves.

    Parameters
    ----------
    model : FittedModel
        Where the search starts.
    direction : {"both", "backward", "forward"}
    criterion : {"aic", "bic"} or float
        Or k, the price of a parameter.
    scope : formula, list of terms or dict with "lower" and "upper", optional
        The largest model, or the smallest too. By default everything of the model may go
        and nothing new may come.
    """
    _check(model, direction, scope)
    price = _criterion(criterion, model.fit)
    lower, whole = _bounds(model, scope)
    search = _Search(whole, price, lower, direction)
    start = on_rows_of(model, whole)
    end, steps = search.run(start, same_terms(term_sets(model.frame), search.terms, term_sets(model.frame)))
    note = format_text(
        "The terms were selected by {name} ({direction}, {steps} steps, {fits} models fitted). Standard errors, "
        "p-values and intervals take them as given beforehand, and are too optimistic. The path is in step_path.",
        name=price.heading,
        direction=direction,
        steps=len(steps) - 1,
        fits=len(search.seen),
    )
    return Selection(end.frame, _path(steps, price), rows_note(model, whole), note)


@dataclass
class _Search:
    """The models of a selection: each is fitted once."""

    whole: ModelFrame
    criterion: _Criterion
    lower: frozenset[frozenset[str]]
    direction: str
    seen: dict[frozenset[str], GLMFit] = field(default_factory=dict)

    @property
    def terms(self) -> TermSets:
        return term_sets(self.whole)

    def run(self, model: FittedModel, labels: list[str]) -> tuple[FittedModel, list[_Step]]:
        """Return the model no step improves, and the steps to it."""
        self.seen[frozenset(labels)] = model.fit
        steps = [_Step(START, model.fit, self.criterion.of(model.fit))]
        while True:
            tried = [self._tried(model, labels, sign, term) for sign, term in self._moves(labels)]
            best = min(tried, key=lambda step: step.value, default=None)
            if best is None or not best.value < steps[-1].value - LEAST_GAIN:
                return model, steps
            labels = self._after(labels, *best.label.split(" ", 1))
            model = self._model(model, labels)
            steps.append(best)

    def _moves(self, labels: list[str]) -> Iterable[tuple[str, str]]:
        present = {label: self.terms[label] for label in labels}
        if self.direction != "forward":
            free = [label for label in labels if present[label] not in self.lower]
            yield from (("-", label) for label in free if not containing(label, present))
        if self.direction != "backward":
            yield from (("+", label) for label in addable(self.terms, labels))

    def _after(self, labels: list[str], sign: str, term: str) -> list[str]:
        inside = {*labels, term} if sign == "+" else {*labels} - {term}
        return [label for label in self.terms if label in inside]

    def _tried(self, model: FittedModel, labels: list[str], sign: str, term: str) -> _Step:
        after = self._after(labels, sign, term)
        key = frozenset(after)
        if key not in self.seen:
            self.seen[key] = self._fit(model, after, sign)
        fit = self.seen[key]
        return _Step(f"{sign} {term}", fit, self.criterion.of(fit))

    def _fit(self, model: FittedModel, after: list[str], sign: str) -> GLMFit:
        if sign == "-":
            return fit_submodel(model, submodel_of(model, after)).fit
        frame = keeping(self.whole, after)
        return refit_from(model, start_in(model, frame), frame=frame, control=measuring(model.control))

    def _model(self, model: FittedModel, labels: list[str]) -> FittedModel:
        """Return the model of these terms on the way to the next step."""
        frame, fit = keeping(self.whole, labels), self.seen[frozenset(labels)]
        if fit.problem.design.shape[1] != len(frame.names):  # it stood for a larger one of the same span
            fit = refit(model, frame=frame)
        names = pd.Index([name.name for name in frame.names], dtype=object)
        return WorkingModel(frame, fit, estimate_of(fit, names), model.family, model.control)


def _path(steps: list[_Step], criterion: _Criterion) -> Table:
    left = np.array([step.fit.df_resid for step in steps], dtype=np.float64)
    deviance = np.array([step.fit.deviance for step in steps])
    columns = {
        "df": np.append(np.nan, np.diff(left)),
        "deviance": np.append(np.nan, np.diff(deviance)),
        "df_resid": left,
        "resid_deviance": deviance,
        criterion.name: np.array([step.value for step in steps]),
    }
    frame = pd.DataFrame(columns, index=pd.Index([step.label for step in steps], dtype=object))
    notes = ["Df and deviance are the change at each step.", *fit_notes({s.label: s.fit for s in steps})]
    return Table(
        frame,
        "Stepwise selection",
        headings={criterion.name: criterion.heading},
        kinds={criterion.name: "deviance"},
        notes=notes,
        blanks=("df", "deviance"),
    )


# ------------------------------------------------------------------------------ what was asked for


def _check(model: FittedModel, direction: str, scope: StepScope | None) -> None:
    if direction not in DIRECTIONS:
        raise FitError(
            f"direction={direction!r} is not known. Choose one of: {', '.join(DIRECTIONS)}.",
            argument="direction",
        )
    if direction == "forward" and scope is None:
        raise FitError(
            "A forward selection needs scope=, the largest model: '~ a + b + c'.", argument="scope"
        )
    if not model.family.has_likelihood:
        raise NoLikelihoodError(
            f"The {model.family.name} family has no likelihood, and so no criterion to select by. "
            'Use drop1(test="F").',
            family=model.family,
        )
    if model.fit.method != "ml":
        raise FitError(
            f'The criterion rests on maximum likelihood, and this fit has method="{model.fit.method}". Select with '
            'method="ml", then fit the chosen model with the method.',
            method=model.fit.method,
        )
    if not model.estimate.is_model_based:
        raise FitError(
            f"The criterion rests on the likelihood, and this fit uses the covariance {model.estimate.label}. Select "
            "with the fit as glm() gave it, then call with_vcov() on the result.",
            covariance=model.estimate.label,
        )


def _criterion(asked: str | float, fit: GLMFit) -> _Criterion:
    if asked == "aic":
        return _Criterion("aic", "AIC", 2.0)
    if asked == "bic":
        return _Criterion("bic", "BIC", float(np.log(fit.nobs)))
    if isinstance(asked, (int, float)) and not isinstance(asked, bool) and np.isfinite(asked) and asked >= 0:
        return _Criterion("criterion", format_text("-2 log L + {k} Df", k=float(asked)), float(asked))
    raise FitError(
        f'criterion={asked!r} is not known. Choose "aic", "bic", or a number: what a parameter costs.',
        argument="criterion",
    )


def _bounds(model: FittedModel, scope: StepScope | None) -> tuple[frozenset[frozenset[str]], ModelFrame]:
    """Return the factors of the terms that must stay, and the frame of all that may come."""
    given = scope if isinstance(scope, Mapping) else {"upper": scope}
    unknown = [name for name in given if name not in ("lower", "upper")]
    if unknown:
        raise FitError(
            f'scope= has the entry {unknown[0]!r}. Give a formula, or {{"lower": ..., "upper": ...}}.',
            argument="scope",
        )
    lower, upper = given.get("lower"), given.get("upper")
    stay: frozenset[frozenset[str]] = frozenset()
    if lower is not None:
        text = lower if isinstance(lower, str) else " + ".join(lower)
        parsed = scope_formula(model.frame, text if "~" in text else f"~ {text}")
        stay = frozenset(frozenset(term.factors) for term in parsed.terms)
    if upper is None:
        return stay, model.frame
    return stay, larger_frame(model.frame, scope_formula(model.frame, upper), model.family.response_kind)
