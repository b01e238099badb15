"""Tests and intervals of several linear functions at once, adjusted within each group.

References
----------
Lenth, R. V. (2016). Least-squares means: the R package lsmeans. J. Stat. Software 69(1).
Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the power
approach for assessing the equivalence of average bioavailability. J. Pharmacokinetics and
Biopharmaceutics 15, 657-680.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import special

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference.adjust import (
    adjust_p,
    bonferroni_quantile,
    sidak_quantile,
    single_step_p,
    single_step_quantile,
    tukey_p,
    tukey_quantile,
)
from glmkit.inference.reference import interval_quantiles, two_sided

__all__ = ["INTERVALS_OF", "SIDES", "adjusted_p", "adjusted_quantile", "one_sided", "shifted_test"]

SIDES = ("two-sided", ">", "<")
INTERVALS_OF: Final = {
    "none": "",
    "holm": "Bonferroni",
    "bonferroni": "Bonferroni",
    "BH": "Bonferroni",
    "sidak": "Sidak",
    "single-step": "single-step",
    "tukey": "Tukey",
}
"""Whose intervals go with an adjustment of p-values, to be read: Holm's and BH have none of their own."""


def correlation_of(covariance: Array) -> Array:
    """Return the correlation, rows without variance uncorrelated with all others."""
    spread = np.sqrt(np.diag(covariance))
    scale = np.where(spread > 0, spread, 1.0)
    correlation = covariance / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)


def adjusted_p(statistic: Array, covariance: Array, df: Array, method: str, means: int) -> Array:
    """Return two-sided p-values adjusted over the rows given, nan where a statistic is.

    Parameters
    ----------
    statistic : (m,) array
    covariance : (m, m) array
        Of the estimates.
    df : (m,) array
    method : str
        One of `adjust.ADJUSTMENTS`, or "tukey".
    means : int
        How many means the pairs are of, for Tukey's.
    """
    known = np.isfinite(statistic)
    p_value = np.full(len(statistic), np.nan)
    if not known.any():
        return p_value
    if method == "tukey":
        p_value[known] = tukey_p(statistic[known], means, df[known])
    elif method == "single-step" and known.sum() > 1:
        correlation = correlation_of(covariance[np.ix_(known, known)])
        p_value[known] = single_step_p(statistic[known], correlation, _common(df[known]))
    else:
        plain = two_sided(statistic, df)
        p_value = plain if method in ("none", "single-step") else adjust_p(plain, method)
    return p_value


def adjusted_quantile(covariance: Array, df: Array, level: float, method: str, means: int) -> Array:
    """Return what simultaneous intervals multiply the standard error by.

    Holm's and the false discovery rate have no intervals of their own: Bonferroni's go with them.
    """
    count = len(covariance)
    if method == "tukey":
        return np.array([tukey_quantile(level, means, own) for own in df])
    if count < 2 or method == "none":
        return interval_quantiles(level, df)
    if method == "single-step":
        return np.full(count, single_step_quantile(level, correlation_of(covariance), _common(df)))
    quantile = sidak_quantile if method == "sidak" else bonferroni_quantile
    return np.array([quantile(level, own, count) for own in df])


def _common(df: Array) -> float:
    """Return the degrees of freedom that all rows share, or raise."""
    if np.ptp(df[np.isfinite(df)]) > 0 if np.any(np.isfinite(df)) else False:
        raise FitError(
            "The rows have degrees of freedom of their own (CR2), and no joint distribution. "
            'Choose adjust="holm" or another that needs none.',
            argument="adjust",
        )
    return float(df[0])


def one_sided(statistic: Array, df: Array, upper: bool) -> Array:
    """Return P(T > t) or P(T < t) of t, normal for df inf."""
    value = -statistic if upper else statistic
    finite = np.isfinite(df)
    return np.where(finite, special.stdtr(np.where(finite, df, 1.0), value), special.ndtr(value))


def shifted_test(
    estimate: Array, error: Array, df: Array, null: float, side: str, delta: float
) -> tuple[Array, Array]:
    """Return statistic and p-value of a test against `null`, with a margin `delta`.

    With a margin: two-sided is equivalence, |theta - null| < delta, by two one-sided tests;
    ">" is non-inferiority, theta > null - delta; "<" non-superiority, theta < null + delta.
    """
    if side not in SIDES:
        raise FitError(f"side={side!r} is not known. Choose one of: {', '.join(SIDES)}.", argument="side")
    if not (np.isfinite(delta) and delta >= 0):
        raise FitError(f"delta={delta!r} is not a margin. Give a number >= 0.", argument="delta")
    distance = estimate - null
    with np.errstate(divide="ignore", invalid="ignore"):  # no variance: an infinite statistic
        if side == "two-sided" and delta > 0:
            statistic = (np.abs(distance) - delta) / error
            return statistic, one_sided(statistic, df, upper=False)
        if side == "two-sided":
            statistic = distance / error
            return statistic, two_sided(statistic, df)
        statistic = (distance + (delta if side == ">" else -delta)) / error
    return statistic, one_sided(statistic, df, upper=side == ">")
