"""The negative binomial family over the whole range of theta, and the estimate of theta."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import glmkit as gk
from glmkit.families import NegativeBinomial, Poisson
from glmkit.families._kernels import digamma_gap, log1p_gap, trigamma_gap
from glmkit.families.count_parts import NegativeBinomialPart
from glmkit.families.counts import theta_derivatives
from glmkit.families.parameters import Sample
from glmkit.inference.nuisance import poisson_test

THETAS = (1e-8, 1e-3, 0.5, 1.0, 14.9, 15.1, 1e3, 1e8, 1e12)
Y = np.array([0.0, 1.0, 3.0, 40.0, 3.0, 1000.0])
MU = np.array([2.0, 0.01, 3.0, 41.0, 3.0000001, 7.0])
M = Poisson().mean(np.log(MU))
each_theta = pytest.mark.parametrize("theta", THETAS)
mp.mp.dps = 60


def exact(function):
    rows = zip(Y.tolist(), M.mu.tolist(), strict=True)
    return np.array([float(function(mp.mpf(y), mp.mpf(mu))) for y, mu in rows])


@each_theta
def test_loglik_is_the_log_density_for_huge_and_tiny_theta(theta):
    t = mp.mpf(theta)

    def log_density(y, mu):
        choose = mp.loggamma(y + t) - mp.loggamma(t) - mp.loggamma(y + 1)
        return choose + t * mp.log(t / (t + mu)) + (y * mp.log(mu / (t + mu)) if y else 0)

    got = NegativeBinomial(theta).loglik(Y, M, np.ones(6))
    np.testing.assert_allclose(got, exact(log_density), rtol=2e-14, atol=2e-14)


@each_theta
def test_deviance_keeps_its_digits_close_to_the_mean_and_far_from_it(theta):
    t = mp.mpf(theta)

    def deviance(y, mu):
        return 2 * ((y * mp.log(y / mu) if y else 0) - (y + t) * mp.log((y + t) / (mu + t)))

    got = NegativeBinomial(theta).unit_deviance(Y, M)
    # at y = mu to 3e-8 the deviance is the square of the difference, known to 1e-8 of itself
    np.testing.assert_allclose(got, exact(deviance), rtol=2e-13, atol=1e-27)


@each_theta
def test_gaps_of_digamma_and_trigamma_do_not_cancel(theta):
    t = mp.mpf(theta)
    first = exact(lambda y, _: mp.psi(0, t + y) - mp.psi(0, t) - mp.log1p(y / t))
    second = exact(lambda y, _: mp.psi(1, t) - 1 / t - mp.psi(1, t + y) + 1 / (t + y))
    np.testing.assert_allclose(digamma_gap(theta, Y), first, rtol=1e-12, atol=0)
    np.testing.assert_allclose(trigamma_gap(theta, Y), second, rtol=1e-11, atol=1e-30)


def test_gaps_of_several_thetas_are_those_of_each():
    thetas = np.array([1e-3, 14.9, 15.1, 1e3, 1e8, 1e12])
    for gap in (digamma_gap, trigamma_gap):
        each = [gap(theta, Y[i : i + 1])[0] for i, theta in enumerate(thetas.tolist())]
        np.testing.assert_array_equal(gap(thetas, Y), each)


@each_theta
def test_the_count_part_has_the_density_and_slopes_of_its_law(theta):
    # log Gamma(y + theta) - log Gamma(theta) leaves no digit at theta = 1e15
    part, tau = NegativeBinomialPart(), np.log(theta)
    t = mp.mpf(float(np.exp(tau)))

    def log_density(y, mu):
        rising = mp.loggamma(y + t) - mp.loggamma(t) - y * mp.log(t)
        return rising + y * mp.log(mu) - (y + t) * mp.log1p(mu / t) - mp.loggamma(y + 1)

    u = np.column_stack([np.log(MU), np.full(len(MU), tau)])
    np.testing.assert_allclose(
        part.log_density(Y, u), exact(log_density), rtol=2e-13, atol=1e-11
    )  # log 1000! is 5912
    by_tau = exact(
        lambda y, mu: t * (mp.psi(0, y + t) - mp.psi(0, t) - mp.log1p(mu / t) + (mu - y) / (t + mu))
    )
    np.testing.assert_allclose(part.slopes(Y, u)[0][:, 1], by_tau, rtol=1e-7, atol=1e-7 / theta)


def test_log1p_gap_is_exact_near_zero():
    t = np.array([-0.5, -1e-9, 0.0, 1e-12, 0.19, 0.21, 5.0])
    wanted = [float(mp.mpf(x) - mp.log1p(mp.mpf(x))) for x in t.tolist()]
    np.testing.assert_allclose(log1p_gap(t), wanted, rtol=1e-14, atol=0)


@each_theta
def test_derivatives_by_theta_are_those_of_the_log_likelihood(theta):
    t = mp.mpf(theta)

    def score(y, mu):
        return mp.psi(0, y + t) - mp.psi(0, t) + mp.log(t / (t + mu)) + (mu - y) / (t + mu)

    def information(y, mu):
        return mp.psi(1, t) - mp.psi(1, y + t) - mu / (t * (t + mu)) - (y - mu) / (t + mu) ** 2

    got = theta_derivatives(theta, Sample(Y, M.mu, np.ones(6), np.ones(6)))
    # the sums cancel between rows: compared on the scale of their largest term
    for value, rows in zip(got, (exact(score), exact(information)), strict=True):
        assert abs(value - rows.sum()) <= 1e-11 * np.abs(rows).max()


def test_theta_1e8_is_poisson_to_1e_8():
    data = gk.load_dataset("quine").query("Days < 30")
    fit, poisson = (gk.glm("Days ~ Sex + Age", data, f) for f in (NegativeBinomial(1e8), "poisson"))
    np.testing.assert_allclose(fit.coef, poisson.coef, rtol=1e-6)  # the difference is of order mu / theta
    assert fit.loglik == pytest.approx(poisson.loglik, rel=1e-6)
    small = Poisson().mean(np.log(np.array([0.5, 1.0])))
    both = [f.loglik(np.array([0.0, 2.0]), small, np.ones(2)) for f in (NegativeBinomial(1e8), Poisson())]
    np.testing.assert_allclose(*both, atol=1e-8)


def test_infinite_theta_is_poisson_exactly():
    limit, poisson, ones = NegativeBinomial(np.inf), Poisson(), np.ones(6)
    for one, other in (
        (limit.loglik(Y, M, ones), poisson.loglik(Y, M, ones)),
        (limit.cdf(Y, M), poisson.cdf(Y, M)),
        (limit.sf(Y, M), poisson.sf(Y, M)),
        (limit.working_weight(M), poisson.working_weight(M)),
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("theta", [1e6, 1e10, 1e14])
def test_tails_tend_to_poisson(theta):
    got, limit = NegativeBinomial(theta).cdf(Y, M), Poisson().cdf(Y, M)
    np.testing.assert_allclose(got, limit, rtol=2e3 / theta + 1e-9, atol=1e-12)


@pytest.mark.parametrize("theta", [0.5, 30.0, 1e4])
def test_log_tails_go_beyond_the_smallest_double(theta):
    y, mu = np.array([4000.0, 0.0]), np.array([1.0, 3000.0])
    m, t = Poisson().mean(np.log(mu)), mp.mpf(theta)
    upper = mp.log(mp.betainc(4001, t, 0, 1 / (t + 1), True))
    lower = t * mp.log(t / (t + mp.mpf(float(m.mu[1]))))
    assert NegativeBinomial(theta).logsf(y, m)[0] == pytest.approx(float(upper), rel=1e-9)
    assert NegativeBinomial(theta).logcdf(y, m)[1] == pytest.approx(float(lower), rel=1e-9)


def test_theta_one_is_the_geometric_distribution():
    counts = np.arange(5.0)
    m = Poisson().mean(np.log(np.full(5, 3.0)))
    geometric = np.log(0.25 * 0.75**counts)
    np.testing.assert_allclose(NegativeBinomial(1).loglik(counts, m, np.ones(5)), geometric, rtol=1e-14)


QUINE = gk.load_dataset("quine")
FORMULA = "Days ~ Sex + Age"


def fit_of(data=QUINE, family="negativebinomial", **arguments):
    return gk.glm(FORMULA, data, family, **arguments)


def test_theta_and_coefficients_are_a_joint_fixed_point():
    fit = fit_of()
    sample = Sample(fit.fit.problem.y, fit.fitted.to_numpy(), np.ones(146), np.ones(146))
    score, information = theta_derivatives(fit.theta, sample)
    assert abs(score) * information**-0.5 < 1e-10  # in standard errors
    again = fit_of(family=NegativeBinomial(fit.theta))
    np.testing.assert_allclose(again.coef, fit.coef, rtol=1e-10)


def test_frequency_weights_equal_replicated_rows_with_theta_estimated():
    counts = np.resize([1, 2, 0, 3], 146)
    weighted, replicated = fit_of(freq_weights=counts), fit_of(QUINE.loc[QUINE.index.repeat(counts)])
    np.testing.assert_allclose(weighted.coef, replicated.coef, rtol=1e-8)
    assert weighted.theta == pytest.approx(replicated.theta, rel=1e-10)
    assert weighted.theta_se == pytest.approx(replicated.theta_se, rel=1e-10)
    assert (weighted.aic, weighted.bic) == pytest.approx((replicated.aic, replicated.bic), rel=1e-10)


def test_prior_weight_two_counts_the_log_likelihood_twice():
    one, two = fit_of(), fit_of(weights=np.full(146, 2.0))
    assert two.theta == pytest.approx(one.theta, rel=1e-10)
    assert two.theta_se == pytest.approx(one.theta_se / np.sqrt(2), rel=1e-9)
    assert two.loglik == pytest.approx(2 * one.loglik, rel=1e-12)


def test_a_constant_offset_moves_only_the_intercept():
    plain, moved = fit_of(), fit_of(offset=np.full(146, 0.7))
    assert moved.theta == pytest.approx(plain.theta, rel=1e-9)
    assert moved.coef["Intercept"] + 0.7 == pytest.approx(plain.coef["Intercept"], rel=1e-9)


def test_an_estimated_theta_counts_as_a_parameter_and_a_given_one_does_not():
    estimated = fit_of()
    given = fit_of(family=NegativeBinomial(estimated.theta))
    assert given.loglik == pytest.approx(estimated.loglik, rel=1e-12)
    assert estimated.aic - given.aic == pytest.approx(2.0, abs=1e-8)
    assert np.isnan(given.theta_se)


def test_the_family_of_a_fit_estimates_theta_again_on_other_data():
    fit = fit_of()
    assert fit.family.estimated
    half = QUINE.iloc[::2]
    assert fit_of(half, fit.family).theta == pytest.approx(fit_of(half).theta, rel=1e-9)


def test_anova_of_models_holds_theta_and_lr_test_takes_each_model_s_own():
    small, big = gk.glm("Days ~ Sex", QUINE, NegativeBinomial()), fit_of()
    held = gk.glm("Days ~ Sex", QUINE, NegativeBinomial(big.theta))
    table = gk.anova(small, big)
    assert table.frame["statistic"].iloc[1] == pytest.approx(held.deviance - big.deviance, rel=1e-8)
    assert "Theta held" in str(table)
    own = gk.lr_test(small, big).frame["statistic"].iloc[1]
    assert own == pytest.approx(2 * (big.loglik - small.loglik), rel=1e-9)


@pytest.mark.parametrize("poisson_first", [True, False])
def test_lr_test_says_that_poisson_is_the_edge_of_negative_binomial(poisson_first):
    models = [gk.glm("Days ~ Sex + Age", QUINE, "poisson"), fit_of()]
    table = gk.lr_test(*(models if poisson_first else models[::-1]))
    assert "half the p-value is right" in " ".join(table.notes)
    assert "cannot be told" not in str(table)


def test_lr_test_does_not_call_poisson_the_edge_where_it_has_other_columns_or_theta_is_given():
    other = gk.lr_test(
        gk.glm("Days ~ Lrn", QUINE, "poisson"), gk.glm("Days ~ Sex", QUINE, NegativeBinomial())
    )
    given = gk.lr_test(
        gk.glm("Days ~ 1", QUINE, "poisson"), gk.glm("Days ~ Sex", QUINE, NegativeBinomial(1.0))
    )
    assert "edge" not in str(other)
    assert "edge" not in str(given)


def test_drop1_and_profiles_hold_theta():
    fit = fit_of()
    without = gk.glm("Days ~ Age", QUINE, NegativeBinomial(fit.theta))
    assert fit.drop1().frame.loc["Sex", "deviance"] == pytest.approx(without.deviance, rel=1e-9)
    given = fit_of(family=NegativeBinomial(fit.theta))
    np.testing.assert_allclose(fit.confint(), given.confint(), rtol=1e-6)


def test_update_estimates_theta_again():
    small = gk.glm("Days ~ Sex", QUINE, NegativeBinomial())
    assert small.update(". ~ . + Age").theta == pytest.approx(fit_of().theta, rel=1e-9)


def test_the_test_against_poisson_halves_the_tail():
    fit, poisson = fit_of(), fit_of(family="poisson")
    test = poisson_test(fit)
    assert test.statistic == pytest.approx(2 * (fit.loglik - poisson.loglik), rel=1e-10)
    weak = poisson_test(gk.glm("y ~ 1", {"y": [0, 4, 1, 6, 2, 3, 1, 5]}, "negativebinomial"))
    assert weak.p_value == pytest.approx(0.5 * float(mp.erfc(mp.sqrt(weak.statistic / 2))), rel=1e-9)


def test_the_test_against_poisson_needs_an_estimated_theta():
    with pytest.raises(gk.FitError, match="estimated with this fit"):
        poisson_test(fit_of(family=NegativeBinomial(2)))


def test_underdispersed_counts_give_poisson_and_say_so():
    data = {"y": [3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 7, 8], "x": np.arange(12.0)}
    with pytest.warns(gk.BoundaryWarning, match="Poisson is enough"):
        fit = gk.glm("y ~ x", data, NegativeBinomial())
    poisson = gk.glm("y ~ x", data, "poisson")
    assert fit.theta == np.inf
    assert np.isnan(fit.theta_se)
    np.testing.assert_allclose(fit.coef, poisson.coef, rtol=1e-14)
    assert poisson_test(fit) == (0.0, 1.0)


def test_a_level_of_zeros_is_separated_with_theta_estimated():
    data = QUINE.assign(Days=np.where(QUINE["Age"] == "F3", 0, QUINE["Days"]))
    with pytest.warns(gk.SeparationWarning, match="F3"):
        fit = fit_of(data)
    assert fit.coef["Age[T.F3]"] == -np.inf
    rest = gk.glm(FORMULA, QUINE[QUINE["Age"] != "F3"], NegativeBinomial())
    assert fit.theta == pytest.approx(rest.theta, rel=1e-8)


@pytest.mark.parametrize("theta", [0, -1.0, "two", float("nan"), True])
def test_a_theta_that_is_no_shape_is_refused(theta):
    with pytest.raises(gk.FamilyError, match="number above 0"):
        NegativeBinomial(theta)


def test_a_pending_theta_is_not_used_by_mistake():
    with pytest.raises(gk.FamilyError, match="to be estimated"):
        NegativeBinomial().variance(M)


def test_other_families_have_no_theta():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    assert np.isnan(fit.theta)
    assert np.isnan(fit.theta_se)
