"""The Tweedie density at y = mu, for every power above 1 and every dispersion.

Between the powers 1 and 2 the response is a Poisson number of gamma amounts, and the
density is a sum over that number j (Dunn and Smyth 2005, section 3). At y = mu, in
deviance form and with Stirling's errors delta (Loader 2000), nothing in it cancels:

    y f = sqrt(a) / (2 pi) sum_j exp[-(1 + a) (j log(j / L) - j + L) - delta(j) - delta(j a)],
    a = (2 - p) / (p - 1),   L = y^(2 - p) / ((2 - p) phi).

The terms are a smooth function of j with a peak of width sqrt(L (p - 1)); where that is
wide, every k-th term times k is the same sum to far below rounding (Poisson summation), so
that no row needs more than about two hundred.

Above 2 the response is a tilted positive stable variable (`glmkit.families._stable`).

References
----------
Dunn, P. K. and Smyth, G. K. (2005). Series evaluation of Tweedie exponential dispersion
model densities. Statistics and Computing 15, 267-280.
Loader, C. (2000). Fast and accurate computation of binomial probabilities. Bell Labs.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from glmkit._typing import Array
from glmkit.families._blocks import by_rows
from glmkit.families._kernels import relative_entropy, stirling_error
from glmkit.families._panels import by_panels
from glmkit.families._stable import log_stable_density

__all__ = ["jump_numbers", "log_density_at_mean"]

_LOST: Final = 45.0
"""A term exp(-45) below the largest is nothing."""
_WIDE: Final = 8.0
"""Standard deviation of j from which terms are skipped: the sum's left end is nothing then."""
_PER_DEVIATION: Final = 2.0
"""Terms kept per standard deviation: the error is exp(-2 pi^2 4), 1e-34."""
_FEW: Final = 300.0
_PLAIN: Final = 1.2
"""Numbers of amounts, and powers, for which the plain form of a term loses 1e-12 at most."""
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
    log_y = np.log(y)
    # Given the power, log(y f) is a function of y^(2 - p) / phi alone.
    return by_panels(partial(_log_relative_density, power), (2.0 - power) * log_y - np.log(phi)) - log_y


def _log_relative_density(power: float, log_scale: Array) -> Array:
    """Return log(y f), (n,), at log [y^(2 - p) / phi]."""
    scale = np.exp(log_scale)
    if power < 2.0:
        return by_rows(lambda s: _series(s / (2.0 - power), power), scale)
    return by_rows(lambda s: log_stable_density(s / ((power - 1.0) * (power - 2.0)), power), scale)


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
