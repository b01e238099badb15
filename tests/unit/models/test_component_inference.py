"""Hypotheses, updates, deletions and profiles of models with several linear predictors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

import glmkit as gk

RNG = np.random.default_rng(3)
N = 240
DATA = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "z": RNG.normal(size=N),
        "g": RNG.choice(["a", "b", "c"], N),
        "two": RNG.choice(["no", "yes"], N),
        "y": RNG.choice(["low", "mid", "top"], N),
        "firm": RNG.integers(0, 30, N),
    }
)
DATA["grade"] = pd.Categorical(DATA["y"], ["low", "mid", "top"], ordered=True)
DATA["count"] = np.where(RNG.random(N) < 0.3, 0, RNG.poisson(np.exp(0.4 + 0.4 * DATA["x"])))
DATA["rate"] = RNG.beta(3.0, 2.0, N)
HALF_CHI = float(special.chdtri(1, 0.05))
MODELS = {
    "multinomial": ("y ~ x + g", gk.Multinomial()),
    "cumulative": ("grade ~ x + g", gk.Cumulative()),
    "zero-inflated": ("count ~ x + g | z", gk.ZeroInflated(gk.Poisson())),
    "hurdle": ("count ~ x + g | z", gk.Hurdle(gk.Poisson())),
    "beta": ("rate ~ x + g | z", gk.Beta()),
}


@pytest.fixture(scope="module")
def fits():
    return {name: gk.glm(formula, DATA, family) for name, (formula, family) in MODELS.items()}


@pytest.fixture(scope="module")
def pair():
    return gk.glm("two ~ x + g", DATA, gk.Binomial()), gk.glm("two ~ x + g", DATA, gk.Multinomial())


# -- hypotheses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 0", "yes:x = 0"),
        ("g[T.b] = g[T.c], x = 0.3", "yes:g[T.b] = yes:g[T.c], yes:x = 0.3"),
        ("gb = 2*gc", "yes:gb = 2*yes:gc"),
        ("g", "g"),
        ("g", "yes:g"),
        ("exp(x) = 1", "exp(yes:x) = 1"),
    ],
)
def test_hypotheses_about_two_levels_are_the_binomials(pair, one, other):
    a, b = pair[0].test(one).tables, pair[1].test(other).tables
    columns = ["estimate", "std_error", "statistic", "p_value"]
    for name, wanted in (("hypotheses", columns), ("joint", ["statistic", "df", "p_value"])):
        # both iterate to 1e-9 of a standard error
        np.testing.assert_allclose(b[name][wanted], a[name][wanted], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("term", ["x", "g"])
def test_a_terms_label_is_its_wald_test_in_all_components(fits, model, term):
    table = fits[model].anova(type=2, test="Wald").frame.loc[term]
    joint = fits[model].test(term).tables["joint"].iloc[0]
    np.testing.assert_allclose(
        joint[["statistic", "df"]].astype(float), table[["statistic", "df"]], rtol=1e-9
    )


def test_a_coefficient_is_compared_between_levels(fits):
    fit = fits["multinomial"]
    difference = fit.coef["mid", "x"] - fit.coef["top", "x"]
    v = fit.vcov().to_numpy()
    i, j = (fit.coef.index.get_loc((level, "x")) for level in ("mid", "top"))
    z = difference / np.sqrt(v[i, i] + v[j, j] - 2 * v[i, j])
    found = fit.test("mid:x = top:x").tables["hypotheses"].iloc[0]
    assert found["statistic"] == pytest.approx(z, rel=1e-12)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("cumulative", "threshold:low|mid = threshold:mid|top"),
        ("cumulative", "mean:x = 0"),
        ("zero-inflated", "count:x = zero:z"),
        ("beta", "precision:z = 0"),
        ("hurdle", "zero:Intercept = 0"),
    ],
)
def test_every_component_is_named(fits, model, text):
    assert fits[model].test(text).tables["joint"]["df"].tolist() == [1]


def test_a_frame_of_two_level_columns_is_a_hypothesis(fits):
    fit = fits["multinomial"]
    rows = pd.DataFrame([[1.0, -1.0]], columns=pd.MultiIndex.from_tuples([("mid", "x"), ("top", "x")]))
    by_text = fit.test("mid:x = top:x").tables["joint"]
    pd.testing.assert_frame_equal(fit.test(rows).tables["joint"], by_text)


def test_an_unknown_name_is_told_with_the_nearest(fits):
    with pytest.raises(gk.FormulaError, match="Did you mean mid:x"):
        fits["multinomial"].test("mdi:x = 0")


def test_hypotheses_use_the_robust_covariance(fits):
    robust = fits["multinomial"].with_vcov("cluster", cluster="firm")
    found = robust.test("mid:x = 0").tables["hypotheses"].iloc[0]
    assert found["std_error"] == pytest.approx(robust.std_error["mid", "x"])


def test_levels_that_are_numbers_stand_in_backticks():
    fit = gk.glm("k ~ x", DATA.assign(k=DATA["y"].map({"low": 1, "mid": 2, "top": 3})), gk.Multinomial())
    assert fit.test("`2:x` = `3:x`").tables["joint"]["df"].tolist() == [1]


# -- updates -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_an_updated_formula_is_the_fit_of_that_formula(fits, model):
    formula, family = MODELS[model]
    again = gk.glm(formula.replace(" + g", ""), DATA, family)
    updated = fits[model].update(". ~ . - g")
    pd.testing.assert_series_equal(updated.coef, again.coef)
    assert type(updated) is type(fits[model])


def test_the_second_part_can_be_changed(fits):
    updated = fits["zero-inflated"].update(". ~ . | x")
    again = gk.glm("count ~ x + g | x", DATA, gk.ZeroInflated(gk.Poisson()))
    pd.testing.assert_series_equal(updated.coef, again.coef)


def test_data_weights_and_family_can_be_changed(fits):
    updated = fits["cumulative"].update(data=DATA[:200], weights="firm", family=gk.Cumulative("probit"))
    again = gk.glm("grade ~ x + g", DATA[:200], gk.Cumulative("probit"), weights="firm")
    pd.testing.assert_series_equal(updated.coef, again.coef)


def test_an_offset_by_level_stays():
    offset = {"mid": "z"}
    fit = gk.glm("y ~ x + g", DATA, gk.Multinomial(), offset=offset)
    again = gk.glm("y ~ x", DATA, gk.Multinomial(), offset=offset)
    pd.testing.assert_series_equal(fit.update(". ~ . - g").coef, again.coef)


def test_a_family_of_one_predictor_is_refused(fits):
    with pytest.raises(gk.FamilyError, match="one linear predictor"):
        fits["zero-inflated"].update(family="poisson")


def test_an_unknown_argument_is_refused(fits):
    with pytest.raises(gk.FitError, match="Did you mean weights"):
        fits["beta"].update(wieghts="firm")


# -- deletions -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_a_deletion_is_the_fit_without_the_term(fits, model):
    fit, table = fits[model], fits[model].drop1().frame
    without = fit.update(". ~ . - g")
    wanted = [
        fit.fit.rank - without.fit.rank,
        without.deviance,
        without.aic,
        without.deviance - fit.deviance,
    ]
    np.testing.assert_allclose(table.loc["g"].iloc[:4].astype(float), wanted, rtol=1e-7)
    assert table.loc["<none>", "aic"] == fit.aic


def test_deletions_of_two_levels_are_the_binomials(pair):
    one, other = pair[0].drop1().frame, pair[1].drop1().frame
    np.testing.assert_allclose(other.astype(float), one.astype(float), rtol=1e-7)


def test_terms_of_the_second_part_are_dropped_from_it(fits):
    table = fits["hurdle"].drop1().frame
    without = fits["hurdle"].update(". ~ . | 1")
    assert table.index.tolist() == ["<none>", "x", "g", "z (zero)"]
    assert table.loc["z (zero)", "deviance"] == pytest.approx(without.deviance, rel=1e-9)


def test_only_terms_that_are_part_of_no_other_are_dropped():
    fit = gk.glm("y ~ x * g", DATA, gk.Multinomial())
    assert fit.drop1().frame.index.tolist() == ["<none>", "x:g"]
    with pytest.raises(gk.FitError, match="part of no other"):
        fit.drop1("x")


def test_a_robust_covariance_has_wald_deletions_only(fits):
    robust = fits["multinomial"].with_vcov("HC0")
    with pytest.raises(gk.FitError, match="does not go with the covariance HC0"):
        robust.drop1()
    wald = robust.drop1(["g"], test="Wald").frame.loc["g", "statistic"]
    assert wald == pytest.approx(robust.anova(type=2).frame.loc["g", "statistic"], rel=1e-12)


# -- profiles ------------------------------------------------------------------------------


def test_profiles_of_two_levels_are_the_binomials(pair):
    ends = [fit.confint("profile", level=0.9).to_numpy() for fit in pair]
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("model", "coefficient", "offset"),
    [
        ("cumulative", ("mean", "x"), lambda end: f"({end:.17g}) * x"),
        ("zero-inflated", ("count", "x"), lambda end: f"({end:.17g}) * x"),
        ("beta", ("mean", "x"), lambda end: f"({end:.17g}) * x"),
    ],
)
def test_the_deviance_at_the_ends_is_above_by_the_quantile(fits, model, coefficient, offset):
    fit = fits[model]
    for end in fit.confint("profile").loc[coefficient]:
        held = fit.update(". ~ . - x", offset=offset(end))
        assert held.deviance - fit.deviance == pytest.approx(HALF_CHI, rel=1e-5)


def test_every_coefficient_lies_inside_its_interval(fits):
    for fit in fits.values():
        interval = fit.confint("profile")
        assert interval.index.equals(fit.coef.index)
        assert np.all((interval["conf_low"] < fit.coef) & (fit.coef < interval["conf_high"]))


def test_an_aliased_coefficient_has_no_profile():
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("y ~ x + I(2 * x)", DATA, gk.Multinomial())
    plain = gk.glm("y ~ x", DATA, gk.Multinomial())
    got = fit.confint("profile")
    assert got.isna().all(axis=1).sum() == 2
    np.testing.assert_allclose(got.dropna(), plain.confint("profile"), rtol=1e-6)


def test_profiles_of_a_robust_covariance_or_a_separated_fit_are_refused(fits):
    with pytest.raises(gk.FitError, match="does not go with"):
        fits["multinomial"].with_vcov("HC0").confint("profile")
    data = pd.DataFrame({"y": list("aaabbbccc"), "x": np.arange(9.0)})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", data, gk.Multinomial())
    with pytest.raises(gk.FitError, match="infinite estimates"):
        fit.confint("profile")
