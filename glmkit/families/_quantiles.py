"""Quantiles by search, for distributions whose inverse has no safe closed form.

References
----------
Chandrupatla, T. R. (1997). A new hybrid quadratic/bisection algorithm for finding the zero of a
nonlinear function without using derivatives. Advances in Engineering Software 28, 145-149.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from glmkit._typing import Array

__all__ = ["count_quantile", "positive_quantile"]

_HALVINGS = 80
"""At most: of a bracket in log y from a width of 2^20 down to one unit in the last place."""
_WIDEST = 2048.0
"""Steps of log y: beyond 2^11 there are no doubles."""
_UNIT = 2.0**-51
_SURE = 40.0
"""Normal quantile of a probability that is 0 or 1."""


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
    """Return y > 0 with cdf(y) = p, (n,), for a continuous cdf; NaN unless 0 <= p <= 1.

    A bracket in log y, then inverse quadratic steps where they are safe, else halves (Chandrupatla
    1997), on the normal scale, where distribution functions are nearly straight.
    """
    p, guess = np.broadcast_arrays(p, guess)
    valid = (p >= 0.0) & (p <= 1.0)
    inner = valid & (p > 0.0) & (p < 1.0) & np.isfinite(guess) & (guess > 0.0)
    target = special.ndtri(np.where(inner, p, 0.5))

    def gap(x: Array) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # the bracket may reach 0 or inf
            found = np.clip(special.ndtri(cdf(np.exp(x))), -_SURE, _SURE)
        return np.where(inner, found - target, 0.0)

    start = np.log(np.where(inner, guess, 1.0))
    log_y = _crossing(gap, *_bracket(gap, start))
    with np.errstate(over="ignore", under="ignore"):  # beyond the range of doubles
        value = np.where(inner, np.exp(log_y), guess)
    return np.where(valid, np.where(p == 0.0, 0.0, np.where(p == 1.0, np.inf, value)), np.nan)


def _bracket(gap: Callable[[Array], Array], start: Array) -> tuple[Array, Array, Array, Array]:
    """Return two ends with gaps of different signs (or no gap), and the gaps."""
    end, last, width = start, gap(start), 1.0
    far, found = end, last
    while width < _WIDEST and np.any(open_ := (found * last > 0.0)):
        end, last = np.where(open_, far, end), np.where(open_, found, last)
        far = np.where(open_, end - np.sign(last) * width, far)
        found = gap(far)
        width *= 2.0
    return far, found, end, last


def _crossing(gap: Callable[[Array], Array], a: Array, f_a: Array, b: Array, f_b: Array) -> Array:
    """Return where the gap is zero between a and b."""
    c, f_c, t = a, f_a, np.full(a.shape, 0.5)
    for _ in range(_HALVINGS):
        least = _UNIT * np.maximum(1.0, np.abs(a))
        if np.all((np.abs(b - a) <= 2.0 * least) | (f_a == 0.0) | (f_a * f_b > 0.0)):
            break
        x = a + t * (b - a)
        f_x = gap(x)
        same = np.sign(f_x) == np.sign(f_a)
        c, f_c = np.where(same, a, b), np.where(same, f_a, f_b)
        b, f_b = np.where(same, b, a), np.where(same, f_b, f_a)
        a, f_a = x, f_x
        t = _share((a, f_a), (b, f_b), (c, f_c))
        with np.errstate(divide="ignore", invalid="ignore"):  # a bracket of no width is done
            edge = np.nan_to_num(least / np.abs(b - a), nan=0.5, posinf=0.5)
        t = np.clip(t, np.minimum(edge, 0.5), np.maximum(1.0 - edge, 0.5))
    return np.where(np.abs(f_a) <= np.abs(f_b), a, b)


def _share(one: tuple[Array, Array], two: tuple[Array, Array], three: tuple[Array, Array]) -> Array:
    """Return the share of the way from a to b at which the inverse parabola is zero; a half where it bends too much."""
    (a, f_a), (b, f_b), (c, f_c) = one, two, three
    with np.errstate(all="ignore"):  # equal gaps: the half is taken
        xi, phi = (a - b) / (c - b), (f_a - f_b) / (f_c - f_b)
        safe = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        t = f_a / (f_b - f_a) * f_c / (f_b - f_c)
        t += (c - a) / (b - a) * f_a / (f_c - f_a) * f_b / (f_c - f_b)
    return np.where(safe & np.isfinite(t), t, 0.5)
