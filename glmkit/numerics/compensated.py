"""Sums and products in double-double arithmetic, for whole arrays.

A *pair* (high, low) of doubles stands for the unevaluated sum high + low, with
``|low| <= ulp(high) / 2``: about 106 bits. Only ordinary double arithmetic is used; long
double does not exist everywhere (on arm64 macOS it is double).

Products of matrix and vector are formed block of rows by block of rows, so temporaries
are a few hundred kilobytes whatever the size of the matrix. The error of a sum of n
products is about ``eps + n eps^2 cond`` instead of ``n eps cond``.

References
----------
Dekker, T. J. (1971). A floating-point technique for extending the available precision.
Numer. Math. 18, 224-242.
Knuth, D. E. (1998). The Art of Computer Programming, vol. 2, section 4.2.2, theorem B.
Ogita, T., Rump, S. M. and Oishi, S. (2005). Accurate sum and dot product. SIAM J. Sci.
Comput. 26, 1955-1988.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.numerics.rowwise import row_blocks

_BLOCK_ENTRIES = 1 << 14  # entries of a block: 128 kB for each of its few temporaries
_KEPT_BITS = np.int64(-(1 << 27))  # clears the last 27 of the 53 bits of a significand
_ROUND = np.int64(1 << 26)  # half of the last bit kept
_SUMMED_ROWS = 1 << 16  # rows whose sums are exact
_TINY = 1e-280  # below: the unit of such sums has no inverse


class Pair(NamedTuple):
    """An array of double-double numbers, ``high + low``."""

    high: Array
    low: Array

    def rounded(self) -> Array:
        """Return the nearest doubles."""
        return self.high + self.low


def two_sum(a: Array, b: Array | float) -> Pair:
    """Return ``a + b`` without error (Knuth's TwoSum)."""
    total = a + b
    part = total - a
    error = b - part
    np.subtract(total, part, out=part)
    np.subtract(a, part, out=part)
    error += part
    return Pair(total, error)


def two_product(a: Array, b: Array) -> Pair:
    """Return ``a * b`` without error (Dekker's TwoProduct); b broadcasts against a.

    Exact unless the product overflows or its error underflows (products under 1e-290).
    """
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    error = a_high * b_high
    error -= product
    error += a_low * b_high
    a_high *= b_low
    error += a_high
    a_low *= b_low
    error += a_low
    return Pair(product, error)


def _halves(x: Array) -> tuple[Array, Array]:
    """Split each number into two of at most 26 bits.

    Rounding the bit pattern takes the place of Veltkamp's multiplication by 2^27 + 1,
    which overflows above 1e300 and costs one operation more.
    """
    bits = np.ascontiguousarray(x).view(np.int64) + _ROUND
    bits &= _KEPT_BITS
    high = bits.view(np.float64)
    return high, x - high


def add_to_pair(pair: Pair, addend: Array | float) -> Pair:
    """Return ``pair + addend`` as a normalised pair."""
    total, error = two_sum(pair.high, addend)
    return two_sum(total, error + pair.low)


def fold(terms: Pair) -> Pair:
    """Return the sum of double-double numbers over their first axis, as a pair.

    Parameters
    ----------
    terms : Pair of (m, ...) arrays

    Returns
    -------
    Pair of (...) arrays, zeros when m is 0
    """
    high, low = terms
    if not len(high):
        return Pair(np.zeros(high.shape[1:]), np.zeros(high.shape[1:]))
    while len(high) > 1:
        half, odd = divmod(len(high), 2)
        total, error = two_sum(high[:half], high[half : 2 * half])
        error += low[:half]
        error += low[half : 2 * half]
        if odd:
            total[:1], last = two_sum(total[:1], high[-1:])
            error[:1] += last
            error[:1] += low[-1:]
        high, low = total, error
    total, error = two_sum(high, low)
    return Pair(total[0], error[0])


def compensated_sum(values: Array) -> Array:
    """Return the sum over the first axis, accumulated in double-double.

    Parameters
    ----------
    values : (n,) or (n, k) array

    Returns
    -------
    () or (k,) array

    Examples
    --------
    >>> import numpy as np
    >>> float(compensated_sum(np.array([1e16, 1.0, -1e16])))
    1.0
    """
    step = max(1, _BLOCK_ENTRIES // max(1, int(np.prod(values.shape[1:]))))
    parts = [
        fold(Pair(block, np.zeros_like(block)))
        for block in (values[first : first + step] for first in range(0, len(values), step))
    ]
    return _total(parts, values.shape[1:]).rounded()


def compensated_tdot(X: Array, v: Array) -> Array:
    """Return ``X'v``, accumulated in double-double and rounded once.

    Parameters
    ----------
    X : (n, p) array
    v : (n,) array

    Returns
    -------
    (p,) array

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1e8 + 1], [1e8], [1.0]])
    >>> float(compensated_tdot(X, np.array([1e8 - 1, -1e8, 1.0]))[0])
    0.0
    """
    return pair_tdot(X, Pair(v, np.zeros_like(v))).rounded()


def compensated_residual(X: Array, beta: Array, y: Array) -> Array:
    """Return ``y - X beta``, accumulated in double-double and rounded once.

    Parameters
    ----------
    X : (n, p) array
    beta : (p,) array
    y : (n,) array

    Returns
    -------
    (n,) array

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.array([[0.1, 0.2]]), np.array([0.3])
    >>> float(y[0] - (X @ np.ones(2))[0]), float(compensated_residual(X, np.ones(2), y)[0])
    (-5.551115123125783e-17, -2.7755575615628914e-17)
    """
    return pair_residual(X, Pair(beta, np.zeros_like(beta)), y).rounded()


def pair_tdot(X: Array, v: Pair) -> Pair:
    """Return ``X'v`` as a pair, for a vector given as a pair."""
    n, p = X.shape
    step = max(1, min(n, _BLOCK_ENTRIES // max(1, p)))
    total = Pair(np.zeros((step, p)), np.zeros((step, p)))
    for first in range(0, n, step):
        block = np.ascontiguousarray(X[first : first + step])
        m = len(block)  # the last block may be shorter
        product, error = two_product(block, v.high[first : first + m, None])
        total.high[:m], carried = two_sum(total.high[:m], product)
        total.low[:m] += error
        total.low[:m] += carried
        total.low[0] += v.low[first : first + m] @ block
    return fold(total)


def pair_residual(X: Array, beta: Pair, y: Array) -> Pair:
    """Return ``y - X beta`` as a pair, for coefficients given as a pair."""
    n, p = X.shape
    step = max(1, _BLOCK_ENTRIES // max(1, p))
    residual = Pair(np.empty(n), np.empty(n))
    for first in range(0, n, step):
        rows = slice(first, first + step)
        columns = np.ascontiguousarray(X[rows].T)
        fitted = fold(two_product(columns, beta.high[:, None]))
        high, low = two_sum(y[rows], -fitted.high)
        low -= fitted.low
        low -= beta.low @ columns
        residual.high[rows], residual.low[rows] = two_sum(high, low)
    return residual


def _total(parts: list[Pair], shape: tuple[int, ...]) -> Pair:
    """Add up the pairs of the blocks, in their order."""
    if not parts:
        return Pair(np.zeros(shape), np.zeros(shape))
    return fold(Pair(np.stack([part.high for part in parts]), np.stack([part.low for part in parts])))


def sums_by_code(codes: IntArray, values: Callable[[slice], Array], levels: int) -> Array:
    """Return the sums of values(rows) by code, (levels,): exact but for the last rounding, O(n).

    Rows go by blocks: nothing of their number is made. High parts of a block are summed without
    error, what is left beside them. The high part of every value is a multiple of one unit, so large
    that sums of the block's are whole multiples below 2^53 units (Demmel & Hida 2004, the idea of one
    extraction).

    Examples
    --------
    >>> import numpy as np
    >>> sums_by_code(np.array([0, 1, 0]), np.array([1.0, 2.0, 3.0]).__getitem__, 2)
    array([4., 2.])
    """
    high, low = np.zeros(levels), np.zeros(levels)
    for rows in row_blocks(len(codes), max(_SUMMED_ROWS, 2 * levels)):
        given = values(rows)
        top = _top(given)
        sums = np.asarray(np.bincount(codes[rows], weights=top, minlength=levels), np.float64)
        high, lost = two_sum(high, sums)
        low += lost
        rest = given - top
        if np.any(rest):
            low += np.bincount(codes[rows], weights=rest, minlength=levels)
    return np.asarray(high + low, np.float64)


def _top(values: Array) -> Array:
    """Return the values in multiples of one unit so large that no sum of them is rounded."""
    size = max(float(np.max(values, initial=0.0)), -float(np.min(values, initial=0.0)))
    if not _TINY < size < np.inf:
        return values
    unit = 2.0 ** (math.ceil(math.log2(size)) + math.ceil(math.log2(max(len(values), 2))) - 52)
    top: Array = np.multiply(values, 1.0 / unit)
    np.rint(top, out=top)
    np.multiply(top, unit, out=top)
    return top
