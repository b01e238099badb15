"""How well a mean describes a response: deviance, Pearson's statistic, likelihood, AIC."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array
from glmkit.families.base import Family, Mean
from glmkit.fitting.problem import Problem

__all__ = ["akaike", "bayes_schwarz", "deviance_of", "dispersion_of", "log_likelihood", "pearson_statistic"]


def deviance_of(problem: Problem, family: Family, mean: Mean) -> float:
    """Return the deviance, the weighted sum of unit deviances."""
    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        unit = family.unit_deviance(problem.y, mean)
    return float(np.sum(_counted(problem, unit)))


def pearson_statistic(problem: Problem, family: Family, mean: Mean) -> float:
    """Return Pearson's chi-square, the weighted sum of (y - mu)^2 / V(mu)."""
    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        residual = family.pearson(problem.y, mean)
    return float(np.sum(_counted(problem, residual * residual)))


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
    counts = problem.counts[used]
    m = Mean(*(part[used] for part in mean))
    prior = problem.prior[used]
    trials = None if problem.trials is None else problem.trials[used]
    phi = family.loglik_dispersion(deviance, prior, counts, problem.y[used])
    rows = family.loglik(problem.y[used], m, prior, phi, trials)
    return float(np.sum(counts * rows))


def akaike(loglik: float, parameters: float) -> float:
    """Return AIC = -2 l + 2 k."""
    return -2.0 * loglik + 2.0 * parameters


def bayes_schwarz(loglik: float, parameters: float, nobs: float) -> float:
    """Return BIC = -2 l + k log n."""
    return -2.0 * loglik + parameters * float(np.log(nobs)) if nobs > 0 else float("nan")


def _counted(problem: Problem, values: Array) -> Array:
    """Return weighted values, 0 where the weight is: there the value may be infinite."""
    return problem.weights * np.where(problem.weights > 0, values, 0.0)
