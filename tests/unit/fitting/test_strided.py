"""Starting from a fit of every tenth row moves no digit, and saves passes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.design.columns import ColumnDesign
from glmkit.design.dense import DenseDesign
from glmkit.design.structured import StructuredDesign
from glmkit.fitting import glm as fitting
from glmkit.fitting import strided
from glmkit.fitting.independence import independence_of
from glmkit.fitting.objective import objective_of
from glmkit.fitting.problem import Problem
from glmkit.fitting.strided import _every
from glmkit.numerics.vectors import repeated

RNG = np.random.default_rng(15)
N = 250_000
X = pd.DataFrame(RNG.normal(size=(N, 4)), columns=list("abcd"))
ETA = -0.5 + X.to_numpy() @ np.array([0.3, -0.2, 0.1, 0.05])
DATA = X.assign(
    count=RNG.poisson(np.exp(ETA)),
    yes=(RNG.uniform(size=N) < 1 / (1 + np.exp(-ETA))).astype(float),
    cost=RNG.gamma(2.0, np.exp(ETA)),
    rare=pd.Categorical(np.where(np.arange(N) % 50_000 == 7, "seldom", "often")),
)
MODELS = {"poisson": "count", "binomial": "yes", "Gamma(log)": "cost"}
each = pytest.mark.parametrize(("family", "response"), MODELS.items())


def without_it(monkeypatch):
    monkeypatch.setattr(fitting, "strided_start", lambda objective, first: None)
    monkeypatch.setattr(fitting, "sampled_beginning", lambda problem, family, first: None)


@each
def test_the_fit_is_the_same_with_and_without(family, response, monkeypatch):
    fit = gk.glm(f"{response} ~ a + b + c + d", DATA, family)
    without_it(monkeypatch)
    plain = gk.glm(f"{response} ~ a + b + c + d", DATA, family)
    assert np.abs((fit.coef - plain.coef) / plain.std_error).max() < 1e-9  # in standard errors
    np.testing.assert_allclose(fit.std_error, plain.std_error, rtol=1e-9)
    np.testing.assert_allclose(fit.deviance, plain.deviance, rtol=1e-12)


def test_it_saves_passes_over_all_rows(monkeypatch):
    fit = gk.glm("count ~ a + b + c + d", DATA, "poisson")
    without_it(monkeypatch)
    assert len(fit.trace) < len(gk.glm("count ~ a + b + c + d", DATA, "poisson").trace)


def test_a_level_too_rare_for_the_small_fit_is_fitted_all_the_same(monkeypatch):
    fit = gk.glm("count ~ a + rare", DATA, "poisson")
    without_it(monkeypatch)
    plain = gk.glm("count ~ a + rare", DATA, "poisson")
    assert np.abs((fit.coef - plain.coef) / plain.std_error).max() < 1e-9


def test_a_column_that_depends_on_others_is_dropped_as_ever():
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("count ~ a + b + I(a + b) + c", DATA, "poisson")
    assert np.isnan(fit.coef["I(a + b)"])
    assert fit.df_resid == N - 4


def test_a_column_constant_in_the_sample_is_kept_where_it_is_not_in_all_rows():
    unseen = np.where(np.arange(N) % 160 == 100, DATA["a"], 0.0)
    fit = gk.glm("count ~ b + unseen", DATA.assign(unseen=unseen), "poisson")
    assert fit.rank == 3
    assert np.isfinite(fit.coef).all()


def test_a_value_beyond_doubles_outside_the_sample_is_refused_by_name():
    data = DATA.assign(a=np.where(np.arange(N) == 100, 1e200, DATA["a"]))
    with pytest.raises(gk.DesignError, match="'a'"):
        gk.glm("count ~ a + b", data, "poisson")


def test_a_far_column_is_centred_in_the_sample_too():
    fit = gk.glm("count ~ a + b", DATA.assign(a=DATA["a"] + 1e6), "poisson")
    near = gk.glm("count ~ a + b", DATA, "poisson")
    assert abs(fit.coef["a"] - near.coef["a"]) < 1e-8 * near.std_error["a"]
    np.testing.assert_allclose(fit.std_error["a"], near.std_error["a"], rtol=1e-9)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_no_bit(threads):
    whole = gk.glm("count ~ a + b + c + d", DATA, "poisson")
    held = gk.glm("count ~ a + b + c + d", DATA, "poisson", control=gk.Control(threads=threads))
    np.testing.assert_array_equal(held.coef, whole.coef)
    assert held.loglik == whole.loglik


@pytest.mark.skipif(pd.__version__ < "3", reason="data frames of older pandas do not copy on write")
def test_many_rows_are_held_by_column_without_a_copy():
    fit = gk.glm("count ~ a + b + c + d", DATA, "poisson")
    design = fit.frame.design
    assert isinstance(design, ColumnDesign)
    assert np.shares_memory(design.columns[1].numbers, DATA["a"].to_numpy())


def test_what_is_written_into_the_data_later_does_not_reach_the_fit():
    data = DATA.copy()
    fit = gk.glm("count ~ a + b", data, "poisson")
    before = fit.frame.design.column(1).copy()
    data.loc[0, "a"] = 99.0
    np.testing.assert_array_equal(fit.frame.design.column(1), before)


def test_arrays_that_can_be_written_into_are_copied():
    data = {name: DATA[name].to_numpy(copy=True) for name in ("count", "a", "b", "c", "d")}
    fit = gk.glm("count ~ a + b + c + d", data, "poisson")
    data["a"][:] = 0.0
    np.testing.assert_array_equal(fit.frame.design.column(1), DATA["a"])


def test_rows_that_the_sample_describes_badly_start_as_ever():
    in_sample = np.arange(N) % 160 < 16
    data = DATA.assign(far=np.where(in_sample, 0.0, 50.0))
    fit = gk.glm("count ~ a + b", data, "poisson", offset="far")
    assert fit.converged
    assert len(fit.trace) < 20


def test_a_sample_has_no_tally_of_the_rows_it_was_taken_of():
    design = DenseDesign(np.ones((N, 1), order="F"))
    problem = Problem(design, DATA["count"].to_numpy(float), repeated(1.0, N))
    whole = objective_of(problem, gk.Poisson(), design)
    assert whole.tally is not None
    assert _every(whole).tally is None


@pytest.mark.parametrize(("columns", "share"), [("a + b + c + d", 20), ("a * b * c * d", 10)])
def test_a_twentieth_will_do_where_rows_are_plenty(columns, share, monkeypatch):
    sizes = []
    monkeypatch.setattr(
        strided,
        "independence_of",
        lambda small, family: sizes.append(len(small.y)) or independence_of(small, family),
    )
    gk.glm(f"count ~ {columns}", DATA, "poisson")
    assert sizes == [pytest.approx(N / share, rel=0.01)]


def test_the_least_leverage_is_a_bound_from_below():
    levels = pd.Categorical(RNG.choice(30, size=N, p=np.arange(1, 31) / 465.0))
    data = DATA.assign(g=levels)
    fit = gk.glm("count ~ a + g", data, "poisson")
    design, factor = fit.fit.problem.design, fit.fit.factor
    assert isinstance(design, StructuredDesign)
    halves = factor.half_solve(design.dense())
    largest = np.max(np.einsum("ij,ij->i", halves, halves))
    bound = design.least_leverage(factor.scale)
    assert largest / 8.0 < bound <= largest
