"""What poly, scale, cut and the like learned: checked for the shape that each of them writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from glmkit.frame.formula import ParsedFormula
from glmkit.frame.learning import stateful_calls
from glmkit.frame.syntax import Call, deparse
from glmkit.frame.vocabulary import CONTRASTS
from glmkit.io.node import Node

__all__ = ["check_states"]


def check_states(node: Node, states: Mapping[str, Any], formula: ParsedFormula) -> None:
    """Refuse states that are not those of the formula's calls, or not of the shape its functions write."""
    calls = {deparse(call): call.function for call in _calls(formula)}
    if set(calls) != set(states):
        node.wrong("is not of the calls that the formula makes")
    for text, state in states.items():
        if not isinstance(state, dict) or not _SHAPES[calls[text]](state):
            node.at(text).wrong("is not what the function learns")


def _calls(formula: ParsedFormula) -> Iterator[Call]:
    factors = (factor for term in formula.terms for factor in term.factors)
    response = () if formula.response is None else (formula.response,)
    for text in (*response, *factors, *formula.offsets):
        yield from stateful_calls(text)


def _is_number(value: Any) -> bool:
    return isinstance(value, float)


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _are_numbers(value: Any, length: int | None = None) -> bool:
    return isinstance(value, list) and all(map(_is_number, value)) and length in (None, len(value))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _has(state: dict[str, Any], *names: str) -> bool:
    return set(state) == set(names)


def _scale(state: dict[str, Any]) -> bool:
    return _has(state, "center", "scale") and all(map(_is_number, state.values())) and state["scale"] != 0


def _poly(state: dict[str, Any]) -> bool:
    if not (_has(state, "degree", "raw", "columns", "recurrences") and isinstance(state["raw"], bool)):
        return False
    degree, columns, found = state["degree"], state["columns"], state["recurrences"]
    if not (_is_whole(degree, 1, 100) and _is_whole(columns, 1, 1000) and isinstance(found, list)):
        return False
    return len(found) == (0 if state["raw"] else columns) and all(
        isinstance(one, dict)
        and _has(one, "alpha", "norm2")
        and _are_numbers(one["alpha"], degree)
        and _are_numbers(one["norm2"], degree + 2)
        and min(one["norm2"]) > 0
        for one in found
    )


def _spline(*names: str) -> Callable[[dict[str, Any]], bool]:
    def shaped(state: dict[str, Any]) -> bool:
        return (
            _has(state, "knots", "boundary", "intercept", *names)
            and _are_numbers(state["knots"])
            and _are_numbers(state["boundary"], 2)
            and state["boundary"][0] < state["boundary"][1]
            and state["knots"] == sorted(state["knots"])
            and isinstance(state["intercept"], bool)
            and _is_whole(state.get("degree", 3), 1, 20)
        )

    return shaped


def _value(state: dict[str, Any]) -> bool:
    return _has(state, "value") and _is_number(state["value"])


def _values(state: dict[str, Any]) -> bool:
    return _has(state, "values") and _are_numbers(state["values"])


def _are_levels(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(level, (str, bool, int, float)) for level in value)


def _levels(state: dict[str, Any]) -> bool:
    return _has(state, "levels") and _are_levels(state["levels"])


def _factor(state: dict[str, Any]) -> bool:
    known = {"levels", "closed", "ordered"}
    return (
        known <= set(state) <= known | {"labels", "contrast"}
        and _are_levels(state["levels"])
        and isinstance(state["closed"], bool)
        and isinstance(state["ordered"], bool)
        and ("labels" not in state or _labels(state))
        and ("contrast" not in state or _contrast(state["contrast"], len(state["levels"])))
    )


def _labels(state: dict[str, Any]) -> bool:
    return _are_texts(state["labels"]) and len(state["labels"]) == len(state["levels"])


def _contrast(described: Any, n_levels: int) -> bool:
    if not isinstance(described, dict) or not set(described) <= {"name", "base", "scores", "matrix"}:
        return False
    matrix = described.get("matrix", [])
    return (
        described.get("name") in [*CONTRASTS.values(), "matrix"]
        and _are_numbers(described.get("scores", [0.0] * n_levels), n_levels)
        and isinstance(matrix, list)
        and (not matrix or len(matrix) == n_levels)
        and all(_are_numbers(row, len(matrix[0])) for row in matrix)
        and _are_levels([described.get("base", "")])
    )


def _cut(state: dict[str, Any]) -> bool:
    if not (_has(state, "breaks", "right", "lowest", "labels", "ordered") and _are_numbers(state["breaks"])):
        return False
    breaks, labels = state["breaks"], state["labels"]
    return (
        len(breaks) > 1
        and breaks == sorted(breaks)
        and all(isinstance(state[name], bool) for name in ("right", "lowest", "ordered"))
        and (labels is None or (_are_texts(labels) and len(labels) == len(breaks) - 1))
    )


# One for every function that learns; a test holds this table to `STATEFUL`.
_SHAPES: Final[dict[str, Callable[[dict[str, Any]], bool]]] = {
    "scale": _scale,
    "center": _scale,
    "poly": _poly,
    "quantile": _values,
    **dict.fromkeys(("mean", "sd", "var", "median", "min", "max", "sum"), _value),
    **dict.fromkeys(("factor", "as.factor", "droplevels", "ordered", "as.ordered", "relevel", "C"), _factor),
    "unclass": _levels,
    "as.integer": _levels,
    "cut": _cut,
    "bs": _spline("degree"),
    "ns": _spline(),
}
