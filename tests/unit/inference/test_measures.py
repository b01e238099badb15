"""Measures and tests of fit: identities, closed forms, and what is refused with which reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

import glmkit as gk


@pytest.fixture
def birthwt() -> gk.Results:
    return gk.glm("low ~ age + lwt + smoke + ht", gk.load_dataset("birthwt"), "binomial")


@pytest.fixture
def breaks() -> gk.Results:
    return gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")


@pytest.fixture
def separated() -> gk.Results:
    data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2, 2, 2, 3, 4]}
    with pytest.warns(gk.SeparationWarning):
        return gk.glm("y ~ x", data, "binomial")


def girls() -> tuple[gk.Results, gk.Results]:
    """One row an age, and one row a girl."""
    data = gk.load_dataset("menarche")
    single = pd.concat(
        [
            data.loc[data.index.repeat(data["Menarche"])].assign(y=1),
            data.loc[data.index.repeat(data["Total"] - data["Menarche"])].assign(y=0),
        ]
    )
    grouped = gk.glm("cbind(Menarche, Total - Menarche) ~ Age", data, "binomial")
    return grouped, gk.glm("y ~ Age", single, "binomial")


# R-squared ----------------------------------------------------------------------------------------


def test_cox_and_snell_of_a_linear_model_is_its_r_squared():
    fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
    np.testing.assert_allclose(fit.r2("cox-snell"), fit.r2("deviance"), rtol=1e-13)


def test_the_null_model_explains_nothing():
    fit = gk.glm("low ~ 1", gk.load_dataset("birthwt"), "binomial")
    np.testing.assert_allclose(fit.r2().frame["r2"].drop("mcfadden-adjusted"), np.zeros(5), atol=1e-14)


@pytest.mark.parametrize("kind", ["deviance", "mcfadden", "cox-snell", "nagelkerke", "tjur"])
def test_a_separated_fit_with_certain_rows_explains_everything(kind):
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]}, "binomial")
    # Cox and Snell's largest value is 1 - 2^-2 for as many events as failures
    assert fit.r2(kind) == pytest.approx({"cox-snell": 0.75}.get(kind, 1.0), rel=1e-12)


@pytest.mark.parametrize("kind", ["mcfadden", "mcfadden-adjusted", "cox-snell", "nagelkerke", "tjur"])
def test_grouped_and_single_trials_have_the_same_r_squared(kind):
    grouped, single = girls()
    np.testing.assert_allclose(grouped.r2(kind), single.r2(kind), rtol=1e-10)


def test_frequencies_stand_for_rows_in_every_r_squared():
    data, counts = gk.load_dataset("birthwt"), np.resize([1, 2, 3], 189)
    weighted = gk.glm("low ~ lwt", data, "binomial", freq_weights=counts).r2()
    repeated = gk.glm("low ~ lwt", data.loc[data.index.repeat(counts)], "binomial").r2()
    np.testing.assert_allclose(weighted["r2"], repeated["r2"], rtol=1e-10)


def test_a_quasi_family_keeps_the_kinds_without_a_likelihood():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "quasipoisson")
    assert list(fit.r2().frame.index) == ["deviance"]


@pytest.mark.parametrize("kind", ["mcfadden", "cox-snell", "nagelkerke"])
def test_a_quasi_family_has_no_likelihood_to_compare(kind):
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "quasipoisson")
    with pytest.raises(gk.NoLikelihoodError, match="no likelihood"):
        fit.r2(kind)


def test_mcfadden_is_refused_where_it_would_depend_on_the_unit():
    fit = gk.glm("Volume ~ Girth", gk.load_dataset("trees"))
    with pytest.raises(gk.FitError, match="changes with the unit"):
        fit.r2("mcfadden")


def test_tjur_is_refused_for_counts(breaks):
    with pytest.raises(gk.FitError, match="events with non-events"):
        breaks.r2("tjur")


def test_an_unknown_kind_is_refused_with_the_choices(breaks):
    with pytest.raises(gk.FitError, match="mcfadden-adjusted"):
        breaks.r2("adjusted")


def test_aicc_has_its_closed_form(breaks):
    assert breaks.aicc == pytest.approx(breaks.aic + 2 * 4 * 5 / (54 - 4 - 1), rel=1e-14)


def test_aicc_does_not_exist_with_as_many_parameters_as_rows():
    fit = gk.glm("y ~ x", {"y": [1.0, 2, 4], "x": [0.0, 1, 2]})
    assert np.isnan(fit.aicc)


# Spread --------------------------------------------------------------------------------------------


def test_frequencies_stand_for_rows_in_the_tests_of_spread():
    data, counts = gk.load_dataset("warpbreaks"), np.resize([1, 2, 3], 54)
    weighted = gk.glm("breaks ~ wool", data, "poisson", freq_weights=counts).overdispersion_test()
    repeated = gk.glm("breaks ~ wool", data.loc[data.index.repeat(counts)], "poisson").overdispersion_test()
    np.testing.assert_allclose(weighted["p_value"], repeated["p_value"], rtol=1e-9)


def test_pairs_of_trials_have_deans_closed_form():
    # with m = 2 trials at p = 1/2 the excess of a row is 2 where both agree and -2 where they differ
    data = {"r": [0, 0, 0, 2, 2, 2, 1, 1], "n": [2] * 8}
    fit = gk.glm("cbind(r, n - r) ~ 1", data, "binomial")
    assert fit.overdispersion_test().frame.loc["Beta-binomial", "statistic"] == pytest.approx(
        (6 * 2 - 2 * 2) / np.sqrt(2 * 8 * 2), rel=1e-12
    )


@pytest.mark.parametrize("row", ["Pearson", "Variance (1 + alpha) mu", "Variance mu + alpha mu^2"])
def test_the_two_sides_share_the_tail(breaks, row):
    greater = breaks.overdispersion_test("greater").frame.loc[row, "p_value"]
    less = breaks.overdispersion_test("less").frame.loc[row, "p_value"]
    assert greater + less == pytest.approx(1.0, rel=1e-12)


def test_single_trials_cannot_be_overdispersed(birthwt):
    with pytest.raises(gk.FitError, match="Single 0/1 trials"):
        birthwt.overdispersion_test()


def test_an_estimated_dispersion_cannot_be_exceeded():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "quasipoisson")
    with pytest.raises(gk.FitError, match="estimates its dispersion"):
        fit.overdispersion_test()


def test_a_saturated_fit_leaves_no_spread():
    fit = gk.glm("y ~ x", {"y": [1, 3], "x": [0, 1]}, "poisson")
    with pytest.raises(gk.FitError, match="no residual degrees of freedom"):
        fit.overdispersion_test()


def test_with_prior_weights_only_pearson_is_left():
    data = gk.load_dataset("warpbreaks")
    fit = gk.glm("breaks ~ wool", data, "poisson", weights=np.resize([1.0, 0.5], 54))
    assert list(fit.overdispersion_test().frame.index) == ["Pearson"]


def test_an_unknown_alternative_is_refused(breaks):
    with pytest.raises(gk.FitError, match="two-sided"):
        breaks.overdispersion_test("more")


# Zeros ---------------------------------------------------------------------------------------------


def test_without_covariates_the_score_is_van_den_broeks():
    y = np.array([0, 0, 0, 0, 1, 2, 3, 5], dtype=float)
    fit = gk.glm("y ~ 1", {"y": y}, "poisson")
    p0 = np.exp(-y.mean())
    expected = (4 - 8 * p0) ** 2 / (8 * p0 * (1 - p0) - 8 * y.mean() * p0**2)
    assert fit.zero_inflation_test().frame.loc["Zeros", "statistic"] == pytest.approx(expected, rel=1e-12)


def test_frequencies_stand_for_rows_in_the_zero_test():
    data, counts = gk.load_dataset("biochemists"), np.resize([1, 2], 915)
    weighted = gk.glm("art ~ ment", data, "poisson", freq_weights=counts).zero_inflation_test()
    repeated = gk.glm("art ~ ment", data.loc[data.index.repeat(counts)], "poisson").zero_inflation_test()
    np.testing.assert_allclose(weighted.frame, repeated.frame, rtol=1e-9)


def test_certain_zeros_are_expected_and_say_nothing_more():
    y, g = [0, 0, 0, 2, 0, 1, 3], list("aaabbbb")
    with pytest.warns(gk.SeparationWarning):
        both = gk.glm("y ~ g", {"y": y, "g": g}, "poisson").zero_inflation_test().frame
    alone = gk.glm("y ~ 1", {"y": y[3:]}, "poisson").zero_inflation_test().frame
    np.testing.assert_allclose(both[["observed", "expected"]] - 3, alone[["observed", "expected"]], rtol=1e-9)
    np.testing.assert_allclose(both["statistic"], alone["statistic"], rtol=1e-9)


@pytest.mark.parametrize("family", ["gaussian", "quasipoisson"])
def test_only_families_of_counts_expect_zeros(family):
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), family)
    with pytest.raises(gk.FitError, match="zero count"):
        fit.zero_inflation_test()


def test_counts_with_prior_weights_have_no_expected_zeros():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson", weights=np.resize([1, 2], 54))
    with pytest.raises(gk.FitError, match="freq_weights"):
        fit.zero_inflation_test()


# Calibration and discrimination ---------------------------------------------------------------------


def test_hosmer_and_lemeshow_do_not_depend_on_the_order_of_the_rows():
    data = gk.load_dataset("birthwt")
    formula = "low ~ factor(race) + smoke"
    shuffled = data.sample(frac=1.0, random_state=1)
    first, second = (gk.glm(formula, d, "binomial").hosmer_lemeshow() for d in (data, shuffled))
    np.testing.assert_allclose(first.tables["groups"], second.tables["groups"], rtol=1e-9)


def test_hosmer_and_lemeshow_are_the_same_for_grouped_and_single_trials():
    grouped, single = girls()
    np.testing.assert_allclose(
        grouped.hosmer_lemeshow().tables["groups"], single.hosmer_lemeshow().tables["groups"], rtol=1e-9
    )


def test_the_groups_add_up_to_the_data(birthwt):
    groups = birthwt.hosmer_lemeshow().tables["groups"]
    # the score equation of the intercept: as many events are expected as observed
    np.testing.assert_allclose(groups[["nobs", "observed", "expected"]].sum(), [189, 59, 59], rtol=1e-9)


@pytest.mark.parametrize(
    ("formula", "family", "says"),
    [
        ("low ~ lwt", "quasibinomial", "Binomial"),
        ("bwt ~ lwt", "gaussian", "events and failures"),
        ("low ~ smoke", "binomial", "2 groups"),
    ],
)
def test_hosmer_and_lemeshow_are_refused_where_they_say_nothing(formula, family, says):
    fit = gk.glm(formula, gk.load_dataset("birthwt"), family)
    with pytest.raises(gk.FitError, match=says):
        fit.hosmer_lemeshow()


@pytest.mark.parametrize("groups", [2, 0, 2.5, True, "10"])
def test_a_bad_number_of_groups_is_refused(birthwt, groups):
    with pytest.raises(gk.FitError, match="groups="):
        birthwt.hosmer_lemeshow(groups=groups)


def test_the_roc_area_is_the_share_of_pairs_in_order():
    data = {"y": [0, 1, 0, 1, 1, 0], "x": [1.0, 2, 3, 4, 4, 4]}
    fit = gk.glm("y ~ x", data, "binomial")
    # of nine pairs: 2 > 1, 4 > 1 and 4 > 3 twice each, 4 = 4 twice by half
    assert fit.auc().frame.loc["AUC", "estimate"] == pytest.approx((1 + 2 + 2 + 2 * 0.5) / 9, rel=1e-14)


@pytest.mark.parametrize("field", ["estimate", "std_error", "conf_low", "conf_high"])
def test_the_roc_area_is_the_same_for_grouped_and_single_trials(field):
    grouped, single = girls()
    assert grouped.auc().frame.loc["AUC", field] == pytest.approx(
        single.auc().frame.loc["AUC", field], rel=1e-9
    )


def test_a_perfect_order_has_area_one_and_no_error():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]}, "binomial")
    assert fit.auc().frame.loc["AUC"].tolist() == [1.0, 0.0, 1.0, 1.0]


def test_the_roc_area_needs_both_outcomes():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ 1", {"y": [1, 1, 1]}, "binomial")
    with pytest.raises(gk.FitError, match="only one of the two"):
        fit.auc()


@pytest.mark.parametrize("groups", [None, 1, 4, 10])
def test_the_parts_add_up_to_the_brier_score(birthwt, groups):
    part = birthwt.brier(groups).frame["value"]
    whole = part["reliability"] - part["resolution"] + part["uncertainty"] + part["within"]
    assert part["brier"] == pytest.approx(whole, rel=1e-12)


def test_distinct_probabilities_leave_nothing_within(birthwt):
    assert birthwt.brier(None).frame.loc["within", "value"] == 0.0


def test_the_brier_score_is_the_mean_square(birthwt):
    gap = birthwt.residuals("response")
    assert birthwt.brier().frame.loc["brier", "value"] == pytest.approx((gap**2).mean(), rel=1e-13)


# The link -------------------------------------------------------------------------------------------


def test_the_link_test_of_a_curve_finds_it():
    x = np.linspace(-1.0, 1.0, 200)
    y = np.round(200 * special.expit(1.0 + 2.0 * x - 1.5 * x * x)) / 200
    fit = gk.glm("y ~ x", {"y": y, "x": x, "n": np.full(200, 200)}, "binomial", weights="n")
    assert fit.link_test().frame.loc["eta^2", "p_value"] < 1e-8


def test_where_the_model_fits_each_cell_the_link_test_finds_nothing():
    fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
    np.testing.assert_allclose(fit.link_test().frame["estimate"], [0.0, 1.0, 0.0], atol=1e-8)


def test_two_values_of_the_linear_predictor_cannot_test_a_link():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    with pytest.raises(gk.FitError, match="fewer than three"):
        fit.link_test()


def test_the_link_test_is_refused_with_a_robust_covariance(breaks):
    with pytest.raises(gk.FitError, match="HC1"):
        breaks.with_vcov("HC1").link_test()


def test_the_link_test_needs_finite_estimates(separated):
    with pytest.raises(gk.FitError, match="separation"):
        separated.link_test()


def test_a_square_that_separates_is_infinite_and_said_to_be():
    data = {"y": [0, 0, 1, 1, 1, 0, 0], "x": [-3.0, -2, -1, 0, 1, 2, 3.5]}
    fit = gk.glm("y ~ x", data, "binomial")
    table = fit.link_test()
    assert np.isinf(table.frame.loc["eta^2", "estimate"])
    assert "separates" in table.notes[0]
    assert fit.check().tables["checks"].loc["Link", "verdict"] == "look"


def test_rows_of_weight_zero_change_no_measure():
    data = gk.load_dataset("warpbreaks")
    weights = np.resize([1.0, 1.0, 0.0], 54)
    with_zeros = gk.glm("breaks ~ wool + tension", data, "poisson", weights=weights)
    without = gk.glm("breaks ~ wool + tension", data[weights > 0], "poisson")
    np.testing.assert_allclose(with_zeros.link_test().frame, without.link_test().frame, rtol=1e-6)
    np.testing.assert_allclose(
        with_zeros.overdispersion_test().frame, without.overdispersion_test().frame, rtol=1e-9
    )


def test_a_fit_to_arrays_has_all_measures():
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(80), rng.normal(size=80)])
    fit = gk.glm_fit(X, (rng.random(80) < special.expit(X[:, 1])).astype(float), "binomial")
    assert len(fit.r2()) == 6
    assert len(fit.hosmer_lemeshow().tables["groups"]) == 10
    assert len(fit.check().tables["checks"]) == 11
