"""Marginal means and pairwise comparisons against R's emmeans."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from oracle_cases import case_ids, fit_case, number, numbers, read_case, waiting_for

CASES = {case_id: read_case(case_id) for case_id in case_ids()}
BLOCKS = [
    (case_id, name)
    for case_id, case in CASES.items()
    if not waiting_for(case)
    for name in case["expect"]
    if name.startswith("emmeans_")
]
COMPARED = {"means": 0, "pairs": 0}
# emmeans takes the normal distribution for some families with an estimated dispersion
RELATIVE = 1e-6


@pytest.fixture(scope="module")
def fits():
    return {}


@pytest.fixture
def block(request, fits):
    case_id, name = request.param
    if case_id not in fits:
        fits[case_id] = fit_case(CASES[case_id])
    return fits[case_id], CASES[case_id]["expect"][name]


def each_block(test):
    return pytest.mark.parametrize("block", BLOCKS, indirect=True, ids=lambda b: "-".join(b))(test)


def column(table: dict, *names: str) -> np.ndarray:
    """The stored column that goes by one of these names."""
    return numbers(next(table["columns"][name] for name in names if name in table["columns"]))


def df_of(table: dict) -> float:
    return number(table["columns"]["df"][0])


def compare_means(frame: pd.DataFrame, table: dict) -> None:
    expected = {
        "estimate": ("emmean", "response", "prob", "rate"),
        "std_error": ("SE",),
        "conf_low": ("asymp.LCL", "lower.CL"),
        "conf_high": ("asymp.UCL", "upper.CL"),
    }
    for ours, theirs in expected.items():
        np.testing.assert_allclose(frame[ours], column(table, *theirs), rtol=RELATIVE)
        COMPARED["means"] += len(frame)


def compare_pairs(frame: pd.DataFrame, table: dict) -> None:
    error = column(table, "SE")
    scale = np.max(np.abs(error))
    estimate = column(table, "estimate", "odds.ratio", "ratio")
    np.testing.assert_allclose(frame["estimate"], estimate, rtol=RELATIVE, atol=RELATIVE * scale)
    np.testing.assert_allclose(frame["std_error"], error, rtol=RELATIVE)
    statistic = column(table, "z.ratio", "t.ratio")
    np.testing.assert_allclose(frame["statistic"], statistic, rtol=RELATIVE, atol=RELATIVE)
    # R's ptukey keeps about 1e-10 absolute, and returns a small p-value as 1 less a rounded probability
    np.testing.assert_allclose(frame["p_value"], column(table, "p.value"), rtol=1e-5, atol=1e-9)
    COMPARED["pairs"] += 4 * len(frame)


@each_block
def test_means_on_the_link_scale_agree(block):
    fit, stored = block
    means = fit.emmeans(stored["specs"], scale="link", df=df_of(stored["link"]))
    compare_means(means.frame, stored["link"])


@each_block
def test_means_on_the_response_scale_agree(block):
    fit, stored = block
    means = fit.emmeans(stored["specs"], df=df_of(stored["response"]))
    compare_means(means.frame, stored["response"])


@each_block
@pytest.mark.parametrize("adjust", ["tukey", "none"])
def test_pairs_on_the_link_scale_agree(block, adjust):
    fit, stored = block
    table = stored[f"pairs_{adjust}"]
    pairs = fit.emmeans(stored["specs"], scale="link", df=df_of(table)).pairs(adjust)
    assert pairs.frame["contrast"].tolist() == table["columns"]["contrast"]
    compare_pairs(pairs.frame, table)


@each_block
def test_pairs_on_the_response_scale_agree(block):
    fit, stored = block
    table = stored["pairs_response_tukey"]
    pairs = fit.emmeans(stored["specs"], df=df_of(table)).pairs()
    assert pairs.frame["contrast"].tolist() == table["columns"]["contrast"]
    compare_pairs(pairs.frame, table)


@each_block
def test_tukey_intervals_agree(block):
    fit, stored = block
    table = stored["pairs_tukey"]
    frame = fit.emmeans(stored["specs"], scale="link", df=df_of(table)).pairs().confint().frame
    for ours, theirs in (("conf_low", ("asymp.LCL", "lower.CL")), ("conf_high", ("asymp.UCL", "upper.CL"))):
        np.testing.assert_allclose(
            frame[ours], column(table, *theirs), rtol=1e-5, atol=1e-5 * frame["std_error"].max()
        )
        COMPARED["pairs"] += len(frame)


def test_how_many_are_compared(capsys):
    with capsys.disabled():
        print(f"\nmarginal means: {len(BLOCKS)} blocks, numbers compared: {COMPARED}")
    assert len(BLOCKS) >= 20
