"""Directions of recession without the rows they move: of a saved model, or of a fit in chunks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glmkit._typing import Array
from glmkit.fitting.absent import rows_needed
from glmkit.fitting.recession import CONSTANT, Recession

__all__ = ["KnownLimits"]


@dataclass(frozen=True, eq=False)
class KnownLimits(Recession):
    """Directions of recession without their rows: the limits of the coefficients are known.

    Those of other linear functions follow from one direction; with several they depend on
    the rows, and asking for one says so.

    Parameters
    ----------
    units : (p, p) array
        The coefficients as coded, as functions of those fitted.
    known : (p,) array
        Their limits: 0 where finite, inf, -inf, or nan.
    """

    units: Array
    known: Array

    def limits(self, rows: Array) -> Array:
        """Return where linear functions of the coefficients go along the cone."""
        return np.array([self._limit(row) for row in rows], dtype=np.float64)

    def _limit(self, row: Array) -> float:
        same = np.flatnonzero(np.all(self.units == row, axis=1))
        if len(same):
            return float(self.known[same[0]])
        if self.dimension == 1:  # no row is asked
            return float(super().limits(row[None, :])[0])
        if np.all(np.abs(row @ self.basis) <= CONSTANT * (np.abs(row) @ np.abs(self.basis))):
            return 0.0
        raise rows_needed("to say whether this is finite, the separated rows")
