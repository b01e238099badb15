"""Type III tests against R under contrasts that sum to zero, and under every other coding."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from oracle_cases import fit_case, numbers, read_case

import glmkit as gk

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "type_3_from_r.json").read_text())
NAMES = {"LR": "LRT", "Wald": "Wald", "F": "F", "columns": "LRT"}
# Wald statistics come from R's weights of the iterate before the last, and R stops when the deviance
# changes by 1e-14 of itself (1e-11 where columns are aliased), about 1e-7 standard errors.
TOLERANCE = {"LR": 1e-7, "F": 1e-7, "Wald": 1e-6, "columns": 1e-7}
ABSOLUTE = 1e-7
CASES = [(case_id, kind) for case_id, tests in FIXTURE["cases"].items() for kind in tests]
MODELS = [(place, kind) for place, model in enumerate(FIXTURE["models"]) for kind in (model["tests"] or ())]


@cache
def fit_of(case_id):
    return quietly(read_case(case_id))


def quietly(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        return fit_case(case)


@cache
def fit_of_model(place):
    stored = FIXTURE["models"][place]
    case = read_case(stored["case"])
    changes = {"formula_r": stored["formula"], "family": stored["family"], "link": stored["link"]}
    return quietly(case | {"model": case["model"] | {"method": "glm", "start": None} | changes})


def as_list(values):
    return values if isinstance(values, list) else [values]


def assert_agrees(fit, kind, want):
    got = fit.anova(3, NAMES[kind]).frame.drop(index="Residuals", errors="ignore")
    df, statistic = numbers(as_list(want["df"])), numbers(as_list(want["statistic"]))
    np.testing.assert_array_equal(got["df"], df)
    tested = df > 0
    tolerance = TOLERANCE[kind]
    np.testing.assert_allclose(got["statistic"][tested], statistic[tested], rtol=tolerance, atol=ABSOLUTE)
    if "p_value" in want:
        p_value = numbers(as_list(want["p_value"]))[tested]
        np.testing.assert_allclose(got["p_value"][tested], p_value, rtol=tolerance * 300, atol=1e-250)


@pytest.mark.parametrize(("case_id", "kind"), CASES)
def test_type_3_tests_agree_with_r_under_sum_contrasts(case_id, kind):
    assert_agrees(fit_of(case_id), kind, FIXTURE["cases"][case_id][kind])


@pytest.mark.parametrize(("place", "kind"), MODELS)
def test_type_3_tests_of_unusual_models_agree_with_r_under_sum_contrasts(place, kind):
    assert_agrees(fit_of_model(place), kind, FIXTURE["models"][place]["tests"][kind])


def test_how_many_are_compared(capsys):
    tables = [FIXTURE["cases"][c][kind] for c, kind in CASES]
    tables += [FIXTURE["models"][place]["tests"][kind] for place, kind in MODELS]
    count = sum(len(as_list(table["statistic"])) for table in tables)
    with capsys.disabled():
        print(f"\ntype III: {len(tables)} tables, {count} statistics compared with R under sum contrasts")
    assert count > 400
