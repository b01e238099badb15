"""The arrays of one model, as the fitting room takes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from glmkit._typing import Array
from glmkit.design.matrix import Design
from glmkit.numerics.tally import Tally, tally_of
from glmkit.numerics.vectors import all_positive, is_ones, repeated

__all__ = ["Problem"]


@dataclass(frozen=True, eq=False)
class Problem:
    """Response, design and row arguments over the rows used.

    Parameters
    ----------
    design : Design
        All p columns as coded, dependent ones too.
    y : (n,) array
        Response; a proportion for binomial data.
    prior : (n,) array
        Prior weights; the trials are already in them.
    frequency : (n,) array or None
        How often each row counts.
    offset : (n,) array or None
        On the link scale.
    trials : (n,) array or None
        Trials behind each proportion.
    intercept : bool
        Whether the null model has an intercept.
    constant : (p,) array or None
        a with X a = 1, where the span holds the constant.
    method : {"ml", "firth", "median", "jeffreys"}
        How the coefficients are estimated; fits to parts of a problem inherit it.
    penalised : Design or None
        The columns whose information a penalised likelihood uses, where they are more
        than the design's: those of the model that a profile is of.
    """

    design: Design
    y: Array
    prior: Array
    frequency: Array | None = None
    offset: Array | None = None
    trials: Array | None = None
    intercept: bool = True
    constant: Array | None = None
    method: str = "ml"
    penalised: Design | None = None

    @cached_property
    def weights(self) -> Array:
        """Prior times frequency weights, (n,)."""
        return self.prior if self.frequency is None else self.prior * self.frequency

    @cached_property
    def counts(self) -> Array:
        """How often each row counts: its frequency, 0 where its weight is 0."""
        frequency = repeated(1.0, len(self.y)) if self.frequency is None else self.frequency
        return frequency if all_positive(self.weights) else np.where(self.weights > 0, frequency, 0.0)

    @cached_property
    def tally(self) -> Tally | None:
        """How often each response occurs, where many rows of equal weight have few whole numbers."""
        return tally_of(self.y) if self.trials is None and is_ones(self.weights) else None

    @cached_property
    def nobs(self) -> float:
        """Rows that count."""
        return float(np.count_nonzero(self.weights > 0) if self.frequency is None else np.sum(self.counts))

    @cached_property
    def added(self) -> Array:
        """The offset, zeros where there is none."""
        return repeated(0.0, len(self.y)) if self.offset is None else self.offset
