"""Every stored model of R that glmkit can fit: coefficients, errors, deviances, criteria."""

from __future__ import annotations

import numpy as np
import pytest
from oracle_cases import (
    COMPONENT_METHODS,
    case_ids,
    fit_case,
    number,
    numbers,
    read_case,
    relative_error,
    waiting_for,
)

CASES = {case_id: read_case(case_id) for case_id in case_ids()}
WAITING = {case_id: why for case_id, case in CASES.items() if (why := waiting_for(case))}
COMPONENTS = [case_id for case_id, case in CASES.items() if case["model"]["method"] in COMPONENT_METHODS]
FITTED = [case_id for case_id in CASES if case_id not in WAITING and case_id not in COMPONENTS]

# Coefficients: one Fisher step moves R's stored solution by less than 1e-9 standard errors.
COEFFICIENT_IN_SE = 1e-6
SE_RELATIVE = 1e-6
# A deviance near zero (a saturated model) is rounding: it is compared absolutely, with 1 as scale.
DEVIANCE_RELATIVE = 1e-8


@pytest.fixture(scope="module")
def fits():
    return {}


@pytest.fixture
def fitted(request, fits):
    case_id = request.param
    if case_id not in fits:
        fits[case_id] = fit_case(CASES[case_id])
    return CASES[case_id]["expect"], fits[case_id]


def each_fit(test):
    return pytest.mark.parametrize("fitted", FITTED, indirect=True)(test)


@each_fit
def test_names_are_r_names(fitted):
    expect, fit = fitted
    assert [name.r for name in fit.frame.names] == expect["coefficients"]["names"]


@each_fit
def test_coefficients_agree_within_a_millionth_of_a_standard_error(fitted):
    expect, fit = fitted
    estimate, error = (numbers(expect["coefficients"][key]) for key in ("estimate", "std_error"))
    assert np.array_equal(np.isnan(fit.coef), np.isnan(estimate))
    scale = np.where(error > 0, error, np.maximum(np.abs(estimate), 1e-12))
    assert np.nanmax(np.abs(fit.coef.to_numpy() - estimate) / scale, initial=0.0) < COEFFICIENT_IN_SE


@each_fit
def test_standard_errors_agree(fitted):
    expect, fit = fitted
    error = numbers(expect["coefficients"]["std_error"])
    known = ~np.isnan(error) & (error > 0)
    np.testing.assert_allclose(fit.std_error.to_numpy()[known], error[known], rtol=SE_RELATIVE)


@each_fit
def test_p_values_agree(fitted):
    expect, fit = fitted
    p_value = numbers(expect["coefficients"]["p_value"])
    known = ~np.isnan(p_value)
    np.testing.assert_allclose(fit.p_value.to_numpy()[known], p_value[known], rtol=1e-4, atol=1e-250)


@each_fit
def test_deviances_agree(fitted):
    expect, fit = fitted
    saturated = expect["df_residual"] == 0
    for got, key in ((fit.deviance, "deviance"), (fit.null_deviance, "null_deviance")):
        error = relative_error(got, number(expect[key]), 1.0 if saturated else 0.0)
        assert error < DEVIANCE_RELATIVE, key


@pytest.mark.parametrize("case_id", FITTED)
def test_the_compiled_pass_finds_the_same(case_id, compiled):
    fitted = CASES[case_id]["expect"], fit_case(CASES[case_id])
    test_coefficients_agree_within_a_millionth_of_a_standard_error(fitted)
    test_standard_errors_agree(fitted)
    test_deviances_agree(fitted)


@each_fit
def test_criteria_agree(fitted):
    expect, fit = fitted
    if "zero weight" in str(expect.get("warnings_default")) or np.isinf(number(expect["aic"])):
        assert np.isfinite(fit.aic)  # R's infinite AIC of a zero weight is an artefact
        return
    if fit.family.name == "tweedie":
        assert np.isfinite(fit.aic)  # statmod has no likelihood
        return
    for got, value in (
        (fit.loglik, expect["loglik"]["value"]),
        (fit.aic, expect["aic"]),
        (fit.bic, expect["bic"]),
    ):
        assert relative_error(got, number(value)) < DEVIANCE_RELATIVE


@each_fit
def test_degrees_of_freedom_and_counts_are_exact(fitted):
    expect, fit = fitted
    keys = ("df_residual", "df_null", "rank", "nobs")
    got = (fit.df_resid, fit.df_null, fit.rank, fit.nobs)
    assert got == tuple(expect[key] for key in keys)


@each_fit
def test_dispersion_and_pearson_statistic_agree(fitted):
    expect, fit = fitted
    if expect["df_residual"] == 0:
        assert fit.df_resid == 0
        return
    assert relative_error(fit.pearson_chi2, number(expect["pearson_chi2"])) < 1e-7
    assert relative_error(fit.dispersion, number(expect["dispersion"])) < 1e-7


THETAS = [case_id for case_id in FITTED if "theta" in CASES[case_id]["expect"]]


@pytest.mark.parametrize("fitted", THETAS, indirect=True)
def test_theta_its_error_and_the_parameters_counted_agree(fitted):
    expect, fit = fitted
    assert fit.theta == pytest.approx(expect["theta"]["estimate"], rel=1e-9)
    assert fit.theta_se == pytest.approx(expect["theta"]["std_error"], rel=1e-7)
    assert fit.rank + fit.family.counted_parameters == expect["loglik"]["df"]


def test_how_many_cases_are_compared(capsys):
    with capsys.disabled():
        print(f"\nR's stored models: {len(FITTED)} compared, {len(WAITING)} wait:")
        for why in sorted(set(WAITING.values())):
            print(f"  {why}: {', '.join(case_id for case_id, reason in WAITING.items() if reason == why)}")
    assert len(FITTED) + len(WAITING) + len(COMPONENTS) == len(CASES) == 103
