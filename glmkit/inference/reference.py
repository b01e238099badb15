"""The one place that decides between t and normal, and computes tail areas and quantiles."""

from __future__ import annotations

import numpy as np
from scipy import special

from glmkit._typing import Array

__all__ = [
    "chi_square_tail",
    "f_tail",
    "interval_quantile",
    "interval_quantiles",
    "reference_df",
    "statistic_name",
    "two_sided",
]


def reference_df(dispersion_known: bool, df_resid: float) -> float:
    """Return the t distribution's df: df_resid if the dispersion was estimated, else inf."""
    return float("inf") if dispersion_known else df_resid


def statistic_name(df: float) -> str:
    """Return "z" for the normal distribution, "t" otherwise."""
    return "z" if np.isinf(df) else "t"


def two_sided(statistic: Array, df: float | Array) -> Array:
    """Return the two-sided tail area of z (df inf) or t; nan where df is not positive."""
    size = -np.abs(np.asarray(statistic, dtype=np.float64))
    if np.all(np.isposinf(df)):
        return np.asarray(2.0 * special.ndtr(size))
    df = np.broadcast_to(np.asarray(df, dtype=np.float64), size.shape)
    finite = np.isfinite(df)
    tail = np.where(finite, special.stdtr(np.where(finite & (df > 0), df, 1.0), size), special.ndtr(size))
    return np.where(df > 0, 2.0 * tail, np.nan)


def interval_quantile(level: float, df: float) -> float:
    """Return the quantile that a two-sided interval of `level` multiplies the error by."""
    if not df > 0:
        return float("nan")
    upper = 0.5 + 0.5 * level
    return float(special.ndtri(upper)) if np.isinf(df) else float(special.stdtrit(df, upper))


def interval_quantiles(level: float, df: float | Array) -> Array:
    """Return `interval_quantile` for each of an array of df; nan where df is not positive."""
    values = np.asarray(df, dtype=np.float64)
    upper = 0.5 + 0.5 * level
    if np.isposinf(values).all():
        return np.full(values.shape, special.ndtri(upper))
    finite = np.isfinite(values) & (values > 0)
    quantiles = np.where(finite, special.stdtrit(np.where(finite, values, 1.0), upper), special.ndtri(upper))
    return np.where(values > 0, quantiles, np.nan)


def chi_square_tail(statistic: float, df: float) -> float:
    """Return P(chi-square_df > statistic); nan for df 0."""
    return float(special.chdtrc(df, max(statistic, 0.0))) if df > 0 else float("nan")


def f_tail(statistic: float, df: float, df_resid: float) -> float:
    """Return P(F_{df, df_resid} > statistic); nan without degrees of freedom."""
    if not (df > 0 and df_resid > 0):
        return float("nan")
    return float(special.fdtrc(df, df_resid, max(statistic, 0.0)))
