"""The two functions of (y, mu) that unit deviances are made of, and Stirling's error.

Both kernels vanish to second order at y = mu, where their defining formulas subtract
nearly equal numbers. There a series in v = (y - mu) / (y + mu) takes over, since
log(y / mu) = 2 atanh(v) (Loader 2000, "Fast and accurate computation of binomial
probabilities", section 3).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import lgamma
from typing import Final

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray

__all__ = [
    "by_count",
    "digamma_gap",
    "gamma_kernel",
    "log1p_gap",
    "log_choose_ratio",
    "relative_entropy",
    "rising_log",
    "stirling_error",
    "trigamma_gap",
]

_TINY: Final = float(np.finfo(np.float64).tiny)
_NEAR: Final = 0.2
"""|y - mu| / mu below which the series is used; beyond, the plain formula is good to 6e-15."""
_ATANH: Final = tuple(1.0 / (2 * k + 3) for k in range(9))
"""(atanh(v) - v) / v^3 = sum v^2k / (2k + 3); |v| < 1/9 leaves 1e-18 after nine terms."""


def relative_entropy(x: Array, m: Array, difference: Array | None = None) -> Array:
    """Return x log(x / m) - x + m >= 0, (n,), to full relative accuracy; m at x = 0.

    Give ``difference``, x - m, where it is known better than by subtraction. Two divisions
    and a logarithm a row, plus the series for the rows that need it: about 1.7 times the
    logarithm alone for counts around 5.
    """
    difference = x - m if difference is None else difference
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        # x > 0 = m gives inf. fmax: where x = 0, or x / m underflows, x log(x / m) is nothing.
        out = np.divide(x, m)
        np.fmax(out, _TINY, out=out)
        np.log(out, out=out)
        out *= x
        out -= difference
        near = np.abs(difference) < _NEAR * m
    return _patched(out, near, _near_entropy, (x, m, difference))


def _near_entropy(x: Array, m: Array, difference: Array) -> Array:
    # (x - m) v + 2 x (atanh(v) - v), as (difference + 2 x v^2 tail(v^2)) v
    v = difference / (x + m)
    square = v * v
    total = _atanh_tail(square)
    total *= square
    total *= x
    total *= 2.0
    total += difference
    total *= v
    return total


def gamma_kernel(y: Array, mu: Array) -> Array:
    """Return (y - mu) / mu - log(y / mu) >= 0, (n,), to full relative accuracy."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        ratio = np.divide(y, mu)  # inf or 0 beyond the range of doubles
        relative = y - mu
        relative /= mu
        near = np.abs(relative) < _NEAR
        lost = ratio < _TINY
        out = np.log(ratio, out=ratio)
        if lost.any():
            out[lost] = np.log(y[lost]) - np.log(mu[lost])
        np.subtract(relative, out, out=out)
    return _patched(out, near, _near_gamma, (relative,))


def log1p_gap(t: Array) -> Array:
    """Return t - log(1 + t) >= 0, (n,), to full relative accuracy, for t > -1."""
    with np.errstate(divide="ignore"):  # inf at t = -1
        out = t - np.log1p(t)
    return _patched(out, np.abs(t) < _NEAR, _near_gamma, (t,))


def _near_gamma(relative: Array) -> Array:
    # t - log(1 + t) = t v - 2 (atanh(v) - v), with v = t / (2 + t)
    v = relative / (2.0 + relative)
    square = v * v
    total = _atanh_tail(square)
    total *= square
    total *= -2.0
    total += relative
    total *= v
    return total


def _patched(
    out: Array, mask: BoolArray, formula: Callable[..., Array], arguments: tuple[Array, ...]
) -> Array:
    """Return ``out`` with ``formula`` where the mask says so: by rows if few, else for all."""
    rows = np.flatnonzero(mask)
    if 2 * rows.size > mask.size:
        with np.errstate(all="ignore"):  # rows outside the mask are thrown away
            np.copyto(out, formula(*arguments), where=mask)
    elif rows.size:
        out[rows] = formula(*(a.take(rows) for a in arguments))
    return out


def _atanh_tail(square: Array) -> Array:
    """Return (atanh(v) - v) / v^3 for v^2 < 1/81."""
    total = np.full_like(square, _ATANH[-1])
    for coefficient in _ATANH[-2::-1]:
        total *= square
        total += coefficient
    return total


# -- factorials ------------------------------------------------------------------------

_STIRLING: Final = (
    1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400,
)  # fmt: skip
"""B_2k / (2k (2k - 1)): Stirling's series (Abramowitz & Stegun 6.1.41)."""
_SERIES_FROM: Final = 15.0
"""From here eight terms of the series leave less than 1e-17."""


def stirling_error(x: Array) -> Array:
    """Return log Gamma(x + 1) - [x log x - x + log(2 pi x) / 2] for x > 0, (n,).

    Absolute error below 1e-15. With it the logarithm of a factorial is never formed, so
    that probabilities of counts near 1e15 keep their digits (Loader 2000).
    """
    large = np.maximum(x, _SERIES_FROM)
    square = 1.0 / large / large
    total = np.full_like(large, _STIRLING[-1])
    for coefficient in _STIRLING[-2::-1]:
        total *= square
        total += coefficient
    total /= large
    small = x < _SERIES_FROM
    if small.any():
        total[small] = _stirling_error_small(x[small])
    return total


def _stirling_error_small(x: Array) -> Array:
    whole = np.rint(x)
    table = _FACTORIAL_ERRORS[np.clip(whole, 0, _SERIES_FROM).astype(np.intp)]
    if np.array_equal(x, whole):
        return table
    direct = special.gammaln(x + 1.0) - special.xlogy(x, x) + x - 0.5 * np.log(2.0 * np.pi * x)
    return np.where(x == whole, table, direct)


def _factorial_errors() -> Array:
    """Return Stirling's error at 0 (unused), 1, ..., 15."""
    x = np.arange(1.0, _SERIES_FROM + 1.0)
    exact = np.array([lgamma(k + 1.0) for k in x])
    return np.concatenate([[0.0], exact - (x * np.log(x) - x + 0.5 * np.log(2.0 * np.pi * x))])


_KEPT_COUNTS: Final = 256

_FACTORIAL_ERRORS: Final = _factorial_errors()


def by_count(function: Callable[[Array], Array], count: Array) -> Array:
    """Return function(count), (n,), computed once for each whole number where that is fewer than rows.

    The function is one of a module: its values at small numbers are kept.
    """
    largest = float(count.max(initial=0.0))
    if not (largest < 0.25 * count.size and count.min(initial=0.0) >= 0.0):
        return function(count)
    small = largest < _KEPT_COUNTS
    values = _kept_values(function) if small else function(np.arange(largest + 1.0))
    return np.asarray(values.take(count.astype(np.intp)))


@cache
def _kept_values(function: Callable[[Array], Array]) -> Array:
    """Return the function at the first whole numbers, not to be written to."""
    values = np.asarray(function(np.arange(float(_KEPT_COUNTS))))
    values.flags.writeable = False
    return values


def log_choose_ratio(x: Array, n: Array) -> Array:
    """Return log[C(n, x) (x/n)^x (1 - x/n)^(n-x)], (n,): the binomial probability at its mode."""
    out = np.zeros_like(x)
    inner = (x > 0.0) & (x < n)
    if inner.any():
        x, n = x[inner], n[inner]
        rest = n - x
        errors = stirling_error(n) - stirling_error(x) - stirling_error(rest)
        out[inner] = errors + 0.5 * np.log(n / x / rest / (2.0 * np.pi))
    return out


# -- digamma and trigamma ----------------------------------------------------------------

_DIGAMMA: Final = (-691 / 32760, 1 / 132, -1 / 240, 1 / 252, -1 / 120)
"""log x - 1/(2x) - 1/(12x^2) - psi(x) in powers x^-4, x^-6, ... (Abramowitz & Stegun 6.3.18), last first."""
_TRIGAMMA: Final = (7 / 6, -691 / 2730, 5 / 66, -1 / 30, 1 / 42, -1 / 30, 1 / 6)
"""psi'(x) - 1/x - 1/(2x^2) in powers x^-3, x^-5, ... (Abramowitz & Stegun 6.4.12), last first."""


def rising_log(theta: Array, y: Array) -> Array:
    """Return log[Gamma(theta + y) / (Gamma(theta) theta^y)] >= 0 for y >= 0, (n,).

    About y (y - 1) / (2 theta) for large theta, where its terms cancel: Stirling's formula there.
    """
    large = np.maximum(theta, _SERIES_FROM)
    errors = stirling_error(large + y) - stirling_error(large)
    series = errors + ((large + y - 0.5) * np.log1p(y / large) - y)
    if np.min(theta, initial=np.inf) >= _SERIES_FROM:
        return np.asarray(series)
    direct = special.gammaln(y + theta) - special.gammaln(theta) - y * np.log(theta)
    return np.where(theta < _SERIES_FROM, direct, series)


def digamma_gap(theta: Array | float, y: Array) -> Array:
    """Return psi(theta + y) - psi(theta) - log(1 + y / theta) >= 0 for y >= 0, (n,).

    About y / (2 theta^2) for large theta, where its terms cancel: Stirling's series there.
    """
    return _from_series(_digamma_series, _digamma_direct, theta, y)


def trigamma_gap(theta: Array | float, y: Array) -> Array:
    """Return k(theta) - k(theta + y) >= 0 with k(x) = psi'(x) - 1 / x, for y >= 0, (n,)."""
    return _from_series(_trigamma_series, _trigamma_direct, theta, y)


Gap = Callable[[Array, Array], Array]


def _from_series(series: Gap, direct: Gap, theta: Array | float, y: Array) -> Array:
    """Return the series where theta is large enough for it, the direct formula elsewhere."""
    theta = np.asarray(theta, dtype=np.float64)
    small = theta < _SERIES_FROM
    if np.all(small):
        return direct(theta, y)
    if not np.any(small):
        return series(theta, y)
    return np.where(small, direct(theta, y), series(np.maximum(theta, _SERIES_FROM), y))


def _digamma_direct(theta: Array, y: Array) -> Array:
    return np.asarray(special.psi(theta + y) - special.psi(theta) - np.log1p(y / theta))


def _digamma_series(theta: Array, y: Array) -> Array:
    top = theta + y
    first = 0.5 * (y / top) / theta
    second = (y / top / theta) * ((theta / top + 1.0) / theta) / 12.0
    powers = _inverse_powers(theta, _DIGAMMA, 4) - _inverse_powers(top, _DIGAMMA, 4)
    return np.asarray(first + second + powers)


def _trigamma_direct(theta: Array, y: Array) -> Array:
    top = theta + y
    below = special.polygamma(1, theta) - 1.0 / theta
    return np.asarray(below - (special.polygamma(1, top) - 1.0 / top))


def _trigamma_series(theta: Array, y: Array) -> Array:
    top = theta + y
    first = 0.5 * (y / top / theta) * ((theta / top + 1.0) / theta)
    return np.asarray(first + _inverse_powers(theta, _TRIGAMMA, 3) - _inverse_powers(top, _TRIGAMMA, 3))


def _inverse_powers(x: Array | float, coefficients: tuple[float, ...], lowest: int) -> Array:
    """Return c_k x^-lowest + c_(k-1) x^-(lowest + 2) + ..., the coefficients last first."""
    inverse = 1.0 / np.asarray(x, dtype=np.float64)
    square = inverse * inverse
    total = np.full_like(square, coefficients[0])
    for coefficient in coefficients[1:]:
        total = total * square + coefficient
    return np.asarray(total * inverse**lowest)
