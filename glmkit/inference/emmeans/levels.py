"""The reference grid of a response with levels: their probabilities, one row each.

The level is a further factor of the grid, and means are averages of probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from glmkit.errors import FitError
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.names import plain_name
from glmkit.inference.emmeans.averaging import Specs, read_specs
from glmkit.inference.emmeans.grid import Grid
from glmkit.inference.emmeans.scales import LinkScale
from glmkit.inference.probabilities import LevelProbabilities

__all__ = ["PROBABILITY", "level_grid", "level_specs"]

PROBABILITY: Final = LinkScale(heading="Probability")


def level_grid(probabilities: LevelProbabilities, grid: Grid, scale: str) -> Grid:
    """Return the grid with a row for each level: its probability and the gradient of that.

    Raises
    ------
    FitError
        Another scale than that of the response is asked for.
    """
    model, levels = probabilities.model, probabilities.levels
    if scale != "response":
        raise FitError(
            f'scale={scale!r} is not there for {model.family!r}: its means are probabilities. Choose "response".',
            argument="scale",
        )
    reached = probabilities.at(model.estimate, grid.rows, grid.offset)
    m, count = reached.values.shape
    name = _column_name(model.frame, grid)
    cells = grid.cells.loc[np.repeat(np.arange(m), count)].reset_index(drop=True)
    cells[name] = pd.Series(list(levels) * m, dtype=object).infer_objects()
    return replace(
        grid,
        cells=cells,
        factors=(*grid.factors, name),
        rows=reached.gradients.reshape(m * count, -1),
        offset=np.zeros(m * count),
        counts=np.repeat(grid.counts, count),
        values=reached.values.ravel(),
        level=name,
    )


def _column_name(frame: ModelFrame, grid: Grid) -> str:
    """Return the response's name, or "level" for counts per level."""
    name = plain_name(frame.response.label)
    return "level" if name in grid.cells.columns or "(" in name else name


def level_specs(grid: Grid, specs: str | Sequence[str], by: str | Sequence[str] | None) -> Specs:
    """Return what is asked for, within each level of the response unless it is named."""
    chosen = read_specs(specs, by, list(grid.cells.columns))
    if grid.level in (*chosen.over, *chosen.by):
        return chosen
    return chosen._replace(by=(*chosen.by, grid.level))
