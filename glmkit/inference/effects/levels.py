"""Averages of the probabilities of a response's levels, with their gradients by the coefficients."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference.effects.counterfactual import Coded
from glmkit.inference.effects.functionals import (
    BY_RELATIVE_CHANGE,
    RELATIVE_CHANGE,
    Functional,
    Mean,
    Quantity,
    Response,
    Slope,
    used_rows,
)
from glmkit.inference.estimate import Estimate
from glmkit.inference.probabilities import LevelProbabilities, probabilities_of
from glmkit.inference.protocols import FittedModel

__all__ = ["Levels", "response_of"]


def response_of(model: FittedModel, what: str) -> Response:
    """Return what a fit predicts: a mean, or the probabilities of the levels."""
    probabilities = probabilities_of(model, what)
    return Mean(model.family) if probabilities is None else Levels(probabilities)


@dataclass(frozen=True, eq=False)
class Levels:
    """The probabilities of the levels of a response."""

    probabilities: LevelProbabilities

    @property
    def levels(self) -> tuple[Hashable, ...]:
        """The levels."""
        return self.probabilities.levels

    def average(self, coded: Coded, weights: Array) -> Functional:
        """Return the average probability of each level over rows."""
        coded, share = used_rows(coded, weights)

        def averaged(estimate: Estimate) -> Quantity:
            reached = self.probabilities.at(estimate, coded.rows, coded.offset)
            weighted = share[:, None, None] * reached.jacobian
            return Quantity(share @ reached.values, _summed(weighted, reached.rows))

        return averaged

    def average_link(self, coded: Coded, weights: Array) -> Functional:
        """Refuse: a row has several linear predictors."""
        raise FitError(
            f'type="link" is not there for {self.probabilities.model.family!r}, whose rows have several linear '
            'predictors. Choose "response", or predict(type="link").',
            argument="type",
        )

    def average_slope(self, slope: Slope, weights: Array, kind: str) -> Functional:
        """Return the average of d p / d x, or of an elasticity, of each level over rows.

        Notes
        -----
        With J = d p / d eta and s = d eta / d x, d p / d x = J s, whose gradient is
        (dJ along s) d eta / d beta + J ds / d beta (25.9).
        """
        here, share = used_rows(slope.here, weights)
        change, x = used_rows(slope.change, weights)[0], slope.x[weights > 0]
        scale = share * x if kind in BY_RELATIVE_CHANGE else share

        def averaged(estimate: Estimate) -> Quantity:
            reached = self.probabilities.at(estimate, here.rows, here.offset)
            moved, moved_rows = self.probabilities.changes(estimate, change.rows, change.offset)
            effect = np.einsum("mlk,mk->ml", reached.jacobian, moved)
            by_eta = self.probabilities.curvature(reached.eta, moved)
            by_slope = reached.jacobian
            if kind in RELATIVE_CHANGE:  # divide by p, whose own gradient is J
                with np.errstate(divide="ignore", invalid="ignore"):  # a level without a chance
                    relative = (effect / reached.values)[:, :, None]
                    each = reached.values[:, :, None]
                    by_eta = (by_eta - relative * reached.jacobian) / each
                    effect, by_slope = relative[:, :, 0], by_slope / each
            weigh = scale[:, None, None]
            gradient = _summed(weigh * by_eta, reached.rows) + _summed(weigh * by_slope, moved_rows)
            return Quantity(scale @ effect, gradient)

        return averaged


def _summed(weighted: Array, rows: Array) -> Array:
    """Return the sums over rows and predictors, (L, p), of (m, L, K) and (m, K, p)."""
    return np.asarray(np.tensordot(weighted, rows, axes=([0, 2], [0, 1])))
