"""The functions of a formula that make groups: factor, ordered, relevel, C, cut, unclass.

What each learns is its levels, as plain data. At prediction a label that was not there
keeps its own level after the learned ones, for the caller to name and refuse; only where
the formula lists the levels itself is any other label missing, as in R.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.errors import NewLevelError
from glmkit.frame.operands import (
    ContrastRequest,
    Operand,
    RefusalError,
    State,
    Stateful,
    as_factor,
    as_number,
    labels_of,
    numbers_of,
    scalar_truth,
    whole_number,
)
from glmkit.frame.values import ContrastSpec, Factor, Matrix, level_text

__all__ = ["GROUPING"]

MAX_INTERVALS = 10_000
_TRUTHS = {"TRUE": "True", "FALSE": "False"}


def _plain(levels: Sequence[Hashable]) -> list[Hashable]:
    """Return levels as plain data; what JSON has no word for, as its text."""
    return [level if isinstance(level, (str, bool, int, float)) else str(level) for level in levels]


def _texts(levels: Sequence[Hashable]) -> list[str]:
    return [level_text(level) for level in levels]


def _recode(factor: Factor, levels: Sequence[Hashable], *, closed: bool = False) -> Factor:
    """Return the factor with its labels at the given levels; others are missing, or come after."""
    places = {text: place for place, text in enumerate(_texts(levels))}
    result = list(levels)
    targets = []
    for level in factor.levels:
        place = places.get(level_text(level))
        if place is None and not closed:
            place = len(result)
            result.append(level)
        targets.append(-1 if place is None else place)
    table: IntArray = np.array([*targets, -1], dtype=np.intp)
    return Factor(table[factor.codes], tuple(result), factor.ordered, factor.contrast)


def _used_levels(factor: Factor) -> list[Hashable]:
    """Return the levels that occur, in their order."""
    present = np.bincount(factor.codes[factor.codes >= 0], minlength=len(factor.levels)) > 0
    return [level for level, used in zip(factor.levels, present, strict=True) if used]


def _given_levels(factor: Factor, levels: Operand) -> list[Hashable]:
    """Return levels as the formula lists them, with the data's own values where they match."""
    own = {level_text(level): level for level in factor.levels}
    logical = any(isinstance(level, bool) for level in factor.levels)
    given = [_TRUTHS.get(text, text) if logical else text for text in labels_of(levels, "levels")]
    if len(set(given)) < len(given):
        raise RefusalError("A level is listed twice.", "List each level once.")
    return [own.get(text, text) for text in given]


def learn_factor(
    x: Operand,
    levels: Operand = None,
    labels: Operand = None,
    ordered: Operand = None,
) -> State:
    """Learn the levels of ``factor(x, levels, labels, ordered)``."""
    factor = as_factor(x)
    known = _used_levels(factor) if levels is None else _given_levels(factor, levels)
    state: State = {
        "levels": _plain(known),
        "closed": levels is not None,
        "ordered": factor.ordered if ordered is None else scalar_truth(ordered, "ordered"),
    }
    if labels is not None:
        names = labels_of(labels, "labels")
        if len(names) != len(known):
            raise RefusalError(f"There are {len(names)} labels for {len(known)} levels.", "Give one each.")
        state["labels"] = names
    return state


def apply_factor(state: State, x: Operand, *_: Operand) -> Factor:
    """Return the factor at the learned levels, under its new labels."""
    levels: list[Hashable] = state["levels"]  # type: ignore[assignment]
    factor = _recode(as_factor(x), levels, closed=bool(state["closed"]))
    names, codes = factor.levels, factor.codes
    if "labels" in state:
        labels: list[str] = state["labels"]  # type: ignore[assignment]
        merged = dict.fromkeys([*labels, *names[len(levels) :]])
        order = {name: place for place, name in enumerate(merged)}
        targets = [order[name] for name in [*labels, *names[len(levels) :]]]
        codes = np.array([*targets, -1], dtype=np.intp)[codes]
        names = tuple(merged)
    return Factor(codes, names, bool(state["ordered"]))


def learn_ordered(x: Operand, levels: Operand = None, labels: Operand = None) -> State:
    """Learn the levels of ``ordered(x, levels, labels)``."""
    return learn_factor(x, levels, labels, True)


def learn_levels(x: Operand) -> State:
    """Learn all levels of ``as.factor(x)``, used or not."""
    factor = as_factor(x)
    return {"levels": _plain(factor.levels), "closed": False, "ordered": factor.ordered}


def learn_relevel(x: Operand, ref: Operand) -> State:
    """Learn the levels of ``relevel(x, ref)``: the reference first."""
    factor = as_factor(x)
    if factor.ordered:
        raise RefusalError("relevel() is for factors without an order.", "Use factor(x, levels=c(...)).")
    base = _find_level(factor.levels, ref)
    rest = [level for level in factor.levels if level != base]
    return {"levels": _plain([base, *rest]), "closed": False, "ordered": False}


def _find_level(levels: Sequence[Hashable], ref: Operand) -> Hashable:
    """Return the level that a constant names."""
    wanted = labels_of(ref, "ref")
    for level in levels:
        if level_text(level) == _TRUTHS.get(wanted[0], wanted[0]) or level_text(level) == wanted[0]:
            return level
    listed = ", ".join(f"`{text}`" for text in _texts(levels)[:10])
    raise RefusalError(f"`{wanted[0]}` is not a level.", f"The levels are {listed}.")


def learn_contrast(
    x: Operand,
    contr: Operand = None,
    ref: Operand = None,
    base: Operand = None,
    levels: Operand = None,
) -> State:
    """Learn the levels and the contrast of ``C(x, contr, ref=, base=, levels=)``."""
    factor = as_factor(x)
    known = list(factor.levels) if levels is None else _given_levels(factor, levels)
    state: State = {"levels": _plain(known), "closed": levels is not None, "ordered": factor.ordered}
    reference = ref if ref is not None else base
    if isinstance(contr, Matrix) or (isinstance(contr, np.ndarray) and contr.ndim == 2):
        matrix = contr.values if isinstance(contr, Matrix) else contr
        return state | {"contrast": {"name": "matrix", "matrix": _checked_matrix(matrix, len(known))}}
    request = contr if isinstance(contr, ContrastRequest) else None
    if contr is not None and request is None:
        cure = 'Write C(x, "sum"), C(x, Treatment(ref="b")), or pass a matrix by name in context={...}.'
        raise RefusalError("The contrast of C() is not one.", cure)
    if request is None and reference is None:
        return state
    return state | {"contrast": _described(request or ContrastRequest("treatment"), reference, known)}


def _checked_matrix(matrix: Array, n_levels: int) -> list[list[float]]:
    if len(matrix) != n_levels:
        raise RefusalError(
            f"The contrast has {len(matrix)} rows for {n_levels} levels.", "Give one row each."
        )
    rows: list[list[float]] = matrix.tolist()
    return rows


def _described(request: ContrastRequest, ref: Operand, levels: Sequence[Hashable]) -> State:
    """Return a contrast as plain data, its base as a level's value."""
    state: State = {"name": request.name}
    if request.place is not None:
        if not 1 <= request.place <= len(levels):
            raise RefusalError(f"Level {request.place} of {len(levels)} does not exist.", "Count from 1.")
        state["base"] = levels[request.place - 1]
    wanted = ref if ref is not None else request.ref
    if wanted is not None:
        state["base"] = _find_level(levels, wanted)
    if "base" in state and request.name != "treatment":
        raise RefusalError(f"The contrast `{request.name}` has no reference level.", "Leave ref out.")
    if request.scores is not None:
        if len(request.scores) != len(levels):
            raise RefusalError("There is not one score for each level.", f"Give {len(levels)} scores.")
        state["scores"] = list(request.scores)
    return state


def apply_contrast(state: State, x: Operand, *_: Operand) -> Factor:
    """Return the factor at the learned levels with its contrast."""
    factor = as_factor(x)
    levels: list[Hashable] = state["levels"]  # type: ignore[assignment]
    recoded = _recode(factor, levels, closed=bool(state["closed"]))
    spec = _spec(state["contrast"]) if "contrast" in state else factor.contrast
    return Factor(recoded.codes, recoded.levels, bool(state["ordered"]), spec)


def _spec(described: object) -> ContrastSpec:
    """Return the contrast that plain data describe."""
    assert isinstance(described, dict)
    scores, matrix = described.get("scores"), described.get("matrix")
    return ContrastSpec(
        described["name"],
        base=described.get("base"),
        scores=None if scores is None else tuple(scores),
        matrix=None if matrix is None else tuple(tuple(row) for row in matrix),
    )


def apply_positions(state: State, x: Operand, *_: Operand) -> Operand:
    """Return ``unclass(x)``: the places of the learned levels, from 1; numbers as they are."""
    if not isinstance(x, Factor):
        return as_number(x)
    levels: list[Hashable] = state["levels"]  # type: ignore[assignment]
    factor = _recode(x, levels)
    if np.any(factor.codes >= len(levels)):
        new = [level_text(level) for level in factor.levels[len(levels) :]]
        raise RefusalError(
            f"Level `{new[0]}` was not in the data of the fit.", "Leave its rows out.", NewLevelError
        )
    return np.where(factor.codes < 0, np.nan, factor.codes + 1.0)


def learn_positions(x: Operand) -> State:
    """Learn the levels whose places ``unclass(x)`` counts."""
    return {"levels": _plain(x.levels) if isinstance(x, Factor) else []}


def apply_integer(state: State, x: Operand, *_: Operand) -> Operand:
    """Return ``as.integer(x)``: places of levels, or numbers without their fractions."""
    positions = as_number(apply_positions(state, x))
    return np.trunc(positions) if isinstance(positions, np.ndarray) else float(int(positions))


def learn_cut(
    x: Operand,
    breaks: Operand,
    labels: Operand = None,
    include_lowest: Operand = False,
    right: Operand = True,
    dig_lab: Operand = 3.0,
    ordered_result: Operand = False,
) -> State:
    """Learn the edges and labels of ``cut(x, breaks, ...)``."""
    closed_right, lowest = scalar_truth(right, "right"), scalar_truth(include_lowest, "include.lowest")
    edges = _edges(as_number(x), breaks)
    state: State = {"breaks": edges, "right": closed_right, "lowest": lowest, "labels": None}
    state["ordered"] = scalar_truth(ordered_result, "ordered_result")
    if labels is False:
        return state
    if labels is None:
        digits = whole_number(dig_lab, "dig.lab", 1, 15)
        return state | {"labels": _interval_labels(edges, closed_right, lowest, digits)}
    names = labels_of(labels, "labels")
    if len(names) != len(edges) - 1 or len(set(names)) < len(names):
        raise RefusalError(
            "cut() needs one label for each interval.", f"Give {len(edges) - 1} different ones."
        )
    return state | {"labels": names}


def _edges(x: Array | float, breaks: Operand) -> list[float]:
    """Return sorted edges; a number of intervals is spread over the range, its ends moved out by 0.1 %."""
    given = sorted(numbers_of(breaks, "breaks"))
    if len(given) > 1:
        if len(set(given)) < len(given) or any(edge != edge for edge in given):
            raise RefusalError("The breaks of cut() are not unique.", "List each edge once.")
        return given
    count = whole_number(given[0] if given else None, "breaks", 2, MAX_INTERVALS)
    values = np.asarray(x)[np.isfinite(x)]
    if not values.size:
        raise RefusalError("cut() has no values to find edges from.", "Give the edges: breaks=c(...).")
    low, high = float(values.min()), float(values.max())
    width = high - low
    if width == 0.0:
        width = abs(low)
        flat: list[float] = np.linspace(low - width / 1000, high + width / 1000, count + 1).tolist()
        return flat
    edges: list[float] = np.linspace(low, high, count + 1).tolist()
    edges[0], edges[-1] = low - width / 1000, high + width / 1000
    return edges


def _interval_labels(edges: list[float], right: bool, lowest: bool, digits: int) -> list[str]:
    """Return R's labels ``(4,8]``, with as many digits as tell the edges apart."""
    for used in range(digits, max(12, digits) + 1):
        texts = [format(edge, f".{used}g").replace("inf", "Inf") for edge in edges]
        if len(set(texts)) == len(texts):
            break
    opened, closed = ("(", "]") if right else ("[", ")")
    labels = [f"{opened}{low},{high}{closed}" for low, high in pairwise(texts)]
    if lowest and right:
        labels[0] = "[" + labels[0][1:]
    elif lowest:
        labels[-1] = labels[-1][:-1] + "]"
    return labels


def apply_cut(state: State, x: Operand, *_: Operand) -> Operand:
    """Return the interval of each row, missing outside all of them."""
    values = np.asarray(as_number(x))
    edges = np.array(state["breaks"], dtype=np.float64)
    codes = np.searchsorted(edges, values, side="left" if state["right"] else "right") - 1
    end, place = (edges[0], 0) if state["right"] else (edges[-1], len(edges) - 2)
    if state["lowest"]:
        codes = np.where(values == end, place, codes)
    outside = np.isnan(values) | (codes < 0) | (codes > len(edges) - 2)
    codes = np.where(outside, -1, codes).astype(np.intp)
    if state["labels"] is None:
        return np.where(codes < 0, np.nan, codes + 1.0)
    labels: list[str] = state["labels"]  # type: ignore[assignment]
    return Factor(codes, tuple(labels), bool(state["ordered"]))


GROUPING: dict[str, Stateful] = {
    "factor": Stateful(learn_factor, apply_factor),
    "as.factor": Stateful(learn_levels, apply_factor),
    "droplevels": Stateful(learn_factor, apply_factor),
    "ordered": Stateful(learn_ordered, apply_factor),
    "as.ordered": Stateful(learn_ordered, apply_factor),
    "relevel": Stateful(learn_relevel, apply_factor),
    "C": Stateful(learn_contrast, apply_contrast),
    "unclass": Stateful(learn_positions, apply_positions),
    "as.integer": Stateful(learn_positions, apply_integer),
    "cut": Stateful(learn_cut, apply_cut),
}
