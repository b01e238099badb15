"""A formula is read by R's lexical rules, and its parts are kept apart."""

import json
from pathlib import Path

import pytest

from glmkit.frame.formula import parse_expression, parse_formula, update_formula
from glmkit.frame.lexer import quote_name
from glmkit.frame.syntax import deparse, parse

ORACLE = json.loads((Path(__file__).parent / "fixtures" / "oracle_formulas.json").read_text())
COLUMNS = [
    "y",
    "x",
    "z",
    "log",
    "C",
    "np",
    "class",
    "lambda",
    "größe",
    "年齢",
    "a b",
    "1st",
    "Solar.R",
    "_x",
    ".x",
]
COLUMNS += ["if", "TRUE", "T", "Intercept", "back`tick", "<script>", "line1\nline2", "x_1$%&#{}~^\\", "c"]


def labels(text, columns=COLUMNS):
    return [term.label for term in parse_formula(text, columns).terms]


@pytest.mark.parametrize("case", ORACLE, ids=lambda case: f"{case['data']}: {case['formula']}")
def test_the_formulas_of_the_reference_fits_are_read(case):
    parsed = parse_formula(case["formula"], case["columns"])
    assert set(parsed.variables) <= set(case["columns"])


@pytest.mark.parametrize(
    "name", ["log", "C", "np", "class", "lambda", "größe", "年齢", "Solar.R", "_x", ".x", "c"]
)
def test_a_bare_name_is_the_column_whatever_else_it_means(name):
    assert parse_formula(f"y ~ {name}", COLUMNS).variables == ("y", name)


@pytest.mark.parametrize("name", [name for name in COLUMNS if "`" not in name and name != "y"])
def test_a_name_in_backticks_is_the_column(name):
    assert parse_formula(f"y ~ `{name}`", COLUMNS).variables == ("y", name)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_quoted_name_reads_back_as_itself(name):
    assert parse_expression(quote_name(name), COLUMNS).variables == (name,)


def test_q_names_a_column_by_a_string():
    assert labels('y ~ Q("a b") + Q("x")') == ["`a b`", "x"]


def test_a_function_of_the_same_name_as_a_column_is_called():
    assert parse_formula("y ~ log(log)", COLUMNS).variables == ("y", "log")


def test_the_dot_leaves_out_the_columns_of_the_response():
    assert labels("log(y) ~ . + I(x^2)", ["y", "x", "z"]) == ["x", "z", "I(x^2)"]


def test_the_dot_of_a_lone_response_is_empty():
    assert labels("y ~ .", ["y"]) == []


def test_offsets_are_kept_apart_in_order():
    assert parse_formula("y ~ offset(log(z)) + x + offset(2 * x)", COLUMNS).offsets == ("log(z)", "2 * x")


def test_an_offset_can_be_taken_away():
    assert parse_formula("y ~ offset(z) + x - offset(z)", COLUMNS).offsets == ()


def test_variables_of_removed_terms_stay_as_in_r():
    assert parse_formula("y ~ . - x", ["y", "x", "z"]).variables == ("y", "x", "z")


def test_a_one_sided_formula_has_no_response():
    assert parse_formula("~ x", COLUMNS).response is None


def test_the_response_is_normalised():
    assert parse_formula("(cbind(y,z-y)) ~ x", COLUMNS).response == "cbind(y, z - y)"


def test_the_second_part_is_kept_as_text():
    parsed = parse_formula("y ~ x|z+log( x )", COLUMNS)
    assert (labels("y ~ x|z"), parsed.part2) == (["x"], "z + log(x)")


def test_the_dot_of_the_second_part_is_written_out():
    assert parse_formula("y ~ x | .", ["y", "x", "z"]).part2 == "x + z"


@pytest.mark.parametrize(
    ("old", "change", "right"),
    [
        ("y ~ x + z", ". ~ . - x", "z"),
        ("y ~ x + z", "~ . + log", "x + z + log"),
        ("y ~ x - 1", ". ~ . + 1", "x"),
        ("y ~ x", ". ~ . - 1", "0 + x"),
        ("y ~ x*z", ". ~ . - x:z + I(x^2)", "x + z + I(x^2)"),
        ("y ~ (x + z)", ". ~ .^2", "x + z + x:z"),
        ("y ~ x + offset(log(z))", ". ~ . - offset(log(z))", "x"),
        ("y ~ x + offset(z)", ". ~ . - x", "offset(z)"),
        ("y ~ 0", ". ~ .", "0"),
        ("y ~ x", ". ~ z", "z"),
    ],
)
def test_a_formula_is_updated_as_in_r(old, change, right):
    updated = update_formula(parse_formula(old, COLUMNS), change)
    assert parse_formula(updated, COLUMNS).right == right


def test_the_response_is_updated_by_its_dot():
    assert update_formula(parse_formula("log(y) ~ x", COLUMNS), "sqrt(.) ~ .") == "sqrt(log(y)) ~ (x)"


def test_the_second_part_stays_unless_it_is_changed():
    old = parse_formula("y ~ x | z", COLUMNS)
    assert update_formula(old, ". ~ . + log") == "y ~ (x) + log | z"
    assert update_formula(old, ". ~ . | . + x") == "y ~ (x) | (z) + x"


def test_a_bar_inside_brackets_is_a_logical_or():
    assert labels("y ~ (x | z)") == ["x | z"]


def test_contrast_names_are_no_variables():
    assert parse_formula("y ~ C(x, sum) + C(z, contr.poly) + C(x, Treatment('a'))", COLUMNS).variables == (
        "y",
        "x",
        "z",
    )


def test_a_column_named_like_a_contrast_is_not_read_for_one():
    assert parse_formula("y ~ C(x, sum)", [*COLUMNS, "sum"]).variables == ("y", "x")


def test_names_of_the_context_are_captured():
    parsed = parse_formula("y ~ hinge(x, knot) + z", COLUMNS, ["hinge", "knot", "unused"])
    assert parsed.captured == ("hinge", "knot")


def test_columns_win_over_the_context_for_a_bare_name():
    assert parse_formula("y ~ x", COLUMNS, ["x"]).captured == ()


def test_line_breaks_are_blanks():
    assert labels("y ~ x +\n   z\t+ log(\n x)") == ["x", "z", "log(x)"]


def test_the_right_hand_side_is_written_out():
    assert parse_formula("y ~ x*z + offset(log(z)) - 1", COLUMNS).right == "0 + x + z + x:z + offset(log(z))"


def test_a_written_out_formula_reads_back_as_itself():
    parsed = parse_formula("y ~ (x + z + `a b`)^2 - x:z + offset(z)", COLUMNS)
    again = parse_formula(f"y ~ {parsed.right}", COLUMNS)
    assert (again.terms, again.offsets, again.intercept) == (parsed.terms, parsed.offsets, parsed.intercept)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("-x^2", "-x^2"),
        ("a^b^c", "a^b^c"),
        ("2**-x", "2**-x"),
        ("!a==b", "!a == b"),
        ("[1,2]", "c(1, 2)"),
        ("f(x,include.lowest=TRUE)", "f(x, include.lowest = TRUE)"),
        ("True", "TRUE"),
        ("'a\"b'", '"a\\"b"'),
        ("100000+1e5+123456", "1e+05 + 1e+05 + 123456"),
        ("0.0001+.5+1e-15", "1e-04 + 0.5 + 1e-15"),
        ("0x1F", "31"),
        ("a%%b%/%c", "a%%b%/%c"),
        ("(a-b)-(c+d)", "(a - b) - (c + d)"),
    ],
)
def test_expressions_are_written_as_r_deparses_them(given, written):
    assert deparse(parse(given)) == written


def test_writing_is_stable():
    text = "ifelse(x > -2 & !(z %in% c(\"a\", 'b')), log(x, base = 2), -x^-2/3)"
    assert deparse(parse(deparse(parse(text)))) == deparse(parse(text))
