"""Beta and beta-binomial regression: R's direct maxima, and the expected information by integration."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "reference" / "fixtures" / "beta_from_r.json").read_text()
)
DATA, CASES = pd.DataFrame(REFERENCE["data"]), REFERENCE["cases"]


@pytest.mark.parametrize("name", CASES)
def test_the_fit_is_r_s_direct_maximum(name):
    case = CASES[name]
    fit = gk.glm(case["formula"], DATA, gk.Beta(case["link"]))
    # a millionth of a standard error: Newton's steps on numerical derivatives stop there
    away = np.abs(fit.coef.to_numpy() - case["coef"]) / np.array(case["std_error"])
    assert away.max() < 1e-6
    np.testing.assert_allclose(fit.std_error, case["std_error"], rtol=1e-6)
    assert fit.loglik == pytest.approx(case["loglik"], rel=1e-11)
    np.testing.assert_allclose(fit.fitted[:6], case["fitted"], rtol=1e-6)


def test_the_curvature_is_the_expected_one():
    family = gk.Beta("probit", "sqrt")
    eta = np.array([[0.4, 2.5]])
    nodes, weights = np.polynomial.legendre.leggauss(400)
    y, share = (nodes[:, None] + 1) / 2, weights / 2
    rows = np.broadcast_to(eta, (400, 2))
    density = np.exp(-0.5 * family.unit_deviance(y, rows))
    step = 1e-5 * np.eye(2)
    observed = np.stack(
        [(family.gradient(y, rows - s) - family.gradient(y, rows + s)) / 2e-5 for s in step], axis=2
    )
    expected = np.einsum("n,nkl->kl", share * density, observed)
    # Legendre's rule at the ends of the density, and differences of step 1e-5
    np.testing.assert_allclose(family.curvature(y[:1], eta)[0], expected, rtol=1e-5)


def test_the_gradient_is_minus_half_the_slope_of_the_deviance():
    family, rng = gk.Beta("cloglog"), np.random.default_rng(2)
    y, eta = rng.uniform(0.01, 0.99, (30, 1)), rng.normal(size=(30, 2))
    slope = np.stack(
        [
            (family.unit_deviance(y, eta + s) - family.unit_deviance(y, eta - s)) / 2e-6
            for s in 1e-6 * np.eye(2)
        ],
        axis=1,
    )
    np.testing.assert_allclose(family.gradient(y, eta), -slope / 2, rtol=1e-6, atol=1e-7)


def test_turning_the_response_round_turns_the_mean():
    one = gk.glm("y ~ x | x", DATA, gk.Beta())
    other = gk.glm("y ~ x | x", DATA.assign(y=1 - DATA["y"]), gk.Beta())
    np.testing.assert_allclose(other.coef["mean"], -one.coef["mean"], rtol=1e-7)
    np.testing.assert_allclose(other.coef["precision"], one.coef["precision"], rtol=1e-7)


def test_precision_links_are_the_same_model_when_it_is_constant():
    log, identity = (gk.glm("y ~ x", DATA, gk.Beta(precision_link=link)) for link in ("log", "identity"))
    phi = np.exp(log.coef["precision", "Intercept"])
    assert identity.coef["precision", "Intercept"] == pytest.approx(phi, rel=1e-7)
    np.testing.assert_allclose(identity.std_error["mean"], log.std_error["mean"], rtol=1e-7)


def test_quantile_residuals_and_simulated_rates():
    fit = gk.glm("y ~ x | x", DATA, gk.Beta())
    assert fit.residuals("quantile").std() == pytest.approx(1.0, abs=0.2)
    drawn = fit.simulate(200, seed=1)
    assert ((drawn > 0) & (drawn < 1)).all(axis=None)
    # 12000 draws
    np.testing.assert_allclose(drawn.to_numpy().mean(), fit.fitted.mean(), atol=0.01)


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1])
def test_rates_on_or_beyond_the_ends_are_refused(value):
    with pytest.raises(gk.FamilyError, match="strictly between 0 and 1"):
        gk.glm("y ~ x", DATA.assign(y=DATA["y"].where(DATA.index != 2, value)), gk.Beta())


@pytest.mark.parametrize("name", REFERENCE["counts"])
def test_counts_of_successes_are_r_s_direct_maximum(name):
    case = REFERENCE["counts"][name]
    fit = gk.glm(case["formula"], DATA, gk.BetaBinomial(case["link"]))
    away = np.abs(fit.coef.to_numpy() - case["coef"]) / np.array(case["std_error"])
    assert away.max() < 1e-6
    np.testing.assert_allclose(fit.std_error, case["std_error"], rtol=1e-6)
    assert fit.loglik == pytest.approx(case["loglik"], rel=1e-11)


def test_trials_as_weights_are_trials():
    data = gk.load_dataset("menarche")
    one = gk.glm("cbind(Menarche, Total - Menarche) ~ Age", data, gk.BetaBinomial())
    other = gk.glm("Menarche / Total ~ Age", data, gk.BetaBinomial(), weights="Total")
    np.testing.assert_allclose(other.coef, one.coef, rtol=1e-9)
    assert other.loglik == pytest.approx(one.loglik, rel=1e-12)


def test_probabilities_of_successes_sum_to_one():
    family = gk.BetaBinomial()
    k = np.arange(8.0)
    p = np.exp(-0.5 * family.unit_deviance(np.column_stack([k, np.full(8, 7.0)]), np.full((8, 2), 0.4)))
    assert p.sum() == pytest.approx(1.0, rel=1e-12)
    mean, variance = k @ p / 7, k**2 @ p / 49 - (k @ p / 7) ** 2
    mu, phi = 1 / (1 + np.exp(-0.4)), np.exp(0.4)
    assert mean == pytest.approx(mu, rel=1e-12)
    assert variance == pytest.approx(mu * (1 - mu) / 7 * (1 + 6 / (1 + phi)), rel=1e-12)


def test_a_sure_rate_gives_the_binomial_likelihood():
    data = gk.load_dataset("menarche")
    binomial = gk.glm("cbind(Menarche, Total - Menarche) ~ Age", data, gk.Binomial())
    family = gk.BetaBinomial()
    eta = np.column_stack([binomial.linear_predictor, np.full(len(data), np.log(1e6))])
    y = np.column_stack([data["Menarche"], data["Total"]]).astype(float)
    # the variance is 1 + 1e-3 times the binomial's
    assert -0.5 * family.unit_deviance(y, eta).sum() == pytest.approx(binomial.loglik, rel=1e-4)


def test_single_trials_are_refused():
    with pytest.raises(gk.FamilyError, match="more than one trial"):
        gk.glm("z ~ x", DATA.assign(z=(DATA["y"] > 0.5) * 1), gk.BetaBinomial())


def test_arrays_give_a_constant_precision():
    X = np.column_stack([np.ones(len(DATA)), DATA["x"]])
    fit = gk.glm_fit(X, DATA["y"], gk.Beta(), names=["one", "x"])
    np.testing.assert_allclose(fit.coef, gk.glm("y ~ x", DATA, gk.Beta()).coef, rtol=1e-8)
    assert fit.coef["precision"].index.tolist() == ["Intercept"]


def test_counts_that_vary_no_more_than_binomial_ones_are_said_to():
    data = pd.DataFrame({"k": [3, 4, 3, 4, 3, 4], "n": 7})
    with pytest.warns(gk.BoundaryWarning, match="predictor of precision is on its way to infinity"):
        gk.glm("cbind(k, n - k) ~ 1", data, gk.BetaBinomial())
