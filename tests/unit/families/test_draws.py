"""Draws far beyond NumPy's integers."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk


@pytest.mark.parametrize("family", [gk.Poisson(), gk.Tweedie(1.5), gk.NegativeBinomial(theta=2.0)], ids=repr)
def test_means_beyond_integers_are_drawn_from(family):
    mean = family.mean(np.log(np.array([1e25, 3.0])))
    draws = np.array([family.rvs(mean, 1.0, None, None, np.random.default_rng(seed)) for seed in range(200)])
    assert np.all(np.isfinite(draws))
    assert 0.5 < np.median(draws[:, 0]) / 1e25 < 2.0


def test_small_means_are_drawn_as_ever():
    mean = gk.Poisson().mean(np.log(np.array([2.0, 30.0])))
    drawn = gk.Poisson().rvs(mean, 1.0, None, None, np.random.default_rng(5))
    np.testing.assert_array_equal(drawn, np.random.default_rng(5).poisson(mean.mu))


@pytest.mark.parametrize(
    "family",
    [gk.Gaussian(), gk.Gamma("log"), gk.InverseGaussian("log"), gk.Tweedie(1.5), gk.Tweedie(2.5)],
    ids=repr,
)
@pytest.mark.parametrize("dispersion", [0.0, 5e-324, 1e-40])
def test_without_spread_the_mean_is_drawn(family, dispersion):
    mean = family.mean(family.link(np.array([1.0, 3.5])))
    drawn = family.rvs(mean, dispersion, None, None, np.random.default_rng(1))
    np.testing.assert_array_equal(drawn, mean.mu)


@pytest.mark.parametrize("family", [gk.Poisson(), gk.Tweedie(1.5), gk.NegativeBinomial(theta=2.0)], ids=repr)
@pytest.mark.parametrize("dispersion", [0.0, 1.0])
def test_a_mean_of_zero_is_drawn_as_zero(family, dispersion):
    mean = family.mean(np.array([-np.inf, -np.inf]))
    drawn = family.rvs(mean, dispersion, None, None, np.random.default_rng(1))
    np.testing.assert_array_equal(drawn, [0.0, 0.0])


def test_a_huge_number_of_trials_is_drawn_from():
    mean = gk.Binomial().mean(np.array([0.0]))
    drawn = gk.Binomial().rvs(mean, 1.0, np.array([1e20]), None, np.random.default_rng(1))
    assert drawn[0] == pytest.approx(0.5, abs=1e-8)  # its standard deviation is 5e-11


def test_a_tiny_theta_draws_zeros():
    family = gk.NegativeBinomial(theta=1e-300)
    drawn = family.rvs(family.mean(np.array([1.0, 2.0])), 1.0, None, None, np.random.default_rng(1))
    np.testing.assert_array_equal(drawn, [0.0, 0.0])


def test_beta_draws_without_an_inner_law_are_its_limits():
    drawn = gk.Beta().rvs(np.array([[-800.0, 1.0], [0.0, 800.0]]), None, np.random.default_rng(1))
    assert drawn.tolist() == [0.0, 0.5]
