"""The Tweedie density against closed forms, series and integrals, and the estimate of the power."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pandas as pd
import pytest
from scipy import special

import glmkit as gk
from glmkit.families import Gamma, InverseGaussian, Poisson, Tweedie
from glmkit.families._tweedie import log_density_at_mean

Y = np.array([0.01, 0.5, 1.0, 3.0, 20.0])
MU = np.array([1.0, 1.0, 2.0, 3.0, 4.0])
M = Poisson().mean(np.log(MU))
ONES = np.ones(5)


def logs(power, phi, y=Y, m=M):
    return Tweedie(power).loglik(y, m, np.ones(len(y)), phi)


@pytest.mark.parametrize("phi", [0.05, 1.0, 30.0])
def test_power_three_halves_is_a_bessel_function(phi):
    # f = exp(-rate - x) sqrt(rate x) I1(2 sqrt(rate x)) / y, the sum of exponential amounts
    rate, x = 2 * np.sqrt(MU) / phi, 2 * Y / (phi * np.sqrt(MU))
    root = 2 * np.sqrt(rate * x)
    exact = np.log(special.ive(1, root) * np.sqrt(rate * x) / Y) + root - rate - x
    np.testing.assert_allclose(logs(1.5, phi), exact, rtol=1e-12, atol=1e-12)


def stable_log_density(y, phi, p):
    """Return log f at mu = y for p > 2 by the alternating series, at 200 digits."""
    with mp.workdps(200):
        y, phi, p = mp.mpf(y), mp.mpf(phi), mp.mpf(p)
        a, total, small, k = (p - 2) / (p - 1), mp.mpf(0), 0, 0
        while small < 12:
            k += 1
            size = (
                mp.gamma(1 + a * k)
                * phi ** (k * (a - 1))
                * (p - 1) ** (a * k)
                / (mp.gamma(1 + k) * (p - 2) ** k)
            )
            term = size / y ** (a * k) * (-1) ** k * mp.sin(-k * mp.pi * a)
            total += term
            small = small + 1 if abs(term) < mp.mpf(10) ** -60 * abs(total) else 0
        return float(mp.log(total / (mp.pi * y)) + y ** (2 - p) / (phi * (p - 1) * (p - 2)))


@pytest.mark.parametrize("power", [2.05, 2.5, 3.5, 6.0])
@pytest.mark.parametrize(("y", "phi"), [(0.3, 1.0), (1.0, 0.1), (30.0, 1.0), (1e5, 5.0)])
def test_density_above_two_is_the_stable_series(power, y, phi):
    got = log_density_at_mean(np.array([y]), np.array([phi]), power)[0]
    assert got == pytest.approx(stable_log_density(y, phi, power), rel=1e-11, abs=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("power", [1.3, 2.4])
def test_density_is_the_fourier_inversion_of_its_characteristic_function(power):
    mu, phi, y, p = mp.mpf(2), mp.mpf("0.6"), mp.mpf("1.7"), mp.mpf(power)

    def kappa(t):
        return ((1 - p) * t) ** ((2 - p) / (1 - p)) / (2 - p)

    theta = mu ** (1 - p) / (1 - p)
    atom = mp.exp(-(mu ** (2 - p)) / (phi * (2 - p))) if p < 2 else mp.mpf(0)

    def integrand(s):
        value = mp.exp((kappa(theta + phi * mp.mpc(0, s)) - kappa(theta)) / phi) - atom
        return mp.re(value * mp.exp(mp.mpc(0, -s * y)))

    with mp.workdps(20):
        # the remainder oscillates and falls off: quadosc sums the half periods
        exact = mp.quadosc(integrand, [0, mp.inf], omega=y) / mp.pi
    m = Poisson().mean(np.log(np.array([2.0])))
    got = np.exp(logs(power, 0.6, np.array([1.7]), m))[0]
    assert got == pytest.approx(float(exact), rel=1e-8)


@pytest.mark.parametrize("power", [1.1, 1.5, 1.9, 2.3, 3.0, 4.5])
@pytest.mark.parametrize("phi", [0.2, 2.0])
def test_density_and_the_chance_of_zero_add_up_to_one(power, phi):
    s = np.linspace(-120.0 if power < 2 else -30.0, 12.0 if power <= 2 else 60.0, 3001)
    y, m = np.exp(s), Poisson().mean(np.full(s.shape, 0.3))
    total = np.sum(np.exp(logs(power, phi, y, m) + s)) * (s[1] - s[0])
    zero = np.exp(logs(power, phi, np.zeros(1), Poisson().mean(np.full(1, 0.3))))[0] if power < 2 else 0.0
    # the tail of y^-(1 + 1 / (p - 1)) beyond exp(60), and trapezia of a spiky density near p = 1
    assert total + zero == pytest.approx(1.0, abs=2e-6)


@pytest.mark.parametrize(("power", "limit"), [(2.0, Gamma("log")), (3.0, InverseGaussian("log"))])
def test_powers_two_and_three_are_gamma_and_inverse_gaussian(power, limit):
    np.testing.assert_allclose(logs(power, 0.7), limit.loglik(Y, M, ONES, 0.7), rtol=1e-14)
    for side in (-1e-7, 1e-7):
        np.testing.assert_allclose(logs(power + side, 0.7), logs(power, 0.7), atol=2e-5)


@pytest.mark.parametrize("power", [1.00001, 1.3, 1.5, 1.999, 2.001, 2.7, 8.0])
def test_deviance_is_exact_close_to_the_mean_and_near_the_special_powers(power):
    y = np.array([0.01, 1.0, 1.0 + 1e-9, 1.3, 1.4, 50.0])

    def exact(a):
        a = mp.mpf(a)
        return 2 * (a ** (2 - p) / ((1 - p) * (2 - p)) - a / (1 - p) + 1 / (2 - p))

    got = Tweedie(power).unit_deviance(y, Poisson().mean(np.zeros(6)))
    with mp.workdps(60):
        p = mp.mpf(power)
        np.testing.assert_allclose(got, [float(exact(a)) for a in y.tolist()], rtol=1e-12, atol=1e-40)


def test_draws_above_two_are_refused():
    with pytest.raises(gk.FamilyError, match="distribution function"):
        Tweedie(2.5).rvs(M, 1.0, None, None, np.random.default_rng(0))


# -- fits ----------------------------------------------------------------------------------

RNG = np.random.default_rng(21)
N = 200
DATA = pd.DataFrame({"x": RNG.normal(size=N).round(2)})
DATA["y"] = Tweedie(1.6).rvs(Poisson().mean(0.5 + 0.4 * DATA["x"].to_numpy()), 0.8, None, None, RNG).round(4)
DATA["positive"] = DATA["y"] + 0.3
DATA["k"] = np.resize([1, 2, 3], N)


@pytest.mark.parametrize(
    ("power", "family", "column"),
    [
        (1, gk.QuasiPoisson(), "y"),
        (2, gk.Gamma("log"), "positive"),
        (3, gk.InverseGaussian("log"), "positive"),
    ],
)
def test_powers_one_two_three_equal_the_named_families(power, family, column):
    tweedie, named = (gk.glm(f"{column} ~ x", DATA, f) for f in (gk.Tweedie(power), family))
    np.testing.assert_allclose(tweedie.coef, named.coef, rtol=1e-9)
    np.testing.assert_allclose(tweedie.std_error, named.std_error, rtol=1e-9)
    assert tweedie.deviance == pytest.approx(named.deviance, rel=1e-12)


def test_likelihood_is_at_the_dispersion_of_maximum_likelihood():
    fit = gk.glm("y ~ x", DATA, gk.Tweedie(1.6))
    m, y = fit.fit.mean, DATA["y"].to_numpy()
    around = [gk.Tweedie(1.6).loglik(y, m, np.ones(N), phi).sum() for phi in np.linspace(0.4, 1.6, 600)]
    assert max(around) <= fit.loglik + 1e-9
    assert fit.loglik == pytest.approx(max(around), abs=1e-3)
    assert fit.aic == pytest.approx(-2 * fit.loglik + 2 * 3)


def test_frequency_weights_equal_replicated_rows():
    weighted = gk.glm("y ~ x", DATA, gk.Tweedie(), freq_weights="k")
    replicated = gk.glm("y ~ x", DATA.loc[DATA.index.repeat(DATA["k"])], gk.Tweedie())
    np.testing.assert_allclose(weighted.coef, replicated.coef, rtol=1e-8)
    assert weighted.loglik == pytest.approx(replicated.loglik, rel=1e-10)


def test_power_of_maximum_likelihood_is_found():
    fit = gk.glm("y ~ x", DATA, gk.Tweedie(None))
    near = [gk.glm("y ~ x", DATA, gk.Tweedie(fit.family.power + d)).loglik for d in (-0.01, 0.0, 0.01)]
    assert near[1] == max(near)
    assert near[1] == pytest.approx(fit.loglik, abs=1e-8)
    assert abs(near[0] - near[2]) < 0.02 * (near[1] - min(near)) + 1e-3
    assert fit.aic == pytest.approx(-2 * fit.loglik + 2 * 4)  # the power counts
    assert abs(fit.family.power - 1.6) < 4 * fit.fit.nuisance.std_error


def test_interval_of_the_power_is_where_the_profile_falls_by_the_quantile():
    fit = gk.glm("y ~ x", DATA, gk.Tweedie(None))
    low, high = gk.power_interval(fit)
    assert low < fit.family.power < high
    for end in (low, high):
        drop = 2 * (fit.loglik - gk.glm("y ~ x", DATA, gk.Tweedie(end)).loglik)
        assert drop == pytest.approx(special.chdtri(1, 0.05), abs=1e-3)


def test_interval_of_a_given_power_is_refused():
    with pytest.raises(gk.FitError, match="estimated"):
        gk.power_interval(gk.glm("y ~ x", DATA, gk.Tweedie(1.5)))


def test_power_one_has_no_likelihood_and_says_so():
    fit = gk.glm("y ~ x", DATA, gk.Tweedie(1))
    assert np.isnan(fit.loglik)
    assert any("QuasiPoisson" in note for note in fit.notes)


@pytest.mark.parametrize("power", [0.5, 0.1, 0, -1.0, float("nan"), "two", True])
def test_powers_without_a_distribution_are_refused(power):
    with pytest.raises(gk.FamilyError, match="no Tweedie distribution"):
        gk.Tweedie(power)


def test_zeros_are_refused_from_power_two():
    with pytest.raises(gk.FamilyError, match="> 0"):
        gk.glm("y ~ x", DATA, gk.Tweedie(2))
