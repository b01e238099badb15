"""What each row adds to the score, without a copy of the design."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.fitting.glm import GLMFit

__all__ = ["cluster_sums", "score_factors"]


def score_factors(fit: GLMFit) -> Array:
    """Return u, (n,), with u_i x_i the score of row i at frequency 1; 0 for rows of zero weight."""
    residual = fit.family.score_residual(fit.problem.y, fit.mean)
    return fit.problem.prior * np.where(fit.problem.weights > 0, residual, 0.0)


def cluster_sums(fit: GLMFit, codes: IntArray) -> Array:
    """Return the sum of the scores of each cluster, (G, rank); codes are -1 for rows left out."""
    columns = fit.independence.design.dense()
    weights = score_factors(fit) * fit.problem.counts
    used = codes >= 0
    if not np.all(used):
        columns, weights, codes = columns[used], weights[used], codes[used]
    groups = int(codes.max()) + 1
    sums = np.empty((groups, columns.shape[1]))
    for j in range(columns.shape[1]):
        sums[:, j] = np.bincount(codes, columns[:, j] * weights, groups)
    return sums
