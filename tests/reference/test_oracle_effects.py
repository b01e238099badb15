"""Average marginal effects against their definition in base R."""

from __future__ import annotations

import numpy as np
import pytest
from oracle_cases import case_ids, fit_case, numbers, read_case, waiting_for

CASES = {case_id: case for case_id in case_ids() if "ame" in (case := read_case(case_id))["expect"]}
FITTED = [case_id for case_id, case in CASES.items() if not waiting_for(case)]


@pytest.mark.parametrize("case_id", FITTED)
def test_average_marginal_effects_agree(case_id):
    stored = CASES[case_id]["expect"]["ame"]["columns"]
    frame = fit_case(CASES[case_id]).marginal_effects().frame
    assert frame["term"].tolist() == stored["variable"]
    assert frame["contrast"].tolist() == stored["contrast"]
    # the stored derivatives are differences of their own, good to about 1e-8
    np.testing.assert_allclose(frame["estimate"], numbers(stored["estimate"]), rtol=1e-7)
    np.testing.assert_allclose(frame["std_error"], numbers(stored["std_error"]), rtol=1e-6)


def test_how_many_are_compared(capsys):
    with capsys.disabled():
        print(f"\naverage marginal effects: {len(FITTED)} of {len(CASES)} models")
    assert len(FITTED) >= 6
