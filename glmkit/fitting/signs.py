"""Cheap signs that a maximum may lie at infinity: never a verdict, and never missing where it does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.families.base import Family
from glmkit.fitting.goodness import RowMeans
from glmkit.fitting.problem import Problem
from glmkit.fitting.recession import openness_of
from glmkit.numerics.rowwise import over_rows

__all__ = ["End", "is_watched", "may_run_away", "watched_responses"]

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


def watched_responses(y: Array, weights: Array, deviance: Array) -> Array:
    """Return the responses of rows that may be a sign if they are open, for their unit deviance is small."""
    small = y[(weights > 0.0) & ((deviance <= WATCHED) | (weights * deviance <= WATCHED))]
    return small if len(small) < MANY else np.unique(small)


def is_watched(family: Family, responses: Array) -> bool:
    """Return whether some of the responses are open."""
    return bool(len(responses)) and bool(np.any(np.logical_or(*openness_of(family, responses))))


def may_run_away(problem: Problem, family: Family, mean: RowMeans, end: End, watched: bool = True) -> bool:
    """Return whether some row of a problem, which may be part of a larger one, is a cheap sign.

    One is where an open row is close to its limit, or where the iterations did not converge and there
    is an open row; O(n), but where none is `watched`.
    """
    if not watched and end.converged and ROOM * end.squared_step <= WATCHED:
        return False
    limit = NEAR_LIMIT if end.condition <= STEEP else NEAR_LIMIT_STEEP

    def open_and_close(rows: slice) -> bool:
        y, weights = problem.y[rows], problem.weights[rows]
        deviance = family.unit_deviance(y, mean(rows))
        close = (deviance <= limit) | (weights * deviance <= ROOM * end.squared_step)
        asked = (weights > 0.0) & (close | (not end.converged))
        return bool(np.any(asked)) and bool(np.any(np.logical_or(*openness_of(family, y[asked]))))

    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        return any(over_rows(open_and_close, len(problem.y)))
