"""Linear least squares to full double precision.

QR gives a solution whose relative error is about ``eps * cond``, plus
``eps * cond^2 * |residual|`` when the fit is poor. Refinement removes both: with the
residual ``r = b - A x`` and the gradient ``g = A'r`` in double-double arithmetic, the step
``R^-1 R^-T g`` multiplies the error by about ``eps * cond`` each time when R comes from QR
(``eps * cond^2`` when it comes from a Cholesky factor), whatever the size of the residual.
x is carried as a pair of doubles, so that its own rounding does not stop the iteration.

This solves the same equations as Bjorck's refinement of the augmented system
``[I A; A' 0] [r; x] = [b; 0]``; because r is carried in full there is nothing left for its
first block to correct, and neither Q nor a second n-vector is needed.

References
----------
Bjorck, A. (1967). Iterative refinement of linear least squares solutions I. BIT 7,
257-278.
Bjorck, A. (1987). Stability analysis of the method of seminormal equations for linear
least squares problems. Linear Algebra Appl. 88/89, 31-48.
Demmel, J., Hida, Y., Li, X. S. and Riedy, E. J. (2009). Extra-precise iterative refinement
for overdetermined least squares problems. ACM Trans. Math. Softw. 35 (4), 28.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glmkit._typing import Array
from glmkit.numerics.compensated import Pair, add_to_pair, pair_residual, pair_tdot
from glmkit.numerics.factor import InformationFactor, factor_of_root, triangular_root
from glmkit.numerics.scaling import column_norms, power_of_two
from glmkit.numerics.triangle import solve_triangle

_MAX_STEPS = 20  # 1 or 2 do up to a condition of 1e8
_SETTLED = 2.0**-56  # an error this far under each coefficient cannot change its last bit
_NEGLIGIBLE = 2.0**-90  # or this far under the whole solution: for coefficients that are 0
_FAILED = 2.0**-20  # steps that stop shrinking while larger than this: no convergence
_CERTAIN = 2.0**-20  # a bound on the rate is believed only when it leaves this much room
_ROUNDING = 16.0 * float(np.finfo(np.float64).eps)  # of a factorisation, per column, with room


def weighted_least_squares(
    rows: Array, rhs: Array, *, refine: bool = True
) -> tuple[Array, InformationFactor]:
    """Return the minimiser of ``|rows b - rhs|`` with the factor of ``rows' rows``.

    Parameters
    ----------
    rows : (n, p) array
        ``sqrt(w) * X``, of full column rank (see `glmkit.numerics.rank`).
    rhs : (n,) array
        ``sqrt(w) * z``.
    refine : bool
        Whether to refine the solution with residuals in double-double arithmetic.

    Returns
    -------
    solution : (p,) array
    factor : InformationFactor

    Notes
    -----
    Householder QR of the equilibrated columns, O(2 n p^2); refinement costs about 50 n p
    operations a step, two or three steps.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.column_stack([np.ones(5), 1e8 + np.arange(5.0)])
    >>> weighted_least_squares(rows, rows @ [2.0, 1.0])[0]
    array([2., 1.])
    """
    scale = power_of_two(column_norms(rows))
    root = triangular_root(rows, scale, rhs)
    p = rows.shape[1]
    solution = solve_triangle(root[:p, :p], root[:p, p]) / scale
    factor = factor_of_root(root[:p, :p], scale)
    if refine:
        solution = refined(solution, _gradient(rows, rhs), factor, qr_rate(factor))
    return solution, factor


def refine_solution(rows: Array, rhs: Array, solution: Array, factor: InformationFactor) -> Array:
    """Return a least-squares solution improved to full double precision.

    Parameters
    ----------
    rows : (n, p) array
    rhs : (n,) array
    solution : (p,) array
        An approximate minimiser of ``|rows b - rhs|``; zeros will do.
    factor : InformationFactor
        A factor of (nearly) ``rows' rows``: from `qr_factor`, with a condition below
        about 1e14, or from `cholesky_factor`, below about 1e7.

    Returns
    -------
    (p,) array

    Examples
    --------
    >>> import numpy as np
    >>> from glmkit.numerics.factor import cholesky_factor
    >>> rows = np.vander(np.arange(1.0, 9.0), 3)
    >>> factor = cholesky_factor(rows.T @ rows)
    >>> refine_solution(rows, rows @ [3.0, 2.0, 1.0], np.zeros(3), factor)
    array([3., 2., 1.])
    """
    return refined(solution, _gradient(rows, rhs), factor, cautious_rate(factor))


def refined_inverse(rows: Array, factor: InformationFactor) -> Array:
    """Return ``(rows' rows)^-1`` to full double precision.

    Parameters
    ----------
    rows : (n, p) array
    factor : InformationFactor
        As for `refine_solution`.

    Returns
    -------
    (p, p) array, exactly symmetric

    Notes
    -----
    `InformationFactor.inverse` has a relative error of about ``eps * condition``. Here
    each column c of the inverse is refined on ``e - rows'(rows c)`` in double-double:
    as dear as p refined solutions.
    """
    start = factor.inverse()
    zeros = np.zeros(len(rows))
    units = np.eye(len(start))
    columns = [
        refined(column, _gradient(rows, zeros, unit), factor, cautious_rate(factor))
        for column, unit in zip(start, units, strict=True)
    ]
    inverse = np.array(columns).reshape(start.shape)
    return 0.5 * (inverse + inverse.T)


def _gradient(rows: Array, rhs: Array, shift: Array | float = 0.0) -> Callable[[Pair], Array]:
    """Return the function ``x -> rows'(rhs - rows x) + shift``, rounded once."""

    def gradient(x: Pair) -> Array:
        return add_to_pair(pair_tdot(rows, pair_residual(rows, x, rhs)), shift).rounded()

    return gradient


def qr_rate(factor: InformationFactor) -> float:
    """Return a bound on the fraction of the error that a step leaves with a factor from QR."""
    return _ROUNDING * len(factor.scale) * factor.condition


def cautious_rate(factor: InformationFactor) -> float:
    """Return a bound on the error a step leaves that holds for a Cholesky factor too."""
    return _ROUNDING * len(factor.scale) * factor.condition**2


def refined(start: Array, gradient: Callable[[Pair], Array], factor: InformationFactor, rate: float) -> Array:
    """Return a solution after steps ``A^-1 gradient`` until they no longer matter or no longer shrink.

    `rate` bounds the fraction of the error that a step leaves. Rows of very different
    size can make one step as large as the last and the next one small again, so shrinking
    is judged over two steps.
    """
    x = Pair(start, np.zeros_like(start))
    rate = rate if rate < _CERTAIN else 1.0
    sizes = [np.inf, np.inf]
    for _ in range(_MAX_STEPS):
        step = factor.solve(gradient(x))
        sizes.append(_largest(step * factor.scale))
        x = add_to_pair(x, step)
        whole = np.abs(x.high) * factor.scale
        if _settled(rate * sizes[-1], whole):
            return _without_noise(x.rounded(), factor)
        if not sizes[-1] <= 0.5 * sizes[-3]:
            break
    return _without_noise(x.rounded(), factor) if sizes[-1] <= _FAILED * _largest(whole) else start


def _without_noise(solution: Array, factor: InformationFactor) -> Array:
    """Return the solution with exact zeros where a coefficient is noise beside the others."""
    sizes = np.abs(solution) * factor.scale
    return np.where(sizes <= _NEGLIGIBLE * _largest(sizes), 0.0, solution)


def _largest(vector: Array) -> float:
    """Return the largest absolute value; 0 of nothing."""
    return float(np.abs(vector).max(initial=0.0))


def _settled(error: float, coefficients: Array) -> bool:
    """Return whether an error is too small to show, in equilibrated coordinates."""
    if error <= _NEGLIGIBLE * _largest(coefficients):
        return True
    return bool(np.all(error <= _SETTLED * coefficients))
