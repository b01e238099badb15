"""Predictions: rows of the design times the coefficients, and what follows from them.

Everything is computed on the link scale from rows L of the new design: eta = L beta +
offset, variance L V L'. The response scale is g^-1(eta) with the delta method
|dmu/deta| se(eta); intervals for the mean are transformed from the link scale, so that
they stay inside the range of the mean.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray
from glmkit.design.matrix import Design
from glmkit.errors import AliasedWarning, DataError, FitError
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.newframe import new_frame, new_weights
from glmkit.inference.predictive import Predictive
from glmkit.inference.protocols import FittedModel
from glmkit.inference.quantile_residuals import require_distribution
from glmkit.inference.reference import interval_quantiles, reference_df
from glmkit.inference.rowwise import padded, result_index
from glmkit.inference.terms import term_constant, term_df, term_errors, term_values
from glmkit.inference.wald import check_level

__all__ = [
    "Options",
    "PredictionRows",
    "RowGiven",
    "named_matrix",
    "predict",
    "prediction_rows",
    "warn_inestimable",
]

TYPES = ("response", "link", "terms", "prob", "class")
INTERVALS = (None, "mean", "prediction")


@dataclass(frozen=True, eq=False)
class PredictionRows:
    """What a prediction starts from."""

    design: Design  # (m, p) of the rows that can be predicted
    offset: Array  # (m,)
    ok: BoolArray  # (n,) which of the rows asked for these are
    index: pd.Index  # (n,) the caller's labels
    weights: Array | None = None  # (m,) of a new observation
    trials: Array | None = None  # (m,)

    @cached_property
    def rows(self) -> Array:
        """The design spread out, (m, p), when it is asked for."""
        return self.design.dense()


def prediction_rows(model: FittedModel, newdata: object, given: RowGiven) -> PredictionRows:
    """Return the design, offset and labels of the rows to predict."""
    frame = model.frame
    if newdata is None:
        passed = [name for name, value in given._asdict().items() if value is not None]
        if passed:
            raise FitError(
                f"{passed[0]}= goes with newdata. Give newdata=, or leave it out.", argument=passed[0]
            )
        index = result_index(frame.rows)
        ok = ~np.isnan(padded(frame.rows, np.zeros(frame.n)))
        offset = _or_zeros(frame.offset, frame.n)
        law = (model.fit.problem.prior, model.fit.problem.trials)
        return PredictionRows(frame.design, offset, ok, index, *law)
    named = named_matrix(newdata, frame)
    new = new_frame(frame, named, offset=given.offset, exposure=given.exposure)
    weights = new_weights(frame, named, given.weights)
    kept = None if weights is None else weights[new.ok]
    return PredictionRows(new.design, _or_zeros(new.offset, new.n), new.ok, new.index, kept)


def _or_zeros(offset: Array | None, n: int) -> Array:
    return np.zeros(n) if offset is None else offset


def named_matrix(newdata: object, frame: ModelFrame) -> object:
    """Return a plain matrix for a fit to arrays as columns by name."""
    if not (frame.ready and isinstance(newdata, np.ndarray) and newdata.ndim == 2):
        return newdata
    names = list(frame.coding.variables)
    if newdata.shape[1] != len(names):
        raise DataError(
            f"The new data have {newdata.shape[1]} columns, the fit has {len(names)}: {names}. Give those.",
            columns=names,
        )
    return dict(zip(names, newdata.T, strict=True))


class Options(NamedTuple):
    """What is asked of a prediction."""

    kind: str
    se: bool
    interval: str | None
    level: float


class RowGiven(NamedTuple):
    """What is given by row of the new data."""

    offset: object = None
    exposure: object = None
    weights: object = None


def predict(
    model: FittedModel, newdata: object, options: Options, given: RowGiven
) -> pd.Series | pd.DataFrame:
    """Return predictions with the caller's labels; nan where a value is missing.

    A Series, or with `se` or `interval` a DataFrame ``fit se conf_low conf_high``.
    """
    _check_choice("type", options.kind, TYPES)
    _check_choice("interval", options.interval, INTERVALS)
    _check_combination(options, given)
    asked = prediction_rows(model, newdata, given)
    estimable = _estimable(model, asked)
    if options.kind == "terms":
        return _by_term(model, options, asked, estimable)
    linear = model.fit.eta if newdata is None else model.estimate.linear(asked.rows) + asked.offset
    eta = np.where(estimable, linear, np.nan)
    if options.kind in EVENTS:
        return EVENTS[options.kind](model, asked, eta)
    if not options.se and options.interval is None:
        fit = eta if options.kind == "link" else model.family.mean(eta).mu
        return pd.Series(_placed(fit, asked.ok), index=asked.index, name="fit")
    error = np.where(estimable, model.estimate.std_errors(asked.rows), np.nan)
    columns = _columns(model, options, eta, error, asked.rows)
    if options.interval == "prediction":
        columns |= _new_observation(model, options, asked, eta, error)
    return pd.DataFrame({name: _placed(v, asked.ok) for name, v in columns.items()}, index=asked.index)


def _columns(model: FittedModel, options: Options, eta: Array, error: Array, rows: Array) -> dict[str, Array]:
    mean = model.family.mean(eta)
    on_link = options.kind == "link"
    columns = {"fit": eta, "se": error} if on_link else {"fit": mean.mu, "se": np.abs(mean.dmu) * error}
    if options.interval != "mean":
        return columns
    half = interval_quantiles(check_level(options.level), model.estimate.df_of(rows)) * error
    ends = (eta - half, eta + half)
    if not on_link:
        # A decreasing link (inverse, 1/mu^2) turns the ends round.
        first, second = (model.family.mean(end).mu for end in ends)
        ends = (np.minimum(first, second), np.maximum(first, second))
    return columns | {"conf_low": ends[0], "conf_high": ends[1]}


def _new_observation(
    model: FittedModel, options: Options, asked: PredictionRows, eta: Array, error: Array
) -> dict[str, Array]:
    """Return the interval of a new observation; nan where eta is infinite or has no error."""
    fit, level = model.fit, check_level(options.level)
    require_distribution(fit, "Prediction intervals")
    sure = np.isfinite(eta) & np.isfinite(error) & (fit.dispersion > 0 or fit.family.normal)
    if asked.weights is not None:
        sure &= asked.weights > 0
    weights, trials = (None if v is None else v[sure] for v in (asked.weights, asked.trials))
    df = reference_df(fit.family.dispersion is not None, fit.df_resid)
    law = Predictive(model.family, eta[sure], error[sure], fit.dispersion, df, weights, trials)
    columns = {"conf_low": np.full(len(eta), np.nan), "conf_high": np.full(len(eta), np.nan)}
    columns["conf_low"][sure], columns["conf_high"][sure] = law.interval(level)
    return columns


def _by_term(
    model: FittedModel, options: Options, asked: PredictionRows, estimable: BoolArray
) -> pd.DataFrame:
    """Return each term's share of the linear predictor; with errors, under (column, term)."""
    shares = term_values(model, asked.rows)
    columns: dict[str, Array] | dict[tuple[str, str], Array] = shares
    if options.se or options.interval == "mean":
        columns = _with_errors(model, options, asked, shares)
    placed = {name: _placed(np.where(estimable, v, np.nan), asked.ok) for name, v in columns.items()}
    frame = pd.DataFrame(placed, index=asked.index)
    frame.attrs["constant"] = term_constant(model)
    return frame


def _with_errors(
    model: FittedModel, options: Options, asked: PredictionRows, shares: dict[str, Array]
) -> dict[tuple[str, str], Array]:
    errors = term_errors(model, asked.rows)
    columns = {("fit", label): share for label, share in shares.items()}
    columns |= {("se", label): error for label, error in errors.items()}
    if options.interval == "mean":
        level, df = check_level(options.level), term_df(model, asked.rows)
        half = {label: interval_quantiles(level, df[label]) * errors[label] for label in shares}
        columns |= {("conf_low", label): shares[label] - half[label] for label in shares}
        columns |= {("conf_high", label): shares[label] + half[label] for label in shares}
    return columns


# ----------------------------------------------------------------------------- events


def _event_labels(model: FittedModel) -> tuple[Hashable, Hashable]:
    """Return what the response is called without and with the event."""
    response = model.frame.response
    if model.family.response_kind != "binomial":
        raise FitError(
            f'type="prob" and "class" are for a response of two kinds; {model.family!r} has a number. '
            'Use type="response".',
            argument="type",
        )
    if response.levels is not None:
        return response.levels[0], response.levels[1]
    single = response.trials is None and bool(np.all((response.y == 0.0) | (response.y == 1.0)))
    return (0, 1) if single else ("failure", "success")


def _probabilities(model: FittedModel, asked: PredictionRows, eta: Array) -> pd.DataFrame:
    """Return the probability of either outcome, a column each: failure, then event."""
    mean = model.family.mean(eta)
    columns = dict(zip(_event_labels(model), (mean.comu, mean.mu), strict=True))
    return pd.DataFrame({name: _placed(v, asked.ok) for name, v in columns.items()}, index=asked.index)


def _classes(model: FittedModel, asked: PredictionRows, eta: Array) -> pd.Series:
    """Return the likelier outcome: the event where its probability exceeds one half."""
    mean, labels = model.family.mean(eta), _event_labels(model)
    codes = np.where(np.isnan(mean.mu), -1.0, mean.mu > mean.comu)
    placed = np.full(len(asked.ok), -1)
    placed[asked.ok] = codes
    return pd.Series(
        pd.Categorical.from_codes(placed, categories=pd.Index(list(labels))), index=asked.index, name="class"
    )


EVENTS: dict[str, Callable[[FittedModel, PredictionRows, Array], pd.Series | pd.DataFrame]] = {
    "prob": _probabilities,
    "class": _classes,
}


def _check_combination(options: Options, given: RowGiven) -> None:
    if options.kind in EVENTS and (options.se or options.interval is not None):
        raise FitError(
            f'type="{options.kind}" comes without se= and interval=. Use type="response" for those.',
            argument="type",
        )
    if options.interval == "prediction" and options.kind != "response":
        raise FitError(
            f'interval="prediction" is about a new response, not type="{options.kind}". Use type="response".',
            argument="interval",
        )
    if given.weights is not None and options.interval != "prediction":
        raise FitError(
            'weights= says how precise a new observation is, and goes with interval="prediction". '
            "Leave it out.",
            argument="weights",
        )


def _estimable(model: FittedModel, asked: PredictionRows) -> BoolArray:
    if len(model.estimate.dropped) == 0:
        return np.ones(asked.design.shape[0], dtype=bool)
    estimable = model.estimate.estimable(asked.rows)
    if not np.all(estimable):
        warn_inestimable(estimable, asked.index[asked.ok])
    return estimable


def warn_inestimable(estimable: BoolArray, index: pd.Index) -> None:
    """Say which rows, of those with labels `index`, have no prediction."""
    labels = list(index[~estimable][:5])
    warnings.warn(
        AliasedWarning(
            f"{int(np.sum(~estimable))} rows (first: {labels}) cannot be predicted, because they combine aliased "
            "columns in a way the fit never saw; their predictions are NaN. Fit without the redundant terms.",
            rows=labels,
        ),
        stacklevel=5,
    )


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
