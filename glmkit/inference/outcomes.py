"""A binomial fit as its events and failures, with their fitted probabilities in order.

Trials and frequencies are rows repeated: everything here is the same for grouped data and
for the single trials they sum up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit

__all__ = ["Outcomes", "forecast_groups", "outcomes_of", "quantile_groups"]

# Probabilities closer than this share of themselves are one: equal rows of the design give
# sums in another order, and so means that differ in the last digits.
TIED = 1e-10


class Outcomes(NamedTuple):
    """Distinct forecasts in ascending order, with the events and failures of each, all (k,)."""

    mu: Array
    comu: Array
    events: Array
    failures: Array

    @property
    def trials(self) -> Array:
        """Events and failures together."""
        return self.events + self.failures


def outcomes_of(fit: GLMFit) -> Outcomes:
    """Return the events and failures at each distinct fitted probability.

    Raises
    ------
    FitError
        The response is not one of events.
    """
    if fit.family.response_kind != "binomial":
        raise FitError(
            f"This asks for events and failures, and the response of the {fit.family.name} family is not 0/1 or "
            "a proportion. It goes with Binomial() and QuasiBinomial().",
            family=fit.family,
        )
    used = np.flatnonzero(fit.problem.weights > 0)
    order = used[np.argsort(fit.mean.mu[used], kind="stable")]
    mu, y, weights = fit.mean.mu[order], fit.problem.y[order], fit.problem.weights[order]
    first = np.flatnonzero(np.concatenate([[True], _apart(mu, fit.mean.comu[order])]))
    return Outcomes(
        mu[first],
        fit.mean.comu[order][first],
        np.add.reduceat(weights * y, first),
        np.add.reduceat(weights * (1.0 - y), first),
    )


def _apart(mu: Array, comu: Array) -> Array:
    """Return whether each forecast differs from the one before it, (n - 1,)."""
    return np.asarray(np.diff(mu) > TIED * np.minimum(mu[1:], comu[:-1]))


def quantile_groups(rows: Outcomes, groups: int) -> IntArray:
    """Return the group, 0 to at most `groups` - 1, of each distinct forecast, (k,).

    Cut at the quantiles k / `groups` of the forecasts, interpolated between order
    statistics (definition 7 of Hyndman and Fan 1996); equal forecasts are never parted, so
    that the order of the rows does not matter, and groups left empty are passed over.
    """
    last = np.cumsum(rows.trials)  # trials up to and with each forecast
    place = (last[-1] - 1.0) * np.arange(1, groups) / groups
    lower = np.minimum(np.searchsorted(last, np.floor(place), side="right"), len(last) - 1)
    upper = np.minimum(np.searchsorted(last, np.floor(place) + 1.0, side="right"), len(last) - 1)
    share = place - np.floor(place)
    cuts = rows.mu[lower] + (rows.mu[upper] - rows.mu[lower]) * share
    return np.asarray(np.unique(np.searchsorted(cuts, rows.mu, side="left"), return_inverse=True)[1])


def forecast_groups(rows: Outcomes, groups: int | None) -> IntArray:
    """Return a group for each distinct forecast where `groups` is None, else quantile groups."""
    return np.arange(len(rows.mu)) if groups is None else quantile_groups(rows, groups)


def check_groups(groups: int, least: int) -> int:
    """Return a number of groups, or raise."""
    if isinstance(groups, bool) or not isinstance(groups, (int, np.integer)) or groups < least:
        raise FitError(
            f"groups={groups!r} is not a number of groups. Give a whole number from {least} up, such as 10.",
            argument="groups",
            value=groups,
        )
    return int(groups)
