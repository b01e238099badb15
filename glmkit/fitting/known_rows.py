"""Rows of which compiled code knows the family: what it is told of them, and the point that its pass finds."""

from __future__ import annotations

import numpy as np

from glmkit._typing import Array
from glmkit.compiled.layout import CHI_SQUARE, LOSSES, WATCHED
from glmkit.design.compiled import Compilable
from glmkit.design.matrix import Design, KnownRows
from glmkit.families.base import Family
from glmkit.families.losses import Loss
from glmkit.fitting.fitted import FittedBy
from glmkit.fitting.points import Asked, Losses, Measures, Point, Sums, is_last
from glmkit.fitting.signs import Watch
from glmkit.numerics.vectors import is_ones

__all__ = ["known_point", "known_rows"]


def known_rows(
    design: Design,
    family: Family,
    loss: Loss,
    y: Array,
    weights: Array,
    offset: Array | None,
    asked: Asked,
) -> KnownRows | None:
    """Return rows as compiled code knows them; None where it does not, or has no part in the design.

    Parameters
    ----------
    design : Design
    family : Family
    loss : Loss
        Its losses, which are added up in place of the deviance.
    y, weights : (n,) arrays
    offset : (n,) array or None
        None where it is zero.
    asked : Asked
    """
    if not isinstance(design, Compilable) or design.compiled is None:
        return None
    if loss.kind is None or y.dtype != np.float64:
        return None
    last = asked is Asked.MERIT
    return KnownRows(
        loss.kind,
        np.ascontiguousarray(y),
        None if is_ones(weights) else np.ascontiguousarray(weights),
        None if offset is None else np.ascontiguousarray(offset),
        pearson=is_last(asked) or family.dispersion is None,
        informed=asked in (Asked.STEP, Asked.LAST) and family.constant_weight is None,
        scored=not last,
    )


def known_point(design: Design, rows: KnownRows, family: Family, losses: Losses, beta: Array) -> Point | None:
    """Return the point that compiled code finds in one pass over known rows; None where it does not."""
    swept = design.sweep_known(beta, rows)
    if swept is None:
        return None
    fitted, merit = FittedBy(design, beta, rows.offset, family), losses.deviance(float(swept.sums[LOSSES]))
    if rows.scored:
        return Point(beta, fitted, merit, Sums.of(swept), exact=False)
    open_rows = float(swept.sums[WATCHED])
    measures = Measures(float(swept.sums[CHI_SQUARE]), Watch(0.0, lambda: open_rows > 0.0))
    return Point(beta, fitted, merit, exact=losses.tell(merit), measures=measures)
