"""CR2: bias-reduced linearization, with degrees of freedom for every linear function.

The working model is the one fitted: independent rows of variance V(mu) / w about a mean
that moves with the coefficients by dmu/deta x.
Each cluster's residuals are multiplied by A_i, chosen so that the covariance is unbiased
under it, and the degrees of freedom match its first two moments under it.

References
----------
Bell, R. M. and McCaffrey, D. F. (2002). Bias reduction in standard errors for linear
regression with multi-stage samples. Survey Methodology 28, 169-181.
McCaffrey, D. F., Bell, R. M. and Botts, C. H. (2001). Generalizations of biased reduced
linearization. Proceedings of the Annual Meeting of the American Statistical Association.
Pustejovsky, J. E. and Tipton, E. (2018). Small-sample methods for cluster-robust variance
estimation and hypothesis testing in fixed effects models. JBES 36, 672-683.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit
from glmkit.numerics.algebra import symmetric

__all__ = ["ClusterMoments", "bias_reduced"]

# Eigenvalues below this share of the largest belong to residuals that are always zero.
NULL = 1e-11
# A cluster's adjustment takes an eigendecomposition of a matrix of its rows.
MOST_ROWS = 4000
# Elements of the matrices of clusters that are adjusted at a time: 32 MiB.
BATCH = 4_194_304


class _Rows(NamedTuple):
    """The rows that count, one for each time they count, sorted by cluster."""

    design: Array  # (m, rank) dmu/deta x
    variance: Array  # (m,) V(mu) / w
    residual: Array  # (m,) y - mu
    first: IntArray  # (G,) where each cluster begins
    size: IntArray  # (G,)


@dataclass(frozen=True, eq=False)
class ClusterMoments:
    """The moments of the summed, adjusted scores of each cluster under the working model.

    For the linear functions c and d of gamma, u_i = c'A^-1 times the adjusted score of
    cluster i has covariances cov(u_i, v_j) = [i = j] z'Q_i y - (R_i z)' A^-1 (R_j y), with
    z = A^-1 c and y = A^-1 d.

    Parameters
    ----------
    inverse : (rank, rank) array
        A^-1.
    own : (G, rank, rank) array
        Q_i.
    shared : (G, rank, rank) array
        R_i.
    """

    inverse: Array
    own: Array
    shared: Array

    def row_df(self, rows: Array) -> Array:
        """Return Satterthwaite's degrees of freedom of each row, (k,); equation 17.11."""
        z = rows @ self.inverse
        if len(z) > len(self.inverse) ** 2:
            return self._many_df(z)
        return np.array([self._one_df(one) for one in z])

    def _one_df(self, z: Array) -> float:
        parts = self._parts(z[None, :])
        variance = parts.product((0, 0), (0, 0))
        return float(parts.total(0, 0) ** 2 / variance) if variance > 0 else float("nan")

    def _many_df(self, z: Array) -> Array:
        """Return the same by sums over clusters made once: O(p^4) for each row."""
        groups, p = len(self.own), len(self.inverse)
        own = self.own.reshape(groups, p * p)
        within = (self.shared.transpose(0, 2, 1) @ self.inverse @ self.shared).reshape(groups, p * p)
        flat = self.shared.reshape(groups, p * p)
        pairs = (flat.T @ flat).reshape(p, p, p, p).transpose(0, 2, 1, 3).reshape(p * p, p * p)
        squares = own.T @ (own - 2.0 * within)
        products = (z[:, :, None] * z[:, None, :]).reshape(len(z), p * p)
        between = (products @ pairs.T).reshape(-1, p, p) @ self.inverse
        variance = np.einsum("ka,ka->k", products @ squares, products)
        variance += np.einsum("kpq,kqp->k", between, between)
        total = products @ np.sum(own - within, axis=0)
        positive = variance > 0
        return np.where(positive, total**2 / np.where(positive, variance, 1.0), np.nan)

    def joint_df(self, rows: Array) -> float:
        """Return the eta of the approximate Hotelling test of all rows; equation 17.12."""
        parts = self._parts(rows @ self.inverse)
        q = len(rows)
        mean = np.array([[parts.total(s, t) for t in range(q)] for s in range(q)])
        values, vectors = symmetric("The degrees of freedom of a joint test", mean)
        root = vectors / np.sqrt(values)
        parts = self._parts(root.T @ rows @ self.inverse)
        variance = sum(
            parts.product((s, s), (t, t)) + parts.product((s, t), (s, t)) for s in range(q) for t in range(q)
        )
        return float(q * (q + 1) / variance)

    def _parts(self, z: Array) -> _Parts:
        own = np.einsum("sp,gpq,tq->stg", z, self.own, z, optimize=True)
        return _Parts(self.inverse, own, np.einsum("gpq,sq->sgp", self.shared, z, optimize=True))


class _Parts(NamedTuple):
    """For linear functions s, t: cov(u_si, u_tj) = [i = j] own_sti - shared_si' inverse shared_tj."""

    inverse: Array
    own: Array  # (q, q, G)
    shared: Array  # (q, G, rank)

    def total(self, s: int, t: int) -> float:
        """Return the sum over clusters of cov(u_si, u_ti)."""
        return float(np.sum(self.own[s, t]) - np.sum(self._within(s, t)))

    def product(self, left: tuple[int, int], right: tuple[int, int]) -> float:
        """Return the trace of the product of two (G, G) matrices of covariances, in O(G)."""
        (a, b), (c, d) = left, right
        diagonal = self.own[a, b] @ (self.own[c, d] - self._within(c, d)) - self.own[c, d] @ self._within(
            a, b
        )
        between = self.inverse @ (self.shared[b].T @ self.shared[c]) @ self.inverse
        return float(diagonal + np.sum(between * (self.shared[a].T @ self.shared[d])))

    def _within(self, s: int, t: int) -> Array:
        within: Array = np.einsum("gp,pq,gq->g", self.shared[s], self.inverse, self.shared[t], optimize=True)
        return within


def bias_reduced(fit: GLMFit, codes: IntArray) -> tuple[Array, ClusterMoments]:
    """Return the meat, (rank, rank), and what the degrees of freedom come from.

    Notes
    -----
    Equations 17.9 and 17.10; O(sum of cubes of the cluster sizes).
    """
    rows = _sorted_rows(fit, codes)
    groups, p = len(rows.size), fit.rank
    scores = np.empty((groups, p))
    own, shared = np.empty((groups, p, p)), np.empty((groups, p, p))
    for batch, places in _batches(rows):
        design, variance = rows.design[places], rows.variance[places]
        adjusted = _adjustment(design, variance, fit.inverse) @ (design / variance[..., None])
        scores[batch] = np.einsum("gnp,gn->gp", adjusted, rows.residual[places])
        own[batch] = adjusted.transpose(0, 2, 1) @ (adjusted * variance[..., None])
        shared[batch] = design.transpose(0, 2, 1) @ adjusted
    return np.asarray(scores.T @ scores), ClusterMoments(fit.inverse, own, shared)


def _adjustment(design: Array, variance: Array, inverse: Array) -> Array:
    """Return A = D B^(-1/2) D with D = variance^(1/2), B = D (variance - X A^-1 X') D, (g, n, n)."""
    root = np.sqrt(variance)
    inner = -(design @ inverse @ design.transpose(0, 2, 1))
    each = np.arange(design.shape[1])
    inner[:, each, each] += variance
    values, vectors = symmetric("The CR2 adjustment", root[:, :, None] * inner * root[:, None, :])
    limit = NULL * np.max(variance, axis=1, keepdims=True) ** 2
    positive = values > limit
    power = np.where(positive, 1.0 / np.sqrt(np.where(positive, values, 1.0)), 0.0)
    scaled = root[:, :, None] * vectors
    return np.asarray((scaled * power[:, None, :]) @ scaled.transpose(0, 2, 1))


def _sorted_rows(fit: GLMFit, codes: IntArray) -> _Rows:
    mean, problem = fit.mean, fit.problem
    variance = fit.family.variance(mean)
    used = np.flatnonzero((codes >= 0) & (variance > 0))
    order = used[np.argsort(codes[used], kind="stable")]
    order = np.repeat(order, problem.counts[order].astype(np.intp))
    first = np.flatnonzero(np.diff(codes[order], prepend=-1))
    size = np.diff(np.append(first, len(order)))
    if np.max(size) > MOST_ROWS:
        raise FitError(
            f"CR2 takes time and memory with the square of a cluster's rows, and the largest has {np.max(size)}; "
            f"up to {MOST_ROWS} are taken. Use CR1, which differs little for large clusters.",
            kind="CR2",
            rows=int(np.max(size)),
        )
    return _Rows(
        design=fit.independence.design.select(order).dense() * mean.dmu[order, None],
        variance=variance[order] / problem.prior[order],
        residual=fit.family.response_residual(problem.y, mean)[order],
        first=first,
        size=size,
    )


def _batches(rows: _Rows) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield clusters of one size at a time, (g,), with the places of their rows, (g, n)."""
    for size in np.unique(rows.size):
        clusters = np.flatnonzero(rows.size == size)
        step = max(1, BATCH // int(size) ** 2)
        for begin in range(0, len(clusters), step):
            batch = clusters[begin : begin + step]
            yield batch, rows.first[batch][:, None] + np.arange(size)
