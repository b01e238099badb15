"""Iterated weighted least squares that can be watched, and families as training losses."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk

WARP = gk.load_dataset("warpbreaks")
FITS = {
    "Poisson": lambda: gk.glm("breaks ~ wool * tension", WARP, "poisson"),
    "offset": lambda: gk.glm("breaks ~ wool", WARP, "poisson", offset=np.linspace(0, 1, 54)),
    "Gamma log": lambda: gk.glm("breaks ~ wool", WARP, gk.Gamma("log")),
    "negative binomial": lambda: gk.glm("breaks ~ wool", WARP, gk.NegativeBinomial(3)),
}


@pytest.mark.parametrize("name", FITS)
def test_each_fisher_step_is_a_weighted_regression_of_the_working_response(name):
    fit = FITS[name]()
    X, offset = fit.design.to_numpy(), fit.fit.problem.added
    at = fit.working().loc[1]
    root = np.sqrt(at["working_weight"].to_numpy())
    step = np.linalg.lstsq(
        root[:, None] * X, root * (at["working_response"].to_numpy() - offset), rcond=None
    )[0]
    coefficients = fit.trace.iloc[1][list(fit.coef.index)].to_numpy()
    np.testing.assert_allclose(step, coefficients, rtol=1e-8)


def test_every_iteration_and_row_is_there_with_the_caller_s_labels():
    fit = gk.glm("breaks ~ wool", WARP.set_axis([f"r{i}" for i in range(54)]), "poisson")
    working = fit.working()
    assert len(working) == 54 * fit.n_iter
    assert working.loc[fit.n_iter].index[0] == "r0"
    last = working.loc[fit.n_iter]["linear_predictor"]
    np.testing.assert_allclose(last, fit.linear_predictor, rtol=1e-12)


CANONICAL = (gk.Gaussian(), gk.Binomial(), gk.Bernoulli(), gk.Poisson())


@pytest.mark.parametrize("family", CANONICAL, ids=repr)
def test_the_gradient_of_a_canonical_loss_is_mu_less_y(family):
    y, eta = np.array([0.0, 1.0, 1.0]), np.array([-0.4, 0.3, 2.0])
    np.testing.assert_allclose(family.nll_gradient(y, eta), family.mean(eta).mu - y, rtol=1e-15)


ALL = (
    *(gk.Gaussian(link) for link in ("identity", "log", "inverse", "sqrt")),
    *(gk.Binomial(link) for link in ("logit", "probit", "cauchit", "cloglog", "loglog", "log")),
    *(
        family(link)
        for family in (gk.Poisson, gk.Gamma, gk.InverseGaussian)
        for link in ("log", "sqrt", "inverse")
    ),
    *(gk.NegativeBinomial(theta, link) for theta in (0.5, 40) for link in ("log", "sqrt", "identity")),
    *(gk.Tweedie(power, link) for power in (1, 1.01, 1.5, 2, 2.5, 3) for link in ("log", "sqrt")),
    *(gk.Quasi(variance, "log") for variance in ("mu", "mu^2", "mu^3", "constant")),
    gk.QuasiPoisson(),
    gk.QuasiBinomial("probit"),
)


@pytest.mark.parametrize("family", ALL, ids=repr)
def test_gradients_are_the_derivatives_of_the_losses(family):
    mu = np.array([0.2, 0.5, 0.8])
    y, eta = np.array([0.25, 0.5, 1.0]), family.link(mu)
    h = 1e-5
    numeric = (family.nll(y, eta + h) - family.nll(y, eta - h)) / (2 * h)
    # central differences: h^2 of truncation, 1e-16 / h of rounding
    np.testing.assert_allclose(family.nll_gradient(y, eta), numeric, rtol=1e-6, atol=1e-8)


NAMES = {
    "mean squared error": gk.Gaussian(),
    "binary cross-entropy with logits": gk.Bernoulli(),
    "Poisson NLL with log input": gk.Poisson(),
    "gamma NLL": gk.Gamma("log"),
    "negative binomial NLL with log input": gk.NegativeBinomial(1),
    "Tweedie NLL": gk.Tweedie(),
}


@pytest.mark.parametrize("name", NAMES)
def test_families_know_their_names_among_losses(name):
    assert NAMES[name].loss_name == name


def test_quasi_fits_use_t_and_f_and_say_why_there_is_no_aic():
    fit = gk.glm("breaks ~ wool", WARP, gk.QuasiPoisson())
    text = str(fit.summary())
    assert np.isnan(fit.aic)
    assert fit.dispersion == pytest.approx(fit.pearson_chi2 / fit.df_resid)
    assert "t value" in text
    assert "F = " in text
    assert "no likelihood" in text
