"""From a frame to the arrays of a fit, and to further fits on the same rows.

Tables of deviance, profile intervals and selection fit the same model again with some
columns left out or with a column moved into the offset. They all go through `refit`, so
that rows, weights, nuisance parameters and control stay those of the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.design.dense import DenseDesign
from glmkit.design.matrix import Design
from glmkit.design.parts import CodedPart
from glmkit.errors import FitError
from glmkit.families.base import Family
from glmkit.fitting.adjusted import is_penalised
from glmkit.fitting.component_fit import ComponentFit
from glmkit.fitting.glm import GLMFit, Known
from glmkit.fitting.nuisance import fit_model
from glmkit.fitting.problem import Problem
from glmkit.fitting.scoring import Control
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.estimate import Estimate
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import reference_df
from glmkit.numerics.blas import held_blas
from glmkit.numerics.rowwise import threads_at_most

__all__ = [
    "beyond",
    "constant_of",
    "estimate_of",
    "fit_problem",
    "in_doubles",
    "problem_of",
    "refit",
    "refit_on",
]


def problem_of(frame: ModelFrame, method: str = "ml") -> Problem:
    """Return the arrays of a frame, as the fitting room takes them."""
    design, constant = frame.design, constant_of(frame)
    return Problem(
        design=design,
        y=frame.response.y,
        prior=frame.weights,
        frequency=frame.freq_weights,
        offset=frame.offset,
        trials=frame.response.trials,
        # A ready design has an intercept where it has a constant column.
        intercept=constant is not None if frame.ready else frame.intercept,
        constant=constant,
        method=method,
    )


def constant_of(frame: ModelFrame) -> Array | None:
    """Return a with X a = 1, over the columns of the design; None where no combination is constant."""
    return _constant_column(frame.design) if frame.ready else _constant_of_terms(frame)


def _constant_column(design: Design) -> Array | None:
    """Return a with X a = 1 from a column that does not vary."""
    values = design.dense()
    first = values[0]
    for j in np.flatnonzero(first != 0.0):
        if np.all(values[:, j] == first[j]):
            constant = np.zeros(design.shape[1])
            constant[j] = 1.0 / first[j]
            return constant
    return None


def _constant_of_terms(frame: ModelFrame) -> Array | None:
    """Return a with X a = 1: the intercept, or the indicators of a factor coded in full."""
    constant = np.zeros(len(frame.names))
    if frame.intercept:
        constant[0] = 1.0
        return constant
    first = 0
    for block in frame.blocks:
        part = block.parts[0] if len(block.parts) == 1 else None
        if isinstance(part, CodedPart) and np.all(part.matrix.sum(axis=1) == 1.0):
            constant[first : first + block.width] = 1.0
            return constant
        first += block.width
    return None


def estimate_of(fit: GLMFit | ComponentFit, names: pd.Index) -> Estimate:
    """Return the coefficients with their model-based covariance.

    The dispersion times the inverse information at the solution's own weights.
    """
    independence = fit.independence
    return Estimate(
        names=names,
        kept=independence.kept,
        dropped=independence.dropped,
        combinations=independence.combinations,
        centring=independence.centring,
        gamma=fit.gamma,
        covariance=fit.dispersion * fit.inverse,
        df=reference_df(fit.family.dispersion is not None, fit.df_resid),
        recession=fit.recession,
    )


def fit_problem(
    problem: Problem,
    family: Family,
    control: Control,
    start: Array | None = None,
    known: Known | None = None,
) -> GLMFit:
    """Return the fit of a problem, settled: with its limit where the maximum is at infinity or on an edge.

    A pending theta or power is estimated, one that the family carries is held.

    Raises
    ------
    FitError
        No valid starting value; or numbers so far apart that the arithmetic has no answer.
    """
    with in_doubles(family), threads_at_most(control.threads), held_blas(*problem.design.shape):
        fit = fit_model(problem, family, control, start, known)
    if not (np.all(np.isfinite(fit.gamma)) and fit.deviance < np.inf):
        raise beyond(family)
    return fit


@contextmanager
def in_doubles(family: object) -> Iterator[None]:
    """Let numbers overflow on the way to a fit, which is judged at its end; refuse one that ends on the way.

    Raises
    ------
    FitError
        The arithmetic has no answer.
    """
    with np.errstate(all="ignore"):
        try:
            yield
        except (np.linalg.LinAlgError, FloatingPointError, ZeroDivisionError, OverflowError) as error:
            raise beyond(family) from error


def beyond(family: object) -> FitError:
    """Return the error for a fit without a finite answer."""
    return FitError(
        f"The fit of {family!r} has no finite answer in double precision: values of the data are too far apart, or "
        "too large for this link. Rescale the columns, leave out extreme rows, or choose another link.",
        family=family,
    )


def refit(
    model: FittedModel,
    columns: IntArray | None = None,
    *,
    frame: ModelFrame | None = None,
    added: Array | None = None,
    start: Array | None = None,
    family: Family | None = None,
    control: Control | None = None,
) -> GLMFit:
    """Return the model fitted again, to the same rows and by the same method.

    A penalised likelihood keeps its prior: the information of all the model's columns is
    penalised, whichever are kept (Heinze and Schemper 2002), so that differences of
    ``penalised_deviance`` are likelihood ratios.

    Parameters
    ----------
    model : FittedModel
    columns : integer array, optional
        Columns of the design to keep; all by default.
    frame : ModelFrame, optional
        Another frame of the same rows, whose design is fitted instead.
    added : (n,) array, optional
        Added to the offset.
    start : array over the kept columns, optional
        Warm start; by default the family's own.
    family : Family, optional
        Another family or link.
    control : Control, optional
        How to iterate; by default as the model was.
    """
    problem = model.fit.problem if frame is None else problem_of(frame)
    if columns is not None:
        constant = problem.constant
        if constant is not None:
            lost = np.sum(constant[columns]) < np.sum(constant)
            constant = None if lost else constant[columns]
        problem = replace(problem, design=problem.design.take(columns), constant=constant)
    if added is not None:
        problem = replace(problem, offset=problem.added + added)
    chosen = model.family if family is None else family
    problem = replace(problem, method=model.fit.method)
    if frame is None and is_penalised(problem.method, chosen):
        problem = replace(problem, penalised=model.fit.independence.design)
    known = _known(model, problem, columns) if frame is None and added is None and family is None else None
    return fit_problem(problem, chosen, control or model.control, start, known)


def _known(model: FittedModel, problem: Problem, columns: IntArray | None) -> Known:
    """Return what the model's fit says of a fit to some of its columns.

    The null model is that of the rows, the offset and the family, whatever the terms; and
    columns that are independent together are so apart.
    """
    kept = np.arange(model.fit.problem.design.shape[1]) if columns is None else columns
    return Known(model.fit.null, model.fit.independence.subset(kept, problem.design))


def refit_on(model: FittedModel, columns: Array) -> GLMFit:
    """Return the model fitted to the same rows with other columns (n, k), the first of them constant 1.

    The offset is left out: what is meant of it stands in the columns.
    """
    constant = np.zeros(columns.shape[1])
    constant[0] = 1.0
    problem = replace(
        model.fit.problem,
        design=DenseDesign(np.asfortranarray(columns)),
        offset=None,
        intercept=True,
        constant=constant,
    )
    return fit_problem(problem, model.family, model.control)
