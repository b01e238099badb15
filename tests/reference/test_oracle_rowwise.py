"""Every stored model of R that glmkit can fit: residuals, influence and predictions by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from oracle_cases import case_ids, fit_case, number, numbers, read_case, waiting_for_inference

CASES = {case_id: read_case(case_id) for case_id in case_ids()}
FITTED = {
    case_id: case["expect"]
    for case_id, case in CASES.items()
    if not waiting_for_inference(case) and case["expect"].get("diagnostics")
}
PREDICTED = {
    case_id: case["expect"]["predict"]
    for case_id, case in CASES.items()
    if not waiting_for_inference(case) and case["expect"].get("predict")
}
FIELDS = {
    "fitted": lambda fit: fit.fitted,
    "linear_predictor": lambda fit: fit.linear_predictor,
    "working_weights": lambda fit: fit.fit.problem.weights * fit.family.working_weight(fit.fit.mean),
    "hat": lambda fit: fit.hatvalues(),
    "cooks_distance": lambda fit: fit.cooks_distance(),
    "rstandard_deviance": lambda fit: fit.rstandard(),
    "rstandard_pearson": lambda fit: fit.rstandard("pearson"),
    "rstudent": lambda fit: fit.rstudent(),
    "dffits": lambda fit: fit.dffits(),
    "covratio": lambda fit: fit.covratio(),
}
# R divides these by an estimated sigma for every family but those called binomial and poisson, also
# where the dispersion is known to be 1; ours are those of a known dispersion.
SCALED_BY_SIGMA = ("rstudent", "dffits", "covratio")
# Models with an aliased column and new rows in which it is free.
NOT_ESTIMABLE = ("gauss_mtcars_aliased", "gauss_npk_aliased")
RESIDUALS = ("deviance", "pearson", "working", "response")
# R's stored solution is good to 1e-9 standard errors; a row is compared with the largest of its
# column, sums with the sum of sizes.
RELATIVE = 1e-8
# Squared sums and products of three such numbers.
SUMS = 1e-7
# Residuals of a fit without residual degrees of freedom are rounding around zero.
SATURATED = 1e-6


@pytest.fixture(scope="module")
def fits():
    return {}


@pytest.fixture
def fitted(request, fits):
    case_id = request.param
    if case_id not in fits:
        fits[case_id] = fit_case(CASES[case_id])
    return case_id, fits[case_id]


each_fit = pytest.mark.parametrize("fitted", FITTED, indirect=True)
each_prediction = pytest.mark.parametrize("fitted", PREDICTED, indirect=True)


def assert_stored(values, stored, absolute=0.0):
    """Compare with R's first ten values, counts and sums."""
    head, values = numbers(stored["head"]), np.asarray(values, dtype=float)
    finite = values[np.isfinite(values)]
    assert (len(values), len(finite)) == (stored["n"], stored["n_finite"])
    size = np.max(np.abs(finite), initial=0.0)
    np.testing.assert_allclose(values[: len(head)], head, rtol=0, atol=max(RELATIVE * size, absolute))
    total = number(stored["sum_abs"])
    n = len(finite)
    assert np.sum(finite) == pytest.approx(number(stored["sum"]), rel=0, abs=RELATIVE * total + n * absolute)
    assert np.sum(np.abs(finite)) == pytest.approx(total, rel=SUMS, abs=n * absolute)
    assert np.sum(finite**2) == pytest.approx(number(stored["sum_sq"]), rel=SUMS, abs=n * absolute)


@each_fit
def test_measures_by_row_agree(fitted):
    case_id, fit = fitted
    stored = FITTED[case_id]["diagnostics"]
    counted = fit.fit.problem.weights > 0
    for field, measure in FIELDS.items():
        if field in SCALED_BY_SIGMA and fit.family.name == "negative.binomial":
            continue
        values = np.asarray(measure(fit))
        # R leaves rows of zero weight out of the influence measures.
        assert_stored(values if stored[field]["n"] == len(values) else values[counted], stored[field])


@each_fit
def test_residuals_agree(fitted):
    case_id, fit = fitted
    absolute = SATURATED if fit.df_resid == 0 else 0.0
    for kind in RESIDUALS:
        assert_stored(fit.residuals(kind), FITTED[case_id]["diagnostics"]["residuals"][kind], absolute)


@each_fit
def test_dfbetas_agree(fitted):
    case_id, fit = fitted
    stored = FITTED[case_id]["diagnostics"]["dfbetas"]
    kept = fit.dfbetas().iloc[fit.fit.problem.weights > 0, fit.estimate.kept].to_numpy()
    if fit.df_resid == 0:
        assert np.all(np.isnan(kept))
        return
    largest = numbers(stored["row_values"])
    row = np.flatnonzero(np.max(np.abs(kept), axis=1) >= np.max(np.abs(largest)) * (1 - RELATIVE))
    assert stored["max_abs_row"] - 1 in row
    np.testing.assert_allclose(kept[stored["max_abs_row"] - 1], largest, rtol=0, atol=RELATIVE * 10)
    sizes = numbers(stored["col_sum_abs"])
    np.testing.assert_allclose(np.sum(np.abs(kept), axis=0), sizes, rtol=SUMS)
    np.testing.assert_allclose(np.sum(kept, axis=0) / sizes, numbers(stored["col_sum"]) / sizes, atol=SUMS)


@each_prediction
@pytest.mark.filterwarnings("ignore::glmkit.errors.AliasedWarning")
def test_predictions_and_their_errors_agree(fitted):
    case_id, fit = fitted
    stored = PREDICTED[case_id]
    for scale in ("link", "response"):
        got = fit.predict(pd.DataFrame(stored["newdata"]), type=scale, se=True)
        # R gives a number, with a warning, to rows that combine aliased columns as no row of the fit does.
        estimable = got["fit"].notna().to_numpy()
        assert np.all(estimable) or case_id in NOT_ESTIMABLE
        expected, errors = (numbers(stored[scale][key])[estimable] for key in ("fit", "se_fit"))
        np.testing.assert_allclose(got["fit"][estimable], expected, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(got["se"][estimable], errors, rtol=1e-6)


@each_fit
def test_prediction_of_the_rows_of_the_fit_is_fitted(fitted):
    _, fit = fitted
    np.testing.assert_array_equal(fit.predict(), fit.fitted)
    through_link = fit.family.mean(fit.predict(type="link").to_numpy()).mu
    np.testing.assert_array_equal(through_link, fit.predict())


def test_how_many_numbers_are_compared(capsys):
    stored = [expect["diagnostics"] for expect in FITTED.values()]
    rows = {field: sum(d[field]["n"] for d in stored) for field in FIELDS}
    rows |= {f"residuals {kind}": sum(d["residuals"][kind]["n"] for d in stored) for kind in RESIDUALS}
    rows |= {"dfbetas": sum(len(d["dfbetas"]["col_sum"]) for d in stored)}
    rows |= {f"predict {s}": sum(len(p[s]["fit"]) for p in PREDICTED.values()) for s in ("link", "response")}
    with capsys.disabled():
        print(
            f"\nBy row, {len(FITTED)} models of R (predictions: {len(PREDICTED)}); values behind each field:"
        )
        print("  " + ", ".join(f"{field} {count}" for field, count in rows.items()))
    assert len(FITTED) >= 86
