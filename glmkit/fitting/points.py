"""Points of an iteration, and the pass over the rows that finds one.

A pass visits blocks of rows: from the linear predictor of a block it makes the block's part of the
deviance, and, while that is at hand, the weights and residuals of which score and information consist.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import isfinite, nan
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.compiled.layout import CHI_SQUARE, SQUARES
from glmkit.design.matrix import Swept, Visited
from glmkit.families.base import Family, Mean
from glmkit.families.links import Identity
from glmkit.families.losses import Loss
from glmkit.fitting.fitted import Fitted
from glmkit.fitting.signs import Close, Watch, close_rows
from glmkit.numerics.factor import InformationFactor
from glmkit.numerics.rowwise import over_rows
from glmkit.numerics.tally import Tally
from glmkit.numerics.vectors import all_positive, is_ones

__all__ = [
    "Asked",
    "Losses",
    "Point",
    "Quadratic",
    "RowPass",
    "Sums",
    "block_deviance",
    "counted",
    "is_last",
    "is_linear",
    "losses_of",
    "observed_weights",
    "pearson_sum",
    "released",
    "uneven",
    "weight_unit",
    "without_noise",
]


# Size of losses, as a multiple of the deviance that is their sum, up to which their rounding does not show.
LOSSES_SIZE = 50.0
# Linear predictors from which on means may leave the range of doubles, or stop at its end.
LARGEST = 700.0
# Step of the differences for the observed information: the cube root of a rounding.
DIFFERENCE = 6e-6
# Weights this far apart are still fitted alike: standard errors a thousand times larger.
EVEN = 1e-6
# The rounding of a step, 1e-15 of the predictor, has to stay below the tolerance, 1e-9, in the unit.
SMALLEST_UNIT = 1e-8


class Asked(Enum):
    """What a point is to be found with, besides its merit."""

    STEP = "score and information"
    SCORE = "the score, for a step on an information that is known"
    MERIT = "nothing: no step is to follow"
    LAST = "score and information, with the merit to the last digits and all else of a last pass: if none follows"


def is_last(asked: Asked) -> bool:
    """Return whether a pass may be the last one, and finds what is printed."""
    return asked is Asked.MERIT or asked is Asked.LAST


class Sums(NamedTuple):
    """Sums over rows that a step is made of."""

    score: Array  # (p,) X' w (y - mu) dmu / V
    gram: Array | None  # (p, p) X'WX; None where every point has the same, or it was not asked for
    squares: float  # eta'W eta
    pearson: float  # sum of residual^2 / W, where the dispersion is estimated

    @classmethod
    def of(cls, swept: Swept) -> Sums | None:
        """Return those of a sweep; None of one that left the valid region."""
        if swept.tdot is None:
            return None
        return cls(swept.tdot, swept.gram, *swept.sums[SQUARES : CHI_SQUARE + 1].tolist())


class Measures(NamedTuple):
    """What else a pass adds up after which no step is to follow."""

    pearson: float  # Pearson's statistic
    watch: Watch  # for signs of a maximum at infinity


class Point(NamedTuple):
    """Where the iteration stands.

    Parameters
    ----------
    beta : (p,) array
        Coefficients.
    fitted : Fitted
        Linear predictor and mean of each row.
    merit : float
        To be lowered: the deviance; inf outside the valid region.
    sums : Sums, optional
        What the pass that found the point has added up besides.
    exact : bool
        Whether the merit is right to the last digits; else it is good enough to steer by.
    measures : Measures, optional
        What the last pass has added up besides.
    """

    beta: Array
    fitted: Fitted
    merit: float
    sums: Sums | None = None
    exact: bool = True
    measures: Measures | None = None

    @property
    def eta(self) -> Array:
        """The linear predictor of all rows, (n,)."""
        return self.fitted.eta

    @property
    def mean(self) -> Mean:
        """The mean of all rows, (n,) each."""
        return self.fitted.mean


def released(point: Point) -> Point:
    """Return a point without the sums of its pass: once a step is made of them, their matrix is in the way."""
    beta, fitted, merit, sums, exact, measures = point
    return point if sums is None else Point(beta, fitted, merit, None, exact, measures)


class Quadratic(NamedTuple):
    """The merit's expected quadratic model at a point."""

    score: Array  # (p,) X' w (y - mu) dmu / V
    factor: InformationFactor  # of X'WX
    step: Array  # (p,) information^-1 score
    unit: float  # dispersion: the squared length of one standard error of eta


def without_noise(quadratic: Quadratic, floor: float) -> Quadratic:
    """Return the quadratic without its step where a perfect fit has left nothing but rounding."""
    is_noise = quadratic.unit <= floor and float(quadratic.step @ quadratic.score) <= floor
    return quadratic._replace(step=np.zeros_like(quadratic.step)) if is_noise else quadratic


@dataclass(eq=False)  # thawed: one is made for each pass
class RowPass:
    """What a pass makes of a block of rows.

    The sums are merit, eta'W eta and Pearson's statistic.

    Parameters
    ----------
    family : Family
    y, weights : (n,) arrays
    offset : (n,) array or None
        None where it is zero.
    eta : (n,) array
        Is filled with the linear predictor.
    asked : Asked
    loss : Loss or None
        Is added up instead of the deviance.
    close : list of Close
        Is filled by the last pass.
    """

    family: Family
    y: Array
    weights: Array
    offset: Array | None
    eta: Array
    asked: Asked
    loss: Loss | None
    close: list[Close] = field(default_factory=list)

    def __call__(self, rows: slice, eta: Array) -> Visited:
        """Visit a block; without derivatives where it leaves the valid region."""
        if self.offset is not None:
            eta += self.offset[rows]
        self.eta[rows] = eta
        family, y, weights = self.family, self.y[rows], self.weights[rows]
        mean = family.mean(eta)
        merit, pearson = self._measured(y, weights, eta, mean)
        if self.asked is Asked.MERIT or not isfinite(merit):
            return Visited(np.array([merit, 0.0, pearson]))
        working = counted(weights, family.working_weight(mean))
        residual = counted(weights, family.score_residual(y, mean))
        if family.dispersion is None and self.asked is not Asked.LAST:
            pearson = pearson_sum(working, residual)
        sums = np.array([merit, working @ (eta * eta), pearson])
        informed = self.asked is not Asked.SCORE and family.constant_weight is None
        return Visited(sums, residual, working if informed else None)

    def _measured(self, y: Array, weights: Array, eta: Array, mean: Mean) -> tuple[float, float]:
        """Return merit and, in a last pass, Pearson's statistic."""
        if is_last(self.asked):
            return self._last_sums(y, weights, eta, mean)
        if self.loss is None:
            return block_deviance(self.family, y, weights, eta, mean), 0.0
        return block_loss(self.loss, y, weights, eta, mean), 0.0

    def _last_sums(self, y: Array, weights: Array, eta: Array, mean: Mean) -> tuple[float, float]:
        unit = _unit_deviances(self.family, y, weights, eta, mean)
        if unit is None:
            return nan, 0.0
        with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
            self.close.append(close_rows(y, weights, unit))
            residual = self.family.pearson(y, mean)
            squares = counted(weights, residual * residual)
            return float(counted(weights, unit).sum()), float(squares.sum())


class Losses(NamedTuple):
    """The deviance as twice a sum of losses less its least value."""

    loss: Loss
    least: float
    size: float  # sum of the terms' sizes, of which roundings are a share

    def deviance(self, total: float) -> float:
        """Return the deviance of means whose losses have this sum."""
        return 2.0 * (total - self.least)

    def tell(self, deviance: float) -> bool:
        """Return whether a deviance is so large that roundings of the losses do not show."""
        return self.size <= LOSSES_SIZE * deviance < float("inf")


def losses_of(loss: Loss, y: Array, weights: Array, tally: Tally | None = None) -> Losses | None:
    """Return what the sum of losses is at least, by the tally of y where there is one; None where rows have none."""
    if tally is not None:
        y, weights = tally

    def part(rows: slice) -> tuple[float, float, float]:
        with np.errstate(all="ignore"):
            least = counted(weights[rows], loss.least(y[rows]))
        return float(least.sum()), float(np.abs(least).sum()), float(weights[rows].sum())

    least, size, total = map(sum, zip(*over_rows(part, len(y)), strict=True))
    return Losses(loss, least, size + total) if np.isfinite(size + total) else None


def weight_unit(weights: Array) -> float:
    """Return the square of the unit of a step, so that tiny weights are fitted as well as weights of 1.

    Standard errors of 1e6, of weights of 1e-12, would make of any step a small one.
    """
    return 1.0 if is_ones(weights) else min(1.0, float(np.max(weights, initial=0.0)) or 1.0) * uneven(weights)


def uneven(weights: Array) -> float:
    """Return how much smaller the square of the unit is for rows whose weights are far below others'."""
    largest = float(np.max(weights, initial=0.0))
    smallest = float(np.min(weights, initial=largest, where=weights > 0))
    return min(1.0, max(smallest / largest / EVEN, SMALLEST_UNIT)) if largest > 0 else 1.0


def is_linear(family: Family) -> bool:
    """Return whether one weighted least squares solves every model of a family: no iteration is owed."""
    return family.canonical and family.link == Identity()


def block_deviance(family: Family, y: Array, weights: Array, eta: Array, mean: Mean) -> float:
    """Return the deviance of some rows, nan where eta or mu leaves its range."""
    unit = _unit_deviances(family, y, weights, eta, mean)
    return float("nan") if unit is None else float(np.sum(counted(weights, unit)))


def _unit_deviances(family: Family, y: Array, weights: Array, eta: Array, mean: Mean) -> Array | None:
    """Return the unit deviances of some rows; None where eta or mu leaves its range in one that counts."""
    valid = np.isfinite(eta) & family.link.valid(eta) & family.valid_mean(mean)
    return family.unit_deviance(y, mean) if np.all(valid) or np.all(valid | (weights <= 0)) else None


def block_loss(loss: Loss, y: Array, weights: Array, eta: Array, mean: Mean) -> float:
    """Return the sum of the losses of some rows, nan where eta may leave its range: the deviance tells more there."""
    if len(eta) and not eta.max() < LARGEST:
        return float("nan")
    with np.errstate(all="ignore"):  # inf or nan, and so is the sum
        return float(counted(weights, loss.of(y, mean, eta)).sum())


def observed_weights(family: Family, y: Array, weights: Array, eta: Array) -> Array:
    """Return -d2 l / d eta2 of every row times its weight, (n,), by central differences of the score residual."""
    away = DIFFERENCE * (1.0 + np.abs(eta))
    ahead, behind = (family.score_residual(y, family.mean(eta + change)) for change in (away, -away))
    with np.errstate(invalid="ignore"):  # a row of zero weight may be at infinity
        return counted(weights, (behind - ahead) / (2.0 * away))


def counted(weights: Array, values: Array) -> Array:
    """Return weights times values; 0 in rows without weight, where a value may be infinite."""
    if is_ones(weights):
        return values
    return weights * (values if all_positive(weights) else np.where(weights > 0, values, 0.0))


def pearson_sum(working: Array, residual: Array) -> float:
    """Return Pearson's statistic from the terms of the score: the sum of residual^2 / W."""
    with np.errstate(all="ignore"):  # rows whose weight underflows do not count
        return float(np.sum(np.where(working > 0, residual * residual / working, 0.0)))
