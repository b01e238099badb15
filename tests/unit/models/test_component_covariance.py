"""Robust covariances of models with several linear predictors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

FOLDER = Path(__file__).parents[2] / "reference" / "fixtures"
REFERENCE = json.loads((FOLDER / "component_sandwich_from_r.json").read_text())
RNG = np.random.default_rng(6)
DATA = pd.DataFrame(
    {"x": RNG.normal(size=120), "y": RNG.choice(["no", "yes"], 120), "id": np.arange(120) // 6}
)
KINDS = {"HC0": {}, "HC1": {}, "CR0": {"cluster": "id"}, "CR1": {"cluster": "id"}}


@pytest.fixture(scope="module")
def ordinal():
    data = gk.load_dataset("wine")
    data["rating"] = pd.Categorical(data["rating"], ordered=True)
    return gk.glm("rating ~ temp + contact", data, gk.Cumulative())


@pytest.mark.parametrize("kind", KINDS)
def test_two_labels_have_the_binomial_s_robust_errors(kind):
    one, other = (
        gk.glm("y ~ x", DATA, family).with_vcov(kind, **KINDS[kind])
        for family in (gk.Binomial(), gk.Multinomial())
    )
    np.testing.assert_allclose(other.std_error, one.std_error, rtol=1e-9)
    np.testing.assert_allclose(other.p_value, one.p_value, rtol=1e-7)


@pytest.mark.parametrize("kind", REFERENCE["ordinal"])
def test_ordinal_errors_are_those_of_sandwich(kind, ordinal):
    cluster = {} if kind == "HC0" else {"cluster": "judge"}
    robust = ordinal.with_vcov(kind, **cluster)
    np.testing.assert_allclose(robust.std_error, REFERENCE["ordinal"][kind], rtol=2e-6)


@pytest.mark.parametrize("kind", REFERENCE["hurdle"])
def test_hurdle_errors_are_those_of_sandwich(kind):
    fit = gk.glm("art ~ fem + ment | mar", gk.load_dataset("biochemists"), gk.Hurdle())
    robust = fit.with_vcov(kind, **({} if kind == "HC0" else {"cluster": "ment"}))
    # numDeriv's second derivatives have about eight digits
    np.testing.assert_allclose(robust.std_error, REFERENCE["hurdle"][kind], rtol=2e-6)


def test_later_tables_use_and_name_the_covariance(ordinal):
    robust = ordinal.with_vcov("CR1", cluster="judge")
    assert "CR1, 9 clusters" in str(robust.summary())
    assert robust.anova(2).title == "Analysis of deviance, type 2 Wald tests"
    assert robust.anova(2).frame.loc["contact", "statistic"] == pytest.approx(
        robust.statistic["mean", "contact[T.yes]"] ** 2
    )
    with pytest.raises(gk.FitError, match="CR1, 9 clusters"):
        robust.anova(2, "LRT")
    with pytest.raises(gk.FitError, match="model-based covariance"):
        robust.proportionality_test()


def test_frequencies_equal_repeated_rows():
    data = DATA.assign(w=np.arange(120) % 3)
    repeated = data.loc[data.index.repeat(data["w"])].reset_index(drop=True)
    one = gk.glm("y ~ x", data, gk.Multinomial(), freq_weights="w")
    other = gk.glm("y ~ x", repeated, gk.Multinomial())
    np.testing.assert_allclose(one.with_vcov("HC1").std_error, other.with_vcov("HC1").std_error, rtol=1e-8)
    clustered = (fit.with_vcov("CR1", cluster="id").std_error for fit in (one, other))
    np.testing.assert_allclose(*clustered, rtol=1e-8)


@pytest.mark.parametrize(("kind", "cluster"), [("HC3", None), ("HC0", "id"), ("CR1", None)])
def test_a_kind_that_is_not_there_is_refused(kind, cluster):
    with pytest.raises(gk.FitError, match="Choose one of"):
        gk.glm("y ~ x", DATA, gk.Multinomial()).with_vcov(kind, cluster=cluster)


def test_missing_clusters_are_refused():
    data = DATA.assign(id=DATA["id"].where(DATA.index != 3))
    with pytest.raises(gk.DataError, match="cluster is missing in 1 rows"):
        gk.glm("y ~ x", data, gk.Multinomial()).with_vcov("CR1", cluster="id")
