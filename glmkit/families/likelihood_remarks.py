"""What has to be said of a family's log-likelihood, from counts of rows that add up over chunks."""

from __future__ import annotations

from typing import ClassVar

from glmkit._typing import Array

__all__ = ["LikelihoodRemarks"]


class LikelihoodRemarks:
    """How far the log-likelihood of some data can be read, and what it depends on."""

    rowwise_dispersion: ClassVar[bool] = False
    """Whether the dispersion of the likelihood depends on every response, not on sums alone."""

    def likelihood_note(self, y: Array, weights: Array, trials: Array | None = None) -> str | None:
        """Return a sentence on how far the log-likelihood of these data can be read, or None."""
        return self.broken_note(self.broken_rows(y, weights, trials))

    def broken_rows(self, y: Array, weights: Array, trials: Array | None = None) -> int:
        """Return how many responses the likelihood does not hold for as they stand."""
        return 0

    def broken_note(self, rows: int) -> str | None:
        """Return what that many such rows mean for the log-likelihood, in a sentence; None for nothing."""
        return None
