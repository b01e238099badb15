"""What cannot be computed is said, and what can be is not lost: cases random requests came upon."""

import warnings

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

ONES = pd.DataFrame({"y": [0, 1, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 3, 4, 5, 6, 7, 8]})


def deep_hurdle(log_mean):
    return np.array([[log_mean, 0.0]])


@pytest.mark.parametrize("log_mean", [-20.0, -300.0, -800.0])
def test_a_hurdle_of_a_tiny_mean_gives_ones(log_mean):
    family = gk.Hurdle(gk.Poisson())
    # P(1 | Y > 0) = mu / (e^mu - 1), 1 - mu/2 and further terms
    assert family.log_density(np.array([1.0]), deep_hurdle(log_mean))[0] == pytest.approx(
        np.log(0.5), rel=1e-8
    )
    assert family.fitted(deep_hurdle(log_mean))[0, 0] == pytest.approx(0.5, rel=1e-8)


@pytest.mark.parametrize("count", [gk.Poisson(), gk.NegativeBinomial(2.0)])
def test_a_hurdle_of_a_tiny_mean_has_the_likelihood_of_a_two(count):
    family = gk.Hurdle(count)
    # log P(2 | Y > 0) = log(mu / 2) for Poisson, plus log(1 + 1/theta) for the negative binomial
    extra = 0.0 if count.name == "poisson" else np.log(1.5)
    got = family.log_density(np.array([2.0]), deep_hurdle(-800.0))[0]
    assert got == pytest.approx(np.log(0.5) - 800.0 - np.log(2.0) + extra, rel=1e-12)


def test_a_hurdle_whose_counts_are_ones_has_quantile_residuals_and_draws():
    with pytest.warns(gk.GlmkitWarning):
        fit = gk.glm("y ~ 1 | x", ONES, gk.Hurdle(gk.Poisson()))
    assert np.all(np.isfinite(fit.residuals("quantile", seed=1)))
    assert set(np.unique(fit.simulate(20, seed=1))) == {0.0, 1.0}


def test_a_null_model_that_does_not_exist_is_said():
    data = pd.DataFrame({"y": [8.0, 3.0, 2.0], "z": [2.7, 5.0, 9.0]})
    fit = gk.glm("y ~ 0 + z", data, "inverse.gaussian")
    assert np.isnan(fit.null_deviance)
    assert any("null deviance and the test against it are NaN" in note for note in fit.notes)


def test_extreme_columns_of_a_family_with_several_predictors_are_named():
    data = pd.DataFrame({"g": list("abcabcab"), "x": [1e300, 1, 2, 3, 4, 5, 6, 7]})
    with pytest.raises(gk.DesignError, match="b:x") as raised:
        gk.glm("g ~ x", data, "multinomial")
    assert raised.value.columns


def test_slopes_by_a_column_of_huge_values_are_finite():
    data = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": [1.0, 2, 3, 4, 5, 6], "z": [0.0, 0, 0, 0, 0, 1e300]})
    table = gk.glm("y ~ x + ifelse(x > 0, x^2, z)", data).marginal_effects().frame
    assert np.isfinite(table.loc[table["term"] == "x", "estimate"]).all()


def test_weights_24_orders_of_magnitude_apart_find_the_separation_that_equal_ones_find():
    weights = [1.6e9, 0, 1, 0, 1e-12, 0, 517.5, 1e-12, 816.0, 3, 1e12, 764.0]
    data = pd.DataFrame(
        {"y": np.arange(12) % 4, "g": list("acbabcbbbcaa"), "w": [2, 1, 1, 3, 2, 3, 3, 0, 2, 0, 3, 0]}
    )
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("ordered(y) ~ g + factor(w)", data, gk.Cumulative(), weights=weights)
    with pytest.warns(gk.SeparationWarning):
        equal = gk.glm("ordered(y) ~ g + factor(w)", data, gk.Cumulative(), weights=np.sign(weights))
    np.testing.assert_array_equal(fit.coef, equal.coef)


def test_a_boundary_fit_with_columns_of_other_sizes_has_standard_errors():
    x = np.array([1.0, 9, 0, 1.6e9, -445, 3, 0, 7, 1000, 1.6e9, 0, 9])
    z = np.array([-2.0, -3, 0.6, 5.5, 5.8, -2.7, 8.8, -2.7, 3, -1.5, -1.2, 0.9])
    data = pd.DataFrame({"y": [7, 4, 11, 2, 5, 9, 2, 7, 3, 0, 7, 7], "x": x, "z": z})
    with pytest.warns(gk.BoundaryWarning):
        fit = gk.glm("y ~ x * z", data, gk.Poisson("identity"))
    scaled = data.assign(x=data["x"] / 1e9)
    with pytest.warns(gk.BoundaryWarning):
        other = gk.glm("y ~ x * z", scaled, gk.Poisson("identity"))
    np.testing.assert_allclose(fit.std_error["x"] * 1e9, other.std_error["x"], rtol=1e-6)


def test_missing_new_data_of_a_separated_fit_give_nan():
    data = pd.DataFrame({"g": list("ccbbbcbcbbacb"), "f": pd.Categorical(list("uuvvvuwuwwvuu"))})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("g ~ f", data, "multinomial")
    predicted = fit.predict(pd.DataFrame({"f": ["u", None]}), se=True)
    assert np.isnan(np.asarray(predicted.iloc[-1], dtype=float)).any()


def test_score_intervals_of_infinite_estimates_without_dispersion_are_nan():
    data = pd.DataFrame({"y": [0] * 8, "w": [0, 1, 2, 3] * 2})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ factor(w)", data, "quasibinomial")
    assert fit.dispersion == 0.0
    assert fit.confint("score").isna().all(axis=None)


@pytest.mark.parametrize("tiny", [1e-6, 1e-10, 1e-18, 1e-100])
@pytest.mark.parametrize("link", ["log", "1/mu^2", "logit", "inverse"])
@pytest.mark.parametrize("family", [gk.InverseGaussian, lambda link: gk.Tweedie(2.5, link)])
def test_one_tiny_response_does_not_throw_the_mean_onto_a_plateau(tiny, link, family):
    # With one factor the fitted means are those of the groups, in every family and link.
    data = pd.DataFrame({"y": [0.49, 0.3, 0.93, tiny, 0.18, 0.26, 0.02], "g": list("aababab")})
    fit = gk.glm("y ~ g", data, family(link))
    means = data.groupby("g")["y"].transform("mean")
    np.testing.assert_allclose(fit.fitted, means, rtol=1e-8)  # the iterations stop at 1e-9 standard errors


def test_hc1_without_observations_to_spare_is_refused():
    data = pd.DataFrame({"y": [2, 0, 1, 3, 0], "x": [0.1, 1.9, -0.9, -1.6, 3.0]})
    fit = gk.glm("y ~ poly(x, 2)", data, gk.Cumulative())
    with pytest.raises(gk.FitError, match="no more observations than coefficients"):
        fit.with_vcov("HC1")


def test_slopes_of_a_separated_fit_are_given_without_warnings():
    data = pd.DataFrame(
        {"y": [0, 0, 0, 1, 1, 1, 1, 0], "x": [1.0, 2, 3, 4, 5, 6, 7, 8], "g": list("aaaaaaab")}
    )
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x + g", data, "quasibinomial(probit)")
    assert set(fit.marginal_effects().frame["term"]) == {"x", "g"}


def test_effects_of_a_model_without_variables_are_refused():
    fit = gk.glm("y ~ 0", ONES, "binomial")
    with pytest.raises(gk.FitError, match="no variables"):
        fit.marginal_effects()


def test_a_zero_that_is_all_but_impossible_is_beyond_any_chance():
    data = pd.DataFrame({"y": [0, 9000, 9100, 8900, 9050, 8950]})
    fit = gk.glm("y ~ 1", data, "poisson")
    row = fit.zero_inflation_test().frame.iloc[0]
    assert row["statistic"] == np.inf
    assert row["p_value"] == 0.0


GROUPS = pd.DataFrame({"g": list("aaabbbccc"), "y": [1.0, 4, 2, 7, 9, 8, 3, 3, 6]})


@pytest.mark.parametrize("weight", [1e-12, 1e-30, 1e-200])
@pytest.mark.parametrize("family", ["poisson", gk.NegativeBinomial(2.0)])
def test_tiny_weights_are_fitted_as_well_as_weights_of_one(weight, family):
    fit = gk.glm("y ~ g", GROUPS, family, weights=np.full(9, weight))
    one = gk.glm("y ~ g", GROUPS, family)
    np.testing.assert_allclose(fit.fitted, GROUPS.groupby("g")["y"].transform("mean"), rtol=1e-9)
    np.testing.assert_allclose(fit.std_error * np.sqrt(weight), one.std_error, rtol=1e-9)


@pytest.mark.parametrize("family", ["multinomial", gk.Cumulative()])
def test_tiny_weights_are_fitted_as_well_in_families_of_several_predictors(family):
    data = pd.DataFrame({"c": pd.Categorical(list("abcabcabcaabbcca"), ordered=True), "x": [1, 4, 2, 7] * 4})
    fit = gk.glm("c ~ x", data, family, weights=np.full(16, 1e-12))
    one = gk.glm("c ~ x", data, family)
    np.testing.assert_allclose(fit.coef, one.coef, rtol=1e-7)


@pytest.mark.parametrize("family", ["poisson", "Gamma(log)"])
def test_rows_of_tiny_weights_are_fitted_beside_others(family):
    weights = np.repeat([1.0, 1e-12, 1.0], 3)
    fit = gk.glm("y ~ g", GROUPS, family, weights=weights)
    np.testing.assert_allclose(fit.fitted, GROUPS.groupby("g")["y"].transform("mean"), rtol=1e-8)


def test_a_dispersion_that_underflows_is_said():
    with pytest.warns(gk.ConvergenceWarning, match="dispersion"):
        fit = gk.glm("y ~ g", GROUPS.assign(y=GROUPS["y"] * 1e-200))
    assert not any("fitted exactly" in note for note in fit.notes)


def test_a_perfect_fit_is_no_underflow():
    fit = gk.glm("y ~ x", pd.DataFrame({"y": [5.0] * 6, "x": np.arange(6.0)}))
    assert fit.dispersion == 0.0
    assert fit.notes == (
        "Every response is fitted exactly: the dispersion is 0 or rounding, and so are standard errors, tests "
        "and criteria. Look for a term that repeats the response.",
    )


def test_equal_rates_leave_the_precision_without_a_maximum():
    with pytest.warns(gk.BoundaryWarning, match="infinity"):
        gk.glm("y ~ 1", pd.DataFrame({"y": [0.4] * 6}), gk.Beta())


def test_quantile_residuals_of_a_tweedie_fit_without_spread_are_no_error():
    data = pd.DataFrame({"y": [1.0, 1, 1, 0, 0, 0], "g": list("aaabbb")})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ g", data, gk.Tweedie(1.5))
    assert len(fit.residuals("quantile", seed=1)) == 6


FAR_AWAY = pd.DataFrame(
    {"y": [0, 2, 3, 0, 2, 4, 1], "x": [1.0, 2, 3, 4, 5, 6, 7], "o": [0.0] * 6 + [1e4], "w": [1.0] * 6 + [0]}
)


@pytest.mark.parametrize(
    "family",
    [
        "poisson",
        "quasipoisson",
        gk.NegativeBinomial(2.0),
        gk.NegativeBinomial(),
        gk.Tweedie(1.5),
        gk.ZeroInflated(gk.Poisson()),
        gk.Hurdle(gk.Poisson()),
        gk.Hurdle(gk.NegativeBinomial(2.0)),
    ],
)
@pytest.mark.filterwarnings("ignore::glmkit.errors.GlmkitWarning")
def test_an_infinite_mean_of_a_row_of_zero_weight_is_said(family):
    fit = gk.glm("y ~ x", FAR_AWAY, family, weights="w", offset="o")
    assert np.asarray(fit.fitted)[-1] == np.inf
    assert any("fitted mean of 1 row (label 6) of zero weight" in note for note in fit.notes)


@pytest.mark.parametrize("family", ["Gamma(log)", "inverse.gaussian(log)", "gaussian(log)"])
def test_a_row_of_zero_weight_at_infinity_changes_no_coefficient_or_interval(family):
    far = FAR_AWAY.assign(y=FAR_AWAY["y"] + 1.0)
    fit = gk.glm("y ~ x", far, family, weights="w", offset="o")
    without = gk.glm("y ~ x", far.iloc[:-1], family)
    np.testing.assert_allclose(fit.coef, without.coef, rtol=1e-9)  # both to the tolerance of the iterations
    np.testing.assert_allclose(fit.confint("profile"), without.confint("profile"), rtol=1e-6)  # of the roots


def test_truth_values_as_an_offset_are_numbers_in_emmeans_and_effects():
    data = ONES.assign(one=(ONES["x"] > 4) * 1.0)
    fit = gk.glm("y ~ x", data, offset="x > 4")
    same = gk.glm("y ~ x", data, offset="one")
    np.testing.assert_array_equal(fit.emmeans("x").frame["estimate"], same.emmeans("x").frame["estimate"])
    np.testing.assert_array_equal(
        fit.marginal_effects().frame["estimate"], same.marginal_effects().frame["estimate"]
    )


@pytest.mark.filterwarnings("ignore::glmkit.errors.GlmkitWarning")
def test_a_ratio_of_means_beyond_the_range_is_infinite():
    data = pd.DataFrame({"y": [1, 2, 3, 4, 2, 5], "g": list("aabbcc"), "x": [0, 1e-3] * 3})
    pairs = gk.glm("y ~ g * x", data, "poisson").emmeans("g", at={"x": 1e4}).pairs()
    ratio = pairs.frame["estimate"].to_numpy()
    assert ratio[0] == np.inf
    np.testing.assert_array_equal(ratio[1:], 0.0)


def test_effects_of_infinite_estimates_name_these_as_the_reason():
    data = pd.DataFrame({"y": list("aabbcc"), "x": [1.0, 2, 3, 4, 5, 6]})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", data, "multinomial")
    table = fit.marginal_effects()
    assert table.notes == ("NA: estimates are infinite.",)


def test_a_single_term_table_of_a_perfect_fit_says_that_no_distance_is_to_be_had():
    data = pd.DataFrame({"y": [1.0, 2.0], "g": ["a", "b"]})
    table = gk.glm("y ~ g", data).drop1()
    assert np.isneginf(table.frame.loc["<none>", "aic"])
    assert np.isnan(table.frame.loc["g", "aic"])
    assert "<none> fits without a residual" in table.to_text()


SINGULAR = pd.DataFrame(
    {
        "y": [0, 0, 1, 1, 0, 0, 0, 0],
        "x": [4.5, -2.5, 5.8, 7.9, 5.6, 7.1, 7.6, 4.0],
        "z": [8.6, -0.8, 2.6, 3.2, 7.4, 4.4, 4.6, 6.4],
    }
)


def test_variance_inflation_of_a_singular_covariance_is_said():
    with pytest.warns(gk.BoundaryWarning):
        fit = gk.glm("y ~ exp(x) + bs(z)", SINGULAR, "quasibinomial(sqrt)")
    table = fit.vif()
    assert np.all(np.isnan(table.frame["gvif"]))
    assert any("is singular in double precision" in note for note in table.notes)


NO_INFLATION = pd.DataFrame(
    {
        "y": [0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 0, 0],
        "x": [2.1, 3.9, 4.4, -2.2, 9, 4, 7, 1.9, 1.5, 0.7, 2.1, -0.6, 8.1, -1.3, 4, 3.3, 4, 8.9, 8, 4.7],
    }
)


def test_no_profile_starts_from_iterations_of_two_parts_that_did_not_converge():
    with pytest.warns(gk.ConvergenceWarning):
        fit = gk.glm("y ~ poly(x, 2) | poly(x, 2)", NO_INFLATION, gk.ZeroInflated(gk.Poisson()))
    with pytest.raises(gk.FitError, match="no maximum for a profile interval to start from"):
        fit.confint("profile")


def test_a_column_out_of_range_in_a_row_of_zero_weight_changes_no_level_model():
    data = pd.DataFrame({"g": list("aabbcc"), "x": [0.0, 1, 2, 3, 4, 1e300], "w": [1, 1, 1, 1, 1, 0]})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("g ~ x", data, "multinomial", weights="w")
    with pytest.warns(gk.SeparationWarning):
        near = gk.glm("g ~ x", data.assign(x=[0.0, 1, 2, 3, 4, 5]), "multinomial", weights="w")
    np.testing.assert_array_equal(fit.coef, near.coef)


def test_offsets_too_large_for_a_start_are_refused():
    data = pd.DataFrame({"y": [0.1, 0.7], "x": [2.0**53, 1e-12]})
    with pytest.raises(gk.FitError, match="or the offsets too large"):
        gk.glm("y ~ x", data, gk.Cumulative("cloglog"), weights="x", offset="x")


def test_a_tweedie_likelihood_without_a_dispersion_is_no_number():
    family, y, one = gk.Tweedie(1.5), np.array([0.0, 1.0]), np.ones(2)
    assert np.isnan(family.loglik_dispersion(np.nan, one, None, y))
    np.testing.assert_array_equal(family.saturated(y, one, np.nan), [0.0, np.nan])
    np.testing.assert_array_equal(family.saturated(y, one, np.inf), [0.0, -np.inf])


@pytest.mark.filterwarnings("ignore::glmkit.errors.GlmkitWarning")
def test_the_trace_of_an_estimated_power_is_over_the_columns_of_the_last_fit():
    data = pd.DataFrame({"y": [0.0, 5.601530e-132, 0.4876205, 0.55], "g": ["a", "a", "b", "b"]})
    fit = gk.glm("y ~ g", data, gk.Tweedie(None))
    assert fit.trace.shape[1] == 5
    assert gk.from_json(fit.to_json()).trace.equals(fit.trace)


def test_a_model_whose_power_did_not_settle_is_read_again(monkeypatch):
    monkeypatch.setattr("glmkit.fitting.nuisance.ROUNDS", 1)
    data = pd.DataFrame({"y": [0.0, 1.5, 2, 0, 3, 4.5, 1], "x": [1.0, 2, 3, 4, 5, 6, 7]})
    with pytest.warns(gk.ConvergenceWarning, match="estimation of power"):
        fit = gk.glm("y ~ x", data, gk.Tweedie(None))
    assert gk.from_json(fit.to_json()).fit.reason == "nuisance"


NEXT_TO_NO_WEIGHT = pd.DataFrame(
    {
        "y": [1, 1, 0, 0, 0, 1],
        "z": [2.0**53, 1e12, 0.0, 0.0, 1e-300, 1e-12],
        "w": [0.0, 0.0, 1.0, 993.10906982, 6.0, 5e-324],
    }
)


@pytest.mark.filterwarnings("ignore::glmkit.errors.SeparationWarning")
def test_score_intervals_with_a_weight_of_next_to_nothing_are_refused():
    fit = gk.glm("y ~ z", NEXT_TO_NO_WEIGHT, "binomial", weights="w")
    with pytest.raises(gk.FitError, match='se method="wald"'):
        fit.confint("score")


@pytest.mark.filterwarnings("ignore::glmkit.errors.SeparationWarning")
def test_influence_with_a_weight_of_next_to_nothing_is_had_of_the_other_rows():
    fit = gk.glm("y ~ z", NEXT_TO_NO_WEIGHT, "binomial", weights="w")
    assert len(fit.influence().frame) == 6


HEAVY = {"y": [1.0, 2.0, 4.0, 3.0], "x": [0.5, 1.0, 2.0, 3.0], "w": [1e300, 1.0, 1.0, 1.0]}


@pytest.mark.parametrize("family", ["inverse.gaussian", "gaussian", "gamma"])
def test_a_column_lost_beside_one_weight_is_told_to_be_lost_for_the_weight(family):
    with pytest.warns(gk.AliasedWarning, match="some rows outweigh the others") as caught:
        gk.glm("y ~ x", HEAVY, gk.Gamma("log") if family == "gamma" else family, weights="w")
    facts = next(item.message for item in caught if isinstance(item.message, gk.AliasedWarning))
    assert (facts.columns, facts.span) == (["x"], 1e300)


def test_columns_lost_of_themselves_and_for_the_weights_are_told_apart():
    data = {**HEAVY, "one": [1.0] * 4}
    with pytest.warns(gk.AliasedWarning) as caught:
        gk.glm("y ~ one + x", data, weights="w")
    assert [item.message.columns for item in caught] == [["one"], ["x"]]


@pytest.mark.parametrize("y", [[3.0, 3.0, 3.0, 3.0], [1.1, 2.2, 3.3, 4.4]])
def test_an_exact_fit_is_noted(y):
    fit = gk.glm("y ~ x", {"y": y, "x": [1.0, 2.0, 3.0, 4.0]})
    assert any(note.startswith("Every response is fitted exactly") for note in fit.notes)


def test_a_saturated_or_an_ordinary_fit_is_not_called_exact():
    saturated = gk.glm("y ~ factor(x)", {"y": [1.0, 2.0], "x": [1, 2]})
    ordinary = gk.glm("Volume ~ Girth", gk.load_dataset("trees"))
    assert (saturated.notes, ordinary.notes) == ((), ())


@pytest.mark.parametrize("contrasts", ["treatment", "sum"])
def test_iterations_that_end_above_the_null_deviance_have_not_converged(contrasts):
    # exp(420) beside exp(-254): the rows of the smaller one count for nothing in double precision.
    data = pd.DataFrame({"y": [3, 10, 3, 11], "g": [1, 1, 1, 0], "o": [4.0, 420.0, -254.0, 0.0]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        fit = gk.glm("y ~ factor(g)", data, "poisson", offset="o", contrasts=contrasts)
    assert fit.deviance <= fit.null_deviance * (1 + 1e-6) or not fit.converged
    if not fit.converged:
        assert any(
            note.startswith(("The iterations were lost", "The iterations stopped")) for note in fit.notes
        )
        assert gk.from_json(fit.to_json()).converged is False


@pytest.mark.parametrize("family", ["poisson", "Gamma", "inverse_gaussian", "binomial"])
@pytest.mark.parametrize("size", [1.0, 1e-30, 1e25, 1e100])
def test_constant_responses_are_not_taken_for_lost_iterations(family, size):
    y = np.full(6, 0.25 if family == "binomial" else size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        fit = gk.glm("y ~ x", {"y": y, "x": [1.0, 2.0, 4.0, 3.0, 2.5, 1.5]}, family)
    assert fit.fit.reason != "lost"


OFFSETS = [
    766.8595581054688,
    1e-300,
    0.0,
    -2.0,
    2.0,
    1000000000000.0,
    4.0,
    1000.0,
    -0.0,
    1.0,
    0.0,
    1000000000000.0,
    -1000000000000.0,
    2.0,
    1000000000000.0,
    1000000000000.0,
    9007199254740992.0,
    1e-12,
    1e300,
    -0.0,
    -582.0171508789062,
    -829.2250366210938,
    1e300,
    7.0,
    -1.5,
    4.0,
    -0.0,
    1600000000.0,
    758.547607421875,
    473.0915832519531,
]


@pytest.mark.filterwarnings("ignore::glmkit.GlmkitWarning")
def test_standard_errors_without_end_leave_no_variance_inflation():
    x = [
        -0.2,
        5.1,
        5.0,
        -1.4,
        -0.3,
        8.3,
        5.7,
        -1.0,
        7.4,
        -2.7,
        4.1,
        6.8,
        1.1,
        7.8,
        1.7,
        9.0,
        5.0,
        0.6,
        -0.3,
        -2.4,
        6.4,
        -0.4,
        8.7,
        4.3,
        3.1,
        -2.1,
        0.6,
        0.0,
        2.7,
        8.3,
    ]
    data = pd.DataFrame({"b": [one == "1" for one in "100001001100101111100110100000"], "x": x, "o": OFFSETS})
    fit = gk.glm("b ~ round(x)", data, "quasibinomial", offset="o")
    assert not np.all(np.isfinite(fit.std_error))
    with pytest.raises(gk.FitError, match="zero, infinite or unknown"):
        fit.vif()


@pytest.mark.filterwarnings("ignore::glmkit.GlmkitWarning")
def test_a_score_statistic_beyond_doubles_is_given_without_a_warning_of_numpy():
    data = pd.DataFrame(
        {
            "w": [1, 1, 3, 1, 2],
            "b": list("aabbb"),
            "o": [488.3528747558594, 4.0, 1000000000000.0, 0.0, -1000000000000.0],
        }
    )
    fit = gk.glm("cbind(w, 3 - w) ~ b", data, "binomial", offset="o", contrasts="helmert")
    assert "b" in fit.anova(test="Rao").frame.index
