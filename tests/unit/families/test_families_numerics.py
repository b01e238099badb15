"""The kernels of deviances and likelihoods, where their defining formulas fail."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.families import Bernoulli, Binomial, Gamma, Gaussian, InverseGaussian, Mean, Poisson
from glmkit.families._kernels import gamma_kernel, log_choose_ratio, relative_entropy, stirling_error
from glmkit.families._quantiles import count_quantile, positive_quantile

mp.mp.dps = 60
ONE = np.ones(1)


def at(mu):
    mu = np.atleast_1d(np.asarray(mu, dtype=np.float64))
    return Mean(mu, 1.0 - mu, mu)


def near(mu):
    """Values from mu (1 +- 1e-15) to 0 and 10 mu."""
    gaps = 10.0 ** np.linspace(-15, 1, 200)
    values = np.concatenate([mu * (1 + gaps), mu * np.maximum(1 - gaps, 1e-10)])
    return values, np.full_like(values, mu)


def relative_error(got, exact):
    return max(float(abs(g - e) / abs(e)) if e else float(abs(g)) for g, e in zip(got, exact, strict=True))


@pytest.mark.parametrize("mu", [1e-250, 1e-5, 0.3, 7.0, 1e9, 1e290])
def test_relative_entropy_keeps_its_digits_at_any_distance(mu):
    x, m = near(mu)
    exact = [mp.mpf(a) * mp.log(mp.mpf(a) / mp.mpf(mu)) - mp.mpf(a) + mp.mpf(mu) for a in x.tolist()]
    # 1e-14: at |x - m| = m / 5 the plain formula loses a factor of 50
    assert relative_error(relative_entropy(x, m), exact) < 1e-14


@pytest.mark.parametrize("mu", [1e-250, 1e-5, 0.3, 7.0, 1e9, 1e290])
def test_gamma_kernel_keeps_its_digits_at_any_distance(mu):
    y, m = near(mu)
    exact = [(mp.mpf(a) - mp.mpf(mu)) / mp.mpf(mu) - mp.log(mp.mpf(a) / mp.mpf(mu)) for a in y.tolist()]
    assert relative_error(gamma_kernel(y, m), exact) < 1e-14


@pytest.mark.parametrize(
    ("x", "m", "expected"),
    [(0.0, 3.0, 3.0), (0.0, 0.0, 0.0), (2.0, 0.0, np.inf), (1e-300, 1e300, 1e300), (5.0, 5.0, 0.0)],
)
def test_relative_entropy_at_the_edges(x, m, expected):
    with np.errstate(all="raise", under="ignore"):
        assert relative_entropy(np.array([x]), np.array([m]))[0] == expected


@pytest.mark.parametrize("x", [0.3, 1.0, 2.5, 7.0, 14.999, 15.0, 100.5, 1e9, 1e15, 1e300])
def test_stirling_error_is_what_the_approximation_leaves(x):
    with mp.workdps(400):
        z = mp.mpf(x)
        exact = float(mp.loggamma(z + 1) - (z * mp.log(z) - z + mp.log(2 * mp.pi * z) / 2))
    # 1e-14 absolute: the sum it corrects is of order 1 at the least
    assert stirling_error(np.array([x]))[0] == pytest.approx(exact, rel=1e-13, abs=1e-14)


@pytest.mark.parametrize(("k", "n"), [(3, 7), (1, 2), (500, 1000), (123456, 10**9), (5 * 10**8, 10**9)])
def test_binomial_probabilities_of_many_trials_keep_their_digits(k, n):
    exact = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
    y, p = mp.mpf(k) / n, mp.mpf("0.5") * k / n
    exact_log = float(exact + k * mp.log(p) + (n - k) * mp.log(1 - p))
    mu = np.array([float(p)])
    size = np.array([float(n)])
    got = Binomial().loglik(np.array([float(y)]), at(mu), size, 1.0, size)[0]
    # 1e-15 n absolute from rounding y and mu themselves
    assert got == pytest.approx(exact_log, rel=1e-13, abs=1e-13)


def test_coefficients_alone_are_exact_for_a_billion_trials():
    n, k = 10**9, 123456789
    y = mp.mpf(k) / n
    exact = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
    exact += k * mp.log(y) + (n - k) * mp.log(1 - y)
    assert log_choose_ratio(np.array([float(k)]), np.array([float(n)]))[0] == pytest.approx(
        float(exact), rel=1e-14
    )


def test_a_poisson_probability_of_a_huge_count_keeps_its_digits():
    y, mu = 1e15, 1e15 + 3e7
    exact = float(y * mp.log(mp.mpf(mu)) - mp.mpf(mu) - mp.loggamma(mp.mpf(y) + 1))
    assert Poisson().loglik(np.array([y]), at(mu), ONE)[0] == pytest.approx(exact, rel=1e-13)


def test_a_likely_outcome_has_a_tiny_deviance_not_zero():
    m = Mean(np.array([1e-20]), np.array([1.0]), np.array([1e-20]))
    assert Binomial().unit_deviance(np.zeros(1), m)[0] == 2e-20


def test_residual_of_a_sure_success_is_the_complement():
    m = Mean(np.array([1.0]), np.array([1e-20]), np.array([1e-20]))
    assert Binomial().response_residual(ONE, m)[0] == 1e-20


@pytest.mark.parametrize("family", [Gamma(), InverseGaussian()], ids=repr)
@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_deviances_of_extreme_sizes_do_not_overflow(family, scale):
    y, mu = np.array([1.5, 1.0, 2.0]) * scale, np.array([1.0, 1.0, 2.5]) * scale
    with np.errstate(all="raise", under="ignore"):
        deviance = family.unit_deviance(y, at(mu))
        loglik = family.loglik(y, at(mu), np.ones(3), 0.3)
    assert np.isfinite(deviance).all()
    assert np.isfinite(loglik).all()


def test_gamma_weights_and_residuals_survive_means_whose_square_overflows():
    m = Gamma("log").mean(np.array([600.0]))
    with np.errstate(all="raise"):
        assert Gamma("log").working_weight(m)[0] == 1.0
        assert Gamma("log").pearson(2.0 * m.mu, m)[0] == 1.0


def test_a_gamma_response_far_below_its_mean_has_a_finite_deviance():
    exact = 2 * (-1.0 + 600 * np.log(10.0))
    assert Gamma().unit_deviance(np.array([1e-300]), at(1e300))[0] == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize("family", [Gaussian(), Gamma(), InverseGaussian()], ids=repr)
def test_a_perfect_fit_has_an_infinite_likelihood(family):
    y = np.array([1.0, 2.0])
    with np.errstate(all="raise", under="ignore"):
        assert (family.loglik(y, at(y), np.ones(2), 0.0) == np.inf).all()


def test_inverse_gaussian_tails_hold_where_the_closed_form_overflows():
    # 2 lambda / mu = 1e4: exp of it is no double
    family, mu, y = InverseGaussian(), mp.mpf(1), mp.mpf("0.9")
    phi = mp.mpf("2e-4")
    root = mp.sqrt(1 / (phi * y))
    a, b = root * (y / mu - 1), root * (y / mu + 1)
    exact = mp.log(mp.ncdf(a) + mp.exp(2 / (phi * mu)) * mp.ncdf(-b))
    got = family.logcdf(np.array([0.9]), at(1.0), 2e-4)[0]
    assert got == pytest.approx(float(exact), rel=1e-12)


@given(mu=st.floats(1e-3, 1e6), p=st.floats(1e-10, 1 - 1e-10))
def test_a_count_quantile_is_the_smallest_count_that_reaches_p(mu, p):
    family, m = Poisson(), at(mu)
    k = family.quantile(np.array([p]), m)
    assert family.cdf(k, m)[0] >= p
    assert family.cdf(k - 1.0, m)[0] < p


@given(mu=st.floats(0.01, 0.99), p=st.floats(1e-10, 1 - 1e-10), n=st.integers(1, 10**6))
def test_a_proportion_quantile_is_the_smallest_that_reaches_p(mu, p, n):
    size = np.array([float(n)])
    k = Binomial().quantile(np.array([p]), at(mu), 1.0, size, size) * size
    assert Binomial().cdf(k / size, at(mu), 1.0, size, size)[0] >= p
    assert Binomial().cdf((k - 1.0) / size, at(mu), 1.0, size, size)[0] < p


def test_quantiles_at_the_ends_are_the_ends_of_the_support():
    ends = np.array([0.0, 1.0])
    np.testing.assert_array_equal(Poisson().quantile(ends, at([3.0, 3.0])), [0.0, np.inf])
    np.testing.assert_array_equal(Binomial().quantile(ends, at([0.3, 0.3]), 1.0, np.full(2, 9.0)), [0.0, 1.0])
    np.testing.assert_array_equal(InverseGaussian().quantile(ends, at([3.0, 3.0])), [0.0, np.inf])
    np.testing.assert_array_equal(Gaussian().quantile(ends, at([3.0, 3.0])), [-np.inf, np.inf])


def test_quantile_of_an_enormous_mean_is_found():
    p = np.array([0.5])
    assert Poisson().quantile(p, at(1e14))[0] == pytest.approx(1e14, rel=1e-7)


def test_quantiles_of_any_distribution_function():
    np.testing.assert_array_equal(
        count_quantile(lambda k: 1.0 - 0.5 ** (k + 1.0), np.array([0.5, 0.76]), ONE, np.array(np.inf)),
        [0.0, 2.0],
    )
    half = positive_quantile(lambda y: -np.expm1(-y), np.array([0.5]), ONE)
    assert half[0] == pytest.approx(np.log(2.0), rel=1e-14)


def test_bernoulli_weights_count_cases():
    y, weights = np.array([1.0, 0.0]), np.array([2.5, 0.3])
    got = Bernoulli().loglik(y, at([0.8, 0.4]), weights)
    np.testing.assert_allclose(got, weights * np.log([0.8, 0.6]), rtol=1e-15)
