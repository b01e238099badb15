"""Responses, starting values, names, notes, and families and links of one's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from glmkit.errors import FamilyError
from glmkit.families import (
    Bernoulli,
    Binomial,
    Family,
    Gamma,
    Gaussian,
    Identity,
    InverseGaussian,
    Link,
    Log,
    Logit,
    Mean,
    Poisson,
    Power,
    Quasi,
    QuasiPoisson,
    Sqrt,
    family_from,
    family_names,
    link_from,
    register_family,
)
from glmkit.families.registry import _FAMILIES

# -- names -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("poisson", Poisson()),
        ("Gamma", Gamma()),
        ("gamma", Gamma()),
        ("inverse.gaussian", InverseGaussian()),
        ("inverse_gaussian", InverseGaussian()),
        ("INVERSE GAUSSIAN", InverseGaussian()),
        ("InverseGaussian", InverseGaussian()),
        ("quasipoisson", QuasiPoisson()),
        ("quasi_poisson", QuasiPoisson()),
        ("binomial(probit)", Binomial("probit")),
        ("binomial(link = 'cloglog')", Binomial("cloglog")),
        ('inverse.gaussian("1/mu^2")', InverseGaussian()),
    ],
)
def test_families_answer_to_both_languages_names(text, family):
    assert family_from(text) == family


@pytest.mark.parametrize("value", [Poisson("sqrt"), Poisson(link=Sqrt()), Poisson(Sqrt), Poisson(Sqrt())])
def test_a_link_may_be_a_name_a_class_or_a_value(value):
    assert value.link == Sqrt()


def test_a_family_may_be_a_value_or_a_class():
    assert family_from(Poisson) == family_from(Poisson()) == Poisson()


def test_a_link_given_beside_the_family_replaces_its_own():
    assert family_from(Poisson(), "sqrt") == Poisson(Sqrt)


def test_an_unknown_family_is_answered_with_the_nearest_and_all():
    with pytest.raises(
        FamilyError, match=r"no family 'poison'. Did you mean Poisson\? Families: Gaussian, "
    ) as caught:
        family_from("poison")
    assert caught.value.family == "poison"


def test_an_unknown_link_is_answered_with_the_nearest_and_all():
    with pytest.raises(FamilyError, match=r"no link 'lgit'. Did you mean 'logit'\? Links: identity, log"):
        link_from("lgit")


@pytest.mark.parametrize("value", [3, None, int, Logit])
def test_what_is_no_family_is_refused(value):
    with pytest.raises(FamilyError, match="A family is a Family, its class or its name"):
        family_from(value)


@pytest.mark.parametrize("value", [3, None, int, Poisson])
def test_what_is_no_link_is_refused(value):
    with pytest.raises(FamilyError, match="A link is a Link, its class or its name"):
        link_from(value)


def test_a_link_class_that_needs_arguments_is_refused():
    with pytest.raises(FamilyError, match=r"Power needs arguments"):
        link_from(Power)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("1/mu^2", "1/mu^2"),
        ("inverse_square", "1/mu^2"),
        ("Log-Log", "loglog"),
        ("mu^(1/4)", "mu^0.25"),
        ("1/mu", "inverse"),
    ],
)
def test_links_answer_to_several_spellings(text, link):
    assert link_from(text).name == link


@pytest.mark.parametrize("p", [0.0, np.inf, np.nan])
def test_power_links_need_a_power(p):
    with pytest.raises(FamilyError, match="finite power other than 0"):
        Power(p)


@pytest.mark.parametrize("text", ["mu^x", "mu^1/0", "mu^--1"])
def test_a_power_that_is_no_number_is_refused(text):
    with pytest.raises(FamilyError):
        link_from(text)


def test_registered_families_are_found_by_name():
    @dataclass(frozen=True)
    class Exponential(_Squared):
        name = "exponential"

    before = dict(_FAMILIES)
    register_family(Exponential, "expo")
    try:
        assert family_from("expo(log)") == Exponential()
        assert "Exponential" in family_names()
    finally:
        _FAMILIES.clear()
        _FAMILIES.update(before)


@pytest.mark.parametrize(
    ("family", "ratio"),
    [
        (Binomial(), "odds ratio"),
        (Binomial("log"), "risk ratio"),
        (Binomial("cloglog"), "hazard ratio"),
        (Binomial("probit"), ""),
        (Poisson(), "rate ratio"),
        (Poisson("sqrt"), ""),
        (QuasiPoisson(), "rate ratio"),
        (Gamma("log"), "mean ratio"),
        (Gaussian("log"), "mean ratio"),
        (Gaussian(), ""),
        (Quasi("mu"), "rate ratio"),
        (Quasi("mu(1-mu)", "logit"), "odds ratio"),
    ],
    ids=repr,
)
def test_exponentiated_coefficients_have_their_name(family, ratio):
    assert family.ratio_name == ratio


@pytest.mark.parametrize(
    ("family", "loss"),
    [
        (Gaussian(), "mean squared error"),
        (Binomial(), "binary cross-entropy with logits"),
        (Binomial("probit"), "binary cross-entropy"),
        (Poisson(), "Poisson NLL with log input"),
        (Gamma("log"), "gamma NLL"),
        (InverseGaussian(), "inverse Gaussian NLL"),
        (Quasi("mu"), "Poisson NLL with log input"),
    ],
    ids=repr,
)
def test_losses_have_their_name(family, loss):
    assert family.loss_name == loss


def test_binary_cross_entropy_does_not_overflow():
    y, eta = np.array([1.0, 0.0, 1.0]), np.array([-1e4, 1e4, 1e4])
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_array_equal(Binomial().nll(y, eta), [1e4, 1e4, 0.0])


def test_quasi_knows_its_variance_functions():
    with pytest.raises(FamilyError, match=r"Use one of constant, mu, mu\^2"):
        Quasi("mu^4")
    assert Quasi("mu ** 2") == Quasi("mu^2")
    assert replace(Quasi("mu^2"), link=Identity()) == Quasi("mu^2", "identity")


# -- responses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "y", "bad"),
    [
        (Gaussian(), [-3.0, 0.0, 1.0], [False, False, False]),
        (Poisson(), [-1.0, 0.0, 1.5], [True, False, False]),
        (Gamma(), [-1.0, 0.0, 1e-300], [True, True, False]),
        (InverseGaussian(), [-1.0, 0.0, 2.0], [True, True, False]),
        (Binomial(), [-0.1, 1.1, 0.5], [True, True, False]),
        (Bernoulli(), [0.0, 1.0, 0.5], [False, False, True]),
        (Quasi("mu(1-mu)"), [0.0, 1.0, 1.5], [False, False, True]),
    ],
    ids=repr,
)
def test_responses_outside_the_support_are_marked(family, y, bad):
    np.testing.assert_array_equal(family.check_response(np.array(y), np.ones(3)), bad)


def test_bernoulli_refuses_trials_above_one():
    y, trials = np.array([1.0, 1.0]), np.array([1.0, 2.0])
    np.testing.assert_array_equal(Bernoulli().check_response(y, trials, trials), [False, True])


# -- starting values ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        (Gaussian(), [0.0, 1.0, 0.5]),
        (Poisson(), [0.1, 1.1, 0.6]),
        (Binomial(), [0.5 / 3, 2.5 / 3, 0.5]),
        (Quasi("mu"), [0.1, 1.0, 0.5]),
        (Quasi("mu(1-mu)", "logit"), [0.001, 0.999, 0.5]),
    ],
    ids=repr,
)
def test_starting_means_are_those_of_r(family, expected):
    y, weights = np.array([0.0, 1.0, 0.5]), np.full(3, 2.0)
    np.testing.assert_allclose(family.start(y, weights), expected, rtol=1e-15)


@pytest.mark.parametrize("link", ["log", "inverse", "sqrt"])
def test_a_start_outside_the_link_moves_to_the_weighted_mean(link):
    y, weights = np.array([0.0, 1.0, 5.0]), np.array([1.0, 1.0, 2.0])
    np.testing.assert_array_equal(Gaussian(link).start(y, weights), [11 / 4, 1.0, 5.0])


def test_a_start_no_link_admits_asks_for_one():
    with pytest.raises(FamilyError, match=r"does not admit -1, .* Pass start="):
        Gaussian("log").start(np.array([-3.0, 1.0]), np.ones(2))


# -- notes on the likelihood -------------------------------------------------------------


def test_a_fractional_count_has_no_likelihood_and_says_so():
    y = np.array([1.5, 2.0])
    m = Poisson().mean(np.zeros(2))
    np.testing.assert_array_equal(np.isnan(Poisson().loglik(y, m, np.ones(2))), [True, False])
    assert "not a whole number in 1 rows" in Poisson().likelihood_note(y, np.ones(2))


def test_a_fractional_count_without_weight_does_no_harm():
    y, weights = np.array([1.5, 2.0]), np.array([0.0, 1.0])
    assert Poisson().likelihood_note(y, weights) is None
    assert np.isfinite(Poisson().loglik(y, Poisson().mean(np.zeros(2)), weights)).all()


def test_fractional_successes_are_rounded_and_say_so():
    y = np.array([0.25, 0.4, 0.33])
    assert "not whole in 3 rows" in Binomial().likelihood_note(y, np.ones(3))
    assert Binomial().likelihood_note(np.array([5 / 7]), np.array([7.0])) is None


def test_zero_or_one_with_fractional_weights_keeps_the_weights():
    y, weights = np.array([0.0, 1.0]), np.array([0.4, 1.7])
    got = Binomial().loglik(y, Binomial().mean(np.array([0.0, 0.0])), weights)
    np.testing.assert_allclose(got, -np.log(2.0) * weights, rtol=1e-15)
    assert Binomial().likelihood_note(y, weights) is None


def test_gaussian_dispersion_of_the_likelihood_counts_rows():
    weights = np.array([1.0, 0.0, 5.0])
    assert Gaussian().loglik_dispersion(6.0, weights) == 3.0
    assert Gaussian().loglik_dispersion(6.0, weights, np.array([2.0, 9.0, 4.0])) == 1.0


def test_other_dispersions_of_the_likelihood_divide_by_the_weights():
    weights = np.array([1.0, 0.0, 5.0])
    assert Gamma().loglik_dispersion(6.0, weights) == 1.0
    assert Gamma().loglik_dispersion(6.0, weights, np.array([1.0, 1.0, 0.2])) == 3.0
    assert Poisson().loglik_dispersion(6.0, weights) == 1.0


# -- one's own ---------------------------------------------------------------------------


class _Squared(Family):
    """V = mu^2 by hand."""

    name = "squared"
    title = "Squared"
    support = "numbers > 0"
    default_link = Log()
    has_likelihood = False

    def in_support(self, y, trials=None):
        return y > 0

    def valid_mean(self, m):
        return (m.mu > 0) & (m.mu < np.inf)

    def variance(self, m):
        return m.mu**2

    def unit_deviance(self, y, m):
        return 2 * (y / m.mu - 1 - np.log(y / m.mu))


def test_an_own_family_needs_a_mean_a_variance_and_a_deviance():
    family = _Squared("sqrt")
    y, m = np.array([1.0, 2.0]), family.mean(np.array([1.0, 1.5]))
    np.testing.assert_allclose(family.score_residual(y, m), Gamma("sqrt").score_residual(y, m), rtol=1e-14)
    assert family_from(family) is family
    assert np.isnan(family.loglik(y, m, np.ones(2))).all()


def test_an_own_family_with_a_wrong_deviance_is_refused():
    class Wrong(_Squared):
        def unit_deviance(self, y, m):
            return y / m.mu - 1 - np.log(y / m.mu)

    with pytest.raises(FamilyError, match=r"unit deviance of Wrong.* wrong at mu = 0.02") as caught:
        Wrong()
    assert caught.value.given == pytest.approx(caught.value.expected / 2)


def test_an_own_family_may_have_fields():
    @dataclass(frozen=True)
    class Scaled(_Squared):
        scale: float = 1.0

        def variance(self, m):
            return m.mu**2 / self.scale

        def unit_deviance(self, y, m):
            return self.scale * super().unit_deviance(y, m)

    family = Scaled("sqrt", 2.0)
    assert (Scaled().link, family.link, replace(family, scale=3.0).scale) == (Log(), Sqrt(), 3.0)


def _logit_like(**changes):
    functions = {
        "link": lambda mu: np.log(mu) - np.log1p(-mu),
        "inverse": lambda eta: 1.0 / (1.0 + np.exp(-eta)),
        "derivative": lambda eta: 1.0 / (2.0 + np.exp(-eta) + np.exp(eta)),
    }
    return Link.from_functions("mine", **{**functions, **changes})


def test_a_link_of_functions_fits_like_the_built_in_one():
    eta = np.array([-2.0, 0.1, 3.0])
    mine, built_in = _logit_like(), Logit()
    np.testing.assert_allclose(mine.mean(eta).comu, built_in.mean(eta).comu, rtol=1e-14)
    np.testing.assert_allclose(mine.curvature(eta), built_in.curvature(eta), rtol=1e-9)
    assert Binomial(mine).link is mine


def test_a_link_of_functions_may_bring_its_second_derivative():
    eta = np.array([0.3])
    mine = _logit_like(second=Logit().curvature)
    assert mine.curvature(eta) == Logit().curvature(eta)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inverse": lambda eta: 1.0 / (1.0 + np.exp(eta))}, r"inverse of link 'mine' is wrong at mu = 0.02"),
        ({"derivative": np.exp}, r"derivative d mu / d eta of link 'mine' is wrong at eta = "),
        ({"second": np.cos}, r"second derivative of link 'mine' is wrong at eta = "),
    ],
)
def test_functions_that_contradict_each_other_are_refused(changes, message):
    with pytest.raises(FamilyError, match=message):
        _logit_like(**changes)


def test_a_link_for_positive_means_is_checked_beyond_one():
    with pytest.raises(FamilyError, match="derivative"):
        Link.from_functions("bent", np.log, np.exp, lambda eta: np.where(eta > 1.0, 2.0, 1.0) * np.exp(eta))


def test_an_own_subclass_of_link_is_checked():
    class Careless(Link):
        name = "careless"

        def __call__(self, mu):
            return np.log(mu)

        def mean(self, eta):
            return Mean(np.exp(eta), 1.0 - np.exp(eta), np.ones_like(eta))

        def curvature(self, eta):
            return np.exp(eta)

    with pytest.raises(FamilyError, match="derivative d mu / d eta of link 'careless'"):
        Careless()


def test_a_subclass_of_a_built_in_link_is_checked_too():
    class Shifted(Log):
        def __call__(self, mu):
            return np.log(mu) + 1.0

    with pytest.raises(FamilyError, match="inverse of link 'log'"):
        Shifted()
