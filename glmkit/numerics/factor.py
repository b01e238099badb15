"""Triangular factors of information matrices, by Cholesky or by QR.

An information matrix ``A = X'WX`` is kept as ``A = D R'R D``: ``D`` diagonal, powers of
two, so that ``D^-1 A D^-1`` has a diagonal near one and no digit is lost in scaling;
``R`` upper triangular with a positive diagonal. Everything asked of ``A^-1`` is a
triangular solve. LAPACK is called directly: for the ten or so columns of a usual model
the checks of the comfortable wrappers cost more than the arithmetic.

References
----------
Higham, N. J. (2002). Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters
8 (triangular systems), 10 (Cholesky), 19 (QR).
Demmel, J., Grigori, L., Hoemmen, M. and Langou, J. (2012). Communication-optimal
parallel and sequential QR and LU factorizations. SIAM J. Sci. Comput. 34, A206-A239.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from glmkit._typing import Array
from glmkit.numerics.arrow import Arrow, arrow_of, diagonal_run
from glmkit.numerics.scaling import column_norms, power_of_two
from glmkit.numerics.triangle import solve_triangle

_EPSILON = float(np.finfo(np.float64).eps)
_SAFE_PIVOT = 8.0  # in units of p * eps: the backward error of Cholesky, with room
_BLOCK_ENTRIES = 1 << 15  # entries of a block of rows: 256 kB, about a level-2 cache


@dataclass(frozen=True)
class InformationFactor:
    """The factors of an information matrix ``A = D R'R D``.

    Attributes
    ----------
    root : (p, p) array
        R, upper triangular, with a positive diagonal.
    scale : (p,) array
        The diagonal of D.
    condition : float
        Estimate of the 2-norm condition number of the columns ``sqrt(W) X D^-1``, that
        is of R: the root of the 1-norm condition of R'R, so at most ``sqrt(p)`` times too
        large. A solution from a Cholesky factor loses twice its decimal logarithm in
        digits, one from a QR factor once.

    Examples
    --------
    >>> import numpy as np
    >>> factor = cholesky_factor(np.array([[4.0, 2.0], [2.0, 3.0]]))
    >>> factor.solve(np.array([2.0, 1.0]))
    array([0.5, 0. ])
    """

    root: Array
    scale: Array
    condition: float

    def solve(self, v: Array) -> Array:
        """Return ``A^-1 v``.

        Parameters
        ----------
        v : (p,) or (p, k) array

        Returns
        -------
        array of the shape of `v`
        """
        scale = self.scale if v.ndim == 1 else self.scale[:, None]
        whole = self._solved(v / scale)
        whole /= scale
        return whole

    def inverse(self) -> Array:
        """Return ``A^-1``, a (p, p) array, exactly symmetric."""
        if not len(self.scale):
            return np.empty((0, 0))
        whole = self._scaled_inverse()
        with np.errstate(over="ignore"):  # a variance beyond the range of doubles is inf
            whole /= self.scale
            whole /= self.scale[:, None]
        return whole

    def half_solve(self, L: Array) -> Array:
        """Return rows h with ``h h' = l A^-1 l'`` for each row l of `L`.

        The variance of a linear function is then a sum of squares, never negative.

        Parameters
        ----------
        L : (k, p) array

        Returns
        -------
        (k, p) array
        """
        with np.errstate(over="ignore"):  # a standard error beyond the range of doubles is inf
            scaled = L / self.scale
        return self._halved(scaled.T, transposed=True).T

    def logdet(self) -> float:
        """Return the logarithm of the determinant of A."""
        return 2.0 * float(np.sum(np.log(self._pivots()) + np.log(self.scale)))

    def left(self) -> Array:
        """Return the length of what those eliminated before it leave of each column, (p,)."""
        return np.asarray(self._pivots() * self.scale)

    def _solved(self, v: Array) -> Array:
        """Return ``(R'R)^-1 v``, newly made."""
        return np.asarray(lapack.dpotrs(self.root, v)[0]) if len(self.root) else np.empty(v.shape)

    def _halved(self, v: Array, *, transposed: bool = False) -> Array:
        """Return ``R^-1 v``, or ``R'^-1 v``."""
        return solve_triangle(self.root, v, transposed=transposed)

    def _pivots(self) -> Array:
        """Return the diagonal of R, (p,)."""
        return np.asarray(self.root.diagonal())

    def _scaled_inverse(self) -> Array:
        """Return ``(R'R)^-1``."""
        upper = lapack.dpotri(self.root)[0]
        whole: Array = upper + upper.T
        whole.ravel(order="K")[:: len(whole) + 1] *= 0.5  # the diagonal was added to itself
        return whole


@dataclass(frozen=True)
class ArrowFactor(InformationFactor):
    """The factors where many columns are diagonal among themselves and are eliminated first.

    ``root`` is that of the other columns.
    """

    arrow: Arrow

    def _solved(self, v: Array) -> Array:
        return self._halved(self._halved(v, transposed=True))

    def _halved(self, v: Array, *, transposed: bool = False) -> Array:
        solve = self.arrow.transposed_solve if transposed else self.arrow.solve
        return solve(v.reshape(len(v), -1)).reshape(v.shape)

    def _pivots(self) -> Array:
        return self.arrow.diagonal()

    def _scaled_inverse(self) -> Array:
        return self.arrow.inverse()


def cholesky_factor(gram: Array) -> InformationFactor | None:
    """Return the Cholesky factor of an information matrix, or None if it has none.

    Parameters
    ----------
    gram : (p, p) array, symmetric

    Returns
    -------
    InformationFactor or None
        None when the matrix is not safely positive definite: a diagonal entry that is
        zero, negative or not finite, or a pivot within rounding of zero.

    Notes
    -----
    O(p^3 / 3); where L of the columns are diagonal among themselves, as those of a factor are,
    O(L d^2 + d^3) with d others. Trust it up to a ``condition`` of about 1e6; above, use `qr_factor`.

    Examples
    --------
    >>> import numpy as np
    >>> cholesky_factor(np.array([[1.0, 1.0], [1.0, 1.0]])) is None
    True
    """
    diagonal = gram.diagonal()
    squares = diagonal.tolist()
    if squares and not (
        min(squares) > 0.0 and max(squares) < np.inf and sum(squares) > 0.0
    ):  # no NaN among them
        return None
    scale = np.ldexp(1.0, np.frexp(diagonal)[1] >> 1)  # diagonal / scale^2 is in [1/2, 2)
    run = diagonal_run(gram)
    if run is not None:
        return _arrow_factor(gram, scale, run)
    scaled = gram / scale
    scaled /= scale[:, None]
    if not scaled.flags.f_contiguous:
        scaled = scaled.T  # LAPACK's order without a copy: it is symmetric
    size = _one_norm(scaled)
    root, failed = lapack.dpotrf(scaled, overwrite_a=1)
    if failed or not _is_safe(root, len(root)):
        return None
    return InformationFactor(root, scale, _condition(root, size))


def _arrow_factor(gram: Array, scale: Array, run: slice) -> InformationFactor | None:
    """Return the factor of a matrix whose columns `run` are diagonal among themselves; None if it has none."""
    arrow = arrow_of(gram, scale, run)
    if arrow is None or not _is_safe(arrow.root, len(gram)):
        return None
    return ArrowFactor(arrow.root, scale, arrow.condition(), arrow)


def _is_safe(root: Array, p: int) -> bool:
    """Return whether the pivots of a triangle of p columns are clear of rounding."""
    least = min(root.diagonal().tolist(), default=1.0)
    return bool(least**2 > _SAFE_PIVOT * p * _EPSILON)


def qr_factor(rows: Array) -> InformationFactor:
    """Return the factor of ``rows' rows`` by QR, without forming that product.

    Parameters
    ----------
    rows : (n, p) array
        ``sqrt(w) * X``, of full column rank (see `glmkit.numerics.rank`).

    Returns
    -------
    InformationFactor

    Notes
    -----
    Householder, O(2 n p^2), block of rows by block of rows: no copy of `rows` is made.

    Examples
    --------
    >>> import numpy as np
    >>> factor = qr_factor(np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]]))
    >>> bool(1e9 < factor.condition < 1e10)
    True
    """
    scale = power_of_two(column_norms(rows))
    root = triangular_root(rows, scale)
    return factor_of_root(root, scale)


def qr_factor_of_blocks(blocks: Iterable[Array], scale: Array) -> InformationFactor:
    """Return the factor of ``rows' rows`` by QR of rows that come in blocks, (m, p) each, over `scale`, (p,).

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.vander(np.arange(1.0, 9.0), 3)
    >>> bool(np.allclose(qr_factor_of_blocks([rows[:5], rows[5:]], np.ones(3)).inverse() @ rows.T @ rows, np.eye(3)))
    True
    """
    root = np.empty((0, len(scale)))
    for block in blocks:
        root = _triangle(_stack(root, block / scale, None, 0))
    return factor_of_root(root, scale)


def factor_of_root(root: Array, scale: Array) -> InformationFactor:
    """Return the factor whose root is given up to the signs of its rows."""
    signed = np.asfortranarray(root * np.where(root.diagonal() < 0.0, -1.0, 1.0)[:, None])
    return InformationFactor(signed, scale, _condition(signed, _one_norm(signed.T @ signed)))


def triangular_root(rows: Array, scale: Array, rhs: Array | None = None) -> Array:
    """Return R of the QR factorisation of ``[rows / scale, rhs]``.

    Parameters
    ----------
    rows : (n, p) array
    scale : (p,) array
    rhs : (n,) array, optional

    Returns
    -------
    (min(n, q), q) array
        Upper triangular (trapezoidal when n < q), with q = p, or p + 1 given `rhs`;
        rows are determined up to sign.

    Notes
    -----
    Sequential tall-skinny QR (Demmel and others 2012): the triangle so far is stacked on
    the next block of rows and factored again. As stable as one QR of the whole.
    """
    n, p = rows.shape
    width = p if rhs is None else p + 1
    step = max(3 * width, _BLOCK_ENTRIES // max(width, 1))
    root = np.empty((0, width))
    for first in range(0, n, step):
        stacked = _stack(root, rows[first : first + step] / scale, rhs, first)
        root = _triangle(stacked)
    return root


def _stack(root: Array, block: Array, rhs: Array | None, first: int) -> Array:
    """Put a block of rows, in Fortran order for LAPACK, under the triangle so far."""
    k, (m, p) = len(root), block.shape
    stacked = np.empty((k + m, root.shape[1]), order="F")
    stacked[:k] = root
    stacked[k:, :p] = block
    if rhs is not None:
        stacked[k:, p] = rhs[first : first + m]
    return stacked


def _triangle(stacked: Array) -> Array:
    """Return R of one Householder QR; the argument is overwritten."""
    m, width = stacked.shape
    packed = lapack.dgeqrf(stacked, lwork=64 * max(width, 1), overwrite_a=1)[0]
    return np.triu(packed[: min(m, width)])


def _one_norm(matrix: Array) -> float:
    """Return the largest column sum of absolute values."""
    return float(lapack.dlange("1", matrix)) if len(matrix) else 0.0  # type: ignore[call-arg]  # stub without them


def _condition(root: Array, size: float) -> float:
    """Return an estimate of the condition number of a triangle R, given the 1-norm of ``R'R``; O(p^2)."""
    if not len(root):
        return 1.0
    reciprocal = float(lapack.dpocon(root, size)[0])
    return float(reciprocal**-0.5) if reciprocal > 0.0 else np.inf
