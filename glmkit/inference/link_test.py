"""Pregibon's link test: does the square of the linear predictor still explain something?

References
----------
Pregibon, D. (1980). Goodness of link tests for generalized linear models. Applied Statistics
29, 15-24.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from glmkit.errors import FitError
from glmkit.fitting.independence import EXTREMES
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import statistic_name
from glmkit.inference.refit import estimate_of, refit_on
from glmkit.inference.wald import coefficient_frame
from glmkit.tables.table import Table
from glmkit.tables.wording import statistic_headings

__all__ = ["link_test_table"]

SEPARATED = (
    "The square separates the outcomes: its estimate is infinite, which itself speaks against the link."
)
# Larger predictors have squares that no fit can use.
LARGEST = math.sqrt(EXTREMES[1])
NAMES = ("Intercept", "eta", "eta^2")


def link_test_table(model: FittedModel) -> Table:
    """Return the coefficients of the response on 1, eta and eta^2, (19.13).

    Raises
    ------
    FitError
        The covariance in use is not model-based, a fitted value is infinite, or the linear predictor
        takes fewer than three values.
    """
    eta = model.fit.eta
    used = model.fit.problem.weights > 0
    if not model.estimate.is_model_based:
        raise FitError(
            f"The link test fits the model again, and its errors would not be {model.estimate.label}. Call link_test() "
            "on the fit without with_vcov().",
            covariance=model.estimate.label,
        )
    if not np.all(np.isfinite(eta[used])):
        raise FitError("The link test needs a finite linear predictor. Resolve the separation first.")
    eta = np.where(used, eta, 0.0)
    if np.max(np.abs(eta)) > LARGEST:
        raise FitError(
            "The squares of the linear predictor leave the range of double precision: no link test."
        )
    fit = refit_on(model, np.column_stack([np.ones_like(eta), eta, eta * eta]))
    if fit.rank < len(NAMES):
        raise FitError(
            "The linear predictor takes fewer than three different values, so that its square says nothing "
            "more. The link cannot be tested in this model."
        )
    if fit.recession is None and not fit.converged:
        raise FitError(
            "The fit to the linear predictor and its square did not converge, so that the link cannot be tested."
        )
    estimate = estimate_of(fit, pd.Index(NAMES, dtype=object))
    frame = coefficient_frame(estimate).drop(columns=["conf_low", "conf_high"])
    return Table(
        frame,
        "Link test: the response on the linear predictor and its square",
        headings=statistic_headings(statistic_name(estimate.df)),
        notes=[
            *([] if fit.recession is None else [SEPARATED]),
            "A small p value for eta^2 speaks against the link, or for a term that is missing.",
        ],
    )
