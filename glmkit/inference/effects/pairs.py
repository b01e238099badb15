"""Which two values of a variable a comparison sets side by side."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.frame.values import level_text
from glmkit.inference.effects.counterfactual import Population
from glmkit.inference.emmeans.grid import enters_as_factor, reference_grid
from glmkit.inference.protocols import FittedModel

__all__ = ["Pair", "level_pairs", "pair_name", "pairs_of"]

Pair: TypeAlias = tuple[object, object]
SEPARATORS = {"difference": " - ", "nnt": " - "}


def level_pairs(model: FittedModel, name: str) -> list[Pair]:
    """Return each level of a factor with the first."""
    first, *others = _levels_of(model, name)
    return [(first, other) for other in others]


def pairs_of(people: Population, name: str, how: object) -> list[Pair]:
    """Return the pairs of values to compare: each with the first level, x and x + 1, or as asked."""
    if enters_as_factor(people.model.frame, name):
        return _pairs_of_levels(people.model, name, how)
    x = np.asarray(people.columns[name], dtype=np.float64)
    if isinstance(how, str) and how == "sd":
        half = 0.5 * _standard_deviation(x, people.weights)
        return [(x - half, x + half)]
    if isinstance(how, str) and how == "iqr":
        return [(_quantile(x, people.weights, 0.25), _quantile(x, people.weights, 0.75))]
    if isinstance(how, tuple | list) and len(how) == 2 and all(map(_is_number, how)):
        return [(float(how[0]), float(how[1]))]
    if how is None or _is_number(how):
        return [(x, x + (1.0 if how is None else float(how)))]  # type: ignore[arg-type]
    raise FitError(
        f'The comparison of {name!r} is not understood: {how!r}. Give a step, two values, "sd" or "iqr".',
        argument="variables",
    )


def _pairs_of_levels(model: FittedModel, name: str, how: object) -> list[Pair]:
    levels = _levels_of(model, name)
    if how is None or how == "reference":
        return level_pairs(model, name)
    if how == "pairwise":
        return [(a, b) for i, a in enumerate(levels) for b in levels[i + 1 :]]
    if isinstance(how, tuple | list) and len(how) == 2 and all(level in levels for level in how):
        return [(how[0], how[1])]
    raise FitError(
        f'The comparison of {name!r} is not understood: {how!r}. Give "reference", "pairwise" or two of its '
        f"levels: {', '.join(map(level_text, levels))}.",
        argument="variables",
    )


def _levels_of(model: FittedModel, name: str) -> list[object]:
    return list(dict.fromkeys(reference_grid(model).cells[name]))


def _is_number(value: object) -> bool:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return False
    return bool(np.isfinite(float(value)))


def _standard_deviation(x: Array, counts: Array) -> float:
    """Return the standard deviation, each value counted so often."""
    total = np.sum(counts)
    squares = counts @ (x - np.average(x, weights=counts)) ** 2
    return float(np.sqrt(squares / (total - 1.0))) if total > 1 else 0.0


def _quantile(x: Array, counts: Array, share: float) -> float:
    """Return the quantile at (n - 1) share of the values in order, each counted so often."""
    order = np.argsort(x, kind="stable")
    ends = np.cumsum(counts[order])
    place = share * (ends[-1] - 1.0)
    below = np.floor(place)
    low, high = (
        float(x[order][np.searchsorted(ends, min(k, ends[-1] - 1), "right")]) for k in (below, below + 1)
    )
    return float(low + (place - below) * (high - low))


def pair_name(people: Population, name: str, pair: Pair, comparison: str) -> str:
    """Return the name of a comparison: ``b - a``, ``(x + 1) - x``, or with ``/`` for ratios."""
    low, high = pair
    separator = SEPARATORS.get(comparison, " / ")
    if isinstance(low, np.ndarray) and isinstance(high, np.ndarray):
        x = np.asarray(people.columns[name], dtype=np.float64)
        return separator.join(_shift_name(float(np.mean(end - x))) for end in (high, low))
    return f"{level_text(high)}{separator}{level_text(low)}"


def _shift_name(shift: float) -> str:
    if shift == 0.0:
        return "x"
    return f"(x {'+' if shift > 0 else '-'} {level_text(float(f'{abs(shift):.4g}'))})"
