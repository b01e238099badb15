"""The Tweedie density against closed forms, series and integrals, and the estimate of the power."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pandas as pd
import pytest
from scipy import special

import glmkit as gk
from glmkit.families import Gamma, InverseGaussian, Poisson, Tweedie
from glmkit.families._panels import by_panels
from glmkit.families._stable import stable_tail
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


@pytest.mark.parametrize("power", [1.01, 1.05, 1.2, 1.5, 1.99, 2.02, 2.5, 6.0])
@pytest.mark.parametrize("phi", [1e-3, 0.3, 20.0])
def test_density_of_many_rows_is_that_of_each_row(power, phi):
    y = np.exp(1.5 * np.random.default_rng(1).normal(size=4000))
    many = log_density_at_mean(y, np.full(4000, phi), power)
    few = np.concatenate([log_density_at_mean(part, np.full(500, phi), power) for part in np.split(y, 8)])
    # the values at few points are right to 1e-13 themselves
    np.testing.assert_allclose(many, few, rtol=2e-13, atol=2e-13)


def test_a_function_too_rough_for_panels_is_asked_for_every_row():
    x = np.linspace(0.0, 1.0, 3000)
    np.testing.assert_array_equal(by_panels(lambda x: np.sin(1e5 * x), x), np.sin(1e5 * x))


# -- the distribution above the power two ---------------------------------------------------


def at(mu, n=1):
    return Poisson().mean(np.full(n, np.log(mu)))


@pytest.mark.parametrize("phi", [1e-6, 1e-3, 0.3, 1.0, 50.0])
@pytest.mark.parametrize("upper", [False, True])
def test_tails_of_power_three_are_those_of_the_inverse_gaussian(phi, upper):
    z = np.concatenate([np.linspace(-6, 6, 40), [-1.0001, -0.9999, -1e-7, 0.0, 1e-7, 0.9999, 1.0001]])
    y, m = 1.3 * np.exp(z * min(np.sqrt(phi), 1.0)), at(1.3, len(z))
    root = np.copysign(np.sqrt(InverseGaussian("log").unit_deviance(y, m) / phi), y - 1.3)
    scale = 1.0 / (2.0 * phi * y)
    got = stable_tail(np.log(1.3 / y), scale, root, 3.0, upper=upper)
    exact = (InverseGaussian("log")._sf if upper else InverseGaussian("log")._cdf)(y, m, np.full(len(z), phi))
    # log(mu / y) loses an ulp over the width sqrt(phi); relative in both tails
    np.testing.assert_allclose(got, exact, rtol=1e-12 / np.sqrt(min(phi, 1.0)), atol=0)


@pytest.mark.parametrize("power", [2.02, 2.4, 3.5, 9.0])
@pytest.mark.parametrize("phi", [0.01, 0.5, 20.0])
def test_distribution_function_is_the_integral_of_the_density(power, phi):
    family, m = Tweedie(power), at(1.3)
    for low, high in [(0.6, 1.0), (1.2, 1.4), (1.3, 2.6), (0.9, 5.0)]:
        x, w = np.polynomial.legendre.leggauss(400)
        y = np.exp(np.log(low) + 0.5 * (x + 1.0) * np.log(high / low))
        density = np.exp(family.loglik(y, at(1.3, 400), np.ones(400), phi)) * y
        whole = 0.5 * np.log(high / low) * (w @ density)
        got = np.diff([family.cdf(np.array([end]), m, phi)[0] for end in (low, high)])[0]
        assert got == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("power", [2.02, 2.4, 3.5, 9.0])
@pytest.mark.parametrize("y", [0.01, 0.7, 1.3, 1.300001, 2.0, 40.0])
def test_the_two_tails_add_up_to_one(power, y):
    tails = [f(np.array([y]), at(1.3), 0.5)[0] for f in (Tweedie(power).cdf, Tweedie(power).sf)]
    assert sum(tails) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("side", [-1e-6, 1e-6])
@pytest.mark.parametrize(("power", "limit"), [(2.0, Gamma("log")), (3.0, InverseGaussian("log"))])
def test_distribution_functions_have_gamma_and_inverse_gaussian_as_limits(power, side, limit):
    y = np.array([0.05, 0.8, 1.3, 2.0, 9.0])
    got = Tweedie(power + side).cdf(y, at(1.3, 5), 0.4)
    np.testing.assert_allclose(got, limit.cdf(y, at(1.3, 5), 0.4), atol=1e-6)  # linear in the side


@pytest.mark.parametrize("power", [2.05, 2.5, 3.5, 12.0])
@pytest.mark.parametrize("phi", [1e-5, 0.4, 30.0])
def test_draws_above_two_have_their_distribution(power, phi):
    family, n = Tweedie(power), 4000
    y = family.rvs(at(1.3, n), phi, None, None, np.random.default_rng(5))
    u = np.sort(family.cdf(y, at(1.3, n), phi))
    gap = np.max(np.abs(u - (np.arange(n) + 0.5) / n))
    assert gap * np.sqrt(n) < 1.95  # Kolmogorov's bound of 1 in 1000


@pytest.mark.parametrize("power", [2.05, 2.5, 3.5])
def test_draws_above_two_have_mean_and_variance(power):
    n, phi, mu = 200_000, 0.02, 1.3
    y = Tweedie(power).rvs(at(mu, n), phi, None, None, np.random.default_rng(6))
    variance = phi * mu**power
    assert abs(y.mean() - mu) < 4.0 * np.sqrt(variance / n)
    # the fourth moment of these is close to the normal's 3
    assert y.var() == pytest.approx(variance, rel=4.0 * np.sqrt(2.3 / n))


@pytest.mark.parametrize("power", [1.5, 2.05, 2.5, 6.0])
def test_quantiles_undo_the_distribution_function(power):
    family, y = Tweedie(power), np.array([0.3, 0.9, 1.3, 2.5, 5.0])
    back = family.quantile(family.cdf(y, at(1.3, 5), 0.7), at(1.3, 5), 0.7)
    np.testing.assert_allclose(back, y, rtol=1e-10)  # the cdf at 5 is 1 - 1e-2 or so


def test_no_chance_below_zero_nor_at_it_above_two():
    tails = Tweedie(2.5).cdf(np.array([-1.0, 0.0, 1e300]), at(1.3, 3), 0.7)
    np.testing.assert_array_equal(tails, [0.0, 0.0, 1.0])


def test_the_power_one_has_no_distribution_function():
    with pytest.raises(gk.FamilyError, match="multiples of the dispersion"):
        Tweedie(1).rvs(M, 1.0, None, None, np.random.default_rng(0))


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


@pytest.fixture(scope="module")
def heavy():
    rng = np.random.default_rng(8)
    data = pd.DataFrame({"x": rng.normal(size=300), "w": rng.integers(0, 3, 300)})
    mean = Poisson().mean(0.3 + 0.5 * data["x"].to_numpy())
    data["y"] = Tweedie(2.6).rvs(mean, 0.5, None, None, rng)
    return gk.glm("y ~ x", data, gk.Tweedie(2.6), weights="w")


def test_simulation_above_two_gives_the_coefficients_back(heavy):
    drawn = heavy.simulate(1, seed=3).iloc[:, 0]
    used = heavy.frame.source["w"] > 0
    assert drawn[used].notna().all()
    again = gk.glm(
        "y ~ x", pd.DataFrame({"y": drawn[used], "x": heavy.frame.source["x"][used]}), gk.Tweedie(2.6)
    )
    assert np.all(np.abs(again.coef - heavy.coef) < 4.0 * heavy.std_error)


def test_quantile_residuals_above_two_are_normal(heavy):
    residuals = heavy.residuals("quantile", seed=1).dropna()
    residuals = residuals[np.isfinite(residuals)]
    assert abs(residuals.mean()) < 0.2
    assert 0.85 < residuals.std() < 1.15


def test_prediction_intervals_above_two_hold_their_share(heavy):
    interval = heavy.predict({"x": [0.0]}, interval="prediction", level=0.8)
    mean = Poisson().mean(heavy.coef.iloc[:1].to_numpy())
    ends = [
        Tweedie(2.6).cdf(interval[name].to_numpy(), mean, heavy.dispersion)[0]
        for name in ("conf_low", "conf_high")
    ]
    assert ends[1] - ends[0] == pytest.approx(0.8, abs=0.02)  # the estimates' uncertainty widens it


SCATTERED = {  # 8 rows whose likelihood in power and dispersion is a narrow, bent ridge
    "y": [43.83987645, 0.0, 0.0, 28.57496408, 0.0, 25.15518373, 29.12875257, 0.0],
    "x": [
        -2.51675971,
        -0.5386929,
        -0.04850095,
        0.11330899,
        -1.53013577,
        -0.47775328,
        -0.97851908,
        -0.80883724,
    ],
}


def test_the_power_of_few_rows_ends_at_a_maximum():
    fit = gk.glm("y ~ x", SCATTERED, gk.Tweedie(None))
    assert fit.converged
    assert fit.n_iter < 60  # was 200 rounds without an end
    beside = [gk.glm("y ~ x", SCATTERED, gk.Tweedie(fit.family.power + h)).loglik for h in (-2e-3, 2e-3)]
    assert max(beside) < fit.loglik


def test_the_estimated_power_does_not_depend_on_the_unit():
    inch = gk.glm("y ~ x", SCATTERED, gk.Tweedie(None)).family.power
    mile = gk.glm("I(1e6 * y) ~ x", SCATTERED, gk.Tweedie(None)).family.power
    assert mile == pytest.approx(inch, abs=1e-6)  # the estimate is settled to 1e-5 standard errors


def test_a_likelihood_that_rises_to_the_end_of_the_range_is_told_at_once():
    data = {"y": [0.0, 42.00021989, 0.0, 0.0, 44.88741877], "x": [-0.292, -0.782, -0.257, 0.008, -0.276]}
    with pytest.warns(gk.BoundaryWarning, match="power ended at 1.01"):
        fit = gk.glm("y ~ x", data, gk.Tweedie(None))
    assert fit.fit.nuisance.rounds <= 3


@pytest.mark.parametrize(
    ("y", "why"), [([0.0, 0.0, 0.0], "no response is above 0"), ([1.0, 2.0, 4.0], "fitted exactly")]
)
def test_the_power_is_refused_where_nothing_tells_it(y, why):
    with pytest.raises(gk.FamilyError, match=why):
        gk.glm("y ~ x", {"y": y, "x": [0.0, 1.0, 2.0]}, gk.Tweedie(None))
