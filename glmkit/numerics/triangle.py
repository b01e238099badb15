"""Solutions of triangular systems."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from glmkit._typing import Array

__all__ = ["solve_triangle"]


def solve_triangle(root: Array, v: Array, *, transposed: bool = False) -> Array:
    """Return ``R^-1 v``, or ``R'^-1 v``, for an upper triangle R that may be empty."""
    if not len(root):  # a model without columns; LAPACK rejects leading dimension 0
        return np.empty(v.shape)
    solution: Array = lapack.dtrtrs(root, v, trans=int(transposed))[0]
    return solution
