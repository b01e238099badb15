"""Partial and randomized quantile residuals, and responses drawn from a fit."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import glmkit as gk
from glmkit.inference.quantile_residuals import quantile_residuals

CONTINUOUS = ("gaussian", "Gamma", "inverse_gaussian")


def drawn(family, n=1500, seed=5):
    """Return data of which the model holds: a log link where there is one, one covariate."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.normal(size=n), "n": 12})
    mu = np.exp(0.8 + 0.4 * data["x"])
    data["y"] = {
        "gaussian": lambda: rng.normal(mu, 0.7),
        "poisson": lambda: rng.poisson(mu),
        "Gamma": lambda: rng.gamma(3, mu / 3),
        "inverse_gaussian": lambda: rng.wald(mu, 4.0),
        "binomial": lambda: rng.binomial(12, special.expit(data["x"])),
    }[family]()
    return data


def fit_of(family, data):
    if family == "binomial":
        return gk.glm("cbind(y, n - y) ~ x", data, family)
    classes = {"gaussian": gk.Gaussian, "poisson": gk.Poisson, "Gamma": gk.Gamma}
    return gk.glm("y ~ x", data, classes.get(family, gk.InverseGaussian)("log"))


@pytest.mark.parametrize("family", [*CONTINUOUS, "poisson", "binomial"])
def test_quantile_residuals_of_a_true_model_are_standard_normal(family):
    residuals = fit_of(family, drawn(family)).residuals("quantile", seed=3)
    assert stats.kstest(residuals, "norm").pvalue > 0.01


def test_quantile_residuals_of_a_wrong_model_are_not():
    data = drawn("poisson").assign(y=lambda d: d["y"] * 2)
    residuals = fit_of("poisson", data).residuals("quantile", seed=3)
    assert stats.kstest(residuals, "norm").pvalue < 1e-6


def test_gaussian_quantile_residuals_are_pearson_residuals_over_sigma():
    fit = gk.glm("Volume ~ Girth", gk.load_dataset("trees"), weights="Height")
    expected = fit.residuals("pearson") / np.sqrt(fit.dispersion)
    np.testing.assert_allclose(fit.residuals("quantile"), expected, rtol=1e-11)


@pytest.mark.parametrize("family", CONTINUOUS)
def test_nothing_is_random_where_the_response_is_continuous(family):
    fit = fit_of(family, drawn(family, 40))
    np.testing.assert_allclose(
        fit.residuals("quantile", seed=1), fit.residuals("quantile", seed=2), rtol=1e-12
    )


def test_the_seed_decides_where_the_response_is_discrete():
    fit = fit_of("poisson", drawn("poisson", 40))
    first, again, other = (fit.residuals("quantile", seed=seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


@pytest.mark.parametrize("count", [60, 400, 5000])
def test_an_outlier_far_beyond_8_keeps_its_own_number(count):
    fit = gk.glm("y ~ 1", {"y": [3, 5, 4, 4, float(count)]}, "poisson", freq_weights=[1000] * 4 + [1])
    low, high = (
        float(mp.log(mp.gammainc(k, 0, fit.fitted[4], regularized=True))) for k in (count, count + 1)
    )
    residual = quantile_residuals(fit.fit, 1)[4]
    assert high <= special.log_ndtr(-residual) <= low
    assert residual > 8


def test_quantile_residuals_of_rows_without_weight_do_not_exist():
    data = gk.load_dataset("trees").assign(w=np.where(np.arange(31) == 2, 0.0, 1.0))
    residuals = gk.glm("Volume ~ Girth", data, weights="w").residuals("quantile")
    assert residuals.index[residuals.isna()].tolist() == [2]


@pytest.mark.parametrize("call", [lambda f: f.residuals("quantile"), lambda f: f.simulate()])
def test_a_quasi_family_has_no_distribution(call):
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "quasipoisson")
    with pytest.raises(gk.NoLikelihoodError, match="only a mean and a variance"):
        call(fit)


@pytest.mark.parametrize("call", [lambda f: f.residuals("quantile"), lambda f: f.simulate()])
def test_without_residual_df_there_is_no_dispersion_to_draw_with(call):
    fit = gk.glm("y ~ x", {"y": [1.0, 3.0], "x": [0.0, 1.0]})
    with pytest.raises(gk.FitError, match="without residual degrees of freedom"):
        call(fit)


def test_partial_residuals_are_working_residuals_plus_the_terms():
    fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
    expected = fit.predict(type="terms").add(fit.residuals("working"), axis=0)
    pd.testing.assert_frame_equal(fit.residuals("partial"), expected, rtol=1e-14)


def test_an_unknown_kind_of_residual_names_all_kinds():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    with pytest.raises(gk.FitError, match="deviance, pearson, working, response, partial, quantile"):
        fit.residuals("anscombe")


# ----------------------------------------------------------------------------- simulate


def test_the_same_seed_draws_the_same_responses():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    pd.testing.assert_frame_equal(fit.simulate(3, seed=1), fit.simulate(3, seed=1))
    assert list(fit.simulate(3).columns) == ["sim_1", "sim_2", "sim_3"]


@pytest.mark.parametrize("family", [*CONTINUOUS, "poisson"])
def test_draws_have_the_fitted_mean_and_variance(family):
    fit = fit_of(family, drawn(family, 60))
    draws = fit.simulate(4000, seed=2).to_numpy()
    mean = fit.fitted.to_numpy()
    variance = fit.dispersion * fit.family.variance(fit.family.mean(fit.linear_predictor.to_numpy()))
    # 60 rows: the largest of 60 standard normals stays below 4.5 but once in 2000 seeds
    assert np.max(np.abs(draws.mean(axis=1) - mean) / np.sqrt(variance / 4000)) < 4.5
    assert np.mean(draws.var(axis=1) / variance) == pytest.approx(1, abs=0.05)


def test_prior_weights_divide_the_variance_of_a_draw():
    data = pd.DataFrame({"y": np.arange(40.0) % 7, "w": np.resize([1.0, 25.0], 40)})
    spread = gk.glm("y ~ 1", data, weights="w").simulate(2000, seed=1).std(axis=1)
    assert spread[data["w"] == 1].mean() / spread[data["w"] == 25].mean() == pytest.approx(5, rel=0.02)


def test_counts_are_drawn_as_successes_and_proportions_as_proportions():
    data = drawn("binomial", 30)
    counts = gk.glm("cbind(y, n - y) ~ x", data, "binomial").simulate(1, seed=4)["sim_1"]
    shares = gk.glm("I(y / n) ~ x", data, "binomial", weights="n").simulate(1, seed=4)["sim_1"]
    assert np.all(counts == np.round(counts))
    assert counts.max() > 1
    np.testing.assert_allclose(shares * 12, counts)


def test_levels_are_drawn_as_levels():
    data = pd.DataFrame({"y": pd.Categorical(["no", "yes", "no", "yes"] * 5), "x": np.arange(20.0)})
    draw = gk.glm("y ~ x", data, "binomial").simulate(1, seed=1)["sim_1"]
    assert draw.dtype == data["y"].dtype


def test_truth_values_are_drawn_as_truth_values():
    data = pd.DataFrame({"y": [False, True, True, False] * 5, "x": np.arange(20.0)})
    assert gk.glm("y ~ x", data, "binomial").simulate(1, seed=1)["sim_1"].dtype == bool


@pytest.mark.filterwarnings("ignore::glmkit.errors.DroppedRowsWarning")
def test_draws_are_padded_where_rows_were_excluded():
    data = drawn("binomial", 30)
    data.loc[7, "x"] = np.nan
    fit = gk.glm("cbind(y, n - y) ~ x", data, "binomial", na_action="exclude")
    draws = fit.simulate(1, seed=1)["sim_1"]
    assert draws.index[draws.isna()].tolist() == [7]


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_a_number_of_simulations_is_a_whole_number(n):
    with pytest.raises(gk.FitError, match="whole number"):
        gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").simulate(n)
