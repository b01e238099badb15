"""Robust covariances against R's sandwich."""

from __future__ import annotations

import numpy as np
import pytest
from oracle_cases import case_ids, fit_case, number, numbers, read_case, waiting_for

import glmkit as gk

CASES = {case_id: case for case_id in case_ids() if "sandwich" in (case := read_case(case_id))["expect"]}
ZERO_WEIGHTS = "gauss_mtcars_zero_weights"
PAIRS = [
    (case_id, kind)
    for case_id, case in CASES.items()
    if not waiting_for(case)
    for kind in case["expect"]["sandwich"]
    if kind in ("HC0", "HC1", "HC2", "HC3") and case_id != ZERO_WEIGHTS
]


@pytest.mark.parametrize(("case_id", "kind"), PAIRS)
def test_heteroskedasticity_consistent_errors_agree(case_id, kind):
    case = CASES[case_id]
    fit = fit_case(case)
    if fit.df_resid == 0:
        pytest.skip("no residual degrees of freedom: residuals are rounding")
    expected = np.array([number(v) for v in case["expect"]["sandwich"][kind]["std_error"]])
    got = fit.with_vcov(kind).std_error.to_numpy()[~fit.aliased.to_numpy()]
    known = np.isfinite(expected)
    # R does not centre: a column 1e5 away from zero leaves its sandwich five digits
    np.testing.assert_allclose(got[known], expected[known], rtol=1e-5)


# What sandwich::vcovCL calls HC0 and HC1, with its own factor G / (G - 1) in both.
@pytest.mark.parametrize(("kind", "theirs"), [("CR1", "HC0"), ("CR1S", "HC1")])
def test_cluster_robust_errors_agree(kind, theirs):
    case = CASES["binom_bacteria_cluster"]
    expected = case["expect"]["sandwich"]["cluster"][theirs]
    got = fit_case(case).with_vcov(kind, cluster="ID").std_error
    np.testing.assert_allclose(got, numbers(expected["std_error"]), rtol=1e-6)


def test_rows_of_zero_weight_change_nothing_though_r_counts_them():
    # sandwich() divides by all 32 rows and multiplies by the 28 that count: its errors are 28/32 of ours
    case = CASES[ZERO_WEIGHTS]
    expected = numbers(case["expect"]["sandwich"]["HC0"]["std_error"])
    np.testing.assert_allclose(fit_case(case).with_vcov("HC0").std_error * 28 / 32, expected, rtol=1e-6)


def test_one_row_per_cluster_is_hc0_times_the_factor():
    data = gk.load_dataset("warpbreaks")
    fit = gk.glm("breaks ~ wool * tension", data, "poisson")
    clustered = fit.with_vcov("CR1", cluster=np.arange(54))
    np.testing.assert_allclose(clustered.vcov(), fit.with_vcov("HC0").vcov() * 54 / 53, rtol=1e-12)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3", "HC4"])
def test_frequencies_stand_for_rows(kind):
    data = gk.load_dataset("warpbreaks")
    counts = np.resize([1, 2, 3], 54)
    weighted = gk.glm("breaks ~ wool", data, "poisson", freq_weights=counts).with_vcov(kind)
    repeated = gk.glm("breaks ~ wool", data.loc[data.index.repeat(counts)], "poisson").with_vcov(kind)
    np.testing.assert_allclose(weighted.std_error, repeated.std_error, rtol=1e-9)


def test_the_summary_says_which_covariance_is_used():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    assert "Standard errors  HC1" in str(fit.with_vcov("HC1").summary())


@pytest.mark.parametrize(
    ("kind", "cluster", "says"),
    [("HC9", None, "not known"), ("CR1", None, "Give cluster="), ("HC1", "wool", "does not go")],
)
def test_a_kind_that_cannot_be_is_refused(kind, cluster, says):
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    with pytest.raises(gk.FitError, match=says):
        fit.with_vcov(kind, cluster=cluster)


def test_clusters_that_leave_no_variance_are_refused():
    fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
    with pytest.raises(gk.DataError, match="without variance"):
        fit.with_vcov("CR1", cluster="tension")


def test_a_row_of_leverage_one_has_no_hc3():
    data = gk.load_dataset("trees").assign(first=np.arange(31) == 0)
    with pytest.raises(gk.FitError, match="leverage"):
        gk.glm("Volume ~ Girth + first", data).with_vcov("HC3")


def test_how_many_are_compared(capsys):
    with capsys.disabled():
        print(f"\nrobust covariances compared: {len(PAIRS) + 1}")
    assert len(PAIRS) > 300
