"""New responses drawn from a fitted model, in the coding of the response it was fitted to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glmkit._typing import AnyArray, Array
from glmkit.errors import FitError
from glmkit.frame.response import Response
from glmkit.inference.protocols import FittedModel
from glmkit.inference.quantile_residuals import require_distribution
from glmkit.inference.rowwise import padded, result_index

__all__ = ["simulate"]


def simulate(model: FittedModel, n: int, seed: int | None) -> pd.DataFrame:
    """Return `n` columns ``sim_1 ...`` of responses drawn at the fitted means, by row label.

    The dispersion is the fit's; prior weights divide it, and are the trials of a binomial.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise FitError(
            f"n={n!r} is not a number of simulations. Give a whole number >= 1.", argument="n", value=n
        )
    fit, rows = model.fit, model.frame.rows
    require_distribution(fit, "Simulations")
    rng = np.random.default_rng(seed)
    law = (fit.mean, fit.dispersion, fit.problem.prior, fit.problem.trials)
    index = result_index(rows)
    response = model.frame.response
    columns = {
        f"sim_{k + 1}": _coded(response, padded(rows, _counted(response, fit.family.rvs(*law, rng))))
        for k in range(n)
    }
    return pd.DataFrame(columns, index=index)


def _counted(response: Response, y: Array) -> Array:
    """Return successes where the response was given as counts."""
    return y if response.trials is None else np.rint(y * response.trials)


def _coded(response: Response, y: Array) -> AnyArray | pd.Categorical:
    """Return levels or truth values where the response had them, else the numbers."""
    if response.levels is None:
        return y
    missing = np.isnan(y)
    if response.levels == (False, True):
        truth: AnyArray = y == 1.0
        if np.any(missing):
            truth = truth.astype(object)
            truth[missing] = None  # among truth values there is no NaN
        return truth
    codes = np.where(missing, -1, y).astype(np.intp)
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(response.levels)))
