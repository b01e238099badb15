"""Cheap signs that a maximum may lie at infinity: never a verdict, and never missing where it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.families.base import Family
from glmkit.fitting.goodness import RowMeans
from glmkit.fitting.problem import Problem
from glmkit.fitting.recession import openness_of
from glmkit.numerics.rowwise import over_rows
from glmkit.numerics.vectors import is_ones

__all__ = ["Close", "End", "Watch", "close_rows", "may_run_away"]

# A row whose unit deviance is below this has all but reached its limit.
NEAR_LIMIT = 1e-10
# Where the information is this steep, the step is lost in rounding and proves less.
STEEP = 1e5
NEAR_LIMIT_STEEP = 1e-3
# What the weights of links that are not canonical may exceed the residuals by (23 for the
# complementary log-log at a unit deviance of 1e-10).
ROOM = 100.0


# Rows above it, weighted or not, are no sign however the iterations ended, if they converged.
WATCHED = 1e-3
# Responses from which on it is worth while to drop those that are there already.
MANY = 256


class End(NamedTuple):
    """How the iterations ended: the condition, the last step's square in units of the deviance."""

    condition: float
    squared_step: float
    converged: bool


class Close(NamedTuple):
    """The rows of a block that are closest to their responses."""

    least: float  # of their unit deviances, weighted or not
    responses: Array  # of those that may be a sign if they are open, for their unit deviance is small


def close_rows(y: Array, weights: Array, deviance: Array) -> Close:
    """Return which rows are close to their responses, by their unit deviances."""
    if not is_ones(weights):
        deviance = np.where(weights > 0.0, np.minimum(deviance, weights * deviance), np.inf)
    least = float(deviance.min(initial=np.inf))
    small = y[deviance <= WATCHED] if least <= WATCHED else y[:0]
    return Close(least, small if len(small) < MANY else np.unique(small))


class Watch(NamedTuple):
    """What a last pass says of signs."""

    least: float  # unit deviance of a row
    is_open: Callable[[], bool]  # whether a row is open whose unit deviance is small: asked where it matters

    @classmethod
    def of(cls, family: Family, seen: Sequence[Close]) -> Watch:
        """Return that of some blocks of rows."""

        def is_open() -> bool:
            responses = np.concatenate([close.responses for close in seen])
            return bool(len(responses)) and bool(np.any(np.logical_or(*openness_of(family, responses))))

        return cls(min(close.least for close in seen), is_open)

    def rules_out(self, end: End) -> bool:
        """Return whether no row can be a sign after an end."""
        reach = ROOM * end.squared_step
        if not end.converged or reach > WATCHED:
            return False
        return self.least > max(reach, _limit(end)) or not self.is_open()


def _limit(end: End) -> float:
    return NEAR_LIMIT if end.condition <= STEEP else NEAR_LIMIT_STEEP


def may_run_away(
    problem: Problem, family: Family, mean: RowMeans, end: End, watch: Watch | None = None
) -> bool:
    """Return whether some row of a problem, which may be part of a larger one, is a cheap sign.

    One is where an open row is close to its limit, or where the iterations did not converge and there
    is an open row; O(n), but where a `watch` rules it out.
    """
    if watch is not None and watch.rules_out(end):
        return False
    limit = _limit(end)

    def open_and_close(rows: slice) -> bool:
        y, weights = problem.y[rows], problem.weights[rows]
        deviance = family.unit_deviance(y, mean(rows))
        close = (deviance <= limit) | (weights * deviance <= ROOM * end.squared_step)
        asked = (weights > 0.0) & (close | (not end.converged))
        return bool(np.any(asked)) and bool(np.any(np.logical_or(*openness_of(family, y[asked]))))

    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        return any(over_rows(open_and_close, len(problem.y)))
