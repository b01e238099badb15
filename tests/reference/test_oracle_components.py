"""R's stored multinomial and ordinal models (nnet, MASS): every number of every case."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from oracle_cases import COMPONENT_METHODS, case_ids, fit_case, numbers, read_case

CASES = {i: c for i in case_ids() if (c := read_case(i))["model"]["method"] in COMPONENT_METHODS}
# R's optimum is iterated to about 1e-8 standard errors; its information is at that point.
RELATIVE = 1e-6
SUMS = {"sum": lambda v: v.sum(), "sum_abs": lambda v: np.abs(v).sum(), "sum_sq": lambda v: (v * v).sum()}
COUNTED: Counter[str] = Counter()


@pytest.fixture(scope="module")
def fits():
    return {}


@pytest.fixture(params=CASES)
def fitted(request, fits):
    if request.param not in fits:
        fits[request.param] = fit_case(CASES[request.param])
    return CASES[request.param]["expect"], fits[request.param]


def compare(field, got, expected, rtol=RELATIVE, atol=0.0):
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    COUNTED[field] += expected.size
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=atol)


def coefficients(expect, key):
    return np.concatenate(
        [np.atleast_1d(numbers(row) if isinstance(row, list) else [row]) for row in expect[key]]
    )


def test_names_are_r_names(fitted):
    expect, fit = fitted
    names = [name for _, name in fit.coefficient_names("r")]
    wanted = expect["coefficients"]["names"]
    classes = expect["coefficients"].get("classes", [""])
    assert names == wanted * len(classes)
    COUNTED["names"] += len(names)


@pytest.mark.parametrize("key", ["estimate", "std_error", "statistic", "p_value"])
def test_coefficients_and_errors_agree(fitted, key):
    expect, fit = fitted
    got = {
        "estimate": fit.coef,
        "std_error": fit.std_error,
        "statistic": fit.statistic,
        "p_value": fit.p_value,
    }
    # the p-value of a statistic of 10 moves 100 times as far
    rtol = 2e-5 if key == "p_value" else RELATIVE
    compare(key, got[key], coefficients(expect["coefficients"], key), rtol)


def test_covariances_agree(fitted):
    expect, fit = fitted
    error = fit.std_error.to_numpy()
    expected = np.array([numbers(row) for row in expect["vcov"]["matrix"]])
    # a covariance is known to a share of both standard errors
    compare("vcov", fit.vcov() / np.outer(error, error), expected / np.outer(error, error), atol=RELATIVE)


def test_measures_of_fit_agree(fitted):
    expect, fit = fitted
    compare("deviance", fit.deviance, expect["deviance"], 1e-9)
    compare("loglik", fit.loglik, expect["loglik"]["value"], 1e-9)
    compare("aic", fit.aic, expect["aic"], 1e-9)
    compare("df", fit.rank, expect["loglik"]["df"], 0.0)


def test_bic_is_by_rows(fitted):
    expect, fit = fitted
    n = fit.nobs
    compare(
        "bic", fit.bic, expect.get("bic_rows", fit.rank * np.log(n) - 2 * expect["loglik"]["value"]), 1e-9
    )


def test_fitted_probabilities_agree(fitted):
    expect, fit = fitted
    for level, stored in expect.get("fitted", expect.get("fitted_probabilities")).items():
        values = fit.fitted[level].to_numpy()
        compare("fitted", values[: len(stored["head"])], numbers(stored["head"]))
        compare("fitted sums", [of(values) for of in SUMS.values()], [stored[name] for name in SUMS])


def test_how_many_numbers_are_compared(capsys):
    with capsys.disabled():
        shown = ", ".join(f"{field} {count}" for field, count in COUNTED.items())
        print(f"\nmodels with several predictors: {len(CASES)} of R's compared: {shown}")
    assert len(CASES) == 4
