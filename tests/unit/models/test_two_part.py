"""Zero-inflated and hurdle models: pscl's numbers, their own derivatives, and limits that are simpler models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

CASES = json.loads(
    (Path(__file__).parents[2] / "reference" / "fixtures" / "two_part_from_r.json").read_text()
)
COUNTS = {"poisson": gk.Poisson, "negbin": getattr(gk, "NegativeBinomial", None)}
FAMILIES = {"zero": gk.ZeroInflated, "hurdle": gk.Hurdle}
FITTED = [name for name, case in CASES.items() if COUNTS[case["dist"]]]
DATA = gk.load_dataset("biochemists")


@pytest.fixture(scope="module")
def fits():
    return {
        name: gk.glm(CASES[name]["formula"], DATA, FAMILIES[CASES[name]["kind"]](
            COUNTS[CASES[name]["dist"]](), link=CASES[name]["link"]
        ))
        for name in FITTED
    }  # fmt: skip


def regressors(fit):
    """Return which coefficients are not log theta: pscl keeps it apart."""
    return np.array([name != "Log(theta)" for _, name in fit.coef.index])


@pytest.mark.parametrize("name", FITTED)
def test_names_and_estimates_are_those_of_pscl(name, fits):
    case, fit = CASES[name], fits[name]
    kept = regressors(fit)
    names = [f"{part}_{name}" for part, name in fit.coefficient_names("r")[kept]]
    assert names == case["names"]
    # pscl's optimum is found by BFGS without derivatives of the theta part: two millionths of an error
    away = np.abs(fit.coef[kept].to_numpy() - case["coef"]) / np.array(case["std_error"])
    assert away.max() < 2e-6


@pytest.mark.parametrize("name", FITTED)
def test_errors_are_those_of_pscl(name, fits):
    case, fit = CASES[name], fits[name]
    # pscl's Hessian is one of differences; ours is exact, and is checked by differences further down
    np.testing.assert_allclose(fit.std_error[regressors(fit)], case["std_error"], rtol=5e-4)


@pytest.mark.parametrize("name", FITTED)
def test_likelihoods_and_counts_are_those_of_pscl(name, fits):
    case, fit = CASES[name], fits[name]
    assert fit.loglik == pytest.approx(case["loglik"], rel=1e-11)
    assert (fit.rank, fit.df_resid) == (case["df"], case["df_resid"])


@pytest.mark.parametrize("name", FITTED)
def test_means_and_pearson_residuals_are_those_of_pscl(name, fits):
    case, fit = CASES[name], fits[name]
    np.testing.assert_allclose(fit.fitted[:8], case["fitted"], rtol=1e-6)
    np.testing.assert_allclose(fit.residuals("pearson")[:8], case["pearson"], rtol=1e-6)


def test_how_many_numbers_are_compared(capsys):
    with capsys.disabled():
        count = sum(len(CASES[name]["coef"]) for name in FITTED)
        print(f"\npscl: {len(FITTED)} of {len(CASES)} models, {count} estimates and as many errors")
    assert len(CASES) == 11


def test_a_hurdle_is_a_logistic_and_a_truncated_part():
    fit = gk.glm("art ~ fem + ment | mar + phd", DATA, gk.Hurdle())
    binary = gk.glm("I(art > 0) ~ mar + phd", DATA, gk.Binomial())
    np.testing.assert_allclose(fit.coef["zero"], binary.coef, rtol=1e-8)
    np.testing.assert_allclose(fit.std_error["zero"], binary.std_error, rtol=1e-8)


def test_without_a_bar_both_parts_have_the_same_regressors():
    one = gk.glm("art ~ fem + ment", DATA, gk.ZeroInflated())
    other = gk.glm("art ~ fem + ment | fem + ment", DATA, gk.ZeroInflated())
    assert one.coef.equals(other.coef)


def test_an_exposure_belongs_to_the_count_part():
    data = DATA.assign(years=1.0 + DATA["phd"])
    one = gk.glm("art ~ fem | ment", data, gk.ZeroInflated(), exposure="years")
    other = gk.glm("art ~ fem + offset(log(years)) | ment", data, gk.ZeroInflated())
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-9)
    new = data.iloc[:3]
    np.testing.assert_allclose(one.predict(new), one.fitted[:3], rtol=1e-12)


def test_frequencies_equal_repeated_rows():
    data = DATA.iloc[::4].assign(w=lambda rows: np.arange(len(rows)) % 3)
    repeated = data.loc[data.index.repeat(data["w"])].reset_index(drop=True)
    one = gk.glm("art ~ ment | ment", data, gk.ZeroInflated(), freq_weights="w")
    other = gk.glm("art ~ ment | ment", repeated, gk.ZeroInflated())
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-7)
    assert (one.nobs, one.loglik) == (other.nobs, pytest.approx(other.loglik, rel=1e-10))


def test_missing_values_of_either_part_drop_the_row():
    data = DATA.assign(phd=DATA["phd"].where(DATA.index != 4), ment=DATA["ment"].where(DATA.index != 7))
    with pytest.warns(gk.DroppedRowsWarning):
        fit = gk.glm("art ~ ment | phd", data, gk.ZeroInflated())
    assert fit.nobs == len(DATA) - 2


def test_predictions_have_delta_method_errors():
    fit = gk.glm("art ~ ment | ment", DATA, gk.ZeroInflated())
    p = fit.predict({"ment": [2.0, np.nan]}, se=True)
    mu = np.exp(fit.coef["count"] @ [1.0, 2.0])
    q = 1 / (1 + np.exp(-(fit.coef["zero"] @ [1.0, 2.0])))
    slope = np.concatenate([(1 - q) * mu * np.array([1.0, 2.0]), -q * (1 - q) * mu * np.array([1.0, 2.0])])
    assert p["fit"][0] == pytest.approx((1 - q) * mu, rel=1e-10)
    assert p["se"][0] == pytest.approx(np.sqrt(slope @ fit.vcov().to_numpy() @ slope), rel=1e-7)
    assert np.isnan(p["fit"][1])


def test_each_part_has_terms_of_its_own():
    fit = gk.glm("art ~ fem + ment | ment", DATA, gk.ZeroInflated())
    table = fit.anova(type=2).frame
    assert table.index.tolist() == ["fem", "ment", "ment (zero)"]
    reduced = gk.glm("art ~ fem + ment | 1", DATA, gk.ZeroInflated())
    assert table.loc["ment (zero)", "statistic"] == pytest.approx(2 * (fit.loglik - reduced.loglik), rel=1e-7)


@pytest.mark.parametrize("family", [gk.ZeroInflated(), gk.Hurdle()])
def test_simulated_counts_have_the_fitted_mean_and_zeros(family):
    fit = gk.glm("art ~ 1 | 1", DATA, family)
    drawn = fit.simulate(40, seed=3).to_numpy()
    # 36600 draws: three standard errors of the mean are 0.03, of a share 0.008
    assert drawn.mean() == pytest.approx(fit.fitted[0], abs=0.03)
    assert (drawn == 0).mean() == pytest.approx((DATA["art"] == 0).mean(), abs=0.008)


@pytest.mark.parametrize("family", [gk.ZeroInflated(), gk.Hurdle()])
def test_quantile_residuals_are_normal_under_the_model(family):
    fit = gk.glm("art ~ ment | ment", DATA, family)
    y = pd.Series(fit.simulate(1, seed=8)["sim_1"], name="art")
    again = gk.glm("art ~ ment | ment", DATA.assign(art=y), family)
    residuals = again.residuals("quantile", seed=1)
    assert abs(residuals.mean()) < 0.1  # three standard errors of 915
    assert residuals.std() == pytest.approx(1.0, abs=0.07)


def test_no_extra_zeros_are_said_to_be_none():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"y": rng.binomial(4, 0.5, 300)})  # fewer zeros than Poisson counts have
    with pytest.warns(gk.BoundaryWarning, match="no more zeros than the count part explains"):
        gk.glm("y ~ 1", data, gk.ZeroInflated())


def test_a_count_part_that_runs_away_is_named():
    rng = np.random.default_rng(3)
    group = np.repeat(["a", "b", "c"], 40)
    data = pd.DataFrame({"g": group, "y": np.where(group == "a", 0, rng.poisson(1.5, 120))})
    with pytest.warns(gk.BoundaryWarning, match="predictor of count is on its way to infinity"):
        gk.glm("y ~ g | 1", data, gk.ZeroInflated())


def test_a_separated_zero_part_is_named():
    rng = np.random.default_rng(3)
    x = np.sort(rng.normal(size=80))
    data = pd.DataFrame({"x": x, "y": np.where(x > 0, 1 + rng.poisson(2, 80), 0)})
    with pytest.warns(gk.SeparationWarning, match="zero:x = Inf"):
        gk.glm("y ~ 1 | x", data, gk.Hurdle())


def test_a_response_without_zeros_is_refused():
    with pytest.raises(gk.FamilyError, match="no zero"):
        gk.glm("art ~ ment", DATA[DATA["art"] > 0], gk.Hurdle())


def test_fractional_counts_are_refused():
    with pytest.raises(gk.FamilyError, match="whole numbers"):
        gk.glm("art ~ ment", DATA.assign(art=DATA["art"] + 0.5 * (DATA["art"] > 1)), gk.ZeroInflated())


def test_a_second_part_goes_with_these_families_only():
    with pytest.raises(gk.FormulaError, match="this family does not model"):
        gk.glm("art ~ ment | phd", DATA, gk.Poisson())


def test_a_family_that_is_no_count_is_refused():
    with pytest.raises(gk.FamilyError, match="not a count part"):
        gk.Hurdle(gk.Gaussian())


def test_arrays_give_the_same_fit_as_a_formula():
    X = np.column_stack([np.ones(len(DATA)), DATA["ment"]])
    fit = gk.glm_fit(X, DATA["art"], gk.ZeroInflated(), names=["one", "ment"])
    other = gk.glm("art ~ ment", DATA, gk.ZeroInflated())
    np.testing.assert_allclose(fit.coef, other.coef, rtol=1e-8)
    assert fit.null_deviance == pytest.approx(other.null_deviance, rel=1e-10)
    np.testing.assert_allclose(fit.predict(X[:4]), other.fitted[:4], rtol=1e-8)


# -- separation of the zero part -----------------------------------------------------------

SEPARATING = np.random.default_rng(1)
APART = pd.DataFrame(
    {
        "x": SEPARATING.normal(size=60),
        "z": SEPARATING.normal(size=60),
        "g": SEPARATING.choice(list("abc"), 60),
    }
)
POSITIVE = np.maximum(SEPARATING.poisson(2, 60), 1)
APART["passed"] = (APART["g"] == "a") | (SEPARATING.random(60) < 0.5)
APART["y"] = np.where(APART["passed"], POSITIVE, 0)
APART["whole"] = np.where(APART["z"] > 0.2, POSITIVE, 0)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "cauchit"])
@pytest.mark.parametrize("count", [gk.Poisson(), gk.NegativeBinomial()])
def test_a_separated_zero_part_of_a_hurdle_model_is_the_separated_binomial(link, count):
    with pytest.warns(gk.SeparationWarning, match="certain whether the count is zero"):
        fit = gk.glm("y ~ x | x + g", APART, gk.Hurdle(count, link=link))
    with pytest.warns(gk.SeparationWarning):
        binomial = gk.glm("passed ~ x + g", APART, gk.Binomial(link))
    np.testing.assert_allclose(fit.coef["zero"], binomial.coef, rtol=1e-6)


def test_errors_of_a_separated_zero_part_are_the_binomials():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x | x + g", APART, gk.Hurdle())
    with pytest.warns(gk.SeparationWarning):
        binomial = gk.glm("passed ~ x + g", APART, gk.Binomial())
    np.testing.assert_allclose(fit.std_error["zero"], binomial.std_error, rtol=1e-6)


def test_separation_of_the_zero_part_leaves_the_counts_alone():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x | g", APART, gk.Hurdle())
    plain = gk.glm("y ~ x | 1", APART, gk.Hurdle())
    np.testing.assert_allclose(fit.coef["count"], plain.coef["count"], rtol=1e-8)
    np.testing.assert_allclose(fit.std_error["count"], plain.std_error["count"], rtol=1e-8)


def test_a_zero_part_that_tells_all_has_the_truncated_deviance():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("whole ~ x | z", APART, gk.Hurdle())
    null = gk.glm("whole ~ x | 1", APART, gk.Hurdle())
    binomial = gk.glm("I(whole > 0) ~ 1", APART, gk.Binomial())
    assert fit.deviance == pytest.approx(null.deviance - binomial.deviance, rel=1e-9)
    assert fit.fitted[APART["whole"] == 0].max() == 0.0
