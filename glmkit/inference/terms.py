"""The linear predictor taken apart by term: each term's columns times their coefficients.

With an intercept a term is centred, so that it averages to zero over the rows of the fit
(a row of frequency k counting k times), and what the centres add up to is the constant:
link prediction = constant + sum of the terms + offset.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.frame.terms import TermColumns
from glmkit.inference.protocols import FittedModel
from glmkit.inference.rowwise import padded, result_index

__all__ = ["partial_residuals", "term_constant", "term_df", "term_errors", "term_values"]


def term_values(model: FittedModel, rows: Array) -> dict[str, Array]:
    """Return what each term adds to the linear predictor of `rows` (m, p), by label, each (m,)."""
    return {label: model.estimate.linear(L) for label, L in _contributions(model, rows)}


def term_errors(model: FittedModel, rows: Array) -> dict[str, Array]:
    """Return the standard error of each term's share, by label, each (m,)."""
    return {label: model.estimate.std_errors(L) for label, L in _contributions(model, rows)}


def term_df(model: FittedModel, rows: Array) -> dict[str, Array]:
    """Return the degrees of freedom of each term's share, by label, each (m,)."""
    return {label: model.estimate.df_of(L) for label, L in _contributions(model, rows)}


def term_constant(model: FittedModel) -> float:
    """Return the linear predictor, without offset, at the centre of the terms; 0 without intercept."""
    if not model.frame.intercept:
        return 0.0
    return float(model.estimate.linear(_centre(model)[None, :])[0])


def partial_residuals(model: FittedModel, working: Array) -> pd.DataFrame:
    """Return working residuals plus each term's share, by row label and term."""
    shares = term_values(model, model.frame.design.dense())
    rows = model.frame.rows
    columns = {label: padded(rows, working + share) for label, share in shares.items()}
    frame = pd.DataFrame(columns, index=result_index(rows))
    frame.attrs["constant"] = term_constant(model)
    return frame


def _terms(model: FittedModel) -> list[TermColumns]:
    return [term for term in model.frame.terms if term.order > 0]


def _centre(model: FittedModel) -> Array:
    """Return the mean of each column over the rows of the fit, (p,)."""
    frame = model.frame
    counts = np.ones(frame.n) if frame.freq_weights is None else frame.freq_weights
    return frame.design.tdot(counts / np.sum(counts))


def _contributions(model: FittedModel, rows: Array) -> Iterator[tuple[str, Array]]:
    """Yield each term with its rows L (m, p): zero outside the term's columns."""
    centre = _centre(model) if model.frame.intercept else np.zeros(rows.shape[1])
    for term in _terms(model):
        L = np.zeros(rows.shape)
        L[:, term.columns] = rows[:, term.columns] - centre[term.columns]
        yield term.label, L
