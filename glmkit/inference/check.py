"""One report on all that can be wrong with a fit, in plain words, with the call to make next.

A verdict is one of five words: ``ok``; ``weak``, evidence that chance brings once in twenty
fits, or something real that changes little; ``look``, worth a look before the numbers are used;
``act``, the numbers are not what they seem; and a dash where the question does not arise.

References
----------
Cook, R. D. and Weisberg, S. (1982). Residuals and Influence in Regression, section 3.5.
Peduzzi, P. et al. (1996). A simulation study of the number of events per variable in logistic
regression analysis. J. Clinical Epidemiology 49, 1373-1379.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from glmkit._typing import IntArray
from glmkit.errors import GlmkitError
from glmkit.inference.hosmer_lemeshow import hosmer_lemeshow_report
from glmkit.inference.influence import cooks_distance, standardized_residuals
from glmkit.inference.likelihood import overdispersion
from glmkit.inference.link_test import link_test_table
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import two_sided
from glmkit.inference.spread import zero_score
from glmkit.inference.vif import vif_table
from glmkit.tables.table import Report, Table
from glmkit.tables.wording import format_text, join_names

__all__ = ["CHECKS", "Finding", "check_report"]

# Tail areas below which chance is no explanation, and no likely one; and what ratios must come to beside them.
SMALL_P = 0.01
WEAK_P = 0.05
OVERDISPERSED = 1.5
SPREAD = 1.1
ZEROS = 1.1
# Events (or failures, or counts) for each coefficient below which estimates are unsteady.
EVENTS = 10.0
FEW = {
    "events": "with fewer than 10 events for each coefficient, estimates are biased away from 0 and their standard "
    "errors are rough.",
    "rows": "with fewer than 10 rows for each coefficient, the fit follows chance closely, and its standard errors "
    "are rough.",
}
# GVIF^(1/(2 Df)) from which a term's errors are large for what other terms say: a VIF of 10.
INFLATED = float(np.sqrt(10.0))
# A count this close to a whole number is one: shares times trials are rounded.
WHOLE = 1e-6
NAMED = 3


class Finding(NamedTuple):
    """What one check says: a row of the table and, unless all is well, a sentence below it."""

    result: str
    verdict: str = "ok"
    advice: str = ""
    sentence: str = ""


NOT_ASKED = "-"


def check_report(model: FittedModel) -> Report:
    """Return the report of all checks."""
    findings = {name: _settled(check, model) for name, check in CHECKS.items()}
    frame = pd.DataFrame(
        [finding[:3] for finding in findings.values()],
        columns=["result", "verdict", "advice"],
        index=pd.Index(list(findings), dtype=object),
    )
    notes = [f"{name}: {finding.sentence}" for name, finding in findings.items() if finding.sentence]
    return Report(_title(frame["verdict"]), (), {"checks": Table(frame)}, notes=notes)


def _title(verdicts: pd.Series[str]) -> str:
    count = {word: int((verdicts == word).sum()) for word in ("act", "look", "weak")}
    title = "Check of the fit: {act} to act on, {look} to look at"
    return format_text(title + (", {weak} weak" if count["weak"] else ""), **count)


def _weighed(p_value: float, result: str, advice: str, sentence: str) -> Finding:
    """Return what a test says: nothing, weak evidence, or a reason to look."""
    if not p_value < WEAK_P:
        return Finding(result)
    if p_value < SMALL_P:
        return Finding(result, "look", advice, sentence)
    return Finding(result, "weak", advice, f"weak evidence (a p of 0.01 to 0.05) that {sentence}")


def _settled(check: Callable[[FittedModel], Finding], model: FittedModel) -> Finding:
    """Return a finding; a test that this fit does not have is a question that does not arise."""
    try:
        return check(model)
    except GlmkitError:
        return Finding("not tested here", NOT_ASKED)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else word + "s"


def _row_words(model: FittedModel, positions: IntArray) -> str:
    labels = join_names(model.frame.rows.labels[positions], most=NAMED)
    return f"{_plural('row', len(positions))} {labels}"


# The end of the iterations ----------------------------------------------------------------------


def _convergence(model: FittedModel) -> Finding:
    fit = model.fit
    if fit.recession is not None:
        rows = fit.recession.separated
        return Finding(
            format_text("separated in {count} {word}", count=len(rows), word=_plural("row", len(rows))),
            "act",
            "print(fit.summary())",
            "the maximum is at infinity: estimates shown as Inf have no standard error, and the other "
            "numbers are limits. Merge or drop the levels concerned, or collect more data.",
        )
    if fit.active is not None:
        return Finding(
            format_text(
                "on the edge in {count} {word}", count=len(fit.active), word=_plural("row", len(fit.active))
            ),
            "act",
            "another link",
            "some fitted means lie at the end of their range, where tests and intervals are doubtful. "
            "Choose a link whose means stay in range.",
        )
    steps = format_text("{count} {word}", count=len(fit.trace), word=_plural("iteration", len(fit.trace)))
    if fit.converged:
        return Finding(steps)
    return Finding(
        f"not after {steps}",
        "act",
        "gk.Control(max_iter=200)",
        "the maximum was not reached, so no number of this fit can be relied on.",
    )


# The data -------------------------------------------------------------------------------------------


def _rows(model: FittedModel) -> Finding:
    rows = model.frame.rows
    if not rows.n_dropped:
        return Finding(format_text("{used} used, none dropped", used=rows.n_used))
    columns = join_names(rows.dropped, most=NAMED)
    return Finding(
        format_text("{count} of {read} dropped", count=rows.n_dropped, read=rows.n_read),
        "look",
        'na_action="fail"',
        f"rows with missing values were left out (in {columns}); the rest may not stand for all.",
    )


def _aliasing(model: FittedModel) -> Finding:
    dropped = model.estimate.names[model.estimate.dropped]
    if not len(dropped):
        return Finding("none")
    return Finding(
        format_text("{count} of {all} columns", count=len(dropped), all=len(model.estimate.names)),
        "look",
        "fit.aliased",
        f"{join_names(dropped, most=NAMED)} cannot be told apart from earlier columns, and the other coefficients "
        "mean what they do without them.",
    )


def _information(model: FittedModel) -> Finding:
    fit, family = model.fit, model.family
    weights, y = fit.problem.weights, np.where(fit.problem.weights > 0, fit.problem.y, 0.0)
    # Shares without their trials count no events, though the family may be that of counts.
    counted = family.discrete and bool(np.all(np.abs(weights * y - np.rint(weights * y)) < WHOLE))
    if not counted or fit.rank == 0:
        share = fit.nobs / max(fit.rank, 1)
        few, what = share < EVENTS, "rows"
    else:
        rare = float(weights @ y)
        if family.response_kind == "binomial":
            rare = min(rare, float(weights @ (1.0 - y)))
        share, what = rare / fit.rank, "events"
        few = share < EVENTS
    result = format_text("{share:tenths} {what} per coefficient", share=_rounded(share), what=what)
    if not few:
        return Finding(result)
    return Finding(
        result,
        "look",
        "fewer terms",
        FEW[what],
    )


def _rounded(share: float) -> float:
    return float(np.floor(share)) if share >= EVENTS else float(np.round(share, 1))


# The family ----------------------------------------------------------------------------------------


def _spread(model: FittedModel) -> Finding:
    fit = model.fit
    if fit.family.dispersion is None:
        return Finding(format_text("estimated: {dispersion}", dispersion=fit.dispersion), NOT_ASKED)
    test = overdispersion(fit)
    if test is None:
        return Finding("cannot be seen in these data", NOT_ASKED)
    result = format_text(
        "Pearson/df {ratio:statistic}, p = {p_value}", ratio=test.ratio, p_value=test.p_value
    )
    if not (test.ratio > SPREAD and test.p_value < WEAK_P):
        return Finding(result)
    cure = fit.family.overdispersion_cure
    if not model.estimate.rests_on_variance:
        return Finding(
            result,
            "ok",
            "",
            f"more than the family says, and the errors ({model.estimate.label}) allow for it.",
        )
    certain = test.p_value < SMALL_P
    return Finding(
        result,
        "act" if certain and test.ratio > OVERDISPERSED else "weak",
        f"family=gk.{cure}" if cure[0].isupper() else cure,
        ("" if certain else "weak evidence (a p of 0.01 to 0.05) that ")
        + format_text(
            "the response varies {ratio:statistic} times as much as the family says, so that standard errors should be "
            "about {factor:statistic} times as large. A missing term can look the same.",
            ratio=test.ratio,
            factor=float(np.sqrt(test.ratio)),
        ),
    )


def _zeros(model: FittedModel) -> Finding:
    fit = model.fit
    used = fit.problem.weights > 0
    if not (fit.family.counts and fit.family.has_likelihood) or np.any(fit.problem.prior[used] != 1.0):
        return Finding("not counts", NOT_ASKED)
    score = zero_score(fit)
    result = format_text(
        "{observed:count} seen, {expected:tenths} expected",
        observed=score.observed,
        expected=score.expected,
    )
    if not score.observed > ZEROS * score.expected:
        return Finding(result)
    return _weighed(
        score.p_value,
        result,
        "fit.zero_inflation_test()",
        "there are more zeros than the family expects. If the response is overdispersed see to that first: it "
        "makes zeros too.",
    )


def _link(model: FittedModel) -> Finding:
    p_value = float(link_test_table(model).frame["p_value"].to_numpy()[2])
    if np.isnan(p_value):
        return Finding(
            "eta^2 has no finite estimate",
            "look",
            "fit.link_test()",
            "the square of the linear predictor fits some rows perfectly: a curve or a term is missing.",
        )
    result = format_text("p = {p_value} for eta^2", p_value=p_value)
    return _weighed(
        p_value,
        result,
        "fit.link_test()",
        "the square of the linear predictor still explains something: try another link, a transformed "
        "covariate, a curve or an interaction.",
    )


def _calibration(model: FittedModel) -> Finding:
    if model.family.response_kind != "binomial":
        return Finding("not binomial", NOT_ASKED)
    p_value = float(hosmer_lemeshow_report(model, 10).tables["test"]["p_value"].iloc[0])
    result = format_text("Hosmer-Lemeshow p = {p_value}", p_value=p_value)
    return _weighed(
        p_value,
        result,
        "fit.hosmer_lemeshow()",
        "observed and expected events differ in groups of like probability: a term or a curve is missing.",
    )


# The rows ------------------------------------------------------------------------------------------


def _influence(model: FittedModel) -> Finding:
    fit = model.fit
    if not (fit.df_resid > 0 and fit.dispersion > 0 and fit.rank > 0) or fit.recession is not None:
        return Finding("not tested here", NOT_ASKED)
    distance = np.nan_to_num(cooks_distance(fit))  # nan: a row that says nothing, or fixes its own fit
    strong = np.flatnonzero(distance > float(special.fdtri(fit.rank, fit.df_resid, 0.5)))
    result = format_text("largest Cook's distance {size}", size=float(np.max(distance, initial=0.0)))
    if not len(strong):
        return Finding(result)
    labels = _row_words(model, strong)
    return Finding(
        result,
        "look",
        "fit.influence()",
        f"without {labels} the coefficients would move to the edge of their joint 50 % region. Check these "
        "rows, and report the fit without them too.",
    )


def _outliers(model: FittedModel) -> Finding:
    fit = model.fit
    if not (fit.df_resid > 0 and fit.dispersion > 0):
        return Finding("no residual df", NOT_ASKED)
    size = np.nan_to_num(np.abs(standardized_residuals(fit, "deviance")))
    # Bonferroni: the largest of n, judged by n times its own tail area.
    chance = fit.nobs * two_sided(size, np.inf)
    far = np.flatnonzero(chance < WEAK_P)
    result = format_text("largest residual {size:statistic} SD", size=float(np.max(size, initial=0.0)))
    if not len(far):
        return Finding(result)
    labels = _row_words(model, far)
    verb = "lies" if len(far) == 1 else "lie"
    return _weighed(
        float(np.min(chance)),
        result,
        'fit.residuals("deviance")',
        f"{labels} {verb} further from the fitted value than the largest of as many rows should. Check the "
        "values there.",
    )


def _collinearity(model: FittedModel) -> Finding:
    if sum(term.order > 0 for term in model.frame.terms) < 2:
        return Finding("one term or none", NOT_ASKED)
    inflation = vif_table(model).frame["gvif_scaled"]
    result = format_text("largest VIF {vif:statistic}", vif=float(inflation.max()) ** 2)
    high = list(inflation.index[inflation > INFLATED])
    if not high:
        return Finding(result)
    return Finding(
        result,
        "look",
        "fit.vif()",
        f"{join_names(high, most=NAMED)} can hardly be told apart from other terms, so that their errors are large. "
        "Drop or combine some; powers and interactions of one variable may be left as they are.",
    )


CHECKS: dict[str, Callable[[FittedModel], Finding]] = {
    "Convergence": _convergence,
    "Missing values": _rows,
    "Aliasing": _aliasing,
    "Information": _information,
    "Overdispersion": _spread,
    "Zeros": _zeros,
    "Link": _link,
    "Calibration": _calibration,
    "Influence": _influence,
    "Outliers": _outliers,
    "Collinearity": _collinearity,
}
