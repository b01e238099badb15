"""Column norms that cannot overflow, and scales that are powers of two.

Dividing by a power of two is exact, so an equilibrated matrix holds the very digits of
the original one. Any other scale would cost a rounding in every entry, which an
ill-conditioned column set multiplies by its condition number.
"""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array

_SQUARE_LOW = 1e-280  # below: a sum of squares may have lost digits to underflow
_SQUARE_HIGH = 1e300  # above: a sum of squares may be about to overflow


def power_of_two(size: Array) -> Array:
    """Return the largest power of two not above each size; 1 for a size of 0.

    Parameters
    ----------
    size : array, finite, >= 0

    Returns
    -------
    array of the same shape

    Examples
    --------
    >>> import numpy as np
    >>> power_of_two(np.array([0.0, 1.0, 3.0, 0.3]))
    array([1.  , 1.  , 2.  , 0.25])
    """
    fraction, exponent = np.frexp(size)
    scale: Array = np.ldexp(1.0, np.where(fraction == 0.0, 0, exponent - 1))
    return scale


def column_norms(rows: Array) -> Array:
    """Return the Euclidean norm of each column, right even where squares overflow.

    Parameters
    ----------
    rows : (n, p) array, finite

    Returns
    -------
    (p,) array

    Examples
    --------
    >>> import numpy as np
    >>> column_norms(np.array([[3.0, 3e200], [4.0, 4e200]]))
    array([5.e+000, 5.e+200])
    """
    with np.errstate(over="ignore", under="ignore"):  # looked at in the next lines
        squares: Array = np.einsum("ij,ij->j", rows, rows)
    if np.all((squares > _SQUARE_LOW) & (squares < _SQUARE_HIGH)):
        return np.sqrt(squares)
    return _scaled_norms(rows)


def _scaled_norms(rows: Array) -> Array:
    """Scale each column by its largest entry first."""
    peak = power_of_two(np.max(np.abs(rows), axis=0, initial=0.0))
    with np.errstate(under="ignore"):  # what underflows is below 1e-308 of the largest entry
        scaled = rows / peak
        squares: Array = np.einsum("ij,ij->j", scaled, scaled)
    return np.sqrt(squares) * peak
