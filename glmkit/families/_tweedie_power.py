"""The power of a Tweedie family by maximum likelihood, together with the dispersion, at given means."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FamilyError
from glmkit.families._search import summit
from glmkit.families.base import Family
from glmkit.families.link import Mean
from glmkit.families.parameters import Nuisance, Sample

__all__ = ["POWER_ENDS", "check_told", "estimated_power"]

_EXACT: Final = 1e-10
"""A distance from the mean, over the largest response, that is rounding."""
_LOWEST: Final = 1.01
_HIGHEST: Final = {True: 1.99, False: 6.0}
"""Range of an estimated power, with and without zeros in the response."""
_TRIALS: Final = {True: (1.1, 1.3, 1.5, 1.7, 1.9), False: (1.2, 1.5, 1.8, 2.0, 2.3, 2.7, 3.2, 4.0)}
POWER_ENDS: Final = (_LOWEST, *_HIGHEST.values())


def check_told(sample: Sample) -> None:
    """Raise FamilyError where nothing tells the power."""
    if not np.any(sample.y > 0.0):
        raise _untold("no response is above 0")


def estimated_power(held: Callable[[float], Family], power: float, sample: Sample) -> Nuisance:
    """Return the power of maximum likelihood, searched from some of them and from `power`.

    Raises
    ------
    FamilyError
        Every response is fitted exactly: the likelihood is infinite at the dispersion 0, whatever the power.
    """
    if np.all(np.abs(sample.y - sample.mu) <= _EXACT * np.max(sample.y)):
        raise _untold("every response is fitted exactly")
    zeros = bool(np.any(sample.y == 0.0))
    weights = sample.counts * sample.prior
    # In units of the mean response the dispersion depends least on the power.
    unit = float(weights @ sample.y / np.sum(weights))
    y, mu = sample.y / unit, sample.mu / unit
    m = Mean(mu, mu, mu)

    @cache  # many dispersions are tried at each power
    def loss(power: float) -> float:
        return float(weights @ held(power).unit_deviance(y, m))

    def value(point: Array) -> float:
        power, phi = float(point[0]), float(np.exp(point[1]))
        saturated = held(power).saturated(y, sample.prior, phi)
        return float(sample.counts @ saturated) - loss(power) / (2.0 * phi)

    powers, total = (*_TRIALS[zeros], power), float(np.sum(sample.counts))
    best = max((np.array([p, np.log(loss(p) / total)]) for p in powers), key=value)
    return summit(value, best, _LOWEST, _HIGHEST[zeros])


def _untold(why: str) -> FamilyError:
    return FamilyError(
        f"The power of the Tweedie family cannot be estimated, as {why}: its likelihood has no maximum. Give the "
        "power, or use fewer terms or other rows.",
        reason=why,
    )
