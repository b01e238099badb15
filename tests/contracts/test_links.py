"""What every link promises, checked against mpmath to the ends of the range of doubles."""

from __future__ import annotations

import pickle

import mpmath as mp
import numpy as np
import pytest
from exact_families import complement, inverse_link, slopes
from hypothesis import given
from hypothesis import strategies as st

from glmkit.families import (
    Cauchit,
    CLogLog,
    Identity,
    Inverse,
    InverseSquare,
    Log,
    Logit,
    LogLog,
    Power,
    Probit,
    Sqrt,
    link_from,
)

PROBABILITY = (Logit(), Probit(), Cauchit(), CLogLog(), LogLog())
WHOLE_LINE = (Identity(), Log(), *PROBABILITY)
HALF_LINE = (Inverse(), InverseSquare(), Sqrt(), Power(0.5), Power(-2.0), Power(0.25), Power(3.0))
LINKS = (*WHOLE_LINE, *HALF_LINE)

_POSITIVE = [1e-300, 1e-100, 1e-8, 0.3, 1 - 1e-9, 1.0, 1 + 1e-9, 3.0, 36.0, 1e8, 1e100, 1e300]
_SYMMETRIC = [1e-300, 1e-100, 1e-8, 0.3, 1.0, 3.0, 6.5, 20.0, 37.0, 300.0, 700.0]
EPS = np.finfo(float).eps


def grid(link):
    if link in HALF_LINE:
        return np.array(_POSITIVE)
    return np.array([-x for x in _SYMMETRIC[::-1]] + [0.0] + _SYMMETRIC)


def means(link):
    return np.array(
        [1e-12, 1e-3, 0.2, 0.5, 0.7, 0.999] if link in PROBABILITY else [1e-9, 0.3, 1.0, 7.0, 1e9]
    )


def assert_as_exact(got, exact, condition):
    """Equal to a few units in the last place of the value, or of the eta it comes from."""
    for value, true, factor in zip(got, exact, condition, strict=True):
        if abs(true) > mp.mpf("1e308"):
            assert np.isinf(value) or abs(value / true - 1) < 1e-9
        elif abs(true) < mp.mpf("1e-307"):
            assert abs(value) < 1e-307
        else:
            assert abs((mp.mpf(float(value)) - true) / true) < 4 * EPS * (1 + factor)


def relative_condition(function, eta):
    """|eta f'(eta) / f(eta)|: what half a unit in the last place of eta does to f."""
    out = []
    for e in map(mp.mpf, map(float, eta)):
        step = (abs(e) if e else mp.mpf(1)) * mp.mpf("1e-20")
        value = function(e)
        slope = (function(e + step) - function(e - step)) / (2 * step)
        out.append(float(min(abs(e * slope / value), 1e4)) if value else 0.0)
    return np.array(out)


def exponent_condition(link, eta):
    """What rounding 1/p does to eta^(1/p), for the powers that are not exact in binary."""
    return np.abs(np.log(np.abs(eta))) if link == Power(3.0) else np.zeros_like(eta)


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_mean_is_exact_to_the_ends_of_the_doubles(link):
    f = inverse_link(link.name)
    exact = [f(mp.mpf(float(e))) for e in grid(link)]
    assert_as_exact(
        link.mean(grid(link)).mu,
        exact,
        relative_condition(f, grid(link)) + exponent_condition(link, grid(link)),
    )


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_complement_does_not_cancel(link):
    f = complement(link.name)
    exact = [f(mp.mpf(float(e))) for e in grid(link)]
    # 1e4 eps near mu = 1 for links of positive means: there eta itself holds no more of 1 - mu
    assert_as_exact(
        link.mean(grid(link)).comu,
        exact,
        relative_condition(f, grid(link)) + exponent_condition(link, grid(link)),
    )


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_slope_is_the_derivative_of_the_mean(link):
    exact = [slopes(link.name, mp.mpf(float(e)))[0] for e in grid(link)]
    condition = relative_condition(lambda e: slopes(link.name, e)[0], grid(link))
    condition += exponent_condition(link, grid(link))
    assert_as_exact(link.mean(grid(link)).dmu, exact, condition)


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_curvature_is_the_second_derivative_of_the_mean(link):
    exact = [slopes(link.name, mp.mpf(float(e)))[1] for e in grid(link)]
    condition = relative_condition(lambda e: slopes(link.name, e)[1], grid(link))
    condition += exponent_condition(link, grid(link))
    assert_as_exact(link.curvature(grid(link)), exact, condition)


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_exact_slopes_are_derivatives_of_the_exact_mean(link):
    at = mp.mpf("0.7")
    first, second = slopes(link.name, at)
    assert mp.almosteq(first, mp.diff(inverse_link(link.name), at), 1e-20)
    assert mp.almosteq(second, mp.diff(inverse_link(link.name), at, 2), 1e-20)


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_inverse_undoes_the_link(link):
    mu = means(link)
    # 1e-13: near mu = 1 a probability link's eta holds eps / (1 - mu) of mu's digits
    np.testing.assert_allclose(link.mean(link(mu)).mu, mu, rtol=1e-13)


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_log_mean_is_the_log_of_the_mean(link):
    eta = link(means(link))
    np.testing.assert_allclose(link.log_mean(eta), np.log(link.mean(eta).mu), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("link", PROBABILITY, ids=repr)
def test_log_complement_is_exact_where_the_mean_is_small(link):
    eta = link(np.array([1e-12, 1e-3, 0.2, 0.7]))
    exact = [float(mp.log(complement(link.name)(mp.mpf(float(e))))) for e in eta]
    np.testing.assert_allclose(link.log_complement(eta), exact, rtol=1e-13)


def test_log_mean_of_a_logit_survives_underflow():
    np.testing.assert_array_equal(Logit().log_mean(np.array([-1e5])), [-1e5])


@pytest.mark.parametrize("link", LINKS, ids=repr)
@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_no_eta_that_is_not_finite_is_valid(link, bad):
    assert not link.valid(np.array([bad]))[0]


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_anything_goes_in_without_a_floating_point_warning(link):
    eta = np.array([-np.inf, -1e308, -800.0, -1.0, -1e-320, 0.0, 1e-320, 1.0, 800.0, 1e308, np.inf, np.nan])
    with np.errstate(all="raise"):
        link.mean(eta)
        link.mean_without_complement(eta)
        link.curvature(eta[1:-2])


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_links_at_and_beyond_the_ends_of_the_range_are_quiet(link):
    with np.errstate(all="raise", under="ignore"):
        link(np.array([0.0, 1e-308, 0.5, 1.0]))


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_mean_without_complement_agrees_on_the_rest(link):
    eta = grid(link)
    full, part = link.mean(eta), link.mean_without_complement(eta)
    np.testing.assert_array_equal(full.mu, part.mu)
    np.testing.assert_array_equal(full.dmu, part.dmu)


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_a_link_equals_its_copies_and_nothing_else(link):
    copy = pickle.loads(pickle.dumps(link))
    assert (copy, hash(copy)) == (link, hash(link))
    assert [other for other in LINKS if other == link] == [link]


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_repr_makes_the_link_again(link):
    assert eval(repr(link)) == link


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_name_makes_the_link_again(link):
    assert link_from(link.name.upper()) == link


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_links_are_frozen(link):
    with pytest.raises(AttributeError):
        link.p = 2.0


@pytest.mark.parametrize("link", PROBABILITY, ids=repr)
@given(eta=st.floats(allow_nan=False))
def test_a_probability_and_its_complement_lie_in_the_unit_interval(link, eta):
    m = link.mean(np.array([eta]))
    assert 0.0 <= m.mu[0] <= 1.0
    assert 0.0 <= m.comu[0] <= 1.0
    assert m.dmu[0] >= 0.0
    assert abs(m.mu[0] + m.comu[0] - 1.0) <= EPS


@pytest.mark.parametrize("link", PROBABILITY, ids=repr)
@given(a=st.floats(-700, 700), b=st.floats(-700, 700))
def test_a_larger_predictor_never_has_a_smaller_probability(link, a, b):
    low, high = link.mean(np.array([min(a, b), max(a, b)])).mu
    assert low <= high * (1 + 4 * EPS)
