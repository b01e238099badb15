"""Where the iterations over a stream start: the first least squares, drawn back where it is invalid."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array
from glmkit.fitting.chunked.basics import Basics
from glmkit.fitting.chunked.objective import ChunkedObjective
from glmkit.fitting.objective import Point
from glmkit.fitting.starting import drawn_back, valid_point

__all__ = ["given_point", "starting_point"]


def given_point(objective: ChunkedObjective, start: Array) -> Point:
    """Return the point at coefficients (p,) of all columns as coded."""
    independence = objective.independence
    return valid_point(objective, independence.centring.to_fitted(start[independence.kept]))


def starting_point(objective: ChunkedObjective, basics: Basics) -> Point:
    """Return the point of one weighted least squares, drawn back to the constant mean where it is invalid."""
    return drawn_back(objective, objective.beginning.gamma, lambda: _inner_coefficients(objective, basics))


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
