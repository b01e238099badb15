"""Leverage: how much each row pulls its own fitted value."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array
from glmkit.fitting.glm import GLMFit

__all__ = ["leverage"]


def leverage(fit: GLMFit) -> Array:
    """Return the diagonal of W^1/2 X (X'WX)^-1 X'W^1/2, (n,), over the rows used."""
    weights = fit.problem.weights
    working = weights * np.where(weights > 0, fit.family.working_weight(fit.mean), 0.0)
    root = fit.factor.half_solve(np.eye(fit.rank))
    return working * fit.independence.design.row_norms(root)
