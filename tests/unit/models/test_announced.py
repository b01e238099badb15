"""What cannot be computed is said, and what can be is not lost: cases random requests came upon."""

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


def test_weights_24_orders_of_magnitude_apart_are_fitted_or_refused():
    weights = [1.6e9, 0, 1, 0, 1e-12, 0, 517.5, 1e-12, 816.0, 3, 1e12, 764.0]
    data = pd.DataFrame(
        {"y": np.arange(12) % 4, "g": list("acbabcbbbcaa"), "w": [2, 1, 1, 3, 2, 3, 3, 0, 2, 0, 3, 0]}
    )
    with pytest.raises(gk.FitError, match="start"):
        gk.glm("ordered(y) ~ g + factor(w)", data, gk.Cumulative(), weights=weights)


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
    assert not any("double precision" in note for note in fit.notes)


def test_equal_rates_leave_the_precision_without_a_maximum():
    with pytest.warns(gk.BoundaryWarning, match="infinity"):
        gk.glm("y ~ 1", pd.DataFrame({"y": [0.4] * 6}), gk.Beta())


def test_quantile_residuals_of_a_tweedie_fit_without_spread_are_no_error():
    data = pd.DataFrame({"y": [1.0, 1, 1, 0, 0, 0], "g": list("aaabbb")})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ g", data, gk.Tweedie(1.5))
    assert len(fit.residuals("quantile", seed=1)) == 6


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
