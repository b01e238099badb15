"""Quantiles by bisection, for distributions whose inverse has no safe closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glmkit._typing import Array

__all__ = ["count_quantile", "positive_quantile"]

_HALVINGS = 80
"""Bisections of a bracket in log y: from a width of 2^20 down to one unit in the last place."""


def count_quantile(cdf: Callable[[Array], Array], p: Array, guess: Array, largest: Array) -> Array:
    """Return the smallest whole k >= 0 with cdf(k) >= p, (n,); NaN unless 0 <= p <= 1.

    ``largest`` is the end of the support (may be infinite), ``guess`` any scale of it.
    """
    p, guess, largest = np.broadcast_arrays(p, guess, largest)
    valid = (p >= 0.0) & (p <= 1.0) & np.isfinite(guess)
    endless = valid & (p == 1.0)
    high = np.minimum(np.where(valid & ~endless, np.ceil(2.0 * guess + 10.0), 0.0), largest)
    low = np.full(high.shape, -1.0)
    short = valid & ~endless & (cdf(high) < p) & (high < largest)
    while short.any():
        low = np.where(short, high, low)
        high = np.where(short, np.minimum(2.0 * high, largest), high)
        short = short & (cdf(high) < p) & (high < largest)
    while (high - low > 1.0).any():
        middle = np.floor(0.5 * (low + high))
        middle = np.where(high - low > 1.0, middle, high)
        enough = cdf(middle) >= p
        if ((middle == low) | (middle == high))[high - low > 1.0].any():
            break  # beyond 2^53 neighbouring doubles are more than 1 apart
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(valid, np.where(endless, largest, high), np.nan)


def positive_quantile(cdf: Callable[[Array], Array], p: Array, guess: Array) -> Array:
    """Return y > 0 with cdf(y) = p, (n,), for a continuous cdf; NaN unless 0 <= p <= 1."""
    p, guess = np.broadcast_arrays(p, guess)
    valid = (p >= 0.0) & (p <= 1.0)
    low, high, width = np.log(guess), np.log(guess), 1.0
    with np.errstate(over="ignore", under="ignore"):  # the bracket may reach 0 or inf
        while width < 2048.0:
            low = np.where(cdf(np.exp(low)) > p, low - width, low)
            high = np.where(cdf(np.exp(high)) < p, high + width, high)
            width *= 2.0
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            above = cdf(np.exp(middle)) >= p
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        inner = np.exp(high)
    return np.where(valid, np.where(p == 0.0, 0.0, np.where(p == 1.0, np.inf, inner)), np.nan)
