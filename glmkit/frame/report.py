"""What a model frame read and decided, as tables for the reader."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import pandas as pd

from glmkit.frame.coding import Coding, Variable, factor_encodings
from glmkit.frame.encoding import FactorEncoding
from glmkit.frame.names import plain_name
from glmkit.frame.response import Response
from glmkit.frame.rows import Rows

__all__ = ["FrameReport", "frame_report"]


@dataclass(frozen=True, eq=False)
class FrameReport:
    """The decisions of a model frame.

    Parameters
    ----------
    rows : DataFrame
        One column ``rows``: read, outside the subset, dropped, used.
    dropped : DataFrame
        By column: how many rows miss it.
    columns : DataFrame
        By column of the data: its dtype and the kind it is used as.
    factors : DataFrame
        By factor of the formula: levels used, their number, the baseline and the coding.
    response : dict
        Label, kind, event and levels.
    """

    rows: pd.DataFrame
    dropped: pd.DataFrame
    columns: pd.DataFrame
    factors: pd.DataFrame
    response: Mapping[str, Hashable | None]


def frame_report(rows: Rows, response: Response, coding: Coding) -> FrameReport:
    """Return the report of a frame's pieces."""
    counts = {
        "read": rows.n_read,
        "outside subset": rows.n_outside,
        "dropped": rows.n_dropped,
        "used": rows.n_used,
    }
    return FrameReport(
        rows=pd.DataFrame({"rows": pd.Series(counts, dtype=int)}),
        dropped=pd.DataFrame({"missing": pd.Series(dict(rows.dropped), dtype=int)}),
        columns=_columns(coding.variables),
        factors=_factors(list(factor_encodings(coding.encodings))),
        response={
            "label": response.label,
            "kind": response.kind,
            "event": response.event,
            "levels": response.levels,
        },
    )


def _columns(variables: Mapping[str, Variable]) -> pd.DataFrame:
    facts = {name: (variable.dtype, variable.kind) for name, variable in variables.items()}
    return pd.DataFrame.from_dict(facts, orient="index", columns=["dtype", "kind"])


def _factors(encodings: list[FactorEncoding]) -> pd.DataFrame:
    facts = {
        plain_name(e.factor): (e.levels, len(e.levels), e.baseline, e.contrast.name, e.ordered)
        for e in encodings
    }
    columns = ["levels", "n_levels", "baseline", "coding", "ordered"]
    return pd.DataFrame.from_dict(facts, orient="index", columns=columns)
