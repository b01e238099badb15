"""Wald statistics and intervals: estimate over standard error, and quadratic forms of several."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import linalg

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference.estimate import Estimate
from glmkit.inference.reference import chi_square_tail, f_tail, interval_quantiles, two_sided
from glmkit.numerics.algebra import rank_of, require_finite, symmetric
from glmkit.tables.columns import Columns

__all__ = [
    "JointTest",
    "check_estimable",
    "check_level",
    "coefficient_columns",
    "coefficient_frame",
    "confint",
    "joint_wald",
    "wald_interval",
]

# A row of L is a combination of others when what they leave of it, in standard errors, is
# under this share of it; its value must then agree to the square root of that.
DEPENDENT = 1e-9
# A variance among independent directions under this share of the largest is rounding.
SINGULAR = 1e-12


def coefficient_frame(estimate: Estimate, level: float = 0.95) -> pd.DataFrame:
    """Return `coefficient_columns` as a DataFrame."""
    return coefficient_columns(estimate, level).frame()


def coefficient_columns(estimate: Estimate, level: float = 0.95) -> Columns:
    """Return the coefficient table, one row per coefficient, aliased ones nan.

    Columns ``estimate std_error statistic p_value conf_low conf_high``.

    Notes
    -----
    statistic = estimate / std_error, referred to t with the residual degrees of freedom
    where the dispersion was estimated and to the normal where it is known; the interval
    uses the same distribution.
    """
    coef, std_error = estimate.coef, estimate.std_error
    with np.errstate(divide="ignore", invalid="ignore"):  # a perfect fit has standard error 0
        statistic = coef / std_error
    low, high = wald_interval(coef, std_error, level, estimate.coef_df)
    columns = {
        "estimate": coef,
        "std_error": std_error,
        "statistic": statistic,
        "p_value": two_sided(statistic, estimate.coef_df),
        "conf_low": low,
        "conf_high": high,
    }
    return Columns(columns, estimate.names)


def wald_interval(center: Array, std_error: Array, level: float, df: float | Array) -> tuple[Array, Array]:
    """Return the ends of estimate -+ quantile * std_error."""
    half = interval_quantiles(check_level(level), df) * std_error
    return center - half, center + half


def check_level(level: float) -> float:
    """Return a confidence level between 0 and 1, or raise."""
    if isinstance(level, bool) or not isinstance(level, (int, float, np.floating)) or not 0 < level < 1:
        raise FitError(
            f"level={level!r} is not a confidence level. Give a number between 0 and 1, such as 0.95.",
            argument="level",
            value=level,
        )
    return float(level)


def confint(estimate: Estimate, level: float, df: float | None) -> pd.DataFrame:
    """Return Wald intervals for the coefficients, columns ``conf_low conf_high``."""
    low, high = wald_interval(
        estimate.coef, estimate.std_error, level, estimate.coef_df if df is None else float(df)
    )
    return pd.DataFrame({"conf_low": low, "conf_high": high}, index=estimate.names)


class JointTest(NamedTuple):
    """A test of several linear functions at once."""

    name: str  # "F" or "chisq"
    statistic: float
    df: int  # independent rows
    df_resid: float  # inf for the chi-square
    p_value: float


def joint_wald(estimate: Estimate, rows: Array, value: Array | float = 0.0) -> JointTest:
    """Return the Wald test that L beta = `value` for all rows of L together.

    Parameters
    ----------
    estimate : Estimate
    rows : (k, p) array
        L over all coefficients; rows that are combinations of others are allowed and do
        not count.
    value : float or (k,) array

    Returns
    -------
    JointTest
        F with the degrees of freedom of the t distribution where there are any, else
        chi-square. The statistic is nan where a row is infinite or there is no covariance; df 0
        and nan without rows.

    Raises
    ------
    FitError
        A row cannot be estimated, rows contradict each other, or the covariance has not
        the rank to test so many rows.

    Notes
    -----
    Equation 17.1. With Q the orthonormal basis of the rows, each coefficient in units of
    its standard error, d' (Q'VQ)^-1 d: the same for every choice of rows of the same span.
    """
    check_estimable(estimate, rows)
    value = np.broadcast_to(np.asarray(value, dtype=np.float64), (len(rows),))
    if not (np.all(np.isfinite(estimate.linear(rows))) and np.all(np.isfinite(estimate.covariance))):
        return JointTest("chisq" if np.isinf(estimate.df) else "F", np.nan, _rank(rows), np.nan, np.nan)
    scale = np.sqrt(np.diag(estimate.covariance))
    scale = np.where(scale > 0, scale, 1.0)
    basis, target = _orthonormal(estimate.fitted_rows(rows) * scale, value)
    difference = basis.T @ (estimate.gamma / scale) - target
    inner = basis.T @ (estimate.covariance / np.outer(scale, scale)) @ basis
    return _joint_test(estimate, (basis / scale[:, None]).T, _quadratic_form(inner, difference))


def _joint_test(estimate: Estimate, fitted: Array, quadratic: float) -> JointTest:
    q = len(fitted)
    if q == 0:
        return JointTest("chisq", np.nan, 0, np.nan, np.nan)
    if estimate.small_sample is not None:
        eta = estimate.small_sample.joint_df(fitted)
        statistic, df_resid = quadratic * (eta - q + 1.0) / (eta * q), eta - q + 1.0
        return JointTest("F", statistic, q, df_resid, f_tail(statistic, q, df_resid))
    if np.isinf(estimate.df):
        return JointTest("chisq", quadratic, q, float("inf"), chi_square_tail(quadratic, q))
    return JointTest("F", quadratic / q, q, estimate.df, f_tail(quadratic / q, q, estimate.df))


def _orthonormal(rows: Array, value: Array) -> tuple[Array, Array]:
    """Return Q (rank, q) and t such that rows g = value says Q'g = t."""
    size = np.linalg.norm(rows, axis=1)
    used = size > 0
    if np.any(value[~used] != 0):
        raise _contradiction()
    rows, value = rows[used] / size[used, None], value[used] / size[used]
    if len(rows) == 0:
        return np.zeros((rows.shape[1], 0)), value
    require_finite("A joint test", rows, value)
    basis, upper, order = linalg.qr(rows.T, mode="economic", pivoting=True)
    rank = int(np.sum(np.abs(np.diag(upper)) > DEPENDENT))
    first, others = value[order[:rank]], value[order[rank:]]
    target = linalg.solve_triangular(upper[:rank, :rank], first, trans="T")
    left = upper[:rank, rank:].T @ target - others
    if np.any(np.abs(left) > np.sqrt(DEPENDENT) * np.maximum(np.max(np.abs(value)), 1e-300)):
        raise _contradiction()
    return np.asarray(basis[:, :rank], dtype=np.float64), np.asarray(target)


def _contradiction() -> FitError:
    return FitError(
        "The hypotheses contradict each other: no coefficients satisfy all of them. Leave one of them out.",
        argument="hypothesis",
    )


def _quadratic_form(inner: Array, difference: Array) -> float:
    values, vectors = symmetric("A joint test", inner)
    if len(values) and not values[0] > SINGULAR * values[-1]:
        raise FitError(
            "The covariance in use leaves some combination of the hypotheses without variance, so that they have no "
            "joint test. Test fewer of them together, or use more clusters or another covariance.",
            df=len(values),
        )
    return float(np.sum((vectors.T @ difference) ** 2 / values))


def _rank(rows: Array) -> int:
    return rank_of("A joint test", rows / np.maximum(np.max(np.abs(rows), axis=0, initial=0.0), 1e-300))


def check_estimable(estimate: Estimate, rows: Array) -> None:
    """Refuse rows of L that are no functions of the fitted values, naming the aliased columns."""
    bad = ~estimate.estimable(rows)
    if np.any(bad):
        involved = np.any(rows[bad] != 0, axis=0)
        names = [str(estimate.names[j]) for j in estimate.dropped if involved[j]] or [
            str(name) for name in estimate.names[involved]
        ]
        raise FitError(
            f"The hypothesis cannot be tested: {', '.join(names[:5])} cannot be told apart from other columns "
            "(aliased). Test estimated coefficients only, or fit without the redundant columns.",
            columns=names,
        )
