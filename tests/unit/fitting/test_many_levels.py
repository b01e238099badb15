"""Fits with a factor of thousands of levels: closed forms, a second algorithm, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import glmkit as gk
from glmkit.fitting import large

LEVELS = 1_500
ROWS = 15_000


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(7)
    level = np.concatenate([np.arange(LEVELS), rng.integers(LEVELS, size=ROWS - LEVELS)])
    x = rng.normal(size=ROWS)
    effect = rng.normal(scale=0.3, size=LEVELS)[level]
    y = 1 + rng.poisson(np.exp(1.0 + 0.2 * x + effect))
    return pd.DataFrame({"y": y, "x": x, "g": pd.Categorical(level)})


@pytest.fixture(scope="module")
def one_factor(data):
    return gk.glm("y ~ g", data, "poisson", control=gk.Control(tol=1e-12))


@pytest.fixture(scope="module")
def with_number(data):
    return gk.glm("y ~ x + g", data, "poisson")


def test_coefficients_of_one_factor_are_logarithms_of_ratios_of_means(data, one_factor):
    logs = np.log(data.groupby("g", observed=True)["y"].mean().to_numpy())
    assert_allclose(one_factor.coef.to_numpy()[1:], logs[1:] - logs[0], atol=1e-12)


def test_their_variances_are_sums_of_reciprocal_totals(data, one_factor):
    totals = data.groupby("g", observed=True)["y"].sum().to_numpy()
    variances = one_factor.std_error.to_numpy()[1:] ** 2
    # The condition is 80: twice its logarithm, of sixteen digits.
    assert_allclose(variances, 1.0 / totals[1:] + 1.0 / totals[0], rtol=1e-11)


def test_a_slope_beside_levels_solves_the_score_of_the_profile(data, with_number):
    # Levels eliminated: exp(a_g) = sum y / sum exp(b x) within g, so the score of b is sum x (y - mu).
    slope, code = with_number.coef["x"], data["g"].cat.codes
    relative = np.exp(slope * data["x"])
    share = relative / np.bincount(code, relative)[code]
    mu = share * np.bincount(code, data["y"])[code]
    information = np.sum(mu * data["x"] ** 2) - np.sum(
        np.bincount(code, mu * data["x"]) ** 2 / np.bincount(code, mu)
    )
    assert abs(np.sum(data["x"] * (data["y"] - mu))) < 1e-9 * np.sqrt(information)
    assert_allclose(with_number.std_error["x"], information**-0.5, rtol=1e-10)


def test_an_information_beyond_memory_is_refused_before_it_is_made(data, monkeypatch):
    monkeypatch.setattr(large, "memory", lambda: 0.05 * 2**30)
    with pytest.raises(gk.FitError, match="1,501 columns: its information matrix takes"):
        gk.glm("y ~ x + g", data, "poisson")


def test_dependent_columns_beyond_memory_are_refused_by_reason(data, monkeypatch):
    monkeypatch.setattr(large, "memory", lambda: 0.2 * 2**30)
    nested = data.assign(h=(data["g"].cat.codes < 100).astype(float))
    with pytest.raises(gk.FitError, match="dependent on others"):
        gk.glm("y ~ x + g + h", nested, "poisson")
