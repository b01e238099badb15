"""Where a rising curve reaches a level, in as few evaluations as a costly curve deserves."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["Crossing", "rising_crossing"]

# A last step this short, in units of `step`, leaves the square of it (Newton), or less than it
# (secant).
NEWTON_STEP = 1e-5
SECANT_STEP = 1e-7
# A step into the unknown is doubled this often: a million times `step` is as good as infinity.
DOUBLINGS = 20
# The curve is taken to end where it cannot be followed by this share of `step`.
SHORTEST = 1e-9
# After so many points where the curve could not be followed the last one is its end: it is not asked
# again from each point nearer to it, but the way to it halved.
RETRIES = 12
MAX_EVALUATIONS = 100
# A doubled step that gains less than this share of what is missing shows that the curve is flat.
FLAT = 1e-4


class Crossing(NamedTuple):
    """Where the level is reached: inf where never, nan where the search failed or the curve jumps over it."""

    at: float
    is_edge: bool = False  # the curve ends before it reaches the level


class _Bracket(NamedTuple):
    low: float  # below the level
    high: float  # not below it
    reach: float  # how far to go beyond what is known
    gaps: tuple[float, ...] = ()  # points where the curve could not be followed, in the order they were asked

    @property
    def known(self) -> float:
        """Return the end from which the search goes on; not finite where nothing is known."""
        return self.low if np.isfinite(self.low) else self.high

    @property
    def room(self) -> float:
        """Return how far the curve goes on beyond what is known, as far as that is settled."""
        if len(self.gaps) < RETRIES or (np.isfinite(self.low) and np.isfinite(self.high)):
            return float("inf")
        ahead = self.gaps[-1] - self.known if np.isfinite(self.low) else self.known - self.gaps[-1]
        return ahead if ahead > 0.0 else float("inf")


def rising_crossing(
    curve: Callable[[float], tuple[float, float]],
    level: float,
    *,
    start: float,
    step: float = 1.0,
    low: float = -np.inf,
    shortest: float = SHORTEST,
) -> Crossing:
    """Return where a rising curve reaches `level`.

    Newton steps inside a bracket (secant steps where there is no slope), bisection when they
    leave it, doubled steps where there is no bracket yet. A curve that jumps over the level reaches it nowhere: nan.

    Parameters
    ----------
    curve : function of x to (value, slope)
        The value is nan where the curve does not exist, the slope where it is not known.
    level : float
    start : float
    step : float
        The scale of x: tolerances are shares of it.
    low : float
        Where the curve is known to be 0, below the level; -inf if nowhere.
    shortest : float
        The curve is taken to end where it cannot be followed by this share of `step`.

    Examples
    --------
    >>> round(rising_crossing(lambda x: (x**3, 3 * x**2), 8.0, start=1.0, low=0.0).at, 8)
    2.0
    >>> rising_crossing(lambda x: (1 - 1 / (1 + x), np.nan), 1.5, start=1.0, low=0.0).at
    inf
    """
    bracket = _Bracket(low, np.inf, 2.0 * step)
    last = (low, 0.0)
    x = start
    for _ in range(MAX_EVALUATIONS):
        value, slope = curve(x)
        if np.isnan(value):
            known = bracket.known
            bracket = bracket._replace(reach=0.5 * abs(x - known), gaps=(*bracket.gaps, x))
            if not shortest * step < bracket.reach < np.inf:
                return Crossing(known if np.isfinite(known) else float("nan"), is_edge=True)
            x = known + np.copysign(bracket.reach, x - known)
            continue
        proposal = x - (value - level) / _slope(x, value, slope, last)
        if abs(proposal - x) <= (SECANT_STEP if np.isnan(slope) else NEWTON_STEP) * step:
            return Crossing(proposal)
        is_flat = x - last[0] >= step and abs(value - last[1]) < FLAT * (level - value)
        bracket, last = _narrowed(bracket, x, value < level), (x, value)
        if np.isinf(bracket.high) and (is_flat or bracket.reach > 2.0**DOUBLINGS * step):
            return Crossing(float("inf"))
        if bracket.reach > 2.0**DOUBLINGS * step:
            return Crossing(-float("inf"))
        if bracket.high - bracket.low <= SECANT_STEP * step:  # it jumps over the level
            return Crossing(float("nan"))
        if bracket.room <= shortest * step:
            return Crossing(bracket.known, is_edge=True)
        x = _inside(bracket, proposal)
    return Crossing(float("nan"))


def _slope(x: float, value: float, slope: float, last: tuple[float, float]) -> float:
    """Return the slope given, else that of the secant; nan where it does not rise."""
    if np.isnan(slope) and np.isfinite(last[0]) and x != last[0]:
        slope = (value - last[1]) / (x - last[0])
    return slope if slope > 0.0 else float("nan")


def _narrowed(bracket: _Bracket, x: float, is_below: bool) -> _Bracket:
    low, high = (x, bracket.high) if is_below else (bracket.low, x)
    is_open = np.isinf(low) or np.isinf(high)
    narrowed = bracket._replace(low=low, high=high, reach=bracket.reach * 2.0 if is_open else bracket.reach)
    return narrowed._replace(reach=min(narrowed.reach, 0.5 * narrowed.room))


def _inside(bracket: _Bracket, proposal: float) -> float:
    """Return the proposal if it is inside what is known and within reach, else the next best point."""
    low, high, reach, _ = bracket
    if np.isinf(high):
        return min(proposal, low + reach) if proposal > low else low + reach
    if np.isinf(low):
        return max(proposal, high - reach) if proposal < high else high - reach
    return proposal if low < proposal < high else 0.5 * (low + high)
