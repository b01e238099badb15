"""What every objective answers: its score is the merit's slope, its step the information's."""

from __future__ import annotations

import numpy as np
import pytest

from glmkit.design.dense import DenseDesign
from glmkit.families.binomial import Binomial
from glmkit.families.counts import NegativeBinomial
from glmkit.families.positive import Gamma, InverseGaussian
from glmkit.families.standard import Gaussian, Poisson
from glmkit.families.tweedie import Tweedie
from glmkit.fitting.objective import GLMObjective

RNG = np.random.default_rng(5)
N = 60
X = np.asfortranarray(np.column_stack([np.ones(N), RNG.normal(size=(N, 2))]))
BETA = np.array([0.6, 0.1, -0.1])
MEAN = np.exp(X @ BETA)
RESPONSES = {
    "numeric": RNG.normal(2, 1, size=N) ** 2 + 0.1,
    "binomial": RNG.binomial(10, 0.4, size=N) / 10,
    "count": RNG.poisson(MEAN).astype(float),
}
FAMILIES = {
    "Gaussian": (Gaussian(), "numeric"),
    "Gaussian log": (Gaussian("log"), "numeric"),
    "Binomial": (Binomial(), "binomial"),
    "Binomial probit": (Binomial("probit"), "binomial"),
    "Binomial cloglog": (Binomial("cloglog"), "binomial"),
    "Binomial cauchit": (Binomial("cauchit"), "binomial"),
    "Poisson": (Poisson(), "count"),
    "Poisson sqrt": (Poisson("sqrt"), "count"),
    "NegativeBinomial": (NegativeBinomial(1.5), "count"),
    "NegativeBinomial sqrt": (NegativeBinomial(0.4, "sqrt"), "count"),
    "Tweedie": (Tweedie(1.4), "count"),
    "Tweedie above 2": (Tweedie(2.6), "numeric"),
    "Gamma": (Gamma(), "numeric"),
    "Gamma log": (Gamma("log"), "numeric"),
    "InverseGaussian": (InverseGaussian(), "numeric"),
    "InverseGaussian log": (InverseGaussian("log"), "numeric"),
}


def objective_of(name):
    family, kind = FAMILIES[name]
    weights = RNG.uniform(0.5, 2.0, size=N)
    offset = np.full(N, 0.05)
    return GLMObjective(family, DenseDesign(X), RESPONSES[kind], weights, offset, N)


each = pytest.mark.parametrize("objective", [objective_of(name) for name in FAMILIES], ids=list(FAMILIES))


@each
def test_score_is_minus_half_the_slope_of_the_merit(objective):
    point = objective.at(BETA)
    score = objective.quadratic(point).score
    step = 1e-6 * np.eye(3)
    slope = np.array([(objective.at(BETA + s).merit - objective.at(BETA - s).merit) / 2e-6 for s in step])
    # central differences: 1e-12 relative truncation, 1e-10 rounding of the merit
    np.testing.assert_allclose(score, -slope / 2, rtol=1e-5, atol=1e-5 * np.abs(score).max())


@each
def test_step_solves_the_information(objective):
    quadratic = objective.quadratic(objective.at(BETA))
    working = objective.weights * objective.family.working_weight(objective.family.mean(X @ BETA + 0.05))
    information = X.T @ (working[:, None] * X)
    np.testing.assert_allclose(information @ quadratic.step, quadratic.score, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(quadratic.factor.inverse() @ information, np.eye(3), atol=1e-9)


@each
def test_newton_step_is_fishers_for_a_canonical_link_and_improves_otherwise(objective):
    point = objective.at(BETA)
    quadratic = objective.quadratic(point)
    newton = objective.newton(point, quadratic)
    if objective.family.canonical:
        assert newton is None
    elif newton is not None:
        assert newton @ quadratic.score > 0  # a direction in which the deviance falls


@each
def test_merit_is_infinite_outside_the_valid_region(objective):
    assert objective.at(np.array([np.inf, 0.0, 0.0])).merit == np.inf
