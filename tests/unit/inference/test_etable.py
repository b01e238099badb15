"""Fits side by side: which numbers stand where, and what is refused."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

import glmkit as gk


@pytest.fixture
def small() -> gk.Results:
    return gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")


@pytest.fixture
def large() -> gk.Results:
    return gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")


def test_the_frame_holds_every_number_at_full_precision(small, large):
    frame = gk.etable(small, large, names=["small", "large"]).frame
    np.testing.assert_array_equal(frame["large"]["std_error"], large.std_error)
    np.testing.assert_array_equal(frame["small"]["estimate"].dropna(), small.coef)


def test_rows_are_all_names_in_the_order_they_appear(small, large):
    assert list(gk.etable(small, large).frame.index) == list(large.coef.index)


def test_the_covariance_of_each_fit_is_used_and_named(small):
    table = gk.etable(small, small.with_vcov("HC3"), names=["plain", "robust"])
    np.testing.assert_array_equal(table.frame["robust"]["std_error"], small.with_vcov("HC3").std_error)
    assert table.statistics.loc["covariance"].tolist() == ["model-based", "HC3"]


def test_ratios_are_exponentiated_with_their_intervals(small):
    frame = gk.etable(small, exponentiate=True, ci=0.9).frame["(1)"]
    np.testing.assert_allclose(
        frame["conf_low"], np.exp(small.confint("wald", level=0.9)["conf_low"]), rtol=1e-15
    )


def test_a_coefficient_a_fit_lacks_is_blank_and_one_it_cannot_estimate_is_na():
    data = gk.load_dataset("trees").assign(twice=lambda d: 2 * d["Girth"])
    with pytest.warns(gk.AliasedWarning):
        aliased = gk.glm("Volume ~ Girth + twice", data)
    plain = gk.glm("Volume ~ Girth", data)
    row = str(gk.etable(plain, aliased)).splitlines()[6]
    assert row.split() == ["twice", "NA"]


def test_an_infinite_estimate_has_no_error_beneath_it():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2, 2, 2, 3, 4]}, "binomial")
    lines = str(gk.etable(fit)).splitlines()
    assert lines[4].split() == ["x", "Inf"]
    assert lines[5].split() == ["Fit"] or not lines[5].strip()


def test_what_a_quasi_family_lacks_is_na(small):
    quasi = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "quasipoisson")
    assert np.isnan(gk.etable(small, quasi).statistics.loc["aic", "(2)"])


@pytest.mark.parametrize(("labels", "name"), [(None, "wool[T.B]"), ("r", "woolB"), ("label", "wool: B vs A")])
def test_coefficients_are_named_as_asked(small, labels, name):
    assert gk.etable(small, labels=labels).frame.index[1] == name


@pytest.mark.parametrize("to", ["to_text", "to_html", "to_markdown", "to_latex"])
def test_every_format_shows_the_same_cells(small, large, to):
    text = getattr(gk.etable(small, large, ci=True), to)().replace("{}", "").replace("\\", "")
    assert "3.435" in text
    assert "3.367" in text  # lower end of the first intercept
    assert "intervals in brackets" in text


def test_it_is_strict_json(small, large):
    values = json.loads(json.dumps(gk.etable(small, large).to_dict(), allow_nan=False))
    assert values["statistics"]["rows"][0]["values"] == {"(1)": 54, "(2)": 54}


@pytest.mark.parametrize("again", [copy.deepcopy, lambda table: pickle.loads(pickle.dumps(table))])
def test_a_copy_prints_the_same(small, large, again):
    table = gk.etable(small, large, stars=True)
    assert str(again(table)) == str(table)


def test_its_frame_is_a_copy(small):
    table = gk.etable(small)
    changed = table.statistics
    changed.loc["nobs"] = 0
    assert table.statistics.loc["nobs", "(1)"] == 54


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"names": ["one"]}, "does not name 2 models"),
        ({"names": ["one", "one"]}, "all different"),
        ({"statistics": ["r3"]}, "pearson_chi2"),
        ({"statistics": "aic"}, "list of known statistics"),
        ({"labels": "long"}, "label"),
        ({"ci": 95}, "confidence level"),
        ({"effects": True, "exponentiate": True}, "Choose one"),
        ({"names": "ab"}, "Give one name for each"),
    ],
)
def test_what_cannot_be_is_refused_with_the_choices(small, large, options, says):
    with pytest.raises(gk.FitError, match=says):
        gk.etable(small, large, **options)


def test_no_model_is_refused():
    with pytest.raises(gk.FitError, match="at least one fit"):
        gk.etable()


def test_a_dict_of_fits_names_them(small, large):
    by_name = gk.etable({"small": small, "large": large})
    assert str(by_name) == str(gk.etable(small, large, names=["small", "large"]))
    assert str(gk.etable({"s": small}, names=["other"])) == str(gk.etable(small, names=["other"]))


@pytest.mark.parametrize("call", [gk.etable, gk.compare])
def test_what_is_no_fit_is_named(small, call):
    with pytest.raises(gk.FitError, match="str is none"):
        call(small, "small")
    with pytest.raises(gk.FitError, match="list is none"):
        call([small])
    with pytest.raises(gk.FitError, match="at least one fit"):
        call({})


def test_compared_models_have_their_names(small, large):
    table = gk.compare({"small": small, "large": large})
    assert table.frame.index.tolist() == ["small", "large"]
    assert table.notes[:2] == ("small: breaks ~ wool", "large: breaks ~ wool * tension")
    assert gk.compare(small, large, names=["a", "b"]).frame.index.tolist() == ["a", "b"]


def test_effects_are_those_of_each_fit(small, large):
    frame = gk.etable(small, large.with_vcov("HC3"), effects=True, ci=0.9).frame
    table = large.with_vcov("HC3").marginal_effects(level=0.9).frame
    assert frame.index.tolist() == ["wool: B - A", "tension: M - L", "tension: H - L"]
    columns = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
    np.testing.assert_array_equal(frame["(2)"][columns], table[columns])


def test_effects_on_the_levels_of_a_response_are_named_by_both():
    fit = gk.glm("factor(race) ~ age + smoke", gk.load_dataset("birthwt"), gk.Multinomial())
    rows = gk.etable(fit, effects=True).frame.index.tolist()
    assert rows == ["1, age", "2, age", "3, age", "1, smoke", "2, smoke", "3, smoke"]


@pytest.mark.parametrize(("labels", "name"), [("r", "2, (Intercept)"), ("label", "2, Intercept")])
def test_coefficients_of_levels_have_names_of_every_kind(labels, name):
    fit = gk.glm("factor(race) ~ age", gk.load_dataset("birthwt"), gk.Multinomial())
    assert gk.etable(fit, labels=labels).frame.index[0] == name


def test_theta_and_power_have_a_row_where_a_family_has_them(small):
    data = gk.load_dataset("warpbreaks")
    negative = gk.glm("breaks ~ wool", data, gk.NegativeBinomial())
    tweedie = gk.glm("breaks ~ wool", data, gk.Tweedie(1.5))
    statistics = gk.etable(small, negative, tweedie).statistics
    assert statistics.loc["theta"].tolist() == ["", negative.theta, ""]
    assert statistics.loc["power"].tolist() == ["", "", 1.5]
    assert "theta" not in gk.etable(small).statistics.index
    errors = gk.etable(small, negative, statistics=("theta_se",)).statistics.loc["theta_se"]
    assert errors.tolist() == ["", negative.theta_se]
