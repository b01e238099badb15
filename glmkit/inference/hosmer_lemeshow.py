"""The test of Hosmer and Lemeshow: observed and expected events in groups of like risk.

References
----------
Hosmer, D. W. and Lemeshow, S. (1980). Goodness of fit tests for the multiple logistic
regression model. Communications in Statistics A9, 1043-1069.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from glmkit.errors import FitError
from glmkit.inference.outcomes import Outcomes, check_groups, outcomes_of, quantile_groups
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import chi_square_tail
from glmkit.tables.table import Report, Table

__all__ = ["hosmer_lemeshow_report", "hosmer_lemeshow_statistic"]

# Expected events or failures below which chi-square is a poor guide (Cochran's rule).
FEW = 5.0


def hosmer_lemeshow_report(model: FittedModel, groups: int) -> Report:
    """Return the statistic (19.12) with the table of the groups.

    Raises
    ------
    FitError
        The response is not binomial, the dispersion is estimated, or fewer than three groups of
        different fitted probability can be formed.
    """
    wanted = check_groups(groups, 3)
    rows = outcomes_of(model.fit)
    if model.family.dispersion is None:
        raise FitError(
            "The Hosmer-Lemeshow test asks whether the variation is binomial, and this family estimates it. "
            "Fit with Binomial().",
            family=model.family,
        )
    frame = _group_frame(rows, wanted)
    if len(frame) < 3:
        raise FitError(
            f"The fitted probabilities make {len(frame)} groups, and the Hosmer-Lemeshow test needs 3. With so few "
            "different rows compare the deviance with its degrees of freedom instead.",
            groups=len(frame),
        )
    statistic, df = hosmer_lemeshow_statistic(frame)
    p_value = chi_square_tail(statistic, df)
    test = pd.DataFrame(
        {"statistic": [statistic], "df": [float(df)], "p_value": [p_value]}, index=["Hosmer-Lemeshow"]
    )
    return Report(
        "Hosmer-Lemeshow goodness of fit",
        (),
        {
            "test": Table(test),
            "groups": Table(
                frame, "Groups by fitted probability", kinds={"observed": "count", "expected": "statistic"}
            ),
        },
        notes=_notes(frame, wanted),
    )


def hosmer_lemeshow_statistic(frame: pd.DataFrame) -> tuple[float, int]:
    """Return the statistic of a table of groups with its degrees of freedom, G - 2."""
    gap = (frame["observed"] - frame["expected"]).to_numpy()
    rest = (frame["nobs"] - frame["expected"]).to_numpy()
    variance = frame["expected"].to_numpy() * rest / frame["nobs"].to_numpy()
    sure = (variance <= 0.0) & (np.abs(gap) <= 1e-8)  # separated: as expected, without variation
    with np.errstate(divide="ignore", invalid="ignore"):  # inf where an impossible thing happened
        terms = np.where(sure, 0.0, gap * gap / variance)
    return float(np.sum(terms)), len(frame) - 2


def _group_frame(rows: Outcomes, groups: int) -> pd.DataFrame:
    code = quantile_groups(rows, groups)
    size = int(code.max()) + 1
    first = np.searchsorted(code, np.arange(size), side="left")
    last = np.searchsorted(code, np.arange(size), side="right") - 1
    columns = {
        "prob_low": rows.mu[first],
        "prob_high": rows.mu[last],
        "nobs": np.bincount(code, rows.trials),
        "observed": np.bincount(code, rows.events),
        "expected": np.bincount(code, rows.trials * rows.mu),
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(1, size + 1))


def _notes(frame: pd.DataFrame, wanted: int) -> list[str]:
    notes = []
    if len(frame) < wanted:
        notes.append(f"{len(frame)} groups of {wanted}: rows of equal fitted probability are kept together.")
    least = np.minimum(frame["expected"], frame["nobs"] - frame["expected"])
    if bool((least < FEW).any()):
        notes.append("Some groups expect fewer than 5 events or failures; the p value is rough there.")
    return notes
