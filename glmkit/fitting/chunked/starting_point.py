"""Where the iterations over a stream start: the first least squares, drawn back where it is invalid."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.fitting.chunked.basics import Basics
from glmkit.fitting.chunked.objective import ChunkedObjective
from glmkit.fitting.objective import Point

__all__ = ["given_point", "starting_point"]

# Halvings of the way from a mean inside the valid region to the first least squares.
START_HALVINGS = 60


def given_point(objective: ChunkedObjective, start: Array) -> Point:
    """Return the point at coefficients (p,) of all columns as coded.

    Raises
    ------
    FitError
        They give a mean outside the range.
    """
    independence = objective.independence
    point = objective.at(independence.centring.to_fitted(start[independence.kept]))
    if not np.isfinite(point.merit):
        raise FitError(
            "start= gives fitted means outside the range of the family or link. "
            "Leave it out, or give coefficients whose fitted means are valid.",
            argument="start",
        )
    return point


def starting_point(objective: ChunkedObjective, basics: Basics) -> Point:
    """Return the point of one weighted least squares, drawn back to the constant mean where it is invalid."""
    beta = objective.beginning.gamma
    point = objective.at(beta)
    if np.isfinite(point.merit):
        return point
    for inside in _inner_coefficients(objective, basics):
        for halvings in range(START_HALVINGS + 1):
            point = objective.at(inside + (beta - inside) * 0.5**halvings)
            if np.isfinite(point.merit):
                return point
        point = objective.at(inside)
        if np.isfinite(point.merit):
            return point
    raise FitError(
        f"No valid starting value was found for {objective.family!r}: the linear predictor leaves the "
        "range of the link or of the family. Give start= with coefficients whose fitted means are valid.",
    )


def _inner_coefficients(objective: ChunkedObjective, basics: Basics) -> list[Array]:
    """Return candidates for coefficients with a valid mean in every row."""
    candidates = [np.zeros(objective.p)]
    constant = objective.independence.centring.span_constant
    total = float(basics.weight.value)
    if constant is not None and total > 0.0:
        eta = objective.family.link(np.array([float(basics.response.value) / total]))[0]
        low, high, middle = 0.0, 0.0, 0.0
        if basics.first.offset is not None:
            (low, high), middle = basics.offset_range, float(basics.offset.value) / basics.rows
        candidates = [constant * (eta - offset) for offset in (middle, low, high)] + candidates
    return [candidate for candidate in candidates if np.all(np.isfinite(candidate))]
