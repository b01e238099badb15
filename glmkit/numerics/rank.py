"""Which columns are independent, decided from left to right.

A column is dropped when what the kept columns before it leave of it is shorter than a
small fraction of the column itself (R decides likewise; its glm uses the fraction 1e-11).
Columns far from collinear, nearly all there are, are vouched for by the Cholesky factor
of their Gram matrix. Only when that is in doubt are the columns reduced by QR to a
triangle, in which each is orthogonalised, twice, against those kept before it.

References
----------
Golub, G. H. and Van Loan, C. F. (2013). Matrix Computations, 4th ed., section 5.4.
Giraud, L., Langou, J., Rozloznik, M. and van den Eshof, J. (2005). Rounding error analysis
of the classical Gram-Schmidt orthogonalization process. Numer. Math. 101, 87-100.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import lapack

from glmkit._typing import Array, IntArray
from glmkit.numerics.factor import InformationFactor, cholesky_factor, triangular_root
from glmkit.numerics.scaling import column_norms, power_of_two
from glmkit.numerics.triangle import solve_triangle

TOLERANCE = 1e-11
"""The fraction of a column that has to be left of it, as in R's glm."""

_VOUCHED = 1e6  # largest condition, and 1 / smallest fraction left, that a Gram matrix can show
_NOISE = 8.0  # rounding errors, in units of p * eps, below which a coefficient is taken for 0
_EPSILON = float(np.finfo(np.float64).eps)


class Rank(NamedTuple):
    """The columns that are kept, those that are dropped, and how these are made of those.

    Attributes
    ----------
    kept : (r,) array of positions, increasing
    dropped : (p - r,) array of positions, increasing
    combinations : (r, p - r) array
        Column ``dropped[k]`` is ``X[:, kept] @ combinations[:, k]``, to within the
        tolerance. Coefficients that are nothing but rounding are exactly 0.
    """

    kept: IntArray
    dropped: IntArray
    combinations: Array


def independent_columns(rows: Array, *, norms: Array | None = None, tolerance: float = TOLERANCE) -> Rank:
    """Return which columns are independent of the kept ones before them.

    Parameters
    ----------
    rows : (n, p) array, finite
    norms : (p,) array, optional
        What the remainder of a column is compared with: norms of the columns before they
        were centred. By default the norms of the columns of `rows`.
    tolerance : float
        The fraction of its norm that must be left for a column to be kept.

    Returns
    -------
    Rank

    Notes
    -----
    O(n p^2): one Gram matrix when it can vouch for all columns, otherwise a QR and
    O(p^3) more.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(4.0)
    >>> rank = independent_columns(np.column_stack([np.ones(4), x, 2 * x - 1, x**2]))
    >>> rank.kept, rank.dropped
    (array([0, 1, 3]), array([2]))
    >>> rank.combinations.round(12)
    array([[-1.], [ 2.], [ 0.]])
    """
    n, p = rows.shape
    if p <= n and tolerance * _VOUCHED < 1.0 and vouched_by_gram(_gram(rows), norms):
        return Rank(np.arange(p), np.empty(0, dtype=np.intp), np.empty((p, 0)))
    own = column_norms(rows)
    scale = power_of_two(own)
    root = triangular_root(rows, scale)
    limits = tolerance * (own if norms is None else np.maximum(norms, own)) / scale
    return _decide(root, limits, scale)


def vouched_by_gram(gram: Array, norms: Array | None = None) -> bool:
    """Return whether a Gram matrix shows beyond doubt that its columns are independent.

    Parameters
    ----------
    gram : (p, p) array
        ``rows' rows``
    norms : (p,) array, optional
        As for `independent_columns`.

    Returns
    -------
    bool
        False means "in doubt", not "dependent".

    Notes
    -----
    Rounding errors in the Gram matrix are like a change of the squared fraction left of a
    column by p * eps times the squared size of the combination. They are harmless as long
    as the condition of the columns stays below 1e6: then at least 1e-6 is left of each.

    Examples
    --------
    >>> import numpy as np
    >>> vouched_by_gram(np.eye(3)), vouched_by_gram(np.ones((3, 3)))
    (True, False)
    """
    return vouching_factor(gram, norms) is not None


def vouching_factor(gram: Array, norms: Array | None = None) -> InformationFactor | None:
    """Return the factor of a Gram matrix that vouches for its columns (`vouched_by_gram`), None where it does not."""
    factor = cholesky_factor(gram)
    if factor is None or not factor.condition < _VOUCHED:
        return None
    if norms is None:
        return factor
    return factor if bool(np.all(factor.left() * _VOUCHED > norms)) else None


def _gram(rows: Array) -> Array:
    """Return the Gram matrix, with overflow left to show itself on the diagonal."""
    with np.errstate(all="ignore"):
        gram: Array = rows.T @ rows
    return gram


def _decide(root: Array, limits: Array, scale: Array) -> Rank:
    """Orthogonalise the columns of a triangle from left to right and drop the short ones."""
    m, p = root.shape
    basis = np.zeros((m, min(m, p)), order="F")
    weights = np.zeros((min(m, p), p))
    kept: list[int] = []
    dropped: list[int] = []
    for j in range(p):
        rest, weights[: len(kept), j] = _remainder(basis[:, : len(kept)], root[:, j])
        length = float(np.linalg.norm(rest))
        if length <= limits[j] or len(kept) == m:
            dropped.append(j)
            continue
        basis[:, len(kept)] = rest / length
        weights[len(kept), j] = length
        kept.append(j)
    weights = weights[: len(kept)]
    combinations = _combinations(weights[:, kept], weights[:, dropped], limits[dropped])
    combinations *= scale[dropped] / scale[kept][:, None]
    return Rank(np.array(kept, dtype=np.intp), np.array(dropped, dtype=np.intp), combinations)


def _remainder(basis: Array, column: Array) -> tuple[Array, Array]:
    """Return what an orthonormal basis leaves of a column, with the coefficients taken."""
    first = basis.T @ column
    rest = column - basis @ first
    second = basis.T @ rest  # once more: twice is enough
    return rest - basis @ second, first + second


def _combinations(triangle: Array, weights: Array, limits: Array) -> Array:
    """Solve for the coefficients on the kept columns, exactly 0 where they mean nothing.

    That is where the term is shorter than what may be left of a dropped column, or the
    coefficient within rounding errors of 0.
    """
    if not triangle.size or not weights.size:
        return np.zeros((len(triangle), weights.shape[1]))
    coefficients = solve_triangle(triangle, weights)
    norms = np.linalg.norm(triangle, axis=0)
    size = norms @ np.abs(coefficients) + np.linalg.norm(weights, axis=0)
    sensitivity = np.abs(lapack.dtrtri(triangle)[0]).sum(axis=1)
    noise = _NOISE * len(triangle) * _EPSILON * np.outer(sensitivity, size)
    floor = np.maximum(noise, limits / norms[:, None])
    coefficients[np.abs(coefficients) <= floor] = 0.0
    return coefficients
