"""Inverse prediction: lethal doses against MASS, Fieller in closed form, transformed columns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

import glmkit as gk

FIXTURE = Path(__file__).parents[2] / "reference" / "fixtures" / "intervals.json"
LETHAL = json.loads(FIXTURE.read_text())["budworm"]
DOSE = np.tile([1.0, 2, 4, 8, 16, 32], 2)
BUDWORM = pd.DataFrame(
    {
        "dose": DOSE,
        "ldose": np.log2(DOSE),
        "r": [1, 4, 9, 13, 18, 20, 0, 2, 6, 10, 12, 16],
        "sex": ["M"] * 6 + ["F"] * 6,
    }
)
TREES = gk.load_dataset("trees")
# The slope of the linear predictor is a difference quotient, exact for a line but for rounding.
SLOPE = 1e-8
Z = 1.959963984540054


@pytest.fixture(scope="module")
def line():
    return gk.glm("cbind(r, 20 - r) ~ sex + ldose - 1", BUDWORM, "binomial")


@pytest.fixture(scope="module")
def log_line():
    return gk.glm("cbind(r, 20 - r) ~ sex + log2(dose) - 1", BUDWORM, "binomial")


@pytest.mark.parametrize("stored", LETHAL, ids=lambda stored: f"{stored['link']} {stored['sex']}")
def test_lethal_doses_are_those_of_mass(stored):
    fit = gk.glm("cbind(r, 20 - r) ~ sex + ldose - 1", BUDWORM, gk.Binomial(stored["link"]))
    table = fit.inverse_predict("ldose", stored["p"], at={"sex": stored["sex"]})
    np.testing.assert_allclose(table["estimate"], stored["estimate"], rtol=1e-9)
    np.testing.assert_allclose(table["std_error"], stored["std_error"], rtol=SLOPE)


def test_fieller_is_the_closed_form(line):
    # {x: (a + b x)^2 <= z^2 var(a + b x)}: the roots of a quadratic.
    V = line.vcov().loc[["sex[F]", "ldose"], ["sex[F]", "ldose"]].to_numpy()
    a, b = line.coef[["sex[F]", "ldose"]]
    quadratic = [b**2 - Z**2 * V[1, 1], 2 * (a * b - Z**2 * V[0, 1]), a**2 - Z**2 * V[0, 0]]
    table = line.inverse_predict("ldose", at={"sex": "F"}, method="fieller")
    expected = np.sort(np.roots(quadratic).real)
    np.testing.assert_allclose(table.frame[["conf_low", "conf_high"]].iloc[0], expected, rtol=1e-8)


def test_fieller_is_unbounded_where_the_slope_may_be_zero():
    data = {"y": [1.0, 3, 2, 4, 2, 5], "x": [1.0, 2, 3, 4, 5, 6]}
    table = gk.glm("y ~ x", data).inverse_predict("x", mean=3.0, method="fieller", level=0.999)
    assert table.frame[["conf_low", "conf_high"]].iloc[0].tolist() == [-np.inf, np.inf]
    assert "infinite end" in str(table)


def test_the_profile_interval_holds_the_doses_that_the_lr_test_does_not_reject(line):
    high = line.inverse_predict("ldose", at={"sex": "F"}, method="profile")["conf_high"][0]
    female = 1.0 * (BUDWORM["sex"] == "F")
    held = BUDWORM.assign(male=1.0 - female, moved=BUDWORM["ldose"] - high * female)
    fit = gk.glm("cbind(r, 20 - r) ~ male + moved - 1", held, "binomial")
    assert fit.deviance - line.deviance == pytest.approx(Z**2, rel=1e-7)


@pytest.mark.parametrize("method", ["fieller", "profile"])
def test_a_transformed_column_is_solved_on_its_own_scale(method, line, log_line):
    at, p = {"sex": "F"}, [0.25, 0.5]
    columns = ["estimate", "conf_low", "conf_high"]
    own = log_line.inverse_predict("dose", p, at=at, method=method).frame[columns]
    logs = line.inverse_predict("ldose", p, at=at, method=method).frame[columns]
    np.testing.assert_allclose(own, 2.0**logs, rtol=1e-7)


def test_the_standard_error_of_a_transformed_column_is_the_delta_methods(line, log_line):
    own = log_line.inverse_predict("dose", at={"sex": "F"}).frame.iloc[0]
    logs = line.inverse_predict("ldose", at={"sex": "F"}).frame.iloc[0]
    assert own["std_error"] == pytest.approx(logs["std_error"] * np.log(2) * own["estimate"], rel=1e-7)


def test_a_falling_mean_is_inverted_too():
    flipped = gk.glm("cbind(20 - r, r) ~ sex + ldose - 1", BUDWORM, "binomial")
    upright = gk.glm("cbind(r, 20 - r) ~ sex + ldose - 1", BUDWORM, "binomial")
    got = flipped.inverse_predict("ldose", 0.25, at={"sex": "F"}, method="fieller").frame
    expected = upright.inverse_predict("ldose", 0.75, at={"sex": "F"}, method="fieller").frame
    np.testing.assert_allclose(got.iloc[0, 1:], expected.iloc[0, 1:], rtol=1e-7)


def test_mean_and_linear_predictor_are_targets_too():
    fit = gk.glm("Volume ~ log(Girth) + log(Height)", TREES, gk.Gamma("log"))
    by_mean = fit.inverse_predict("Girth", mean=30.0, at={"Height": 76}).frame
    by_eta = fit.inverse_predict("Girth", eta=np.log(30.0), at={"Height": 76}).frame
    assert fit.predict({"Girth": by_mean["estimate"], "Height": 76})[0] == pytest.approx(30.0, rel=1e-10)
    np.testing.assert_allclose(by_mean.iloc[0, 1:], by_eta.iloc[0, 1:], rtol=1e-12)


def test_the_quantile_is_that_of_the_p_values():
    fit = gk.glm("Volume ~ Girth", TREES)
    row = fit.inverse_predict("Girth", mean=30.0).frame.iloc[0]
    quantile = (row["conf_high"] - row["estimate"]) / row["std_error"]
    assert quantile == pytest.approx(2.045229642132703, rel=1e-9)  # t with 29 df


def test_an_offset_takes_part():
    data = BUDWORM.assign(shift=0.5)
    fit = gk.glm("cbind(r, 20 - r) ~ ldose + offset(shift)", data, "binomial")
    plain = gk.glm("cbind(r, 20 - r) ~ ldose", data, "binomial")
    got = fit.inverse_predict("ldose", at={"shift": 0.5}, method="profile").frame
    np.testing.assert_allclose(got, plain.inverse_predict("ldose", method="profile").frame, rtol=1e-7)


def test_a_robust_covariance_is_used_and_named(line):
    robust = line.with_vcov("HC0")
    table = robust.inverse_predict("ldose", at={"sex": "F"}, method="fieller")
    assert "HC0" in str(table)
    assert table["std_error"][0] != line.inverse_predict("ldose", at={"sex": "F"})["std_error"][0]
    with pytest.raises(gk.FitError, match="HC0"):
        robust.inverse_predict("ldose", at={"sex": "F"}, method="profile")


POLY = gk.glm("Volume ~ poly(Girth, 2)", TREES)
HUMP = gk.glm("y ~ x + I(x^2)", {"x": [1.0, 2, 3, 4, 5, 6], "y": [1.0, 3, 5, 5, 2, 1]})


def test_a_polynomial_that_rises_all_the_way_is_inverted():
    x = POLY.inverse_predict("Girth", mean=30.0)["estimate"][0]
    assert POLY.predict({"Girth": x})[0] == pytest.approx(30.0, rel=1e-10)


REFUSED = {
    "not monotone": (lambda f: HUMP.inverse_predict("x", mean=2.0), "does not rise, or fall"),
    "beyond the turn": (lambda f: POLY.inverse_predict("Girth", mean=1.0), "does not rise|No value"),
    "a factor": (lambda f: f.inverse_predict("sex"), "not a numeric variable"),
    "unknown": (lambda f: f.inverse_predict("x"), "not a numeric variable"),
    "others open": (lambda f: f.inverse_predict("ldose"), r"at=\{'sex': "),
    "method": (lambda f: f.inverse_predict("ldose", at={"sex": "F"}, method="wald"), '"delta", "fieller"'),
    "p of 1": (lambda f: f.inverse_predict("ldose", 1.0, at={"sex": "F"}), "cannot be reached"),
    "two targets": (lambda f: f.inverse_predict("ldose", 0.5, eta=0.0, at={"sex": "F"}), "takes one of"),
    "p of a gaussian": (lambda f: POLY.inverse_predict("Girth", 0.5), "takes one of"),
    "no target": (lambda f: POLY.inverse_predict("Girth"), "takes one of"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_has_no_single_answer_is_refused_with_the_reason(call, message, line):
    with pytest.raises(gk.FitError, match=message):
        call(line)


def test_a_separated_fit_is_refused():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", {"x": [1.0, 2, 3, 4], "y": [0, 0, 1, 1]}, "binomial")
    with pytest.raises(gk.FitError, match="not finite"):
        fit.inverse_predict("x")


def test_a_ready_matrix_is_inverted_by_its_columns():
    X = pd.DataFrame({"one": np.ones(12), "x": BUDWORM["ldose"]})
    ready = gk.glm_fit(X, np.column_stack([BUDWORM["r"], 20 - BUDWORM["r"]]), "binomial")
    formula = gk.glm("cbind(r, 20 - r) ~ ldose", BUDWORM, "binomial")
    got = ready.inverse_predict("x", at={"one": 1.0})["estimate"]
    np.testing.assert_allclose(got, formula.inverse_predict("ldose")["estimate"], rtol=1e-9)


@pytest.fixture(scope="module")
def clustered():
    data = TREES.assign(plot=np.arange(31) % 7)
    return gk.glm("Volume ~ Girth", data).with_vcov("CR2", cluster="plot")


def test_delta_intervals_have_the_degrees_of_freedom_of_the_mean_there(clustered):
    row = clustered.inverse_predict("Girth", eta=30.0).frame.iloc[0]
    (df,) = clustered.estimate.df_of(np.array([[1.0, row["estimate"]]]))
    half = (row["conf_high"] - row["conf_low"]) / 2.0
    assert half == pytest.approx(special.stdtrit(df, 0.975) * row["std_error"], rel=1e-12)


def test_fieller_refers_each_end_to_its_own_degrees_of_freedom(clustered):
    row = clustered.inverse_predict("Girth", eta=30.0, method="fieller").frame.iloc[0]
    ends = np.column_stack([np.ones(2), row[["conf_low", "conf_high"]].to_numpy(float)])
    estimate = clustered.estimate
    size = np.abs(estimate.linear(ends) - 30.0) / estimate.std_errors(ends)
    np.testing.assert_allclose(size, special.stdtrit(estimate.df_of(ends), 0.975), rtol=1e-7)
