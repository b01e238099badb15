"""The product that every robust covariance is."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError

__all__ = ["sandwich"]


def sandwich(bread: Array, meat: Array) -> Array:
    """Return bread meat bread, (p, p).

    Raises
    ------
    FitError
        It leaves the range of double precision.
    """
    with np.errstate(all="ignore"):
        covariance = bread @ meat @ bread
    if not np.all(np.isfinite(covariance)):
        raise FitError(
            "The robust covariance leaves the range of double precision: scores or standard errors of this fit are too "
            "large. Rescale columns, offsets or weights, or resolve what the notes of the fit say first."
        )
    return np.asarray(covariance)
