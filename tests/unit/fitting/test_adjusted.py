"""Bias reduction: invariances, limits, and the penalised likelihood it maximises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import chdtri

import glmkit as gk
from glmkit.fitting import adjusted
from glmkit.inference.held import held_function
from glmkit.inference.likelihood import ratio_deviance
from glmkit.inference.refit import refit

METHODS = ("firth", "median", "jeffreys")
each_method = pytest.mark.parametrize("method", METHODS)
RNG = np.random.default_rng(11)
N = 40
DATA = pd.DataFrame({"x": RNG.normal(size=N).round(2), "g": np.resize(["a", "b", "c"], N)})
DATA["y"] = RNG.binomial(1, 1 / (1 + np.exp(-DATA["x"])))
DATA["count"] = RNG.poisson(np.exp(0.5 + 0.3 * DATA["x"]))
DATA["size"] = (np.exp(0.3 * DATA["x"]) * RNG.gamma(3.0, 1 / 3, size=N)).round(4)
DATA["k"] = np.resize([1, 2, 3], N)
FAMILIES = {
    "logit": ("y ~ x + g", gk.Binomial()),
    "probit": ("y ~ x + g", gk.Binomial("probit")),
    "loglog": ("y ~ x + g", gk.Binomial("loglog")),
    "log": ("count ~ x + g", gk.Poisson()),
    "sqrt": ("count ~ x + g", gk.Poisson("sqrt")),
    "negative binomial": ("count ~ x + g", gk.NegativeBinomial(2)),
    "gamma": ("size ~ x + g", gk.Gamma("log")),
    "inverse gaussian": ("size ~ x + g", gk.InverseGaussian("log")),
    "gaussian log": ("size ~ x + g", gk.Gaussian("log")),
    "quasi-Poisson": ("count ~ x + g", gk.QuasiPoisson()),
    "quasi": ("size ~ x + g", gk.Quasi("mu^2", "log")),
}
each_family = pytest.mark.parametrize("name", FAMILIES)


def fit_of(name, method, data=DATA, **arguments):
    formula, family = FAMILIES[name]
    return gk.glm(formula, data, family, method=method, **arguments)


def test_jeffreys_prior_is_flat_where_the_information_does_not_depend_on_the_mean():
    one, two = fit_of("sqrt", "jeffreys"), fit_of("sqrt", "ml")
    np.testing.assert_allclose(one.coef, two.coef, atol=1e-9)


@each_family
@each_method
def test_every_family_and_link_converges_to_an_adjusted_estimate(name, method):
    fit, plain = fit_of(name, method), fit_of(name, "ml")
    assert fit.converged
    moved = np.abs((fit.coef - plain.coef) / plain.std_error).to_numpy()
    assert moved.max() < 0.5  # bias is a fraction of a standard error


@each_family
@each_method
def test_frequency_weights_equal_replicated_rows(name, method):
    weighted = fit_of(name, method, freq_weights="k")
    replicated = fit_of(name, method, DATA.loc[DATA.index.repeat(DATA["k"])])
    np.testing.assert_allclose(weighted.coef, replicated.coef, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(weighted.std_error, replicated.std_error, rtol=1e-7)


@each_method
def test_heavy_replication_tends_to_maximum_likelihood(method):
    plain = fit_of("logit", "ml")
    distances = [
        np.abs(fit_of("logit", method, freq_weights=np.full(N, k)).coef - plain.coef).max()
        for k in (1e2, 1e4, 1e6)
    ]
    # the adjustment is of order 1 / n
    np.testing.assert_allclose(np.diff(np.log10(distances)), -2.0, atol=0.05)


@each_method
def test_grouped_and_single_trials_agree(method):
    grouped = DATA.groupby("g", as_index=False).agg(y=("y", "sum"), n=("y", "size"))
    one = gk.glm("y ~ g", DATA, "binomial", method=method)
    two = gk.glm("cbind(y, n - y) ~ g", grouped, "binomial", method=method)
    np.testing.assert_allclose(one.coef, two.coef, atol=1e-9)


@each_method
@pytest.mark.filterwarnings("ignore::glmkit.AliasedWarning")
def test_aliased_columns_are_left_out(method):
    fit = gk.glm("y ~ x + I(2 * x) + g", DATA, "binomial", method=method)
    assert fit.aliased["I(2 * x)"]
    np.testing.assert_allclose(fit.coef.dropna(), fit_of("logit", method).coef, atol=1e-9)


@each_method
def test_a_linear_model_has_no_bias_to_reduce(method):
    reduced, plain = (gk.glm("size ~ x + g", DATA, "gaussian", method=m) for m in (method, "ml"))
    np.testing.assert_array_equal(reduced.coef, plain.coef)


@each_method
def test_rows_of_weight_zero_do_not_count(method):
    weights = np.where(np.arange(N) % 5 == 0, 0.0, 1.0)
    one = fit_of("probit", method, weights=weights)
    two = fit_of("probit", method, DATA[weights > 0])
    np.testing.assert_allclose(one.coef, two.coef, atol=1e-9)


@each_method
def test_a_constant_offset_moves_only_the_intercept(method):
    plain, moved = fit_of("log", method), fit_of("log", method, offset=np.full(N, 0.4))
    difference = (plain.coef - moved.coef).to_numpy()
    np.testing.assert_allclose(difference, [0.4, 0, 0, 0], atol=1e-8)


def test_firth_and_jeffreys_agree_for_a_canonical_link_and_not_otherwise():
    one, two = fit_of("logit", "firth"), fit_of("logit", "jeffreys")
    np.testing.assert_allclose(one.coef, two.coef, atol=1e-12)
    assert abs(fit_of("probit", "firth").coef - fit_of("probit", "jeffreys").coef).max() > 1e-3


def test_mean_is_another_name_of_firth():
    np.testing.assert_array_equal(fit_of("logit", "mean").coef, fit_of("logit", "firth").coef)


def test_theta_may_be_estimated_with_bias_reduced_coefficients():
    data = gk.load_dataset("quine")
    fit = gk.glm("Days ~ Sex + Age", data, gk.NegativeBinomial(), method="firth")
    held = gk.glm("Days ~ Sex + Age", data, gk.NegativeBinomial(fit.theta), method="firth")
    np.testing.assert_allclose(fit.coef, held.coef, atol=1e-9)


def penalised(link, X, y, fixed=None):
    """Return the least penalised deviance by a general optimiser, coefficient 1 held at a value."""
    family = gk.Binomial(link)

    def objective(beta):
        m = family.mean(X @ beta)
        information = X.T @ (family.working_weight(m)[:, None] * X)
        return family.unit_deviance(y, m).sum() - np.linalg.slogdet(information)[1]

    free = [j for j in range(X.shape[1]) if fixed is None or j != 1]
    whole = np.zeros(X.shape[1])

    def of_free(values):
        whole[free] = values
        whole[1] = whole[1] if fixed is None else fixed
        return objective(whole)

    found = minimize(of_free, np.zeros(len(free)), method="BFGS", options={"gtol": 1e-9})
    return float(found.fun)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_jeffreys_maximises_the_penalised_likelihood(link):
    fit = gk.glm("y ~ x + g", DATA, gk.Binomial(link), method="jeffreys")
    least = penalised(link, fit.design.to_numpy(), DATA["y"].to_numpy(float))
    assert fit.fit.penalised_deviance == pytest.approx(least, abs=1e-8)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_a_profile_keeps_the_prior_of_the_whole_model(link):
    fit = gk.glm("y ~ x + g", DATA, gk.Binomial(link), method="jeffreys")
    X, value = fit.design.to_numpy(), 1.5
    held = refit(fit, np.array([0, 2, 3]), added=value * X[:, 1])
    assert held.penalised_deviance == pytest.approx(
        penalised(link, X, DATA["y"].to_numpy(float), value), abs=1e-8
    )


def test_refits_use_the_method_of_the_model():
    fit = fit_of("probit", "median")
    np.testing.assert_allclose(refit(fit).gamma, fit.fit.gamma, atol=1e-12)


def test_deviance_in_the_trace_is_the_deviance():
    fit = fit_of("probit", "firth")
    assert fit.trace["deviance"].iloc[-1] == pytest.approx(fit.deviance, rel=1e-12)


def test_an_unknown_method_is_refused_by_name():
    with pytest.raises(gk.FitError, match='"firth"'):
        fit_of("logit", "bayes")


def test_the_summary_names_the_method_and_makes_no_likelihood_ratio_test():
    text = str(fit_of("logit", "firth").summary())
    assert "Firth" in text
    assert "Against the null" not in text


def test_separation_points_to_bias_reduction():
    with pytest.warns(gk.SeparationWarning, match='method="firth"'):
        gk.glm("y ~ x", {"x": [1.0, 2, 3, 4], "y": [0, 0, 1, 1]}, "binomial")


@each_method
@pytest.mark.parametrize("seed", range(12))
def test_random_separated_data_have_finite_estimates(method, seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 30))
    data = pd.DataFrame({"a": rng.normal(size=n), "b": rng.binomial(1, 0.3, size=n).astype(float)})
    data["y"] = (data["a"] > 0).astype(int)
    link = ("logit", "probit", "cloglog")[seed % 3]
    fit = gk.glm("y ~ a + b", data, gk.Binomial(link), method=method)
    assert fit.converged
    assert np.isfinite(fit.coef.dropna()).all()


def test_a_penalised_likelihood_ratio_is_never_negative():
    fit = gk.glm("y ~ x + g", DATA, "binomial", method="firth")
    without = refit(fit, np.array([0, 2, 3]))
    ratio = ratio_deviance(without) - ratio_deviance(fit.fit)
    assert ratio > 0
    # of the order of the Wald statistic
    assert 0.3 < ratio / fit.statistic["x"] ** 2 < 3


@pytest.mark.parametrize(
    ("name", "method"), [("probit", "firth"), ("logit", "median"), ("gamma", "jeffreys")]
)
def test_methods_without_a_likelihood_refuse_likelihood_ratios(name, method):
    with pytest.raises(gk.FitError, match="no likelihood"):
        ratio_deviance(fit_of(name, method).fit)


@pytest.mark.parametrize(
    ("link", "method"), [("logit", "firth"), ("logit", "jeffreys"), ("probit", "jeffreys")]
)
def test_profile_intervals_end_where_the_penalised_likelihood_ratio_is_the_quantile(link, method):
    fit = gk.glm("y ~ x + g", DATA, gk.Binomial(link), method=method)
    X, y = fit.design.to_numpy(), DATA["y"].to_numpy(float)
    low, high = fit.confint().loc["x"]
    assert low < fit.coef["x"] < high
    for end in (low, high):
        rise = penalised(link, X, y, end) - fit.fit.penalised_deviance
        assert rise == pytest.approx(chdtri(1, 0.05), abs=1e-6)


def test_profile_intervals_of_separated_data_are_finite_where_wald_fails():
    data = {"x": [1.0, 2, 3, 4, 5, 6, 7, 8], "y": [0, 0, 0, 0, 1, 1, 1, 1]}
    fit = gk.glm("y ~ x", data, "binomial", method="firth")
    profile, wald = fit.confint().loc["x"], fit.confint("wald").loc["x"]
    assert profile["conf_low"] > 0 > wald["conf_low"]
    X = np.column_stack([np.ones(8), data["x"]])
    rise = penalised("logit", X, np.array(data["y"], float), profile["conf_low"]) - fit.fit.penalised_deviance
    assert rise == pytest.approx(chdtri(1, 0.05), abs=1e-6)


def test_a_penalised_profile_has_the_slope_of_its_curve():
    fit = gk.glm("y ~ x + g", DATA, gk.Binomial("probit"), method="jeffreys")
    line = held_function(fit, np.array([0.0, 1.0, 0.0, 0.0]))
    at, h = 1.1, 1e-4
    below, here, above = (line.at(value, np.zeros(3)) for value in (at - h, at, at + h))
    assert here.slope == pytest.approx((above.deviance - below.deviance) / (2 * h), rel=1e-6)


def test_a_model_of_one_coefficient_has_a_penalised_profile():
    fit = gk.glm("y ~ 1", DATA, "binomial", method="firth")
    low, high = fit.confint().loc["Intercept"]
    assert low < fit.coef["Intercept"] < high


@pytest.mark.parametrize(
    ("name", "method"), [("probit", "firth"), ("logit", "median"), ("gamma", "jeffreys")]
)
def test_intervals_are_wald_s_where_there_is_no_likelihood_to_profile(name, method):
    fit = fit_of(name, method)
    pd.testing.assert_frame_equal(fit.confint(), fit.confint("wald"))
    with pytest.raises(gk.FitError, match="no likelihood"):
        fit.confint("profile")


def test_score_intervals_of_bias_reduced_fits_are_refused():
    with pytest.raises(gk.FitError, match="Score intervals"):
        fit_of("logit", "firth").confint("score")


@each_method
def test_tables_of_deviance_use_wald_and_refuse_likelihood_ratios(method):
    fit = fit_of("logit", method)
    assert "Wald" in str(fit.anova())
    with pytest.raises(gk.FitError, match="maximum likelihood"):
        fit.anova(test="LRT")
    with pytest.raises(gk.FitError, match="maximum likelihood"):
        gk.lr_test(gk.glm("y ~ x", DATA, "binomial", method=method), fit)
    with pytest.raises(gk.FitError, match="maximum likelihood"):
        fit.step()


def test_as_many_columns_as_rows_are_not_started_from_everywhere(monkeypatch):
    data = pd.DataFrame({"y": [3.0, 1.0, 7.0, 2.0], "x": [0.1, -0.6, 1.4, 0.5], "z": [1.0, 0.3, -0.8, 0.9]})
    made = []
    scoring = adjusted.fisher_scoring
    monkeypatch.setattr(adjusted, "fisher_scoring", lambda *a, **k: made.append(1) or scoring(*a, **k))
    with pytest.warns(gk.GlmkitWarning, match="did not converge"):
        gk.glm("y ~ x * z", data, "Gamma", method="jeffreys")
    assert len(made) == 1


def test_a_path_without_halvings_is_not_gone_again_with_leave_to_rise(monkeypatch):
    data = pd.DataFrame({"y": [3.0, 1.0, 7.0, 2.0, 9.0], "x": [0.1, -0.6, 1.4, 0.5, 1.1]})
    rises, scoring = [], adjusted.fisher_scoring

    def cut_short(*args, rise=0.0):
        rises.append(rise)
        return scoring(*args, rise=rise)._replace(converged=False, reason="iterations")

    monkeypatch.setattr(adjusted, "fisher_scoring", cut_short)
    with pytest.warns(gk.ConvergenceWarning):
        gk.glm("y ~ x", data, gk.Gamma("log"), method="median")
    assert rises == [0.0, 0.0, 0.0]
