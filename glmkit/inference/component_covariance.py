"""Robust covariances of models with several linear predictors: bread, meat, bread.

The score of a row is s_i = (x_ic p_c'g_i) over all components, at its prior weight; the
meat is the sum of s_i s_i', or of the sums over clusters. The bread is the inverse of the
information that the model-based errors rest on.

References
----------
Huber, P. J. (1967). The behavior of maximum likelihood estimates under nonstandard
conditions. Proceedings of the Fifth Berkeley Symposium 1, 221-233.
"""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.errors import DataError, FitError
from glmkit.fitting.component_fit import ComponentFit
from glmkit.frame.rows import first_labels
from glmkit.frame.values import Factor, Logical, Matrix
from glmkit.inference.components import ComponentModel
from glmkit.inference.covariance.sandwich import sandwich
from glmkit.inference.estimate import Estimate

__all__ = ["robust_component_estimate"]

BY_ROW, BY_CLUSTER = ("HC0", "HC1"), ("CR0", "CR1")
# A standard error this far below the model-based one is rounding: the scores cancel.
ROUNDING = 1e-6


def robust_component_estimate(
    model: ComponentModel, kind: object, cluster: object, given: object
) -> Estimate:
    """Return the model's coefficients with a robust covariance; `absent` options must be None.

    Raises
    ------
    FitError
        Unknown kind, or one that does not go with `cluster`; a separated fit.
    DataError
        The clusters do not match the rows, one is missing, or there is only one; a
        coefficient is left without variance.
    """
    name = "CR1" if kind == "cluster" else kind
    known = BY_ROW if cluster is None else BY_CLUSTER
    if not isinstance(name, str) or name not in known or given is not None:
        how = "without cluster=" if cluster is None else "with cluster="
        raise FitError(
            f"The covariance {kind!r} is not there {how}. Choose one of: {', '.join(known)}.", kind=kind
        )
    if model.fit.recession is not None:
        raise FitError(
            "A fit with infinite estimates has no robust covariance. Resolve the separation first."
        )
    scores, counts = _scores(model.fit), model.fit.problem.counts
    if cluster is None:
        meat, label = scores.T @ (scores * counts[:, None]), name
        meat *= _small_sample_factor(model.fit) if name == "HC1" else 1.0
    else:
        codes = _cluster_codes(model, cluster)
        groups = int(codes.max()) + 1
        sums = np.zeros((groups, scores.shape[1]))
        np.add.at(sums, codes[counts > 0], (scores * counts[:, None])[counts > 0])
        meat = sums.T @ sums * (groups / (groups - 1) if name == "CR1" else 1.0)
        label = f"{name}, {groups} clusters"
    covariance = sandwich(model.fit.inverse, meat)
    estimate = model.estimate.with_covariance(covariance, model.estimate.df, label)
    lost = estimate.std_error <= ROUNDING * model.estimate.std_error  # nan compares false
    if np.any(lost):
        names = [":".join(pair) for pair in estimate.names[lost]]
        raise DataError(
            f"The covariance {label} leaves {', '.join(names[:5])} without variance: the scores cancel. Use more or "
            "other clusters, or the model-based covariance.",
            columns=names,
        )
    return estimate


def _scores(fit: ComponentFit) -> Array:
    """Return each row's score, (n, rank), at frequency 1."""
    problem = fit.problem
    counted = problem.weights > 0
    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        gradient = fit.family.gradient(problem.y, fit.eta)
    gradient = problem.prior[:, None] * np.where(counted[:, None], gradient, 0.0)
    parts = [c.design.dense() * (gradient @ c.pattern)[:, None] for c in fit.independence.components]
    return np.hstack(parts)


def _small_sample_factor(fit: ComponentFit) -> float:
    """Return n / (n - p)."""
    if fit.nobs <= fit.rank:
        raise FitError(
            "HC1 multiplies by n / (n - p), and there are no more observations than coefficients. Use HC0, or "
            "a smaller model.",
            kind="HC1",
        )
    return fit.nobs / (fit.nobs - fit.rank)


def _cluster_codes(model: ComponentModel, cluster: object) -> IntArray:
    """Return the cluster of each row used, 0 to G - 1 over the rows that count, -1 elsewhere."""
    value = model.frame.row_values(cluster, "cluster")
    if isinstance(value, Matrix):
        raise DataError("cluster has several columns. Give one label for each row.", argument="cluster")
    if isinstance(value, Factor):
        labels = np.where(value.codes < 0, np.nan, value.codes)
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
    counted = model.fit.problem.counts > 0
    codes = np.full(len(labels), -1, dtype=np.intp)
    codes[counted] = np.unique(labels[counted], return_inverse=True)[1]
    if codes.max() == 0:
        raise DataError(
            "There is only one cluster, which gives no variance between clusters. Use a finer grouping or HC1.",
            argument="cluster",
        )
    return codes
