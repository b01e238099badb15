"""Log-likelihood, information criteria and the test against the null model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.goodness import akaike, bayes_schwarz
from glmkit.inference.protocols import AnyFit
from glmkit.inference.reference import chi_square_tail, f_tail
from glmkit.numerics.vectors import is_ones

__all__ = [
    "NullTest",
    "Spread",
    "aic_of",
    "bic_of",
    "has_ratios",
    "null_test",
    "overdispersion",
    "parameters_of",
    "ratio_deviance",
    "spread_of",
]

# Average variance of a row below which Pearson's statistic says little about spread.
SMALLEST_MEAN_VARIANCE = 1.0


class NullTest(NamedTuple):
    """A model against the model with its offset and intercept alone."""

    name: str  # "LR" or "F"
    statistic: float
    df: float
    df_resid: float
    p_value: float


def parameters_of(fit: AnyFit) -> int:
    """Return the number of parameters the AIC counts: coefficients, dispersion and theta if estimated."""
    return fit.rank + fit.family.counted_parameters


def aic_of(fit: AnyFit) -> float:
    """Return Akaike's criterion; nan where the family has no likelihood."""
    return akaike(fit.loglik, parameters_of(fit))


def bic_of(fit: AnyFit) -> float:
    """Return Schwarz's criterion; nan where the family has no likelihood."""
    return bayes_schwarz(fit.loglik, parameters_of(fit), fit.nobs)


def null_test(fit: AnyFit, dispersion: float | None = None) -> NullTest:
    """Return the test of all terms together.

    Notes
    -----
    With a known dispersion, (D0 - D) / phi is referred to chi-square with df0 - df degrees
    of freedom. With an estimated one, F = ((D0 - D) / (df0 - df)) / phi with Pearson's phi.
    A given `dispersion` is taken as known.
    """
    known = dispersion if dispersion is not None else fit.family.dispersion
    df = fit.df_null - fit.df_resid
    drop = (
        max(fit.null_deviance - fit.deviance, 0.0) if fit.null_deviance == fit.null_deviance else float("nan")
    )
    if known is not None:
        statistic = drop / known
        return NullTest("LR", statistic, df, fit.df_resid, chi_square_tail(statistic, df))
    statistic = drop / df / fit.dispersion if df > 0 and fit.dispersion > 0 else float("nan")
    return NullTest("F", statistic, df, fit.df_resid, f_tail(statistic, df, fit.df_resid))


def has_ratios(fit: GLMFit) -> bool:
    """Return whether the fit maximises a likelihood, plain or penalised."""
    return fit.method == "ml" or bool(np.isfinite(fit.penalised_deviance))


def ratio_deviance(fit: GLMFit) -> float:
    """Return the deviance whose differences, over phi, are likelihood ratio statistics.

    The penalised one where the method maximises a penalised likelihood: with Jeffreys'
    prior and a known dispersion.

    Raises
    ------
    FitError
        The method solves an adjusted score that belongs to no likelihood.
    """
    if has_ratios(fit):
        return fit.deviance if fit.method == "ml" else fit.penalised_deviance
    raise FitError(
        f'A fit with method="{fit.method}", this family and this link maximises no likelihood, so there is no '
        'likelihood ratio. Use Wald tests and intervals, or method="jeffreys" with a known dispersion.',
        method=fit.method,
    )


class Spread(NamedTuple):
    """Pearson's chi-square over its degrees of freedom, with its tail area."""

    ratio: float
    p_value: float


def overdispersion(fit: GLMFit) -> Spread | None:
    """Return how much more the response varies than the family says.

    None where the question has no meaning: the dispersion is estimated, the data are
    single 0/1 trials, no degrees of freedom are left, or the counts are so small that
    Pearson's statistic is not close to chi-square.
    """
    if fit.family.dispersion is None or fit.df_resid <= 0:
        return None
    if is_ones(fit.problem.weights) and is_ones(fit.problem.prior):
        return spread_of(fit, 1.0, float(fit.family.variance(fit.mean).mean()))
    used = fit.problem.weights > 0
    with np.errstate(invalid="ignore"):  # a row of zero weight may have an infinite mean
        expected = (fit.problem.prior * fit.family.variance(fit.mean))[used]
    return spread_of(fit, float(np.max(fit.problem.prior[used], initial=0.0)), float(np.mean(expected)))


def spread_of(fit: GLMFit, largest_prior: float, mean_variance: float) -> Spread | None:
    """Return the same from the largest prior weight and the mean variance of the rows that count."""
    if fit.family.dispersion is None or fit.df_resid <= 0:
        return None
    if fit.family.response_kind == "binomial" and largest_prior <= 1.0:
        return None
    if mean_variance < SMALLEST_MEAN_VARIANCE:
        return None
    return Spread(fit.pearson_chi2 / fit.df_resid, chi_square_tail(fit.pearson_chi2, fit.df_resid))
