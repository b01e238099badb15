"""Cluster-robust meats: the square of the summed score of each cluster, one way or two.

References
----------
Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear
models. Biometrika 73, 13-22.
Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011). Robust inference with multiway
clustering. Journal of Business and Economic Statistics 29, 238-249.
"""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.fitting.glm import GLMFit
from glmkit.inference.covariance.scores import cluster_sums
from glmkit.inference.estimate import Estimate
from glmkit.numerics.algebra import symmetric

__all__ = ["CLUSTERED", "cluster_meat", "fix_negative", "meat_of_sums"]

CLUSTERED = ("CR0", "CR1", "CR1S")
# An eigenvalue below zero by less than this share of the largest is rounding.
NEGATIVE = 1e-13


def cluster_meat(fit: GLMFit, codes: tuple[IntArray, ...], kind: str) -> Array:
    """Return the meat, (rank, rank): M_a, or M_a + M_b - M_ab for two kinds of clusters.

    Notes
    -----
    Equations 17.5 and 17.6; each part has its own G / (G - 1).
    """
    if len(codes) == 1:
        return _one_way(fit, codes[0], kind)
    first, second = codes
    pairs = np.where(first >= 0, first * (int(second.max()) + 1) + second, -1)
    both = np.unique(pairs, return_inverse=True)[1].astype(np.intp) - int(pairs.min() < 0)
    return _one_way(fit, first, kind) + _one_way(fit, second, kind) - _one_way(fit, both, kind)


def _one_way(fit: GLMFit, codes: IntArray, kind: str) -> Array:
    return meat_of_sums(fit, cluster_sums(fit, codes), kind)


def meat_of_sums(fit: GLMFit, sums: Array, kind: str) -> Array:
    """Return the meat from the summed score of each cluster, (G, rank)."""
    groups = len(sums)
    factor = 1.0 if kind == "CR0" else groups / (groups - 1)
    if kind == "CR1S":
        factor *= (fit.nobs - 1) / (fit.nobs - fit.rank)
    return factor * np.asarray(sums.T @ sums)


def fix_negative(estimate: Estimate) -> Estimate:
    """Return the estimate with negative eigenvalues of its covariance set to zero, and say so.

    As Cameron, Gelbach and Miller (2011, p. 241), of the covariance of the coefficients as
    coded: what a difference of two matrices may lack.
    """
    centring = estimate.centring
    original = centring.covariance_to_original(estimate.covariance)
    values, vectors = symmetric("The covariance by several clusters", original)
    if values[0] >= -NEGATIVE * values[-1]:
        return estimate
    raised = (vectors * np.maximum(values, 0.0)) @ vectors.T
    label = f"{estimate.label}, negative eigenvalues set to 0"
    return estimate.with_covariance(centring.covariance_to_fitted(raised), estimate.df, label)
