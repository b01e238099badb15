"""Every hard input has the right answer or a clear message."""

from __future__ import annotations

from collections import Counter

import pytest
from hard_cases import judge, read_cases

import glmkit as gk

CASES = read_cases()
# What the library cannot fit yet, by the name it would have.
NEEDS = {"negative_binomial": "NegativeBinomial", "tweedie": "Tweedie", "multinomial": "Multinomial"}


def waiting_for(case):
    """Return what a case waits for; "" when it can be run."""
    needed = NEEDS.get(case["fit"]["family"]["name"], "Results")
    if not hasattr(gk, needed):
        return needed
    return "with_vcov" if case["fit"].get("cluster") and not hasattr(gk.Results, "with_vcov") else ""


RUN = [case_id for case_id, case in CASES.items() if not waiting_for(case)]


@pytest.mark.parametrize("case_id", RUN)
def test_a_hard_input_is_answered_rightly_or_clearly(case_id):
    right, reason = judge(CASES[case_id])
    assert right, reason


def test_counts_by_group(capsys):
    groups = Counter(CASES[case_id]["group"] for case_id in RUN)
    with capsys.disabled():
        print(f"\nhard inputs: {len(RUN)} of {len(CASES)} run")
        print("  " + ", ".join(f"{group} {count}" for group, count in sorted(groups.items())))
    assert len(CASES) == 361
