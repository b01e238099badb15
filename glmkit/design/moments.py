"""Weighted means and sums of squares, of blocks of rows and joined."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glmkit._typing import Array

__all__ = ["Moments"]


class Moments(NamedTuple):
    """Total weight, weighted means and sums of squares about them, of some rows."""

    weight: float
    mean: Array
    squares: Array

    @classmethod
    def of(cls, X: Array, w: Array) -> Moments:
        """Return the moments of a block, (b, p), which is overwritten."""
        weight = float(np.sum(w))
        mean = w @ X / weight if weight > 0.0 else np.zeros(X.shape[1])
        X -= mean
        X *= X
        return cls(weight, mean, w @ X)

    def spread(self) -> tuple[Array, Array]:
        """Return the means and the standard deviations."""
        return self.mean, np.sqrt(self.squares / self.weight)

    def joined(self, other: Moments) -> Moments:
        """Return the moments of the rows of both (Chan, Golub & LeVeque 1983)."""
        weight = self.weight + other.weight
        if weight == 0.0:
            return self
        apart, share = other.mean - self.mean, other.weight / weight
        squares = self.squares + other.squares + apart**2 * (self.weight * share)
        return Moments(weight, self.mean + apart * share, squares)
