"""Randomized quantile residuals: standard normal if the model holds (Dunn and Smyth 1996).

r = Phi^-1(u) with u drawn between P(Y < y) and P(Y <= y). Where u is above one half the
upper tail is used instead, and both tails by their logarithm, so that an outlier has its
own number and not the largest a double can tell from 1.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from glmkit._typing import Array
from glmkit.errors import FitError, NoLikelihoodError
from glmkit.fitting.glm import GLMFit

__all__ = ["quantile_residuals", "require_distribution"]


def quantile_residuals(fit: GLMFit, seed: int | None) -> Array:
    """Return randomized quantile residuals, (n,), at the estimated dispersion; nan at weight zero.

    The distribution is that of the prior weights: dispersion over weight, or trials. Nothing
    is random where the family is continuous.
    """
    require_distribution(fit, "Quantile residuals")
    problem, family = fit.problem, fit.family
    y, prior, trials = problem.y, problem.prior, problem.trials
    under = family.below(y, prior, trials)
    share = np.random.default_rng(seed).uniform(size=len(y))
    law = (fit.mean, fit.dispersion, prior, trials)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # rows of zero weight, and far tails
        lower = _between(family.logcdf(under, *law), family.logcdf(y, *law), share)
        upper = _between(family.logsf(under, *law), family.logsf(y, *law), share)
        residual = np.where(lower < upper, special.ndtri_exp(lower), -special.ndtri_exp(upper))
    return np.where(problem.weights > 0, residual, np.nan)


def _between(first: Array, second: Array, share: Array) -> Array:
    """Return log((1 - v) e^first + v e^second), elementwise."""
    return np.logaddexp(first + np.log1p(-share), second + np.log(share))


def require_distribution(fit: GLMFit, what: str) -> None:
    """Refuse a family without a distribution, and a dispersion that could not be estimated."""
    if not fit.family.has_likelihood:
        raise NoLikelihoodError(
            f"{what} need a distribution, and {fit.family!r} has only a mean and a variance. "
            "Use a family with a likelihood, such as Poisson, Binomial or Gamma.",
            family=fit.family,
        )
    if np.isnan(fit.dispersion):
        raise FitError(
            f"{what} need the dispersion, which cannot be estimated without residual degrees of freedom. "
            "Leave a term out of the model.",
            df_resid=fit.df_resid,
        )
