"""Columns far from zero, moved near it for the fit and moved back exactly afterwards.

When the span holds the constant, X a = 1, the columns may be shifted without changing the
model:  X beta = (X - 1 s') gamma  with  beta = gamma - a (s' gamma).  The Gram matrix of
the shifted columns has none of the cancellation that a date or an identifier brings, and
inference on gamma is inference on beta:  L beta = (L - (L a) s') gamma.

Only columns whose mean is more than `FAR` standard deviations from zero are moved: nearer
ones lose at most a digit, and beyond it x - s is exact for most x (Sterbenz 1974), so that
centring adds no rounding of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.matrix import Design

__all__ = ["FAR", "Centring", "Coordinates", "StackedCentring", "centring_of"]

FAR = 4.0


class Coordinates(Protocol):
    """A change of coordinates between the coefficients given and those fitted."""

    def to_original(self, gamma: Array) -> Array:
        """Return beta (p,) of the columns given."""
        ...

    def to_fitted(self, beta: Array) -> Array:
        """Return gamma (p,) of the columns fitted."""
        ...

    def rows_to_fitted(self, rows: Array) -> Array:
        """Return the linear functions `rows` (k, p) of beta as functions of gamma."""
        ...

    def covariance_to_original(self, covariance: Array) -> Array:
        """Return the (p, p) covariance of beta from that of gamma."""
        ...

    def covariance_to_fitted(self, covariance: Array) -> Array:
        """Return the (p, p) covariance of gamma from that of beta."""
        ...


@dataclass(frozen=True, eq=False)
class Centring:
    """The change of coordinates between the columns given and the columns fitted.

    Parameters
    ----------
    constant : (p,) array
        a, with X a = 1; zero where the span holds no constant.
    shift : (p,) array
        s; zero for columns that stay.
    """

    constant: Array
    shift: Array

    @property
    def moves(self) -> bool:
        """Whether any column is shifted."""
        return bool(self.shift.any())

    @property
    def span_constant(self) -> Array | None:
        """A with X a = 1; None where the span holds no constant."""
        return self.constant if self.constant.any() else None

    def to_original(self, gamma: Array) -> Array:
        """Return beta (p,) of the columns given."""
        with np.errstate(all="ignore"):  # infinite estimates, and those at the end of doubles
            return np.asarray(gamma - self.constant * (self.shift @ gamma))

    def to_fitted(self, beta: Array) -> Array:
        """Return gamma (p,) of the columns fitted."""
        with np.errstate(all="ignore"):
            return np.asarray(beta + self.constant * (self.shift @ beta))

    def rows_to_fitted(self, rows: Array) -> Array:
        """Return the linear functions `rows` (k, p) of beta as functions of gamma."""
        if not self.moves:
            return rows
        with np.errstate(all="ignore"):  # functions at the end of doubles: inf or nan
            return np.asarray(rows - np.outer(rows @ self.constant, self.shift))

    def covariance_to_original(self, covariance: Array) -> Array:
        """Return the (p, p) covariance of beta from that of gamma."""
        if not self.moves:
            return covariance
        back = np.eye(len(self.shift)) - np.outer(self.constant, self.shift)
        with np.errstate(all="ignore"):
            return np.asarray(back @ covariance @ back.T)

    def covariance_to_fitted(self, covariance: Array) -> Array:
        """Return the (p, p) covariance of gamma from that of beta."""
        if not self.moves:
            return covariance
        there = np.eye(len(self.shift)) + np.outer(self.constant, self.shift)
        return np.asarray(there @ covariance @ there.T)

    def take(self, columns: IntArray) -> Centring:
        """Return the centring of these columns, which must keep the constant."""
        return Centring(self.constant[columns], self.shift[columns])


@dataclass(frozen=True, eq=False)
class StackedCentring:
    """The centrings of several designs whose coefficients stand in one vector.

    beta = gamma - sum over designs of a_c (s_c'gamma), where a_c makes up for a shift of
    the columns of design c, and is zero wherever any column is shifted.

    Parameters
    ----------
    constants, shifts : (designs, p) arrays
        a_c and s_c over the coefficients of all designs.
    """

    constants: Array
    shifts: Array

    def to_original(self, gamma: Array) -> Array:
        """Return beta (p,) of the columns given."""
        return np.asarray(gamma - (self.shifts @ gamma) @ self.constants)

    def to_fitted(self, beta: Array) -> Array:
        """Return gamma (p,) of the columns fitted."""
        return np.asarray(beta + (self.shifts @ beta) @ self.constants)

    def rows_to_fitted(self, rows: Array) -> Array:
        """Return the linear functions `rows` (k, p) of beta as functions of gamma."""
        if not np.any(self.shifts):
            return rows
        return np.asarray(rows - (rows @ self.constants.T) @ self.shifts)

    def covariance_to_original(self, covariance: Array) -> Array:
        """Return the (p, p) covariance of beta from that of gamma."""
        if not np.any(self.shifts):
            return covariance
        back = np.eye(self.shifts.shape[1]) - self.constants.T @ self.shifts
        return np.asarray(back @ covariance @ back.T)

    def covariance_to_fitted(self, covariance: Array) -> Array:
        """Return the (p, p) covariance of gamma from that of beta."""
        forth = np.eye(self.shifts.shape[1]) + self.constants.T @ self.shifts
        return np.asarray(forth @ covariance @ forth.T)


def centring_of(design: Design, weights: Array, constant: Array | None) -> Centring:
    """Return the shifts that bring far columns near zero.

    Parameters
    ----------
    design : Design
        n rows, p columns.
    weights : (n,) array
        Rows of zero weight do not count; the others count alike.
    constant : (p,) array, optional
        a with X a = 1; without it nothing is shifted.
    """
    p = design.shape[1]
    if constant is None:
        return Centring(np.zeros(p), np.zeros(p))
    mean, spread = design.moments((weights > 0).astype(np.float64))
    far = (np.abs(mean) > FAR * spread) & (constant == 0)
    return Centring(constant, np.where(far, mean, 0.0))
