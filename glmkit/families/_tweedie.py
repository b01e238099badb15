"""The Tweedie density at y = mu, for every power above 1 and every dispersion.

Between the powers 1 and 2 the response is a Poisson number of gamma amounts, and the
density is a sum over that number j (Dunn and Smyth 2005, section 3). At y = mu, in
deviance form and with Stirling's errors delta (Loader 2000), nothing in it cancels:

    y f = sqrt(a) / (2 pi) sum_j exp[-(1 + a) (j log(j / L) - j + L) - delta(j) - delta(j a)],
    a = (2 - p) / (p - 1),   L = y^(2 - p) / ((2 - p) phi).

The terms are a smooth function of j with a peak of width sqrt(L (p - 1)); where that is
wide, every k-th term times k is the same sum to far below rounding (Poisson summation), so
that no row needs more than about two hundred.

Above 2 the response is a tilted positive stable variable, and the density an integral
without oscillation (Zolotarev 1966; Nolan 1997):

    y f = (p - 2) Z / pi  integral_0^pi r(u) exp[-Z (r(u) - 1)] du,
    Z = y^(2 - p) / (phi (p - 1) (p - 2)),  r(u) = A(u) / A(0),
    A(u) = sin(b u)^(b / (1 - b)) sin((1 - b) u) / sin(u)^(1 / (1 - b)),  b = (p - 2) / (p - 1).

References
----------
Dunn, P. K. and Smyth, G. K. (2005). Series evaluation of Tweedie exponential dispersion
model densities. Statistics and Computing 15, 267-280.
Loader, C. (2000). Fast and accurate computation of binomial probabilities. Bell Labs.
Nolan, J. P. (1997). Numerical calculation of stable densities and distribution functions.
Stochastic Models 13, 759-774.
Zolotarev, V. M. (1966). On representation of stable laws by integrals. Selected
Translations in Mathematical Statistics and Probability 6, 84-88.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from glmkit._typing import Array
from glmkit.families._kernels import relative_entropy, stirling_error

__all__ = ["by_rows", "jump_numbers", "log_density_at_mean"]

_LOST: Final = 45.0
"""A term exp(-45) below the largest is nothing."""
_WIDE: Final = 8.0
"""Standard deviation of j from which terms are skipped: the sum's left end is nothing then."""
_PER_DEVIATION: Final = 2.0
"""Terms kept per standard deviation: the error is exp(-2 pi^2 4), 1e-34."""
_FEW: Final = 300.0
_PLAIN: Final = 1.2
"""Numbers of amounts, and powers, for which the plain form of a term loses 1e-12 at most."""
_FAR: Final = 1e-8
"""Z below which the tail is so long that it takes four times the nodes."""
_NODES: Final = 128
"""Of the integral: steps of a thirteenth of the peak's width, or a tenth of the tail's."""
_ENTRIES: Final = 1 << 20
"""Of the table of rows by terms that is held at once."""
_LOG_TWO_PI: Final = float(np.log(2.0 * np.pi))


def log_density_at_mean(y: Array, phi: Array, power: float) -> Array:
    """Return log f(y; mu = y, phi), (n,), for y > 0 and a power above 1."""
    if len(y) == 0:
        return np.empty(0)
    if power == 2.0:
        shape = 1.0 / phi
        return np.asarray(0.5 * (np.log(shape) - _LOG_TWO_PI) - stirling_error(shape) - np.log(y))
    if power == 3.0:
        return np.asarray(-0.5 * (np.log(phi) + _LOG_TWO_PI + 3.0 * np.log(y)))
    scale = np.exp((2.0 - power) * np.log(y)) / phi
    if power < 2.0:
        return by_rows(lambda s: _series(s / (2.0 - power), power), scale) - np.log(y)
    return by_rows(lambda s: _integral(s / ((power - 1.0) * (power - 2.0)), power), scale) - np.log(y)


def by_rows(function: Callable[..., Array], *arrays: Array, width: int = _NODES) -> Array:
    """Return a function of rows that builds a table of `width` columns, some rows at a time."""
    n, step = len(arrays[0]), max(_ENTRIES // width, 1)
    if n <= step:
        return function(*arrays)
    return np.concatenate([function(*(a[i : i + step] for a in arrays)) for i in range(0, n, step)])


def jump_numbers(low_rate: Array, high_rate: Array, share: float) -> tuple[Array, Array]:
    """Return the numbers j that matter, (n, k), and the step between them, (n, 1).

    Their peak lies between two rates, and has the variance rate * share there.
    """
    reach = _LOST * share
    below = np.sqrt(2.0 * reach * low_rate)
    above = reach / 3.0 + np.sqrt((reach / 3.0) ** 2 + 2.0 * reach * high_rate)
    first = np.maximum(np.floor(low_rate - below), 1.0)
    last = np.ceil(high_rate + above) + 1.0
    deviation = np.sqrt(low_rate * share)
    step = np.where(deviation >= _WIDE, np.floor(deviation / _PER_DEVIATION), 1.0)
    count = int(np.max((last - first) / step, initial=0.0)) + 2
    j = first[:, None] + step[:, None] * np.arange(float(count))
    return np.asarray(j), np.asarray(step[:, None])


def _series(rate: Array, power: float) -> Array:
    """Return log(y f), (n,), for 1 < p < 2; `rate` is L."""
    ratio = (2.0 - power) / (power - 1.0)
    j, step = jump_numbers(rate, rate, power - 1.0)
    loss = _few_losses(j, rate, power) if np.max(j) <= _FEW and power >= _PLAIN else _losses(j, rate, power)
    return np.asarray(0.5 * np.log(ratio) - _LOG_TWO_PI + _log_sum(np.log(step) - loss))


def _losses(j: Array, rate: Array, power: float) -> Array:
    """Return the exponents of the terms, (n, k), with their signs changed."""
    flat, ratio = j.ravel(), (2.0 - power) / (power - 1.0)
    loss = relative_entropy(flat, np.repeat(rate, j.shape[1])) / (power - 1.0)
    loss += stirling_error(flat) + stirling_error(flat * ratio)
    return np.asarray(loss.reshape(j.shape))


def _few_losses(j: Array, rate: Array, power: float) -> Array:
    """Return the same from a table of what depends on j alone: one multiplication a term."""
    number = np.arange(1.0, np.max(j) + 1.0)
    fixed = (number * np.log(number) - number) / (power - 1.0) + stirling_error(number)
    fixed += stirling_error(number * ((2.0 - power) / (power - 1.0)))
    slope = np.log(rate) / (power - 1.0)
    return np.asarray(fixed[j.astype(np.intp) - 1] - j * slope[:, None] + (rate / (power - 1.0))[:, None])


def _log_sum(table: Array) -> Array:
    top = np.max(table, axis=1)
    with np.errstate(under="ignore"):  # terms that are nothing
        return np.asarray(top + np.log(np.sum(np.exp(table - top[:, None]), axis=1)))


def _integral(scale: Array, power: float) -> Array:
    """Return log(y f), (n,), for p > 2; `scale` is Z. Trapezia in s with u = pi tanh s."""
    nodes = _NODES if np.min(scale, initial=1.0) > _FAR else 4 * _NODES
    end = _end_of_integral(scale, power)
    s = end[:, None] * (np.arange(nodes) / nodes)
    log_ratio = _log_ratio(s, power)
    with np.errstate(over="ignore", under="ignore"):  # exp(-inf) is the end of the integral
        table = log_ratio - scale[:, None] * np.expm1(log_ratio) - 2.0 * np.log(np.cosh(s))
    table[:, 0] -= np.log(2.0)  # half of an even function's middle
    return np.asarray(np.log((power - 2.0) * scale * end / nodes) + _log_sum(table))


def _end_of_integral(scale: Array, power: float) -> Array:
    """Return the s beyond which the integrand is nothing, (n,), by bisection."""
    low, high = np.zeros_like(scale), np.full_like(scale, 300.0)
    for _ in range(40):
        middle = 0.5 * (low + high)
        log_ratio = _log_ratio(middle, power)
        with np.errstate(over="ignore"):  # far beyond the end
            gone = scale * np.expm1(log_ratio) - log_ratio + 2.0 * middle
        low, high = np.where(gone > _LOST, low, middle), np.where(gone > _LOST, middle, high)
    return np.asarray(high)


def _log_ratio(s: Array, power: float) -> Array:
    """Return log r at u = pi tanh s, exact near 0 and near pi."""
    b = (power - 2.0) / (power - 1.0)
    u = np.pi * np.tanh(s)
    rest = 2.0 * np.pi / (np.exp(2.0 * s) + 1.0)  # pi - u
    near_pi = u > 0.5 * np.pi
    sine = np.where(near_pi, np.sin(rest), np.sin(u))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # u = 0 is put right below
        first = np.log(np.sinc(b * u / np.pi)) - (np.log(sine) - np.log(u))
        cotangent = np.where(near_pi, -1.0, 1.0) / np.tan(np.where(near_pi, rest, u))
        far = 1.0 - u * cotangent * np.sinc(b * u / np.pi)
        square = u * u
        series = square / 3.0 + square**2 / 45.0 + 2.0 * square**3 / 945.0 + square**4 / 4725.0
        near = 1.0 - (1.0 - series) * np.sinc(b * u / np.pi)
        bend = np.where(u < 0.05, _near_zero(series, b * u), np.where(u < 0.1, near, far))
        second = np.log1p((b * bend - 2.0 * np.sin(0.5 * b * u) ** 2) / (1.0 - b))
        return np.where(u == 0.0, 0.0, b / (1.0 - b) * np.where(u == 0.0, 0.0, first) + second)


def _near_zero(series: Array, angle: Array) -> Array:
    """Return 1 - (1 - series) sin(angle) / angle without cancellation for small angles."""
    square = angle * angle
    missing = square / 6.0 - square**2 / 120.0 + square**3 / 5040.0
    return np.asarray(series + missing - series * missing)
