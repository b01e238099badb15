"""Directions of recession: along which the likelihood rises for ever, decided exactly.

A row is *open above* when its likelihood rises all the way as eta goes to infinity: its
response is the limit of the mean there (or lies beyond it), as y = 1 of a binomial; *open
below* likewise, as y = 0 of a Poisson count under the log link. A direction of recession
d moves open rows only the way they are open, x_i d >= 0 (<= 0), and the others not at
all. Where there is one, the likelihood has no maximum at finite coefficients; where the
log-likelihood is concave, there is a maximum otherwise.

The directions form a cone K. One d in its relative interior moves every row that any
direction moves: the *separated* rows. A linear function of the coefficients is finite in
the limit when it is constant on K, infinite with a sign when K moves it one way only, and
depends on the path otherwise.

K is decided by linear programs in the few coefficients that the closed rows leave free,
with rows added only as they are violated, and every answer is verified against all rows
in compensated arithmetic.

References
----------
Albert, A. and Anderson, J. A. (1984). On the existence of maximum likelihood estimates in
logistic regression models. Biometrika 71, 1-10.
Geyer, C. J. (2009). Likelihood inference in exponential families and directions of
recession. Electronic Journal of Statistics 3, 259-289.
Correia, S., Guimaraes, P. and Zylkin, T. (2019). Verifying the existence of maximum
likelihood estimates for generalized linear models. arXiv:1903.01633.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.design.matrix import Design
from glmkit.families.base import Family, Mean
from glmkit.fitting.cone import TIE, held_by_few, improving_direction, independent_on, margins
from glmkit.numerics.rank import vouched_by_gram
from glmkit.numerics.scaling import power_of_two

__all__ = ["CONSTANT", "Openness", "Recession", "cone_of", "far_mean", "openness_of", "recession_of"]

# As far as a linear predictor goes, and where functions that overflow there are asked.
FAR = (1e300, 1e150, 700.0)
# A unit deviance below this is an underflow: the mean is as good as the response.
NOTHING = 1e-100
# A linear function that moves along the cone by less than this share of its terms is
# constant on it: above the rounding of the cone's own basis, far below any real motion.
CONSTANT = 1e-9
# Linear functions whose answers are remembered.
MOST_ANSWERS = 4096
# Directions that later functions are tried with.
MOST_WAYS = 256


class Openness(NamedTuple):
    """Which rows, (n,) each, have their best likelihood at an infinite linear predictor."""

    below: BoolArray
    above: BoolArray


@dataclass(frozen=True, eq=False)
class Recession:
    """The cone of directions of recession of a model without a maximum.

    Coordinates are those of the independent columns it was found with.

    Parameters
    ----------
    direction : (p,) array
        In the relative interior: it moves every separated row.
    basis : (p, k) array
        Of the span of the cone; k is its dimension.
    signs : (n,) array
        1 for rows it moves up, -1 for rows it moves down, 0 for those it leaves.
    design : Design
        The independent columns.
    """

    direction: Array
    basis: Array
    signs: Array
    design: Design

    @property
    def separated(self) -> IntArray:
        """The separated rows: their fitted means are limits."""
        return np.flatnonzero(self.signs)

    @property
    def remaining(self) -> IntArray:
        """The rows that are not separated, those of zero weight among them."""
        return np.flatnonzero(self.signs == 0.0)

    @property
    def dimension(self) -> int:
        """The dimension of the cone."""
        return int(self.basis.shape[1])

    def limits(self, rows: Array) -> Array:
        """Return where linear functions of the coefficients go along the cone.

        Parameters
        ----------
        rows : (m, p) array
            In the coordinates of the independent columns.

        Returns
        -------
        (m,) array
            0 where finite, inf or -inf, nan where it depends on the path or the row is not finite.
        """
        with np.errstate(all="ignore"):  # rows that are not finite are marked below
            moved = rows @ self.basis
            size = np.abs(rows) @ np.abs(self.basis)
            along = rows @ self.direction
            length = np.abs(rows) @ np.abs(self.direction)
        finite = np.all(np.abs(moved) <= CONSTANT * size, axis=1)
        weak = np.abs(along) <= CONSTANT * length
        limits = np.where(weak, np.nan, np.copysign(np.inf, along))
        limits[finite] = 0.0
        # a missing value of new data, or one beyond doubles
        limits[~(np.isfinite(length) & np.all(np.isfinite(size), axis=1))] = np.nan
        if self.dimension == 1:
            return np.asarray(limits)
        asked = np.flatnonzero(np.isinf(limits))
        downward = -np.sign(along[asked])[:, None] * rows[asked]
        reached = self._reached(downward)
        limits[asked[reached]] = np.nan
        asked, downward = asked[~reached], downward[~reached]
        held = held_by_few(self.design, self.signs, self.basis, -downward)
        for i, row in zip(asked[~held], downward[~held], strict=True):
            if self._reaches(row):
                limits[i] = np.nan
        return np.asarray(limits)

    def _reached(self, rows: Array) -> BoolArray:
        """Return which linear functions, (m, p), a direction found before moves up."""
        directions = np.array(self._ways[-MOST_WAYS:]).reshape(-1, rows.shape[1]).T
        return np.asarray(np.any(rows @ directions > TIE * (np.abs(rows) @ np.abs(directions)), axis=1))

    def _reaches(self, row: Array) -> bool:
        """Return whether some direction of the cone moves a linear function up; one linear program a function."""
        asked = blake2b(row.tobytes(), digest_size=16).digest()  # of the row nothing is kept
        if asked not in self._answers:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[asked] = bool(self._reached(row[None, :])[0]) or self._found(row)
        return self._answers[asked]

    def _found(self, row: Array) -> bool:
        found = improving_direction(self.design, self.signs, self.basis, wanted=row)
        if found is not None:
            self._ways.append(found)
        return found is not None

    @cached_property
    def _ways(self) -> list[Array]:
        """Directions of the cone that moved a function up: most functions that can be are moved by one of a few."""
        return []

    @cached_property
    def _answers(self) -> dict[bytes, bool]:
        return {}


def recession_of(
    design: Design, y: Array, weights: Array, family: Family, *, eta: Array | None = None
) -> Recession | None:
    """Return the cone of directions of recession; None when there are none.

    Parameters
    ----------
    design : Design
        n rows, p independent columns, far ones centred.
    y, weights : (n,) arrays
        Rows of zero weight do not count.
    family : Family
    eta : (n,) array, optional
        Where a fit ended: a hint which rows are close to the edge. Never changes the
        answer, only how fast it is found.

    Notes
    -----
    O(n p^2) for the closed rows, then some passes of O(n p) and linear programs of a few
    hundred rows. Ties are exact to 1e-11 of a row's terms.
    """
    return cone_of(design, openness_of(family, y), weights > 0.0, eta)


def cone_of(design: Design, openness: Openness, counted: BoolArray, eta: Array | None) -> Recession | None:
    """Return the cone of directions that move counted rows the way they are open only; None for none."""
    below, above = openness
    free = counted & below & above
    signs = np.where(counted & ~free, above.astype(np.float64) - below, 0.0)
    bound = counted & ~free & (signs == 0.0)
    if not np.any(signs) and not np.any(free):
        return None
    scale = _column_scale(design, counted)
    basis = _null_basis(design, bound, scale)
    moved, direction = _largest_support(design, signs, basis, eta)
    still = counted & ~free & (moved == 0.0)
    basis = _null_basis(design, still, scale)
    if basis.shape[1] == 0:
        return None
    direction, moved = _with_free_rows(design, basis, direction, moved, free)
    return Recession(direction, basis, moved, design)


def openness_of(family: Family, y: Array) -> Openness:
    """Return which responses have their best likelihood at an infinite linear predictor.

    Examples
    --------
    >>> import numpy as np
    >>> from glmkit.families import Binomial, Poisson
    >>> openness_of(Binomial(), np.array([0.0, 0.3, 1.0])).above
    array([False, False,  True])
    >>> openness_of(Poisson(), np.array([0.0, 1.0])).below
    array([ True, False])
    """
    return Openness(_open(family, y, -1.0), _open(family, y, 1.0))


def _open(family: Family, y: Array, side: float) -> BoolArray:
    far = far_mean(family, side)
    with np.errstate(all="ignore"):  # the point next to zero may lie outside the domain
        near = family.mean(np.array([side])).mu[0]
    if far is None or not np.isfinite(near):
        return np.zeros(len(y), dtype=bool)
    limit = Mean(*(np.broadcast_to(part, y.shape) for part in far))
    with np.errstate(all="ignore"):  # a closed row has an infinite deviance there
        deviance = family.unit_deviance(y, limit)
        at_limit: BoolArray = np.isfinite(deviance) & (np.sign(near - far.mu) * np.sign(y - far.mu) <= 0.0)
        if not np.any(at_limit):
            return at_limit
        # A link with a pole reaches means on both sides: y > 0 is beyond 1/eta at eta = -inf.
        better: BoolArray = family.unit_deviance(y, family.mean(family.link(y))) < deviance
    return at_limit & ~((deviance > NOTHING) & better)


def far_mean(family: Family, side: float) -> Mean | None:
    """Return the mean, (1,) each, at eta = side * inf; None where that is outside the range."""
    with np.errstate(all="ignore"):  # beyond the range of doubles
        for size in FAR:
            eta = np.array([side * size])
            mean = family.mean(eta)
            if family.link.valid(eta)[0] and family.valid_mean(mean)[0]:
                return mean
    return None


def _column_scale(design: Design, counted: BoolArray) -> Array:
    mean, spread = design.moments(counted.astype(np.float64))
    return power_of_two(np.hypot(mean, spread))


def _null_basis(design: Design, rows: BoolArray, scale: Array) -> Array:
    """Return a basis (p, k) of the coefficients that leave these rows where they are."""
    p = design.shape[1]
    if vouched_by_gram(design.gram(rows.astype(np.float64))):
        return np.zeros((p, 0))
    kept, dropped, combinations = independent_on(design, np.flatnonzero(rows), np.eye(p))
    basis = np.zeros((p, len(dropped)))
    basis[kept] = -combinations
    basis[dropped, np.arange(len(dropped))] = 1.0
    size = np.max(np.abs(basis) * scale[:, None], axis=0, initial=0.0)
    return np.asarray(basis / np.where(size > 0.0, size, 1.0))


def _largest_support(design: Design, signs: Array, basis: Array, eta: Array | None) -> tuple[Array, Array]:
    """Return the signs of the rows that some direction moves, and a direction that moves all.

    Each direction found leaves some open rows where they are; those are asked again, until
    none of them can be moved. A later direction may move earlier rows back: enough of the
    earlier one is added to make up for it.
    """
    p = design.shape[1]
    moved, total = np.zeros(len(signs)), np.zeros(p)
    left = signs.copy()
    while basis.shape[1] > 0 and np.any(left):
        basis = basis[:, independent_on(design, np.flatnonzero(left), basis).kept]
        if basis.shape[1] == 0:
            break
        found = improving_direction(design, left, basis, eta=eta)
        if found is None:
            break
        up = margins(design, found, left) > 0.0
        total = _combined(design, total, found, moved)
        moved[up] = signs[up]
        left[up] = 0.0
    return moved, total


def _combined(design: Design, first: Array, second: Array, moved: Array) -> Array:
    """Return second + c first, with c so large that the rows moved stay moved."""
    rows = moved != 0.0
    if not np.any(rows):
        return second
    gained = margins(design, first, moved)[rows]  # > 0: what a plain product may round to 0
    lost = np.maximum(-moved[rows] * design.dot(second)[rows], 0.0)
    return np.asarray(second + (1.0 + 2.0 * float(np.max(lost / gained))) * first)


def _with_free_rows(
    design: Design, basis: Array, direction: Array, moved: Array, free: BoolArray
) -> tuple[Array, Array]:
    """Return direction and signs with the rows that are open both ways, moved either way."""
    if not np.any(free):
        return direction, moved
    rows = moved != 0.0
    second = basis @ np.sqrt(np.arange(2.0, 2.0 + basis.shape[1]))  # no row is likely to be orthogonal
    direction = _combined(design, direction, second, moved) if np.any(rows) else second
    along = margins(design, direction, free.astype(np.float64))
    return direction, np.where(free, np.sign(along), moved)
