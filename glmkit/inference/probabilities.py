"""Probabilities of the levels of a response, as functions of rows of the design and of the coefficients.

For the predictors eta_k = L_k beta + o_k of a row, the probability of level l is p_l(eta), and
its gradient by all coefficients is sum over k of (d p_l / d eta_k) L_k (21.7). Marginal means
and effects of multinomial and ordinal fits ask for nothing else.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np

from glmkit._typing import Array
from glmkit.design.dense import DenseDesign
from glmkit.errors import DataError, FitError
from glmkit.inference.components import ComponentModel, levels_of, predictor_rows
from glmkit.inference.estimate import Estimate
from glmkit.inference.protocols import AnyModel, FittedModel

__all__ = ["LevelProbabilities", "Reached", "probabilities_of"]

# Step of the differences of the jacobian along a direction, in units of the predictor that moves
# most: their error is its fourth power times that of exp(eta) under a complementary log-log link,
# and rounding over it is 1e-12.
STEP = 3e-4


class Reached(NamedTuple):
    """Probabilities of m rows; the jacobian is nan where a predictor is infinite."""

    values: Array  # (m, L)
    jacobian: Array  # (m, L, K) by the predictors
    rows: Array  # (m, K, p) the linear functions that the predictors are
    eta: Array  # (m, K)

    @property
    def gradients(self) -> Array:
        """Gradients of `values` by all coefficients, (m, L, p)."""
        return np.asarray(np.einsum("mlk,mkp->mlp", self.jacobian, self.rows))


@dataclass(frozen=True, eq=False)
class LevelProbabilities:
    """Probabilities of the levels of a fit's response."""

    model: ComponentModel

    @property
    def levels(self) -> tuple[Hashable, ...]:
        """The levels, L of them."""
        return levels_of(self.model.frame)

    def predictors(self, estimate: Estimate, design: Array, offset: Array) -> tuple[Array, Array]:
        """Return the predictors of m rows, (m, K), and the linear functions they are, (m, K, p).

        Parameters
        ----------
        estimate : Estimate
        design : (m, q) array
            Of the right-hand side.
        offset : (m,) array
        """
        return self._values(estimate, self._rows(design), offset)

    def changes(self, estimate: Estimate, design: Array, offset: Array) -> tuple[Array, Array]:
        """Return how the predictors change where design and offset do so: what is constant in them stays."""
        rows = self._rows(design) - self._rows(np.zeros((1, design.shape[1])))
        return self._values(estimate, rows, offset)

    def _rows(self, design: Array) -> Array:
        columns = DenseDesign(np.asfortranarray(design))
        return predictor_rows(self.model.frame, self.model.family, [columns], len(design))

    def _values(self, estimate: Estimate, rows: Array, offset: Array) -> tuple[Array, Array]:
        linear = estimate.linear(rows.reshape(rows.shape[0] * rows.shape[1], rows.shape[2])).reshape(
            rows.shape[:2]
        )
        return linear + self._offsets(offset), rows

    def _offsets(self, offset: Array) -> Array:
        """Return what an offset of one column adds to the predictors, (n, K)."""
        family, levels = self.model.family, self.levels
        pattern = family.offset_pattern(levels)
        if pattern is None and np.any(offset):
            raise DataError(
                f"A response of {len(levels)} levels takes no offset of one column: added to every level it "
                "cancels. Leave it out.",
                argument="offset",
            )
        return np.outer(offset, np.zeros(family.predictors(levels)) if pattern is None else pattern)

    def at(self, estimate: Estimate, design: Array, offset: Array) -> Reached:
        """Return the probabilities of m rows; where predictors are infinite, their limits."""
        family = self.model.family
        eta, rows = self.predictors(estimate, design, offset)
        with np.errstate(all="ignore"):  # infinite predictors
            values, jacobian = family.fitted(eta), family.jacobian(eta)
        far = ~np.all(np.isfinite(eta), axis=1)
        if np.any(far):
            jacobian = np.where(far[:, None, None], np.nan, jacobian)
            values = family.fitted_in_the_limit(eta, rows, self._offsets(offset), estimate.linear, values)
        return Reached(values, jacobian, rows, eta)

    def curvature(self, eta: Array, direction: Array) -> Array:
        """Return how the jacobian changes along a direction (m, K) of the predictors, (m, L, K).

        By central differences, exact for polynomials of degree 4.
        """
        size = np.maximum(np.max(np.abs(direction), axis=1), 1e-300)
        total = np.zeros((1, 1, 1))
        with np.errstate(all="ignore"):  # infinite predictors, and infinite slopes of them: nan there
            unit = direction / size[:, None]
            for steps, weight in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
                total = total + weight * self.model.family.jacobian(eta + steps * STEP * unit)
            return np.asarray(total / (12.0 * STEP) * size[:, None, None])


def probabilities_of(model: FittedModel | AnyModel, what: str) -> LevelProbabilities | None:
    """Return the probabilities of the levels; None for a model with one linear predictor.

    Raises
    ------
    FitError
        Several predictors and a numeric response, or offsets that are known for the rows of the
        fit only.
    """
    if model.family.model_kind == "glm":
        return None
    several = cast(ComponentModel, model)
    if not levels_of(several.frame):
        raise FitError(
            f"`{what}` is not there for {several.family!r}, whose rows have several linear predictors and a numeric "
            "response. Use predict(newdata, se=True).",
            name=what,
        )
    frame, offsets = several.frame, several.fit.problem.offset
    unknown = frame.offset is None and np.any(np.isfinite(offsets) & (offsets != 0.0))
    if frame.level_offsets or unknown:
        raise FitError(
            f"`{what}` changes the rows, and does not know what the offsets of the levels are then. Use "
            "predict(newdata, offset=, se=True).",
            name=what,
        )
    return LevelProbabilities(several)
