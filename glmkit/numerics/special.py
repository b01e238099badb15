"""Elementary functions in the form that is right in the tail.

Each is within a few units in the last place of the true value over the whole range of
doubles, unless its docstring says otherwise; the tests hold them to that with mpmath.

Symbols: phi, Phi are the density and the distribution function of the standard normal.

References
----------
Loader, C. (2000). Fast and accurate computation of binomial probabilities. Bell Labs.
Maechler, M. (2012). Accurately computing log(1 - exp(-|a|)). Vignette of the R package
Rmpfr.
Cody, W. J. (1969). Rational Chebyshev approximations for the error function. Math. Comp.
23, 631-637.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from glmkit._typing import Array, BoolArray

_LOG_2 = math.log(2.0)
_ROOT_HALF = math.sqrt(0.5)
_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)
_ROOT_TWO_OVER_PI = math.sqrt(2.0 / math.pi)
_GRID = 2.0**16  # |x| < 40 rounded to this grid has 22 bits: its square is exact
_NEAR = 0.25  # |y - mu| < (y + mu) / 4: log1p would lose digits to cancellation
_CLOSE = 0.1  # a log odds under this is computed from the difference

# sum w^j / (2 j + 3) = (atanh(v) - v) / v^3, w = v^2, as a polynomial of degree 9 on
# [0, 1/16], equal-ripple by the Remez exchange: largest error 1.1e-19.
_ATANH_EXCESS = (
    0.06376785352502805,
    0.05036728550743751,
    0.05899449571380944,
    0.06665895156771022,
    0.07692329119112426,
    0.09090908729844124,
    0.11111111114598056,
    0.14285714285697212,
    0.20000000000000032,
    0.3333333333333333,
)


def log1mexp(x: Array) -> Array:
    """Return ``log(1 - exp(x))`` for x <= 0.

    Examples
    --------
    >>> import numpy as np
    >>> log1mexp(np.array([-1e-20, -1.0, -50.0, 0.0]))
    array([-4.60517019e+01, -4.58675145e-01, -1.92874985e-22, -inf])
    """
    x = np.asarray(x, dtype=np.float64)
    with np.errstate(divide="ignore", under="ignore"):  # log(1 - exp(0)) is -inf
        near = np.log(-np.expm1(np.maximum(x, -1.0)))
        return np.where(x > -_LOG_2, near, np.log1p(-np.exp(x)))


def log1pexp(x: Array) -> Array:
    """Return ``log(1 + exp(x))``.

    Examples
    --------
    >>> import numpy as np
    >>> log1pexp(np.array([-800.0, -40.0, 0.0, 800.0]))
    array([0.00000000e+00, 4.24835426e-18, 6.93147181e-01, 8.00000000e+02])
    """
    total: Array = np.logaddexp(0.0, x)
    return total


def log_odds(mu: Array, comu: Array) -> Array:
    """Return ``log(mu / comu)`` where ``comu`` is ``1 - mu``, known to its own full precision.

    Examples
    --------
    >>> import numpy as np
    >>> log_odds(np.array([1e-300, 0.5, 1.0]), np.array([1.0, 0.5, 1e-300]))
    array([-690.7755279,    0.       ,  690.7755279])
    """
    with np.errstate(divide="ignore"):  # the ends are -inf and inf
        far = np.log(mu) - np.log(comu)
    difference = mu - comu  # exact near 1/2
    near = 2.0 * np.arctanh(np.clip(difference, -_CLOSE, _CLOSE))  # mu + comu == 1
    return np.where(np.abs(difference) < _CLOSE, near, far)


def normal_density(x: Array) -> Array:
    """Return phi(x), without the error ``x^2 eps / 2`` of the plain formula in the tail.

    Examples
    --------
    >>> import numpy as np
    >>> normal_density(np.array([0.0, -38.0]))
    array([3.98942280e-001, 1.09722105e-314])
    """
    bounded = np.clip(x, -40.0, 40.0)  # exp underflows to 0 beyond 38.6
    high = np.rint(bounded * _GRID) / _GRID
    low = bounded - high
    with np.errstate(under="ignore"):
        density: Array = np.exp(-0.5 * high * high) * np.exp(-0.5 * low * (bounded + high))
        density /= _ROOT_TWO_PI
    return density


def normal_cdf(x: Array) -> Array:
    """Return Phi(x), with full relative precision in the lower tail.

    Examples
    --------
    >>> import numpy as np
    >>> normal_cdf(np.array([-37.0, 0.0, 9.0]))
    array([5.72557122e-300, 5.00000000e-001, 1.00000000e+000])
    """
    x = np.asarray(x, dtype=np.float64)
    lower = np.minimum(x, 0.0)
    with np.errstate(under="ignore"):
        # Cody (1969): Phi(x) = exp(-x^2/2) erfcx(-x / sqrt(2)) / 2
        tail = normal_density(lower) * (erfcx(-lower * _ROOT_HALF) / _ROOT_TWO_OVER_PI)
    return np.where(x < -1.0, tail, ndtr(x))


def log_normal_cdf(x: Array) -> Array:
    """Return ``log Phi(x)``.

    Examples
    --------
    >>> import numpy as np
    >>> log_normal_cdf(np.array([-1e10, 0.0, 9.0]))
    array([-5.00000000e+19, -6.93147181e-01, -1.12858841e-19])
    """
    x = np.asarray(x, dtype=np.float64)
    with np.errstate(under="ignore"):
        upper = np.log1p(-normal_cdf(-np.abs(x)))
    return np.where(x < 0.0, log_ndtr(np.minimum(x, 0.0)), upper)


def inverse_mills(x: Array) -> Array:
    """Return ``phi(x) / Phi(x)``, the derivative of ``log Phi(x)``.

    Examples
    --------
    >>> import numpy as np
    >>> inverse_mills(np.array([-1e8, 0.0, 10.0]))
    array([1.00000000e+08, 7.97884561e-01, 7.69459863e-23])
    """
    x = np.asarray(x, dtype=np.float64)
    lower = _ROOT_TWO_OVER_PI / erfcx(-np.minimum(x, 0.0) * _ROOT_HALF)
    return np.where(x <= 0.0, lower, normal_density(x) / ndtr(np.maximum(x, 0.0)))


def relative_entropy(y: Array, mu: Array) -> Array:
    """Return ``y log(y / mu) - (y - mu)``, never negative, exact near ``y == mu``.

    Half the unit deviance of the Poisson family; the binomial's is twice the sum of this
    for (y, mu) and for (1 - y, 1 - mu).

    Parameters
    ----------
    y : (n,) array, >= 0
    mu : (n,) array, >= 0

    Returns
    -------
    (n,) array
        ``mu`` where y is 0; infinite where only mu is 0.

    Notes
    -----
    With ``v = (y - mu) / (y + mu)`` it is ``(y - mu) v + 2 y (atanh(v) - v)`` (Loader
    2000): for small v both terms are known to full relative precision.

    Examples
    --------
    >>> import numpy as np
    >>> relative_entropy(np.array([0.0, 2.0, 1.0 + 1e-9]), np.array([3.0, 1.0, 1.0]))
    array([3.00000000e+00, 3.86294361e-01, 5.00000083e-19])
    """
    y, mu = np.broadcast_arrays(np.asarray(y, dtype=np.float64), np.asarray(mu, dtype=np.float64))
    difference = y - mu
    near: BoolArray = np.abs(difference) < _NEAR * (y + mu)
    entropy = np.empty(y.shape)
    entropy[near] = _near_entropy(y[near], mu[near], difference[near])
    entropy[~near] = _far_entropy(y[~near], mu[~near], difference[~near])
    return entropy


def gamma_divergence(y: Array, mu: Array) -> Array:
    """Return ``-log(r) + r - 1`` for ``r = y / mu``, half the Gamma family's unit deviance.

    Parameters
    ----------
    y : (n,) array, >= 0
    mu : (n,) array, > 0

    Returns
    -------
    (n,) array
        Never negative; infinite where y is 0.

    Notes
    -----
    It is ``relative_entropy(mu, y) / mu``.

    Examples
    --------
    >>> import numpy as np
    >>> gamma_divergence(np.array([1.0, 2.0, 1.0 + 1e-9]), np.array([2.0, 2.0, 1.0]))
    array([1.93147181e-01, 0.00000000e+00, 5.00000082e-19])
    """
    return relative_entropy(mu, y) / mu


def _near_entropy(y: Array, mu: Array, difference: Array) -> Array:
    """Loader's form, for ``|y - mu| < (y + mu) / 4``."""
    v = difference / (y + mu)
    w = v * v
    excess = np.full_like(w, _ATANH_EXCESS[0])
    for coefficient in _ATANH_EXCESS[1:]:
        excess *= w
        excess += coefficient
    return v * (difference + 2.0 * y * w * excess)


def _far_entropy(y: Array, mu: Array, difference: Array) -> Array:
    """The formula as it stands, for y and mu well apart."""
    some = y > 0.0
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        log_ratio = np.log(np.divide(y, mu, out=np.ones_like(y), where=some))
        lost = ~np.isfinite(log_ratio)  # the ratio overflowed, or underflowed to 0, or mu is 0
        log_ratio[lost] = np.log(y[lost]) - np.log(mu[lost])
    product: Array = y * log_ratio - difference
    return product
