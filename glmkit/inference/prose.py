"""A fit in the words of a paper: what was modelled, how well it fits, each term, what to know.

What is said follows the reporting guidelines of the two fields that have them: sample, rows left
out and why, effect sizes with intervals beside every test, statistic with df and exact p.

References
----------
American Psychological Association (2020). Publication Manual, 7th ed., sections 6.43 to 6.45.
von Elm, E. et al. (2007). The STROBE statement. Lancet 370, 1453-1457, items 12, 13, 16.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

import numpy as np
import pandas as pd

from glmkit._typing import IntArray
from glmkit.errors import FitError
from glmkit.frame.names import CoefName
from glmkit.inference.anova import anova
from glmkit.inference.confidence import coefficient_frame, statistic_of
from glmkit.inference.likelihood import null_test, overdispersion
from glmkit.inference.marginality import containing, term_sets
from glmkit.inference.nuisance import nuisance_facts
from glmkit.inference.prose_model import modelled
from glmkit.inference.protocols import AnyModel, FittedModel
from glmkit.inference.term_tests import default_test
from glmkit.inference.tidy import exponentiated
from glmkit.inference.wald import check_level, joint_wald
from glmkit.tables.numbers import format_columns, percent
from glmkit.tables.prose import Prose
from glmkit.tables.wording import format_text, join_names

__all__ = ["Options", "prose"]

MOST_COLUMNS = 8
"""Coefficients of a term that are all reported; of a longer term the range."""
SHOWN = ("estimate", "std_error", "conf_low", "conf_high")
MOST_TERMS = 15
"""Terms that are reported one by one."""
TOO_SPREAD = 0.05
"""Tail area of Pearson's statistic from which the report speaks of overdispersion."""

METHODS = {"wald": "Wald", "profile": "profile likelihood", "score": "score"}
NUISANCES = {"Power": "The power of the variance"}
TESTS = {"LRT": "LR chi-square", "chisq": "Wald chi-square", "LR": "LR chi-square"}


class Options(NamedTuple):
    """What `Results.report` was asked for."""

    ci: str = "wald"
    level: float = 0.95
    method: str = "ml"


def prose(model: FittedModel, options: Options) -> Prose:
    """Return the report of a fit in plain English."""
    check_level(options.level)
    parts = (
        modelled(model, options.method),
        _fitted(model, options),
        _estimates(model, options),
        _remarks(model),
    )
    paragraphs = (" ".join(sentences) for sentences in parts)
    return Prose(tuple(paragraph for paragraph in paragraphs if paragraph))


# ---------------------------------------------------------------------- how well it fits


def _fitted(model: FittedModel, options: Options) -> Iterator[str]:
    fit = model.fit
    yield from _against_the_null(model)
    if fit.null_deviance > 0 and fit.df_null > fit.df_resid:
        template = (
            "It explains {share:text} of the null deviance (residual deviance {deviance} on {df} df, null "
            "deviance {null:deviance} on {df_null:df} df)."
        )
        share = percent(round(1.0 - fit.deviance / fit.null_deviance, 3))
        yield format_text(
            template,
            share=share,
            deviance=fit.deviance,
            df=fit.df_resid,
            null=fit.null_deviance,
            df_null=fit.df_null,
        )
    yield _dispersion(model)
    for found in nuisance_facts(fit)[:1]:
        yield f"{NUISANCES.get(found.label, found.label)} is {found.text}."
    yield from _spread(model)
    label = model.estimate.label
    kind = "are model-based" if model.estimate.is_model_based else f"come from the covariance {label}"
    yield f"Standard errors {kind}; intervals (CI) are {METHODS.get(options.ci, options.ci)} intervals."


def _against_the_null(model: FittedModel) -> Iterator[str]:
    fit = model.fit
    if fit.df_null <= fit.df_resid:
        return
    if model.estimate.is_model_based:
        test = null_test(fit)
        text = _tested(TESTS.get(test.name, test.name), test.df, test.df_resid, test.statistic, test.p_value)
    else:
        constant = _constant(model)
        text = _joint(model, np.array([j for j in model.estimate.kept if j not in constant], dtype=int))
    if text:
        yield f"Against the model without its terms: {text}."


def _constant(model: FittedModel) -> set[int]:
    labels = term_sets(model.frame)
    return {j for term in model.frame.terms if term.label not in labels for j in term.columns.tolist()}


def _dispersion(model: FittedModel) -> str:
    fit = model.fit
    if model.family.dispersion is not None:
        return format_text(
            "The dispersion is held at {dispersion}, and coefficients are {reference}.",
            dispersion=fit.dispersion,
            reference=_reference(model),
        )
    if not fit.df_resid > 0:
        return "No degrees of freedom are left to estimate the dispersion: there are no standard errors or tests."
    return format_text(
        "The dispersion is estimated as {dispersion} (Pearson chi-square over {df} df), and coefficients are "
        "{reference}.",
        dispersion=fit.dispersion,
        df=fit.df_resid,
        reference=_reference(model),
    )


def _reference(model: FittedModel) -> str:
    if model.estimate.small_sample is not None:
        return "referred to t distributions with degrees of freedom of their own"
    if np.isinf(model.estimate.df):
        return "referred to the normal distribution"
    return format_text("referred to the t distribution with {df} df", df=model.estimate.df)


def _spread(model: FittedModel) -> Iterator[str]:
    spread = overdispersion(model.fit)
    if spread is None or spread.p_value >= TOO_SPREAD or not model.estimate.rests_on_variance:
        return
    yield format_text(
        "Pearson's chi-square is {ratio} times its df (p = {p_value}): the response varies more than the family "
        "allows, so that standard errors are too small; consider {cure}.",
        ratio=spread.ratio,
        p_value=spread.p_value,
        cure=model.family.overdispersion_cure,
    )


# ---------------------------------------------------------------------- the estimates


def _estimates(model: FittedModel, options: Options) -> Iterator[str]:
    frame = coefficient_frame(cast(AnyModel, model), model.estimate, options.ci, options.level)
    lines = _Lines(model, options, frame, _cells(model, frame))
    labels = term_sets(model.frame)
    terms = [term for term in model.frame.terms if term.label in labels]
    tests = _term_tests(model, {term.label: term.columns for term in terms[:MOST_TERMS]})
    for term in terms[:MOST_TERMS]:
        columns_left = np.array([j for j in term.columns if j in model.estimate.kept], dtype=int)
        if len(columns_left):
            yield lines.term(term.label, columns_left, tests.get(term.label, ""))
    if len(terms) > MOST_TERMS:
        yield format_text("{n:count} more terms are in the coefficient table.", n=len(terms) - MOST_TERMS)
    if not terms:
        yield from (f"{lines.coefficient(j)}." for j in model.estimate.kept.tolist())


def _cells(model: FittedModel, frame: pd.DataFrame) -> list[list[str]]:
    """Return estimate, error and interval as shown, by coefficient; digits as the terms need, not the constant."""
    shown = exponentiated(frame) if model.family.ratio_name else frame
    constant = _constant(model) if len(model.frame.terms) > 1 else set()
    where = [j for j in range(len(frame)) if j not in constant]
    columns = [shown[name].to_numpy(dtype=float)[where] for name in SHOWN]
    cells = [["" for _ in range(len(frame))] for _ in SHOWN]
    for column, written in zip(
        cells, format_columns(["estimate", "std_error", "bound", "bound"], columns), strict=True
    ):
        for j, cell in zip(where, written, strict=True):
            column[j] = cell
    return cells


class _Lines(NamedTuple):
    """Coefficients as phrases."""

    model: FittedModel
    options: Options
    frame: pd.DataFrame
    cells: list[list[str]]

    def term(self, label: str, columns: IntArray, test: str) -> str:
        """Return the sentence of one term."""
        if len(columns) == 1:
            return f"{self.coefficient(int(columns[0]))}."
        head = f"{label}, {test}: " if test else f"{label}: "
        if len(columns) <= MOST_COLUMNS:
            return head + "; ".join(self.coefficient(j, label) for j in columns.tolist()) + "."
        values = self.frame["estimate"].to_numpy(dtype=float)[columns]
        low, high = (int(columns[np.argsort(values)[i]]) for i in (0, -1))
        what = self._what(self.model.frame.names[low])
        text = "{n:count} coefficients, from {what} {low} ({lowest}) to {high} ({highest})."
        return head + format_text(
            text,
            n=len(columns),
            what=what,
            low=self.cells[0][low],
            high=self.cells[0][high],
            lowest=self.model.frame.names[low].label,
            highest=self.model.frame.names[high].label,
        )

    def coefficient(self, j: int, inside: str = "") -> str:
        """Return name, estimate, interval and test of one coefficient, `inside` a term that has been named."""
        name, row = self.model.frame.names[j], self.frame.iloc[j]
        head = f"{name.label.removeprefix(inside + ': ')}, {self._what(name)} {self.cells[0][j]}"
        if np.isnan(row["conf_low"]) and np.isnan(row["conf_high"]):
            return head + (" (not finite, see below)" if not np.isfinite(row["estimate"]) else "")
        interval = f"{percent(self.options.level)} CI [{self.cells[2][j]}, {self.cells[3][j]}]"
        return f"{head}, {interval}, {self._test(j)}"

    def _what(self, name: CoefName) -> str:
        """Return what the number is: a ratio, a ratio of ratios, or the coefficient b."""
        ratio = self.model.family.ratio_name
        if not ratio or not name.parts:
            return "exp(b) =" if ratio else "b ="
        return ratio if len(name.parts) == 1 else f"ratio of {ratio}s" if len(name.parts) == 2 else "exp(b) ="

    def _test(self, j: int) -> str:
        df = float(self.model.estimate.coef_df[j])
        name = statistic_of(self.options.ci, self.model.estimate.df)
        end = "" if np.isinf(df) else "({df})"
        return format_text(
            "{name}" + end + " = {statistic}, p = {p_value}",
            name=name,
            df=df,
            statistic=float(self.frame["statistic"].iloc[j]),
            p_value=float(self.frame["p_value"].iloc[j]),
        )


def _term_tests(model: FittedModel, columns: dict[str, IntArray]) -> dict[str, str]:
    """Return the test of each term of several columns, type II; Wald's under a robust covariance.

    Under a robust covariance a term inside an interaction has none: its coefficients alone say
    nothing of the whole term.
    """
    several = [label for label, js in columns.items() if len(js) > 1]
    if not several:
        return {}
    frame = _by_likelihood(model) if model.estimate.is_model_based else None
    if frame is None:
        terms, kept = term_sets(model.frame), set(model.estimate.kept.tolist())
        alone = {label: columns[label] for label in several if not containing(label, terms)}
        return {
            label: _joint(model, np.array([j for j in js if j in kept], dtype=int))
            for label, js in alone.items()
        }
    test, df_resid = default_test(model), model.fit.df_resid
    lines = frame.loc[several, ["df", "statistic", "p_value"]].itertuples(index=False)
    return {
        label: _tested(TESTS.get(test, test), df, df_resid, statistic, p_value)
        for label, (df, statistic, p_value) in zip(several, lines, strict=True)
    }


def _by_likelihood(model: FittedModel) -> pd.DataFrame | None:
    """Return the tests of type II; None where a smaller model has no fit, such as one without any term."""
    try:
        return anova(model, 2).frame
    except FitError:
        return None


def _joint(model: FittedModel, columns: IntArray) -> str:
    """Return Wald's test that these coefficients are all zero; empty where there is none."""
    try:
        test = joint_wald(model.estimate, np.eye(len(model.estimate.names))[columns])
    except FitError:  # fewer clusters than coefficients: no joint test
        return ""
    name = TESTS.get(test.name, f"Wald {test.name}")
    return _tested(name, test.df, test.df_resid, test.statistic, test.p_value)


def _tested(name: str, df: float, df_resid: float, statistic: float, p_value: float) -> str:
    if not np.isfinite(statistic):
        return ""
    df_text = "{df}, {df_resid}" if name.endswith("F") else "{df}"
    return format_text(
        "{name}(" + df_text + ") = {statistic}, p = {p_value}",
        name=name,
        df=float(df),
        df_resid=float(df_resid),
        statistic=float(statistic),
        p_value=float(p_value),
    )


# ---------------------------------------------------------------------- what to know


def _remarks(model: FittedModel) -> Iterator[str]:
    terms = term_sets(model.frame)
    inside = [label for label in terms if containing(label, terms)]
    if inside:
        yield (
            f"The coefficients of {_listed(inside)} hold where the variables they interact with are at their "
            "first level or at 0."
        )
    names = model.frame.names
    dropped = [names[j].name for j in model.estimate.dropped.tolist()]
    if dropped:
        yield f"Without an estimate, being aliased with other columns: {join_names(dropped)}."
    if model.estimate.recession is not None:
        coef = model.estimate.coef
        infinite = [names[j].name for j in model.estimate.kept.tolist() if not np.isfinite(coef[j])]
        yield (
            f"The data are separated: the likelihood rises for ever, without finite estimates of {_listed(infinite)}. "
            "Wald intervals and tests of these do not exist; profile likelihood intervals are one-sided."
        )
    if model.fit.active is not None:
        yield "The maximum lies on the edge of the range of the means, where tests and intervals are doubtful."
    if not model.fit.converged:
        yield "The iterations did not converge: no number here should be used."


def _listed(names: list[str]) -> str:
    """Return two names as ``a and b``, more as a list."""
    return " and ".join(names) if len(names) == 2 else join_names(names)
