"""Any text is either read or refused as a formula, and whatever is read can be evaluated or refused."""

import builtins
import os
from contextlib import ExitStack
from unittest import mock

import numpy as np
import pytest
import scipy.interpolate  # noqa: F401  loaded before the doors are watched: importing it opens files
from formulaic import Formula
from formulaic.parser.types import Term
from hypothesis import given
from hypothesis import strategies as st

from glmkit.errors import FormulaError, GlmkitError
from glmkit.frame.columns import read_data
from glmkit.frame.evaluate import evaluate
from glmkit.frame.formula import parse_expression, parse_formula
from glmkit.frame.syntax import deparse, parse
from glmkit.frame.values import count_rows
from glmkit.frame.vocabulary import FUNCTIONS

ROWS = 7
DATA = read_data(
    {
        "a": [1.5, 2.0, float("nan"), -4.0, 0.0, 6.0, 7.5],
        "b": [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0],
        "g": ["u", "v", "w", "u", "v", "w", "u"],
        "t": [True, False, True, True, False, False, True],
        "a b": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
    }
)
assert all(count_rows(DATA[name]) == ROWS for name in DATA)

PIECES = [
    "a",
    "b",
    "g",
    "t",
    "`a b`",
    "y",
    ".",
    "1",
    "0",
    "2",
    "1e400",
    "0.5",
    '"u"',
    "'",
    '"',
    "`",
    "TRUE",
    "NA",
    "pi",
]
PIECES += [
    "+",
    "-",
    "*",
    "/",
    ":",
    "^",
    "**",
    "%in%",
    "%%",
    "~",
    "|",
    "&",
    "!",
    "<",
    ">=",
    "==",
    "=",
    ",",
    "(",
    ")",
]
PIECES += [
    "[",
    "]",
    "{",
    "}",
    "\\",
    "\n",
    "#",
    "@",
    "$",
    ";",
    "lambda",
    "import",
    "os.system",
    "__class__",
    "é",
    "\x00",
]
PIECES += ["é", "\x00"]
PIECES += [f"{name}(" for name in sorted(FUNCTIONS)] + [
    "C(",
    "offset(",
    "Q(",
    "eval(",
    "x.y(",
    "sum)",
    "degree=",
    "df=",
]

noise = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join) | st.text(max_size=60)

leaves = st.sampled_from(
    ["a", "b", "g", "t", "`a b`", "2", "0.5", '"u"', "TRUE", "NULL", "NA", "-1", "c(1, 2)", 'c("u", "v")']
)
OPERATORS = ["+", "-", "*", "/", "^", "%%", "%/%", "<", "==", "!=", ">=", "&", "|", ":", "%in%"]


def combined(inner):
    return st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        inner.map(lambda text: f"-{text}"),
        inner.map(lambda text: f"!({text})"),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=3)).map(
            lambda p: f"{p[0]}({', '.join(p[1])})"
        ),
    )


expressions = st.recursive(leaves, combined, max_leaves=8)
terms = st.recursive(
    st.sampled_from(["a", "b", "g", "t"]),
    lambda inner: st.tuples(inner, st.sampled_from(["+", ":", "*", "-"]), inner).map(
        lambda p: f"({p[0]} {p[1]} {p[2]})"
    ),
    max_leaves=7,
)


def sentinel(*args, **kwargs):
    raise AssertionError(f"a formula reached outside: {args}")


def outcome(function, *arguments):
    """The result, or None when it is refused with an error of glmkit's own; nothing outside is touched."""
    doors = [(builtins, "eval"), (builtins, "open"), (builtins, "breakpoint"), (os, "system")]
    with ExitStack() as guarded:
        for module, name in doors:
            guarded.enter_context(mock.patch.object(module, name, sentinel))
        try:
            return function(*arguments)
        except GlmkitError as error:
            return None if str(error).isprintable() else pytest.fail(f"not printable: {error!r}")


@given(noise)
def test_any_text_is_read_or_refused_as_a_formula(text):
    parsed = outcome(parse_formula, text, [*DATA, "y"])
    assert parsed is None or parsed.text == text


@given(noise)
def test_any_right_hand_side_is_read_or_refused(text):
    parsed = outcome(parse_formula, "y ~ " + text, [*DATA, "y"])
    assert parsed is None or parsed.response == "y"


@given(expressions)
def test_any_expression_has_a_value_for_each_row_or_is_refused(text):
    parsed = outcome(parse_expression, text, list(DATA))
    value = None if parsed is None else outcome(lambda: evaluate(parsed.text, DATA))
    assert value is None or count_rows(value) == ROWS


@given(expressions)
def test_what_was_learned_gives_the_same_value_again(text):
    state = {}
    first = outcome(lambda: evaluate(text, DATA, state=state))
    again = None if first is None else evaluate(text, DATA, state=state, learn=False)
    np.testing.assert_equal(getattr(again, "__dict__", again), getattr(first, "__dict__", first))


@given(expressions)
def test_writing_an_expression_out_changes_nothing(text):
    written = deparse(parse(text))
    assert deparse(parse(written)) == written


@given(terms)
def test_a_right_hand_side_written_out_reads_back_with_the_same_terms_in_order(text):
    parsed = parse_formula("y ~ " + text, [*DATA, "y"])
    again = parse_formula("y ~ " + parsed.right, [*DATA, "y"])
    assert [set(term.factors) for term in again.terms] == [set(term.factors) for term in parsed.terms]


@given(terms)
def test_formulaic_finds_the_same_terms(text):
    ours = {frozenset(term.factors) for term in parse_formula("y ~ " + text, [*DATA, "y"]).terms}
    theirs = {frozenset(str(factor) for factor in term.factors) for term in formulaic_terms(text)}
    assert ours == theirs


def formulaic_terms(text: str) -> list[Term]:
    return list(Formula(text + " - 1"))


def test_only_errors_of_the_formula_are_raised_for_unknown_functions():
    with pytest.raises(FormulaError):
        parse_formula("y ~ eval(a)", ["y", "a"])
