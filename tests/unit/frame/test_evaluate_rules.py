"""What an expression may do, what it learns, and how it refuses."""

import json

import numpy as np
import pytest

from glmkit.errors import FormulaError, NewLevelError
from glmkit.frame.columns import read_data
from glmkit.frame.evaluate import evaluate, undefined_rows
from glmkit.frame.formula import parse_expression
from glmkit.frame.registered import available, captured, register, unregister
from glmkit.frame.values import ContrastSpec, Factor, Logical, Matrix

NAN = float("nan")
DATA = read_data(
    {
        "x": [1.0, 2.0, NAN, 4.0],
        "n": np.array([100, 100, 100, 100], dtype=np.int8),
        "g": ["b", "a", "c", "a"],
        "b": [True, False, True, True],
        "log": [5.0, 6.0, 7.0, 8.0],
    }
)


def value(text, data=DATA, **options):
    return evaluate(parse_expression(text, data, options.get("context", ())).text, data, **options)


def contrast(text):
    return value(text).contrast


def test_small_integers_do_not_wrap():
    np.testing.assert_array_equal(value("n^2"), [1e4] * 4)


def test_a_bare_column_is_itself():
    assert value("x") is DATA["x"]


def test_a_constant_is_repeated():
    np.testing.assert_array_equal(value("2 * pi"), [2 * np.pi] * 4)


def test_a_truth_constant_is_truth():
    assert isinstance(value("TRUE"), Logical)


def test_missing_stays_in_its_row():
    np.testing.assert_array_equal(np.isnan(value("poly(x, 2)").values[:, 0]), [False, False, True, False])


def test_the_logarithm_of_a_negative_value_is_undefined_not_missing():
    result = value("log(x - 2)")
    np.testing.assert_array_equal(undefined_rows(result, ["x"], DATA), [True, False, False, False])


def test_infinite_results_stay():
    assert value("log(x - 1)")[0] == -np.inf


def test_a_function_is_called_though_a_column_has_its_name():
    np.testing.assert_array_equal(value("log(log)"), np.log([5.0, 6.0, 7.0, 8.0]))


def test_text_compares_with_a_label():
    np.testing.assert_array_equal(value('g == "a"').values, [0, 1, 0, 1])


def test_bool_factor_levels_match_r_spelling():
    assert value('factor(b, levels = c("TRUE", "FALSE"))').levels == (True, False)


def test_factor_of_numbers_keeps_them_as_levels():
    assert value("factor(x)").levels == (1.0, 2.0, 4.0)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("C(g)", None),
        ("C(g, sum)", ContrastSpec("sum")),
        ('C(g, "helmert")', ContrastSpec("helmert")),
        ('C(g, "contr.poly")', ContrastSpec("poly")),
        ("C(g, contr.SAS)", ContrastSpec("sas")),
        ("C(g, Diff)", ContrastSpec("diff")),
        ("C(g, contr = sum)", ContrastSpec("sum")),
        ("C(g, Treatment)", ContrastSpec("treatment")),
        ('C(g, Treatment("b"))', ContrastSpec("treatment", base="b")),
        ('C(g, Treatment(reference = "c"))', ContrastSpec("treatment", base="c")),
        ('C(g, ref = "b")', ContrastSpec("treatment", base="b")),
        ("C(g, contr.treatment(3, base = 2))", ContrastSpec("treatment", base="b")),
        ("C(x, Treatment(2))", ContrastSpec("treatment", base=2.0)),
        ("C(g, contr.poly(scores = c(1, 2, 4)))", ContrastSpec("poly", scores=(1.0, 2.0, 4.0))),
        ("C(g, Poly([1, 2, 4]))", ContrastSpec("poly", scores=(1.0, 2.0, 4.0))),
    ],
)
def test_c_records_the_contrast(text, spec):
    assert contrast(text) == spec


def test_c_takes_a_matrix_of_the_context():
    context = {"halves": np.array([[1.0], [-0.5], [-0.5]])}
    spec = value("C(g, halves)", context=context).contrast
    assert spec == ContrastSpec("matrix", matrix=((1.0,), (-0.5,), (-0.5,)))


def test_c_lists_levels():
    assert value('C(g, levels = ["c", "b", "a"])').levels == ("c", "b", "a")


def test_what_is_learned_survives_json():
    state = {}
    before = value("cut(scale(x), 2)", state=state)
    after = value("cut(scale(x), 2)", state=json.loads(json.dumps(state)), learn=False)
    np.testing.assert_array_equal(before.codes, after.codes)


def test_nested_functions_learn_under_their_own_text():
    state = {}
    value("ns(scale(x), 2)", state=state)
    assert set(state) == {"scale(x)", "ns(scale(x), 2)"}


def test_nothing_is_learned_from_new_rows():
    with pytest.raises(FormulaError, match=r"`scale\(x\)` was not learned"):
        value("scale(x)", state={}, learn=False)


def test_summaries_are_those_of_the_fit():
    state = {}
    value("x - mean(x)", state=state)
    new = read_data({"x": [10.0]})
    np.testing.assert_allclose(value("x - mean(x)", new, state=state, learn=False), [10 - 7 / 3], rtol=1e-15)


def test_an_unseen_level_comes_after_the_learned_ones():
    state = {}
    value("factor(g)", state=state)
    new = read_data({"g": ["z", "a"]})
    assert value("factor(g)", new, state=state, learn=False).levels == ("a", "b", "c", "z")


def test_labels_outside_of_listed_levels_are_missing():
    np.testing.assert_array_equal(value('factor(g, levels = c("a", "b"))').codes, [1, 0, -1, 0])


def test_unclass_counts_the_levels_of_the_fit():
    state = {}
    value("unclass(g)", state=state)
    np.testing.assert_array_equal(value("unclass(g)", read_data({"g": ["c"]}), state=state, learn=False), [3])


def test_unclass_refuses_a_level_it_never_saw():
    state = {}
    value("unclass(g)", state=state)
    with pytest.raises(NewLevelError, match="`z` was not in the data of the fit"):
        value("unclass(g)", read_data({"g": ["z"]}), state=state, learn=False)


def test_lag_moves_rows_down():
    np.testing.assert_array_equal(value("lag(log, 2)"), [NAN, NAN, 5, 6])


def test_lag_of_a_factor_moves_its_codes():
    np.testing.assert_array_equal(value("lag(g)").codes, [-1, 1, 0, 2])


def test_numpy_spellings_are_those_of_the_list():
    np.testing.assert_array_equal(value("np.where(x > 1, np.clip(log, 5, 6), 0)"), [0, 6, NAN, 6])


def test_cbind_labels_its_columns():
    assert value("cbind(a = x, log, x * 2)").labels == ("a", "log", "x * 2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("g + 1", "A factor (levels a, b, c) stands where numbers are needed"),
        ("log(g)", "Use unclass()"),
        ('x * "a"', "A string stands where numbers are needed"),
        ("poly(x, 2) * 2", "Several columns stand where one is needed"),
        ('g < "b"', "without an order"),
        ("c(1, 2)", "The result is not a column"),
        ("x + c(1, 2)", "A vector of constants"),
        ("exp(x, log)", "takes 1 argument(s), not 2"),
        ("log(x, 2, 3)", "log() has too many positional arguments"),
        ("bs(x, dff = 3)", "unexpected keyword argument 'dff'"),
        ("cut(x)", "missing a required argument"),
        ("cut(x, c(1, 1))", "not unique"),
        ("cut(x, 1)", "Give a whole number from 2"),
        ("cut(x, c(0, 2, 4), labels = c('a'))", "Give 2 different ones"),
        ("poly(x, 3)", "needs 4 different values, and there are 3"),
        ("poly(n, 1)", "needs 2 different values"),
        ("bs(n)", "two different boundary knots"),
        ("bs(x, df = 2)", "Give a whole number from 3"),
        ("ns(x, knots = 9)", "outside the boundary knots"),
        ("scale(n)", "standard deviation of zero"),
        ("scale(log(x - 4))", "nothing to learn from|infinite"),
        ('relevel(g, ref = "z")', "The levels are `a`, `b`, `c`"),
        ('C(g, ref = "z")', "`z` is not a level"),
        ('C(g, sum, ref = "a")', "has no reference level"),
        ("C(g, x)", "The contrast of C() is not one"),
        ("C(g, Poly([1, 2]))", "Give 3 scores"),
        ("C(g, Treatment(foo = 2))", "takes no `foo`"),
        ("factor(g, levels = c('a', 'a'))", "listed twice"),
        ("factor(g, labels = c('a', 'b'))", "2 labels for 3 levels"),
        ("ifelse('a', 1, 2)", "A string stands"),
        ("I(y ~ x)", "`~` is inside"),
        ("log(x, x = 2)", "multiple values for argument"),
        ("round(x, 1.5)", "digits is 1.5"),
        ("quantile(x, 2)", "outside 0 to 1"),
        ("as.numeric(g)", "stands where numbers are needed"),
        ("c(x, 1)", "Use cbind() to join columns"),
        ("x:n", "makes a sequence of constants"),
        ("cut(g, 2)", "stands where numbers are needed"),
    ],
)
def test_what_cannot_be_computed_is_said_with_the_expression(text, said):
    with pytest.raises(FormulaError) as caught:
        value(text, read_data({**{name: list(RAW[name]) for name in RAW}, "y": [1.0] * 4}))
    assert any(part in str(caught.value) for part in said.split("|"))


RAW = {
    "x": [1.0, 2.0, NAN, 4.0],
    "n": [100.0] * 4,
    "g": list("baca"),
    "b": [True] * 4,
    "log": [5.0, 6.0, 7.0, 8.0],
}


def test_a_column_that_new_data_lack_is_named():
    with pytest.raises(FormulaError, match="`x` is not a column"):
        evaluate("log(x)", read_data({"z": [1.0]}))


def test_columns_are_never_written_to():
    before = DATA["x"].copy()
    value("spoil(x)", context={"spoil": lambda x: np.multiply(x, 0, out=x)})
    np.testing.assert_array_equal(DATA["x"], before)


def test_a_function_of_the_context_sees_labels():
    context = {"is_a": lambda labels: labels == "a"}
    np.testing.assert_array_equal(value("is_a(g)", context=context).values, [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (np.array([1, 2, 3, 4]), np.ndarray),
        ([True, False, True, True], Logical),
        (["u", "v", None, "u"], Factor),
        (np.ones((4, 2)), Matrix),
        (2, np.ndarray),
    ],
)
def test_a_function_of_the_context_may_return_any_kind(result, kind):
    assert isinstance(value("made(x)", context={"made": lambda x: result}), kind)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda x: x[:2], "2 rows, and the data have 4"),
        (lambda x: 1 / 0, "failed with ZeroDivisionError"),
        (lambda x: [1, "a", 2, 3], "neither|mixes"),
        (lambda x: x.astype(complex), "neither numbers nor text"),
        (lambda x, y: x, "failed with TypeError"),
        (3.0, "is not a function"),
    ],
)
def test_a_faulty_function_of_the_context_is_told_apart(given, said):
    with pytest.raises(FormulaError) as caught:
        value("made(x)", context={"made": given})
    assert any(part in str(caught.value) for part in said.split("|"))


def test_constants_of_the_context_serve_as_knots():
    spread = value("bs(x, knots = middle)", context={"middle": [2.0, 3.0]})
    np.testing.assert_array_equal(spread.values, value("bs(x, knots = c(2, 3))").values)


def test_registered_names_are_captured_by_value():
    register("knot_for_test", 2.0)
    known = available()
    unregister("knot_for_test")
    kept = captured(["knot_for_test"], known)
    np.testing.assert_array_equal(value("x - knot_for_test", context=kept), [-1, 0, NAN, 2])


@pytest.mark.parametrize(
    "name", ["log", "pi", "offset", "Q", "poly", "a b", "1a", "TRUE", "", "x + y", "a.b()", "`a`"]
)
def test_names_that_mean_something_or_are_none_cannot_be_registered(name):
    with pytest.raises(FormulaError):
        register(name, 1.0)


def test_context_wins_over_registered():
    register("both_for_test", 1.0)
    known = available({"both_for_test": 2.0})
    unregister("both_for_test")
    assert known["both_for_test"] == 2.0
