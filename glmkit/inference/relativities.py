"""Relativities: what a tariff multiplies by, level by level.

With the log link a factor multiplies the mean. The relativity of a level is the mean there over the
mean at the base level, all else equal: exp(L beta) for the row L = x(level) - x(base), whatever the
contrasts (equation 24.1). Factors that interact have one relativity for each combination of levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.design.parts import CodedPart
from glmkit.errors import DataError, FitError
from glmkit.frame.align import RowArgument
from glmkit.frame.encoding import FactorEncoding
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.names import plain_name
from glmkit.frame.values import Logical, level_text
from glmkit.inference.protocols import FittedModel
from glmkit.inference.wald import wald_interval
from glmkit.tables.table import Table
from glmkit.tables.wording import interval_headings

__all__ = ["relativities"]


class _Group(NamedTuple):
    """Factors that interact with each other and with nothing else."""

    factors: tuple[str, ...]
    encodings: tuple[FactorEncoding, ...]


def relativities(model: FittedModel, exposure: RowArgument, level: float) -> Table:
    """Return the relativity of every level of every factor, with the exposure behind it."""
    if model.family.link.name != "log":
        raise FitError(
            f"Relativities need the log link, under which factors multiply the mean; the link is "
            f'{model.family.link.name}. Fit with link="log".',
            link=model.family.link.name,
        )
    groups, left_out = _groups(model.frame)
    if not groups:
        raise FitError(
            "The model has no factor that stands apart from its numbers, so there is no relativity."
        )
    amounts = None if exposure is False else _amounts(model.frame, exposure)
    frame = pd.concat([_of_group(model, group, amounts, level) for group in groups])
    notes = [_exposure_note(model, exposure)] if amounts is not None else []
    notes += [f"{name} is left out: its effect depends on a number." for name in left_out]
    return Table(frame, "Relativities", headings=interval_headings(level), notes=notes)


def _exposure_note(model: FittedModel, exposure: RowArgument) -> str:
    given = model.frame.arguments.exposure if exposure is None else exposure
    if given is None:
        return "Exposure: rows."
    return f"Exposure: {given}." if isinstance(given, str) else "Exposure: as given."


def _groups(frame: ModelFrame) -> tuple[list[_Group], list[str]]:
    """Return the factors in groups that interact, and those that a number interacts with."""
    encodings = frame.coding.encodings
    coded = {f: e for f, e in encodings.items() if isinstance(e, FactorEncoding)}
    sets = [{f} for f in coded]
    mixed: set[str] = set()
    for term in frame.coding.terms:
        inside = set(term.factors) & set(coded)
        mixed |= inside if inside != set(term.factors) else set()
        touched = [one for one in sets if one & inside]
        sets = [one for one in sets if not one & inside] + ([set().union(*touched)] if touched else [])
    place = {factor: k for k, factor in enumerate(coded)}
    ordered = sorted(
        (tuple(sorted(one, key=place.__getitem__)) for one in sets), key=lambda one: place[one[0]]
    )
    groups = [_Group(one, tuple(coded[f] for f in one)) for one in ordered if not set(one) & mixed]
    left_out = [plain_name(f) for one in ordered if set(one) & mixed for f in one]
    return groups, left_out


def _of_group(model: FittedModel, group: _Group, amounts: Array | None, level: float) -> pd.DataFrame:
    """Return the rows of one factor, or of one set of interacting factors."""
    cells = list(product(*(range(len(e.levels)) for e in group.encodings)))
    rows = _rows(model.frame, group, cells)
    base = tuple(_base(encoding) for encoding in group.encodings)
    contrasts = rows - rows[cells.index(base)]
    estimate = model.estimate
    known = estimate.estimable(contrasts)
    center = np.where(known, estimate.linear(contrasts), np.nan)
    low, high = wald_interval(
        center, np.where(known, estimate.std_errors(contrasts), np.nan), level, estimate.df
    )
    with np.errstate(over="ignore", under="ignore"):  # a huge coefficient: its ratio is inf
        columns = {"relativity": np.exp(center), "conf_low": np.exp(low), "conf_high": np.exp(high)}
    if amounts is not None:
        columns |= _exposures(model.frame, group, cells, amounts)
    name = ":".join(plain_name(factor) for factor in group.factors)
    labels = [
        ", ".join(level_text(e.levels[i]) for e, i in zip(group.encodings, c, strict=True)) for c in cells
    ]
    index = pd.MultiIndex.from_arrays([[name] * len(cells), labels], names=["variable", "level"])
    return pd.DataFrame(columns, index=index)


def _base(encoding: FactorEncoding) -> int:
    """Return the position of the level the others are compared with: the baseline, else the first."""
    return 0 if encoding.baseline is None else encoding.levels.index(encoding.baseline)


def _rows(frame: ModelFrame, group: _Group, cells: list[tuple[int, ...]]) -> Array:
    """Return the part of the design that these factors make in each cell, (cells, p), zero elsewhere."""
    place = {factor: k for k, factor in enumerate(group.factors)}
    rows = np.zeros((len(cells), len(frame.names)))
    first = 0
    for factors, reduced, width in _products(frame):
        if factors and set(factors) <= set(place):
            matrices = [
                group.encodings[place[f]].coding(reduced=r).matrix
                for f, r in zip(factors, reduced, strict=True)
            ]
            for i, cell in enumerate(cells):
                parts = [m[cell[place[f]]] for f, m in zip(factors, matrices, strict=True)]
                rows[i, first : first + width] = reduce(lambda fast, slow: np.kron(slow, fast), parts)
        first += width
    return rows


def _products(frame: ModelFrame) -> Iterator[tuple[tuple[str, ...], tuple[bool, ...], int]]:
    """Yield the factors of each product, how they are coded, and how many columns they make."""
    encodings = frame.coding.encodings
    for term in frame.coding.terms:
        for one in term.products:
            width = int(np.prod([len(encodings[s.factor].names(reduced=s.reduced)) for s in one], dtype=int))
            yield tuple(s.factor for s in one), tuple(s.reduced for s in one), width


# ----------------------------------------------------------------------------- exposure


def _amounts(frame: ModelFrame, exposure: RowArgument) -> Array:
    """Return the exposure of each row used, (n,): as given, that of the fit, or 1, times its frequency."""
    given = frame.arguments.exposure if exposure is None else exposure
    counts = np.ones(frame.n) if frame.freq_weights is None else frame.freq_weights
    if given is None:
        # The labels are asked for so that a model without rows says what it lacks.
        return np.asarray(counts * np.ones(len(frame.rows.labels)))
    value = frame.row_values(given, "exposure")
    numbers = value.values if isinstance(value, Logical) else value
    if not isinstance(numbers, np.ndarray) or not np.all(np.isfinite(numbers)) or np.any(numbers < 0):
        raise DataError("exposure must be a finite number >= 0 in every row used.", argument="exposure")
    return np.asarray(counts * numbers)


def _exposures(
    frame: ModelFrame, group: _Group, cells: list[tuple[int, ...]], amounts: Array
) -> dict[str, Array]:
    """Return the exposure of each cell and its share."""
    shape = tuple(len(e.levels) for e in group.encodings)
    place = np.ravel_multi_index(tuple(_codes(frame, f) for f in group.factors), shape)
    totals = np.bincount(place, weights=amounts, minlength=len(cells)).astype(np.float64)
    whole = float(np.sum(amounts))
    return {
        "exposure": totals,
        "exposure_share": totals / whole if whole > 0 else np.full(len(cells), np.nan),
    }


def _codes(frame: ModelFrame, factor: str) -> IntArray:
    """Return the level of each row used, (n,)."""
    for (factors, _, _), block in zip(_products(frame), frame.blocks, strict=True):
        if factor in factors:
            part = block.parts[factors.index(factor)]
            assert isinstance(part, CodedPart)
            return part.codes
    raise AssertionError(f"{factor} is in no product")
