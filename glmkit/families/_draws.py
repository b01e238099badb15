"""Random draws that NumPy refuses at the edge of what its integers hold."""

from __future__ import annotations

from typing import Final

import numpy as np

from glmkit._typing import Array

__all__ = ["beta_draws", "binomial_draws", "poisson_draws"]

_LARGE: Final = 1e15
"""Counts from which on a normal draw, rounded, is the exact one to every digit of its spread."""


def poisson_draws(mean: Array, rng: np.random.Generator) -> Array:
    """Return one count for each mean, as float64; nan where the mean is none.

    Examples
    --------
    >>> import numpy as np
    >>> poisson_draws(np.array([0.0, 1e20]), np.random.default_rng(1)).round(-11)
    array([0.e+00, 1.e+20])
    """
    small, large = (mean >= 0.0) & (mean <= _LARGE), mean > _LARGE
    if np.all(small):
        return rng.poisson(mean).astype(np.float64)
    counts = np.where(small, rng.poisson(np.where(small, mean, 0.0)), np.nan)
    counts[large] = _normal_draws(mean[large], np.sqrt(mean[large]), rng)
    return counts


def binomial_draws(size: Array, chance: Array, rng: np.random.Generator) -> Array:
    """Return the successes in `size` trials each, as float64; nan where the chance is none.

    Examples
    --------
    >>> import numpy as np
    >>> binomial_draws(np.array([4.0, 1e20]), np.array([1.0, 0.5]), np.random.default_rng(1)).round(-12)
    array([0.e+00, 5.e+19])
    """
    known, large = (chance >= 0.0) & (chance <= 1.0), size > _LARGE
    p = np.where(known, chance, 0.0)
    counts = rng.binomial(np.where(large, 0.0, size).astype(np.int64), p).astype(np.float64)
    mean = (size * p)[large]
    counts[large] = np.clip(_normal_draws(mean, np.sqrt(mean * (1.0 - p[large])), rng), 0.0, size[large])
    return np.where(known, counts, np.nan)


def beta_draws(p: Array, q: Array, mean: Array, rng: np.random.Generator) -> Array:
    """Return one draw for each pair of shapes, (n,); of what is left of their law where these are out of range.

    Large ones leave the mean, small ones 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> beta_draws(np.array([0.0, np.inf]), np.array([2.0, np.inf]), np.array([0.0, 0.3]), np.random.default_rng(1))
    array([0. , 0.3])
    """
    inner = (p > 0.0) & (q > 0.0) & (p < 1e100) & (q < 1e100)
    drawn = rng.beta(np.where(inner, p, 1.0), np.where(inner, q, 1.0))
    if np.all(inner):
        return drawn
    left = np.where(p + q < 1.0, rng.random(len(mean)) < mean, mean)
    return np.where(inner, drawn, left)


def _normal_draws(mean: Array, spread: Array, rng: np.random.Generator) -> Array:
    return np.rint(mean + spread * rng.standard_normal(len(mean)))
