"""How fast the steps of an iteration shrink, and what is to be asked for at the next point.

With errors e of the coefficients in standard errors, Newton's method leaves  e' = c e^2  of them, since the
information changes by about 2 c e of itself on the way; so two steps in a row tell c. A step on the
information of an earlier point costs a pass over the rows without their cross-products, and leaves
the share of the error by which the information has changed since. The information of standard errors is that
of a point so near the end that the rest of the way does not change it.
"""

from __future__ import annotations

from math import exp
from typing import NamedTuple

from glmkit.fitting.points import Asked

__all__ = ["LEFT", "Pace", "error_left"]

# What may be left of the error after the last step, as a share of the tolerance: an
# estimate much smaller than its standard error is still right to tol of itself.
LEFT = 0.01
# Convergence of Fisher scoring is linear for a link that is not canonical. Where a step
# is longer than this share of the one before, the observed information is worth its cost.
SLOW = 0.1
# An information serves another step where the last one left at most this share of the error; up to the second where
# one is so dear that many steps are to be had for it.
REUSED, MOST_REUSED = 0.05, 0.5
# What a new information is worth, as the logarithm of the share of the error that it takes away.
SERVED = 4.0
# Change of the information, as a share of itself and of the tolerance, that is let stand. It is measured along
# the step: that of a single coefficient's may be some thirty times larger.
UNCHANGED = 0.02
# Steps below it are too near rounding for the next one to tell how the information changes.
TELLING = 1e-4


class Pace(NamedTuple):
    """What the steps so far say.

    Parameters
    ----------
    reuses : bool
        Whether points cost much less where no information is asked for.
    newtonian : bool
        Whether Fisher's steps are Newton's.
    price : float
        Passes without an information that one with it costs.
    last : float
        Length of the last step, in standard errors; inf before the first.
    halved : bool
        Whether the last step was shortened.
    slow : bool
        Whether Fisher's steps have been found to shrink slowly.
    bend : float
        Change of the information over one standard error, as a share of itself.
    known_at : float
        Length of the step from the point whose information is the last known one.
    """

    reuses: bool
    newtonian: bool = False
    price: float = 1.0
    last: float = float("inf")
    halved: bool = False
    slow: bool = False
    bend: float = float("inf")
    known_at: float = 0.0

    def with_step(self, size: float) -> Pace:
        """Return what is known with the length of the next step."""
        slow = self.slow or size > SLOW * self.last
        tells = self.last == self.known_at > TELLING and not self.halved
        bend = 2.0 * size / self.last**2 if tells else self.bend
        return self if (slow, bend) == (self.slow, self.bend) else self._replace(slow=slow, bend=bend)

    def asked(self, size: float, fresh: bool, tol: float) -> Asked:
        """Return what to ask for at the end of a step of `size`, made of an information that is `fresh` or not."""
        brisk = self.reuses and not self.halved and size <= self._reused * self.last
        left = self._left(size, fresh) if brisk else error_left(size, self.last)
        settled = size <= tol or (brisk and self.bend * size <= UNCHANGED * tol)
        if fresh and settled and left <= LEFT * tol:
            return Asked.MERIT
        if not brisk or left <= tol or self.bend * left <= UNCHANGED * tol:
            ends = not (self.reuses or self.halved) and self._left(size, fresh) <= LEFT * tol
            return Asked.LAST if ends else Asked.STEP
        return Asked.SCORE

    @property
    def _reused(self) -> float:
        """What may be left of an error for an information to serve another step.

        A step that leaves a share s of the error earns -log s for a pass; `SERVED` is what a new information earns for
        its price. Slow steps of other links call for Newton's, which need an information each.
        """
        return max(REUSED, min(exp(-SERVED / self.price), MOST_REUSED)) if self.newtonian else REUSED

    def _left(self, size: float, fresh: bool) -> float:
        """Return the error expected after a step of `size`, where steps shrink fast."""
        left = error_left(size, self.last)
        if self.bend == float("inf"):
            return left
        if fresh:
            return min(left, self.bend * size * size) if self.newtonian else left
        return max(left, self.bend * self.known_at * size)

    def after(self, size: float, fresh: bool, halvings: int) -> Pace:
        """Return what is known after a step."""
        reuses, newtonian, price, _, _, slow, bend, known_at = self
        return Pace(reuses, newtonian, price, size, halvings > 0, slow, bend, size if fresh else known_at)


def error_left(size: float, last: float) -> float:
    """Return the error expected after a step of `size` that followed one of `last`."""
    rate = size / last if last > 0 else 0.0
    return size * rate / (1.0 - rate) if rate < 1.0 else float("inf")
