"""Offsets by level of a multinomial model: equal to known coefficients, however they are given."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.families.multinomial import _limiting_shares

FIXTURE = Path(__file__).parents[2] / "reference" / "fixtures" / "level_offsets_from_r.json"
RNG = np.random.default_rng(7)
N = 120
DATA = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "z": RNG.normal(size=N),
        "two": RNG.choice(["no", "yes"], N),
        "y": RNG.choice(["low", "mid", "top"], N),
        "o": RNG.normal(size=N),
        "u": RNG.normal(size=N),
    }
)
WIDE = DATA[["o", "u"]].to_numpy()
GIVEN = {
    "expression": "cbind(o, u)",
    "list": ["o", "u"],
    "dict": {"top": "u", "mid": "o"},
    "array": WIDE,
    "with baseline": np.column_stack([np.zeros(N), WIDE]),
    "frame": DATA[["u", "o"]].rename(columns={"u": "top", "o": "mid"}),
    "frame of other order": DATA[["o", "u"]].set_axis(["mid", "top"], axis=1).iloc[::-1],
}


def fitted(**arguments):
    return gk.glm("y ~ x", DATA, gk.Multinomial(), **arguments)


@pytest.fixture(scope="module")
def in_formula():
    return gk.glm("y ~ x + offset(cbind(o, u))", DATA, gk.Multinomial())


@pytest.mark.parametrize("form", GIVEN)
def test_every_form_of_the_offset_is_the_formulas(in_formula, form):
    pd.testing.assert_series_equal(fitted(offset=GIVEN[form]).coef, in_formula.coef, check_exact=True)


def test_an_offset_of_a_times_x_takes_a_from_that_coefficient():
    plain, moved = fitted(), fitted(offset={"top": "0.7 * x"})
    wanted = plain.coef.copy()
    wanted["top", "x"] -= 0.7
    np.testing.assert_allclose(moved.coef, wanted, rtol=0, atol=1e-9)  # both iterate to that many errors
    np.testing.assert_allclose(moved.std_error, plain.std_error, rtol=1e-9)
    np.testing.assert_allclose(moved.deviance, plain.deviance, rtol=1e-13)


def test_an_offset_of_the_fitted_coefficients_leaves_nothing():
    plain = gk.glm("y ~ x + z", DATA, gk.Multinomial())
    known = {level: f"{plain.coef[level, 'z']:.17g} * z" for level in ("mid", "top")}
    np.testing.assert_allclose(
        fitted(offset=known).coef,
        plain.coef[[("mid", "Intercept"), ("mid", "x"), ("top", "Intercept"), ("top", "x")]],
        atol=1e-9,  # both iterate to that many errors
    )


def test_an_offset_of_the_baseline_is_minus_that_of_all_others():
    by_base, by_others = fitted(offset={"low": "o"}), fitted(offset={"mid": "-o", "top": "-o"})
    np.testing.assert_allclose(by_base.coef, by_others.coef, rtol=1e-12)


def test_the_same_offset_at_every_level_is_none():
    np.testing.assert_allclose(fitted(offset="cbind(o, o, o)").coef, fitted().coef, atol=1e-13)  # o - o is 0


@pytest.mark.parametrize("offset", ["o", ["o"], {"yes": "o"}, {"no": "-o"}, "cbind(0, o)"])
def test_two_levels_are_the_binomial(offset):
    one = gk.glm("two ~ x", DATA, gk.Binomial(), offset="o")
    other = gk.glm("two ~ x", DATA, gk.Multinomial(), offset=offset)
    np.testing.assert_allclose(other.coef, one.coef, rtol=0, atol=1e-9 * one.std_error.max())


def test_offsets_of_formula_and_argument_add_up(in_formula):
    parts = gk.glm("y ~ x + offset(cbind(o, 0))", DATA, gk.Multinomial(), offset={"top": "u"})
    np.testing.assert_allclose(parts.coef, in_formula.coef, rtol=1e-12)


def test_counts_by_level_take_the_offset_too(in_formula):
    counts = pd.get_dummies(DATA["y"]).astype(float)
    fit = gk.glm("cbind(low, mid, top) ~ x", DATA.join(counts), gk.Multinomial(), offset=["o", "u"])
    np.testing.assert_allclose(fit.coef, in_formula.coef, rtol=1e-9)


def test_arrays_take_the_offset_too(in_formula):
    X = np.column_stack([np.ones(N), DATA["x"]])
    fit = gk.glm_fit(X, DATA["y"], gk.Multinomial(), offset=WIDE)
    np.testing.assert_allclose(fit.coef, in_formula.coef, rtol=1e-12)


def test_another_baseline_takes_the_columns_of_the_other_levels():
    fit = gk.glm("y ~ x", DATA, gk.Multinomial(ref="mid"), offset="cbind(-o, u - o)")
    np.testing.assert_allclose(fit.predict(), fitted(offset=["o", "u"]).predict(), atol=1e-9)


@pytest.mark.parametrize("form", ["expression", "list", "dict"])
def test_expressions_are_read_from_new_data(form):
    fit = fitted(offset=GIVEN[form])
    new = pd.DataFrame({"x": [0.3, -1.0], "o": [1.0, 0.0], "u": [0.5, 2.0]})
    eta = np.array([fit.coef["mid"] @ [1, 0.3] + 1.0, fit.coef["top"] @ [1, 0.3] + 0.5])
    np.testing.assert_allclose(fit.predict(new, type="link").iloc[0], [0.0, *eta], rtol=1e-13)


def test_new_data_miss_a_row_where_an_offset_is_missing(in_formula):
    new = pd.DataFrame({"x": [0.3, 0.1], "o": [1.0, 0.0], "u": [np.nan, 2.0]})
    assert in_formula.predict(new).isna().all(axis=1).tolist() == [True, False]


def test_values_say_nothing_of_new_data_but_zero_is_none():
    fit = fitted(offset=WIDE)
    with pytest.raises(gk.DataError, match="0 for no offset"):
        fit.predict({"x": 0.3})
    eta = fit.predict({"x": 0.0}, type="link", offset=0)
    assert eta.iloc[0, 1] == fit.coef["mid", "Intercept"]


def test_rows_are_dropped_where_an_offset_is_missing():
    data = DATA.assign(u=DATA["u"].where(DATA.index > 4))
    with pytest.warns(gk.DroppedRowsWarning):
        fit = gk.glm("y ~ x", data, gk.Multinomial(), offset={"top": "u"})
    again = gk.glm("y ~ x", data[5:], gk.Multinomial(), offset={"top": "u"})
    pd.testing.assert_series_equal(fit.coef, again.coef)


def test_the_given_array_is_not_written_to():
    given = WIDE.copy()
    fitted(offset=given)
    np.testing.assert_array_equal(given, WIDE)


def test_the_null_model_keeps_the_offset(in_formula):
    null = gk.glm("y ~ 1", DATA, gk.Multinomial(), offset=["o", "u"])
    np.testing.assert_allclose(in_formula.null_deviance, null.deviance, rtol=1e-12)


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (["o"], "has 1 column, but the levels are low, mid, top with low as the baseline"),
        ("cbind(o, u, o, u)", "has 4 columns"),
        ({"high": "o"}, "name them by level"),
        (DATA[["o", "u"]], "has the columns"),
        ({}, "offset is empty"),
        ({"mid": "nothing"}, "nothing"),
        ({"mid": np.full(N, np.inf)}, "infinite"),
        (WIDE[:5], "length 5"),
    ],
)
def test_an_offset_that_is_not_of_the_levels_is_refused(offset, words):
    with pytest.raises(gk.GlmkitError, match=words):
        fitted(offset=offset)


def test_an_ordinal_model_takes_one_column():
    with pytest.raises(gk.FamilyError, match="takes an offset of one column"):
        gk.glm("y ~ x", DATA, gk.Cumulative(), offset=["o", "u"])


@pytest.mark.parametrize("offset", ["cbind(o, u)", WIDE])
def test_a_response_without_levels_takes_one_column(offset):
    with pytest.raises(gk.DataError, match="has 2 columns"):
        gk.glm("z ~ x", DATA, offset=offset)


def test_new_data_of_a_response_without_levels_take_one_column():
    with pytest.raises(gk.DataError, match="has 2 columns"):
        gk.glm("z ~ x", DATA).predict({"x": [1.0, 2.0]}, offset=np.ones((2, 2)))


@pytest.mark.parametrize(
    "ask", [lambda f: f.comparisons("x"), lambda f: f.marginal_effects(), lambda f: f.predictions()]
)
def test_what_changes_the_rows_does_not_know_the_offsets_of_levels(ask):
    with pytest.raises(gk.FitError, match="does not know what the offsets of the levels are"):
        ask(fitted(offset={"top": "u"}))


def test_coefficients_are_those_of_nnet():
    stored = json.loads(FIXTURE.read_text())
    fit = gk.glm(
        "y ~ x + offset(cbind(oa, ob, oc))", pd.DataFrame(stored["data"]), gk.Multinomial(), weights="w"
    )
    # BFGS stops where its gradient is 1e-6 of the coefficients
    np.testing.assert_allclose(fit.coef, np.ravel(stored["coef"]), rtol=1e-5)
    np.testing.assert_allclose(fit.deviance, stored["deviance"], rtol=1e-11)


def test_marginal_means_do_not_know_the_offsets_of_levels():
    with pytest.raises(gk.FitError, match="does not know what the offsets of the levels are"):
        fitted(offset={"top": "u"}).emmeans("x")


def test_predictions_in_the_limit_of_separation_keep_the_offsets():
    # "low" never occurs where x > 0: there the other two go to infinity together, apart by their offsets.
    data = DATA.assign(g=np.where(DATA["x"] > 0, "v", "u"))
    data["y"] = data["y"].where((data["g"] == "u") | (data["y"] != "low"), "mid")
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ g + z", data, gk.Multinomial(), offset={"mid": "o", "top": "u"})
    assert [fit.coef["mid"]["g[T.v]"], fit.coef["top"]["g[T.v]"]] == [np.inf, np.inf]
    np.testing.assert_allclose(fit.predict(data), fit.fitted, rtol=1e-12)
    inside = data[data["g"] == "v"].assign(top=lambda d: (d["y"] == "top") * 1)
    two = fit.predict(inside)[["mid", "top"]].to_numpy()
    eta = np.log(two[:, 1] / two[:, 0]) - (inside["u"] - inside["o"])
    # What is left is linear in z, as in a binomial model of the two levels.
    np.testing.assert_allclose(np.polyval(np.polyfit(inside["z"], eta, 1), inside["z"]), eta, atol=1e-10)


def test_levels_that_tie_in_the_limit_share_by_their_finite_differences():
    lead = np.array([[0.0, np.inf, 0.5], [-np.inf, 0.0, -np.inf], [-0.5, np.inf, 0.0]])
    shares = _limiting_shares(np.array([-np.inf, 0.0, -np.inf]), lambda levels, over: lead[levels, over])
    np.testing.assert_allclose(shares, [1 / (1 + np.exp(-0.5)), 0.0, 1 / (1 + np.exp(0.5))], rtol=1e-15)


def test_what_depends_on_the_path_to_the_limit_is_missing_and_what_does_not_is_not():
    # The third level is infinitely far behind the first; the order of the first two depends on the path.
    lead = np.array([[0.0, np.nan, np.inf], [np.nan, 0.0, np.inf], [-np.inf, -np.inf, 0.0]])
    shares = _limiting_shares(np.zeros(3), lambda levels, over: lead[levels, over])
    np.testing.assert_array_equal(shares, [np.nan, np.nan, 0.0])
