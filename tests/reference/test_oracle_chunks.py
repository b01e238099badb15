"""Every stored model of R that glmkit fits, fitted once more to three chunks: the numbers of the fit in memory."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from oracle_cases import COMPONENT_METHODS, case_ids, fit_case, read_case, relative_error, waiting_for

import glmkit as gk

CASES = {case_id: read_case(case_id) for case_id in case_ids()}
FITTED = [
    case_id
    for case_id, case in CASES.items()
    if not waiting_for(case) and case["model"]["method"] not in COMPONENT_METHODS
]
ESTIMATED = [case_id for case_id in FITTED if "theta" in CASES[case_id]["expect"]]
FIELDS = ("deviance", "null_deviance", "loglik", "aic", "bic", "pearson_chi2", "dispersion")
# What the promise of chunks says; deviances of saturated models are rounding, with 1 as scale.
SAME = 1e-10

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case_id", ESTIMATED)
def test_a_theta_to_be_estimated_is_refused(case_id):
    with pytest.raises(gk.FitError, match="theta to be estimated"):
        fit_case(CASES[case_id], chunks=3)


def test_three_chunks_give_the_numbers_of_one_frame(capsys):
    compared, worst = Counter(), Counter()
    for case_id in (case_id for case_id in FITTED if case_id not in ESTIMATED):
        whole, chunked = fit_case(CASES[case_id]), fit_case(CASES[case_id], chunks=3)
        scale = np.where(whole.std_error > 0, whole.std_error, 1.0)
        np.testing.assert_array_equal(np.isfinite(chunked.coef), np.isfinite(whole.coef), err_msg=case_id)
        errors = {
            "coefficients, in standard errors": np.abs((chunked.coef - whole.coef) / scale).max(),
            "std_error": np.abs(chunked.std_error / whole.std_error - 1).max(),
        } | {
            field: relative_error(getattr(chunked, field), getattr(whole, field), float(whole.df_resid == 0))
            for field in FIELDS
        }
        for field, error in errors.items():
            compared[field] += 1
            worst[field] = max(worst[field], float(np.nan_to_num(error)))
        assert chunked.notes == whole.notes or not whole.converged, case_id
    with capsys.disabled():
        print(
            f"\nmodels fitted in chunks and in memory: {dict(compared)}\nlargest differences: {dict(worst)}"
        )
    assert max(worst.values()) < SAME
