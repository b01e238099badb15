"""How well a mean describes a response: deviance, Pearson's statistic, likelihood, AIC."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.families.base import Family, Mean
from glmkit.fitting.problem import Problem
from glmkit.numerics.rowwise import over_rows

__all__ = [
    "akaike",
    "bayes_schwarz",
    "deviance_of",
    "dispersion_of",
    "log_likelihood",
    "pearson_statistic",
    "weighted_sum",
]


def deviance_of(problem: Problem, family: Family, mean: Mean) -> float:
    """Return the deviance, the weighted sum of unit deviances."""
    return weighted_sum(lambda rows: family.unit_deviance(problem.y[rows], mean.of(rows)), problem.weights)


def pearson_statistic(problem: Problem, family: Family, mean: Mean) -> float:
    """Return Pearson's chi-square, the weighted sum of (y - mu)^2 / V(mu)."""

    def squares(rows: slice) -> Array:
        residual = family.pearson(problem.y[rows], mean.of(rows))
        return np.asarray(residual * residual)

    return weighted_sum(squares, problem.weights)


def dispersion_of(family: Family, pearson: float, df_resid: float) -> float:
    """Return the dispersion: the family's own, else Pearson's chi-square over its df."""
    if family.dispersion is not None:
        return float(family.dispersion)
    return pearson / df_resid if df_resid > 0 else float("nan")


def log_likelihood(problem: Problem, family: Family, mean: Mean, deviance: float) -> float:
    """Return the log-likelihood at R's dispersion; nan where the family has none."""
    if not family.has_likelihood:
        return float("nan")
    used = problem.weights > 0
    whole = bool(np.all(used))
    counts, prior, y = (_picked(values, used, whole) for values in (problem.counts, problem.prior, problem.y))
    trials = None if problem.trials is None else _picked(problem.trials, used, whole)
    phi = family.loglik_dispersion(deviance, prior, counts, y)

    def trials_of(rows: slice) -> Array | None:
        return None if trials is None else trials[rows]

    if family.loglik_by_deviance and 0.0 < phi < np.inf:
        saturated = weighted_sum(
            lambda rows: family.saturated(y[rows], prior[rows], phi, trials_of(rows)), counts
        )
        return saturated - deviance / (2.0 * phi)
    m = mean if whole else Mean(*(part[used] for part in mean))
    return weighted_sum(
        lambda rows: family.loglik(y[rows], m.of(rows), prior[rows], phi, trials_of(rows)), counts
    )


def weighted_sum(values: Callable[[slice], Array], weights: Array) -> float:
    """Return the sum of weights times values(rows), 0 where the weight is: there a value may be infinite."""

    def part(rows: slice) -> float:
        w = weights[rows]
        terms = values(rows)
        if not np.all(w > 0):
            terms = np.where(w > 0, terms, 0.0)
        return float(np.sum(w * terms))

    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        return sum(over_rows(part, len(weights)))


def _picked(values: Array, used: BoolArray, whole: bool) -> Array:
    return values if whole else values[used]


def akaike(loglik: float, parameters: float) -> float:
    """Return AIC = -2 l + 2 k."""
    return -2.0 * loglik + 2.0 * parameters


def bayes_schwarz(loglik: float, parameters: float, nobs: float) -> float:
    """Return BIC = -2 l + k log n."""
    return -2.0 * loglik + parameters * float(np.log(nobs)) if nobs > 0 else float("nan")
