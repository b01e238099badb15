"""Properties that covariances and tests of hypotheses keep for all data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glmkit as gk

FEW = settings(max_examples=20)  # several fits each


@st.composite
def frames(draw):
    """Return 25 to 50 rows of counts with two numeric columns, three levels and up to nine clusters."""
    n = draw(st.integers(25, 50))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    data = pd.DataFrame({"x": rng.normal(size=n).round(2), "z": rng.uniform(0, 3, size=n).round(2)})
    data["g"] = np.resize(["a", "b", "c"], n)
    data["lot"] = rng.integers(0, 9, size=n)
    data["y"] = rng.poisson(np.exp(0.8 + 0.3 * data["x"] - 0.2 * data["z"])) + (data["g"] == "a")
    return data


def fitted(data, family="poisson"):
    return gk.glm("y ~ x + z + g", data, family)


@pytest.mark.parametrize("family", ["poisson", "gaussian"])
@pytest.mark.parametrize(("kind", "factor"), [("CR0", lambda n: 1.0), ("CR1", lambda n: n / (n - 1))])
@FEW
@given(frames())
def test_one_row_per_cluster_is_hc0_times_the_factor(family, kind, factor, data):
    fit, n = fitted(data, family), len(data)
    by_row = fit.with_vcov(kind, cluster=np.arange(n)).vcov()
    hc0 = fit.with_vcov("HC0").vcov() * factor(n)
    np.testing.assert_allclose(by_row, hc0, rtol=1e-9, atol=1e-13 * np.max(np.diag(hc0)))


@FEW
@given(frames())
def test_one_row_per_cluster_makes_cr2_hc2(data):
    fit = fitted(data)
    hc2 = fit.with_vcov("HC2").vcov()
    by_row = fit.with_vcov("CR2", cluster=np.arange(len(data))).vcov()
    np.testing.assert_allclose(by_row, hc2, rtol=1e-8, atol=1e-12 * np.max(np.diag(hc2)))


@FEW
@given(frames(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_clusters_do_not_matter(data, random):
    order = list(range(len(data)))
    random.shuffle(order)
    renamed = data.assign(lot=data["lot"].map(lambda lot: f"lot {-lot}"))
    for kind in ("CR1", "CR2"):
        first = fitted(data).with_vcov(kind, cluster="lot")
        second = fitted(renamed.iloc[order]).with_vcov(kind, cluster="lot")
        np.testing.assert_allclose(first.std_error, second.std_error, rtol=1e-8)
        np.testing.assert_allclose(first.estimate.coef_df, second.estimate.coef_df, rtol=1e-6)


@FEW
@given(frames(), st.integers(0, 20))
def test_hac_is_never_negative(data, lags):
    values = np.linalg.eigvalsh(fitted(data).with_vcov("HAC", lags=lags).vcov())
    assert values[0] >= -1e-12 * values[-1]


@FEW
@given(frames())
def test_satterthwaites_degrees_of_freedom_are_below_the_number_of_clusters(data):
    df = fitted(data).with_vcov("CR2", cluster="lot").estimate.coef_df
    assert np.all(df > 0)
    assert np.all(df <= data["lot"].nunique() + 1e-8)


@FEW
@given(frames(), st.integers(0, 2**32 - 1))
def test_a_joint_test_depends_on_the_span_of_its_rows_only(data, seed):
    mix = np.random.default_rng(seed).normal(size=(4, 3))
    rows = np.eye(5)[2:]
    fit = fitted(data)
    first, second = fit.test(rows).tables["joint"], fit.test(mix @ rows).tables["joint"]
    np.testing.assert_allclose(first["statistic"], second["statistic"], rtol=1e-6)
    assert first["df"].iloc[0] == second["df"].iloc[0] == 3


@FEW
@given(frames())
def test_joint_tests_of_a_factor_do_not_depend_on_its_reference(data):
    turned = data.assign(g=pd.Categorical(data["g"], categories=["c", "a", "b"]))
    for options in ({"kind": "HC3"}, {"kind": "CR2", "cluster": "lot"}):
        first = fitted(data).with_vcov(**options).test("g").tables["joint"]
        second = fitted(turned).with_vcov(**options).test("g").tables["joint"]
        np.testing.assert_allclose(first.to_numpy(float), second.to_numpy(float), rtol=1e-6)
