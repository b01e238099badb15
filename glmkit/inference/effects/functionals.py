"""Averages of functions of the mean, with their gradients by the coefficients.

A quantity is q(beta) = sum_i w_i f(eta_i) / sum_i w_i, its gradient follows from d mu / d eta
and, for slopes, d2 mu / d eta2; its variance is J V J' (the delta method) with whatever
covariance the fit carries. Here a quantity is a function of an `Estimate`, so that replicates
of the coefficients go through the same designs. A response with levels has a quantity for
each of them. Equations (25.4) to (25.9).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from glmkit._typing import Array
from glmkit.families.base import Family
from glmkit.inference.effects.counterfactual import Coded, Population, numeric_steps
from glmkit.inference.estimate import Estimate

__all__ = [
    "BY_RELATIVE_CHANGE",
    "RELATIVE_CHANGE",
    "Functional",
    "Mean",
    "Quantity",
    "Response",
    "Slope",
    "combined",
    "slope_of",
    "used_rows",
]

# Kinds of slopes that are relative changes of the mean, and those by a relative change of x.
RELATIVE_CHANGE = ("eyex", "eydx")
BY_RELATIVE_CHANGE = ("eyex", "dyex")


@dataclass(frozen=True, eq=False)
class Quantity:
    """Numbers with their gradients by all coefficients; nan there where a linear predictor is infinite."""

    value: Array  # (L,), one unless the response has levels
    gradient: Array  # (L, p)


Functional: TypeAlias = Callable[[Estimate], Quantity]


class Response(Protocol):
    """What the rows of a design are predicted to be."""

    @property
    def levels(self) -> tuple[Hashable, ...]:
        """The levels of the response; none where one number is predicted."""
        ...

    def average(self, coded: Coded, weights: Array) -> Functional:
        """Return the average mean, or probability of each level, over rows."""
        ...

    def average_link(self, coded: Coded, weights: Array) -> Functional:
        """Return the average linear predictor over rows."""
        ...

    def average_slope(self, slope: Slope, weights: Array, kind: str) -> Functional:
        """Return the average slope of it by one variable, or elasticity, over rows."""
        ...


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of a response with one linear predictor."""

    family: Family
    levels: tuple[Hashable, ...] = ()

    def average(self, coded: Coded, weights: Array) -> Functional:
        """Return the average mean over rows, on the scale of the response."""
        coded, share = used_rows(coded, weights)

        def averaged(estimate: Estimate) -> Quantity:
            eta = estimate.linear(coded.rows) + coded.offset
            mean = self.family.mean(eta)
            return _quantity(share, eta, mean.mu, (share * mean.dmu) @ coded.rows)

        return averaged

    def average_link(self, coded: Coded, weights: Array) -> Functional:
        """Return the average linear predictor over rows."""
        coded, share = used_rows(coded, weights)

        def averaged(estimate: Estimate) -> Quantity:
            eta = estimate.linear(coded.rows) + coded.offset
            return _quantity(share, eta, eta, share @ coded.rows)

        return averaged

    def average_slope(self, slope: Slope, weights: Array, kind: str) -> Functional:
        """Return the average of d mu / d x, or of an elasticity, over rows.

        Notes
        -----
        d mu / d x = mu'(eta) d eta / d x with d eta / d x = (dX/dx) beta + d offset / d x; the
        gradient is mu''(eta) (d eta / d x) X + mu'(eta) dX/dx (25.6, 25.7).
        """
        here, share = used_rows(slope.here, weights)
        change, x = used_rows(slope.change, weights)[0], slope.x[weights > 0]

        def averaged(estimate: Estimate) -> Quantity:
            eta = estimate.linear(here.rows) + here.offset
            moved = estimate.linear(change.rows) + change.offset
            effect, d_eta, d_slope = _slope_parts(self.family, eta, moved, kind)
            if kind in BY_RELATIVE_CHANGE:
                effect, d_eta, d_slope = effect * x, d_eta * x, d_slope * x
            gradient = (share * d_eta) @ here.rows + (share * d_slope) @ change.rows
            return _quantity(share, eta, effect, gradient)

        return averaged


def used_rows(coded: Coded, weights: Array) -> tuple[Coded, Array]:
    """Return the rows that count, and their shares."""
    used = weights > 0
    return Coded(coded.rows[used], coded.offset[used]), weights[used] / np.sum(weights)


def _quantity(share: Array, eta: Array, values: Array, gradient: Array) -> Quantity:
    """Return an average; an infinite predictor among its rows has no standard error."""
    finite = bool(np.all(np.isfinite(eta)))
    known = np.asarray(gradient) if finite else np.full(len(gradient), np.nan)
    return Quantity(np.array([share @ values]), known[None, :])


@dataclass(frozen=True, eq=False)
class Slope:
    """Rows with the derivatives of their design and offset by one variable."""

    x: Array  # (n,)
    here: Coded
    change: Coded


def _slope_parts(family: Family, eta: Array, slope: Array, kind: str) -> tuple[Array, Array, Array]:
    """Return d mu / d x or d log mu / d x by row, and its derivatives by eta and by d eta / d x."""
    mean, curvature = family.mean(eta), family.link.curvature(eta)
    with np.errstate(invalid="ignore", divide="ignore"):  # an infinite predictor, a mean of 0
        effect, d_eta, d_slope = mean.dmu * slope, curvature * slope, mean.dmu
        if kind in RELATIVE_CHANGE:  # divide by mu, whose own gradient is mu' X
            d_eta = d_eta / mean.mu - effect * mean.dmu / mean.mu**2
            effect, d_slope = effect / mean.mu, d_slope / mean.mu
    return effect, d_eta, d_slope


def slope_of(people: Population, variable: str) -> Slope:
    """Return the derivatives of the rows' design by a variable.

    By central differences, exact for polynomials of degree 4.
    """
    x = np.asarray(people.columns[variable], dtype=np.float64)
    step = numeric_steps(people.model, variable, x)
    change = _derivative(people, variable, x, step)
    return Slope(x, people.coded(), change)


def _derivative(people: Population, variable: str, x: Array, step: Array) -> Coded:
    moved = {k: people.with_values({variable: x + k * step}).coded() for k in (1, -1, 2, -2)}
    pairs = ((moved[1], moved[-1], 8.0), (moved[2], moved[-2], -1.0))
    rows = sum(weight * (ahead.rows - behind.rows) for ahead, behind, weight in pairs)
    offset = sum(weight * (ahead.offset - behind.offset) for ahead, behind, weight in pairs)
    return Coded(np.asarray(rows) / (12.0 * step[:, None]), np.asarray(offset) / (12.0 * step))


def combined(first: Functional, second: Functional, comparison: str) -> Functional:
    """Return the comparison of `second` with `first`; ratios as logs.

    difference: b - a; ratio and lift: log(b / a); odds_ratio: the difference of logits (25.8).
    """

    def compared(estimate: Estimate) -> Quantity:
        a, b = (_transformed(part(estimate), comparison) for part in (first, second))
        with np.errstate(invalid="ignore"):  # infinity less infinity
            return Quantity(b.value - a.value, b.gradient - a.gradient)

    return compared


def _transformed(quantity: Quantity, comparison: str) -> Quantity:
    if comparison == "difference":
        return quantity
    value, gradient = quantity.value, quantity.gradient
    with np.errstate(divide="ignore", invalid="ignore"):  # a mean of 0 or 1: an infinite log
        if comparison == "odds_ratio":
            logit = np.log(value) - np.log1p(-value)
            return Quantity(logit, gradient / (value * (1 - value))[:, None])
        return Quantity(np.log(value), gradient / value[:, None])
