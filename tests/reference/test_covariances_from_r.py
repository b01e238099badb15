"""Covariances by leverage, cluster and lag against R's sandwich and clubSandwich."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracle_cases import data_of, read_case

import glmkit as gk
from glmkit.inference.wald import joint_wald

ANSWERS = json.loads((Path(__file__).parent / "fixtures" / "covariances_from_r.json").read_text())
TWO_WAY = ("CR0", "CR1", "CR1S")
HAC = (0, 1, 4)
# R's information is one iteration behind even at epsilon 1e-14, and it does not centre.
RTOL = 1e-7


def fits():
    sales = gk.load_dataset("warpbreaks").assign(
        one=np.tile(np.arange(9), 6),
        two=np.repeat(np.arange(6), 9),
        w=np.resize([1.0, 2.0, 4.0, 3.0, 1.0], 54),
    )
    bacteria = data_of(read_case("binom_bacteria_cluster")).assign(
        one=lambda d: d["ID"], two=lambda d: d["week"]
    )
    return {
        "gaussian": gk.glm("breaks ~ wool + tension", sales),
        "gaussian_weights": gk.glm("breaks ~ wool + tension", sales, weights="w"),
        "poisson": gk.glm("breaks ~ wool * tension", sales, "poisson"),
        "gamma": gk.glm("breaks ~ wool + tension", sales, gk.Gamma("log")),
        "probit": gk.glm("y ~ trt + week", bacteria, gk.Binomial("probit")),
        "logit": gk.glm("y ~ trt + week", bacteria, gk.Binomial()),
    }


FITS = fits()


@pytest.mark.parametrize("name", FITS)
def test_hc4_errors_agree(name):
    np.testing.assert_allclose(FITS[name].with_vcov("HC4").std_error, ANSWERS[name]["HC4"], rtol=RTOL)


@pytest.mark.parametrize("name", FITS)
def test_cr2_covariances_agree(name):
    got = FITS[name].with_vcov("CR2", cluster="one").vcov()
    expected = np.array(ANSWERS[name]["CR2_vcov"])
    np.testing.assert_allclose(got, expected, rtol=RTOL, atol=RTOL * np.max(np.abs(expected)))


@pytest.mark.parametrize("name", FITS)
def test_satterthwaite_degrees_of_freedom_agree(name):
    estimate = FITS[name].with_vcov("CR2", cluster="one").estimate
    np.testing.assert_allclose(estimate.coef_df, ANSWERS[name]["CR2_df"], rtol=1e-6)


@pytest.mark.parametrize("name", FITS)
def test_p_values_use_satterthwaites_degrees_of_freedom(name):
    got = FITS[name].with_vcov("CR2", cluster="one").p_value
    np.testing.assert_allclose(got, ANSWERS[name]["CR2_p"], rtol=1e-5)


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize(("field", "last"), [("HTZ", None), ("HTZ_pair", 3)])
def test_joint_tests_are_hotellings(name, field, last):
    fit, expected = FITS[name].with_vcov("CR2", cluster="one"), ANSWERS[name][field]
    got = joint_wald(fit.estimate, np.eye(len(fit.coef))[1:last])
    np.testing.assert_allclose(
        [got.statistic, got.df, got.df_resid, got.p_value],
        [expected["statistic"], expected["df"], expected["df_resid"], expected["p_value"]],
        rtol=1e-5,
    )


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("kind", TWO_WAY)
def test_two_way_covariances_agree(name, kind):
    fit = FITS[name].with_vcov(kind, cluster=["one", "two"])
    expected = np.array(ANSWERS[name]["two_way"][kind])
    fixed = "negative" in fit.estimate.label
    values, vectors = np.linalg.eigh(expected)
    expected = (vectors * np.maximum(values, 0.0)) @ vectors.T if fixed else expected
    np.testing.assert_allclose(fit.vcov(), expected, rtol=RTOL, atol=RTOL * np.max(np.abs(expected)))


@pytest.mark.parametrize("name", FITS)
def test_negative_eigenvalues_are_raised_as_r_raises_them(name):
    got = FITS[name].with_vcov("CR1", cluster=["one", "two"]).vcov()
    expected = np.array(ANSWERS[name]["two_way"]["CR1_fixed"])
    np.testing.assert_allclose(got, expected, rtol=RTOL, atol=RTOL * np.max(np.abs(expected)))


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("lags", HAC)
def test_newey_west_covariances_agree(name, lags):
    got = FITS[name].with_vcov("HAC", lags=lags).vcov()
    expected = np.array(ANSWERS[name]["HAC"][f"lag{lags}"])
    np.testing.assert_allclose(got, expected, rtol=RTOL, atol=RTOL * np.max(np.abs(expected)))


def test_how_many_covariances_are_compared(capsys):
    with capsys.disabled():
        fields = {"HC4": 1, "CR2": 1, "CR2 df": 1, "HTZ": 2, "two-way": len(TWO_WAY) + 1, "HAC": len(HAC)}
        print("\ncovariances compared:", {field: count * len(FITS) for field, count in fields.items()})
    assert len(FITS) == len(ANSWERS)
