"""Where the iterations over a stream start: the first least squares, drawn back where it is invalid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glmkit._typing import Array
from glmkit.fitting.chunked.basics import Basics
from glmkit.fitting.chunked.objective import ChunkedObjective
from glmkit.fitting.objective import Point
from glmkit.fitting.starting import drawn_back, valid_point

__all__ = ["given_point", "other_starts", "starting_point"]


def given_point(objective: ChunkedObjective, start: Array) -> Point:
    """Return the point at coefficients (p,) of all columns as coded."""
    independence = objective.independence
    return valid_point(objective, independence.centring.to_fitted(start[independence.kept]))


def starting_point(objective: ChunkedObjective, basics: Basics) -> Point:
    """Return the point of one weighted least squares, drawn back to the constant mean where it is invalid."""
    return drawn_back(objective, objective.beginning.gamma, lambda: _inner_coefficients(objective, basics))


def other_starts(objective: ChunkedObjective, basics: Basics) -> Iterator[Point]:
    """Yield valid points of the mean, the largest and, of few rows, the median response, as in memory."""
    constant, total = objective.independence.centring.span_constant, float(basics.weight.value)
    if constant is None or not total > 0.0:
        return
    means = [float(basics.response.value) / total, basics.largest_response]
    if basics.are_few:
        means.append(float(np.median(np.concatenate(basics.responses))))
    middle = float(basics.offset.value) / basics.rows if basics.first.offset is not None else 0.0
    for mean in means:
        point = objective.at(constant * (objective.family.link(np.array([mean]))[0] - middle))
        if np.isfinite(point.merit):
            yield point


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
