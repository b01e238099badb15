"""Marginal slopes of a covariate: derivatives of the linear predictor, averaged as means are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from glmkit.errors import FitError
from glmkit.inference.emmeans.grid import Grid, Values, check_known, check_smooth, reference_grid, used_value
from glmkit.inference.protocols import FittedModel

__all__ = ["slope_grid"]

# Step of the central differences, as a share of the covariate's range, or of the smallest value if
# that is smaller: columns are smooth in it, and the error of the formula below is its fourth power.
STEP = 1e-3
# A value counts as no smaller than this share of the range, or rounding grows.
SMALLEST = 1e-3


def slope_grid(model: FittedModel, variable: str, at: Values | None) -> Grid:
    """Return the grid whose rows are the derivative of the design by `variable`.

    Notes
    -----
    (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, exact for polynomials of degree 4;
    an ``offset()`` of the covariate counts.
    """
    names = list(model.frame.coding.variables)
    check_known(variable, names, "var")
    if model.frame.coding.variables[variable].kind != "number":
        raise FitError(
            f"var={variable!r} is a factor, which has no slope. Compare its means.", argument="var"
        )
    base = reference_grid(model, at)
    if variable in base.factors:
        raise FitError(
            f"var={variable!r} enters as a factor, which has no slope. Compare its means.", argument="var"
        )
    check_smooth(model.frame, variable, "var")
    values = np.asarray(used_value(model.frame, variable), dtype=np.float64)
    spread = float(np.ptp(values)) or 1.0
    centre = np.abs(np.asarray(base.cells[variable], dtype=np.float64))
    h = STEP * float(np.clip(np.min(centre, initial=spread, where=centre > 0), SMALLEST * spread, spread))
    rows, offset = np.zeros_like(base.rows), np.zeros_like(base.offset)
    for shift, weight in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
        moved = _moved(model, base.cells, variable, shift * h, at)
        rows += weight * moved.rows
        offset += weight * moved.offset
    return replace(base, rows=rows / (12.0 * h), offset=offset / (12.0 * h))


def _moved(model: FittedModel, cells: pd.DataFrame, variable: str, by: float, at: Values | None) -> Grid:
    centre = list(dict.fromkeys(cells[variable]))
    return reference_grid(model, {**(at or {}), variable: [value + by for value in centre]})
