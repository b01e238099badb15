"""Of several ends of the iterations the one of least deviance.

With V = mu^3 a response close to 0, or a few far above the others, throw the first steps onto a plateau, where
means are so large, or the link so flat, that no weight is left to a step back; and a deviance that is not
convex can have several minima. A constant mean is another start, and the largest response one above every
plateau: with a log link a step down from there is at most 1 long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.families.base import Family
from glmkit.fitting.objective import Objective
from glmkit.fitting.points import Point, counted, observed_weights
from glmkit.fitting.scoring import Control, Solution, fisher_scoring
from glmkit.fitting.starting import Start

__all__ = ["LOOKED_AT", "Bend", "Rows", "best_end"]

# Working weights this far apart are those of a plateau, or of data that deserve a second look.
FLAT = 1e-6
# Share by which deviances of the same maximum differ by rounding.
SAME = 1e-9
# Rows up to which a deviance that is not convex is looked at from several starts.
LOOKED_AT = 20_000
# Negative curvature of a row, as a share of the expected one, that is not the rounding of a difference.
HOLLOW = 1e-2


class Bend(NamedTuple):
    """How the deviance of rows that count is bent: the range of their working weights, and whether it is convex."""

    least: float = np.inf
    largest: float = 0.0
    convex: bool = True

    @property
    def flat(self) -> bool:
        """Whether weights are so far apart that some may be those of a plateau."""
        return not self.least >= FLAT * self.largest > 0.0

    def and_rows(self, family: Family, y: Array, weights: Array, eta: Array, *, few: bool) -> Bend:
        """Return that of these rows and more; of many rows it is not asked whether it is convex."""
        expected = counted(weights, family.working_weight(family.mean(eta)))
        least = np.min(expected, initial=self.least, where=weights > 0.0)
        largest = np.max(expected, initial=self.largest)
        if not (few and self.convex):
            return Bend(float(least), float(largest), self.convex)
        hollow = np.any(observed_weights(family, y, weights, eta) < -HOLLOW * expected)
        return Bend(float(least), float(largest), not hollow)


EVEN = Bend(1.0, 1.0)


@dataclass(frozen=True)
class Rows:
    """What the rows tell, wherever they are kept.

    Parameters
    ----------
    bend_at : callable
        How the deviance is bent at a point: one pass over the rows.
    others : callable
        Other points to start from, each with a valid mean in every row.
    few : bool
        Whether they are few enough to look for another minimum wherever the deviance is not convex.
    """

    bend_at: Callable[[Point], Bend]
    others: Callable[[], Iterable[Point]]
    few: bool


def best_end(objective: Objective, family: Family, first: Solution, control: Control, rows: Rows) -> Solution:
    """Return the best of the `first` end and, where that is in doubt, the ends from other starts."""
    if family.canonical and first.converged:
        return first  # a convex deviance: one stationary point
    best = first
    bend = _bend(family, best, rows)
    lost = _is_lost(objective, family, best, bend)
    if not lost and bend.convex:
        return best
    for other in rows.others():
        again = fisher_scoring(objective, Start(other), control)
        if again.converged and again.point.merit <= best.point.merit * (1.0 + (SAME if lost else -SAME)):
            best = again
            lost = lost and _is_lost(objective, family, best, _bend(family, best, rows))
    return best


def _bend(family: Family, end: Solution, rows: Rows) -> Bend:
    """Return how the deviance is bent at an end, where that is asked for; constant weights have no plateau."""
    watched = family.dispersion is None and end.converged
    return rows.bend_at(end.point) if family.constant_weight is None and (rows.few or watched) else EVEN


def _is_lost(objective: Objective, family: Family, end: Solution, bend: Bend) -> bool:
    """Return whether the iterations may have ended on a plateau."""
    if family.dispersion is not None or (end.converged and (family.canonical or not bend.flat)):
        return False
    return not end.converged or objective.newton(end.point, objective.quadratic(end.point)) is None
