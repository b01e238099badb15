"""Factors of information matrices most of whose rows are diagonal: a factor of many levels beside other columns.

In the order (levels, others) such a matrix and its Cholesky factor are

    A = D [[P^2, P S], [S'P, C]] D,    R = [[P, S], [0, T]],    T'T = C - S'S,

with P diagonal (L, L), S (L, d) and T (d, d): O(L d^2 + d^3) instead of O((L + d)^3), and no matrix with
L^2 elements is made. Eliminating the diagonal rounds nothing but the products, so the factor is as
backward stable as that of the Schur complement C - S'S (Higham 2002, section 10.1, theorem 10.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from glmkit._typing import Array, IntArray
from glmkit.numerics.rowwise import row_blocks
from glmkit.numerics.triangle import solve_triangle

__all__ = ["Arrow", "arrow_of", "diagonal_run"]

# Rows of a diagonal block from which on it is eliminated by itself.
LEAST_RUN = 200
# Steps of the power method: it finds the order of magnitude, which is all a condition number is asked for.
POWER_STEPS = 6
# Growth of the estimate from one step to the next that changes no order of magnitude.
STANDING = 1.05


@dataclass(frozen=True, eq=False)
class Arrow:
    """The triangle R of an equilibrated matrix whose columns `run` are diagonal among themselves.

    Parameters
    ----------
    run, others : slice, (d,) array of int
        The diagonal columns, and the rest.
    pivots : (L,) array
        P.
    side : (L, d) array
        S.
    root : (d, d) array
        T, upper triangular.
    """

    run: slice
    others: IntArray
    pivots: Array
    side: Array
    root: Array

    def transposed_solve(self, v: Array) -> Array:
        """Return ``R'^-1 v``, (p, k), in the order of the columns."""
        out = np.empty(v.shape)
        out[self.run] = v[self.run] / self.pivots[:, None]
        rest = v[self.others] - self.side.T @ out[self.run]
        out[self.others] = solve_triangle(self.root, rest, transposed=True)
        return out

    def solve(self, v: Array) -> Array:
        """Return ``R^-1 v``, (p, k)."""
        out = np.empty(v.shape)
        rest = solve_triangle(self.root, v[self.others])
        out[self.others] = rest
        out[self.run] = (v[self.run] - self.side @ rest) / self.pivots[:, None]
        return out

    def dot(self, v: Array) -> Array:
        """Return ``R'R v``, (p, k)."""
        run = self.pivots[:, None] * v[self.run] + self.side @ v[self.others]
        out = np.empty(v.shape)
        out[self.run] = self.pivots[:, None] * run
        out[self.others] = self.side.T @ run + self.root.T @ (self.root @ v[self.others])
        return out

    def diagonal(self) -> Array:
        """Return the diagonal of R, (p,)."""
        out = np.empty(len(self.pivots) + len(self.others))
        out[self.run], out[self.others] = self.pivots, self.root.diagonal()
        return out

    def inverse(self) -> Array:
        """Return ``(R'R)^-1``, (p, p), exactly symmetric, in O(L^2 d)."""
        p = len(self.pivots) + len(self.others)
        whole = np.empty((p, p))
        back = solve_triangle(self.root, np.eye(len(self.root)))
        across = (self.side @ back) / -self.pivots[:, None]
        np.matmul(across, across.T, out=whole[self.run, self.run])
        places = np.arange(p)[self.run]
        whole[places, places] += self.pivots**-2.0
        beside = across @ back.T
        whole[self.run, self.others] = beside
        whole[self.others, self.run] = beside.T
        whole[np.ix_(self.others, self.others)] = back @ back.T
        return whole

    def condition(self) -> float:
        """Return an estimate of the 2-norm condition of R, by the power method."""
        p = len(self.pivots) + len(self.others)
        largest = _growth(self.dot, p)
        smallest = _growth(lambda v: self.solve(self.transposed_solve(v)), p)
        return float(np.sqrt(largest * smallest))


def diagonal_run(gram: Array) -> slice | None:
    """Return the longest run of columns that are diagonal among themselves; None where it is not long.

    Examples
    --------
    >>> import numpy as np
    >>> gram = np.eye(300)
    >>> gram[0] = gram[:, 0] = 1.0
    >>> diagonal_run(gram)
    slice(1, 300, None)
    """
    p = len(gram)
    if p <= LEAST_RUN:
        return None
    # Where a run may begin that ends in a row, by that row's last element before the diagonal.
    begin = np.zeros(p, np.intp)
    for rows in row_blocks(p, LEAST_RUN):
        hit = np.tril(gram[rows, : rows.stop] != 0.0, rows.start - 1)[:, ::-1]
        begin[rows] = np.where(hit.any(axis=1), rows.stop - hit.argmax(axis=1), 0)
    first = np.maximum.accumulate(begin)
    last = int(np.argmax(np.arange(p) - first))
    best = slice(int(first[last]), last + 1)
    return best if best.stop - best.start >= LEAST_RUN else None


def arrow_of(gram: Array, scale: Array, run: slice) -> Arrow | None:
    """Return the triangle of ``gram / scale / scale'``; None where it has none."""
    others = np.delete(np.arange(len(gram)), run)
    pivots = np.sqrt(gram.diagonal()[run]) / scale[run]
    side = gram[run, others]
    side /= (pivots * scale[run])[:, None]
    side /= scale[others]
    rest = gram[np.ix_(others, others)]
    rest /= scale[others]
    rest /= scale[others][:, None]
    rest -= side.T @ side
    if not len(others):
        return Arrow(run, others, pivots, side, np.empty((0, 0)))
    root, failed = lapack.dpotrf(rest.T, overwrite_a=1)  # LAPACK's order without a copy: it is symmetric
    return None if failed else Arrow(run, others, pivots, side, root)


def _growth(apply: Callable[[Array], Array], p: int) -> float:
    """Return the largest eigenvalue of a positive definite matrix, or little less."""
    # No column, level or constant is orthogonal to alternating numbers that grow (Higham 2002, algorithm 15.4).
    v = (np.where(np.arange(p) % 2, -1.0, 1.0) * (1.0 + np.arange(p) / p))[:, None]
    size = 0.0
    for _ in range(POWER_STEPS):
        v = apply(v / np.linalg.norm(v))
        last, size = size, float(np.linalg.norm(v))
        if not 0.0 < size < np.inf:
            return np.inf
        if size <= STANDING * last:
            break
    return size
