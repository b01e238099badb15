"""How well fitted probabilities tell events from failures: ROC area and Brier score.

References
----------
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988). Comparing the areas under two or
more correlated receiver operating characteristic curves. Biometrics 44, 837-845.
Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. Monthly
Weather Review 78, 1-3.
Murphy, A. H. (1973). A new vector partition of the probability score. J. Applied Meteorology
12, 595-600.
Stephenson, D. B., Coelho, C. A. S. and Jolliffe, I. T. (2008). Two extra components in the Brier
score decomposition. Weather and Forecasting 23, 752-757.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.inference.outcomes import Outcomes, check_groups, forecast_groups, outcomes_of
from glmkit.inference.protocols import FittedModel
from glmkit.inference.wald import wald_interval
from glmkit.tables.table import Table
from glmkit.tables.wording import interval_headings

__all__ = ["auc_table", "brier_table"]

IN_SAMPLE = "Measured on the rows the model was fitted to, which flatters it."


def auc_table(model: FittedModel, level: float) -> Table:
    """Return the area under the ROC curve with DeLong's standard error, (19.14) to (19.16).

    Raises
    ------
    FitError
        The response is not binomial, or holds no event or no failure.
    """
    rows = outcomes_of(model.fit)
    events, failures = float(rows.events.sum()), float(rows.failures.sum())
    if not (events > 0 and failures > 0):
        raise FitError(
            "The ROC curve needs events and failures, and the rows hold only one of the two.",
            events=events,
            failures=failures,
        )
    area, error = _area(rows)
    low, high = wald_interval(np.array([area]), np.array([error]), level, np.inf)
    frame = pd.DataFrame(
        {
            "estimate": [area],
            "std_error": [error],
            "conf_low": np.maximum(low, 0.0),
            "conf_high": np.minimum(high, 1.0),
        },
        index=["AUC"],
    )
    return Table(frame, "Area under the ROC curve", headings=interval_headings(level), notes=[IN_SAMPLE])


def _area(rows: Outcomes) -> tuple[float, float]:
    """Return the area and its standard error; nan with fewer than two events or failures."""
    events, failures = rows.events, rows.failures
    m, n = events.sum(), failures.sum()
    # For an event at each forecast, the share of failures below it, ties by half; and the reverse.
    beats = (np.cumsum(failures) - 0.5 * failures) / n
    beaten = (m - np.cumsum(events) + 0.5 * events) / m
    area = float(events @ beats / m)
    if m <= 1.0 or n <= 1.0:
        return area, float("nan")
    variance = _spread(events, beats, area) / m + _spread(failures, beaten, area) / n
    return area, float(np.sqrt(variance))


def _spread(weights: Array, values: Array, center: float) -> float:
    """Return the sample variance of values that stand `weights` times each."""
    return float(weights @ (values - center) ** 2 / (weights.sum() - 1.0))


def brier_table(model: FittedModel, groups: int | None) -> Table:
    """Return the Brier score with its parts, (19.17) and (19.18)."""
    rows = outcomes_of(model.fit)
    code = forecast_groups(rows, None if groups is None else check_groups(groups, 1))
    parts = _brier(rows, code)
    frame = pd.DataFrame({"value": list(parts.values())}, index=list(parts))
    notes = [
        "brier = reliability - resolution + uncertainty + within; skill = 1 - brier / uncertainty.",
        IN_SAMPLE,
    ]
    return Table(frame, "Brier score", notes=notes)


def _brier(rows: Outcomes, code: IntArray) -> dict[str, float]:
    trials = rows.trials
    total = float(trials.sum())
    score = float(rows.events @ rows.comu**2 + rows.failures @ rows.mu**2) / total
    size = np.bincount(code, trials)
    forecast = np.bincount(code, trials * rows.mu) / size
    seen = np.bincount(code, rows.events) / size
    overall = float(rows.events.sum()) / total
    # Inside a group: the spread of the forecasts less twice their covariance with the outcome.
    inner = rows.mu - forecast[code] if len(size) < len(rows.mu) else np.zeros_like(rows.mu)
    share = rows.events / trials - seen[code]
    reliability = float(size @ (forecast - seen) ** 2) / total
    uncertainty = overall * (1.0 - overall)
    return {
        "brier": score,
        "reliability": reliability,
        "resolution": float(size @ (seen - overall) ** 2) / total,
        "uncertainty": uncertainty,
        "within": float(trials @ (inner**2 - 2.0 * inner * share)) / total,
        "skill": 1.0 - score / uncertainty if uncertainty > 0 else float("nan"),
    }
