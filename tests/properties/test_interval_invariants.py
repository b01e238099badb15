"""Properties that every interval keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_invariants import FORMULA, frames

import glmkit as gk
from glmkit.inference.held import held_function
from glmkit.inference.profiling import Reference, root_at

# Ends are roots to 1e-10 standard errors, from fits to 1e-11; both are compared in standard errors.
IN_SE = 1e-7
few = settings(max_examples=15)


@few
@given(frames(), st.sampled_from(["profile", "score"]), st.sampled_from([0.5, 0.9, 0.99]))
def test_an_interval_contains_the_estimate_and_the_narrower_one(data, method, level):
    fit = gk.glm(FORMULA, data, "poisson")
    wide, narrow = fit.confint(method, level=level), fit.confint(method, level=0.4)
    assert (wide["conf_low"] < narrow["conf_low"]).all()
    assert (narrow["conf_low"] < fit.coef).all()
    assert (fit.coef < narrow["conf_high"]).all()
    assert (narrow["conf_high"] < wide["conf_high"]).all()


@few
@given(frames(), st.floats(0.01, 100), st.floats(-1000, 1000))
def test_intervals_and_tests_of_a_slope_do_not_depend_on_unit_and_origin_of_x(data, a, b):
    fit = gk.glm(FORMULA, data, "poisson")
    moved = gk.glm(FORMULA, data.assign(x=a * data["x"] + b), "poisson")
    ours, theirs = fit.tidy(ci="profile"), moved.tidy(ci="profile")
    ends = ["conf_low", "conf_high"]
    gap = a * theirs.loc[1, ends].astype(float) - ours.loc[1, ends].astype(float)
    np.testing.assert_allclose(gap / fit.std_error["x"], 0.0, atol=IN_SE)
    np.testing.assert_allclose(theirs.loc[1:, "statistic"], ours.loc[1:, "statistic"], atol=1e-6)


@few
@given(frames())
def test_the_profile_interval_follows_a_monotone_reparameterisation(data):
    # Group means under three links: the interval of g(mu) is g of the interval of mu.
    log, root = (gk.glm("y ~ 0 + g", data, gk.Poisson(link)).confint() for link in ("log", "sqrt"))
    np.testing.assert_allclose(np.exp(log), root**2, rtol=1e-7)


@few
@given(frames())
def test_the_interval_of_a_contrast_does_not_depend_on_the_coding(data):
    treatment = gk.glm(FORMULA, data, "poisson")
    summed = gk.glm(FORMULA, data, "poisson", contrasts={"g": "sum"})
    a, b = (name for name in summed.coef.index if name.startswith("g["))
    contrast = summed.profile({a: -1.0, b: 1.0}, level=0.95, points=1).interval.iloc[0]
    gap = contrast - treatment.confint().loc["g[T.b]"]
    np.testing.assert_allclose(gap / treatment.std_error["g[T.b]"], 0.0, atol=IN_SE)


def simulated_roots(runs: int) -> np.ndarray:
    """Return r and s of the true slope in `runs` logistic samples of 200, (runs, 2)."""
    rng = np.random.default_rng(20_26)
    x = np.column_stack([np.ones(200), rng.normal(size=200), np.resize([0.0, 1.0], 200)])
    prob = 1 / (1 + np.exp(-(x @ [-0.5, 0.7, 0.4])))
    roots = np.empty((runs, 2))
    for i in range(runs):
        fit = gk.glm_fit(x, rng.binomial(1, prob), "binomial")
        line = held_function(fit, np.array([0.0, 1.0, 0.0]), scored=True)
        held = line.at(0.7, np.zeros(2))
        roots[i] = [
            root_at(held, line.base, method, fit.deviance, Reference(1.0, np.inf))
            for method in ("profile", "score")
        ]
    return roots


@pytest.mark.slow
def test_intervals_cover_and_score_tests_are_uniform_at_the_truth():
    from scipy import stats

    roots = simulated_roots(2500)
    covered = np.mean(np.abs(roots) <= 1.959963984540054, axis=0)
    assert np.all((covered > 0.935) & (covered < 0.965))
    p_value = 2 * stats.norm.sf(np.abs(roots[:, 1]))
    assert stats.kstest(p_value, "uniform").pvalue > 0.01
