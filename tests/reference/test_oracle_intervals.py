"""R's stored intervals: Wald at two levels, the exact profile, and what R's `confint` interpolates."""

from __future__ import annotations

import numpy as np
import pytest
from oracle_cases import case_ids, data_of, fit_case, numbers, read_case, waiting_for_inference

import glmkit as gk

CASES = {case_id: case for case_id in case_ids() if not waiting_for_inference(case := read_case(case_id))}
COUNTS: dict[str, int] = {}

# All in standard errors. R's own standard errors are right to 1e-9, its fits to 1e-9.
WALD = 1e-6
EXACT = 1e-8
# R interpolates the profile by a spline: "about 1e-3, 1e-2 for a badly skewed one" (README).
INTERPOLATED = 5e-3


@pytest.fixture(scope="module")
def fits():
    return {}


@pytest.fixture
def fitted(request, fits):
    case_id = request.param
    if case_id not in fits:
        fits[case_id] = fit_case(CASES[case_id])
    return CASES[case_id]["expect"], fits[case_id]


def cases_with(*path):
    """Return the cases that store a field."""
    return [case_id for case_id, case in CASES.items() if field_of(case["expect"], path) is not None]


def field_of(expect, path):
    for key in path:
        expect = (expect or {}).get(key)
    return expect


def errors_in_se(field, interval, fit, name):
    """Return |ours - R's| in standard errors, (k, 2), and count them."""
    place = [coef.r for coef in fit.frame.names]
    rows = [place.index(coef) for coef in field["names"]]
    ends = np.column_stack([numbers(field["lower"]), numbers(field["upper"])])
    got = interval.to_numpy()[rows]
    known = ~np.isnan(ends)
    assert not np.any(np.isnan(got[known]))
    COUNTS[name] = COUNTS.get(name, 0) + int(known.sum())
    return (np.abs(got - ends) / fit.std_error.to_numpy()[rows, None])[known]


@pytest.mark.parametrize("fitted", cases_with("confint", "wald"), indirect=True)
def test_wald_intervals_agree(fitted):
    expect, fit = fitted
    errors = errors_in_se(expect["confint"]["wald"], fit.confint("wald", df=np.inf), fit, "wald")
    assert np.all(errors < WALD)


@pytest.mark.parametrize("fitted", cases_with("confint", "wald_90"), indirect=True)
def test_wald_intervals_of_ninety_percent_agree(fitted):
    expect, fit = fitted
    interval = fit.confint("wald", level=0.9, df=np.inf)
    assert np.all(errors_in_se(expect["confint"]["wald_90"], interval, fit, "wald_90") < WALD)


@pytest.mark.parametrize("fitted", cases_with("confint_profile", "exact"), indirect=True)
def test_profile_intervals_are_the_exact_roots(fitted):
    expect, fit = fitted
    field = expect["confint_profile"]["exact"]
    interval = fit.confint("profile", level=field["level"], df=np.inf)
    assert np.all(errors_in_se(field, interval, fit, "confint_profile.exact") < EXACT)


@pytest.mark.parametrize("fitted", cases_with("confint_profile", "r_confint"), indirect=True)
def test_profile_intervals_are_what_r_prints_to_its_accuracy(fitted):
    expect, fit = fitted
    field = expect["confint_profile"]["r_confint"]
    interval = fit.confint("profile", level=field["level"], df=np.inf)
    assert np.all(errors_in_se(field, interval, fit, "confint_profile.r_confint") < INTERPOLATED)


def test_the_one_end_that_r_could_not_solve_for_is_a_root():
    # R's fit with the offset finds no valid start there; ours is checked by a fit of its own.
    fit = fit_case(CASES["binom_birthwt_log"])
    end = fit.confint("profile", level=0.95).loc["ht", "conf_high"]
    data = data_of(CASES["binom_birthwt_log"])
    start = [-1.5, 0.2]
    held = gk.glm("low ~ smoke", data, gk.Binomial("log"), offset=end * data["ht"], start=start)
    assert held.deviance - fit.deviance == pytest.approx(3.841458820694124, rel=1e-9)


def test_how_many_ends_are_compared(capsys):
    with capsys.disabled():
        print(f"\nR's stored intervals, ends compared: {COUNTS}")
    assert {"wald", "wald_90", "confint_profile.exact", "confint_profile.r_confint"} == set(COUNTS)
