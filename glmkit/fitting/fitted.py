"""Linear predictors and means of the rows, which are made only where they are asked for.

Sums over rows go by blocks, each with its own means: nothing of the number of the rows is made for them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.matrix import Design
from glmkit.families.base import Family, Mean

__all__ = ["Fitted", "FittedAs", "FittedAt", "FittedByCell"]

ALL = slice(None)


class Fitted(ABC):
    """Linear predictor and mean of each row, made when they are asked for."""

    @cached_property
    def eta(self) -> Array:
        """The linear predictor of all rows, (n,)."""
        with np.errstate(all="ignore"):  # infinite ones, and rows without weight, which may be anywhere
            return self.predictor_of(ALL)

    @cached_property
    def mean(self) -> Mean:
        """The mean of all rows, (n,) each."""
        with np.errstate(all="ignore"):
            return self.mean_of(ALL)

    def of(self, rows: slice) -> Mean:
        """Return the mean of some rows."""
        return self.mean.of(rows) if "mean" in self.__dict__ else self.mean_of(rows)

    @abstractmethod
    def predictor_of(self, rows: slice) -> Array:
        """Return the linear predictor of some rows."""

    @abstractmethod
    def mean_of(self, rows: slice) -> Mean:
        """Return the mean of some rows, made anew."""


@dataclass(frozen=True, eq=False)
class FittedAt(Fitted):
    """The means of a family at a linear predictor, (n,)."""

    predictor: Array
    family: Family

    def predictor_of(self, rows: slice) -> Array:
        """Return the linear predictor of some rows."""
        return self.predictor[rows]

    def mean_of(self, rows: slice) -> Mean:
        """Return the mean of some rows."""
        return self.family.mean(self.predictor[rows])


@dataclass(frozen=True, eq=False)
class FittedBy(Fitted):
    """The means of a family at  X beta + offset,  which is made when it is asked for."""

    design: Design
    beta: Array
    offset: Array | None  # (n,)
    family: Family

    @cached_property
    def predictor(self) -> Array:
        """The linear predictor, (n,)."""
        with np.errstate(all="ignore"):
            eta = self.design.dot(self.beta)
            if self.offset is not None:
                eta += self.offset
        return eta

    def predictor_of(self, rows: slice) -> Array:
        """Return the linear predictor of some rows."""
        return self.predictor[rows]

    def mean_of(self, rows: slice) -> Mean:
        """Return the mean of some rows."""
        return self.family.mean(self.predictor[rows])


@dataclass(frozen=True, eq=False)
class FittedAs(Fitted):
    """A linear predictor, (n,), with means that are there already."""

    predictor: Array
    given: Mean

    def predictor_of(self, rows: slice) -> Array:
        """Return the linear predictor of some rows."""
        return self.predictor[rows]

    def mean_of(self, rows: slice) -> Mean:
        """Return the mean of some rows."""
        return self.given.of(rows)


@dataclass(frozen=True, eq=False)
class FittedByCell(Fitted):
    """The means of a family where rows of one cell share a linear predictor but for an offset."""

    codes: IntArray  # (n,)
    of_cells: Array  # (c,)
    offset: Array | None  # (n,)
    family: Family

    def predictor_of(self, rows: slice) -> Array:
        """Return the linear predictor of some rows."""
        eta = self.of_cells[self.codes[rows]]
        if self.offset is not None:
            eta += self.offset[rows]
        return eta

    def mean_of(self, rows: slice) -> Mean:
        """Return the mean of some rows."""
        return self.family.mean(self.predictor_of(rows))
