"""A formula with all that coding new rows needs: columns, levels, contrasts, learned numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glmkit.errors import FitError, GlmkitError, ModelFileError
from glmkit.frame.coding import Coding, Variable, variables_in
from glmkit.frame.contrasts import SCHEMES
from glmkit.frame.encoding import Encoding, FactorEncoding, NumericEncoding
from glmkit.frame.formula import ParsedFormula, parse_formula
from glmkit.frame.registered import available
from glmkit.frame.terms import scoped_terms
from glmkit.frame.values import ContrastSpec
from glmkit.io.node import Node, hexed
from glmkit.io.plain import level_of, plain_of, tagged, tagged_plain
from glmkit.io.states import check_states

__all__ = ["coding_document", "coding_of", "seen_columns"]

KINDS = ("number", "factor", "truth")


def coding_document(coding: Coding, columns: Iterable[str]) -> dict[str, Any]:
    """Return a coding as JSON.

    Parameters
    ----------
    coding : Coding
    columns : iterable of str
        Names of the data's columns, in order.

    Raises
    ------
    FitError
        The coding is not the one its formula gives, or a level is of an unknown type.
    """
    document = {
        "formula": coding.formula.text,
        "seen": list(seen_columns(coding, columns)),
        "columns": [name.name for name in coding.names],
        "variables": {name: _variable_document(v) for name, v in coding.variables.items()},
        "encodings": {text: _encoding_document(e) for text, e in coding.encodings.items()},
        "transform_state": {text: tagged_plain(state) for text, state in coding.state.items()},
        "context": {name: _constant(value) for name, value in coding.context.items()},
    }
    try:
        coding_of(Node(document, "design"), coding.context)
    except ModelFileError as error:
        raise FitError(
            f"This fit's columns are not those of its formula alone, so it cannot be saved: {error} "
            "Fit the formula itself, and save that."
        ) from error
    return document


def coding_of(node: Node, functions: Mapping[str, object] | None) -> Coding:
    """Return the coding that a document holds, its columns rebuilt from the formula.

    Parameters
    ----------
    node : Node
    functions : dict, optional
        The caller's own functions and constants that the formula uses, by name.
    """
    parts = node.record("formula", "seen", "columns", "variables", "encodings", "transform_state", "context")
    context = _context(parts["context"], functions)
    seen = parts["seen"].texts()
    if len(set(seen)) < len(seen):
        parts["seen"].wrong("names a column twice")
    formula = _formula(parts["formula"], seen, context)
    encodings = _encodings(parts["encodings"], formula)
    categorical = frozenset(f for f, e in encodings.items() if isinstance(e, FactorEncoding))
    terms = scoped_terms(tuple(term.factors for term in formula.terms), formula.intercept, categorical)
    given = parts["variables"].mapping()
    if not set(_needed(formula)) <= set(given) <= set(formula.variables):
        parts["variables"].wrong("are not the columns that the formula uses")
    variables = {name: _variable(given[name]) for name in formula.variables if name in given}
    state = {text: plain_of(item) for text, item in parts["transform_state"].mapping().items()}
    check_states(parts["transform_state"], state, formula)
    coding = Coding(formula, terms, encodings, variables, state, context)
    _check_names(coding, parts["columns"])
    return coding


def seen_columns(coding: Coding, columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns a formula has to see to be read as it was: those it uses, or all of them."""
    formula = coding.formula
    used = tuple(name for name in columns if name in formula.variables)
    again = parse_formula(formula.text, used, tuple(coding.context))
    return used if _same(again, formula) else tuple(columns)


def _same(one: ParsedFormula, other: ParsedFormula) -> bool:
    return (one.response, one.terms, one.offsets, one.intercept) == (
        other.response,
        other.terms,
        other.offsets,
        other.intercept,
    )


def _needed(formula: ParsedFormula) -> tuple[str, ...]:
    """Return the columns that the right-hand side uses."""
    texts = (*(factor for term in formula.terms for factor in term.factors), *formula.offsets)
    used = {name for text in texts for name in variables_in(text)}
    return tuple(name for name in formula.variables if name in used)


def _formula(node: Node, seen: tuple[str, ...], context: Mapping[str, object]) -> ParsedFormula:
    try:
        formula = parse_formula(node.text(), seen, tuple(context))
    except GlmkitError as error:
        node.wrong(f"cannot be read: {error}")
    if formula.response is None or formula.part2 is not None:
        node.wrong("has no response, or two parts")
    return formula


def _check_names(coding: Coding, node: Node) -> None:
    try:
        names = [name.name for name in coding.names]
    except (GlmkitError, KeyError, ValueError) as error:
        node.wrong(f"cannot be rebuilt from the formula: {error}")
    if names != list(node.texts()):
        node.wrong("are not those that the formula gives")


# ----------------------------------------------------------------------------- the caller's names


def _constant(value: object) -> Any:
    """Return a constant of the caller's; None for what a file holds by name only."""
    plain = value.item() if isinstance(value, np.generic) else value
    return {"constant": tagged_plain(plain)} if isinstance(plain, (bool, int, float, str)) else None


def _context(node: Node, functions: Mapping[str, object] | None) -> dict[str, object]:
    known = _available(functions)
    found: dict[str, object] = {}
    for name, item in node.mapping().items():
        if item.value is not None:
            found[name] = plain_of(item.record("constant")["constant"])
        elif name in known:
            found[name] = known[name]
        else:
            raise ModelFileError(
                f"The model's formula calls {name}(), a function of its author's own, and the file holds its name "
                f"only. Pass it: gk.load(path, functions={{{name!r}: ...}}).",
                name=name,
            )
    return found


def _available(functions: Mapping[str, object] | None) -> dict[str, object]:
    try:
        return available(functions)
    except GlmkitError as error:
        raise ModelFileError(f"functions= cannot be used: {error}") from error


# ----------------------------------------------------------------------------- columns


def _variable_document(variable: Variable) -> dict[str, Any]:
    levels = None if variable.levels is None else [tagged(level) for level in variable.levels]
    return {
        "kind": variable.kind,
        "dtype": variable.dtype,
        "levels": levels,
        "ordered": variable.ordered,
    }


def _variable(node: Node) -> Variable:
    parts = node.record("kind", "dtype", "levels", "ordered")
    kind = parts["kind"].choice(KINDS)
    levels = parts["levels"].maybe()
    if (levels is not None) != (kind == "factor"):
        parts["levels"].wrong("does not go with its kind")
    found = None if levels is None else _levels(levels)
    return Variable(kind, parts["dtype"].text(), found, parts["ordered"].truth())


def _levels(node: Node) -> tuple[Any, ...]:
    found = tuple(level_of(item) for item in node)
    if len(set(found)) < len(found):
        node.wrong("holds a level twice")
    return found


def _encoding_document(encoding: Encoding) -> dict[str, Any]:
    if isinstance(encoding, NumericEncoding):
        return {"labels": None if encoding.labels is None else list(encoding.labels)}
    spec = encoding.contrast
    contrast = {
        "name": spec.name,
        "base": None if spec.base is None else tagged(spec.base),
        "scores": None if spec.scores is None else hexed(np.array(spec.scores, dtype=np.float64)),
        "matrix": None if spec.matrix is None else hexed(np.array(spec.matrix, dtype=np.float64)),
        "labels": None if spec.labels is None else list(spec.labels),
    }
    return {
        "levels": [tagged(level) for level in encoding.levels],
        "ordered": encoding.ordered,
        "contrast": contrast,
        "logical": encoding.logical,
    }


def _encodings(node: Node, formula: ParsedFormula) -> dict[str, Encoding]:
    factors = tuple(dict.fromkeys(factor for term in formula.terms for factor in term.factors))
    given = node.mapping()
    if set(given) != set(factors):
        node.wrong("are not of the factors of the formula")
    return {factor: _encoding(factor, given[factor]) for factor in factors}


def _encoding(factor: str, node: Node) -> Encoding:
    if "labels" in node.mapping():
        labels = node.record("labels")["labels"].maybe()
        return NumericEncoding(factor, None if labels is None else labels.texts())
    parts = node.record("levels", "ordered", "contrast", "logical")
    levels = _levels(parts["levels"])
    if not levels:
        parts["levels"].wrong("are empty")
    encoding = FactorEncoding(
        factor,
        levels,
        parts["ordered"].truth(),
        _contrast(parts["contrast"], len(levels)),
        parts["logical"].truth(),
    )
    if encoding.logical and not set(levels) <= {False, True}:
        parts["levels"].wrong("are not truth values")
    return encoding


def _contrast(node: Node, n_levels: int) -> ContrastSpec:
    parts = node.record("name", "base", "scores", "matrix", "labels")
    present = {name: part.maybe() for name, part in parts.items()}
    spec = ContrastSpec(parts["name"].choice(tuple(SCHEMES)))
    base, scores, matrix, labels = (present[name] for name in ("base", "scores", "matrix", "labels"))
    if (matrix is not None) != (spec.name == "matrix"):
        parts["matrix"].wrong("does not go with the contrast")
    if base is not None:
        spec = replace(spec, base=level_of(base))
    if scores is not None:
        spec = replace(spec, scores=tuple(scores.array(n_levels).tolist()))
    if matrix is not None:
        spec = replace(spec, matrix=tuple(map(tuple, matrix.matrix(n_levels, n_levels - 1).tolist())))
    return spec if labels is None else replace(spec, labels=labels.texts(n_levels - 1))
