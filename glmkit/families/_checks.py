"""The checks that own links and families pass when they are made.

Every derivative is compared with differences of the function it belongs to, at trial
means from 0.02 to 20 of which those outside a link's or family's range are passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError

__all__ = ["TRIAL_MEANS", "check_link", "check_variance", "differences"]

ArrayFunction = Callable[[Array], Array]

TRIAL_MEANS: Final = np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.5, 4.0, 20.0])
_ROUND_TRIP: Final = 1e-8
"""Relative error allowed in inverse(link(mu)): half the digits, so only mistakes fail."""
_SLOPE: Final = 1e-5
"""Relative error allowed between a derivative and differences, themselves good to 1e-7."""


class _Mean(Protocol):
    @property
    def mu(self) -> Array: ...
    @property
    def comu(self) -> Array: ...
    @property
    def dmu(self) -> Array: ...


class _Link(Protocol):
    @property
    def name(self) -> str: ...
    def __call__(self, mu: Array) -> Array: ...
    def mean(self, eta: Array) -> _Mean: ...
    def curvature(self, eta: Array) -> Array: ...


def check_link(link: _Link) -> None:
    """Raise FamilyError where a link's inverse or derivatives contradict each other.

    Means above 1 count only if the link can represent them, so that links for
    probabilities and links for positive means are both checked where they live.
    """
    who = f"link {link.name!r}"
    with np.errstate(all="ignore"):  # trial points may lie outside the link's domain
        eta = np.asarray(link(TRIAL_MEANS), dtype=np.float64)
        mu = link.mean(eta).mu
        back = np.isclose(mu, TRIAL_MEANS, rtol=_ROUND_TRIP, atol=0.0)
        wrong = ~back & (TRIAL_MEANS < 1.0)
        _refuse(f"inverse of {who}", "mu", TRIAL_MEANS, mu, TRIAL_MEANS, wrong)
        eta = eta[back]
        m = link.mean(eta)
        slope = differences(lambda e: link.mean(e).mu, eta)
        bend = differences(lambda e: link.mean(e).dmu, eta)
        _compare(f"complement 1 - mu of {who}", "eta", eta, m.comu, 1.0 - m.mu)
        _compare(f"derivative d mu / d eta of {who}", "eta", eta, m.dmu, slope)
        _compare(f"second derivative of {who}", "eta", eta, link.curvature(eta), bend)


def check_variance(who: str, mu: Array, variance: Array, deviance: Callable[[Array, Array], Array]) -> None:
    """Raise FamilyError where a unit deviance d(y, mu) does not belong to its variance.

    Parameters
    ----------
    who : str
        The family, for the message.
    mu, variance : (k,) arrays
        Trial means in the family's range, and V there.
    deviance : callable
        d(y, mu); it must vanish at y = mu, with derivative -2 (y - mu) / V(mu) by mu.
    """
    with np.errstate(all="ignore"):  # differences may leave the range
        _compare(f"unit deviance at y = mu of {who}", "mu", mu, deviance(mu, mu), np.zeros_like(mu))
        y = np.roll(mu, 1)
        slope = differences(lambda means: deviance(y, means), mu)
        what = f"unit deviance of {who}, by its derivative 2 (mu - y) / V(mu),"
        _compare(what, "mu", mu, slope, 2.0 * (mu - y) / variance)


def differences(function: ArrayFunction, at: Array) -> Array:
    """Return the derivative of a function by five-point central differences."""
    step = 1e-3 * np.abs(at) + 1e-4
    near = function(at + step) - function(at - step)
    far = function(at + 2 * step) - function(at - 2 * step)
    return np.asarray((8.0 * near - far) / (12.0 * step))


def _compare(what: str, where: str, at: Array, given: Array, expected: Array) -> None:
    scale = np.maximum(np.abs(expected), 1e-3)
    wrong = ~(np.abs(given - expected) <= _SLOPE * scale) & np.isfinite(expected)
    _refuse(what, where, at, given, expected, wrong)


def _refuse(what: str, where: str, at: Array, given: Array, expected: Array, wrong: BoolArray) -> None:
    if not wrong.any():
        return
    i = int(np.flatnonzero(wrong)[0])
    raise FamilyError(
        f"The {what} is wrong at {where} = {at[i]:.6g}: {given[i]:.6g} instead of "
        f"{expected[i]:.6g}. Correct the function that gives it.",
        at=float(at[i]),
        given=float(given[i]),
        expected=float(expected[i]),
    )
