"""Profile-likelihood intervals of coefficients of several components.

The ends are where the signed root of the drop in deviance, the coefficient held and all
others fitted anew, reaches the normal quantile (equation 16.1).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference.component_anova import check_likelihood_ratio
from glmkit.inference.components import ComponentModel, parts_of, predictor_rows, refit_components
from glmkit.inference.reference import interval_quantile
from glmkit.numerics.roots import rising_crossing

__all__ = ["profile_intervals"]


def profile_intervals(model: ComponentModel, level: float) -> pd.DataFrame:
    """Return the intervals of all coefficients, NaN where aliased; infinite ends where there are none.

    Raises
    ------
    FitError
        A robust covariance, infinite estimates, or iterations that did not converge.
    """
    check_likelihood_ratio(model)
    if model.fit.recession is not None:
        raise FitError(
            "A fit with infinite estimates has no profile intervals here. Resolve the separation first, or "
            "compare fits with gk.lr_test().",
            argument="method",
        )
    if not model.fit.converged:
        raise FitError(
            "The iterations did not converge, so that there is no maximum for a profile interval to start from. "
            "Raise Control(max_iter=), or fit a smaller model.",
            argument="method",
        )
    designs = [part.design for part in parts_of(model.frame)]
    rows = predictor_rows(model.frame, model.family, designs, model.frame.n)
    quantile = interval_quantile(level, float("inf"))
    ends = np.full((len(model.estimate.names), 2), np.nan)
    for j in model.estimate.kept:
        ends[j] = [_end(model, int(j), rows[:, :, j], side, quantile) for side in (-1.0, 1.0)]
    return pd.DataFrame(ends, index=model.estimate.names, columns=["conf_low", "conf_high"])


def _end(model: ComponentModel, j: int, added: Array, side: float, quantile: float) -> float:
    """Return where the profile of one coefficient reaches the quantile on one side."""
    estimate = model.estimate
    others = np.setdiff1d(estimate.kept, [j])
    center, error = float(estimate.coef[j]), float(estimate.std_error[j])
    last = [estimate.coef[others]]

    def root(distance: float) -> tuple[float, float]:
        held = added * (center + side * distance)
        try:
            fit = refit_components(model, others, added=held, start=last[0])
        except FitError:  # the last coefficients are not valid here, such as thresholds out of order
            fit = refit_components(model, others, added=held)
        if not fit.converged and fit.recession is None:
            return float("nan"), float("nan")
        if fit.recession is None and fit.rank == len(others):
            last[0] = fit.centring.to_original(fit.gamma)
        return float(np.sqrt(max(fit.deviance - model.fit.deviance, 0.0))), float("nan")

    crossing = rising_crossing(root, quantile, start=quantile * error, step=error, low=0.0)
    return center + side * crossing.at if not crossing.is_edge else float("nan")
