"""Vectors of one number a row that are made only where they have to be."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array

__all__ = ["all_positive", "is_ones", "is_repeated", "own", "repeated"]


def repeated(value: float, n: int) -> Array:
    """Return n times the same number without writing it: no memory, and not to be written to.

    Examples
    --------
    >>> repeated(1.0, 3), repeated(1.0, 3).strides
    (array([1., 1., 1.]), (0,))
    """
    one = np.array(value, np.float64)
    one.flags.writeable = False
    return np.ndarray((n,), np.float64, one, strides=(0,))


def is_repeated(values: Array) -> bool:
    """Return whether a vector is known to hold one number only, as `repeated` makes it."""
    return values.ndim == 1 and values.strides == (0,)


def is_ones(values: Array) -> bool:
    """Return whether a vector is known to hold 1 in every row.

    Examples
    --------
    >>> import numpy as np
    >>> is_ones(repeated(1.0, 3)), is_ones(np.ones(3))
    (True, False)
    """
    return values.strides == (0,) and len(values) > 0 and values.item(0) == 1.0


def all_positive(values: Array) -> bool:
    """Return whether every number is above 0."""
    return bool(values[0] > 0.0) if is_repeated(values) and len(values) else bool((values > 0.0).all())


def own(values: Array) -> Array:
    """Return the values, copied where somebody could write into them.

    Nobody can into the columns of a data frame that copies on write.

    Examples
    --------
    >>> import numpy as np
    >>> given = np.arange(3.0)
    >>> own(given) is given, own(own(given)) is given
    (False, False)
    >>> given.flags.writeable = False
    >>> own(given) is given
    True
    """
    return values.copy() if values.flags.writeable else np.ascontiguousarray(values)
