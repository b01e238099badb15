"""The bootstrap: what is drawn, what is counted, what the intervals are."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.inference.bootstrap import bootstrap
from glmkit.inference.replicates import order_statistic

FIXTURE = Path(__file__).parents[2] / "reference" / "fixtures" / "intervals.json"
WARP = gk.load_dataset("warpbreaks")
# A standard deviation of n replicates is known to 1 / sqrt(2 n): 3.5 % for 400.
MONTE_CARLO = 0.1


@pytest.fixture(scope="module")
def poisson():
    return gk.glm("breaks ~ wool + tension", WARP, "poisson")


def test_the_same_seed_gives_the_same_digits(poisson):
    first, second = (poisson.bootstrap(20, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.coef, second.coef)


def test_another_seed_gives_other_replicates(poisson):
    assert not np.array_equal(poisson.bootstrap(20, seed=5).coef, poisson.bootstrap(20, seed=6).coef)


def test_a_case_replicate_is_the_fit_with_the_drawn_counts_as_frequencies(poisson):
    counts = np.random.default_rng(5).multinomial(54, np.full(54, 1 / 54))
    drawn = gk.glm("breaks ~ wool + tension", WARP, "poisson", freq_weights=counts)
    # Replicates are iterated to 1e-8 standard errors.
    np.testing.assert_allclose(poisson.bootstrap(2, seed=5).coef[0], drawn.coef, rtol=1e-8)


def test_a_row_of_frequency_two_is_two_observations(poisson):
    counted = gk.glm("breaks ~ wool + tension", WARP, "poisson", freq_weights=np.full(54, 2))
    counts = np.random.default_rng(5).multinomial(108, np.full(54, 1 / 54))
    drawn = gk.glm("breaks ~ wool + tension", WARP, "poisson", freq_weights=counts)
    np.testing.assert_allclose(counted.bootstrap(2, seed=5).coef[0], drawn.coef, rtol=1e-8)


def test_the_bootstrap_error_of_a_mean_is_its_plug_in_error():
    mean = gk.glm("breaks ~ 1", WARP)
    closed = np.std(WARP["breaks"]) / np.sqrt(54)
    assert mean.bootstrap(400, seed=1).std_error["Intercept"] == pytest.approx(closed, rel=MONTE_CARLO)


def test_drawn_responses_give_the_model_based_errors(poisson):
    drawn = poisson.bootstrap(400, "parametric", seed=1)
    np.testing.assert_allclose(drawn.std_error, poisson.std_error, rtol=MONTE_CARLO)


def test_drawn_responses_of_a_frequency_are_drawn_one_by_one():
    single = gk.glm("breaks ~ wool", WARP, "poisson", freq_weights=np.full(54, 4))
    drawn = single.bootstrap(400, "parametric", seed=1)
    np.testing.assert_allclose(drawn.std_error, single.std_error, rtol=MONTE_CARLO)


def test_a_cluster_replicate_counts_whole_clusters(poisson):
    cluster = np.arange(54) % 18
    times = np.bincount(np.random.default_rng(5).choice(np.arange(18), 18), minlength=18)
    drawn = gk.glm("breaks ~ wool + tension", WARP, "poisson", freq_weights=times[cluster])
    got = poisson.bootstrap(2, "cluster", seed=5, cluster=cluster).coef[0]
    np.testing.assert_allclose(got, drawn.coef, rtol=1e-8)


def test_the_covariance_is_in_the_coordinates_of_the_estimate():
    data = pd.DataFrame({"y": [1.0, 3.0, 2.0, 5.0, 4.0, 7.0], "day": 20_000.0 + np.arange(6)})
    replicates = gk.glm("y ~ day", data).bootstrap(50, seed=1)
    used = replicates.estimate.with_covariance(replicates.covariance, np.inf, replicates.label)
    assert used.std_error[1] == pytest.approx(np.std(replicates.coef[:, 1], ddof=1), rel=1e-9)


def test_aliased_coefficients_stay_missing():
    data = WARP.assign(x=np.arange(54.0), twice=2 * np.arange(54.0))
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("breaks ~ x + twice", data, "poisson")
    replicates = fit.bootstrap(10, seed=1)
    assert np.isnan(replicates.std_error["twice"])
    assert np.isnan(replicates.confint().loc["twice"]).all()
    assert replicates.failed == 0


def test_percentile_ends_of_99_replicates_at_90_percent_are_the_5th_and_the_95th(poisson):
    replicates = poisson.bootstrap(99, seed=1)
    ordered = np.sort(replicates.frame["wool[T.B]"])
    assert replicates.confint(level=0.9).loc["wool[T.B]"].tolist() == [ordered[4], ordered[94]]


def test_basic_intervals_reflect_the_percentile_ones(poisson):
    replicates = poisson.bootstrap(99, seed=1)
    percentile, basic = replicates.confint(), replicates.confint("basic")
    np.testing.assert_allclose(basic["conf_low"], 2 * poisson.coef - percentile["conf_high"], rtol=1e-12)


def test_bca_of_a_mean_has_the_jackknife_acceleration():
    fit = gk.glm("breaks ~ 1", WARP)
    moved = WARP["breaks"] - WARP["breaks"].mean()
    closed = np.sum(moved**3) / (6 * np.sum(moved**2) ** 1.5)
    assert fit.bootstrap(20, seed=1).acceleration[0] == pytest.approx(closed, rel=1e-12)


def test_intervals_from_given_replicates_are_those_of_boot_ci():
    stored = json.loads(FIXTURE.read_text())["boot"]
    values = np.array(stored["replicates"])[:, None]
    own = gk.glm("breaks ~ 1", WARP).bootstrap(2, seed=1)
    given = dataclasses.replace(own, gamma=values, coef=values)
    for kind in ("percentile", "basic", "bca"):
        np.testing.assert_allclose(given.confint(kind).to_numpy()[0], stored[kind], rtol=1e-12)


def test_an_infinite_replicate_makes_an_end_infinite():
    values = np.array([1.0, 2.0, 3.0, np.inf])
    assert order_statistic(values, 0.7) == np.inf
    assert order_statistic(values, 0.4) == 2.0


SMALL = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "y": [0, 0, 1, 0, 1, 1]})


def test_separated_replicates_are_counted_and_said():
    replicates = gk.glm("y ~ x", SMALL, "binomial").bootstrap(60, seed=1)
    infinite = (~np.isfinite(replicates.coef)).any(axis=1).sum()
    assert replicates.separated + replicates.failed == infinite > replicates.failed
    assert "are separated" in str(replicates)


def test_the_covariance_of_replicates_goes_into_every_later_table(poisson):
    robust = poisson.with_vcov("bootstrap", n=50, seed=5)
    np.testing.assert_array_equal(robust.std_error, poisson.bootstrap(50, seed=5).std_error)
    assert "case bootstrap, 50 replicates, seed 5" in str(robust.summary())


def test_given_clusters_are_drawn_whole_for_the_covariance(poisson):
    lot = np.arange(54) % 18
    robust = poisson.with_vcov("bootstrap", cluster=lot, n=30, seed=5)
    drawn = poisson.bootstrap(30, "cluster", seed=5, cluster=lot)
    np.testing.assert_array_equal(robust.std_error, drawn.std_error)
    assert robust.estimate.label == "cluster bootstrap, 30 replicates, seed 5"


def test_the_bootstrap_covariance_of_drawn_responses_is_near_the_model_based(poisson):
    robust = poisson.with_vcov("bootstrap", n=400, resample="parametric", seed=1)
    np.testing.assert_allclose(robust.std_error, poisson.std_error, rtol=MONTE_CARLO)


def test_the_label_says_how_many_replicates_the_covariance_leaves_out():
    data = pd.DataFrame({"y": [3.0, 4, 2, 6, 5, 9], "g": list("aaabbc")})
    fit = gk.glm("y ~ g", data, "poisson")
    left_out = fit.bootstrap(60, seed=1).failed
    assert fit.with_vcov("bootstrap", n=60, seed=1).estimate.label.endswith(f", {left_out} left out")


def test_fewer_replicates_than_coefficients_give_no_covariance(poisson):
    with pytest.raises(gk.FitError, match="Raise n="):
        poisson.with_vcov("bootstrap", n=4, seed=1)


def test_rows_of_zero_weight_need_not_lie_in_a_cluster_of_their_own(poisson):
    weights, lot = np.r_[0.0, np.ones(53)], np.r_[99.0, np.arange(53) % 9]
    weighted = gk.glm("breaks ~ wool + tension", WARP, "poisson", freq_weights=weights)
    dropped = gk.glm("breaks ~ wool + tension", WARP.iloc[1:], "poisson")
    got = weighted.bootstrap(20, "cluster", cluster=lot, seed=2).coef
    expected = dropped.bootstrap(20, "cluster", cluster=lot[1:], seed=2).coef
    # Replicates are iterated to 1e-8 standard errors.
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_replicates_that_lost_a_level_are_counted_and_said():
    data = pd.DataFrame({"y": [3.0, 4, 2, 6, 5, 9], "g": list("aaabbc")})
    replicates = gk.glm("y ~ g", data, "poisson").bootstrap(60, seed=1)
    assert replicates.failed == int(replicates.frame["Intercept"].isna().sum()) > 0
    assert "lost a column" in str(replicates)


REFUSED = {
    "kind": (lambda f: f.bootstrap(9, "wild"), gk.FitError, "not a bootstrap"),
    "cluster missing": (lambda f: f.bootstrap(9, "cluster"), gk.FitError, "Give cluster="),
    "cluster unused": (lambda f: f.bootstrap(9, cluster="wool"), gk.FitError, 'kind="cluster"'),
    "one cluster": (lambda f: f.bootstrap(9, "cluster", cluster=np.ones(54)), gk.DataError, "only one"),
    "a label missing": (
        lambda f: f.bootstrap(9, "cluster", cluster=np.r_[np.nan, np.arange(53)]),
        gk.DataError,
        "missing in 1 rows",
    ),
    "two kinds of clusters": (
        lambda f: f.bootstrap(9, "cluster", cluster=["wool", "tension"]),
        gk.DataError,
        "two columns",
    ),
    "replicates of another covariance": (lambda f: f.with_vcov("HC1", n=99), gk.FitError, "n="),
    "n": (lambda f: f.bootstrap(1), gk.FitError, "whole number"),
    "interval": (lambda f: f.bootstrap(9, seed=1).confint("t"), gk.FitError, "bootstrap interval"),
    "bca of drawn responses": (
        lambda f: f.bootstrap(9, "parametric", seed=1).confint("bca"),
        gk.FitError,
        "acceleration",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_done_is_refused_with_the_reason(poisson, call, error, message):
    with pytest.raises(error, match=message):
        call(poisson)


def test_a_quasi_family_has_no_distribution_to_draw_from():
    quasi = gk.glm("breaks ~ wool", WARP, "quasipoisson")
    assert bootstrap(quasi, 5, seed=1).n == 5
    with pytest.raises(gk.NoLikelihoodError, match="no distribution"):
        quasi.bootstrap(5, "parametric")


def test_a_separated_fit_is_not_bootstrapped():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", SMALL.assign(y=[0, 0, 0, 1, 1, 1]), "binomial")
    with pytest.raises(gk.FitError, match="separated"):
        fit.bootstrap(9)
