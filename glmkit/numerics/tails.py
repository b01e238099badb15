"""Logarithms of tail probabilities that are too small for a double.

scipy's incomplete gamma and beta functions are exact down to 1e-308 and 0 beyond it. There
the leading factor is taken by its logarithm, and what multiplies it is a series of positive
falling terms or a continued fraction (DLMF 8.11.4, 8.9.2 and 8.17.8).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray

__all__ = ["log_beta_lower", "log_gamma_lower", "log_gamma_upper"]

# Below this scipy's value may be subnormal, and has lost digits.
SMALL = 1e-290
# Terms of a series; the rest is summed as if it fell geometrically.
TERMS = 1000
# Steps of the continued fraction, which this far out needs some tens.
STEPS = 200


def log_gamma_lower(a: Array, x: Array) -> Array:
    """Return log P(a, x), (n,): the regularized lower incomplete gamma function.

    Examples
    --------
    >>> round(float(log_gamma_lower(np.array([1000.0]), np.array([1.0]))[0]), 4)
    -5913.1272
    """
    value = special.gammainc(a, x)
    log, far = _log_where_safe(value, x > 0)
    if np.any(far):
        a, x = a[far], x[far]
        lead = a * np.log(x) - x - special.gammaln(a + 1.0)
        log[far] = lead + np.log(_falling_series(lambda k: x / (a + k)))
    return log


def log_gamma_upper(a: Array, x: Array) -> Array:
    """Return log Q(a, x), (n,): the regularized upper incomplete gamma function."""
    value = np.asarray(special.gammaincc(a, x), dtype=np.float64)
    log, far = _log_where_safe(value, np.isfinite(x))
    if np.any(far):
        a, x = a[far], x[far]
        log[far] = a * np.log(x) - x - special.gammaln(a) + np.log(_upper_fraction(a, x))
    return log


def log_beta_lower(a: Array, b: Array, x: Array, complement: Array) -> Array:
    """Return log I_x(a, b), (n,), the regularized incomplete beta function; `complement` is 1 - x."""
    value = np.asarray(special.betainc(a, b, x), dtype=np.float64)
    log, far = _log_where_safe(value, (x > 0) & (complement > 0))
    if np.any(far):
        a, b, x, complement = a[far], b[far], x[far], complement[far]
        lead = a * np.log(x) + b * np.log(complement) - np.log(a) - special.betaln(a, b)
        log[far] = lead + np.log(_falling_series(lambda k: x * (a + b + k - 1.0) / (a + k)))
    return log


def _log_where_safe(value: Array, possible: BoolArray) -> tuple[Array, BoolArray]:
    """Return logarithms, and where a possible value has underflowed."""
    with np.errstate(divide="ignore"):  # log(0) = -inf, right where it is impossible
        log = np.log(value)
    return log, (value < SMALL) & possible


def _falling_series(ratio: Callable[[int], Array]) -> Array:
    """Return 1 + r_1 + r_1 r_2 + ..., for ratios r_k < 1 that change slowly."""
    term = ratio(1)
    total = 1.0 + term
    for k in range(2, TERMS):
        step = ratio(k)
        term = term * step
        total = total + term
        if np.all(term <= 1e-17 * total):
            return total
    last = ratio(TERMS)
    return total + term * last / (1.0 - last)


def _upper_fraction(a: Array, x: Array) -> Array:
    """Return Gamma(a, x) e^x x^-a for x beyond a, from the last step backwards."""
    value = x + 2.0 * STEPS + 1.0 - a
    for k in range(STEPS, 0, -1):
        value = x + 2.0 * k - 1.0 - a - k * (k - a) / value
    return 1.0 / value
