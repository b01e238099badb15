"""Fits to arrays, held to closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk
from glmkit.design.dense import DenseDesign
from glmkit.families.binomial import Binomial
from glmkit.families.positive import Gamma
from glmkit.families.standard import Gaussian, Poisson
from glmkit.fitting.glm import fit_glm
from glmkit.fitting.pace import error_left
from glmkit.fitting.problem import Problem
from glmkit.fitting.scoring import Control
from glmkit.numerics.factor import qr_factor
from glmkit.numerics.least_squares import refined_inverse

CONTROL = Control()


def problem(y, X, weights=None, constant=0, **more):
    a = np.zeros(X.shape[1])
    a[constant] = 1.0
    weights = np.ones(len(y)) if weights is None else weights
    return Problem(DenseDesign(np.asfortranarray(X)), np.asarray(y, float), weights, constant=a, **more)


def test_two_poisson_groups_have_the_logarithms_of_their_means():
    y, group = np.array([2.0, 4, 6, 10, 14]), np.array([0.0, 0, 0, 1, 1])
    fit = fit_glm(problem(y, np.column_stack([np.ones(5), group])), Poisson(), CONTROL)
    np.testing.assert_allclose(fit.gamma, [np.log(4), np.log(3)], rtol=1e-14)
    # the information is that of the last step, 1e-9 standard errors away at the most
    np.testing.assert_allclose(np.diag(fit.inverse), [1 / 12, 1 / 12 + 1 / 24], rtol=1e-9)


def test_a_two_by_two_table_has_its_log_odds_ratio_and_woolf_error():
    y, trials = np.array([0.3, 0.6]), np.array([40.0, 50.0])
    X = np.array([[1.0, 0.0], [1.0, 1.0]])
    fit = fit_glm(problem(y, X, trials, trials=trials), Binomial(), CONTROL)
    np.testing.assert_allclose(fit.gamma[1], np.log((30 * 28) / (20 * 12)), rtol=1e-12)
    np.testing.assert_allclose(fit.inverse[1, 1], 1 / 12 + 1 / 28 + 1 / 30 + 1 / 20, rtol=1e-12)


def test_a_gaussian_fit_is_least_squares():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(30), rng.normal(size=(30, 3))])
    y = rng.normal(size=30)
    fit = fit_glm(problem(y, X), Gaussian(), CONTROL)
    np.testing.assert_allclose(fit.gamma, np.linalg.lstsq(X, y, rcond=None)[0], rtol=1e-11)
    assert len(fit.trace) == 1


def test_far_columns_are_centred_and_come_back():
    rng = np.random.default_rng(1)
    x = 1.7e9 + rng.integers(0, 10_000_000, size=200)
    y = rng.poisson(np.exp(1 + 1e-7 * (x - 1.7e9))).astype(float)
    far = fit_glm(problem(y, np.column_stack([np.ones(200), x])), Poisson(), CONTROL)
    near = fit_glm(problem(y, np.column_stack([np.ones(200), x - 1.7e9])), Poisson(), CONTROL)
    assert far.centring.moves
    np.testing.assert_allclose(far.gamma[1], near.gamma[1], rtol=1e-9)
    np.testing.assert_allclose(
        far.centring.to_original(far.gamma)[0], near.gamma[0] - 1.7e9 * near.gamma[1], rtol=1e-9
    )


def test_rows_of_zero_weight_do_not_count():
    y, X = np.array([1.0, 2, 4, 1e6]), np.column_stack([np.ones(4), [0.0, 1, 2, 1e9]])
    fit = fit_glm(problem(y, X, np.array([1.0, 1, 1, 0])), Poisson(), CONTROL)
    without = fit_glm(problem(y[:3], X[:3]), Poisson(), CONTROL)
    np.testing.assert_allclose(fit.gamma, without.gamma, rtol=1e-9)
    assert (fit.nobs, fit.df_resid, fit.deviance) == (3, 1, pytest.approx(without.deviance))


def test_dependent_columns_are_dropped_from_the_right_with_their_combination():
    x = np.arange(8.0)
    X = np.column_stack([np.ones(8), x, 3 * x - 2, x**2])
    fit = fit_glm(problem(np.arange(8.0) + 1, X), Poisson(), CONTROL)
    assert fit.kept.tolist() == [0, 1, 3]
    np.testing.assert_allclose(fit.independence.combinations[:, 0], [-2, 3, 0], atol=1e-12)


def test_null_deviance_with_an_offset_refits_the_intercept():
    data = gk.load_dataset("insurance_claims")
    fit = gk.glm("Claims ~ District + Group + Age + offset(log(Holders))", data, "poisson")
    assert fit.null_deviance == pytest.approx(236.259, abs=5e-4)


def test_null_deviance_without_intercept_is_that_of_the_offset_alone():
    fit = gk.glm("breaks ~ 0 + wool", gk.load_dataset("warpbreaks"), "poisson")
    assert fit.null_deviance == pytest.approx(7511.316, abs=5e-4)
    assert fit.df_null == 54


@pytest.mark.parametrize(
    "family", [Gamma("inverse"), Gamma("identity"), Gaussian("inverse"), Poisson("identity")]
)
def test_the_deviance_never_rises_along_the_iterations(family):
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(40), rng.uniform(0, 5, size=40)])
    y = rng.poisson(3 + X[:, 1]) + 1.0
    fit = fit_glm(problem(y, X), family, CONTROL)
    deviances = np.array([line.deviance for line in fit.trace])
    assert np.all(deviances[1:] <= deviances[:-1] * (1 + 1e-12))
    assert fit.converged


def test_error_left_extrapolates_a_geometric_series():
    assert error_left(0.5, 1.0) == pytest.approx(0.5)
    assert error_left(1.0, 1.0) == np.inf
    assert error_left(1e-6, np.inf) == 0.0


def test_a_perfect_fit_converges_where_only_the_rounding_of_the_predictor_is_left():
    x = np.linspace(0.0, 2.0, 12)
    fit = gk.glm("y ~ x", {"y": np.exp(8.0 + 2.0 * x), "x": x}, gk.Gaussian("log"))
    assert fit.converged
    np.testing.assert_allclose(fit.coef, [8.0, 2.0], rtol=1e-14)


def test_the_inverse_of_many_ill_conditioned_rows_comes_from_qr_and_keeps_its_digits():
    rng = np.random.default_rng(2)
    X = np.column_stack([np.ones(3000), rng.normal(size=(3000, 38))])
    X = np.column_stack([X, X[:, 1] + 1e-5 * rng.normal(size=3000)])
    fit = fit_glm(problem(rng.poisson(3.0, 3000), X), Poisson(), CONTROL)
    assert 1e5 < fit.factor.condition < 1e6
    rows = fit.independence.design.dense() * np.sqrt(fit.mean.mu)[:, None]
    exact = refined_inverse(rows, qr_factor(rows))
    # Of the Gram matrix alone, which leaves the square of the condition, 1e-6.
    np.testing.assert_allclose(np.diag(fit.inverse), np.diag(exact), rtol=1e-9)
    assert np.abs(np.diag(fit.factor.inverse()) / np.diag(exact) - 1.0).max() > 1e-8
