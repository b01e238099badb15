"""Predictions by term, by class, and intervals for a new observation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import glmkit as gk
from glmkit.inference.predictive import Predictive

WARPBREAKS = gk.load_dataset("warpbreaks")
TREES = gk.load_dataset("trees")
NEW = {"wool": ["A", "B", "A"], "tension": ["L", "M", None]}


@pytest.fixture(scope="module")
def fit():
    return gk.glm("breaks ~ wool * tension", WARPBREAKS, "poisson")


@pytest.fixture(scope="module")
def births():
    return gk.glm("low ~ age + lwt", gk.load_dataset("birthwt"), "binomial")


# ----------------------------------------------------------------------------- terms


@pytest.mark.parametrize("newdata", [None, WARPBREAKS.iloc[[3, 20, 50]]])
def test_constant_and_terms_add_up_to_the_linear_predictor(fit, newdata):
    terms = fit.predict(newdata, type="terms")
    total = terms.sum(axis=1) + terms.attrs["constant"]
    np.testing.assert_allclose(total, fit.predict(newdata, type="link"), rtol=1e-12)


def test_terms_average_to_zero_with_each_row_counted_by_its_frequency():
    counts = np.resize([1, 2, 5], 54)
    terms = gk.glm("breaks ~ wool + tension", WARPBREAKS, "poisson", freq_weights=counts).predict(
        type="terms"
    )
    np.testing.assert_allclose(counts @ terms.to_numpy(), 0, atol=1e-11)


def test_terms_leave_the_offset_out():
    offset = np.linspace(0, 1, 54)
    fit = gk.glm("breaks ~ wool", WARPBREAKS, "poisson", offset=offset)
    terms = fit.predict(type="terms")
    total = terms["wool"] + terms.attrs["constant"] + offset
    np.testing.assert_allclose(total, fit.linear_predictor, rtol=1e-12)


def test_the_only_term_of_a_line_has_the_error_of_its_slope():
    fit = gk.glm("Volume ~ Girth", TREES)
    got = fit.predict(type="terms", se=True)
    distance = (TREES["Girth"] - TREES["Girth"].mean()).abs()
    np.testing.assert_allclose(got["se", "Girth"], distance * fit.std_error["Girth"], rtol=1e-10)


def test_intervals_by_term_use_the_distribution_of_the_p_values():
    fit = gk.glm("Volume ~ Girth", TREES)
    got = fit.predict(type="terms", interval="mean", level=0.9)
    half = stats.t.ppf(0.95, fit.df_resid) * got["se"]
    np.testing.assert_allclose(got["conf_high"], got["fit"] + half, rtol=1e-12)
    np.testing.assert_allclose(got["conf_low"], got["fit"] - half, rtol=1e-12)


def test_a_missing_value_makes_every_term_missing(fit):
    terms = fit.predict(NEW, type="terms")
    assert terms.isna().all(axis=1).tolist() == [False, False, True]


# ----------------------------------------------------------------------------- classes


def test_probabilities_of_both_outcomes_sum_to_one(births):
    prob = births.predict(type="prob")
    assert list(prob.columns) == [0, 1]
    np.testing.assert_array_equal(prob[1], births.fitted)
    np.testing.assert_allclose(prob.sum(axis=1), 1, rtol=1e-15)


def test_the_class_is_the_likelier_outcome(births):
    expected = (births.fitted > 0.5).astype(int)
    assert births.predict(type="class").astype(int).equals(expected.rename("class"))


def test_classes_are_the_levels_of_the_response():
    data = {"y": ["no", "yes", "no", "yes", "yes", "no"], "x": [1.0, 5, 2, 3, 6, 4]}
    fit = gk.glm("y ~ x", data, "binomial")
    got = fit.predict({"x": [-9.0, np.nan, 99.0]}, type="class")
    assert got.tolist()[::2] == ["no", "yes"]
    assert got.isna().tolist() == [False, True, False]
    assert list(fit.predict(type="prob").columns) == ["no", "yes"]


def test_counts_have_failure_and_success():
    data = {"r": [1, 4, 9, 13], "n": [20, 20, 20, 20], "x": [0.0, 1, 2, 3]}
    fit = gk.glm("cbind(r, n - r) ~ x", data, "binomial")
    assert list(fit.predict(type="prob").columns) == ["failure", "success"]


@pytest.mark.parametrize("kind", ["prob", "class"])
def test_a_number_has_no_classes(fit, kind):
    with pytest.raises(gk.FitError, match="response of two kinds"):
        fit.predict(type=kind)


# ----------------------------------------------------------------------------- a new observation


def test_the_gaussian_interval_is_student_s():
    fit = gk.glm("Volume ~ Girth", TREES)
    new = {"Girth": [8.0, 15.0]}
    got = fit.predict(new, se=True, interval="prediction", weights=[1.0, 4.0])
    spread = np.sqrt(fit.dispersion / np.array([1.0, 4.0]) + got["se"] ** 2)
    np.testing.assert_allclose(got["conf_high"], got["fit"] + stats.t.ppf(0.975, 29) * spread, rtol=1e-12)


@pytest.mark.parametrize("df", [5.0, 12.0, 80.0])
@pytest.mark.parametrize("p", [0.025, 0.5, 0.975])
def test_quadrature_gives_student_s_quantile(df, p):
    law = Predictive(gk.Gaussian(), np.array([1.0]), np.array([0.5]), 1.3, df)
    exact = 1 + stats.t.ppf(p, df) * np.sqrt(1.3 + 0.25)
    # nine nodes over the dispersion: at 5 df the tail is heavy
    assert law.quantile(p)[0] == pytest.approx(exact, rel=1e-4 if df == 5 else 1e-6)


@pytest.mark.parametrize("mean", [0.2, 3.0, 40.0, 1e5])
def test_without_uncertainty_the_poisson_interval_is_that_of_the_distribution(mean):
    law = Predictive(gk.Poisson(), np.log([mean]), np.zeros(1), 1.0, np.inf)
    low, high = law.interval(0.95)
    assert (low[0], high[0]) == stats.poisson.interval(0.95, mean)


@pytest.mark.parametrize(("prob", "trials"), [(0.3, 10.0), (0.01, 50.0), (0.5, 1.0), (0.999, 2000.0)])
def test_without_uncertainty_the_binomial_interval_is_that_of_the_distribution(prob, trials):
    eta = np.log([prob / (1 - prob)])
    law = Predictive(gk.Binomial(), eta, np.zeros(1), 1.0, np.inf, np.array([trials]))
    low, high = law.interval(0.9)
    assert (low[0] * trials, high[0] * trials) == pytest.approx(stats.binom.interval(0.9, trials, prob))


@pytest.mark.parametrize(
    ("family", "distribution"),
    [
        (gk.Gamma("log"), lambda phi, mu: stats.gamma(1 / phi, scale=phi * mu)),
        (gk.InverseGaussian("log"), lambda phi, mu: stats.invgauss(mu * phi, scale=1 / phi)),
    ],
    ids=["Gamma", "InverseGaussian"],
)
def test_with_a_known_law_the_interval_is_that_of_the_distribution(family, distribution):
    law = Predictive(family, np.log([3.0, 0.2]), np.zeros(2), 0.4, np.inf)
    expected = [distribution(0.4, mu).interval(0.95) for mu in (3.0, 0.2)]
    np.testing.assert_allclose(np.transpose(law.interval(0.95)), expected, rtol=1e-7)


def test_a_count_with_a_gamma_like_mean_has_the_tails_promised():
    # 400 000 draws: a share near 0.025 is known to 0.00025
    rng = np.random.default_rng(1)
    low, high = Predictive(gk.Poisson(), np.array([3.0]), np.array([0.3]), 1.0, np.inf).interval(0.95)
    draws = rng.poisson(np.exp(rng.normal(3.0, 0.3, size=400_000)))
    assert np.mean(draws < low) <= 0.0257
    assert np.mean(draws > high) <= 0.0257
    assert np.mean(draws <= low) >= 0.0243
    assert np.mean(draws >= high) >= 0.0243


@pytest.mark.parametrize("family", ["poisson", "gaussian", "Gamma", "inverse_gaussian"])
def test_an_interval_for_an_observation_holds_that_for_the_mean(family):
    fit = gk.glm("breaks ~ wool", WARPBREAKS, family)
    mean, new = (fit.predict({"wool": ["A", "B"]}, interval=kind) for kind in ("mean", "prediction"))
    assert np.all(new["conf_low"] < mean["conf_low"])
    assert np.all(new["conf_high"] > mean["conf_high"])


def test_endpoints_of_counts_are_counts(fit):
    got = fit.predict(NEW, interval="prediction")
    ends = got[["conf_low", "conf_high"]]
    assert ends.iloc[2].isna().all()
    assert np.all(ends.iloc[:2] == ends.iloc[:2].round())


def test_endpoints_of_proportions_are_shares_of_the_trials(births):
    got = births.predict({"age": [20, 30], "lwt": [120, 100]}, interval="prediction", weights=[8, 50])
    ends = got[["conf_low", "conf_high"]].mul([8, 50], axis=0)
    np.testing.assert_allclose(ends, ends.round(), atol=1e-9)


def test_the_rows_of_the_fit_have_their_own_trials():
    data = {"r": [1, 4, 9, 13], "n": [10, 20, 30, 40], "x": [0.0, 1, 2, 3]}
    fit = gk.glm("cbind(r, n - r) ~ x", data, "binomial")
    given = fit.predict({"x": data["x"]}, interval="prediction", weights=data["n"])
    pd.testing.assert_frame_equal(fit.predict(interval="prediction"), given)


def test_weights_may_be_a_column_of_the_new_data(births):
    new = pd.DataFrame({"age": [20, 30], "lwt": [120, 100], "m": [8, 50]})
    by_name, by_value = (births.predict(new, interval="prediction", weights=w) for w in ("m", [8, 50]))
    pd.testing.assert_frame_equal(by_name, by_value)


def test_a_mean_near_the_edge_of_its_range_is_taken_inside_it():
    fit = gk.glm("y ~ x", {"y": [1, 2, 2, 4, 6, 5.0], "x": [0.0, 1, 2, 3, 4, 5]}, gk.Poisson("identity"))
    ends = fit.predict({"x": [0.0]}, interval="prediction")
    assert ends["conf_low"].iloc[0] == 0
    assert np.isfinite(ends["conf_high"]).all()


@pytest.mark.filterwarnings("ignore::glmkit.errors.BoundaryWarning")
def test_a_mean_fixed_on_the_edge_of_its_range_leaves_one_response():
    fit = gk.glm("y ~ x", {"y": [0, 0, 1, 2, 4.0], "x": [0.0, 1, 2, 3, 4]}, gk.Poisson("identity"))
    ends = fit.predict(interval="prediction")[["conf_low", "conf_high"]]
    assert ends.iloc[0].tolist() == [0.0, 0.0]
    assert np.all(ends.iloc[1:]["conf_high"] > 0)


def test_a_perfect_fit_predicts_its_line():
    got = gk.glm("y ~ x", {"y": [1.0, 2, 3, 4], "x": [1.0, 2, 3, 4]}).predict(interval="prediction")
    np.testing.assert_allclose(got["conf_high"] - got["conf_low"], 0, atol=1e-12)


def test_a_quasi_family_has_no_prediction_interval():
    fit = gk.glm("breaks ~ wool", WARPBREAKS, "quasipoisson")
    with pytest.raises(gk.NoLikelihoodError, match="only a mean and a variance"):
        fit.predict(interval="prediction")


def test_without_residual_df_there_is_no_prediction_interval():
    with pytest.raises(gk.FitError, match="without residual degrees of freedom"):
        gk.glm("y ~ x", {"y": [1.0, 3.0], "x": [0.0, 1.0]}).predict(interval="prediction")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"type": "link", "interval": "prediction"}, "about a new response"),
        ({"type": "terms", "interval": "prediction"}, "about a new response"),
        ({"weights": [1.0, 1.0, 1.0]}, 'goes with interval="prediction"'),
        ({"type": "prob", "se": True}, "comes without se="),
        ({"type": "classes"}, "'terms', 'prob', 'class'"),
        ({"interval": "predict"}, "'mean', 'prediction'"),
        ({"interval": "prediction", "level": 95}, "confidence level"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(births, arguments, words):
    with pytest.raises(gk.FitError, match=words):
        births.predict({"age": [20, 30, 40], "lwt": [120, 100, 90]}, **arguments)


@pytest.mark.parametrize("weights", [[-1.0, 1.0], [np.inf, 1.0]])
def test_weights_of_new_observations_are_checked(births, weights):
    with pytest.raises(gk.DataError, match="weights"):
        births.predict({"age": [20, 30], "lwt": [120, 100]}, interval="prediction", weights=weights)


# ----------------------------------------------------------------------------- covariance and limits


def test_a_robust_covariance_goes_into_every_interval(fit):
    robust = fit.with_vcov("HC1")
    expected = robust.vcov().to_numpy()
    rows = fit.design.to_numpy()
    error = np.sqrt(np.einsum("ij,jk,ik->i", rows, expected, rows))
    got = robust.predict(type="link", se=True, interval="mean")
    np.testing.assert_allclose(got["se"], error, rtol=1e-10)
    np.testing.assert_allclose(got["conf_high"] - got["fit"], 1.959963984540054 * error, rtol=1e-10)


@pytest.mark.filterwarnings("ignore::glmkit.errors.SeparationWarning")
def test_a_separated_fit_predicts_its_limits():
    fit = gk.glm("y ~ x", {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6]}, "binomial")
    assert fit.predict({"x": [0.0, 9.0]}).tolist() == [0.0, 1.0]
    assert fit.predict({"x": [0.0, 9.0]}, type="class").tolist() == [0, 1]
    assert fit.predict({"x": [0.0, 9.0]}, interval="prediction")["conf_low"].isna().all()


@pytest.mark.parametrize("kind", ["terms", "response"])
def test_a_ready_matrix_is_predicted_like_its_formula(kind):
    X = np.column_stack([np.ones(31), TREES["Girth"]])
    ready = gk.glm_fit(X, TREES["Volume"], names=["one", "Girth"])
    assert len(ready.predict(X[:4], type=kind)) == 4


def test_labels_are_those_of_the_new_data(fit):
    new = pd.DataFrame({"wool": ["A", "B"], "tension": ["L", "M"]}, index=["p", "q"])
    for kind in ("terms", "response", "link"):
        assert fit.predict(new, type=kind).index.tolist() == ["p", "q"]


def test_intervals_of_terms_have_the_degrees_of_freedom_of_each_share():
    data = gk.load_dataset("trees").assign(plot=np.arange(31) % 7)
    fit = gk.glm("Volume ~ Girth + Height", data).with_vcov("CR2", cluster="plot")
    shares = fit.predict(type="terms", interval="mean")
    (df,) = fit.estimate.df_of(np.array([[0.0, 1.0, 0.0]]))  # the share of one column: its coefficient's
    half = shares["conf_high", "Girth"] - shares["fit", "Girth"]
    np.testing.assert_allclose(half, special.stdtrit(df, 0.975) * shares["se", "Girth"], rtol=1e-10)


@pytest.mark.parametrize("family", ["binomial", gk.Multinomial()])
def test_a_matrix_predicts_for_a_fit_to_arrays_with_an_intercept(family):
    X = np.column_stack([np.ones(8), np.arange(8.0)])
    fit = gk.glm_fit(X, [0, 1, 0, 0, 1, 1, 0, 1], family, names=["Intercept", "x"])
    np.testing.assert_allclose(fit.predict(X), fit.fitted, rtol=1e-12)
