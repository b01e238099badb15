"""How much the errors of a term grow because other terms say nearly the same.

References
----------
Fox, J. and Monette, G. (1992). Generalized collinearity diagnostics. JASA 87, 178-183.
"""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.inference.protocols import FittedModel

__all__ = ["inflation_of"]


def inflation_of(model: FittedModel) -> dict[str, float]:
    """Return GVIF^(1/(2 Df)) of each term, from the model-based correlations of the coefficients."""
    fit = model.fit
    if fit.recession is not None:
        raise FitError("Infinite estimates have no correlations.")
    covariance = fit.centring.covariance_to_original(fit.inverse)
    terms = [
        (t.label, np.flatnonzero(np.isin(fit.kept, t.columns))) for t in model.frame.terms if t.order > 0
    ]
    terms = [(label, columns) for label, columns in terms if len(columns)]
    if len(terms) < 2:
        return {}
    every = np.concatenate([columns for _, columns in terms])
    return {
        label: float(
            np.exp(
                (
                    _logdet(covariance, columns)
                    + _logdet(covariance, np.setdiff1d(every, columns))
                    - _logdet(covariance, every)
                )
                / (2.0 * len(columns))
            )
        )
        for label, columns in terms
    }


def _logdet(covariance: Array, columns: IntArray) -> float:
    """Return the log-determinant of the correlations of some coefficients."""
    block = covariance[np.ix_(columns, columns)]
    scale = np.sqrt(np.diag(block))
    return float(np.linalg.slogdet(block / np.outer(scale, scale))[1])
