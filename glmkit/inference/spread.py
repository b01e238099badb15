"""Does the response vary more than the family says, and are there too many zeros?

References
----------
Cameron, A. C. and Trivedi, P. K. (1990). Regression-based tests for overdispersion in the
Poisson model. J. Econometrics 46, 347-364.
Dean, C. B. (1992). Testing for overdispersion in Poisson and binomial regression models.
JASA 87, 451-457.
van den Broek, J. (1995). A score test for zero inflation in a Poisson distribution.
Biometrics 51, 738-743.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.families.base import Mean
from glmkit.fitting.glm import GLMFit
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import chi_square_tail
from glmkit.tables.table import Table

__all__ = ["SIDES", "overdispersion_table", "zero_inflation_table", "zero_score"]

SIDES = ("greater", "two-sided", "less")


class _Line(NamedTuple):
    """One test: its name, the parameter it estimates, statistic, degrees of freedom, tail area."""

    name: str
    estimate: float
    statistic: float
    df: float
    p_value: float


def overdispersion_table(model: FittedModel, alternative: str) -> Table:
    """Return the tests of equations (19.7) to (19.9).

    Raises
    ------
    FitError
        The dispersion is estimated, the rows are single 0/1 trials, or no degrees of freedom are left.
    """
    if alternative not in SIDES:
        choices = ", ".join(f'"{side}"' for side in SIDES)
        raise FitError(
            f"alternative={alternative!r} is not known. Choose one of: {choices}.", argument="alternative"
        )
    fit = model.fit
    _refuse_spread(fit)
    weighted = bool(np.any(fit.problem.prior[fit.problem.weights > 0] != 1.0))
    plain = fit.family.response_kind == "binomial" or not weighted
    lines = [_pearson(fit, alternative)]
    if plain:
        lines += [TESTS[name](fit, alternative) for name in fit.family.spread_alternatives]
    frame = pd.DataFrame(
        [line[1:] for line in lines], columns=_Line._fields[1:], index=[a.name for a in lines]
    )
    title = f"Overdispersion of a {fit.family.in_words} fit"
    return Table(frame, title, kinds={"estimate": "number"}, blanks=["df"], notes=_spread_notes(fit, plain))


def _refuse_spread(fit: GLMFit) -> None:
    family = fit.family
    if family.dispersion is None:
        raise FitError(
            f"The {family.name} family estimates its dispersion, so that nothing is over or under it. Read "
            "fit.dispersion.",
            family=family,
        )
    used = fit.problem.weights > 0
    if family.response_kind == "binomial" and float(np.max(fit.problem.prior[used], initial=0.0)) <= 1.0:
        raise FitError(
            "Single 0/1 trials cannot be overdispersed: their variance is mu (1 - mu) whatever the mean. Group "
            "the rows of equal covariates, cbind(successes, failures) ~ ..., or see link_test() and hosmer_lemeshow().",
            family=family,
        )
    if fit.df_resid <= 0:
        raise FitError("There are no residual degrees of freedom, so spread cannot be judged.")


def _spread_notes(fit: GLMFit, plain: bool) -> list[str]:
    notes = ["Estimate: Pearson's chi-square / df (expected 1); else the excess alpha (expected 0)."]
    if not plain:
        notes.append("With prior weights the response is no count, and only Pearson's test is given.")
    return notes


def _pearson(fit: GLMFit, alternative: str) -> _Line:
    statistic, df = fit.pearson_chi2, fit.df_resid
    upper, lower = chi_square_tail(statistic, df), float(special.chdtr(df, statistic))
    tail = {"greater": upper, "less": lower, "two-sided": min(1.0, 2.0 * min(upper, lower))}[alternative]
    return _Line("Pearson", statistic / df, statistic, df, tail)


def _normal(name: str, estimate: float, statistic: float, alternative: str) -> _Line:
    size = {"greater": -statistic, "less": statistic, "two-sided": -abs(statistic)}[alternative]
    tail = float(special.ndtr(size)) * (2.0 if alternative == "two-sided" else 1.0)
    return _Line(name, estimate, statistic, float("nan"), tail)


def _linear(fit: GLMFit, alternative: str) -> _Line:
    return _normal("Variance (1 + alpha) mu", *_regression(fit, 0), alternative)


def _quadratic(fit: GLMFit, alternative: str) -> _Line:
    return _normal("Variance mu + alpha mu^2", *_regression(fit, 1), alternative)


def _regression(fit: GLMFit, power: int) -> tuple[float, float]:
    """Return alpha and its t of ((y - mu)^2 - y) / mu = alpha mu^power + error, rows by frequency."""
    used = (fit.problem.counts > 0) & (fit.mean.mu > 0)  # a mean of 0 is a separated row, without spread
    y, mu, counts = fit.problem.y[used], fit.mean.mu[used], fit.problem.counts[used]
    x = mu**power
    excess = ((y - mu) ** 2 - y) / mu
    square = float(counts @ (x * x))
    alpha = float(counts @ (x * excess)) / square if square > 0 else float("nan")
    residual = float(counts @ (excess - alpha * x) ** 2)
    df = float(counts.sum()) - 1.0
    if not (df > 0 and residual > 0):
        return alpha, float("nan")
    return alpha, alpha / float(np.sqrt(residual / df / square))


def _beta_binomial(fit: GLMFit, alternative: str) -> _Line:
    """Dean's N_B, with the moment estimate of the correlation of two trials."""
    used = (fit.problem.counts > 0) & (fit.mean.mu > 0) & (fit.mean.comu > 0)
    mean = Mean(*(part[used] for part in fit.mean))
    m, counts = fit.problem.prior[used], fit.problem.counts[used]
    gap = m * fit.family.response_residual(fit.problem.y[used], mean)
    variance = mean.mu * mean.comu
    # (gap^2 + p gap - y (1 - p)) / (p (1 - p)) with y = m p + gap
    excess = (gap * gap - (mean.comu - mean.mu) * gap) / variance - m
    pairs = float(counts @ (m * (m - 1.0)))
    total = float(counts @ excess)
    return _normal("Beta-binomial", total / pairs, total / float(np.sqrt(2.0 * pairs)), alternative)


TESTS: dict[str, Callable[[GLMFit, str], _Line]] = {
    "linear": _linear,
    "quadratic": _quadratic,
    "beta-binomial": _beta_binomial,
}


# Zeros -------------------------------------------------------------------------------------------


class ZeroScore(NamedTuple):
    """Observed and expected zeros, and the score test of more (or fewer) than expected."""

    observed: float
    expected: float
    statistic: float
    p_value: float


def zero_inflation_table(model: FittedModel) -> Table:
    """Return observed against expected zeros with the score test (19.10).

    Raises
    ------
    FitError
        The family is not one of counts, is quasi, or has prior weights.
    """
    _refuse_zeros(model.fit)
    score = zero_score(model.fit)
    row = {
        "observed": score.observed,
        "expected": score.expected,
        "ratio": score.observed / score.expected if score.expected > 0 else float("nan"),
        "statistic": score.statistic,
        "df": 1.0,
        "p_value": score.p_value,
    }
    side = "more" if score.observed > score.expected else "fewer"
    note = f"There are {side} zeros than a {model.family.in_words} fit expects; the test is two-sided."
    return Table(
        pd.DataFrame([row], index=["Zeros"]),
        "Zero inflation",
        kinds={"observed": "count", "expected": "deviance"},
        notes=[note],
    )


def _refuse_zeros(fit: GLMFit) -> None:
    family = fit.family
    if not (family.counts and family.has_likelihood):
        raise FitError(
            f"The {family.name} family gives no probability of a zero count. Zero inflation goes with "
            "families of counts, such as Poisson().",
            family=family,
        )
    used = fit.problem.weights > 0
    if np.any(fit.problem.prior[used] != 1.0):
        raise FitError(
            "With prior weights the response is no count, and the expected zeros are not known. Use freq_weights= for "
            "repeated rows, or exposure= for counts over unequal times.",
            argument="weights",
        )


def zero_score(fit: GLMFit) -> ZeroScore:
    """Return the score test of a share of extra zeros, the coefficients estimated.

    With p = P(0), u = d log P(0) / d eta and A the information of the coefficients, the score
    is sum(1[y = 0]/p - 1) and its variance sum(1/p - 1) - c'A^-1 c with c = X'u.
    """
    used = (fit.problem.counts > 0) & (fit.mean.mu > 0)
    counts = np.where(used, fit.problem.counts, 0.0)
    zero = np.zeros_like(fit.problem.y)
    with np.errstate(all="ignore"):  # rows of weight zero, and separated ones, may be anywhere
        log_p = np.where(used, fit.family.logcdf(zero, fit.mean, 1.0), 0.0)
        slope = np.where(used, fit.family.score_residual(zero, fit.mean), 0.0)
    is_zero = (fit.problem.y == 0.0) & (fit.problem.counts > 0)
    # A separated row is a certain zero: it is expected, and says nothing more.
    certain = float(np.sum(fit.problem.counts[~used]))
    expected = float(counts @ np.exp(log_p)) + certain
    observed = float(fit.problem.counts @ is_zero)
    with np.errstate(over="ignore"):  # 1/p where a zero is all but impossible
        gain = np.where(is_zero, np.exp(-log_p), 0.0) - 1.0
        total = float(counts @ np.where(used, gain, 0.0))
        variance = float(counts @ np.expm1(-log_p)) - _explained(fit, counts * slope)
    statistic = total * total / variance if variance > 0 else float("nan")
    statistic = float("inf") if np.isposinf(total) else statistic
    return ZeroScore(observed, expected, statistic, chi_square_tail(statistic, 1.0))


def _explained(fit: GLMFit, slope: Array) -> float:
    """Return c'A^-1 c for c = X'slope."""
    pull = fit.independence.design.tdot(slope)
    return float(pull @ fit.inverse @ pull)
