"""R's formulas as they stand: the design of every stored model, column by column."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from oracle_cases import case_ids, contrasts_of, data_of, family_of, numbers, read_case

import glmkit as gk
from glmkit.frame.arguments import RowArguments
from glmkit.frame.modelframe import model_frame

CASES = {case_id: case for case_id in case_ids() if "design" in (case := read_case(case_id))["expect"]}
KINDS = {"multinom": "multinomial", "polr": "multinomial"}
# Sums over at most a few hundred rows of columns right to rounding; absolute where they cancel.
RELATIVE = 1e-9


def response_kind(case):
    """Return what the family of a case models."""
    if case["model"]["method"] in KINDS:
        return KINDS[case["model"]["method"]]
    known = case["model"]["family"] not in ("tweedie", "negative.binomial")
    return family_of(case).response_kind if known else "numeric"


def frame_of(case):
    """Return the model frame of a case, from its formula in R's own words."""
    model = case["model"]
    offset = model["offset"]["expression"] if (model["offset"] or {}).get("given") == "argument" else None
    arguments = RowArguments(weights=model["weights"], offset=offset, subset=model["subset"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        return model_frame(
            model["formula_r"],
            data_of(case),
            response_kind=response_kind(case),
            arguments=arguments,
            contrasts=contrasts_of(case),
        )


@pytest.mark.parametrize("case_id", CASES)
def test_the_design_of_a_formula_is_that_of_r(case_id):
    expected = CASES[case_id]["expect"]["design"]
    frame = frame_of(CASES[case_id])
    X = frame.design.values
    assert [name.r for name in frame.names] == expected["columns"]
    assert len(X) == expected["n_rows"]
    np.testing.assert_allclose(
        (X * X).sum(axis=0), numbers(expected["col_sum_sq"]), rtol=RELATIVE, atol=RELATIVE
    )
    size = np.abs(X).sum(axis=0)
    np.testing.assert_allclose(
        X.sum(axis=0) / size, numbers(expected["col_sum"]) / size, rtol=0, atol=RELATIVE
    )


def test_how_many_designs_are_compared(capsys):
    with capsys.disabled():
        print(f"\ndesigns of R's formulas compared: {len(CASES)}")
    assert len(CASES) == 96
