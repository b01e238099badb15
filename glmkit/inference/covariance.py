"""Robust covariances: bread, meat, bread.

With s_i = x_i w_i (y_i - mu_i) dmu_i / V_i the score of row i and A the information, the
covariance is A^-1 M A^-1, and the kinds differ in the meat M alone. The dispersion cancels.

References
----------
White, H. (1980). A heteroskedasticity-consistent covariance matrix estimator and a direct
test for heteroskedasticity. Econometrica 48, 817-838.
MacKinnon, J. G. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix
estimators with improved finite sample properties. J. Econometrics 29, 305-325.
Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear
models. Biometrika 73, 13-22.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.errors import DataError, FitError
from glmkit.fitting.glm import GLMFit
from glmkit.frame.rows import first_labels
from glmkit.frame.values import Factor, Logical, Matrix
from glmkit.inference.estimate import Estimate
from glmkit.inference.influence import leverage
from glmkit.inference.protocols import FittedModel

__all__ = ["KINDS", "robust_estimate"]

CLUSTERED = ("CR0", "CR1", "CR1S")
# What the square of a row's score is multiplied by, given the leverages, rows and rank.
HETEROSKEDASTIC: dict[str, Callable[[Array, float, int], Array]] = {
    "HC0": lambda h, n, p: np.ones_like(h),
    "HC1": lambda h, n, p: np.full_like(h, n / (n - p)),
    "HC2": lambda h, n, p: 1.0 / (1.0 - h),
    "HC3": lambda h, n, p: 1.0 / (1.0 - h) ** 2,
}
# A standard error this far below the model-based one, or 1 - leverage this small, is rounding.
ROUNDING = 1e-6
KINDS = (*HETEROSKEDASTIC, *CLUSTERED)


def robust_estimate(model: FittedModel, kind: str, cluster: object) -> Estimate:
    """Return the model's coefficients with a robust covariance.

    Raises
    ------
    FitError
        The kind is unknown, or does not go with `cluster`.
    DataError
        The clusters do not match the rows, one is missing, or there is only one.
    """
    name = "CR1" if kind == "cluster" else kind
    if name not in KINDS:
        raise FitError(f"The covariance {kind!r} is not known. Choose one of: {', '.join(KINDS)}.", kind=kind)
    if (name in CLUSTERED) != (cluster is not None):
        cure = "Give cluster=." if cluster is None else f"Choose one of: {', '.join(CLUSTERED)}."
        raise FitError(f"The covariance {kind!r} does not go with cluster={cluster!r}. {cure}", kind=kind)
    if model.fit.recession is not None:
        raise FitError(
            "A fit with infinite estimates has no robust covariance. Resolve the separation first."
        )
    if name in ("HC1", "CR1S") and not model.fit.df_resid > 0:
        raise FitError(
            f"{name} divides by the residual degrees of freedom, and there are none. Use HC0 or CR1.",
            kind=name,
        )
    scores = _scores(model.fit)
    if cluster is None:
        meat, label = _row_meat(model.fit, scores, name), name
    else:
        codes = _cluster_codes(model, cluster)
        meat, label = _cluster_meat(model.fit, scores, codes, name), f"{name}, {codes.max() + 1} clusters"
    bread = model.fit.inverse
    estimate = model.estimate.with_covariance(bread @ meat @ bread, model.estimate.df, label)
    _check_variation(model.estimate, estimate)
    return estimate


def _check_variation(before: Estimate, after: Estimate) -> None:
    """Refuse errors that are rounding: scores that cancel row by row or within every cluster."""
    lost = after.std_error <= ROUNDING * before.std_error  # nan compares false
    if np.any(lost):
        names = [str(name) for name in after.names[lost]]
        raise DataError(
            f"The covariance {after.label} leaves {', '.join(names[:5])} without variance: the scores cancel, as "
            "when the clusters are the levels of a factor of the model, or a row fits perfectly. "
            "Use more or other clusters, or the model-based covariance.",
            columns=names,
        )


def _scores(fit: GLMFit) -> Array:
    """Return each row's score, (n, rank), at frequency 1, over the rows used."""
    residual = fit.family.score_residual(fit.problem.y, fit.mean)
    weighted = fit.problem.prior * np.where(fit.problem.weights > 0, residual, 0.0)
    return np.asarray(fit.independence.design.dense() * weighted[:, None])


def _row_meat(fit: GLMFit, scores: Array, kind: str) -> Array:
    # A row of frequency k is k rows, each with a k-th of its leverage.
    counts = fit.problem.counts
    hat = leverage(fit) / np.maximum(counts, 1.0)
    if kind in ("HC2", "HC3") and np.any(hat > 1.0 - ROUNDING):
        raise FitError(
            f"{kind} divides by 1 - leverage, and a row has leverage 1. Use HC0 or HC1.", kind=kind
        )
    factor = HETEROSKEDASTIC[kind](hat, fit.nobs, fit.rank)
    return np.asarray(scores.T @ (scores * (counts * factor)[:, None]))


def _cluster_meat(fit: GLMFit, scores: Array, codes: IntArray, kind: str) -> Array:
    groups = int(codes.max()) + 1
    sums = np.zeros((groups, scores.shape[1]))
    np.add.at(sums, codes, scores * fit.problem.counts[:, None])
    factor = 1.0 if kind == "CR0" else groups / (groups - 1)
    if kind == "CR1S":
        factor *= (fit.nobs - 1) / (fit.nobs - fit.rank)
    return factor * np.asarray(sums.T @ sums)


def _cluster_codes(model: FittedModel, cluster: object) -> IntArray:
    """Return the cluster of each row used, 0 to G - 1, (n,)."""
    value = model.frame.row_values(cluster, "cluster")
    if isinstance(value, Matrix):
        raise DataError("cluster has several columns. Give one label for each row.", argument="cluster")
    if isinstance(value, Factor):
        labels = value.codes.astype(np.float64)
        labels[value.codes < 0] = np.nan
    else:
        labels = value.values if isinstance(value, Logical) else np.asarray(value)
    missing = np.isnan(labels)
    if np.any(missing):
        rows = first_labels(model.frame.rows.labels, missing)
        raise DataError(
            f"cluster is missing in {int(missing.sum())} rows that the fit uses (first labels: {rows}). "
            "Give every row its cluster, or drop these rows before the fit.",
            argument="cluster",
            rows=rows,
        )
    codes = np.unique(labels, return_inverse=True)[1].astype(np.intp)
    if codes.max() == 0:
        raise DataError(
            "There is only one cluster, which gives no variance between clusters. Use a finer grouping or HC1.",
            argument="cluster",
        )
    return codes
