"""Steps on the information of an earlier point, and deviances as sums of losses, save work and no digit."""

from __future__ import annotations

import weakref

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import glmkit as gk
from glmkit.families.losses import loss_of
from glmkit.fitting import objective
from glmkit.fitting.objective import objective_of
from glmkit.fitting.pace import Pace
from glmkit.fitting.points import Asked, losses_of
from glmkit.fitting.scoring import fisher_scoring
from glmkit.fitting.starting import Start

RNG = np.random.default_rng(26)
N = 4_000
X = pd.DataFrame(RNG.normal(size=(N, 3)), columns=list("abc"))
ETA = -0.3 + X.to_numpy() @ np.array([0.4, -0.3, 0.2])
DATA = X.assign(
    g=pd.Categorical(RNG.integers(6, size=N)),
    count=RNG.poisson(np.exp(ETA)),
    yes=(RNG.uniform(size=N) < 1 / (1 + np.exp(-ETA))).astype(float),
    share=RNG.binomial(7, 1 / (1 + np.exp(-ETA))) / 7.0,
    cost=RNG.gamma(2.0, np.exp(ETA)),
    sevens=7.0,
    w=RNG.integers(1, 5, size=N).astype(float),
    t=RNG.uniform(0.1, 0.4, size=N),
)
MODELS = {
    "Poisson": ("count", gk.Poisson(), {}),
    "Poisson with offset and weights": ("count", gk.Poisson(), {"offset": "t", "weights": "w"}),
    "logistic": ("yes", gk.Bernoulli(), {}),
    "binomial": ("share", gk.Binomial(), {"weights": "sevens"}),
    "probit": ("yes", gk.Binomial("probit"), {}),
    "quasi-Poisson": ("count", gk.QuasiPoisson(), {}),
    "quasi of mu": ("count", gk.Quasi("mu", "log"), {}),
    "Gamma": ("cost", gk.Gamma("log"), {}),
    "negative binomial": ("count", gk.NegativeBinomial(3.0), {}),
    "inverse Gaussian": ("cost", gk.InverseGaussian("log"), {}),
}
each = pytest.mark.parametrize(("response", "family", "arguments"), MODELS.values(), ids=MODELS.keys())


def fitted(response, family, arguments):
    return gk.glm(f"{response} ~ a + b + c + g", DATA, family, **arguments)


@pytest.fixture
def swept(monkeypatch):
    monkeypatch.setattr(objective, "REUSING_NUMBERS", 1)


@each
def test_the_fit_is_that_of_a_new_information_at_every_step(response, family, arguments, monkeypatch):
    plain = fitted(response, family, arguments)
    monkeypatch.setattr(objective, "REUSING_NUMBERS", 1)
    fit = fitted(response, family, arguments)
    assert np.abs((fit.coef - plain.coef) / plain.std_error).max() < 1e-10  # in standard errors
    assert_allclose(fit.std_error, plain.std_error, rtol=1e-9)
    assert_allclose(fit.deviance, plain.deviance, rtol=1e-13)
    assert_allclose(fit.trace["deviance"].iloc[:3], plain.trace["deviance"].iloc[:3], rtol=1e-12)
    assert fit.converged


def test_fewer_informations_are_made_than_steps(swept, monkeypatch):
    asked = []
    at = objective.GLMObjective.at
    monkeypatch.setattr(
        objective.GLMObjective,
        "at",
        lambda self, beta, how=Asked.STEP: asked.append(how) or at(self, beta, how),
    )
    fitted(*MODELS["Poisson"])
    assert Asked.SCORE in asked
    assert Asked.STEP in asked[-2:]  # the information of the standard errors


@each
def test_losses_are_half_the_deviance_but_for_what_no_mean_changes(response, family, arguments):
    loss = loss_of(family)
    if loss is None:
        assert response == "cost" or family.link.name == "probit"
        return
    y, eta = DATA[response].to_numpy(np.float64), ETA
    mean = family.mean(eta)
    halves = loss.of(y, mean, eta) - loss.least(y)
    assert_allclose(2.0 * halves, family.unit_deviance(y, mean), rtol=1e-12, atol=1e-14)


def test_losses_of_responses_that_have_none_are_not_used():
    assert losses_of(loss_of(gk.Gamma("log")), np.array([-1.0, 2.0]), np.ones(2)) is None
    assert np.isfinite(losses_of(loss_of(gk.Gamma("log")), np.array([-1.0, 2.0]), np.array([0.0, 1.0])).least)


def test_a_deviance_far_below_its_losses_is_found_as_such(swept):
    # Means of a million: the losses are some 1e7 a row, the deviance some 1e-9.
    y = np.exp(14.0 + 0.3 * DATA["a"]) * (1.0 + 1e-8 * DATA["b"])
    with pytest.warns(gk.GlmkitWarning):  # no whole numbers
        fit = gk.glm("y ~ a", DATA.assign(y=y), "poisson")
    exact = np.sum(fit.family.unit_deviance(y.to_numpy(), fit.fit.mean))
    assert_allclose(fit.deviance, exact, rtol=1e-12)
    assert fit.converged


@pytest.mark.parametrize("method", ["firth", "jeffreys"])
def test_a_penalised_profile_of_many_rows_is_that_of_few(method, monkeypatch):
    data = DATA.head(60)
    few = gk.glm("yes ~ a + b", data, "binomial", method=method).confint("profile")
    monkeypatch.setattr(objective, "REUSING_NUMBERS", 1)
    many = gk.glm("yes ~ a + b", data, "binomial", method=method).confint("profile")
    assert_allclose(many, few, rtol=1e-6)


def test_an_information_that_misleads_is_replaced(swept):
    fit = fitted(*MODELS["Poisson"])
    problem, design = fit.fit.problem, fit.fit.independence.design
    model = objective.GLMObjective(
        fit.family, design, problem.y, problem.weights, problem.added, problem.nobs
    )
    factor = fit.fit.factor
    wrong = factor.__class__(
        factor.root, factor.scale * 1e-3, factor.condition
    )  # steps a million times too long
    start = Start(model.at(np.zeros(design.shape[1]), Asked.SCORE), wrong)
    solution = fisher_scoring(model, start, gk.Control())
    assert solution.converged
    assert np.abs(solution.point.beta - fit.fit.gamma).max() < 1e-9


def test_no_pass_begins_while_the_information_of_an_earlier_one_is_held(swept, monkeypatch):
    made, held = [], []
    at = objective.GLMObjective.at

    def watched(self, beta, asked=Asked.STEP):
        held.append(sum(gram() is not None for gram in made))
        point = at(self, beta, asked)
        if point.sums is not None and point.sums.gram is not None:
            made.append(weakref.ref(point.sums.gram))
        return point

    monkeypatch.setattr(objective.GLMObjective, "at", watched)
    fitted(*MODELS["Poisson"])
    assert len(made) >= 2
    assert held == [0] * len(held)


def test_a_first_step_asks_for_an_information():
    pace = Pace(reuses=True, newtonian=True)
    assert pace.with_step(10.0).asked(10.0, True, 1e-9) is Asked.STEP


def test_steps_that_shrink_slowly_ask_for_an_information():
    pace = Pace(reuses=True, newtonian=True).with_step(10.0).after(10.0, True, 0)
    assert pace.with_step(5.0).asked(5.0, True, 1e-9) is Asked.STEP
    assert pace.with_step(0.4).asked(0.4, True, 1e-9) is Asked.SCORE


def test_the_information_before_the_last_step_is_a_new_one():
    pace = Pace(reuses=True, newtonian=True).with_step(1.0).after(1.0, True, 0)
    assert pace.with_step(0.04).asked(0.04, True, 1e-9) is Asked.SCORE
    pace = pace.with_step(0.04).after(0.04, True, 0)
    assert pace.with_step(1e-9).asked(1e-9, False, 1e-9) is Asked.STEP
    assert pace.with_step(1e-9).asked(1e-9, True, 1e-9) is Asked.MERIT


def test_steps_that_were_halved_tell_nothing():
    pace = Pace(reuses=True, newtonian=True).with_step(10.0).after(10.0, True, 3)
    assert pace.with_step(0.01).asked(0.01, True, 1e-9) is Asked.STEP
    assert pace.with_step(0.01).bend == np.inf


@pytest.mark.parametrize(("price", "share"), [(1.0, 0.05), (1.5, 0.069), (2.25, 0.169), (8.0, 0.5)])
def test_the_dearer_an_information_the_longer_it_serves(price, share):
    pace = Pace(reuses=True, newtonian=True, price=price).with_step(10.0).after(10.0, True, 0)
    below, above = 9.9 * share, 10.1 * share
    assert pace.with_step(below).asked(below, True, 1e-9) is Asked.SCORE
    assert pace.with_step(above).asked(above, True, 1e-9) is Asked.STEP


def test_steps_that_are_not_newtons_have_a_new_information_where_they_shrink_slowly():
    pace = Pace(reuses=True, newtonian=False, price=8.0).with_step(10.0).after(10.0, True, 0)
    assert pace.with_step(2.0).asked(2.0, True, 1e-9) is Asked.STEP


def test_information_is_dear_where_columns_are_many():
    wide = pd.DataFrame(RNG.normal(size=(N, 60)), columns=[f"x{j}" for j in range(60)])
    fit = gk.glm("y ~ " + " + ".join(wide), wide.assign(y=DATA["yes"]), "binomial")
    narrow = gk.glm("yes ~ a + b", DATA, "binomial")
    prices = [
        objective_of(one.fit.problem, one.family, one.fit.problem.design).price for one in (narrow, fit)
    ]
    assert prices == pytest.approx([1.0 + 3 / 40, 1.0 + 61 / 40])


def test_iterations_that_end_on_a_step_measure_as_a_last_pass_does(swept):
    fit = gk.glm("count ~ a + b", DATA, "poisson")
    model = objective_of(fit.fit.problem, fit.family, fit.fit.problem.design)
    steered = model.at(fit.fit.gamma, Asked.STEP)
    settled = model.settled(steered)
    assert not steered.exact
    assert settled.exact
    assert_allclose(settled.merit, fit.deviance, rtol=1e-13)
    assert_allclose(settled.measures.pearson, fit.pearson_chi2, rtol=1e-12)
