"""From the grid to marginal means: which cells are averaged, and with what weights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.inference.emmeans.grid import Grid, check_known
from glmkit.inference.emmeans.labels import combined
from glmkit.inference.protocols import FittedModel

__all__ = ["Averages", "Specs", "averages", "containers", "read_specs"]

WEIGHTS = ("equal", "proportional", "outer", "cells")


class Specs(NamedTuple):
    """Which variables the means are of, and within which."""

    over: tuple[str, ...]
    by: tuple[str, ...]


class Averages(NamedTuple):
    """The linear functions of the means."""

    labels: pd.DataFrame
    rows: Array  # (k, p)
    offset: Array  # (k,)
    values: Array | None = None  # (k,) as of `Grid`


def read_specs(specs: str | Sequence[str], by: str | Sequence[str] | None, known: Sequence[str]) -> Specs:
    """Return the variables that a specification names.

    Examples
    --------
    >>> read_specs("~ wool | tension", None, ["wool", "tension"])
    Specs(over=('wool',), by=('tension',))
    """
    text_by: list[str] = []
    if isinstance(specs, str):
        body, _, conditional = specs.removeprefix("~").strip().partition("|")
        text_by = _names(conditional)
        over = [name for name in _names(body) if name != "1"]
    else:
        over = list(specs)
    within = [*text_by, *(_names(by) if isinstance(by, str) else list(by or ()))]
    for argument, names in (("specs", over), ("by", within)):
        for name in names:
            check_known(name, known, argument)
    return Specs(tuple(dict.fromkeys(n for n in over if n not in within)), tuple(dict.fromkeys(within)))


def _names(text: str) -> list[str]:
    parts = re.split(r"[+:*,]", text)
    return [part.strip().strip("`").strip() for part in parts if part.strip()]


def containers(model: FittedModel, factors: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return, by nested factor, the factors whose levels its levels belong to.

    b is nested in a where every term with b has a, and some term has a without b: ``a/b``,
    ``a + b %in% a``.
    """
    sets = [frozenset(term.variables) & frozenset(factors) for term in model.frame.terms if term.order > 0]
    nested = {}
    for factor in factors:
        own = [s - {factor} for s in sets if factor in s]
        common = frozenset.intersection(*own) if own else frozenset()
        above = tuple(f for f in factors if f in common and any(f in s and factor not in s for s in sets))
        if above:
            nested[factor] = above
    return nested


def averages(grid: Grid, names: Sequence[str], weights: str) -> Averages:
    """Return the averages of the grid's rows for each combination of `names`, in their order."""
    if weights not in WEIGHTS:
        raise FitError(
            f"weights={weights!r} is not known. Choose one of: {', '.join(WEIGHTS)}.", argument="weights"
        )
    group, labels = _groups(grid.cells, names)
    share = _weights(grid, names, group, weights)
    total = np.bincount(group, weights=share, minlength=len(labels))
    with np.errstate(invalid="ignore", divide="ignore"):  # a mean without a cell is not estimable
        averaging = np.zeros((len(labels), len(group)))
        averaging[group, np.arange(len(group))] = share / total[group]
    values = None if grid.values is None else combined(averaging, grid.values)
    return Averages(labels.apply(_whole), combined(averaging, grid.rows), averaging @ grid.offset, values)


def _whole(column: pd.Series) -> pd.Series:
    """Return whole numbers as such, so that a level 4 prints as 4."""
    if column.dtype != np.float64 or not np.all(column == np.round(column)):
        return column
    return column.astype(np.int64)


def _groups(cells: pd.DataFrame, names: Sequence[str]) -> tuple[IntArray, pd.DataFrame]:
    """Return the group of each cell and a row of labels for each group, the first name fastest."""
    key = np.zeros(len(cells), dtype=np.intp)
    size = 1
    for name in names:
        levels = list(dict.fromkeys(cells[name]))
        key += size * np.array([levels.index(value) for value in cells[name]], dtype=np.intp)
        size *= len(levels)
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    return group, cells.iloc[first][list(names)].reset_index(drop=True)


def _weights(grid: Grid, names: Sequence[str], group: IntArray, kind: str) -> Array:
    if kind == "equal":
        return np.ones(len(group))
    if kind == "cells":
        return grid.counts
    others = [name for name in grid.factors if name not in names]
    if kind == "proportional":
        joint, _ = _groups(grid.cells, others)
        return _cell_totals(grid, joint)
    product = np.ones(len(group))
    for name in others:
        product *= _cell_totals(grid, _groups(grid.cells, [name])[0])
    return product


def _cell_totals(grid: Grid, key: IntArray) -> Array:
    """Return how many rows share each cell's value of `key`; covariates' values do not multiply them."""
    factor_cells = _groups(grid.cells, grid.factors)[0]
    first = np.unique(factor_cells, return_index=True)[1]
    totals = np.bincount(key[first], weights=grid.counts[first], minlength=int(key.max()) + 1)
    return np.asarray(totals[key])
