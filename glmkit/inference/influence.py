"""Leverage, and what would change without a row: one Fisher step from the fit.

Notation of Williams (1987) and Belsley, Kuh and Welsch (1980): h the leverage, r_D and r_P
the deviance and Pearson residuals, p the rank, sigma_(i) the root of the dispersion without
row i. A row of frequency k is k rows, and what stands in it is what each of them would
have. A row of weight zero has leverage 0 and nothing else; a row of leverage 1 is fitted
whatever its response, so that nothing can be said of it either (NaN).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit
from glmkit.inference.estimate import Estimate
from glmkit.inference.residuals import deviance_residuals, pearson_residuals

__all__ = [
    "change_in_coefficients",
    "cooks_distance",
    "covariance_ratio",
    "dffits",
    "hat_values",
    "influence_frame",
    "leverage",
    "scaled_change_in_coefficients",
    "standardized_residuals",
    "studentized_residuals",
]

# A leverage this close to 1 is 1: what is left of 1 - h is the rounding of h.
LEVERAGE_ROUNDING = 1e-10


def leverage(fit: GLMFit) -> Array:
    """Return the diagonal of W^1/2 X (X'WX)^-1 X'W^1/2, (n,), over the rows used."""
    weights = fit.problem.weights
    working = weights * np.where(weights > 0, fit.family.working_weight(fit.mean), 0.0)
    root = fit.factor.half_solve(np.eye(fit.rank))
    with np.errstate(all="ignore"):  # a mean at the end of doubles: nan
        return working * fit.independence.design.row_norms(root)


def hat_values(fit: GLMFit) -> Array:
    """Return the leverage of each row, (n,); of one of its copies where it stands for several."""
    hat = leverage(fit) / np.maximum(fit.problem.counts, 1.0)
    return np.where(hat > 1.0 - LEVERAGE_ROUNDING, 1.0, hat)


class _Rows(NamedTuple):
    """What every measure is made of; nan where a row says nothing."""

    deviance: Array  # r_D
    pearson: Array  # r_P
    hat: Array
    left: Array  # 1 - h, nan for h = 1


def _rows_of(fit: GLMFit) -> _Rows:
    hat = hat_values(fit)
    silent = (fit.problem.weights == 0) | (hat == 1.0)
    left = np.where(silent, np.nan, 1.0 - hat)
    return _Rows(deviance_residuals(fit), pearson_residuals(fit), hat, left)


def _sigma_without(fit: GLMFit, rows: _Rows) -> Array:
    """Return sigma_(i), (n,): BKW (1980) eq. 2.9 with deviance residuals; nan without df left."""
    df = fit.df_resid - 1.0
    if not df > 0:
        return np.full(len(rows.hat), np.nan)
    with np.errstate(all="ignore"):
        rest = fit.deviance - np.where(rows.hat == 1.0, 0.0, rows.deviance**2 / rows.left)
        return np.asarray(np.sqrt(np.maximum(rest, 0.0) / df))


def standardized_residuals(fit: GLMFit, kind: str) -> Array:
    """Return r / sqrt(phi (1 - h)), (n,); deviance or Pearson residuals."""
    rows = _rows_of(fit)
    chosen = {"deviance": rows.deviance, "pearson": rows.pearson}
    if kind not in chosen:
        raise FitError(
            f'type={kind!r} is not a standardized residual. Choose one of: "deviance", "pearson".',
            argument="type",
            value=kind,
        )
    with np.errstate(all="ignore"):  # a perfect fit has dispersion 0
        return chosen[kind] / np.sqrt(fit.dispersion * rows.left)


def studentized_residuals(fit: GLMFit) -> Array:
    """Return sign(r_D) sqrt(r_D^2 + r_P^2 h / (1 - h)), (n,), Williams (1987).

    Over sigma_(i) where the dispersion is estimated.
    """
    rows = _rows_of(fit)
    with np.errstate(all="ignore"):
        size = np.sqrt(rows.deviance**2 + rows.pearson**2 * rows.hat / rows.left)
    signed = np.copysign(size, rows.deviance)
    if fit.family.dispersion is not None:
        return signed
    with np.errstate(all="ignore"):  # a perfect fit has sigma 0
        return signed / _sigma_without(fit, rows)


def cooks_distance(fit: GLMFit) -> Array:
    """Return r_P^2 h / (p phi (1 - h)^2), (n,), Cook (1977) after Pregibon (1981)."""
    rows = _rows_of(fit)
    with np.errstate(all="ignore"):  # a perfect fit has dispersion 0
        return (rows.pearson / rows.left) ** 2 * rows.hat / (fit.dispersion * fit.rank)


def dffits(fit: GLMFit) -> Array:
    """Return r_D sqrt(h) / (sigma_(i) (1 - h)), (n,), BKW (1980) eq. 2.11."""
    rows = _rows_of(fit)
    with np.errstate(all="ignore"):  # a perfect fit has sigma 0
        return rows.deviance * np.sqrt(rows.hat) / (_sigma_without(fit, rows) * rows.left)


def covariance_ratio(fit: GLMFit) -> Array:
    """Return det cov without the row over det cov with it, (n,), BKW (1980) eq. 2.36."""
    rows = _rows_of(fit)
    df, sigma = fit.df_resid, _sigma_without(fit, rows)
    with np.errstate(all="ignore"):  # a perfect fit has sigma 0
        squared = (rows.deviance / sigma) ** 2 / rows.left
        return 1.0 / (rows.left * ((df - 1.0 + squared) / df) ** fit.rank)


def change_in_coefficients(fit: GLMFit, estimate: Estimate) -> Array:
    """Return b - b_(i) after one step, (n, p): (X'WX)^-1 x_i w_i^1/2 r_D / (1 - h).

    Pregibon (1981) has r_P, one Fisher step; with r_D it is R's, and the change that goes
    with `dffits`. 0 for a row of leverage 1, as in R; nan for coefficients that are aliased
    or infinite.
    """
    rows = _rows_of(fit)
    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        working = fit.problem.prior * fit.family.working_weight(fit.mean)
        pull = np.sqrt(working) * rows.deviance / rows.left
        pull = np.where(rows.hat == 1.0, 0.0, np.where(fit.problem.weights > 0, pull, np.nan))
        steps = fit.factor.solve(fit.independence.design.dense().T).T
        steps *= pull[:, None]
        moved = steps - np.outer(steps @ fit.centring.shift, fit.centring.constant)
    full = np.full((len(pull), len(estimate.names)), np.nan)
    full[:, fit.kept] = moved
    full[:, ~np.isfinite(estimate.coef)] = np.nan
    return full


def scaled_change_in_coefficients(fit: GLMFit, estimate: Estimate) -> Array:
    """Return the change of each coefficient over sigma_(i) times its unscaled error, (n, p)."""
    change = change_in_coefficients(fit, estimate)
    unscaled = np.full(len(estimate.names), np.nan)
    unscaled[fit.kept] = np.sqrt(np.diag(fit.centring.covariance_to_original(fit.inverse)))
    with np.errstate(all="ignore"):  # a perfect fit has sigma 0
        change /= unscaled
        change /= _sigma_without(fit, _rows_of(fit))[:, None]
    return change


def influence_frame(fit: GLMFit) -> pd.DataFrame:
    """Return all measures that are one number a row, over the rows used."""
    return pd.DataFrame(
        {
            "hat": hat_values(fit),
            "cooks_distance": cooks_distance(fit),
            "rstandard": standardized_residuals(fit, "deviance"),
            "rstudent": studentized_residuals(fit),
            "dffits": dffits(fit),
            "covratio": covariance_ratio(fit),
        }
    )
