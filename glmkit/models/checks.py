"""Checks of `glm`'s arguments that need both the frame and the family."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import DataError, FamilyError, FitError
from glmkit.families.base import Family
from glmkit.frame.modelframe import ModelFrame

__all__ = ["check_exposure", "check_response", "start_of"]

# Rows named in a message before "and k more".
ROWS_NAMED = 5


def check_response(frame: ModelFrame, family: Family) -> None:
    """Refuse a response outside the family's support, naming the first rows.

    Raises
    ------
    FamilyError
        With the rows (as the caller labels them) and their values.
    """
    y, weights = frame.response.y, frame.weights
    bad = family.check_response(y, weights, frame.response.trials)
    if not np.any(bad):
        return
    labels = frame.rows.labels[bad]
    values = [float(value) for value in y[bad][:ROWS_NAMED]]
    rows = [_plain(label) for label in labels[:ROWS_NAMED]]
    more = f" and {len(labels) - ROWS_NAMED} more" if len(labels) > ROWS_NAMED else ""
    raise FamilyError(
        f"The response `{frame.response.label}` does not fit the {family.name} family, which takes "
        f"{family.support}. Rows {rows}{more} hold {values}. Correct or drop these rows, or choose another family.",
        column=frame.response.label,
        rows=rows,
        values=values,
    )


def _plain(label: object) -> object:
    return label.item() if isinstance(label, np.generic) else label


def check_exposure(exposure: object, family: Family) -> None:
    """Refuse an exposure for a link other than log."""
    if exposure is not None and family.link.name != "log":
        raise DataError(
            f"exposure= means offset=log(exposure) and needs the log link; the link is {family.link.name}. "
            "Use offset= on the link scale, or weights=.",
            argument="exposure",
        )


def start_of(start: Mapping[str, float] | pd.Series | Array | None, names: pd.Index) -> Array | None:
    """Return starting coefficients over all columns, by name or by position.

    Raises
    ------
    FitError
        A name is unknown or missing, the length is wrong, or a value is not finite.
    """
    if start is None:
        return None
    if isinstance(start, (Mapping, pd.Series)):
        given = dict(start)
        unknown = [name for name in given if name not in names]
        missing = [name for name in names if name not in given]
        if unknown or missing:
            raise FitError(
                f"start= does not match the coefficients: unknown {unknown}, missing {missing}. "
                f"Give one value for each of {list(names)}.",
                argument="start",
                unknown=unknown,
                missing=missing,
            )
        values = _numbers([given[name] for name in names], names)
    else:
        values = _numbers(start, names)
    if values.shape != (len(names),):
        raise FitError(
            f"start= has shape {values.shape}, and there are {len(names)} coefficients: {list(names)}. "
            "Give one value each, aliased ones too (any number).",
            argument="start",
        )
    # An earlier fit's coefficients hold nan where aliased: any number serves there.
    return np.where(np.isnan(values), 0.0, values)


def _numbers(start: object, names: pd.Index) -> Array:
    try:
        return np.asarray(start, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise FitError(
            f"start={start!r} are not numbers. Give one for each of the coefficients {list(names)}.",
            argument="start",
        ) from error
