"""Averages of functions of the mean, with their gradients by the coefficients.

A quantity is q(beta) = sum_i w_i f(eta_i) / sum_i w_i, its gradient follows from d mu / d eta
and, for slopes, d2 mu / d eta2; its variance is J V J' (the delta method) with whatever
covariance the fit carries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.inference.effects.counterfactual import Coded, Population, numeric_step
from glmkit.inference.protocols import FittedModel

__all__ = ["Quantity", "combined", "mean_response", "mean_slope"]


@dataclass(frozen=True, eq=False)
class Quantity:
    """A number with its gradient by all coefficients."""

    value: float
    gradient: Array  # (p,)


def mean_response(model: FittedModel, coded: Coded, weights: Array) -> Quantity:
    """Return the average mean over rows, on the scale of the response."""
    eta = model.estimate.linear(coded.rows) + coded.offset
    mean = model.family.mean(eta)
    share = weights / np.sum(weights)
    return Quantity(float(share @ mean.mu), np.asarray((share * mean.dmu) @ coded.rows))


def mean_link(model: FittedModel, coded: Coded, weights: Array) -> Quantity:
    """Return the average linear predictor over rows."""
    share = weights / np.sum(weights)
    eta = model.estimate.linear(coded.rows) + coded.offset
    return Quantity(float(share @ eta), np.asarray(share @ coded.rows))


def mean_slope(people: Population, variable: str, rows: BoolArray, kind: str) -> Quantity:
    """Return the average of d mu / d x, or of an elasticity, over some of the rows.

    Notes
    -----
    d mu / d x = mu'(eta) d eta / d x with d eta / d x = (dX/dx) beta + d offset / d x by central
    differences of the columns, exact for polynomials of degree 4; the gradient is
    mu''(eta) (d eta / d x) X + mu'(eta) dX/dx.
    """
    model = people.model
    here = people.coded()
    x = np.asarray(people.columns[variable], dtype=np.float64)
    change = _derivative(people, variable, x)
    eta = model.estimate.linear(here.rows) + here.offset
    slope = model.estimate.linear(change.rows) + change.offset
    mean, curvature = model.family.mean(eta), model.family.link.curvature(eta)
    effect = mean.dmu * slope
    d_eta, d_slope = curvature * slope, mean.dmu
    if kind in ("eyex", "eydx"):  # d log mu: divide by mu, whose own gradient is mu' X
        d_eta = d_eta / mean.mu - effect * mean.dmu / mean.mu**2
        effect, d_slope = effect / mean.mu, d_slope / mean.mu
    if kind in ("eyex", "dyex"):
        effect, d_eta, d_slope = effect * x, d_eta * x, d_slope * x
    share = np.where(rows, people.weights, 0.0)
    share = share / np.sum(share)
    gradient = (share * d_eta) @ here.rows + (share * d_slope) @ change.rows
    return Quantity(float(share @ effect), np.asarray(gradient))


def _derivative(people: Population, variable: str, x: Array) -> Coded:
    h = numeric_step(people.columns[variable], people.weights)
    moved = {k: people.with_values({variable: x + k * h}).coded() for k in (1, -1, 2, -2)}
    pairs = ((moved[1], moved[-1], 8.0), (moved[2], moved[-2], -1.0))
    rows = sum(weight * (ahead.rows - behind.rows) for ahead, behind, weight in pairs)
    offset = sum(weight * (ahead.offset - behind.offset) for ahead, behind, weight in pairs)
    return Coded(np.asarray(rows) / (12.0 * h), np.asarray(offset) / (12.0 * h))


def combined(first: Quantity, second: Quantity, comparison: str) -> Quantity:
    """Return the comparison of `second` with `first`; ratios as logs.

    difference: b - a; ratio and lift: log(b / a); odds_ratio: the difference of logits.
    """
    if comparison == "difference":
        return Quantity(second.value - first.value, second.gradient - first.gradient)
    parts = [_transformed(quantity, comparison) for quantity in (first, second)]
    return Quantity(parts[1].value - parts[0].value, parts[1].gradient - parts[0].gradient)


def _transformed(quantity: Quantity, comparison: str) -> Quantity:
    value = quantity.value
    with np.errstate(divide="ignore", invalid="ignore"):  # a mean of 0 or 1: an infinite log
        if comparison == "odds_ratio":
            return Quantity(
                float(np.log(value) - np.log1p(-value)),
                quantity.gradient / np.float64(value * (1.0 - value)),
            )
        return Quantity(float(np.log(value)), quantity.gradient / np.float64(value))
