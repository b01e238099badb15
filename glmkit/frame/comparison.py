"""Comparison and logic of a formula's operands, with R's third value for missing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glmkit._typing import Array
from glmkit.frame.operands import Operand, RefusalError, Scalar, Vector, as_number, constant_text
from glmkit.frame.values import Factor, Logical, level_text

__all__ = ["combine_truth", "compare", "if_else", "invert_truth", "is_missing", "member", "truth_of"]

_COMPARISON: dict[str, Callable[..., Array]] = {
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def compare(operator: str, left: Operand, right: Operand) -> Operand:
    """Return the truth of a comparison; labels compare as text, ordered factors by level."""
    if isinstance(left, Factor) or isinstance(right, Factor):
        return _compare_labels(operator, left, right)
    if isinstance(left, str) or isinstance(right, str):
        return _compare_text(operator, left, right)
    first, second = as_number(left), as_number(right)
    truth = np.where(np.isnan(first) | np.isnan(second), np.nan, _COMPARISON[operator](first, second))
    return Logical(truth) if truth.ndim else _scalar(float(truth))


def _scalar(value: float) -> Scalar:
    return value if np.isnan(value) else bool(value)


def _compare_labels(operator: str, left: Operand, right: Operand) -> Logical:
    """Return a comparison in which a factor takes part."""
    factor = left if isinstance(left, Factor) else right
    assert isinstance(factor, Factor)
    if operator not in ("==", "!=") and not factor.ordered:
        raise RefusalError(
            f"`{operator}` compares the levels of a factor without an order.", "Use `==`, or ordered()."
        )
    texts = {level_text(level): place for place, level in enumerate(factor.levels)}
    if operator not in ("==", "!="):
        unknown = [text for side in (left, right) for text in _texts(side) if text not in texts]
        if unknown:
            raise RefusalError(
                f"`{unknown[0]}` is not a level of the factor.", f"Its levels are {', '.join(texts)}."
            )
    places = dict(texts)
    codes = [_codes_in(side, places) for side in (left, right)]
    missing = (codes[0] < 0) | (codes[1] < 0)
    return Logical(np.where(missing, np.nan, _COMPARISON[operator](*codes)))


def _texts(side: Operand) -> list[str]:
    """Return the label texts one side of a comparison brings."""
    if isinstance(side, Factor):
        return [level_text(level) for level in side.levels]
    if isinstance(side, (str, int, float)):
        return [constant_text(side)]
    raise RefusalError(
        "A factor is compared with a column that is not one.", "Compare it with a label in quotes."
    )


def _codes_in(side: Operand, places: dict[str, int]) -> Array:
    """Return the places of a side's labels, new labels added to ``places``; -1 where missing."""
    here = np.array([places.setdefault(text, len(places)) for text in _texts(side)] + [-1], dtype=np.float64)
    return here[side.codes] if isinstance(side, Factor) else here[:1]


def _compare_text(operator: str, left: Operand, right: Operand) -> Operand:
    """Return ``==`` and ``!=`` of numbers or constants with a string, by their text as in R."""
    other, text = (right, left) if isinstance(left, str) else (left, right)
    if operator not in ("==", "!="):
        raise RefusalError(f"`{operator}` compares a string by its letters.", "Compare numbers with numbers.")
    if isinstance(other, Logical):
        wanted = {"TRUE": 1.0, "True": 1.0, "FALSE": 0.0, "False": 0.0}.get(str(text), np.inf)
        return compare(operator, other.values, wanted)
    if isinstance(other, str):
        return bool((other == text) is (operator == "=="))
    try:
        number = float(str(text))
    except ValueError:
        number = np.inf
    return compare(operator, other, number if level_text(number) == text else np.inf)


def combine_truth(operator: str, left: Operand, right: Operand) -> Operand:
    """Return ``&`` or ``|`` with R's third value: FALSE & NA is FALSE, TRUE | NA is TRUE."""
    first, second = truth_of(left), truth_of(right)
    decisive = 0.0 if operator == "&" else 1.0
    unknown = np.isnan(first) | np.isnan(second)
    decided = (first == decisive) | (second == decisive)
    truth = np.where(decided, decisive, np.where(unknown, np.nan, 1.0 - decisive))
    return Logical(truth) if truth.ndim else _scalar(float(truth))


def invert_truth(operand: Operand) -> Operand:
    """Return ``!operand``."""
    truth = np.asarray(1.0 - truth_of(operand))
    return Logical(truth) if truth.ndim else _scalar(float(truth))


def truth_of(operand: Operand) -> Array:
    """Return 0, 1 and NaN; numbers count as true unless zero."""
    numbers = np.asarray(as_number(operand))
    return np.where(np.isnan(numbers), np.nan, (numbers != 0.0).astype(np.float64))


def member(left: Operand, right: Operand) -> Operand:
    """Return ``left %in% c(...)``: never missing, as in R."""
    items = right.items if isinstance(right, Vector) else (right,)
    if not all(isinstance(item, (str, int, float)) for item in items):
        raise RefusalError("%in% needs constants on its right.", 'Write x %in% c("a", "b").')
    found: Operand = False
    for item in items:
        found = combine_truth("|", found, _known(compare("==", left, item)))
    return found


def _known(truth: Operand) -> Operand:
    """Return truth with missing counted as FALSE."""
    return Logical(np.nan_to_num(truth.values, nan=0.0)) if isinstance(truth, Logical) else truth


def if_else(test: Operand, yes: Operand, no: Operand) -> Operand:
    """Return ``yes`` where the test holds, ``no`` where it does not, missing where it is."""
    truth = truth_of(test)
    if isinstance(yes, (str, Factor)) or isinstance(no, (str, Factor)):
        return _if_else_labels(truth, yes, no)
    logical = all(isinstance(side, (bool, Logical)) for side in (yes, no))
    chosen = np.where(np.isnan(truth), np.nan, np.where(truth == 1.0, as_number(yes), as_number(no)))
    if not chosen.ndim:
        return float(chosen)
    return Logical(chosen) if logical else chosen


def _if_else_labels(truth: Array, yes: Operand, no: Operand) -> Factor:
    """Return the choice between labels as a factor of text."""
    if not truth.ndim:
        raise RefusalError("The test of ifelse() is a constant.", "Test a column.")
    places: dict[str, int] = {}
    chosen = np.where(truth == 1.0, _codes_in(yes, places), _codes_in(no, places))
    codes = np.where(np.isnan(truth), -1, chosen).astype(np.intp)
    order = sorted(places)
    rank = np.array([order.index(text) for text in places] + [-1], dtype=np.intp)
    used = rank[codes]
    return Factor(used, tuple(order))


def is_missing(x: Operand) -> Operand:
    """Return ``is.na(x)``."""
    if isinstance(x, Factor):
        return Logical((x.codes < 0).astype(np.float64))
    missing = np.asarray(np.isnan(as_number(x)), dtype=np.float64)
    return Logical(missing) if missing.ndim else bool(missing)


def as_logical(x: Operand) -> Operand:
    """Return ``as.logical(x)``."""
    truth = truth_of(x)
    return Logical(truth) if truth.ndim else _scalar(float(truth))
