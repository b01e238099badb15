"""The fitted object: its attributes, spellings, copies and display."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

import glmkit as gk


@pytest.fixture(scope="module")
def fit():
    return gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), gk.Poisson())


@pytest.fixture(scope="module")
def gamma():
    return gk.glm("Volume ~ log(Girth) + log(Height)", gk.load_dataset("trees"), gk.Gamma("log"))


def test_coefficients_are_series_by_name(fit):
    assert list(fit.coef.index)[:2] == ["Intercept", "wool[T.B]"]
    assert fit.coef.index.equals(fit.std_error.index)
    assert fit.vcov().shape == (6, 6)


def test_statistics_are_estimates_over_errors(fit):
    np.testing.assert_array_equal(fit.statistic, fit.coef / fit.std_error)


def test_rowwise_results_carry_the_callers_labels():
    data = gk.load_dataset("warpbreaks").set_index(pd.Index([f"row {i}" for i in range(54)]))
    fitted = gk.glm("breaks ~ wool", data, "poisson").fitted
    assert fitted.index.equals(data.index)


def test_exclude_pads_rows_dropped_for_missing_values_only():
    data = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0, 9.0], "x": [1.0, 2.0, np.nan, 4.0, 9.0]})
    with pytest.warns(gk.DroppedRowsWarning):
        fit = gk.glm("y ~ x", data, na_action="exclude", subset="y < 9")
    assert list(fit.fitted.index) == [0, 1, 2, 3]
    assert list(fit.fitted.isna()) == [False, False, True, False]
    assert len(fit.residuals()) == 4


def test_omit_leaves_dropped_rows_out():
    data = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0], "x": [1.0, 2.0, np.nan, 4.0]})
    with pytest.warns(gk.DroppedRowsWarning, match="1 of 4 rows dropped for missing values: x 1"):
        fit = gk.glm("y ~ x", data)
    assert list(fit.fitted.index) == [0, 1, 3]


def test_aliased_coefficients_are_nan_and_keep_their_place():
    data = pd.DataFrame({"y": [2.0, 3, 6, 7, 8, 9, 10, 12], "a": np.arange(1.0, 9.0)})
    data["b"] = 2 * data["a"]
    with pytest.warns(gk.AliasedWarning, match=r"b = 2\*a"):
        fit = gk.glm("y ~ a + b", data, "poisson")
    assert list(fit.aliased) == [False, False, True]
    assert np.isnan(fit.coef["b"])
    assert fit.vcov(complete=False).shape == (2, 2)
    assert fit.rank == 2


def test_predictions_of_rows_that_aliasing_leaves_open_are_nan_and_said():
    data = pd.DataFrame({"y": [2.0, 3, 6, 7], "a": np.arange(1.0, 5.0)})
    data["b"] = 2 * data["a"]
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("y ~ a + b", data)
    with pytest.warns(gk.AliasedWarning, match="cannot be predicted"):
        predicted = fit.predict({"a": [1.0, 1.0], "b": [2.0, 3.0]})
    assert list(predicted.isna()) == [False, True]


def test_statsmodels_spellings_are_the_same_numbers(fit):
    pairs = {
        "params": "coef",
        "bse": "std_error",
        "tvalues": "statistic",
        "pvalues": "p_value",
        "fittedvalues": "fitted",
    }
    for theirs, ours in pairs.items():
        pd.testing.assert_series_equal(getattr(fit, theirs), getattr(fit, ours))
    assert (fit.llf, fit.scale, fit.df_model) == (fit.loglik, fit.dispersion, 5)
    pd.testing.assert_frame_equal(fit.cov_params(), fit.vcov())
    np.testing.assert_array_equal(fit.conf_int(0.1), fit.confint("wald", level=0.9))
    np.testing.assert_array_equal(fit.resid_pearson, fit.residuals("pearson"))


def test_null_loglik_is_that_of_the_null_model(fit):
    null = gk.glm("breaks ~ 1", gk.load_dataset("warpbreaks"), gk.Poisson())
    assert fit.llnull == pytest.approx(null.loglik, rel=1e-12)


def test_squared_residuals_add_up(fit):
    assert (fit.residuals("deviance") ** 2).sum() == pytest.approx(fit.deviance, rel=1e-12)
    assert (fit.residuals("pearson") ** 2).sum() == pytest.approx(fit.pearson_chi2, rel=1e-12)


def test_t_where_the_dispersion_was_estimated_and_z_where_it_is_known(fit, gamma):
    assert "z value" in str(fit.summary())
    assert "t value" in str(gamma.summary())


def test_wald_interval_uses_the_distribution_of_the_p_value(gamma):
    low, high = gamma.confint("wald").loc["log(Girth)"]
    t = (high - low) / 2 / gamma.std_error["log(Girth)"]
    assert t == pytest.approx(2.0484071, rel=1e-6)  # the 97.5 % point of t with 28 df
    normal = gamma.confint("wald", df=np.inf).loc["log(Girth)"]
    assert (normal["conf_high"] - normal["conf_low"]) / 2 / gamma.std_error["log(Girth)"] == pytest.approx(
        1.959963985, rel=1e-9
    )


def test_pickling_keeps_every_number_and_predicts(fit):
    copy = pickle.loads(pickle.dumps(fit))
    pd.testing.assert_series_equal(copy.coef, fit.coef)
    assert str(copy.summary()) == str(fit.summary())
    new = {"wool": ["A", "B"], "tension": ["H", "L"]}
    pd.testing.assert_series_equal(copy.predict(new), fit.predict(new))


def test_results_are_frozen(fit):
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.notes = ()


def test_the_data_are_never_modified():
    data = gk.load_dataset("birthwt")
    before = data.copy(deep=True)
    gk.glm("low ~ factor(race) + log(lwt) + poly(age, 2)", data, "binomial").summary()
    pd.testing.assert_frame_equal(data, before)


def test_repr_is_the_printed_text_without_addresses(fit):
    assert repr(fit) == str(fit)
    assert "0x" not in repr(fit)
    assert "<table" in fit._repr_html_()


def test_summary_tables_hold_full_precision(fit):
    table = fit.summary().tables["coefficients"]
    assert list(table.columns) == ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
    np.testing.assert_array_equal(table["estimate"], fit.coef)


@pytest.mark.parametrize(
    ("family", "formula", "data", "ratio"),
    [
        ("poisson", "breaks ~ wool", "warpbreaks", "Rate ratio"),
        ("binomial", "low ~ smoke", "birthwt", "Odds ratio"),
        ("binomial(cloglog)", "low ~ smoke", "birthwt", "Hazard ratio"),
        ("binomial(log)", "low ~ smoke", "birthwt", "Risk ratio"),
        ("Gamma(log)", "Volume ~ Girth", "trees", "Mean ratio"),
    ],
)
def test_exponentiated_summaries_name_the_ratio(family, formula, data, ratio):
    fit = gk.glm(formula, gk.load_dataset(data), family)
    report = fit.summary(exponentiate=True)
    assert ratio in str(report)
    np.testing.assert_allclose(report.tables["coefficients"]["estimate"], np.exp(fit.coef))


def test_summary_with_a_given_dispersion_is_normal(gamma):
    table = gamma.summary(dispersion=1.0).tables["coefficients"]
    np.testing.assert_allclose(table["std_error"], gamma.std_error / np.sqrt(gamma.dispersion))
    assert "z value" in str(gamma.summary(dispersion=1.0))


def test_names_as_r_and_in_words(fit):
    assert list(fit.summary(names="r").tables["coefficients"].index)[:2] == ["(Intercept)", "woolB"]
    assert "wool: B vs A" in str(fit.summary(names="label"))


def test_tidy_glance_and_augment_have_the_words_of_the_glossary(fit):
    assert list(fit.tidy().columns) == [
        "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high",
    ]  # fmt: skip
    assert fit.glance()["aic"].item() == fit.aic
    assert fit.augment()["hat"].sum() == pytest.approx(fit.rank)


def test_trace_ends_at_the_coefficients(fit):
    np.testing.assert_allclose(fit.trace.iloc[-1, 3:].astype(float), fit.coef, rtol=1e-12)
    deviance = fit.trace["deviance"].to_numpy()
    assert np.all(deviance[1:] <= deviance[:-1] * (1 + 1e-12))


def test_intervals_of_predictions_stay_in_range_and_hold_the_fit():
    data = gk.load_dataset("birthwt")
    predicted = gk.glm("low ~ lwt + smoke", data, "binomial").predict(data, se=True, interval="mean")
    assert ((predicted["conf_low"] > 0) & (predicted["conf_high"] < 1)).all()
    assert ((predicted["conf_low"] < predicted["fit"]) & (predicted["fit"] < predicted["conf_high"])).all()


def test_a_decreasing_link_keeps_the_ends_in_order():
    data = gk.load_dataset("clotting")
    predicted = gk.glm("lot1 ~ log(u)", data, "Gamma").predict(data, interval="mean")
    assert (predicted["conf_low"] < predicted["conf_high"]).all()


def test_own_families_and_links_by_subclass():
    class Geometric(gk.Poisson):
        name = "geometric-like"

    double = gk.Link.from_functions(
        "double", lambda mu: 2 * mu, lambda eta: eta / 2, lambda eta: 0 * eta + 0.5
    )
    data = gk.load_dataset("warpbreaks")
    assert gk.glm("breaks ~ wool", data, Geometric()).deviance == pytest.approx(281.33345927, rel=1e-9)
    fit = gk.glm("breaks ~ wool", data, gk.Gaussian(double))
    np.testing.assert_allclose(fit.coef, 2 * gk.glm("breaks ~ wool", data).coef)
