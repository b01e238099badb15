"""The Tweedie distributions of powers p above 2: positive stable laws, tilted.

With b = (p - 2) / (p - 1) and theta the rate of the tilt, s = theta Y has the Laplace
transform exp(C [1 - (1 + t)^b]), C = mu^(2 - p) / (phi (p - 2)), theta = mu^(1 - p) / (phi (p - 1)).
Inverting it along the path of steepest descent w = r(u) exp(iu), -pi < u < pi, leaves
integrals without oscillation (Zolotarev 1966; Nolan 1997). With

    A(u) = sin(bu)^(b / (1 - b)) sin((1 - b) u) / sin(u)^(1 / (1 - b)),  R(u) = A(u) / A(0),
    Z = y^(2 - p) / (phi (p - 1) (p - 2)),
    r(u) = (mu / y)^(p - 1) [sin(bu) / (b sin u)]^(1 / (1 - b)),  N(u) = b sin((1 - b) u) / [(1 - b) sin(bu)],

the density at y = mu is

    y f = (p - 2) Z / pi  integral_0^pi R exp[-Z (R - 1)] du,

and the tail, with d the unit deviance of y at mu,

    exp(-d / (2 phi)) / pi  integral_0^pi exp[-Z (R - 1)] r (N - r) / (1 - 2 r cos u + r^2) du,

which is P(Y > y) for y > mu and -P(Y < y) for y < mu. Its pole at w = 1 comes close where y
is close to mu. The normal tail, to which exp[-v^2 / 2] root / (root^2 + v^2) dv with
v^2 / 2 = Z (R - 1) and root^2 = d / phi integrates, has the same pole: it is taken off under the
integral and added again (Lugannani and Rice 1980).

Draws are exact, by Devroye's double rejection.

References
----------
Devroye, L. (2009). Random variate generation for exponentially and polynomially tilted
stable distributions. ACM Transactions on Modeling and Computer Simulation 19(4), 18.
Lugannani, R. and Rice, S. (1980). Saddle point approximation for the distribution of the
sum of independent random variables. Advances in Applied Probability 12, 475-490.
Nolan, J. P. (1997). Numerical calculation of stable densities and distribution functions.
Stochastic Models 13, 759-774.
Zolotarev, V. M. (1966). On representation of stable laws by integrals. Selected
Translations in Mathematical Statistics and Probability 6, 84-88.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray
from glmkit.families._blocks import by_rows

__all__ = ["log_stable_density", "stable_draw", "stable_tail"]

_LOST: Final = 45.0
"""A term exp(-45) below the largest is nothing."""
_FAR: Final = 1e-8
"""Z below which the tail is so long that it takes four times the nodes."""
_NODES: Final = 128
"""Of the integral: steps of a thirteenth of the peak's width, or a tenth of the tail's."""
_TAIL_NODES: Final = 64
"""Of the tail's: half a step from its middle, so that the pole is never met."""
_CLOSE: Final = 1.0
"""|root| below which the pole is taken off: beyond it the error is exp(-2 pi / 0.15)."""
_STEP: Final = 0.08
"""Of s, and a half of log R: what the tail's integrand changes over."""
_HALF_NORMAL: Final = float(np.sqrt(np.pi / 2.0))
_LEAST: Final = 1e-9
_MOST: Final = 300.0
_HALVINGS: Final = 9
"""Of log s between these: the end is too far by 5 % at most."""
_SMALL: Final = 0.1
"""Angle below which series of five terms are exact."""
_LOG_SINC: Final = (1 / 6, 1 / 180, 1 / 2835, 1 / 37800, 1 / 467775)
"""Of -log(sin x / x) by powers of x^2."""


class _Path(NamedTuple):
    """The path of steepest descent, and logarithms along it, of one shape."""

    u: Array
    rest: Array  # pi - u
    sines: Array  # log [sin(bu) / (b sin u)]
    others: Array  # log [sin((1 - b) u) / ((1 - b) sin u)]
    log_ratio: Array  # log R


def log_stable_density(scale: Array, power: float) -> Array:
    """Return log(y f) at mu = y, (n,); `scale` is Z. Trapezia in s."""
    nodes = _NODES if np.min(scale, initial=1.0) > _FAR else 4 * _NODES
    end = _end_of(lambda path, s: scale * _expm1(path.log_ratio) - path.log_ratio + 2.0 * s, scale, power)
    s = end[:, None] * (np.arange(nodes) / nodes)
    log_ratio = _path(s, power).log_ratio
    table = log_ratio - scale[:, None] * _expm1(log_ratio) - 2.0 * np.log(np.cosh(s))
    table[:, 0] -= np.log(2.0)  # half of an even function's middle
    top = np.max(table, axis=1)
    with np.errstate(under="ignore"):  # terms that are nothing
        total = np.log(np.sum(np.exp(table - top[:, None]), axis=1))
    return np.asarray(np.log((power - 2.0) * scale * end / nodes) + top + total)


def stable_tail(relative: Array, scale: Array, root: Array, power: float, *, upper: bool) -> Array:
    """Return P(Y <= y), or P(Y > y), (n,).

    Parameters
    ----------
    relative : (n,) array
        log(mu / y).
    scale : (n,) array
        Z.
    root : (n,) array
        The root of d / phi, with the sign of y - mu.
    power : float
    upper : bool
    """
    log_start = (power - 1.0) * relative  # log r(0)

    def faded(path: _Path, s: Array) -> Array:
        grown = np.minimum(log_start + (power - 1.0) * path.sines, 0.0) - np.minimum(log_start, 0.0)
        return np.asarray(scale * _expm1(path.log_ratio) - grown + 2.0 * s)

    end = _end_of(faded, scale, power)
    longest = np.maximum(end, 0.5 * _path(end, power).log_ratio)
    width = _TAIL_NODES * 2.0 ** np.ceil(np.log2(np.maximum(longest / (_TAIL_NODES * _STEP), 1.0)))
    tail = np.empty(len(end))
    for nodes in np.unique(width).astype(int):
        rows = width == nodes
        given = (log_start[rows], scale[rows], root[rows], end[rows])
        summed = partial(_tail_sums, power=power, nodes=int(nodes))
        tail[rows] = by_rows(summed, *given, width=int(nodes))
    close, above = np.abs(root) < _CLOSE, root >= 0.0
    tail += np.where(close, np.where(above, special.ndtr(-root), -special.ndtr(root)), 0.0)
    if upper:
        return np.asarray(np.where(above, tail, 1.0 + tail))
    return np.asarray(np.where(above, 1.0 - tail, -tail))


def _tail_sums(log_start: Array, scale: Array, root: Array, end: Array, *, power: float, nodes: int) -> Array:
    """Return the integral of the tail, (n,), less the normal tail where root is close to 0."""
    s = end[:, None] * ((np.arange(nodes) + 0.5) / nodes)
    path = _path(s, power)
    slope = path.rest * (1.0 + np.tanh(s))  # du / ds
    value = _around_pole(log_start, path, power) * slope
    close = np.abs(root) < _CLOSE
    some = _Path(*(part[close] for part in path))
    value[close] -= _normal_part(scale[close], root[close], some, power) * slope[close]
    with np.errstate(under="ignore"):  # terms that are nothing
        total = np.sum(np.exp(-scale[:, None] * _expm1(path.log_ratio)) * value, axis=1)
        return np.asarray(np.exp(-0.5 * root * root) * total * end / (nodes * np.pi))


def _around_pole(log_start: Array, path: _Path, power: float) -> Array:
    """Return r (N - r) / (1 - 2 r cos u + r^2), as it stands for r < 1 and in 1 / r beyond."""
    log_r = log_start[:, None] + (power - 1.0) * path.sines
    log_n = path.others - path.sines
    below = np.exp(-np.abs(log_r))
    distance = np.expm1(-np.abs(log_r)) ** 2 + 4.0 * below * np.sin(0.5 * path.u) ** 2
    inner = below * (np.expm1(log_n) - np.expm1(np.minimum(log_r, 0.0)))
    outer = np.expm1(log_n - np.maximum(log_r, 0.0))
    return np.asarray(np.where(log_r <= 0.0, inner, outer) / distance)


def _normal_part(scale: Array, root: Array, path: _Path, power: float) -> Array:
    """Return root / (root^2 + v^2) dv / du, (n, k)."""
    b = (power - 2.0) / (power - 1.0)
    bend = _cotangent_loss(path.u, path.rest)
    change = (power - 2.0) * (bend - _cotangent_loss(b * path.u)) + (
        bend - _cotangent_loss((1.0 - b) * path.u)
    )
    half = scale[:, None] * _expm1(path.log_ratio)  # v^2 / 2
    # dv / du = Z R (log R)' / v
    speed = (scale[:, None] + half) * change / (path.u * np.sqrt(2.0 * half))
    return np.asarray(root[:, None] * speed / (root[:, None] ** 2 + 2.0 * half))


def stable_draw(shape: Array, power: float, rng: np.random.Generator) -> Array:
    """Return draws of theta Y, (n,); `shape` is C. Proposals are made until every row has accepted one."""
    out = np.full(shape.shape, np.nan)
    pending = np.flatnonzero((shape > 0.0) & (shape < np.inf))
    while len(pending):
        drawn, accepted = _proposed(shape[pending], power, rng)
        out[pending[accepted]] = drawn[accepted]
        pending = pending[~accepted]
    return out


def _proposed(shape: Array, power: float, rng: np.random.Generator) -> tuple[Array, BoolArray]:
    """Return one proposal for each row, and whether it is accepted (Devroye 2009, section 4).

    The law of theta Y is that of a mixture over u with weights exp[-C (R^(1 - b) - 1)] times the
    mass of exp(-psi(t)), psi(t) = g [t + ((1 + t)^-k - 1) / k], k = (1 - b) / b, g = C (1 - b) R^(1 - b),
    and theta Y = (g / k) (1 + t)^-k. psi is above a parabola for t < 0 and above a line beyond t = width.
    """
    b = (power - 2.0) / (power - 1.0)
    k, spread = (1.0 - b) / b, np.sqrt(shape * b * (1.0 - b))
    u, rest, bound = _proposed_angles(spread, rng)
    log_ratio = (1.0 - b) * _path_at(u, rest, power).log_ratio
    size = shape * (1.0 - b) * np.exp(log_ratio)  # g
    zeta = np.exp(-0.5 * log_ratio)
    z = -1.0 / np.expm1(-np.log1p(b * zeta / spread) / b)
    mass = (1.0 + _HALF_NORMAL) * spread / zeta + z
    with np.errstate(under="ignore"):  # never accepted
        likely = rng.random(len(u)) * bound <= mass * np.exp(-shape * np.expm1(log_ratio)) / np.pi
    width = b * zeta / spread
    piece = rng.random(len(u)) * (_HALF_NORMAL * width + width + z / size)
    normal, far = rng.standard_normal(len(u)), rng.standard_exponential(len(u))
    left, right = piece < _HALF_NORMAL * width, piece > (_HALF_NORMAL + 1.0) * width
    t = np.where(left, -width * np.abs(normal), width * rng.random(len(u)))
    t = np.where(right, width + z / size * far, t)
    inside = t > -1.0
    log_x = np.log1p(np.where(inside, t, 0.0))
    loss = size * (t + np.expm1(-k * log_x) / k) - np.where(left, 0.5 * normal**2, np.where(right, far, 0.0))
    accepted = likely & inside & (rng.standard_exponential(len(u)) >= loss)
    return size / k * np.exp(-k * log_x), accepted


def _proposed_angles(spread: Array, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return u, pi - u and the proposal's unnormed density there (infinite outside), (n,) each."""
    narrow, n = spread >= 1.0, len(spread)
    most = (np.sqrt(2.0) * (2.0 + _HALF_NORMAL) * spread + 1.0) / np.pi
    corner = np.exp(-0.125 * (np.pi * spread) ** 2) * (2.0 + _HALF_NORMAL) * spread / np.sqrt(np.pi)
    center = np.where(narrow, most * _HALF_NORMAL / spread, most * np.pi)
    at_corner = rng.random(n) * (center + 2.0 * np.sqrt(np.pi) * corner) >= center
    even, normal = rng.random(n), np.abs(rng.standard_normal(n))
    u = np.where(narrow, normal / np.where(narrow, spread, 1.0), np.pi * even)
    rest = np.where(at_corner, np.pi * even**2, np.pi - u)
    outside = rest <= 0.0
    rest = np.where(outside, 1.0, rest)
    u = np.where(at_corner | outside, np.pi - rest, u)
    with np.errstate(under="ignore"):  # far out
        bell = np.where(narrow, np.exp(-0.5 * (spread * u) ** 2), 1.0)
    return u, rest, np.where(outside, np.inf, corner / np.sqrt(rest) + most * bell)


def _end_of(faded: Callable[[_Path, Array], Array], scale: Array, power: float) -> Array:
    """Return the s beyond which the integrand is nothing, (n,), by bisection."""
    low, high = np.full_like(scale, _LEAST), np.full_like(scale, _MOST)
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        gone = faded(_path(middle, power), middle) > _LOST
        low, high = np.where(gone, low, middle), np.where(gone, middle, high)
    return np.asarray(high)


def _expm1(values: Array) -> Array:
    with np.errstate(over="ignore"):  # far beyond the end of the integral
        return np.asarray(np.expm1(values))


def _path(s: Array, power: float) -> _Path:
    """Return the path at u = pi tanh s."""
    with np.errstate(over="ignore"):  # far beyond the end of the integral
        rest = 2.0 * np.pi / (np.exp(2.0 * s) + 1.0)
    return _path_at(np.pi * np.tanh(s), rest, power)


def _path_at(u: Array, rest: Array, power: float) -> _Path:
    """Return the path at u, exact near 0 and near pi; `rest` is pi - u."""
    b = (power - 2.0) / (power - 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # u = 0 is put right below
        sine = np.where(u > 0.5 * np.pi, np.sin(rest), np.sin(u))
        far = np.log(np.sinc(b * u / np.pi)) - (np.log(sine) - np.log(u))
        sines = np.where(u < _SMALL, _log_sinc_gap(u, b), far)
        loss = _cotangent_loss(u, rest)
        bend = np.where(u < 0.05, _near_zero(loss, b * u), 1.0 - (1.0 - loss) * np.sinc(b * u / np.pi))
        others = np.log1p((b * bend - 2.0 * np.sin(0.5 * b * u) ** 2) / (1.0 - b))
    others = np.where(u == 0.0, 0.0, others)
    return _Path(u, rest, sines, others, b / (1.0 - b) * sines + others)


def _log_sinc_gap(u: Array, b: float) -> Array:
    """Return log [sin(bu) / (b sin u)] for small u: the series of log(sin x / x) cancels at every power."""
    square = u * u
    return np.asarray(sum(c * (1.0 - b ** (2 * k)) * square**k for k, c in enumerate(_LOG_SINC, start=1)))


def _cotangent_loss(u: Array, rest: Array | None = None) -> Array:
    """Return 1 - u cot u; `rest` is pi - u where that is small."""
    square = u * u
    series = square / 3.0 + square**2 / 45.0 + 2.0 * square**3 / 945.0 + square**4 / 4725.0
    with np.errstate(divide="ignore", invalid="ignore"):  # u = 0 is on the series
        late = u > 0.5 * np.pi
        tangent = np.tan(u) if rest is None else np.where(late, -1.0, 1.0) * np.tan(np.where(late, rest, u))
        return np.asarray(np.where(u < _SMALL, series, 1.0 - u / tangent))


def _near_zero(loss: Array, angle: Array) -> Array:
    """Return 1 - (1 - loss) sin(angle) / angle without cancellation for small angles."""
    square = angle * angle
    missing = square / 6.0 - square**2 / 120.0 + square**3 / 5040.0
    return np.asarray(loss + missing - loss * missing)
