"""A point inside the valid region to start from, whatever holds the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.families.base import Family
from glmkit.fitting.objective import Point
from glmkit.numerics.factor import InformationFactor

__all__ = ["Start", "drawn_back", "valid_point"]

# Halvings of the way from a mean inside the valid region to the first least squares.
START_HALVINGS = 60


class Start(NamedTuple):
    """A point to start from, and where it is known the factor of an information much like that at the point."""

    point: Point
    factor: InformationFactor | None = None


class Startable(Protocol):
    """An objective of one family."""

    @property
    def family(self) -> Family:
        """The family."""
        ...

    def at(self, beta: Array) -> Point:
        """Return the point at these coefficients."""
        ...


def valid_point(objective: Startable, beta: Array) -> Point:
    """Return the point at coefficients the caller gave, (p,) of the columns fitted.

    Raises
    ------
    FitError
        They give a mean outside the range.
    """
    point = objective.at(beta)
    if not np.isfinite(point.merit):
        raise FitError(
            "start= gives fitted means outside the range of the family or link. "
            "Leave it out, or give coefficients whose fitted means are valid.",
            argument="start",
        )
    return point


def drawn_back(objective: Startable, beta: Array, inner: Callable[[], Sequence[Array]]) -> Point:
    """Return the point at `beta`; where it is invalid, drawn by halves to the first of `inner` that lets it be valid.

    Raises
    ------
    FitError
        None has.
    """
    point = objective.at(beta)
    if np.isfinite(point.merit):
        return point
    for inside in inner():
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
