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
