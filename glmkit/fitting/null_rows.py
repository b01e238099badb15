"""The null model as a linear hypothesis on the coefficients of a fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glmkit._typing import Array, IntArray

__all__ = ["null_rows"]


def null_rows(kept: IntArray, dropped: IntArray, combinations: Array, constants: Sequence[Array]) -> Array:
    """Return L, (k, p), such that L beta = 0 leaves no more than a constant of each linear predictor.

    Parameters
    ----------
    kept, dropped : integer arrays
        Positions of the independent columns and of the others.
    combinations : (rank, dropped) array
        What each dropped coefficient does, in terms of the kept ones.
    constants : sequence of (p,) arrays
        Coefficients that make a linear predictor constant, for each that keeps its constant.

    Returns
    -------
    (k, p) array
        Estimable, k the rank less the number of constants.
    """
    rank, p = len(kept), len(kept) + len(dropped)
    rows = np.zeros((rank, p))
    rows[np.arange(rank), kept] = 1.0
    rows[:, dropped] = combinations
    out = np.zeros(rank, dtype=bool)
    for constant in constants:
        level = rows @ constant
        pivot = int(np.argmax(np.abs(level)))
        rows = rows - np.outer(level / level[pivot], rows[pivot])
        out[pivot] = True
    return rows[~out]
