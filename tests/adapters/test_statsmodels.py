"""The spellings of statsmodels beside statsmodels itself, on the same data."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk

pytest.importorskip("statsmodels")
import statsmodels.api as sm
import statsmodels.formula.api as smf

FAMILIES = {
    "poisson": ("breaks ~ wool * tension", "warpbreaks", "poisson", sm.families.Poisson()),
    "binomial": ("low ~ age + lwt + smoke", "birthwt", "binomial", sm.families.Binomial()),
    "gaussian": ("Volume ~ Girth + Height", "trees", "gaussian", sm.families.Gaussian()),
    "gamma": (
        "Volume ~ Girth + Height",
        "trees",
        gk.Gamma("log"),
        sm.families.Gamma(sm.families.links.Log()),
    ),
    "probit": (
        "low ~ age + lwt",
        "birthwt",
        gk.Binomial("probit"),
        sm.families.Binomial(sm.families.links.Probit()),
    ),
}
# statsmodels stops at a change of the deviance of 1e-8: its coefficients are good to about 1e-7
RELATIVE = 1e-6


@pytest.fixture(scope="module", params=list(FAMILIES))
def both(request):
    formula, name, family, theirs = FAMILIES[request.param]
    data = gk.load_dataset(name)
    return gk.glm(formula, data, family), smf.glm(formula, data, family=theirs).fit(tol=1e-12)


@pytest.mark.parametrize("name", ["params", "bse", "pvalues"])
def test_coefficients_agree(both, name):
    ours, theirs = (getattr(fit, name) for fit in both)
    assert ours.index.tolist() == theirs.index.tolist()
    # a p value moves by its statistic times the statistic's own error
    np.testing.assert_allclose(ours, as_ours(both, name, theirs), rtol=1e-5, atol=1e-12)


def as_ours(both, name, theirs):
    """Their p values are normal also where the dispersion is estimated: ours from their statistics."""
    if name != "pvalues" or np.isinf(both[0].estimate.df):
        return theirs
    from scipy import stats

    return 2 * stats.t.sf(np.abs(both[1].tvalues), both[0].df_resid)


def test_statistics_agree(both):
    np.testing.assert_allclose(both[0].tvalues, both[1].tvalues, rtol=RELATIVE, atol=RELATIVE)


def test_covariances_agree(both):
    scale = np.sqrt(np.outer(np.diag(both[1].cov_params()), np.diag(both[1].cov_params())))
    np.testing.assert_allclose(both[0].cov_params() / scale, both[1].cov_params() / scale, atol=RELATIVE)


def test_fitted_values_agree(both):
    np.testing.assert_allclose(both[0].fittedvalues, both[1].fittedvalues, rtol=RELATIVE)


@pytest.mark.parametrize("kind", ["deviance", "pearson", "response", "working"])
def test_residuals_agree(both, kind):
    ours, theirs = (getattr(fit, f"resid_{kind}") for fit in both)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=RELATIVE * np.max(np.abs(theirs)))


def test_degrees_of_freedom_of_the_model_agree(both):
    assert both[0].df_model == both[1].df_model


def test_scales_agree(both):
    assert both[0].scale == pytest.approx(both[1].scale, rel=RELATIVE)


def test_normal_intervals_agree_where_the_dispersion_is_known():
    data = gk.load_dataset("warpbreaks")
    ours = gk.glm("breaks ~ wool", data, "poisson")
    theirs = smf.glm("breaks ~ wool", data, family=sm.families.Poisson()).fit(tol=1e-12)
    np.testing.assert_allclose(ours.conf_int(0.1), theirs.conf_int(0.1), rtol=RELATIVE)


@pytest.mark.parametrize("name", ["poisson", "binomial"])
def test_log_likelihoods_agree(name):
    formula, data, family, theirs = FAMILIES[name]
    data = gk.load_dataset(data)
    ours, theirs = gk.glm(formula, data, family), smf.glm(formula, data, family=theirs).fit(tol=1e-12)
    assert ours.llf == pytest.approx(theirs.llf, rel=1e-10)
    assert ours.llnull == pytest.approx(theirs.llnull, rel=1e-10)


def test_average_effects_on_several_levels_agree():
    births = gk.load_dataset("birthwt")
    X = sm.add_constant(births[["age", "lwt"]].astype(float))
    theirs = sm.MNLogit(births["race"], X).fit(disp=False, tol=1e-14, maxiter=100).get_margeff()
    ours = gk.glm("factor(race) ~ age + lwt", births, gk.Multinomial()).marginal_effects().frame
    np.testing.assert_allclose(ours["estimate"], theirs.margeff.ravel(), rtol=1e-8)
    np.testing.assert_allclose(ours["std_error"], theirs.margeff_se.ravel(), rtol=1e-8)
