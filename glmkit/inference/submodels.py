"""Models inside a model: the same rows, some of its terms.

A submodel is a set of the model's columns, or, where the terms that stay would be coded
otherwise without the others, a frame of its own. It is fitted from the restricted least
squares of a larger fit: with V the inverse information and L gamma = 0 the restriction,

    gamma_0 = gamma - V L' (L V L')^-1 L gamma,

which is one scoring step from the larger fit, at the cost of a small system. Nothing is
fitted where nothing estimable is left out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.families.base import Family
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.scoring import Control
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.recoding import keeping, kept_columns, recoded
from glmkit.inference.estimate import Estimate
from glmkit.inference.marginality import term_sets
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import estimate_of, refit
from glmkit.numerics.algebra import least_squares, singular, solution
from glmkit.numerics.factor import cholesky_factor

__all__ = [
    "Nested",
    "Submodel",
    "WorkingModel",
    "columns_without",
    "fit_submodel",
    "in_sum_coding",
    "measuring",
    "refit_from",
    "restriction_rows",
    "start_in",
    "submodel_of",
    "whole",
]

# What is left of a normalised column outside a span, below which it lies inside.
INSIDE = 1e-8
# Condition of the columns up to which normal equations give a start worth having.
TRUSTED = 1e6
# Submodels are iterated to a hundredth of this, in standard errors: their deviance is right to
# its square.
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class WorkingModel:
    """A fitted model on the way to a table: the protocol of `FittedModel` and nothing else."""

    frame: ModelFrame
    fit: GLMFit
    estimate: Estimate
    family: Family
    control: Control
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Submodel:
    """Some columns of a model, or a frame of its own over the same rows."""

    columns: IntArray | None = None
    frame: ModelFrame | None = None


class Nested(NamedTuple):
    """A submodel with its fit."""

    sub: Submodel
    fit: GLMFit


def submodel_of(model: FittedModel, labels: Collection[str]) -> Submodel:
    """Return the submodel with these terms, and the intercept if there is one."""
    if model.frame.ready:
        return columns_without(model, [label for label in term_sets(model.frame) if label not in labels])
    columns = kept_columns(model.frame, labels)
    return Submodel(frame=keeping(model.frame, labels)) if columns is None else Submodel(columns)


def columns_without(model: FittedModel, labels: Collection[str]) -> Submodel:
    """Return the model's columns without those of some terms, the others as they are coded."""
    kept = [term.columns for term in model.frame.terms if term.label not in labels]
    return Submodel(np.concatenate(kept) if kept else np.arange(0))


def whole(model: FittedModel) -> Nested:
    """Return the model as a submodel of itself."""
    return Nested(Submodel(np.arange(len(model.frame.names))), model.fit)


def fit_submodel(model: FittedModel, sub: Submodel, near: Nested | None = None) -> Nested:
    """Return the fit of a submodel.

    Parameters
    ----------
    model : FittedModel
    sub : Submodel
    near : Nested, optional
        A larger fit to start from; by default the model's own.

    Notes
    -----
    Costs two to four iterations, where a fit from the start costs four to seven: the
    deviance has settled when the coefficients are right to the root of what it asks. Steps on
    the observed information from the second on were measured, and gain nothing: each costs
    what two of Fisher's do. A linear model has no need of this: `restricted_fit`.
    """
    near = whole(model) if near is None else near
    control = measuring(model.control)
    if sub.columns is None:
        return Nested(sub, refit(model, frame=sub.frame, control=control))
    if near.sub.columns is None or not np.all(np.isin(sub.columns, near.sub.columns)):
        return Nested(sub, refit(model, sub.columns, control=control))
    places = np.flatnonzero(np.isin(near.sub.columns, sub.columns))
    if np.all(np.isin(near.fit.kept, places)):
        return near  # what is left out are combinations of what stays
    start = _restricted_start(near.fit, places)
    return Nested(sub, refit_from(model, start, sub.columns, control=control))


def measuring(control: Control) -> Control:
    """Return a control for fits of which the deviance is wanted, not the coefficients."""
    return replace(control, tol=max(control.tol, TOLERANCE))


def refit_from(
    model: FittedModel,
    start: Array | None,
    columns: IntArray | None = None,
    frame: ModelFrame | None = None,
    control: Control | None = None,
) -> GLMFit:
    """Return a refit from `start`, or from the family's own start where that is not valid."""
    if start is not None:
        try:
            return refit(model, columns, frame=frame, start=start, control=control)
        except FitError as error:  # the means there are out of range
            if error.facts.get("argument") != "start":
                raise
    return refit(model, columns, frame=frame, control=control)


def _restricted_start(near: GLMFit, columns: IntArray) -> Array | None:
    if near.recession is not None or near.active is not None or not near.converged:
        return None
    lost = ~np.isin(near.kept, columns)
    rows = near.centring.rows_to_fitted(_unit_rows(np.flatnonzero(lost), near.rank))
    with np.errstate(all="ignore"):
        spread = near.inverse @ rows.T
        left = rows @ spread
    if not np.all(np.isfinite(left)):  # beyond doubles: a cold start
        return None
    # least squares: near the edge of the valid region the information may have lost a direction
    gamma = near.gamma - spread @ least_squares("The start of a submodel", left, rows @ near.gamma)
    start = np.zeros(near.problem.design.shape[1])
    start[near.kept] = near.centring.to_original(gamma)
    return start[columns] if np.all(np.isfinite(start)) else None


def start_in(model: FittedModel, frame: ModelFrame) -> Array | None:
    """Return the model's coefficients by name over the columns of a larger frame, 0 for new ones.

    None where it has no finite ones, or codes a factor otherwise.
    """
    coef = model.estimate.coef
    known = dict(zip(model.estimate.names, np.where(np.isnan(coef), 0.0, coef), strict=True))
    names = [name.name for name in frame.names]
    if model.fit.recession is not None or model.fit.active is not None or not known.keys() <= set(names):
        return None
    return np.array([known.get(name, 0.0) for name in names])


# ------------------------------------------------------------------ hypotheses as rows of L


def restriction_rows(model: FittedModel, sub: Submodel) -> Array:
    """Return L, (k, p) over all columns of the model, with L beta = 0 exactly in the submodel.

    Unit rows where columns of the model are left out. Where an aliased column stays, or the
    submodel is coded otherwise, L is a basis of what vanishes on the submodel's columns.
    """
    fit = model.fit
    p = len(model.frame.names)
    if sub.columns is not None and not np.any(np.isin(sub.columns, fit.independence.dropped)):
        lost = fit.kept[~np.isin(fit.kept, sub.columns)]
        return _unit_rows(lost, p)
    rows = np.zeros((0, p))
    inside, root = _coordinates(model, sub)
    if fit.rank:
        left, sizes, _ = singular("What a submodel leaves out", inside)
        vanishing = left[:, int(np.sum(sizes > INSIDE)) :].T @ root
        constant, shift = fit.centring.constant, fit.centring.shift
        rows = np.zeros((len(vanishing), p))
        rows[:, fit.kept] = vanishing + np.outer(vanishing @ constant, shift)
    return rows


def _unit_rows(places: IntArray, p: int) -> Array:
    """Return the rows of the identity of size p at these places."""
    rows = np.zeros((len(places), p))
    rows[np.arange(len(places)), places] = 1.0
    return rows


def _coordinates(model: FittedModel, sub: Submodel) -> tuple[Array, Array]:
    """Return the submodel's normalised columns in an orthonormal basis of the model's, and R of X = QR."""
    fit = model.fit
    Q, R = np.linalg.qr(fit.independence.design.dense())
    if sub.columns is None:
        assert sub.frame is not None
        inside = Q.T @ sub.frame.design.dense()
    else:
        units = np.zeros((fit.rank, len(model.frame.names)))
        units[np.arange(fit.rank), fit.kept] = 1.0
        units[:, fit.independence.dropped] = fit.independence.combinations
        constant, shift = fit.centring.constant, fit.centring.shift
        inside = R @ (units + np.outer(constant, shift @ units))[:, sub.columns]
    norms = np.linalg.norm(inside, axis=0)
    return inside / np.where(norms > 0, norms, 1.0), R


# ------------------------------------------------------------------ another coding of the same


def in_sum_coding(model: FittedModel) -> FittedModel:
    """Return the model with its contrasts recoded to sum to zero; itself where that changes nothing.

    The coefficients move with their covariance, robust or not: with X the columns given,
    S the recoded ones and X = S A, they are A gamma with covariance A V A'.
    """
    if model.frame.ready:
        return model
    frame = recoded(model.frame)
    if frame is model.frame:
        return model
    fit = _refitted(model, frame)
    estimate = estimate_of(fit, model.estimate.names)
    if not model.estimate.is_model_based:
        estimate = _moved(model, fit, estimate)
    return WorkingModel(frame, fit, estimate, model.family, model.control, model.notes)


def _refitted(model: FittedModel, frame: ModelFrame) -> GLMFit:
    """Return the fit in the other coding, from coefficients that give the same linear predictor."""
    old = model.fit
    if old.recession is not None or old.active is not None or not old.converged:
        return refit(model, frame=frame)
    factor = cholesky_factor(frame.design.gram(np.ones(frame.n)))
    if factor is None or factor.condition > TRUSTED:
        return refit(model, frame=frame)
    start = factor.solve(frame.design.tdot(old.independence.design.dot(old.gamma)))
    return refit_from(model, start, frame=frame)


def _moved(model: FittedModel, fit: GLMFit, estimate: Estimate) -> Estimate:
    Q, R = np.linalg.qr(fit.independence.design.dense())
    move = solution("The covariance of a submodel", R, Q.T @ model.fit.independence.design.dense())
    given = model.estimate
    return replace(estimate, covariance=move @ given.covariance @ move.T, df=given.df, label=given.label)
