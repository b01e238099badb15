"""Wald statistics and intervals: estimate over standard error."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference.estimate import Estimate
from glmkit.inference.reference import interval_quantile, two_sided

__all__ = ["check_level", "coefficient_frame", "confint", "wald_interval"]


def coefficient_frame(estimate: Estimate, level: float = 0.95) -> pd.DataFrame:
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
    low, high = wald_interval(coef, std_error, level, estimate.df)
    columns = {
        "estimate": coef,
        "std_error": std_error,
        "statistic": statistic,
        "p_value": two_sided(statistic, estimate.df),
        "conf_low": low,
        "conf_high": high,
    }
    return pd.DataFrame(columns, index=estimate.names)


def wald_interval(center: Array, std_error: Array, level: float, df: float) -> tuple[Array, Array]:
    """Return the ends of estimate -+ quantile * std_error."""
    half = interval_quantile(check_level(level), df) * std_error
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


def confint(estimate: Estimate, method: str, level: float, df: float | None) -> pd.DataFrame:
    """Return intervals for the coefficients, columns ``conf_low conf_high``."""
    if method != "wald":
        raise FitError(
            f'method={method!r} is not an interval. Choose one of: "wald".', argument="method", value=method
        )
    low, high = wald_interval(
        estimate.coef, estimate.std_error, level, estimate.df if df is None else float(df)
    )
    return pd.DataFrame({"conf_low": low, "conf_high": high}, index=estimate.names)


class JointWald(NamedTuple):
    statistic: float
    df: float
    df_resid: float
    p_value: float


def joint_wald(estimate: Estimate, rows: Array, value: Array | float = 0.0) -> JointWald:
    from glmkit.inference.reference import chi_square_tail, f_tail

    d = estimate.linear(rows) - value
    V = estimate.covariance_of(rows)
    w, U = np.linalg.eigh(V)
    keep = w > 1e-10 * w.max(initial=0)
    q = int(keep.sum())
    W = float(np.sum((U[:, keep].T @ d) ** 2 / w[keep]))
    if np.isinf(estimate.df):
        return JointWald(W, q, np.inf, chi_square_tail(W, q))
    return JointWald(W / q, q, estimate.df, f_tail(W / q, q, estimate.df))
