"""Special functions against mpmath, in units of the last place."""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest

from glmkit.numerics.special import (
    gamma_divergence,
    inverse_mills,
    log1mexp,
    log1pexp,
    log_normal_cdf,
    log_odds,
    normal_cdf,
    normal_density,
    relative_entropy,
)

EPSILON = 2.0**-52
UNITS = 6.0  # of the last place: the largest error seen is 4.5
DIGITS = 350  # exp(-700) is as small as 1e-304, and 1 - exp(-700) has to show it


def units_off(got: np.ndarray, truth: Callable[..., mp.mpf], *arguments: np.ndarray) -> float:
    """Return the largest error in units of the last place; subnormal truths have fewer places."""
    with mp.workdps(DIGITS):
        exact = [truth(*(mp.mpf(float(value)) for value in row)) for row in zip(*arguments, strict=True)]
        errors = [
            abs(mp.mpf(float(value)) - target) / max(abs(target), mp.mpf(1e-300))
            for value, target in zip(got, exact, strict=True)
        ]
    return float(max(errors)) / EPSILON


def cdf(x: mp.mpf) -> mp.mpf:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def entropy(y: mp.mpf, mu: mp.mpf) -> mp.mpf:
    return y * mp.log(y / mu) - (y - mu)


UNIFORM = np.random.default_rng(1).uniform(size=400)
TAILS = np.concatenate([np.linspace(-38.0, 38.0, 153), 4.0 * UNIFORM[:200] - 2.0])
NEGATIVE = -(10.0 ** (22.0 * UNIFORM - 20.0))
MU = 10.0 ** (200.0 * UNIFORM - 100.0)
RATIO = np.exp(np.random.default_rng(2).normal(size=400) * 10.0 ** np.linspace(-15.0, 2.0, 400))


def test_log1mexp():
    assert units_off(log1mexp(NEGATIVE), lambda x: mp.log(-mp.expm1(x)), NEGATIVE) < UNITS


def test_log1pexp():
    x = 800.0 * UNIFORM - 700.0
    assert units_off(log1pexp(x), lambda x: mp.log1p(mp.exp(x)), x) < UNITS


def test_log_odds_near_one_half():
    comu = 0.5 + (UNIFORM - 0.5) * 10.0 ** np.linspace(-14.0, 0.0, 400)
    mu = 1.0 - comu  # exact, or comu is adjusted to it
    comu = 1.0 - mu
    assert units_off(log_odds(mu, comu), lambda a, b: mp.log(a / b), mu, comu) < UNITS


def test_log_odds_in_both_tails():
    small, large = 10.0 ** (-300.0 * UNIFORM - 20.0 * EPSILON - 17.0), np.ones(400)
    small = np.maximum(small, 1e-307)
    assert units_off(log_odds(small, large), lambda a, b: mp.log(a / b), small, large) < UNITS
    np.testing.assert_array_equal(log_odds(large, small), -log_odds(small, large))


def test_log_odds_of_the_ends_are_infinite():
    np.testing.assert_array_equal(log_odds(np.array([0.0, 1.0]), np.array([1.0, 0.0])), [-np.inf, np.inf])


def test_normal_density():
    assert units_off(normal_density(TAILS), mp.npdf, TAILS) < UNITS


def test_normal_density_vanishes_far_out():
    np.testing.assert_array_equal(normal_density(np.array([-np.inf, -1e300, 50.0, np.inf])), 0.0)


def test_normal_cdf():
    assert units_off(normal_cdf(TAILS), cdf, TAILS) < UNITS


def test_normal_cdf_at_the_ends():
    np.testing.assert_array_equal(normal_cdf(np.array([-np.inf, -1e300, 50.0, np.inf])), [0.0, 0.0, 1.0, 1.0])


def test_log_normal_cdf():
    def truth(x):
        return mp.log(cdf(x)) if x < 0 else mp.log1p(-cdf(-x))

    assert units_off(log_normal_cdf(TAILS), truth, TAILS) < UNITS


def test_log_normal_cdf_far_out():
    x = np.array([-1e100, -1e10])
    np.testing.assert_allclose(log_normal_cdf(x), -0.5 * x * x, rtol=1e-15)  # minus log(-x), under rounding


def test_inverse_mills():
    assert units_off(inverse_mills(TAILS), lambda x: mp.npdf(x) / cdf(x), TAILS) < UNITS


def test_inverse_mills_far_out_is_minus_x():
    np.testing.assert_allclose(inverse_mills(np.array([-1e10, -1e200])), [1e10, 1e200], rtol=1e-15)


def test_relative_entropy_from_equal_to_far_apart():
    y = MU * RATIO
    assert units_off(relative_entropy(y, MU), entropy, y, MU) < UNITS


def test_relative_entropy_of_neighbouring_doubles():
    y = np.nextafter(MU, np.inf)
    assert units_off(relative_entropy(y, MU), entropy, y, MU) < UNITS


def test_relative_entropy_where_the_ratio_overflows_or_vanishes():
    y, mu = np.array([1e200, 1e-200, 1e-300]), np.array([1e-200, 1e200, 1e300])
    assert units_off(relative_entropy(y, mu), entropy, y, mu) < UNITS


def test_relative_entropy_is_zero_only_at_equality():
    np.testing.assert_array_equal(relative_entropy(MU, MU), 0.0)
    assert np.all(relative_entropy(np.nextafter(MU, 0.0), MU) > 0.0)


@pytest.mark.parametrize(
    ("y", "mu", "value"), [(0.0, 0.0, 0.0), (0.0, 2.5, 2.5), (1.0, 0.0, np.inf), (0.0, np.inf, np.inf)]
)
def test_relative_entropy_at_the_edges(y, mu, value):
    assert relative_entropy(np.array([y]), np.array([mu])) == value


def test_relative_entropy_of_missing_values_is_missing():
    assert np.all(np.isnan(relative_entropy(np.array([np.nan, 1.0]), np.array([1.0, np.nan]))))


def test_relative_entropy_broadcasts():
    assert relative_entropy(np.array([1.0, 2.0]), np.array(1.0)).shape == (2,)


def test_gamma_divergence_from_equal_to_far_apart():
    y = MU * RATIO
    assert units_off(gamma_divergence(y, MU), lambda y, mu: (y - mu) / mu - mp.log(y / mu), y, MU) < UNITS


def test_gamma_divergence_of_zero_is_infinite():
    assert gamma_divergence(np.array([0.0]), np.array([1.0])) == np.inf
