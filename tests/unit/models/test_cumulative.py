"""Ordinal models: R's clm under every link, the binomial with two levels, separation, proportional odds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "reference" / "fixtures" / "ordinal_from_r.json").read_text()
)
CASES = REFERENCE["cases"]
RNG = np.random.default_rng(4)
N = 200
X = RNG.normal(size=N)
LATENT = X + RNG.logistic(size=N)
LEVELS = pd.CategoricalDtype(["low", "mid", "top"], ordered=True)
DATA = pd.DataFrame(
    {
        "x": X,
        "z": RNG.normal(size=N),
        "day": 20200101.0 + RNG.integers(0, 300, N),
        "y": pd.Series(pd.cut(LATENT, [-np.inf, -1, 1, np.inf], labels=list(LEVELS.categories))),
        "w": RNG.integers(0, 3, N),
    }
)
DATA["two"] = DATA["y"].map({"low": "no", "mid": "yes", "top": "yes"}).astype(str)


def data_of(name):
    data = gk.load_dataset(name)
    if name == "wine":
        data["rating"] = pd.Categorical(data["rating"], ordered=True)
        data["third"] = (pd.Categorical(data["contact"]).codes + 1) / 3
    return data


@pytest.fixture(scope="module")
def housing():
    data = gk.load_dataset("housing")
    return gk.glm("Sat ~ Infl + Type + Cont", data, gk.Cumulative(), weights="Freq")


@pytest.fixture(scope="module")
def fits():
    return {
        name: gk.glm(
            case["formula"], data_of(case["data"]), gk.Cumulative(case["link"]), weights=case.get("weights")
        )
        for name, case in CASES.items()
    }


@pytest.mark.parametrize("name", CASES)
def test_estimates_and_errors_are_those_of_clm(name, fits):
    case, fit = CASES[name], fits[name]
    expected = np.hstack([case["beta"], case["alpha"]])
    # a millionth of a standard error: clm stops at a gradient of 1e-12, and takes its Hessian there
    np.testing.assert_array_less(np.abs(fit.coef - expected), 1e-6 * np.array(case["std_error"]))
    np.testing.assert_allclose(fit.std_error, case["std_error"], rtol=2e-6)


@pytest.mark.parametrize("name", CASES)
def test_likelihoods_and_probabilities_are_those_of_clm(name, fits):
    case, fit = CASES[name], fits[name]
    assert fit.loglik == pytest.approx(case["loglik"], rel=1e-10)
    seen = fit.fitted.to_numpy()[np.arange(10), fit.fit.problem.y[:10].argmax(axis=1)]
    np.testing.assert_allclose(seen, case["fitted"], rtol=1e-6)


def test_how_many_numbers_are_compared(capsys):
    counts = [len(case["std_error"]) for case in CASES.values()]
    with capsys.disabled():
        print(f"\nordinal::clm: {len(CASES)} models, {sum(counts)} estimates and as many errors")
    assert len(CASES) == 11


def test_predictions_are_those_of_clm():
    expected = REFERENCE["predictions"]
    fit = gk.glm("rating ~ temp + contact", data_of("wine"), gk.Cumulative())
    new = {"temp": ["cold", "warm", "cold", "warm"], "contact": ["no", "no", "yes", "yes"]}
    p = fit.predict(new, se=True, interval="mean")
    for ours, theirs in {"fit": "fit", "se": "se", "conf_low": "low", "conf_high": "high"}.items():
        np.testing.assert_allclose(p[ours], expected[theirs], rtol=2e-6)
    assert [str(level) for level in fit.predict(new, type="class")] == expected["class"]


def test_tests_of_terms_are_those_of_clm(housing):
    table = housing.anova(type=2).frame
    assert table.index.tolist() == REFERENCE["drop1"]["terms"]
    for key in ("df", "statistic", "p_value"):
        np.testing.assert_allclose(table[key], REFERENCE["drop1"][key], rtol=1e-8)


def test_likelihood_ratios_of_proportional_odds_are_those_of_clm(housing):
    table = housing.proportionality_test().frame
    expected = REFERENCE["nominal"]["housing"]
    assert table.index.tolist() == expected["terms"]
    assert table["df"].tolist() == expected["df"]
    np.testing.assert_allclose(table["statistic"], expected["statistic"], rtol=1e-7)


def test_the_score_test_of_proportional_odds_is_the_dense_one():
    fit = gk.glm("y ~ x + z", DATA, gk.Cumulative())
    slopes, thresholds = fit.coef["mean"].to_numpy(), fit.coef["threshold"].to_numpy()
    rows = DATA[["x", "z"]].to_numpy()
    codes = DATA["y"].cat.codes.to_numpy()

    def probabilities(theta):
        below = 1 / (1 + np.exp(-(theta[:2] - rows @ theta[2:].reshape(2, 2).T)))
        return np.column_stack([below[:, 0], below[:, 1] - below[:, 0], 1 - below[:, 1]])

    theta = np.concatenate([thresholds, slopes, slopes])
    steps = 1e-6 * np.eye(6)
    slope = np.stack([(probabilities(theta + s) - probabilities(theta - s)) / 2e-6 for s in steps], axis=2)
    p = probabilities(theta)
    score = (slope[np.arange(N), codes] / p[np.arange(N), codes][:, None]).sum(axis=0)
    information = np.einsum("nlj,nlk,nl->jk", slope, slope, 1 / p)
    statistic = score @ np.linalg.solve(information, score)
    table = fit.proportionality_test("score").frame
    # central differences of step 1e-6: nine digits of the slopes
    assert table.loc["All terms", "statistic"] == pytest.approx(statistic, rel=1e-6)
    assert table.loc["All terms", "df"] == 2


@pytest.mark.parametrize("link", ["logit", "probit", "cauchit"])
def test_two_levels_are_the_binomial_model(link):
    one = gk.glm("two ~ x + z", DATA, gk.Binomial(link))
    other = gk.glm("two ~ x + z", DATA, gk.Cumulative(link))
    np.testing.assert_allclose(other.coef["mean"], one.coef[1:], rtol=1e-7)
    assert other.coef["threshold", "no|yes"] == pytest.approx(-one.coef["Intercept"], rel=1e-7)
    got, expected = ([f.deviance, f.null_deviance, f.aic, f.df_resid] for f in (other, one))
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_two_levels_have_the_logit_model_s_errors():
    one = gk.glm("two ~ x + z", DATA, gk.Binomial())
    other = gk.glm("two ~ x + z", DATA, gk.Cumulative())
    np.testing.assert_allclose(other.std_error["mean"], one.std_error[1:], rtol=1e-9)


@pytest.mark.parametrize(
    ("link", "mirrored"),
    [("logit", "logit"), ("probit", "probit"), ("cauchit", "cauchit"), ("cloglog", "loglog")],
)
def test_turning_the_levels_round_turns_the_signs(link, mirrored):
    turned = DATA.assign(y=DATA["y"].cat.reorder_categories(["top", "mid", "low"]))
    one = gk.glm("y ~ x", DATA, gk.Cumulative(link))
    other = gk.glm("y ~ x", turned, gk.Cumulative(mirrored))
    np.testing.assert_allclose(other.coef["mean"], -one.coef["mean"], rtol=1e-7)
    np.testing.assert_allclose(other.coef["threshold"][::-1], -one.coef["threshold"], rtol=1e-7)
    np.testing.assert_allclose(other.std_error["mean"], one.std_error["mean"], rtol=1e-7)


def test_counts_per_level_are_the_same_model(housing):
    wide = gk.load_dataset("housing").pivot_table(
        index=["Infl", "Type", "Cont"], columns="Sat", values="Freq", observed=True
    )
    wide.columns = [str(name) for name in wide.columns]
    counts = gk.glm("cbind(Low, Medium, High) ~ Infl + Type + Cont", wide.reset_index(), gk.Cumulative())
    np.testing.assert_allclose(counts.coef, housing.coef, rtol=1e-8)
    np.testing.assert_allclose(counts.std_error, housing.std_error, rtol=1e-8)


def test_frequencies_equal_repeated_rows():
    repeated = DATA.loc[DATA.index.repeat(DATA["w"])].reset_index(drop=True)
    one = gk.glm("y ~ x", DATA, gk.Cumulative(), freq_weights="w")
    other = gk.glm("y ~ x", repeated, gk.Cumulative())
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-8)
    got, expected = ([f.nobs, f.df_resid, f.deviance, f.bic] for f in (one, other))
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_far_columns_cost_no_digits():
    near = gk.glm("y ~ I(day - 20200101)", DATA, gk.Cumulative())
    far = gk.glm("y ~ day", DATA, gk.Cumulative())
    np.testing.assert_allclose(far.coef["mean"], near.coef["mean"], rtol=1e-8)
    np.testing.assert_allclose(far.std_error["mean"], near.std_error["mean"], rtol=1e-8)
    np.testing.assert_allclose(far.fitted, near.fitted, rtol=1e-9)
    moved = near.coef["threshold"] + 20200101 * near.coef["mean"].iloc[0]
    np.testing.assert_allclose(far.coef["threshold"], moved, rtol=1e-12)


def test_a_constant_column_is_aliased_with_the_thresholds():
    with pytest.warns(gk.AliasedWarning, match="mean:one"):
        fit = gk.glm("y ~ one + x", DATA.assign(one=2.0), gk.Cumulative())
    plain = gk.glm("y ~ x", DATA, gk.Cumulative())
    np.testing.assert_allclose(fit.coef.dropna(), plain.coef, rtol=1e-8)
    np.testing.assert_allclose(
        fit.predict({"x": [1.0], "one": [2.0]}), plain.predict({"x": [1.0]}), rtol=1e-8
    )


def test_a_ready_design_needs_no_intercept():
    X = DATA[["x", "z"]].to_numpy()
    fit = gk.glm_fit(X, DATA["y"], gk.Cumulative(), names=["x", "z"])
    np.testing.assert_allclose(fit.coef, gk.glm("y ~ x + z", DATA, gk.Cumulative()).coef, rtol=1e-9)


def test_without_slopes_the_thresholds_are_those_of_the_shares():
    fit = gk.glm("y ~ 1", DATA, gk.Cumulative())
    share = DATA["y"].value_counts(normalize=True, sort=False).cumsum()[:2]
    np.testing.assert_allclose(fit.coef["threshold"], np.log(share / (1 - share)), rtol=1e-9)
    assert fit.deviance == pytest.approx(fit.null_deviance, rel=1e-12)


def test_separation_gives_limits_with_their_names():
    data = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6, 7, 8], "y": list("aaabbccc")})
    with pytest.warns(gk.SeparationWarning, match="mean:x = Inf"):
        fit = gk.glm("y ~ x", data.astype({"y": "category"}), gk.Cumulative())
    assert fit.coef.tolist() == [np.inf, np.inf, np.inf]
    assert fit.deviance == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(fit.fitted.max(axis=1), 1.0)


def test_quasi_separation_leaves_the_rest_finite():
    # level c alone has g = 1, and there is nothing else there: the threshold between a and b stays
    y = pd.Categorical([*"abaabb", *"ccc"])
    data = pd.DataFrame({"y": y, "x": [1.0, 2, 3, 4, 5, 6, 1, 2, 3], "g": [0.0] * 6 + [1.0] * 3})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x + g", data, gk.Cumulative())
    rest = gk.glm("y ~ x", data[:6].assign(y=y[:6].remove_unused_categories()), gk.Cumulative())
    assert fit.coef["mean", "g"] == np.inf
    assert fit.coef["threshold", "b|c"] == np.inf
    assert fit.coef["mean", "x"] == pytest.approx(rest.coef["mean", "x"], rel=1e-7)
    assert fit.std_error["mean", "x"] == pytest.approx(rest.std_error["mean", "x"], rel=1e-7)
    assert fit.deviance == pytest.approx(rest.deviance, rel=1e-9)


def test_labels_of_text_are_said_to_be_in_alphabetical_order():
    with pytest.warns(gk.GlmkitWarning, match="alphabetical order: low < mid < top"):
        gk.glm("y ~ x", DATA.assign(y=DATA["y"].astype(str)), gk.Cumulative())


def test_quantile_residuals_are_normal_under_the_model():
    residuals = gk.glm("y ~ x", DATA, gk.Cumulative()).residuals("quantile", seed=1)
    assert abs(residuals.mean()) < 0.15  # two standard errors of 200
    assert residuals.std() == pytest.approx(1.0, abs=0.12)


def test_numbers_are_levels_in_their_order():
    fit = gk.glm("y ~ x", DATA.assign(y=DATA["y"].cat.codes + 9), gk.Cumulative())
    assert fit.coef["threshold"].index.tolist() == ["9|10", "10|11"]


def test_an_offset_is_added_to_the_mean():
    given = gk.glm("y ~ z", DATA, gk.Cumulative(), offset=0.7 * DATA["x"])
    fit = gk.glm("y ~ x + z", DATA, gk.Cumulative())
    start = {("mean", "z"): 0.0, ("threshold", "low|mid"): -1.0, ("threshold", "mid|top"): 1.0}
    again = gk.glm("y ~ z", DATA, gk.Cumulative(), offset=0.7 * DATA["x"], start=start)
    np.testing.assert_allclose(again.coef, given.coef, rtol=1e-8)
    assert given.deviance >= fit.deviance


def test_starting_thresholds_out_of_order_are_refused():
    start = {("mean", "x"): 0.0, ("threshold", "low|mid"): 1.0, ("threshold", "mid|top"): -1.0}
    with pytest.raises(gk.FitError, match="thresholds out of order"):
        gk.glm("y ~ x", DATA, gk.Cumulative(), start=start)


def test_a_formula_without_intercept_is_refused():
    with pytest.raises(gk.FormulaError, match="thresholds are intercepts"):
        gk.glm("y ~ 0 + x", DATA, gk.Cumulative())


def test_a_link_that_is_no_distribution_is_refused():
    with pytest.raises(gk.FamilyError, match="logit, probit"):
        gk.Cumulative("log")


def test_a_model_without_shared_slopes_has_no_test_of_them():
    with pytest.raises(gk.FitError, match="three levels"):
        gk.glm("two ~ x", DATA, gk.Multinomial()).proportionality_test()
