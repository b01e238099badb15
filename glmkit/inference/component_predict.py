"""Predictions of models with several linear predictors: predictors, probabilities, means, classes.

The predictors of a row are rows L_1 .. L_K over all coefficients, eta_k = L_k beta + o_k
with covariance S = L V L'. Probabilities and means have the delta-method covariance
J S J', J = d fitted / d eta; intervals of a probability are taken on the logit scale, so
that they stay between 0 and 1 (mathematics.md, equation 21.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.design.matrix import Design
from glmkit.errors import FitError
from glmkit.frame.level_offsets import LevelOffset
from glmkit.frame.newframe import NewFrame, new_frame
from glmkit.inference.components import (
    ComponentModel,
    levels_of,
    parts_of,
    predictor_offsets,
    predictor_rows,
)
from glmkit.inference.predict import named_matrix, warn_inestimable
from glmkit.inference.reference import interval_quantile
from glmkit.inference.rowwise import padded, result_index
from glmkit.inference.wald import check_level

__all__ = ["ComponentOptions", "classes_of", "predict_components"]


class ComponentOptions(NamedTuple):
    """What is asked of a prediction."""

    kind: str
    se: bool
    interval: str | None
    level: float
    weights: object = None


@dataclass(frozen=True, eq=False)
class _Asked:
    """The rows to predict."""

    designs: tuple[Design, ...]
    offset: Array  # (m, K)
    ok: BoolArray  # (n,)
    index: pd.Index

    @property
    def m(self) -> int:
        return len(self.offset)


def predict_components(
    model: ComponentModel, newdata: object, options: ComponentOptions, *, offset: object, exposure: object
) -> pd.Series | pd.DataFrame:
    """Return predictions with the caller's labels; nan where a value is missing."""
    _check(model, options)
    asked = _asked(model, newdata, offset, exposure)
    rows = predictor_rows(model.frame, model.family, asked.designs, asked.m)
    eta, estimable = _predictors(model, asked, rows)
    kind = "prob" if options.kind == "response" else options.kind
    fitted = model.fit.outcome if newdata is None else _fitted(model, rows, eta, asked.offset)
    if kind == "class":
        return _placed_classes(classes_of(model, fitted), asked)
    values = eta if kind == "link" else fitted
    names = _names(model, kind)
    if not options.se and options.interval is None:
        return _frame({"fit": values}, names, asked)
    error = _errors(model, rows, None if kind == "link" else eta)
    error[~estimable] = np.nan
    columns = {"fit": values, "se": error}
    if options.interval is not None:
        half = interval_quantile(check_level(options.level), model.estimate.df)
        low, high = _interval(values, error, half, logit=kind == "prob" and len(names) > 1)
        columns |= {"conf_low": low, "conf_high": high}
    return _frame(columns, names, asked)


def _check(model: ComponentModel, options: ComponentOptions) -> None:
    kinds = ("response", "prob", "class", "link") if levels_of(model.frame) else ("response", "link")
    if options.kind not in kinds:
        known = ", ".join(repr(kind) for kind in kinds)
        raise FitError(
            f"type={options.kind!r} is not known. Choose one of: {known}.",
            argument="type",
            value=options.kind,
        )
    if options.interval not in (None, "mean"):
        raise FitError(
            f'interval={options.interval!r} is not known. Choose None or "mean".', argument="interval"
        )
    if options.weights is not None:
        raise FitError(
            "weights= goes with prediction intervals, which are not there. Leave it out.", argument="weights"
        )
    if options.kind == "class" and (options.se or options.interval):
        raise FitError('A class has no standard error. Use type="prob".', argument="se")


def _asked(model: ComponentModel, newdata: object, offset: object, exposure: object) -> _Asked:
    frame, levels = model.frame, levels_of(model.frame)
    parts = parts_of(frame)
    if newdata is None:
        if offset is not None or exposure is not None:
            raise FitError(
                "offset= and exposure= go with newdata. Give newdata=, or leave them out.", argument="offset"
            )
        ok = ~np.isnan(padded(frame.rows, np.zeros(frame.n)))
        offsets = predictor_offsets(model.family, levels, parts, frame.n)
        return _Asked(tuple(part.design for part in parts), offsets, ok, result_index(frame.rows))
    newdata = named_matrix(newdata, frame)
    first = new_frame(frame, newdata, offset=offset, exposure=exposure)
    new = [first, *(new_frame(part, newdata) for part in parts[1:])]
    ok = np.logical_and.reduce([one.ok for one in new])
    taken = [np.flatnonzero(ok[one.ok]) for one in new]
    designs = tuple(one.design.select(rows) for one, rows in zip(new, taken, strict=True))
    given = [_Offsets.of(one, rows) for one, rows in zip(new, taken, strict=True)]
    return _Asked(designs, predictor_offsets(model.family, levels, given, int(np.sum(ok))), ok, first.index)


class _Offsets(NamedTuple):
    """The offsets of some of the new rows."""

    offset: Array | None
    level_offsets: tuple[LevelOffset, ...]

    @classmethod
    def of(cls, new: NewFrame, rows: IntArray) -> _Offsets:
        offset = None if new.offset is None else new.offset[rows]
        return cls(offset, tuple(one.select(rows) for one in new.level_offsets))


def _predictors(model: ComponentModel, asked: _Asked, rows: Array) -> tuple[Array, BoolArray]:
    m, k, p = rows.shape
    flat = rows.reshape(m * k, p)
    estimable: BoolArray = np.logical_and.reduce(model.estimate.estimable(flat).reshape(m, k), axis=1)
    if not np.all(estimable):
        warn_inestimable(estimable, asked.index[asked.ok])
    eta = model.estimate.linear(flat).reshape(m, k) + asked.offset
    return np.where(estimable[:, None], eta, np.nan), estimable


def _fitted(model: ComponentModel, rows: Array, eta: Array, offset: Array) -> Array:
    """Return probabilities or means; where predictors are infinite, from the limits of their differences."""
    with np.errstate(all="ignore"):  # nan where a value is missing
        fitted = model.family.fitted(eta)
    if model.estimate.recession is None:
        return fitted
    limit = model.estimate.linear
    return np.asarray(model.family.fitted_in_the_limit(eta, rows, offset, limit, fitted))


def _errors(model: ComponentModel, rows: Array, eta: Array | None) -> Array:
    """Return standard errors of the predictors (eta None), or of what is fitted at eta."""
    if eta is None:
        m, k, p = rows.shape
        return model.estimate.std_errors(rows.reshape(m * k, p)).reshape(m, k)
    with np.errstate(all="ignore"):  # nan where a value is missing
        slopes = np.einsum("mlk,mkp->mlp", model.family.jacobian(eta), rows)
    m, outcomes, p = slopes.shape
    return model.estimate.std_errors(slopes.reshape(m * outcomes, p)).reshape(m, outcomes)


def _interval(values: Array, error: Array, half: float, *, logit: bool) -> tuple[Array, Array]:
    if not logit:
        return values - half * error, values + half * error
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a probability of 0 or 1
        center = np.log(values) - np.log1p(-values)
        reach = half * error / (values * (1.0 - values))
        return 1.0 / (1.0 + np.exp(reach - center)), 1.0 / (1.0 + np.exp(-reach - center))


def classes_of(model: ComponentModel, fitted: Array) -> list[object]:
    """Return the most probable level of each row; the first of equals, None where unknown."""
    levels = levels_of(model.frame)
    known = np.all(np.isfinite(fitted), axis=1)
    best = np.argmax(np.where(known[:, None], fitted, 0.0), axis=1)
    return [levels[k] if fine else None for k, fine in zip(best, known, strict=True)]


def _placed_classes(classes: list[object], asked: _Asked) -> pd.Series:
    placed = np.full(len(asked.ok), None, dtype=object)
    placed[asked.ok] = classes
    return pd.Series(placed, index=asked.index, name="class").infer_objects()


def _names(model: ComponentModel, kind: str) -> tuple[str, ...]:
    levels = levels_of(model.frame)
    return model.family.predictor_names(levels) if kind == "link" else model.family.outcomes(levels)


def _frame(columns: dict[str, Array], names: tuple[str, ...], asked: _Asked) -> pd.Series | pd.DataFrame:
    """Return a column for each name, under its quantity if there are several; a Series if it is alone."""
    placed = {}
    for quantity, values in columns.items():
        whole = np.full((len(asked.ok), len(names)), np.nan)
        whole[asked.ok] = values
        placed[quantity] = pd.DataFrame(whole, index=asked.index, columns=list(names))
    if len(names) == 1:
        alone = {quantity: frame.iloc[:, 0] for quantity, frame in placed.items()}
        return alone["fit"].rename("fit") if len(alone) == 1 else pd.DataFrame(alone)
    return placed["fit"] if len(placed) == 1 else pd.concat(placed, axis="columns")
