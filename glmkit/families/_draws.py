"""Random draws that NumPy refuses at the edge of what its integers hold."""

from __future__ import annotations

from typing import Final

import numpy as np

from glmkit._typing import Array

__all__ = ["poisson_draws"]

_LARGE: Final = 1e15
"""Means from which on a normal draw, rounded, is a Poisson one to every digit of its spread."""


def poisson_draws(mean: Array, rng: np.random.Generator) -> Array:
    """Return one count for each mean, as float64.

    Examples
    --------
    >>> import numpy as np
    >>> poisson_draws(np.array([0.0, 1e20]), np.random.default_rng(1)).round(-11)
    array([0.e+00, 1.e+20])
    """
    large = mean > _LARGE
    if not np.any(large):
        return rng.poisson(mean).astype(np.float64)
    counts = rng.poisson(np.where(large, 0.0, mean)).astype(np.float64)
    counts[large] = np.rint(mean[large] + np.sqrt(mean[large]) * rng.standard_normal(np.count_nonzero(large)))
    return counts
