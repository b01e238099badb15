"""What every family promises with every link, checked against densities in mpmath."""

from __future__ import annotations

import pickle
from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest
from exact_families import complement, distribution, inverse_link, key_of, log_density, slopes, variance
from hypothesis import given
from hypothesis import strategies as st

from glmkit.errors import NoLikelihoodError
from glmkit.families import (
    Bernoulli,
    Binomial,
    Gamma,
    Gaussian,
    InverseGaussian,
    Log,
    Mean,
    NegativeBinomial,
    Poisson,
    Power,
    Quasi,
    QuasiBinomial,
    QuasiPoisson,
    Tweedie,
    family_from,
)

EPS = np.finfo(float).eps
PROPORTION_LINKS = ("logit", "probit", "cauchit", "cloglog", "loglog", "log", "identity", "sqrt", "inverse")
POSITIVE_LINKS = ("log", "identity", "sqrt", "inverse", "1/mu^2", Power(0.25))
STANDARD = (
    *(Gaussian(link) for link in ("identity", "log", "inverse")),
    *(Binomial(link) for link in PROPORTION_LINKS),
    *(Bernoulli(link) for link in ("logit", "cloglog")),
    *(Poisson(link) for link in POSITIVE_LINKS),
    *(Gamma(link) for link in POSITIVE_LINKS),
    *(InverseGaussian(link) for link in POSITIVE_LINKS),
    *(
        NegativeBinomial(theta, link)
        for theta, link in zip((1, 1.7, 0.3, 40.0), POSITIVE_LINKS, strict=False)
    ),
    *(Tweedie(power, link) for power, link in zip((1.5, 1.2), POSITIVE_LINKS, strict=False)),
)
COUNTS = ("poisson", "quasipoisson", "negative.binomial", "tweedie")
QUASI = (
    QuasiPoisson(),
    QuasiBinomial("probit"),
    Quasi("constant", "identity"),
    Quasi("mu", "sqrt"),
    Quasi("mu^2", "inverse"),
    Quasi("mu^3", "1/mu^2"),
    Quasi("mu(1-mu)", "logit"),
)
FAMILIES = (*STANDARD, *QUASI)
every = pytest.mark.parametrize("family", FAMILIES, ids=repr)
every_standard = pytest.mark.parametrize("family", STANDARD, ids=repr)

TRIALS = 12.0
PHI = {"tweedie": 0.9, "gaussian": 2.3, "Gamma": 0.17, "inverse.gaussian": 0.4}


def phi_of(family):
    return PHI.get(family.name, 1.0)


def of_binomial(family):
    return (family.bounded_mean and family.name != "quasi") or family == Quasi("mu(1-mu)", "logit")


def cases(family):
    """Return y, eta, weights, trials: every response against every mean."""
    if of_binomial(family):
        responses = [0.0, 1.0] if family.name == "bernoulli" else [0.0, 1 / 12, 0.5, 0.75, 1.0]
        means = [1e-6, 0.08, 0.5, 0.75, 0.999]
    else:
        responses = [0.0, 1.0, 2.0, 7.0, 40.0] if family.name in COUNTS else [0.3, 1.0, 2.5, 40.0]
        means = [0.02, 1.0, 2.5, 2.6, 41.0]
    y, mu = (a.ravel() for a in np.meshgrid(responses, means))
    trials = np.full_like(y, TRIALS if of_binomial(family) and family.name != "bernoulli" else 1.0)
    return y, family.link(mu), trials * 1.5, trials


def exact_mean(family, eta):
    return [inverse_link(family.link.name)(mp.mpf(float(e))) for e in eta]


def as_floats(values):
    return np.array([float(v) for v in values])


# -- likelihood --------------------------------------------------------------------------


@every_standard
def test_loglik_is_the_log_density(family):
    y, eta, weights, trials = cases(family)
    phi = phi_of(family)
    got = family.loglik(y, family.mean(eta), weights, phi, trials)
    rows = zip(y, exact_mean(family, eta), weights, trials, strict=True)
    exact = [log_density(key_of(family), a, mu, w, phi, m) for a, mu, w, m in rows]
    # 1e-12: the mean is known to a few eps, and the density's slope by it reaches 1e3
    np.testing.assert_allclose(got, as_floats(exact), rtol=1e-12, atol=1e-12)


@every_standard
def test_deviance_is_twice_phi_times_the_loss_against_saturation(family):
    y, eta, _, trials = cases(family)
    phi = phi_of(family)
    exact = []
    for a, mu, m in zip(y, exact_mean(family, eta), trials, strict=True):
        best = log_density(key_of(family), a, mp.mpf(float(a)), m, phi, m)
        exact.append(2 * mp.mpf(phi) * (best - log_density(key_of(family), a, mu, m, phi, m)) / m)
    got = family.unit_deviance(y, family.mean(eta))
    # 1e-12 relative as above; 1e-24 absolute: at mu = y the deviance is the square of mu's rounding
    np.testing.assert_allclose(got, as_floats(exact), rtol=1e-12, atol=1e-24)


@every_standard
def test_score_residual_is_the_slope_of_the_loglik(family):
    y, eta, _, trials = cases(family)
    phi, f = phi_of(family), inverse_link(family.link.name)
    got = family.score_residual(y, family.mean(eta))
    for value, a, e, m in zip(got, y, eta, trials, strict=True):
        slope = mp.diff(lambda x, a=a, m=m: log_density(key_of(family), a, f(x), m, phi, m), mp.mpf(float(e)))
        # the scale of y - mu's two terms bounds what rounding mu can do
        mu, dmu = f(mp.mpf(float(e))), slopes(family.link.name, mp.mpf(float(e)))[0]
        scale = abs((a + mu) * dmu / variance(key_of(family), mu))
        assert abs(value - slope * phi / m) <= 1e-13 * float(scale)


@every_standard
def test_working_weight_is_the_expected_information(family):
    _, eta, _, _ = cases(family)
    exact = []
    for mu, e in zip(exact_mean(family, eta), eta, strict=True):
        exact.append(slopes(family.link.name, mp.mpf(float(e)))[0] ** 2 / variance(key_of(family), mu))
    # 1e-12: for links that are not for probabilities eta holds 1 - mu to eps / 0.001 only
    np.testing.assert_allclose(family.working_weight(family.mean(eta)), as_floats(exact), rtol=1e-12)


@every
def test_working_weight_and_score_agree_with_their_definitions(family):
    y, eta, _, _ = cases(family)
    m = family.mean(eta)
    v = family.variance(m)
    np.testing.assert_allclose(family.working_weight(m), m.dmu**2 / v, rtol=1e-13)
    # y - mu cancels in the definition, not in ours: compare on the scale of its terms
    scale = np.max((y + np.abs(m.mu)) * np.abs(m.dmu) / v)
    np.testing.assert_allclose(
        family.score_residual(y, m), (y - m.mu) * m.dmu / v, rtol=1e-9, atol=1e-15 * scale
    )
    np.testing.assert_allclose(family.working_residual(y, m), (y - m.mu) / m.dmu, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(family.pearson(y, m), (y - m.mu) / np.sqrt(v), rtol=1e-8, atol=1e-12)


@every
def test_deviance_vanishes_at_the_mean_and_only_there(family):
    y = np.array([0.25, 0.5, 0.75]) if of_binomial(family) else np.array([0.3, 2.5, 40.0])
    y = np.array([0.0, 1.0]) if family.name == "bernoulli" else y
    at = Mean(y, 1.0 - y, np.ones_like(y))
    np.testing.assert_array_equal(family.unit_deviance(y, at), 0.0)
    off = Mean(y * 0.9 + 0.02, 1.0 - (y * 0.9 + 0.02), np.ones_like(y))
    assert (family.unit_deviance(y, off) > 0.0).all()


@every
@given(y=st.floats(0.0, 1.0), mu=st.floats(1e-15, 1 - 1e-15))
def test_deviance_is_never_negative(family, y, mu):
    y = np.array([round(y) if family.name == "bernoulli" else max(y, 1e-300)])
    mu = np.array([mu])
    assert family.unit_deviance(y, Mean(mu, 1.0 - mu, mu))[0] >= 0.0


@every_standard
def test_rows_of_weight_zero_add_nothing(family):
    y, eta, weights, trials = cases(family)
    weights[::2] = 0.0
    got = family.loglik(y, family.mean(eta), weights, phi_of(family), np.where(weights > 0, trials, 1.0))
    np.testing.assert_array_equal(got[::2], 0.0)
    assert np.isfinite(got).all()


@every
def test_nll_gradient_is_the_derivative_of_nll(family):
    y, eta, _, _ = (a[a.size // 5 : -(a.size // 5)] for a in cases(family))  # not at the edges
    step = 1e-5 * np.maximum(np.abs(eta), 1e-2)
    difference = (family.nll(y, eta + step) - family.nll(y, eta - step)) / (2 * step)
    scale = np.max(np.abs(difference))
    # 1e-4 relative: the error of a central difference with this step
    np.testing.assert_allclose(family.nll_gradient(y, eta), difference, rtol=1e-4, atol=1e-7 * scale)


@every_standard
def test_nll_is_the_negative_loglik_up_to_a_constant_of_y(family):
    y, eta, _, _ = cases(family)
    loss = 0.5 * family.unit_deviance(y, family.mean(eta))
    excess = (family.nll(y, eta) - loss).reshape(5, -1)
    np.testing.assert_allclose(excess, np.broadcast_to(excess[:1], excess.shape), atol=1e-10)


# -- the distribution --------------------------------------------------------------------


@every_standard
def test_both_tails_are_exact(family):
    y, eta, _, trials = cases(family)
    weights = trials if of_binomial(family) else np.full_like(y, 1.5)
    arguments = (family.mean(eta), phi_of(family), weights, trials)
    got = zip(family.cdf(y, *arguments), family.sf(y, *arguments), strict=True)
    rows = zip(y, exact_mean(family, eta), trials, strict=True)
    for (below, above), (a, mu, m) in zip(got, rows, strict=True):
        exact = distribution(key_of(family), a, mu, phi_of(family) / 1.5, m)
        # 1e-10: scipy's incomplete gamma and beta functions far out in the tail
        assert below == pytest.approx(float(exact[0]), rel=1e-10, abs=1e-300)
        assert above == pytest.approx(float(exact[1]), rel=1e-10, abs=1e-300)


@every_standard
def test_log_tails_are_logs_of_the_tails(family):
    y, eta, _, trials = cases(family)
    arguments = (family.mean(eta), phi_of(family), trials, trials)
    with np.errstate(divide="ignore"):
        below, above = np.log(family.cdf(y, *arguments)), np.log(family.sf(y, *arguments))
    seen = np.isfinite(below)
    np.testing.assert_allclose(family.logcdf(y, *arguments)[seen], below[seen], rtol=1e-11, atol=1e-15)
    seen = np.isfinite(above)
    np.testing.assert_allclose(family.logsf(y, *arguments)[seen], above[seen], rtol=1e-11, atol=1e-15)


@every_standard
def test_between_a_response_and_the_one_below_lies_its_own_probability(family):
    y, eta, _, trials = cases(family)
    arguments = (family.mean(eta), phi_of(family), trials, trials)
    below = family.below(y, trials, trials)
    own = family.sf(below, *arguments) - family.sf(y, *arguments)
    middle = family.mean(family.link(np.array([0.5, 0.5])))
    flat = family.cdf(np.array([0.51, 0.52]), middle, 1.0, trials[:2], trials[:2])
    discrete = flat[0] == flat[1]
    expected = np.exp(family.loglik(y, family.mean(eta), trials, 1.0, trials)) if discrete else 0.0 * y
    np.testing.assert_allclose(own, expected, rtol=1e-9, atol=1e-14)


@every_standard
def test_quantile_undoes_the_distribution_function(family):
    y, eta, _, trials = cases(family)
    m = family.mean(eta)
    p = family.cdf(y, m, phi_of(family), trials, trials)
    inner = (p > 1e-12) & (p < 0.999)
    got = family.quantile(p, m, phi_of(family), trials, trials)
    # 1e-10: at p = 0.999 a unit in the last place of p moves y by 1e-13 / density
    np.testing.assert_allclose(got[inner], y[inner], rtol=1e-10, atol=1e-10)


@every_standard
def test_quantile_is_nan_outside_the_unit_interval(family):
    _, eta, _, trials = cases(family)
    m = family.mean(eta[:3])
    assert np.isnan(family.quantile(np.array([-0.1, 1.1, np.nan]), m, 1.0, trials[:3], trials[:3])).all()


@every_standard
def test_draws_have_the_mean_and_variance(family):
    n = 100_000
    mu = 0.3 if of_binomial(family) else 2.5
    m = family.mean(family.link(np.full(n, mu)))
    trials = np.full(n, 1.0 if family.name == "bernoulli" else TRIALS)
    weights = trials if of_binomial(family) else np.full(n, 1.5)
    phi = phi_of(family)
    draws = family.rvs(m, phi, weights, trials, np.random.default_rng(20240229))
    spread = family.variance(m)[0] * (
        1.0 / trials[0] if of_binomial(family) else phi if phi == 1.0 else phi / 1.5
    )
    squares = (draws - mu) ** 2
    # five standard errors: a seed fails by chance once in two million
    assert abs(draws.mean() - mu) < 5 * np.sqrt(spread / n)
    assert abs(squares.mean() - spread) < 5 * squares.std() / np.sqrt(n)


@every_standard
def test_draws_follow_the_distribution_function(family):
    n = 20_000
    mu = np.full(n, 0.3 if of_binomial(family) else 2.5)
    m = family.mean(family.link(mu))
    trials = np.full(n, 1.0 if family.name == "bernoulli" else TRIALS)
    weights = trials if of_binomial(family) else np.full(n, 0.7)
    phi, rng = phi_of(family), np.random.default_rng(7)
    draws = np.sort(family.rvs(m, phi, weights, trials, rng))
    empirical = np.searchsorted(draws, draws, side="right") / n
    distance = np.max(np.abs(empirical - family.cdf(draws, m, phi, weights, trials)))
    assert distance < 2.2 / np.sqrt(n)  # Kolmogorov's bound for p = 1e-4


@every_standard
def test_rows_without_weight_are_not_drawn(family):
    m = family.mean(family.link(np.full(2, 0.3)))
    draws = family.rvs(m, 1.0, np.array([0.0, 1.0]), None, np.random.default_rng(1))
    assert np.isfinite(draws[1])
    assert np.isnan(draws[0]) == (family.name not in ("poisson", "negative.binomial", "bernoulli"))


# -- responses, starts -------------------------------------------------------------------


@every
def test_support_is_named(family):
    assert family.support


@every
def test_responses_that_are_not_finite_are_refused_even_without_weight(family):
    y = np.array([np.nan, np.inf, -np.inf, 1.0])
    bad = family.check_response(y, np.zeros(4))
    np.testing.assert_array_equal(bad, [True, True, True, False])


@every
def test_responses_without_weight_may_lie_outside_the_support(family):
    assert not family.check_response(np.array([-3.0]), np.zeros(1))[0]


@every
def test_starting_means_go_through_the_link(family):
    y = np.array([0.0, 1.0, 1.0]) if of_binomial(family) else np.array([0.5, 1.0, 4.0])
    mu = family.start(y, np.ones(3))
    m = family.mean(family.link(mu))
    assert family.valid_mean(m).all()
    assert np.isfinite(family.working_weight(m)).all()
    np.testing.assert_allclose(m.mu, mu, rtol=1e-14)


@every
def test_means_that_are_not_finite_are_invalid(family):
    at = np.array([np.inf, np.nan])
    assert not family.valid_mean(Mean(at, 1.0 - at, at)).any()


@every
def test_no_family_writes_into_its_arguments(family):
    y, eta, weights, trials = cases(family)
    for array in (y, eta, weights, trials):
        array.flags.writeable = False
    m = Mean(*(np.array(a) for a in family.mean(eta)))
    for array in m:
        array.flags.writeable = False
    family.start(y, weights)
    family.working_weight(m)
    family.working_residual(y, m)
    family.pearson(y, m)
    family.unit_deviance(y, m)
    family.loglik(y, m, weights, 1.0, trials)


# -- values ------------------------------------------------------------------------------


@every
def test_a_family_equals_its_copies_and_nothing_else(family):
    copy = pickle.loads(pickle.dumps(family))
    assert (copy, hash(copy)) == (family, hash(family))
    assert [other for other in FAMILIES if other == family] == [family]


@every
def test_repr_makes_the_family_again(family):
    assert eval(repr(family)) == family


@every
def test_replace_changes_the_link_alone(family):
    assert replace(family, link=Log()) == family.with_link("log")
    assert replace(replace(family, link=Log()), link=family.link) == family


@every
def test_families_are_frozen(family):
    with pytest.raises(AttributeError):
        family.link = Log()
    with pytest.raises(AttributeError):
        family.other = 1


@every
def test_a_name_and_a_link_make_the_family_again(family):
    named = family_from(family.name.upper(), family.link)
    if family.name != "quasi" and not family.nuisance_name:
        assert named == family
    assert (type(named), named.link) == (type(family), family.link)


@every
def test_canonical_means_a_constant_slope(family):
    _, eta, _, _ = cases(family)
    m = family.mean(eta)
    ratio = m.dmu / family.variance(m)
    constant = bool(np.allclose(ratio, ratio[0], rtol=1e-9))
    assert constant == family.canonical


@every
def test_ratio_names_belong_to_links_whose_exponential_is_a_ratio(family):
    if family.ratio_name:
        assert family.link.name in ("log", "logit", "cloglog")


@pytest.mark.parametrize("family", QUASI, ids=repr)
def test_quasi_families_have_no_likelihood(family):
    y, eta, weights, trials = cases(family)
    m = family.mean(eta)
    assert family.dispersion is None
    assert not family.has_likelihood
    assert np.isnan(family.loglik(y, m, weights, 1.0, trials)).all()
    assert "no likelihood" in family.likelihood_note(y, weights, trials)
    with pytest.raises(NoLikelihoodError, match="no distribution"):
        family.rvs(m, 1.0, weights, trials, np.random.default_rng(0))
    with pytest.raises(NoLikelihoodError, match="no distribution"):
        family.logsf(y, m)


def test_complement_of_the_reference_is_the_complement():
    at = mp.mpf("0.3")
    for name in PROPORTION_LINKS:
        assert mp.almosteq(complement(name)(at) + inverse_link(name)(at), 1)
