"""Columns of the design are R's: the same numbers and names, or the same space."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from glmkit.frame.contrasts import reduced_coding
from glmkit.frame.modelframe import model_frame
from glmkit.frame.values import ContrastSpec

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "coding.json").read_text())
# R takes `b:x`, x numeric, to span b, and then codes b in reduced form in a later term that has b without
# x: it loses columns that the formula asks for. Ours are formulaic's, which keep them.
R_LOSES_COLUMNS = {"~ 1 + l:z + a:b + b:l + a:c", "~ 0 + a:s:x + b:s:a + a"}
SAME = [case for case in FIXTURE["spaces"] if case["formula"] not in R_LOSES_COLUMNS]
WIDER = [case for case in FIXTURE["spaces"] if case["formula"] in R_LOSES_COLUMNS]
LAST_DIGITS = 1e-12  # polynomials and logarithms by another route than R's


def data():
    frame = pd.DataFrame(FIXTURE["data"])
    for name, levels in FIXTURE["levels"].items():
        frame[name] = pd.Categorical(frame[name], categories=levels, ordered=name == "o")
    return frame


def fitted(formula, **options):
    return model_frame("y " + formula, data(), **options)


def matrix(case):
    names = case["names"]
    return np.array(case["X"], dtype=float).reshape(len(FIXTURE["data"]["y"]), len(names))


def ranks(case):
    """Of our columns, and of ours beside R's."""
    ours = fitted(case["formula"]).design.values
    joint = np.hstack([np.array(case["basis"]), ours / np.abs(ours).max()])
    return tuple(int(np.linalg.matrix_rank(m, tol=1e-9)) for m in (ours, joint))


@pytest.mark.parametrize("case", FIXTURE["exact"], ids=lambda case: case["formula"])
def test_columns_are_those_of_r(case):
    np.testing.assert_allclose(fitted(case["formula"]).design.values, matrix(case), rtol=0, atol=LAST_DIGITS)


@pytest.mark.parametrize("case", FIXTURE["exact"], ids=lambda case: case["formula"])
def test_r_names_are_those_of_r(case):
    assert [name.r for name in fitted(case["formula"]).names] == list(case["names"])


@pytest.mark.parametrize("case", FIXTURE["ordered"], ids=lambda case: case["formula"])
def test_ordered_factors_are_coded_as_r_does_when_asked(case):
    frame = fitted(case["formula"], contrasts="r")
    assert [name.r for name in frame.names] == list(case["names"])
    np.testing.assert_allclose(frame.design.values, matrix(case), rtol=0, atol=LAST_DIGITS)


@pytest.mark.parametrize("case", FIXTURE["schemes"], ids=lambda case: case["scheme"])
def test_contrasts_argument_gives_the_columns_of_r(case):
    frame = fitted("~ b * x", contrasts={"b": case["scheme"]})
    np.testing.assert_allclose(frame.design.values, matrix(case["fit"]), rtol=0, atol=LAST_DIGITS)


@pytest.mark.parametrize("case", SAME, ids=lambda case: case["formula"])
def test_random_formulas_span_the_space_of_r(case):
    assert ranks(case) == (case["rank"], case["rank"])


@pytest.mark.parametrize("case", WIDER, ids=lambda case: case["formula"])
def test_where_r_takes_a_numeric_product_for_a_margin_the_space_holds_that_of_r(case):
    ours, joint = ranks(case)
    assert joint == ours > case["rank"]


@pytest.mark.parametrize("case", FIXTURE["polynomials"], ids=lambda case: str(case["levels"]))
def test_polynomial_contrasts_are_those_of_r(case):
    levels = tuple(range(case["levels"]))
    coding = reduced_coding(ContrastSpec("poly"), levels, "g")
    np.testing.assert_allclose(coding.matrix, np.array(case["matrix"]), rtol=0, atol=LAST_DIGITS)


def test_polynomial_contrasts_follow_their_scores():
    case = FIXTURE["scored"]
    coding = reduced_coding(ContrastSpec("poly", scores=tuple(case["scores"])), ("a", "b", "c", "d"), "g")
    np.testing.assert_allclose(coding.matrix, np.array(case["matrix"]), rtol=0, atol=LAST_DIGITS)
