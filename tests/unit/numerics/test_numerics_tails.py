"""Logarithms of incomplete gamma and beta functions where the functions themselves underflow."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from glmkit.numerics.tails import log_beta_lower, log_gamma_lower, log_gamma_upper

# a log x - x - log Gamma(a) loses as many digits as its parts are larger than the sum.
RELATIVE = 1e-11


def one(function, *arguments):
    return function(*(np.array([float(a)]) for a in arguments))[0]


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(40):
        yield


@pytest.mark.parametrize(("a", "x"), [(1000, 1), (401, 5.3), (1e5, 5e4), (3, 1e-120), (4, 3), (50, 80)])
def test_the_lower_gamma_tail_is_exact(a, x):
    exact = mp.log(mp.gammainc(a, 0, x, regularized=True))
    assert one(log_gamma_lower, a, x) == pytest.approx(float(exact), rel=RELATIVE)


@pytest.mark.parametrize(("a", "x"), [(1, 1000), (5.3, 2000), (1e5, 1.3e5), (4, 3), (50, 80), (31, 5000)])
def test_the_upper_gamma_tail_is_exact(a, x):
    exact = mp.log(mp.gammainc(a, x, mp.inf, regularized=True))
    assert one(log_gamma_upper, a, x) == pytest.approx(float(exact), rel=RELATIVE)


@pytest.mark.parametrize(("a", "b", "x"), [(2000, 3, 0.5), (500, 1000, 0.01), (100, 5000, 1e-9), (2, 3, 0.4)])
def test_the_lower_beta_tail_is_exact(a, b, x):
    exact = mp.log(mp.betainc(a, b, 0, x, regularized=True))
    assert one(log_beta_lower, a, b, x, 1 - x) == pytest.approx(float(exact), rel=RELATIVE)


def test_what_is_impossible_has_the_logarithm_of_zero():
    assert one(log_gamma_lower, 3, 0) == one(log_gamma_upper, 3, np.inf) == -np.inf
    assert one(log_beta_lower, 3, 2, 0, 1) == -np.inf
