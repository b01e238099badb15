"""Tests of hypotheses: each by itself, adjusted for their number, and all together.

For h(beta) = c with gradient g at the estimate, (h - c) / sqrt(g'Vg) is referred to the
distribution of the coefficients (equations 17.1 and 17.13); the joint test is the quadratic
form of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference.adjust import adjust_p, adjustment_name, single_step_p
from glmkit.inference.estimate import Estimate
from glmkit.inference.hypotheses.rows import Hypothesis, Vocabulary, hypotheses_of
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import statistic_name, two_sided
from glmkit.inference.wald import check_estimable, joint_wald
from glmkit.numerics.algebra import rank_of
from glmkit.tables.table import Fact, Report, Table
from glmkit.tables.wording import format_text, statistic_headings

__all__ = ["hypothesis_report", "report_of"]


def hypothesis_report(
    model: FittedModel, given: object, value: Array | Sequence[float] | float, adjust: str | None
) -> Report:
    """Return the tests of hypotheses, tables ``hypotheses`` and ``joint``."""
    terms = {term.label: term.columns for term in model.frame.terms}
    known = Vocabulary(model.estimate, [name.r for name in model.frame.names], terms)
    return report_of(known, given, value, adjust)


def report_of(
    known: Vocabulary, given: object, value: Array | Sequence[float] | float, adjust: str | None
) -> Report:
    """Return the same of coefficients by any names."""
    method, estimate = "none" if adjust is None else adjustment_name(adjust), known.estimate
    hypotheses = hypotheses_of(known, given, value)
    rows = np.array([one.gradient for one in hypotheses])
    check_estimable(estimate, rows)
    frame = _frame(estimate, hypotheses, rows, method)
    headings = statistic_headings(statistic_name(estimate.df))
    notes = _adjustment_notes(method, len(hypotheses))
    single = Table(frame, "Hypotheses", headings=headings, notes=notes, show_index=False)
    joint, more = _joint(estimate, hypotheses, rows)
    return Report(
        "Wald tests of hypotheses",
        [Fact("Standard errors", estimate.label)],
        {"hypotheses": single, "joint": joint},
        notes=[*_notes(frame, hypotheses), *more],
    )


def _frame(estimate: Estimate, hypotheses: list[Hypothesis], rows: Array, method: str) -> pd.DataFrame:
    value = np.array([one.value for one in hypotheses])
    center = _centers(estimate, hypotheses, rows)
    std_error, df = estimate.std_errors(rows), estimate.df_of(rows)
    with np.errstate(divide="ignore", invalid="ignore"):  # a perfect fit has standard error 0
        statistic = (center - value) / std_error
    p_value = two_sided(statistic, df)
    columns = {
        "hypothesis": [one.text for one in hypotheses],
        "estimate": center,
        "std_error": std_error,
        "statistic": statistic,
        "df": df,
        "p_value": _adjusted(estimate, rows, statistic, p_value, method),
    }
    return pd.DataFrame(columns)


def _centers(estimate: Estimate, hypotheses: list[Hypothesis], rows: Array) -> Array:
    """Return h at the estimates, (k,)."""
    offsets: Array = np.array([one.offset for one in hypotheses])
    return estimate.linear(rows) + offsets


def _adjusted(estimate: Estimate, rows: Array, statistic: Array, p_value: Array, method: str) -> Array:
    known = np.isfinite(statistic)
    if method != "single-step" or not np.any(known):
        return adjust_p(p_value, "none" if method == "single-step" else method)
    if estimate.small_sample is not None:
        raise FitError(
            "single-step needs one number of degrees of freedom, and CR2 has one for each hypothesis. "
            'Use adjust="holm".',
            argument="adjust",
        )
    covariance = estimate.covariance_of(rows[known])
    error = np.sqrt(np.diag(covariance))
    adjusted = np.full(len(statistic), np.nan)
    adjusted[known] = single_step_p(statistic[known], covariance / np.outer(error, error), estimate.df)
    return adjusted


def _joint(estimate: Estimate, hypotheses: list[Hypothesis], rows: Array) -> tuple[Table, list[str]]:
    value = np.array([one.value - one.offset for one in hypotheses])
    nonlinear = not all(one.linear for one in hypotheses)
    if nonlinear and rank_of("A joint test", rows / np.max(np.abs(rows), axis=1, keepdims=True)) < len(rows):
        said = "No joint test: hypotheses that are not linear repeat one another. Leave out those that do."
        frame = pd.DataFrame({"statistic": [np.nan], "df": [np.nan], "p_value": [np.nan]}, index=["Joint"])
        return Table(frame, "All together"), [said]
    test = joint_wald(estimate, rows, value)
    columns = {"statistic": test.statistic, "df": test.df}
    if test.name == "F":
        columns["df_resid"] = test.df_resid
    frame = pd.DataFrame(columns | {"p_value": test.p_value}, index=["Joint"])
    return Table(frame, "All together", headings=statistic_headings(test.name)), []


ADJUSTED = {
    "bonferroni": "by Bonferroni's method",
    "holm": "by Holm's method",
    "BH": "by Benjamini and Hochberg's method",
    "sidak": "by Sidak's method",
    "single-step": "by the joint distribution of the statistics (single-step)",
}


def _adjustment_notes(method: str, tests: int) -> list[str]:
    if method == "none" or tests == 1:
        return []
    return [format_text("p values adjusted for {tests:count} tests {how}", tests=tests, how=ADJUSTED[method])]


def _notes(frame: pd.DataFrame, hypotheses: list[Hypothesis]) -> list[str]:
    notes = []
    if not all(one.linear for one in hypotheses):
        notes.append("Standard errors of functions that are not linear are by the delta method.")
    if not np.all(np.isfinite(frame["estimate"])):
        notes.append("Where an estimate is infinite there is no Wald test; a likelihood-ratio test exists.")
    return notes
