"""What goes by row and by term against R: terms, partial residuals, inflation, extreme rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "rowwise_from_r.json").read_text())
CASES = FIXTURE["cases"]
INFLATED = [case for case in CASES if case["vif"] is not None]
MEASURES = ("rstandard", "rstudent", "cooks_distance", "dffits", "covratio")
# R stops at a change of 1e-13 of the deviance; its errors are one iteration behind.
RELATIVE = 1e-8


def shown(case):
    return f"{case['family']}: {case['formula']}"


each = pytest.mark.parametrize("case", CASES, ids=shown)
each_inflated = pytest.mark.parametrize("case", INFLATED, ids=shown)
each_edge = pytest.mark.parametrize("name", FIXTURE["edges"])


def fit_of(case):
    family = gk.Gamma(case["link"]) if case["family"] == "Gamma" else case["family"]
    return gk.glm(case["formula"], pd.DataFrame(FIXTURE["rows"]), family, weights=case["weights"])


def table(values):
    return np.array(values, dtype=float)


@each
@pytest.mark.filterwarnings("ignore::glmkit.errors.AliasedWarning")
@pytest.mark.parametrize(("new", "key"), [(None, "terms"), (FIXTURE["new"], "terms_new")], ids=["fit", "new"])
def test_terms_are_those_of_r(case, new, key):
    expected = case[key]
    got = fit_of(case).predict(new, type="terms", se=True)
    assert list(got["fit"].columns) == expected["names"]
    np.testing.assert_allclose(got["fit"], table(expected["fit"]), rtol=RELATIVE, atol=1e-12)
    np.testing.assert_allclose(got["se"], table(expected["se"]), rtol=1e-7, atol=1e-9)
    assert got.attrs["constant"] == pytest.approx(expected["constant"], rel=RELATIVE)


@each
@pytest.mark.filterwarnings("ignore::glmkit.errors.AliasedWarning")
def test_partial_residuals_are_those_of_r(case):
    got = fit_of(case).residuals("partial")
    np.testing.assert_allclose(got, table(case["partial"]), rtol=RELATIVE, atol=1e-10)
    assert got.attrs["constant"] == pytest.approx(case["terms"]["constant"], rel=RELATIVE)


@each_inflated
def test_inflation_factors_are_those_of_car(case):
    expected, got = case["vif"], fit_of(case).vif()
    assert list(got.index) == expected["terms"]
    assert list(got["df"]) == expected["df"]
    np.testing.assert_allclose(got["gvif"], expected["gvif"], rtol=1e-7)
    np.testing.assert_allclose(got["gvif_scaled"], expected["scaled"], rtol=1e-7)


def edge_fit(name):
    *what, family = name.split("_")
    formula = "y ~ x + g" if what[0] == "leverage" else "y ~ x"
    weights = None if what[0] == "leverage" else "w"
    return gk.glm(formula, pd.DataFrame(FIXTURE["edge"]), family, weights=weights)


def edge_rows(name):
    return [int(label) - 1 for label in FIXTURE["edges"][name]["rows"]]


@each_edge
@pytest.mark.parametrize("measure", MEASURES)
def test_rows_of_leverage_one_or_weight_zero_have_the_numbers_of_r(name, measure):
    got = edge_fit(name).influence()[measure]
    np.testing.assert_allclose(got[edge_rows(name)], table(FIXTURE["edges"][name][measure]), rtol=RELATIVE)


@each_edge
@pytest.mark.parametrize("measure", ["dfbeta", "dfbetas"])
def test_changes_of_coefficients_have_the_numbers_of_r(name, measure):
    got = getattr(edge_fit(name), measure)().loc[edge_rows(name)]
    np.testing.assert_allclose(got, table(FIXTURE["edges"][name][measure]), rtol=1e-6, atol=1e-10)


@each_edge
def test_leverages_are_those_of_r(name):
    got = edge_fit(name).hatvalues()[edge_rows(name)]
    np.testing.assert_allclose(got, FIXTURE["edges"][name]["hat"], rtol=RELATIVE)


RULES = {"dffit": "|DFFITS|", "cov.r": "|Cov. ratio", "cook.d": "Cook's D >", "hat": "hat >"}


@pytest.mark.parametrize(("column", "rule"), RULES.items())
def test_the_rows_named_are_those_r_marks(column, rule):
    cars = pd.DataFrame(FIXTURE["cars"], index=range(1, 51))
    notes = [n for n in gk.glm("dist ~ speed", cars).influence().notes if n.startswith(f"Rows with {rule}")]
    named = [int(row) for note in notes for row in note.rstrip(".").partition(": ")[2].split(", ")]
    assert named == np.atleast_1d(FIXTURE["flags"][column]).tolist()
