"""Predictions: rows of the design times the coefficients, and what follows from them.

Everything is computed on the link scale from rows L of the new design: eta = L beta +
offset, variance L V L'. The response scale is g^-1(eta) with the delta method
|dmu/deta| se(eta); intervals for the mean are transformed from the link scale, so that
they stay inside the range of the mean.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray
from glmkit.errors import AliasedWarning, DataError, FitError
from glmkit.frame.newframe import new_frame
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import interval_quantiles
from glmkit.inference.rowwise import padded, result_index
from glmkit.inference.wald import check_level

__all__ = ["Options", "PredictionRows", "predict", "prediction_rows"]

TYPES = ("response", "link")
INTERVALS = (None, "mean")


@dataclass(frozen=True, eq=False)
class PredictionRows:
    """What a prediction starts from."""

    rows: Array  # (m, p) design of the rows that can be predicted
    offset: Array  # (m,)
    ok: BoolArray  # (n,) which of the rows asked for these are
    index: pd.Index  # (n,) the caller's labels


def prediction_rows(model: FittedModel, newdata: object, offset: object, exposure: object) -> PredictionRows:
    """Return the design, offset and labels of the rows to predict."""
    frame = model.frame
    if newdata is None:
        if offset is not None or exposure is not None:
            raise FitError(
                "offset= and exposure= go with newdata. Give newdata=, or leave them out.", argument="offset"
            )
        index = result_index(frame.rows)
        ok = ~np.isnan(padded(frame.rows, np.zeros(frame.n)))
        return PredictionRows(frame.design.dense(), _or_zeros(frame.offset, frame.n), ok, index)
    new = new_frame(frame, _named(newdata, model), offset=offset, exposure=exposure)
    return PredictionRows(new.design.dense(), _or_zeros(new.offset, new.n), new.ok, new.index)


def _or_zeros(offset: Array | None, n: int) -> Array:
    return np.zeros(n) if offset is None else offset


def _named(newdata: object, model: FittedModel) -> object:
    """Return a plain matrix of a fit to arrays as columns by name."""
    if isinstance(newdata, np.ndarray) and newdata.ndim == 2 and newdata.dtype.names is None:
        names = list(model.estimate.names)
        if newdata.shape[1] != len(names):
            raise DataError(
                f"The new data have {newdata.shape[1]} columns, the fit has {len(names)}: {names}. Give those.",
                columns=names,
            )
        return dict(zip(names, newdata.T, strict=True))
    return newdata


class Options(NamedTuple):
    """What is asked of a prediction."""

    kind: str
    se: bool
    interval: str | None
    level: float


def predict(
    model: FittedModel, newdata: object, options: Options, *, offset: object, exposure: object
) -> pd.Series | pd.DataFrame:
    """Return predictions with the caller's labels; nan where a value is missing.

    A Series, or with `se` or `interval` a DataFrame ``fit se conf_low conf_high``.
    """
    _check_choice("type", options.kind, TYPES)
    _check_choice("interval", options.interval, INTERVALS)
    asked = prediction_rows(model, newdata, offset, exposure)
    estimable = _estimable(model, asked)
    linear = model.fit.eta if newdata is None else model.estimate.linear(asked.rows) + asked.offset
    eta = np.where(estimable, linear, np.nan)
    if not options.se and options.interval is None:
        fit = eta if options.kind == "link" else model.family.mean(eta).mu
        return pd.Series(_placed(fit, asked.ok), index=asked.index, name="fit")
    error = np.where(estimable, model.estimate.std_errors(asked.rows), np.nan)
    columns = _columns(model, options, eta, error, asked.rows)
    return pd.DataFrame({name: _placed(v, asked.ok) for name, v in columns.items()}, index=asked.index)


def _columns(model: FittedModel, options: Options, eta: Array, error: Array, rows: Array) -> dict[str, Array]:
    mean = model.family.mean(eta)
    on_link = options.kind == "link"
    columns = {"fit": eta, "se": error} if on_link else {"fit": mean.mu, "se": np.abs(mean.dmu) * error}
    if options.interval is None:
        return columns
    half = interval_quantiles(check_level(options.level), model.estimate.df_of(rows)) * error
    ends = (eta - half, eta + half)
    if not on_link:
        # A decreasing link (inverse, 1/mu^2) turns the ends round.
        first, second = (model.family.mean(end).mu for end in ends)
        ends = (np.minimum(first, second), np.maximum(first, second))
    return columns | {"conf_low": ends[0], "conf_high": ends[1]}


def _estimable(model: FittedModel, asked: PredictionRows) -> BoolArray:
    estimable = model.estimate.estimable(asked.rows)
    if not np.all(estimable):
        labels = list(asked.index[asked.ok][~estimable][:5])
        warnings.warn(
            AliasedWarning(
                f"{int(np.sum(~estimable))} rows (first: {labels}) cannot be predicted, because they combine aliased "
                "columns in a way the fit never saw; their predictions are NaN. Fit without the redundant terms.",
                rows=labels,
            ),
            stacklevel=4,
        )
    return estimable


def _placed(values: Array, ok: BoolArray) -> Array:
    if np.all(ok):
        return values
    placed = np.full(len(ok), np.nan)
    placed[ok] = values
    return placed


def _check_choice(argument: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        named = ", ".join(repr(choice) for choice in choices)
        raise FitError(
            f"{argument}={value!r} is not known. Choose one of: {named}.", argument=argument, value=value
        )
