"""Residuals of the rows used, as arrays.

Definitions of McCullagh & Nelder (1989, section 2.4); prior weights enter as in R.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit

__all__ = ["RESIDUALS", "residuals_of"]


def deviance_residuals(fit: GLMFit) -> Array:
    """Return sign(y - mu) sqrt(w d(y, mu))."""
    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        unit = fit.family.unit_deviance(fit.problem.y, fit.mean)
    size = np.sqrt(np.maximum(_counted(fit, fit.problem.prior, unit), 0.0))
    return np.where(fit.problem.y > fit.mean.mu, size, -size)


def pearson_residuals(fit: GLMFit) -> Array:
    """Return (y - mu) sqrt(w / V(mu))."""
    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        scaled = fit.family.pearson(fit.problem.y, fit.mean)
    return _counted(fit, np.sqrt(fit.problem.prior), scaled)


def working_residuals(fit: GLMFit) -> Array:
    """Return (y - mu) / (dmu/deta), on the link scale."""
    return fit.family.working_residual(fit.problem.y, fit.mean)


def response_residuals(fit: GLMFit) -> Array:
    """Return y - mu."""
    return np.asarray(fit.problem.y - fit.mean.mu)


RESIDUALS: dict[str, Callable[[GLMFit], Array]] = {
    "deviance": deviance_residuals,
    "pearson": pearson_residuals,
    "working": working_residuals,
    "response": response_residuals,
}


def residuals_of(fit: GLMFit, kind: str) -> Array:
    """Return the residuals of one kind, (n,), over the rows used."""
    if kind not in RESIDUALS:
        raise FitError(
            f"{kind!r} is not a kind of residual. Choose one of: {', '.join(RESIDUALS)}, partial, quantile.",
            argument="type",
            value=kind,
        )
    return RESIDUALS[kind](fit)


def _counted(fit: GLMFit, weights: Array, values: Array) -> Array:
    return weights * np.where(fit.problem.weights > 0, values, 0.0)
