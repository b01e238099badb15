"""Variance inflation of each term: how much the other terms cost it.

Fox and Monette (1992): with R the correlations of the estimated coefficients without the
intercept, R_1 those of the term and R_2 those of all others, GVIF = det R_1 det R_2 / det R.
GVIF^(1 / (2 df)) is on the scale of one coefficient's standard error. The covariance in use
is taken, so that GVIF of a robust covariance is that covariance's own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.inference.protocols import FittedModel
from glmkit.numerics.algebra import eigenvalues
from glmkit.tables.table import Table

__all__ = ["vif_table"]

EPSILON = float(np.finfo(np.float64).eps)
SINGULAR = (
    "NA or Inf: the covariance of the coefficients is singular in double precision, as on the edge of the valid region "
    "or with columns that all but depend on each other."
)


def vif_table(model: FittedModel) -> Table:
    """Return ``df gvif gvif_scaled`` by term, the intercept left out.

    Raises
    ------
    FitError
        There are fewer than two terms, or a coefficient is infinite.
    """
    terms = _estimated_terms(model)
    correlation = _correlation(model, np.concatenate(list(terms.values()) or [np.arange(0)]))
    if len(terms) < 2:
        raise FitError(
            f"The model has {len(terms)} estimated term besides the intercept; a variance inflation factor "
            "compares two or more.",
            terms=list(terms),
        )
    rows, first = {}, 0
    for label, columns in terms.items():
        own = np.arange(first, first + len(columns))
        rows[label] = (len(columns), _inflation(correlation, own))
        first += len(columns)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["df", "gvif"])
    frame["gvif_scaled"] = frame["gvif"] ** (1.0 / (2.0 * frame["df"]))
    notes = _notes(model)
    if not np.all(np.isfinite(frame["gvif"])):
        notes.append(SINGULAR)
    return Table(frame, "Variance inflation factors", notes=notes)


def _estimated_terms(model: FittedModel) -> dict[str, IntArray]:
    """Return the columns that are estimated, by term."""
    kept = {
        term.label: np.intersect1d(term.columns, model.estimate.kept)
        for term in model.frame.terms
        if term.order > 0
    }
    return {label: columns for label, columns in kept.items() if len(columns)}


def _correlation(model: FittedModel, columns: IntArray) -> Array:
    names, coef = model.estimate.names[columns], model.estimate.coef[columns]
    if not np.all(np.isfinite(coef)):
        infinite = [str(name) for name in names[~np.isfinite(coef)]]
        raise FitError(
            f"{', '.join(infinite[:5])} have no finite estimate, and so no covariance with the others. "
            "Resolve the separation first.",
            columns=infinite,
        )
    covariance = model.estimate.vcov()[np.ix_(columns, columns)]
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not np.all((error > 0) & (error < np.inf)):  # nan too
        raise FitError(
            "The standard errors are zero, infinite or unknown, so that nothing can be said of what inflates them."
        )
    return np.asarray(covariance / np.outer(error, error))


def _inflation(correlation: Array, own: IntArray) -> float:
    """Return det R_1 det R_2 / det R, by logarithms: each determinant may be tiny."""
    others = np.setdiff1d(np.arange(len(correlation)), own)
    parts = [correlation[np.ix_(own, own)], correlation[np.ix_(others, others)], correlation]
    first, second, whole = (_logdet(part) for part in parts)
    with np.errstate(over="ignore", invalid="ignore"):  # singular: inf, or nan where a part is so by itself
        return float(np.exp(first + second - whole))


def _logdet(correlation: Array) -> float:
    """Return the logarithm of the determinant, -inf of a matrix that is singular but for rounding."""
    values = eigenvalues("The variance inflation factor", correlation)
    if values[0] <= len(values) * EPSILON * values[-1]:
        return -np.inf
    return float(np.linalg.slogdet(correlation)[1])


def _notes(model: FittedModel) -> list[str]:
    notes = []
    if not model.estimate.is_model_based:
        notes.append(f"Covariance: {model.estimate.label}.")
    if len(model.estimate.dropped):
        aliased = ", ".join(str(name) for name in model.estimate.names[model.estimate.dropped])
        notes.append(f"Aliased, and left out: {aliased}.")
    if not model.frame.intercept:
        notes.append(
            "Without an intercept the factors measure distance from zero too, not association alone."
        )
    return notes
