"""`update`: what is not named stays, and what is named changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=60).round(2), "z": rng.uniform(1, 3, size=60).round(2)})
    frame["g"] = np.resize(["a", "b", "c"], 60)
    frame["y"] = rng.poisson(np.exp(1 + 0.3 * frame["x"]))
    frame["w"] = np.resize([1.0, 2.0, 0.5], 60)
    frame.loc[[3, 9], "x"] = np.nan
    return frame


@pytest.fixture(scope="module")
def fit(data):
    with pytest.warns(gk.DroppedRowsWarning):
        return gk.glm(
            "y ~ hinge(x, 0.5) + g",
            data,
            "poisson",
            weights="w",
            offset=np.log(data["z"]),
            exposure="z",
            subset="z > 1.2",
            na_action="exclude",
            contrasts={"g": "sum"},
            context={"hinge": lambda x, knot: np.maximum(x - knot, 0.0)},
            control=gk.Control(tol=1e-10),
        )


@pytest.mark.filterwarnings("ignore::glmkit.GlmkitWarning")
def test_an_update_without_change_is_the_identical_fit(fit):
    again = fit.update()
    np.testing.assert_array_equal(again.coef, fit.coef)
    np.testing.assert_array_equal(again.std_error, fit.std_error)
    assert (again.formula, again.loglik, again.notes) == (fit.formula, fit.loglik, fit.notes)
    assert again.control == fit.control
    assert len(again.fitted) == len(fit.fitted)


@pytest.mark.filterwarnings("ignore::glmkit.GlmkitWarning")
def test_all_arguments_stay_when_a_term_goes(fit, data):
    without = fit.update(". ~ . - hinge(x, 0.5)")
    want = gk.glm(
        "y ~ g",
        data,
        "poisson",
        weights="w",
        offset=np.log(data["z"]),
        exposure="z",
        subset="z > 1.2",
        contrasts={"g": "sum"},
    )
    np.testing.assert_array_equal(without.coef, want.coef)
    assert list(without.coef.index) == ["Intercept", "g[S.a]", "g[S.b]"]


@pytest.mark.filterwarnings("ignore::glmkit.GlmkitWarning")
def test_contrasts_of_a_factor_that_went_are_forgotten(fit):
    assert fit.update(". ~ . - g").terms == ("hinge(x, 0.5)",)


@pytest.mark.filterwarnings("ignore::glmkit.GlmkitWarning")
def test_none_takes_an_argument_back(fit):
    assert (fit.update(weights=None).weights.dropna() == 1).all()


@pytest.mark.filterwarnings("ignore::glmkit.GlmkitWarning")
def test_other_data_are_read_by_the_same_arguments(fit, data):
    half = fit.update(data=data.iloc[:40], offset=None)
    assert half.nobs < fit.nobs
    assert half.fit.problem.offset is not None  # the exposure is still there


def test_the_dot_is_the_old_side():
    fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
    assert (
        fit.update("log(.) ~ . - wool:tension", family="gaussian").formula == "log(breaks) ~ wool + tension"
    )
    assert fit.update(". ~ 0 + .").formula == "breaks ~ 0 + wool + tension + wool:tension"


def test_the_family_changes_alone():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    quasi = fit.update(family="quasipoisson")
    np.testing.assert_allclose(quasi.coef, fit.coef, rtol=1e-12)
    assert quasi.family == gk.QuasiPoisson()


def test_a_fit_that_needed_a_start_is_updated_from_its_coefficients():
    data = gk.load_dataset("birthwt")
    fit = gk.glm("low ~ smoke + ht", data, gk.Binomial("log"), start=[-1.2, 0.1, 0.1])
    np.testing.assert_allclose(fit.update().coef, fit.coef, rtol=1e-7)


def test_a_misspelt_argument_is_refused_with_the_nearest():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    with pytest.raises(gk.FitError, match="Did you mean weights"):
        fit.update(wieghts="w")


def test_a_fit_to_arrays_takes_another_family_but_no_formula():
    fit = gk.glm_fit(np.column_stack([np.ones(4), np.arange(4.0)]), [1.0, 3.0, 4.0, 9.0], "poisson")
    assert fit.update(family="quasipoisson").family == gk.QuasiPoisson()
    with pytest.raises(gk.FitError, match="glm_fit"):
        fit.update(". ~ . - x1")
    with pytest.raises(gk.FitError, match="glm_fit"):
        fit.update(weights=np.ones(4))
    with pytest.raises(gk.FitError, match="arrays"):
        fit.add1("x3")
