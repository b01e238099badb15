"""The stored models of R by the compiled pass, which otherwise takes over where rows are many."""

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
FITTED = [
    case_id
    for case_id, case in CASES.items()
    if not waiting_for(case) and case["model"]["method"] not in COMPONENT_METHODS
]


@pytest.mark.parametrize("case_id", FITTED)
def test_estimates_errors_and_deviances_agree(case_id, compiled):
    expect, fit = CASES[case_id]["expect"], fit_case(CASES[case_id])
    estimate, error = (numbers(expect["coefficients"][key]) for key in ("estimate", "std_error"))
    assert np.array_equal(np.isnan(fit.coef), np.isnan(estimate))
    scale = np.where(error > 0, error, np.maximum(np.abs(estimate), 1e-12))
    assert np.nanmax(np.abs(fit.coef.to_numpy() - estimate) / scale, initial=0.0) < 1e-6
    known = ~np.isnan(error) & (error > 0)
    np.testing.assert_allclose(fit.std_error.to_numpy()[known], error[known], rtol=1e-6)
    assert relative_error(fit.deviance, number(expect["deviance"]), 1.0) < 1e-8
