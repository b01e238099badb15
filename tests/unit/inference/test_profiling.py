"""Profile and score intervals: closed forms, invariances, infinite ends, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.inference import held
from glmkit.inference.profiling import Reference, interval_of

WARP = gk.load_dataset("warpbreaks")
BIRTH = gk.load_dataset("birthwt")
TREES = gk.load_dataset("trees")
Z = 1.959963984540054
SMALL = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "y": [0, 0, 0, 1, 1, 1]})
# Ends are roots to 1e-10 standard errors.
ROOT = 1e-8


@pytest.fixture(scope="module")
def logit():
    return gk.glm("low ~ smoke + lwt", BIRTH, "binomial")


@pytest.fixture(scope="module")
def gamma():
    return gk.glm("Volume ~ log(Girth) + log(Height)", TREES, gk.Gamma("log"))


@pytest.fixture(scope="module")
def separated():
    with pytest.warns(gk.SeparationWarning):
        return gk.glm("y ~ x", SMALL, "binomial")


# ------------------------------------------------------------------------------ closed forms


def test_profile_score_and_wald_are_one_for_a_linear_model():
    fit = gk.glm("Volume ~ Girth + Height", TREES)
    np.testing.assert_allclose(fit.confint("profile"), fit.confint("wald"), rtol=1e-12)
    np.testing.assert_allclose(fit.confint("score"), fit.confint("wald"), rtol=1e-12)


def test_the_score_interval_of_a_proportion_is_wilsons():
    fit = gk.glm("cbind(r, n - r) ~ 1", {"r": [7], "n": [20]}, gk.Binomial("logit"))
    low, high = fit.confint("score").to_numpy()[0]
    middle, half = 7 + Z**2 / 2, Z * np.sqrt(7 * 13 / 20 + Z**2 / 4)
    closed = (np.array([middle - half, middle + half])) / (20 + Z**2)
    np.testing.assert_allclose(1 / (1 + np.exp([-low, -high])), closed, rtol=ROOT)


def test_the_score_interval_of_a_poisson_mean_is_closed():
    fit = gk.glm("y ~ 1", {"y": [3.0, 5, 4]}, "poisson")
    total = 12 + Z**2 / 2 + np.array([-1, 1]) * Z * np.sqrt(12 + Z**2 / 4)
    np.testing.assert_allclose(np.exp(fit.confint("score").to_numpy()[0]), total / 3, rtol=ROOT)


def test_the_profile_interval_of_no_successes_is_closed_and_one_sided():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("cbind(r, n - r) ~ 1", {"r": [0], "n": [5]}, "binomial")
    low, high = fit.confint().to_numpy()[0]
    assert low == -np.inf
    assert 1 / (1 + np.exp(-high)) == pytest.approx(1 - np.exp(-(Z**2) / 10), rel=ROOT)


# -------------------------------------------------------------------- second algorithm: refits


def test_the_ends_are_where_the_deviance_has_risen_by_the_quantile(logit):
    low, _ = logit.confint().loc["smoke"]
    held_there = gk.glm("low ~ lwt", BIRTH, "binomial", offset=low * BIRTH["smoke"])
    assert held_there.deviance - logit.deviance == pytest.approx(Z**2, rel=1e-9)


def test_t_quantile_and_pearsons_dispersion_where_it_is_estimated(gamma):
    _, high = gamma.confint().loc["log(Girth)"]
    held_there = gk.glm("Volume ~ log(Height)", TREES, gk.Gamma("log"), offset=high * np.log(TREES["Girth"]))
    rise = (held_there.deviance - gamma.deviance) / gamma.dispersion
    assert rise == pytest.approx(2.048407141795244**2, rel=1e-8)  # t with 28 df


def test_the_score_ends_have_the_rao_statistic_of_the_quantile(logit):
    low, _ = logit.confint("score").loc["smoke"]
    at = gk.glm("low ~ lwt", BIRTH, "binomial", offset=low * BIRTH["smoke"])
    X, mu = logit.design.to_numpy(), at.fitted.to_numpy()
    score = X.T @ (BIRTH["low"].to_numpy() - mu)
    information = X.T @ (X * (mu * (1 - mu))[:, None])
    assert score @ np.linalg.solve(information, score) == pytest.approx(Z**2, rel=1e-8)


def test_infinite_df_gives_the_normal_interval(gamma):
    wide, narrow = gamma.confint(), gamma.confint(df=np.inf)
    assert np.all(narrow["conf_high"] - narrow["conf_low"] < wide["conf_high"] - wide["conf_low"])


def test_profile_is_the_default(logit):
    pd.testing.assert_frame_equal(logit.confint(), logit.confint("profile"))


# ----------------------------------------------------------------------------- invariance


def test_the_profile_interval_follows_a_monotone_reparameterisation():
    # The mean of one sample under two links: g(mu) maps one interval onto the other.
    log, inverse = (gk.glm("y ~ 1", {"y": [1.0, 3, 2, 5]}, gk.Gamma(link)) for link in ("log", "inverse"))
    low, high = log.confint().to_numpy()[0]
    np.testing.assert_allclose(inverse.confint().to_numpy()[0], np.exp([-high, -low]), rtol=ROOT)


@pytest.mark.parametrize("method", ["profile", "score"])
def test_moving_and_scaling_x_moves_and_scales_the_interval(method):
    moved = BIRTH.assign(lwt=1e6 + 2.0 * BIRTH["lwt"])
    before = gk.glm("low ~ smoke + lwt", BIRTH, "binomial").confint(method)
    after = gk.glm("low ~ smoke + lwt", moved, "binomial").confint(method)
    np.testing.assert_allclose(2.0 * after.loc["lwt"], before.loc["lwt"], rtol=1e-7)
    np.testing.assert_allclose(after.loc["smoke"], before.loc["smoke"], rtol=1e-7)


def test_the_intercept_of_far_columns_has_the_interval_of_the_uncentred_model():
    # The intercept is then the linear predictor at x = 0, far from the data.
    far = gk.glm("low ~ lwt", BIRTH.assign(lwt=BIRTH["lwt"] + 2000.0), "binomial")
    near = gk.glm("low ~ lwt", BIRTH, "binomial")
    combination = near.profile({"Intercept": 1.0, "lwt": -2000.0}, level=0.95, points=1)
    np.testing.assert_allclose(far.confint().loc["Intercept"], combination.interval.iloc[0], rtol=1e-7)


def test_frequency_weights_are_replicated_rows():
    counts = np.arange(len(WARP)) % 3
    weighted = gk.glm("breaks ~ wool", WARP, gk.Gamma("log"), freq_weights=counts)
    copied = gk.glm("breaks ~ wool", WARP.loc[WARP.index.repeat(counts)].reset_index(), gk.Gamma("log"))
    np.testing.assert_allclose(weighted.confint(), copied.confint(), rtol=ROOT)
    np.testing.assert_allclose(weighted.confint("score"), copied.confint("score"), rtol=ROOT)


def test_an_offset_in_x_moves_the_interval_of_x(logit):
    moved = gk.glm("low ~ smoke + lwt", BIRTH, "binomial", offset=0.5 * BIRTH["smoke"])
    np.testing.assert_allclose(moved.confint().loc["smoke"], logit.confint().loc["smoke"] - 0.5, rtol=1e-7)


def test_a_row_of_zero_weight_does_not_count():
    weights = np.r_[np.zeros(3), np.ones(51)]
    whole = gk.glm("breaks ~ wool", WARP, gk.Gamma("log"), weights=weights)
    left = gk.glm("breaks ~ wool", WARP.iloc[3:], gk.Gamma("log"))
    np.testing.assert_allclose(whole.confint(), left.confint(), rtol=ROOT)


def test_a_ready_matrix_has_the_intervals_of_its_formula(logit):
    ready = gk.glm_fit(logit.design, BIRTH["low"], "binomial")
    np.testing.assert_allclose(ready.confint(), logit.confint(), rtol=ROOT)


# ------------------------------------------------------------------- where there is no maximum


def test_a_separated_fit_has_one_sided_profile_intervals(separated):
    interval = separated.confint()
    assert interval.loc["x", "conf_high"] == np.inf
    held_there = gk.glm("y ~ 1", SMALL, "binomial", offset=interval.loc["x", "conf_low"] * SMALL["x"])
    assert held_there.deviance == pytest.approx(Z**2, rel=1e-8)  # the deviance in the limit is 0


def test_a_coefficient_whose_limit_depends_on_the_path_can_be_anything():
    data = SMALL.assign(z=[1.0, 3, 2, 2, 1, 3], g=list("aabbcc"))
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ g + z", data, "binomial")
    assert np.isnan(fit.coef["z"])
    assert fit.confint().loc["z"].tolist() == [-np.inf, np.inf]


def test_a_finite_coefficient_of_a_separated_fit_has_the_interval_of_the_other_rows():
    data = pd.DataFrame({"y": [0, 0, 0, 3, 4, 2, 1, 5, 2], "g": list("aaabbbccc"), "z": [1.0, 3, 2] * 3})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ g + z", data, "poisson")
    rest = gk.glm("y ~ g + z", data.iloc[3:], "poisson")
    np.testing.assert_allclose(fit.confint().loc["z"], rest.confint().loc["z"], rtol=1e-7)
    np.testing.assert_allclose(fit.confint("score").loc["z"], rest.confint("score").loc["z"], rtol=1e-6)


def test_aliased_coefficients_have_no_interval():
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm(
            "breaks ~ x + twice", WARP.assign(x=np.arange(54.0), twice=2 * np.arange(54.0)), "poisson"
        )
    assert fit.confint().isna().loc["twice"].all()
    assert fit.confint().notna().loc["x"].all()


def test_without_residual_degrees_of_freedom_there_is_no_interval():
    fit = gk.glm("y ~ x", {"y": [1.0, 2.0], "x": [0.0, 1.0]}, gk.Gamma("log"))
    assert fit.confint().isna().to_numpy().all()
    with pytest.raises(gk.FitError, match="no residual degrees of freedom"):
        fit.profile()


@pytest.mark.parametrize("family", ["gaussian", gk.Gamma("log")])
def test_a_perfect_fit_has_its_estimates_for_intervals(family):
    x = np.arange(6.0)
    y = 3.0 + 2.0 * x if family == "gaussian" else np.exp(1.0 + 0.5 * x)
    fit = gk.glm("y ~ x", {"y": y, "x": x}, family)
    for method in ("profile", "score"):
        np.testing.assert_allclose(fit.confint(method)["conf_low"], fit.coef, rtol=1e-8)
    assert (fit.tidy(ci="profile")["p_value"] < 1e-12).all()


# ------------------------------------------------------------------------------- refusals


def test_a_robust_covariance_has_wald_intervals_and_no_others(logit):
    robust = logit.with_vcov("HC0")
    pd.testing.assert_frame_equal(robust.confint(), robust.confint("wald"))
    for call in (lambda: robust.confint("profile"), lambda: robust.confint("score"), robust.profile):
        with pytest.raises(gk.FitError, match="HC0"):
            call()


def test_a_maximum_on_the_edge_is_refused_with_the_reason():
    data = {"y": [0, 0, 3, 4, 7, 9], "x": [0.0, 1, 2, 3, 4, 5]}
    with pytest.warns(gk.BoundaryWarning):
        fit = gk.glm("y ~ x", data, gk.Poisson("identity"))
    with pytest.raises(gk.FitError, match="edge of the valid region"):
        fit.confint()
    assert fit.confint("wald").notna().to_numpy().any()


def test_a_fit_that_did_not_converge_is_refused():
    with pytest.warns(gk.ConvergenceWarning):
        fit = gk.glm("low ~ lwt", BIRTH, "binomial", control=gk.Control(max_iter=1))
    with pytest.raises(gk.FitError, match="did not converge"):
        fit.confint()


def test_an_unknown_method_is_refused_with_the_choices(logit):
    with pytest.raises(gk.FitError, match='"profile", "wald", "score", "boot"'):
        logit.confint("exact")


def test_bootstrap_intervals_are_the_percentiles(logit):
    interval = logit.confint("boot", n=30, seed=4)
    pd.testing.assert_frame_equal(interval, logit.bootstrap(30, seed=4).confint())
    with pytest.raises(gk.FitError, match="no df"):
        logit.confint("boot", df=np.inf)


# ---------------------------------------------------------------------------------- cost


def test_an_end_costs_at_most_four_warm_refits(logit, monkeypatch):
    calls = []
    original = held.HeldFunction.at
    monkeypatch.setattr(
        held.HeldFunction, "at", lambda self, *arguments: calls.append(1) or original(self, *arguments)
    )
    logit.confint()
    assert len(calls) <= 4 * 2 * 3


# --------------------------------------------------------------------------- summary and tidy


def test_the_profile_p_value_is_the_likelihood_ratio_test_of_the_coefficient(logit):
    table = logit.summary(ci="profile").tables["coefficients"]
    without = gk.glm("low ~ lwt", BIRTH, "binomial")
    assert table.loc["smoke", "statistic"] ** 2 == pytest.approx(without.deviance - logit.deviance, rel=1e-9)


def test_statistics_carry_the_sign_of_the_estimate(logit):
    table = logit.tidy(ci="score")
    np.testing.assert_array_equal(np.sign(table["statistic"]), np.sign(table["estimate"]))


@pytest.mark.parametrize("ci", ["wald", "profile", "score"])
def test_interval_and_p_value_agree_on_zero(ci, gamma):
    table = gamma.tidy(ci=ci, level=0.9)
    outside = (table["conf_low"] > 0) | (table["conf_high"] < 0)
    np.testing.assert_array_equal(outside, table["p_value"] < 0.1)


@pytest.mark.parametrize(("ci", "heading"), [("profile", "LR t"), ("score", "Score t"), ("wald", "t value")])
def test_the_header_says_where_the_statistic_comes_from(ci, heading, gamma):
    assert heading in str(gamma.summary(ci=ci))


def test_a_bootstrap_has_no_p_values_for_a_summary(logit):
    with pytest.raises(gk.FitError, match=r'confint\("boot"\)'):
        logit.summary(ci="boot")


def test_a_given_dispersion_is_known(gamma):
    table = gamma.summary(dispersion=0.01).tables["coefficients"]
    scale = np.sqrt(0.01 / gamma.dispersion)
    np.testing.assert_allclose(table["std_error"], scale * gamma.std_error, rtol=1e-12)
    np.testing.assert_allclose(table["conf_high"] - table["estimate"], Z * table["std_error"], rtol=1e-12)
    assert "LR chi-square" in str(gamma.summary(dispersion=0.01))  # not F with Pearson's dispersion


def test_a_given_dispersion_holds_for_profile_intervals(gamma):
    table = gamma.summary(ci="profile", dispersion=0.01).tables["coefficients"]
    unit = np.eye(3)[1]
    expected = interval_of(gamma, unit, "profile", 0.95, Reference(0.01, np.inf))
    np.testing.assert_array_equal(table.loc["log(Girth)", ["conf_low", "conf_high"]], expected)


# ------------------------------------------------------------------------------- the curve


def test_the_curve_ends_at_the_ends_of_its_interval(logit):
    profile = logit.profile("smoke", level=0.95, points=3)
    np.testing.assert_allclose(profile.frame["value"].iloc[[0, -1]], logit.confint().loc["smoke"], rtol=1e-12)
    np.testing.assert_allclose(profile.frame["signed_root"].iloc[[0, -1]], [-Z, Z], rtol=1e-7)


def test_the_coefficients_along_the_curve_are_those_of_the_held_fits(logit):
    profile = logit.profile("smoke", points=1)
    value = profile.frame["value"].iloc[0]
    held_there = gk.glm("low ~ lwt", BIRTH, "binomial", offset=value * BIRTH["smoke"])
    np.testing.assert_allclose(profile.coef.loc[0, ["Intercept", "lwt"]], held_there.coef, rtol=1e-7)
    assert profile.coef.loc[0, "smoke"] == pytest.approx(value, rel=1e-12)


def test_the_curve_of_a_difference_is_that_of_another_reference_level():
    fit = gk.glm("breaks ~ tension", WARP, "poisson")
    levels = pd.Categorical(WARP["tension"], categories=["H", "L", "M"])
    other = gk.glm("breaks ~ tension", WARP.assign(tension=levels), "poisson")
    difference = fit.profile({"tension[T.M]": 1, "tension[T.H]": -1}, level=0.95)
    np.testing.assert_allclose(difference.interval.iloc[0], other.confint().loc["tension[T.M]"], rtol=1e-7)


def test_the_curve_of_an_infinite_estimate_goes_towards_it(separated):
    roots = separated.profile("x", level=0.95).frame["signed_root"]
    assert roots.iloc[0] == pytest.approx(-Z, rel=1e-7)
    assert roots.is_monotonic_increasing
    assert (roots < 0).all()


def test_every_estimated_coefficient_has_a_curve(logit):
    assert list(logit.profile(points=1).interval.index) == list(logit.coef.index)


@pytest.mark.parametrize("parm", ["nothing", {"smoke": 0.0}, {"smoke": np.nan}])
def test_functions_that_are_none_are_refused(parm, logit):
    with pytest.raises(gk.FitError, match=r"no coefficients|cannot be estimated"):
        logit.profile(parm)


def test_firths_intervals_are_the_published_ones_of_the_penalised_likelihood():
    # Heinze and Schemper (2002), Statistics in Medicine 21, 2409-2419: to the digits of their package
    fit = gk.glm("HG ~ NV + PI + EH", gk.load_dataset("endometrial"), "binomial", method="firth")
    intervals = fit.confint().loc[["NV", "PI", "EH"]]
    published = [[0.6097, 7.8546], [-0.1245, 0.0405], [-4.3652, -1.2327]]
    np.testing.assert_allclose(intervals, published, atol=6e-5)
    assert "penalised likelihood ratio" in str(fit.summary(ci="profile"))
