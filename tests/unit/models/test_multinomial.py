"""Multinomial models: equal to the binomial, to Poisson models, and clear where they cannot be fitted."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.models.component_results import REFUSED

RNG = np.random.default_rng(11)
N = 150
DATA = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "day": 20200101.0 + RNG.integers(0, 300, N),
        "g": RNG.choice(["a", "b", "c"], N),
        "two": RNG.choice(["no", "yes"], N),
        "three": RNG.choice(["low", "mid", "top"], N),
        "w": RNG.integers(0, 3, N),
        "o": RNG.normal(size=N),
    }
)
SEPARATED = pd.DataFrame({"y": [*"ababababab", *"ccc"], "x": [1, 2, 3, 4, 5, 6, 2, 5, 3, 4, 24, 26, 29.0]})
CALLS = {
    "plain": {},
    "weights": {"weights": "w"},
    "freq_weights": {"freq_weights": "w"},
    "offset": {"offset": "o"},
}


@pytest.fixture(scope="module")
def housing():
    return gk.glm("Sat ~ Infl + Type + Cont", gk.load_dataset("housing"), gk.Multinomial(), weights="Freq")


@pytest.fixture(scope="module")
def separated():
    with pytest.warns(gk.SeparationWarning):
        return gk.glm("y ~ x", SEPARATED, gk.Multinomial())


def pair(call):
    formula = "two ~ x * g + day"
    return (
        gk.glm(formula, DATA, gk.Binomial(), **CALLS[call]),
        gk.glm(formula, DATA, gk.Multinomial(), **CALLS[call]),
    )


@pytest.mark.parametrize("call", CALLS)
def test_two_labels_give_the_binomial_coefficients_and_errors(call):
    one, other = pair(call)
    # 1e-9 of a standard error: both iterate to that tolerance
    np.testing.assert_array_less(np.abs(other.coef.to_numpy() - one.coef.to_numpy()), 1e-9 * one.std_error)
    np.testing.assert_allclose(other.std_error, one.std_error, rtol=1e-9)
    np.testing.assert_allclose(other.vcov(), one.vcov(), rtol=1e-7)


@pytest.mark.parametrize("call", CALLS)
def test_two_labels_give_the_binomial_measures_of_fit(call):
    one, other = pair(call)
    names = ("deviance", "null_deviance", "loglik", "null_loglik", "aic", "bic", "pearson_chi2")
    got, expected = ([getattr(fit, name) for name in names] for fit in (other, one))
    np.testing.assert_allclose(got, expected, rtol=1e-9)
    assert [getattr(other, name) for name in ("df_resid", "df_null", "nobs", "rank")] == [
        getattr(one, name) for name in ("df_resid", "df_null", "nobs", "rank")
    ]


def test_counts_of_two_labels_give_the_binomial_answer():
    data = gk.load_dataset("menarche")
    one = gk.glm("cbind(Menarche, Total - Menarche) ~ Age", data, gk.Binomial())
    other = gk.glm("cbind(Total - Menarche, Menarche) ~ Age", data, gk.Multinomial())
    np.testing.assert_allclose(other.coef, one.coef, rtol=1e-9)
    got, expected = (
        [fit.deviance, fit.null_deviance, fit.loglik, fit.aic, fit.bic, fit.df_resid] for fit in (other, one)
    )
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_it_equals_the_poisson_model_of_the_expanded_table(housing):
    data = gk.load_dataset("housing")
    # Infl * Type * Cont: one parameter for each row of the table, whose total it fixes
    poisson = gk.glm("Freq ~ Infl * Type * Cont + Sat * (Infl + Type + Cont)", data, gk.Poisson())
    levels = {"Medium": "Sat[T.Medium]", "High": "Sat[T.High]"}
    for level, name in levels.items():
        ours = housing.coef[level]
        for term in ("Infl[T.High]", "Type[T.Terrace]", "Cont[T.High]"):
            assert poisson.coef[f"{term}:{name}"] == pytest.approx(ours[term], rel=1e-8)
            assert poisson.std_error[f"{term}:{name}"] == pytest.approx(
                housing.std_error[level, term], rel=1e-8
            )


def test_counts_labels_and_weights_are_the_same_model(housing):
    data = gk.load_dataset("housing").pivot_table(
        index=["Infl", "Type", "Cont"], columns="Sat", values="Freq", observed=True
    )
    wide = data.reset_index()
    wide.columns = [str(name) for name in wide.columns]
    counts = gk.glm("cbind(Low, Medium, High) ~ Infl + Type + Cont", wide, gk.Multinomial())
    np.testing.assert_allclose(counts.coef, housing.coef, rtol=1e-8)
    np.testing.assert_allclose(counts.std_error, housing.std_error, rtol=1e-8)
    # grouped, the deviance is against the saturated table
    formula = "Freq ~ Infl * Type * Cont + Sat * (Infl + Type + Cont)"
    poisson = gk.glm(formula, gk.load_dataset("housing"), gk.Poisson())
    assert counts.deviance == pytest.approx(poisson.deviance, rel=1e-8)


def test_frequencies_equal_repeated_rows():
    data = DATA.iloc[:60]
    repeated = data.loc[data.index.repeat(data["w"])].reset_index(drop=True)
    one = gk.glm("three ~ x", data, gk.Multinomial(), freq_weights="w")
    other = gk.glm("three ~ x", repeated, gk.Multinomial())
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-8)
    got, expected = ([f.nobs, f.df_resid, f.deviance, f.loglik, f.bic] for f in (one, other))
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_another_baseline_is_the_difference_of_levels():
    first = gk.glm("three ~ x", DATA, gk.Multinomial())
    other = gk.glm("three ~ x", DATA, gk.Multinomial(ref="mid"))
    assert other.coef.index.get_level_values(0).unique().tolist() == ["low", "top"]
    np.testing.assert_allclose(other.coef["low"], -first.coef["mid"], rtol=1e-8)
    np.testing.assert_allclose(other.coef["top"], first.coef["top"] - first.coef["mid"], atol=1e-9)
    pd.testing.assert_frame_equal(other.fitted, first.fitted, rtol=1e-9)


@pytest.mark.parametrize("labels", [[1, 2, 3], [1.5, 2.0, 3.0], list("xyz")])
def test_labels_of_any_kind_are_levels(labels):
    data = DATA.assign(y=[labels[i % 3] for i in range(N)])
    fit = gk.glm("y ~ x", data, gk.Multinomial())
    assert fit.fitted.shape == (N, 3)
    assert set(fit.predict(type="class")) <= set(labels)


def test_truth_values_are_labels():
    fit = gk.glm("y ~ x", DATA.assign(y=DATA["x"] + DATA["o"] > 0), gk.Multinomial())
    assert fit.coef.index.tolist() == [("True", "Intercept"), ("True", "x")]


def test_far_columns_cost_no_digits():
    near = gk.glm("three ~ I(day - 20200101)", DATA, gk.Multinomial())
    far = gk.glm("three ~ day", DATA, gk.Multinomial())
    np.testing.assert_allclose(far.coef.to_numpy()[1::2], near.coef.to_numpy()[1::2], rtol=1e-8)
    np.testing.assert_allclose(far.fitted, near.fitted, rtol=1e-9)
    np.testing.assert_allclose(
        far.predict({"day": 20200110.0}, se=True), near.predict({"day": 20200110.0}, se=True), rtol=1e-7
    )


def test_aliased_columns_are_missing_in_every_level():
    with pytest.warns(gk.AliasedWarning, match="mid:I"):
        fit = gk.glm("three ~ x + I(2 * x)", DATA, gk.Multinomial())
    assert fit.coef.isna().tolist() == [False, False, True, False, False, True]
    np.testing.assert_allclose(fit.fitted, gk.glm("three ~ x", DATA, gk.Multinomial()).fitted, rtol=1e-9)


def test_a_level_that_never_occurs_is_left_out_and_named():
    data = DATA.assign(three=pd.Categorical(DATA["three"], categories=["low", "none", "mid", "top"]))
    with pytest.warns(gk.GlmkitWarning, match="Level none of the response 'three' never occur"):
        fit = gk.glm("three ~ x", data, gk.Multinomial())
    np.testing.assert_allclose(fit.coef, gk.glm("three ~ x", DATA, gk.Multinomial()).coef, rtol=1e-9)


def test_separation_gives_limits_with_their_names(separated):
    assert separated.coef["c"].tolist() == [-np.inf, np.inf]
    assert np.isnan(separated.std_error["c"]).all()
    rest = gk.glm("y ~ x", SEPARATED[SEPARATED["y"] != "c"], gk.Multinomial())
    np.testing.assert_allclose(separated.coef["b"], rest.coef["b"], rtol=1e-7)
    np.testing.assert_allclose(separated.std_error["b"], rest.std_error["b"], rtol=1e-7)
    assert separated.deviance == pytest.approx(rest.deviance, rel=1e-9)


def test_separated_predictions_are_limits_or_missing(separated):
    p = separated.predict({"x": [2, 10, 40]})
    assert p.loc[2].tolist() == [0.0, 0.0, 1.0]
    assert p.loc[0, "c"] == 0.0
    assert p.loc[1].isna().all()  # between the groups the limit depends on the path


def test_two_labels_separate_as_the_binomial_does():
    data = pd.DataFrame({"x": np.arange(8.0), "y": [0, 0, 0, 0, 1, 1, 1, 1]})
    with pytest.warns(gk.SeparationWarning):
        one = gk.glm("y ~ x", data, gk.Binomial())
    with pytest.warns(gk.SeparationWarning):
        other = gk.glm("y ~ x", data, gk.Multinomial())
    assert other.coef.tolist() == one.coef.tolist() == [-np.inf, np.inf]
    assert other.deviance == one.deviance == 0.0


def test_probabilities_have_delta_method_errors():
    fit = gk.glm("two ~ x", DATA, gk.Multinomial())
    logit = gk.glm("two ~ x", DATA, gk.Binomial())
    ours = fit.predict({"x": [0.3]}, type="prob", se=True, interval="mean")
    theirs = logit.predict({"x": [0.3]}, se=True, interval="mean")
    got = [ours[name, "yes"].iloc[0] for name in ("fit", "se", "conf_low", "conf_high")]
    np.testing.assert_allclose(got, theirs.iloc[0], rtol=1e-8)


def test_predictions_keep_rows_and_labels():
    fit = gk.glm("three ~ x", DATA, gk.Multinomial())
    new = pd.DataFrame({"x": [0.1, np.nan, 0.3]}, index=["u", "v", "w"])
    p = fit.predict(new)
    assert p.index.tolist() == ["u", "v", "w"]
    assert p.isna().all(axis=1).tolist() == [False, True, False]
    np.testing.assert_allclose(p.sum(axis=1)[["u", "w"]], 1.0, rtol=1e-12)
    assert fit.predict(new, type="class").isna().tolist() == [False, True, False]


def test_rows_left_out_are_padded():
    data = DATA.assign(x=DATA["x"].where(DATA.index != 3))
    with pytest.warns(gk.DroppedRowsWarning):
        fit = gk.glm("three ~ x", data, gk.Multinomial(), na_action="exclude")
    assert fit.fitted.shape == (N, 3)
    assert fit.fitted.loc[3].isna().all()
    assert len(fit.simulate(1, seed=1)) == N


def test_anova_of_the_last_term_is_the_likelihood_ratio(housing):
    reduced = gk.glm("Sat ~ Infl + Type", gk.load_dataset("housing"), gk.Multinomial(), weights="Freq")
    drop = reduced.deviance - housing.deviance
    assert housing.anova().frame.loc["Cont", "statistic"] == pytest.approx(drop, rel=1e-9)
    assert housing.anova(type=2).frame.loc["Cont", "statistic"] == pytest.approx(drop, rel=1e-9)
    assert housing.anova().frame.loc["NULL", "resid_deviance"] == pytest.approx(housing.null_deviance)


def test_wald_test_of_one_coefficient_is_its_squared_statistic():
    fit = gk.glm("two ~ x", DATA, gk.Multinomial())
    assert fit.anova(2, "Wald").frame.loc["x", "statistic"] == pytest.approx(fit.statistic.iloc[1] ** 2)


def test_ratios_are_relative_risk_ratios(housing):
    table = housing.summary(exponentiate=True).tables["coefficients"]
    np.testing.assert_allclose(table["estimate"], np.exp(housing.coef), rtol=1e-12)
    assert "Relative risk ratio" in str(housing.summary(exponentiate=True))


def test_confusion_counts_weights(housing):
    table = housing.confusion().frame
    assert table.to_numpy().sum() == 1681
    assert table.loc["High", "High"] == 464


def test_simulated_shares_are_the_fitted_ones():
    fit = gk.glm("three ~ 1", DATA, gk.Multinomial())
    drawn = fit.simulate(200, seed=5)
    shares = drawn.melt()["value"].value_counts(normalize=True).sort_index().to_numpy()
    # 30000 draws: three standard errors of a share are 0.008
    np.testing.assert_allclose(shares, fit.fitted.iloc[0], atol=0.009)


def test_simulated_counts_keep_their_totals():
    data = pd.DataFrame({"a": [3, 4, 2], "b": [1, 5, 3], "c": [2, 2, 2]})
    fit = gk.glm("cbind(a, b, c) ~ 1", data, gk.Multinomial())
    assert fit.simulate(2, seed=1)["sim_2"].sum(axis=1).tolist() == [6, 11, 7]


def test_tidy_has_a_column_for_the_level(housing):
    assert housing.tidy().columns[:2].tolist() == ["level", "term"]
    assert housing.confint().index.equals(housing.coef.index)


def test_starting_from_the_solution_needs_one_iteration(housing):
    again = gk.glm(
        "Sat ~ Infl + Type + Cont",
        gk.load_dataset("housing"),
        gk.Multinomial(),
        weights="Freq",
        start=housing.coef,
    )
    assert again.n_iter == 1


def test_an_offset_of_one_column_is_refused():
    with pytest.raises(gk.DataError, match=r'Give one for each level: offset=\{"mid": "offset_1", "top": '):
        gk.glm("three ~ x", DATA, gk.Multinomial(), offset="o")


def test_an_unknown_baseline_is_refused():
    with pytest.raises(gk.FamilyError, match="Choose one of: 'low', 'mid', 'top'"):
        gk.glm("three ~ x", DATA, gk.Multinomial(ref="high"))


def test_one_level_is_refused():
    with pytest.raises(gk.DataError, match="one level only"):
        gk.glm("y ~ x", DATA.assign(y="a"), gk.Multinomial())


def test_one_level_of_positive_weight_is_refused():
    with pytest.raises(gk.DataError, match="one level only"):
        gk.glm("two ~ x", DATA.assign(w=(DATA["two"] == "yes") * 1.0), gk.Multinomial(), weights="w")


@pytest.mark.parametrize("name", [name for name in dir(gk.Results) if not name.startswith("_")])
def test_every_result_works_or_is_refused_in_words(name, housing):
    refused = pytest.raises(gk.FitError, match="several linear predictors")
    with refused if name in REFUSED else nullcontext():
        getattr(housing, name)


def test_arrays_of_counts_give_the_same_fit_as_a_formula():
    data = pd.DataFrame({"a": [3, 4, 2, 5], "b": [1, 5, 3, 2], "c": [2, 2, 2, 7], "x": [0.0, 1.0, 2.0, 4.0]})
    X = np.column_stack([np.ones(4), data["x"]])
    fit = gk.glm_fit(X, data[["a", "b", "c"]].to_numpy(), gk.Multinomial(), names=["one", "x"])
    other = gk.glm("cbind(a, b, c) ~ x", data, gk.Multinomial())
    np.testing.assert_allclose(fit.coef, other.coef, rtol=1e-8)
    np.testing.assert_allclose(fit.predict(X), other.fitted, rtol=1e-8)


@pytest.mark.parametrize("family", [gk.Multinomial(), gk.Cumulative()])
def test_likelihood_ratios_of_several_fits(family):
    data = gk.load_dataset("housing")
    small, large = (gk.glm(f"Sat ~ {x}", data, family, weights="Freq") for x in ("Infl", "Infl + Cont"))
    table = gk.lr_test(small, large)
    assert table.frame["statistic"].iloc[1] == pytest.approx(small.deviance - large.deviance, rel=1e-9)
    assert "cannot be told" not in str(table)
    assert gk.compare(small, large).frame["aic"].tolist() == [small.aic, large.aic]


def test_ordinal_and_multinomial_fits_compare_by_their_criteria(housing):
    ordinal = gk.glm("Sat ~ Infl + Type + Cont", gk.load_dataset("housing"), gk.Cumulative(), weights="Freq")
    assert "Multinomial" in str(gk.compare(ordinal, housing))
    assert "cannot be told" in str(gk.lr_test(ordinal, housing))


def test_tables_of_several_models_by_deviance_are_refused(housing):
    with pytest.raises(gk.FitError, match=r"gk\.anova"):
        gk.anova(housing, housing)


def test_new_rows_of_separated_levels_have_their_limits():
    x, y = np.arange(6.0), list("aabbcc")
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", {"y": y, "x": x}, gk.Multinomial())
    # level c against a depends on the path in the rows of b, where both have no chance
    assert np.array_equal(fit.predict({"x": x}).to_numpy(), fit.fitted.to_numpy())
    assert fit.predict({"x": [2.4]}).to_numpy().tolist() == [[0.0, 1.0, 0.0]]
