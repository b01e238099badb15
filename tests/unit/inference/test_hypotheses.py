"""Hypotheses as text, terms and matrices: what they mean, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.inference.hypotheses.expressions import affine, dual
from glmkit.inference.hypotheses.names import NameFinder
from glmkit.inference.hypotheses.parser import parse_hypotheses


@pytest.fixture(scope="module")
def data():
    return gk.load_dataset("warpbreaks").assign(lot=np.tile(np.arange(9), 6))


@pytest.fixture(scope="module")
def fit(data):
    return gk.glm("breaks ~ wool * tension", data, "poisson")


def rows_of(fit, *given, **options):
    return fit.test(*given, **options).tables["hypotheses"]


def equation(text, names, others=None):
    return parse_hypotheses(text, NameFinder(names, others or names))[0]


# ------------------------------------------------------------------ reading


@pytest.mark.parametrize(
    ("text", "names", "row"),
    [
        ("a = 0", ["a", "a:b"], [1, 0]),
        ("a:b = 0", ["a", "a:b"], [0, 1]),
        ("a : b = 0", ["a", "a:b"], [0, 1]),
        ("2*a - a:b/4 = 0", ["a", "a:b"], [2, -0.25]),
        ("-(a - 3*b) = 0", ["a", "b"], [-1, 3]),
        ("--a = 0", ["a", "b"], [1, 0]),
        ("poly(x,2)[1] = 0", ["poly(x, 2)[1]", "x"], [1, 0]),
        ("I(x^2) + x = 0", ["x", "I(x^2)"], [1, 1]),
        ("log(u) = 0", ["log(u)", "v"], [1, 0]),
        ("`a b`*2 = 0", ["a b", "a"], [2, 0]),
        ("a b = 0", ["a b", "a"], [1, 0]),
        ("`1` = 0", ["1", "2"], [1, 0]),
        ("a.b - a = 0", ["a", "a.b"], [-1, 1]),
        ("a == 0", ["a", "b"], [1, 0]),
        ("b = 2^3 - 8", ["a", "b"], [0, 1]),
        ("x > 2[T.True] = 0", ["x > 2[T.True]", "x"], [1, 0]),
        ("g[T.a, b = c] = 0", ["g[T.a, b = c]", "x"], [1, 0]),
        ("exp(1)*a/exp(1) = 0", ["a", "b"], [1, 0]),
    ],
)
def test_linear_text_is_read_as_its_row(text, names, row):
    np.testing.assert_allclose(affine(equation(text, names).left, 2).row, row, rtol=1e-15)


def test_names_as_r_writes_them_are_known():
    names, others = ["Intercept", "wool[T.B]"], ["(Intercept)", "woolB"]
    row = affine(equation("(Intercept) - woolB", names, others).left, 2).row
    np.testing.assert_array_equal(row, [1, -1])


def test_an_r_name_that_is_another_coefficients_name_means_that_coefficient():
    row = affine(equation("woolB", ["wool[T.B]", "woolB"], ["woolB", "woolB"]).left, 2).row
    np.testing.assert_array_equal(row, [0, 1])


def test_a_chain_is_one_hypothesis_for_each_sign():
    found = parse_hypotheses("a = b = 2", NameFinder(["a", "b"], ["a", "b"]))
    assert [one.text for one in found] == ["a = b", "b = 2"]


def test_gradients_are_exact():
    point = np.array([0.7, 1.3])
    value, gradient = dual(equation("exp(a*b)/sqrt(b) - log(a)^b", ["a", "b"]).left, np.array([1.7, 1.3]))
    a, b = 1.7, 1.3
    assert value == pytest.approx(np.exp(a * b) / np.sqrt(b) - np.log(a) ** b, rel=1e-14)
    by_a = b * np.exp(a * b) / np.sqrt(b) - b * np.log(a) ** (b - 1) / a
    by_b = (a - 0.5 / b) * np.exp(a * b) / np.sqrt(b) - np.log(a) ** b * np.log(np.log(a))
    np.testing.assert_allclose(gradient, [by_a, by_b], rtol=1e-13)
    assert point.tolist() == [0.7, 1.3]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("wool[T.C] = 0", r"Did you mean wool\[T.B\]"),
        ("wooolB = 0", "not a coefficient"),
        ("tension[T.M = 0", "not a coefficient"),
        ("wool[T.B]:tension = 0", "not a coefficient"),
        ("2wool[T.B] = 0", "cannot be read"),
        ("wool[T.B] =", "an end"),
        ("wool[T.B] = 0,", "an end"),
        ("(wool[T.B] = 0", "cannot be read"),
        ("", "an end"),
        ("wool[T.B] > 0", "Write it with ="),
        ("1 = 1", "does not depend"),
        ("wool[T.B] - wool[T.B] = 0", "does not depend"),
        ("(" * 200 + "woolB" + ")" * 200, "deep"),
        ("-" * 200 + "woolB", "deep"),
        ("woolB + " * 4000 + "woolB", "characters"),
        ("__import__('os').system('true')", "not a coefficient"),
        ("woolB.real = 0", "not a coefficient"),
        ("sin(woolB) = 0", "not a coefficient"),
    ],
)
def test_text_that_means_nothing_is_refused(text, says, fit):
    with pytest.raises(gk.FormulaError, match=says):
        fit.test(text)


@pytest.mark.parametrize(
    "text", ["log(woolB) = 0", "1/(woolB - woolB) = 0", "exp(exp(exp((Intercept)))) = 1", "woolB = 1/0"]
)
def test_a_function_without_a_value_is_refused(text, fit):
    with pytest.raises(gk.FitError, match="no finite value"):
        fit.test(text)


# ------------------------------------------------------------------ meaning


def test_a_single_coefficient_is_its_line_of_the_summary(fit):
    row = rows_of(fit, "wool[T.B] = 0").iloc[0]
    assert row["statistic"] == pytest.approx(fit.statistic["wool[T.B]"], rel=1e-14)
    assert row["p_value"] == pytest.approx(fit.p_value["wool[T.B]"], rel=1e-12)


def test_a_value_moves_the_statistic_not_the_estimate(fit):
    row = rows_of(fit, "wool[T.B] = 2").iloc[0]
    assert row["estimate"] == fit.coef["wool[T.B]"]
    assert row["statistic"] == pytest.approx((fit.coef["wool[T.B]"] - 2) / fit.std_error["wool[T.B]"])


def test_two_sides_are_their_difference(fit):
    row = rows_of(fit, "tensionM = tensionH").iloc[0]
    assert row["estimate"] == pytest.approx(fit.coef["tension[T.M]"] - fit.coef["tension[T.H]"])


def test_the_label_of_a_term_is_all_its_coefficients(fit):
    by_label = fit.test("wool:tension").tables
    by_name = fit.test("woolB:tensionM = 0, woolB:tensionH = 0").tables
    assert list(by_label["hypotheses"]["hypothesis"]) == [
        "wool[T.B]:tension[T.M] = 0",
        "wool[T.B]:tension[T.H] = 0",
    ]
    pd.testing.assert_frame_equal(by_label["joint"], by_name["joint"])
    pd.testing.assert_frame_equal(fit.test("wool:tension = 0").tables["joint"], by_name["joint"])


def test_a_matrix_is_the_text_it_stands_for(fit):
    row = np.array([0, 0, 1.0, -1.0, 0, 0])
    by_matrix, by_text = fit.test(row), fit.test("tension[T.M] - tension[T.H] = 0")
    pd.testing.assert_frame_equal(by_matrix.tables["hypotheses"], by_text.tables["hypotheses"])


def test_a_frame_names_its_columns_and_rows(fit):
    frame = pd.DataFrame({"tension[T.H]": [-1.0], "tension[T.M]": [1.0]}, index=["M - H"])
    row = rows_of(fit, frame, value=0.5).iloc[0]
    assert row["hypothesis"] == "M - H = 0.5"
    assert row["statistic"] == pytest.approx(rows_of(fit, "tensionM - tensionH = 0.5")["statistic"][0])


def test_a_function_that_is_linear_needs_no_delta_method(fit):
    assert "delta" not in str(fit.test("(2*woolB + 4)/2 = 1"))
    assert "delta" in str(fit.test("exp(woolB) = 1"))


def test_the_delta_method_of_a_log_ratio_agrees_with_the_ratio_at_its_null(fit):
    # at h = c both are the same linearisation; away from it they differ
    value = float(np.exp(fit.coef["wool[T.B]"]))
    got = rows_of(fit, f"exp(woolB) = {value!r}")["statistic"][0]
    assert got == pytest.approx(0.0, abs=1e-12)


def test_nonlinear_functions_of_far_columns_keep_their_error(data):
    near = gk.glm("breaks ~ lot", data, "poisson")
    far = gk.glm("breaks ~ day", data.assign(day=data["lot"] + 1e6), "poisson")
    np.testing.assert_allclose(
        rows_of(far, "exp(day)")["std_error"], rows_of(near, "exp(lot)")["std_error"], rtol=1e-8
    )


def test_hypotheses_that_contradict_each_other_are_refused(fit):
    with pytest.raises(gk.FitError, match="contradict"):
        fit.test("woolB = 0, woolB = 1")


def test_nonlinear_hypotheses_that_repeat_each_other_have_no_joint_test(fit):
    report = fit.test("exp(woolB) = 1, woolB = 0")
    assert np.isnan(report.tables["joint"]["statistic"].iloc[0])
    assert "No joint test" in str(report)


def test_the_joint_test_of_functions_is_the_quadratic_form_of_their_gradients(fit):
    joint = fit.test("exp(woolB) = 1, exp(tensionM) = 0.5").tables["joint"].iloc[0]
    ratio = np.exp(fit.coef.to_numpy()[[1, 2]])
    cov = fit.vcov().to_numpy()[1:3, 1:3] * np.outer(ratio, ratio)
    off = ratio - [1, 0.5]
    assert joint["statistic"] == pytest.approx(off @ np.linalg.solve(cov, off), rel=1e-10)


# ------------------------------------------------------------------ multiplicity


@pytest.mark.parametrize("method", ["holm", "bonferroni", "BH", "sidak", "fdr"])
def test_p_values_are_adjusted_and_it_is_said(method, fit):
    from glmkit.inference.adjust import adjust_p, adjustment_name

    plain, adjusted = fit.test("tension"), fit.test("tension", adjust=method)
    expected = adjust_p(plain.tables["hypotheses"]["p_value"].to_numpy(), adjustment_name(method))
    np.testing.assert_array_equal(adjusted.tables["hypotheses"]["p_value"], expected)
    assert "adjusted for 2 tests" in str(adjusted)


def test_single_step_of_one_test_adjusts_nothing(fit):
    single, plain = rows_of(fit, "woolB", adjust="single-step"), rows_of(fit, "woolB")
    np.testing.assert_allclose(single["p_value"], plain["p_value"], rtol=1e-9)


def test_single_step_is_refused_where_degrees_of_freedom_differ(fit):
    with pytest.raises(gk.FitError, match="holm"):
        fit.with_vcov("CR2", cluster="lot").test("tension", adjust="single-step")


def test_an_unknown_adjustment_is_refused(fit):
    with pytest.raises(gk.FitError, match="single-step"):
        fit.test("tension", adjust="scheffe")


# ------------------------------------------------------------------ hard fits


def test_aliased_coefficients_are_refused_by_name_and_left_out_of_their_term():
    data = gk.load_dataset("warpbreaks").assign(b=lambda d: (d["wool"] == "B") * 1.0)
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("breaks ~ b + wool + tension", data, "poisson")
    with pytest.raises(gk.FitError, match=r"wool\[T.B\]"):
        fit.test("wool[T.B] = 0")
    with pytest.raises(gk.FitError, match="aliased"):
        fit.test("exp(wool[T.B]) = 1")
    with pytest.raises(gk.FitError, match="term wool"):
        fit.test("wool")
    assert len(rows_of(fit, "b + wool[T.B] = 0")) == 1


def test_an_infinite_coefficient_has_no_wald_test_and_the_report_says_so():
    data = pd.DataFrame({"y": [0, 0, 0, 1, 1, 1], "x": np.arange(6.0)})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", data, "binomial")
    report = fit.test("x = 0")
    assert report.tables["hypotheses"]["estimate"][0] == np.inf
    assert np.isnan(report.tables["hypotheses"]["p_value"][0])
    assert "infinite" in str(report)
    with pytest.raises(gk.FitError, match="infinite"):
        fit.test("exp(x) = 1")


def test_a_fit_without_residual_degrees_of_freedom_has_no_p_values():
    data = pd.DataFrame({"y": [1.0, 3.0], "x": [0.0, 1.0]})
    report = gk.glm("y ~ x", data).test("x = 0")
    assert np.isnan(report.tables["hypotheses"]["p_value"][0])
    assert np.isnan(report.tables["joint"]["p_value"].iloc[0])


def test_a_fit_to_arrays_has_hypotheses_by_its_names():
    X = np.column_stack([np.ones(10), np.arange(10.0)])
    fit = gk.glm_fit(X, np.arange(10.0) ** 2, names=["one", "slope of x"])
    assert rows_of(fit, "slope of x = 2*one")["hypothesis"][0] == "slope of x = 2*one"


@pytest.mark.parametrize(
    "given", [np.eye(3), np.zeros((0, 6)), np.full((1, 6), np.nan), 7, None, ["woolB", 3], []]
)
def test_what_is_no_hypothesis_is_refused(given, fit):
    with pytest.raises(gk.DataError, match=r"neither text nor a matrix"):
        fit.test(given)


@pytest.mark.parametrize(
    ("given", "options", "says"),
    [
        (np.zeros((1, 6)), {}, "is zero"),
        (np.eye(6), {"value": [1.0, 2.0]}, "one for each"),
        (np.eye(6), {"value": np.nan}, "finite"),
        (pd.DataFrame({"nothing": [1.0]}), {}, "nothing"),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused(given, options, says, fit):
    with pytest.raises(gk.DataError, match=says):
        fit.test(given, **options)


def test_value_goes_with_a_matrix(fit):
    with pytest.raises(gk.FitError, match="a = 2"):
        fit.test("woolB", value=2)
