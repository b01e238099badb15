"""What each row adds to the score, without a copy of the design."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.fitting.glm import GLMFit

__all__ = ["cluster_sums", "score_factors"]

# Columns of the design that are written out at a time.
COLUMNS = 32


def score_factors(fit: GLMFit) -> Array:
    """Return u, (n,), with u_i x_i the score of row i at frequency 1; 0 for rows of zero weight."""
    residual = fit.family.score_residual(fit.problem.y, fit.mean)
    return fit.problem.prior * np.where(fit.problem.weights > 0, residual, 0.0)


def cluster_sums(fit: GLMFit, codes: IntArray) -> Array:
    """Return the sum of the scores of each cluster, (G, rank); codes are -1 for rows left out."""
    design = fit.independence.design
    weights = score_factors(fit) * fit.problem.counts
    used = np.flatnonzero(codes >= 0)
    if len(used) < len(codes):
        design, weights, codes = design.select(used), weights[used], codes[used]
    p, groups = design.shape[1], int(codes.max()) + 1
    sums = np.empty((groups, p))
    for first in range(0, p, COLUMNS):
        columns = np.arange(first, min(first + COLUMNS, p))
        some = design.take(columns).dense()
        for j in columns:
            sums[:, j] = np.bincount(codes, some[:, j - first] * weights, groups)
    return sums
