"""The table of influence: every row's measures, and which rows stand out by which rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from glmkit._typing import BoolArray
from glmkit.inference.influence import influence_frame
from glmkit.inference.protocols import FittedModel
from glmkit.inference.rowwise import padded, result_index
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text

__all__ = ["influence_table"]

ROWS_NAMED = 10


def influence_table(model: FittedModel) -> Table:
    """Return ``hat cooks_distance rstandard rstudent dffits covratio`` by row.

    The notes name the rows beyond the limits of R's ``influence.measures``.
    """
    measures = influence_frame(model.fit)
    labels = model.frame.rows.labels
    notes = [_note(rule, labels[found]) for rule, found in _beyond(model, measures).items() if found.any()]
    rows = model.frame.rows
    frame = pd.DataFrame(
        padded(rows, measures.to_numpy()), index=result_index(rows), columns=measures.columns
    )
    return Table(frame, "Influence of each row", notes=notes or ["No row is beyond the usual limits."])


def _beyond(model: FittedModel, measures: pd.DataFrame) -> dict[str, BoolArray]:
    """Return which rows are beyond each limit (Belsley, Kuh and Welsch 1980; Cook and Weisberg 1982)."""
    p, n, df = float(model.fit.rank), model.fit.nobs, model.fit.df_resid
    hat, cook, dffits, ratio = (
        measures[name].to_numpy() for name in ("hat", "cooks_distance", "dffits", "covratio")
    )
    found = {"hat > 3p/n": hat > 3.0 * p / n}
    if not df > 0:
        return found
    with np.errstate(invalid="ignore"):  # rows that say nothing are nan
        found["Cook's D > the median of F(p, n - p)"] = special.fdtr(p, df, np.nan_to_num(cook)) > 0.5
        found["|DFFITS| > 3 sqrt(p/(n - p))"] = np.abs(dffits) > 3.0 * np.sqrt(p / df)
        found["|Cov. ratio - 1| > 3p/(n - p)"] = np.abs(1.0 - ratio) > 3.0 * p / df
    return found


def _note(rule: str, labels: pd.Index) -> str:
    named = ", ".join(str(label) for label in labels[:ROWS_NAMED])
    more = format_text(", ... ({count} rows)", count=len(labels)) if len(labels) > ROWS_NAMED else ""
    return f"Rows with {rule}: {named}{more}."
