"""What every family of several linear predictors answers: its derivatives are those of its likelihood."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk
from glmkit.design.dense import DenseDesign
from glmkit.fitting.components import Component, ComponentObjective, stacked_gram

RNG = np.random.default_rng(17)
N = 40
LABELS = np.eye(4)[RNG.integers(0, 4, N)]
SHARES = RNG.multinomial(6, [0.1, 0.4, 0.3, 0.2], size=N) / 6.0
COUNTS = RNG.choice([0.0, 0.0, 1.0, 2.0, 5.0, 11.0], (N, 1))
ORDERED = np.sort(RNG.normal(size=(N, 3)) * 2.0, axis=1) + np.array([0.0, 0.1, 0.2])
FREE = RNG.normal(size=(N, 4)) * 2.0
TWO = RNG.normal(size=(N, 2))
FAMILIES = {
    "Multinomial": (gk.Multinomial(), LABELS, FREE),
    "Multinomial counts": (gk.Multinomial(), SHARES, FREE),
    **{
        f"Cumulative {link}": (gk.Cumulative(link), LABELS, ORDERED)
        for link in ("logit", "probit", "cloglog", "loglog", "cauchit")
    },
    "Cumulative counts": (gk.Cumulative(), SHARES, ORDERED),
    **{
        f"{family.__name__} {link}": (family(gk.Poisson(), link), COUNTS, TWO)
        for family in (gk.ZeroInflated, gk.Hurdle)
        for link in ("logit", "probit", "cloglog", "cauchit")
    },
}
FAMILIES |= {
    f"BetaBinomial {link} {precision}": (
        gk.BetaBinomial(link, precision),
        np.column_stack([RNG.integers(0, 8, N), np.full(N, 7)]).astype(float),
        np.column_stack([RNG.normal(size=N), RNG.uniform(0.5, 3.0, N)]),
    )
    for link, precision in (("logit", "log"), ("probit", "identity"), ("cloglog", "sqrt"))
}
each = pytest.mark.parametrize(("family", "y", "eta"), FAMILIES.values(), ids=list(FAMILIES))


def differences(function, eta):
    """Return the derivative of a function (n, ...) of eta by each predictor, (n, ..., K)."""
    steps = 1e-6 * np.eye(eta.shape[1])
    return np.stack([(function(eta + s) - function(eta - s)) / 2e-6 for s in steps], axis=-1)


@each
def test_the_gradient_is_minus_half_the_slope_of_the_deviance(family, y, eta):
    slope = differences(lambda e: family.unit_deviance(y, e), eta)
    # central differences of step 1e-6: 1e-12 of the second derivative, 1e-10 of rounding
    np.testing.assert_allclose(family.gradient(y, eta), -slope / 2, rtol=1e-6, atol=1e-7)


@each
def test_the_curvature_is_minus_the_slope_of_the_gradient(family, y, eta):
    slope = differences(lambda e: family.gradient(y, e), eta)
    np.testing.assert_allclose(family.curvature(y, eta), -slope, rtol=1e-6, atol=1e-7)


@each
def test_the_curvature_is_symmetric(family, y, eta):
    curvature = family.curvature(y, eta)
    assert np.array_equal(curvature, curvature.transpose(0, 2, 1))


@each
def test_the_jacobian_is_the_slope_of_what_is_fitted(family, y, eta):
    slope = differences(family.fitted, eta)
    np.testing.assert_allclose(family.jacobian(eta), slope, rtol=1e-6, atol=1e-7)


@each
def test_the_deviance_is_that_of_the_loss(family, y, eta):
    np.testing.assert_allclose(2 * family.nll(y, eta), family.unit_deviance(y, eta))
    np.testing.assert_allclose(family.nll_gradient(y, eta), -family.gradient(y, eta))


@each
def test_the_information_is_that_of_the_whole_matrix(family, y, eta):
    k = eta.shape[1]
    X, Z = RNG.normal(size=(N, 2)), RNG.normal(size=(N, 3))
    patterns = [np.eye(k)[0], np.eye(k)[-1]]
    components = (Component(DenseDesign(X), patterns[0]), Component(DenseDesign(Z), patterns[1]))
    curvature = family.curvature(y, eta)
    whole = np.concatenate(
        [X[:, None, :] * patterns[0][:, None], Z[:, None, :] * patterns[1][:, None]], axis=2
    )
    expected = np.einsum("nkp,nkl,nlq->pq", whole, curvature, whole)
    np.testing.assert_allclose(stacked_gram(components, curvature), expected, rtol=1e-10, atol=1e-10)


@each
def test_the_score_is_minus_half_the_slope_of_the_merit(family, y, eta):
    k = eta.shape[1]
    components = tuple(Component(DenseDesign(RNG.normal(size=(N, 1))), row) for row in np.eye(k))
    objective = ComponentObjective(family, components, y, RNG.uniform(0.5, 2.0, N), eta)
    score = objective.quadratic(objective.at(np.zeros(k))).score
    steps = 1e-6 * np.eye(k)
    slope = np.array([(objective.at(s).merit - objective.at(-s).merit) / 2e-6 for s in steps])
    np.testing.assert_allclose(score, -slope / 2, rtol=1e-5, atol=1e-5)


@each
def test_pearson_s_share_is_the_squared_distance_over_the_variance(family, y, eta):
    assert np.all(family.pearson(y, eta) >= 0.0)
    assert np.all(family.variance(eta) >= 0.0)


@pytest.mark.parametrize("family", [gk.ZeroInflated(), gk.Hurdle()], ids=repr)
def test_probabilities_of_counts_sum_to_one_and_have_the_moments(family):
    eta = TWO[:5]
    counts = np.arange(400.0)
    p = np.array([np.exp(family.log_density(counts, np.broadcast_to(row, (400, 2)))) for row in eta])
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)
    mean = p @ counts
    np.testing.assert_allclose(family.fitted(eta)[:, 0], mean, rtol=1e-12)
    np.testing.assert_allclose(family.variance(eta)[:, 0], p @ counts**2 - mean**2, rtol=1e-9)
    seen = np.full((5, 1), 2.0)
    np.testing.assert_allclose(family.cdf(seen, eta), p[:, :3].sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(family.cdf_below(seen, eta), p[:, :2].sum(axis=1), rtol=1e-12)


def test_information_summed_by_blocks_of_rows_is_the_same(monkeypatch):
    X = DenseDesign(np.asfortranarray(RNG.normal(size=(2000, 2))))
    components = tuple(Component(X, row) for row in np.eye(4)[1:])
    y = np.eye(4)[RNG.integers(0, 4, 2000)]
    objective = ComponentObjective(gk.Multinomial(), components, y, np.ones(2000), np.zeros((2000, 4)))
    whole = objective.quadratic(objective.at(np.full(6, 0.1))).factor.inverse()
    monkeypatch.setattr("glmkit.fitting.components.CURVATURE_ELEMENTS", 5000)
    parts = objective.quadratic(objective.at(np.full(6, 0.1))).factor.inverse()
    np.testing.assert_allclose(parts, whole, rtol=1e-12)
