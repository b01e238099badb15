"""Single deletions, single additions and paths of selection against R."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from oracle_cases import numbers

import glmkit as gk
from glmkit.families.registry import family_from

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "single_terms_from_r.json").read_text())
TABLES = [
    (place, table, test)
    for place, model in enumerate(FIXTURE["models"])
    for table in ("drop1", "add1")
    for test in model[table]
]
# R's score statistic takes the weights of the iterate before the last: 1e-7 of it and less.
RELATIVE = 1e-6


@cache
def fit_of(place, small):
    model = FIXTURE["models"][place]
    response = model["formula"].split(" ~ ")[0]
    formula = f"{response} ~ {model['small']}" if small else model["formula"]
    return gk.glm(formula, gk.load_dataset(model["data"]), family_from(model["family"], model["link"]))


def table_of(place, table, test):
    if table == "drop1":
        return fit_of(place, False).drop1(test=test).frame.iloc[1:]
    return fit_of(place, True).add1(FIXTURE["models"][place]["formula"], test=test).frame.iloc[1:]


@pytest.mark.parametrize(("place", "table", "test"), TABLES)
def test_a_table_of_single_terms_agrees(place, table, test):
    want, got = FIXTURE["models"][place][table][test], table_of(place, table, test)
    assert list(got.index) == want["rows"]
    np.testing.assert_array_equal(got["df"], numbers(want["df"]))
    np.testing.assert_allclose(got["deviance"], numbers(want["deviance"]), rtol=1e-9)
    np.testing.assert_allclose(got["statistic"], numbers(want["statistic"]), rtol=RELATIVE, atol=1e-9)
    np.testing.assert_allclose(got["p_value"], numbers(want["p_value"]), rtol=RELATIVE * 100, atol=1e-250)
    aic = numbers(want["aic"] or [None] * len(got))
    np.testing.assert_allclose(got["aic"], aic, rtol=1e-9)


@pytest.mark.parametrize("path", FIXTURE["steps"], ids=lambda path: f"{path['formula']} k={path['k']:.3g}")
def test_a_selection_takes_the_steps_of_r(path):
    fit = gk.glm(path["formula"], gk.load_dataset(path["data"]), path["family"])
    chosen = fit.step(criterion=path["k"], scope=path["scope"])
    assert list(chosen.step_path.index[1:]) == path["steps"]
    assert set(chosen.terms) == set(path["terms"])  # in the order of the scope, R's in that of the steps
    np.testing.assert_allclose(chosen.step_path["resid_deviance"], numbers(path["deviance"]), rtol=1e-9)


def test_how_many_are_compared(capsys):
    rows = sum(len(FIXTURE["models"][place][table][test]["rows"]) for place, table, test in TABLES)
    with capsys.disabled():
        print(f"\nsingle terms: {len(TABLES)} tables of {rows} rows, {len(FIXTURE['steps'])} paths of step")
    assert rows > 100
