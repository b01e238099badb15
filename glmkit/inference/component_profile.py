"""Profile-likelihood intervals of coefficients of several components.

The ends are where the signed root of the drop in deviance, the coefficient held and all
others fitted anew, reaches the normal quantile (equation 16.1).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.fitting.component_fit import ComponentFit, objective_of
from glmkit.inference.component_anova import check_likelihood_ratio
from glmkit.inference.components import ComponentModel, parts_of, predictor_rows, refit_components
from glmkit.inference.reference import interval_quantile
from glmkit.numerics.roots import rising_crossing

__all__ = ["profile_intervals"]

# Where the fits cannot be followed by this share of a standard error the interval has no end: NaN.
SHORTEST = 2.0**-13


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
    center, error = float(model.estimate.coef[j]), float(model.estimate.std_error[j])
    path = _Path(model, j, added)

    def root(distance: float) -> tuple[float, float]:
        fit = path.at(center + side * distance)
        if not fit.converged and fit.recession is None:
            return float("nan"), float("nan")
        size = float(np.sqrt(max(fit.deviance - model.fit.deviance, 0.0)))
        if fit.recession is not None or size == 0.0:
            return size, float("nan")
        return size, side * path.slope(fit) / (2.0 * size)

    crossing = rising_crossing(root, quantile, start=quantile * error, step=error, low=0.0, shortest=SHORTEST)
    return center + side * crossing.at if not crossing.is_edge else float("nan")


class _Path:
    """The fits with one coefficient held, each started from the one before."""

    def __init__(self, model: ComponentModel, j: int, added: Array) -> None:
        estimate = model.estimate
        self.model, self.added = model, added
        self.others = np.setdiff1d(estimate.kept, [j])
        self.value, self.start = float(estimate.coef[j]), estimate.coef[self.others]
        # How the others move with it, to first order (Venables and Ripley 2002, section 8.4).
        unit = np.eye(len(estimate.names))
        covariance = estimate.covariance_of(unit[[j, *self.others]])
        self.along = covariance[1:, 0] / covariance[0, 0]

    def at(self, value: float) -> ComponentFit:
        """Return the fit with the coefficient held at a value."""
        held = self.added * value
        for start in (self.start + self.along * (value - self.value), self.start, None):
            try:
                fit = refit_components(self.model, self.others, added=held, start=start)
            except FitError:  # not valid there, such as thresholds out of order
                if start is None:
                    raise
                continue
            if fit.converged or fit.recession is not None or start is self.start:
                break
        if fit.converged and fit.recession is None and fit.rank == len(self.others):
            self.value, self.start = value, fit.centring.to_original(fit.gamma)
        return fit

    def slope(self, fit: ComponentFit) -> float:
        """Return the slope of a fit's deviance by the value: only the held coefficient has a score left."""
        objective = objective_of(fit.problem, fit.family, fit.independence)
        return float(-2.0 * np.sum(objective.gradient(fit.eta) * self.added))
