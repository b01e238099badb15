"""Factors held as codes give what the spread columns give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.design import blocks
from glmkit.design.dense import DenseDesign
from glmkit.design.structured import StructuredDesign

RNG = np.random.default_rng(8)
N = 3000
DATA = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "z": RNG.normal(size=N),
        "g": pd.Categorical.from_codes(RNG.integers(0, 30, N), [f"g{i:02d}" for i in range(30)]),
        "h": pd.Categorical.from_codes(RNG.integers(0, 4, N), list("abcd")),
        "t": RNG.uniform(0.5, 2.0, size=N),
    }
).assign(y=lambda d: RNG.poisson(np.exp(0.5 + 0.3 * d["x"] + 0.1 * d["h"].cat.codes) * d["t"]))

FORMULAS = [
    "y ~ x + z + g + h",
    "y ~ x * g + h",
    "y ~ g:h",
    "y ~ 0 + g + x:h:z",
    "y ~ g + h",
    "y ~ C(g, sum) * h",
]


def both(monkeypatch: pytest.MonkeyPatch, formula: str) -> tuple[gk.Results, gk.Results]:
    monkeypatch.setattr(blocks, "DENSE_ELEMENTS", 1)
    structured = gk.glm(formula, DATA, "poisson", exposure="t")
    monkeypatch.setattr(blocks, "DENSE_ELEMENTS", 10**12)
    return structured, gk.glm(formula, DATA, "poisson", exposure="t")


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_structured_fit_equals_the_dense_one(monkeypatch, formula):
    structured, dense = both(monkeypatch, formula)
    assert isinstance(structured.frame.design, StructuredDesign)
    assert isinstance(dense.frame.design, DenseDesign)
    # relative to the standard error: a coefficient may be near zero
    step = (structured.coef - dense.coef) / dense.std_error
    assert np.abs(step).max() < 1e-9
    np.testing.assert_allclose(structured.std_error, dense.std_error, rtol=1e-10)
    np.testing.assert_allclose(structured.deviance, dense.deviance, rtol=1e-12)


def test_robust_errors_and_predictions_are_the_same(monkeypatch):
    structured, dense = both(monkeypatch, "y ~ x * h + g")
    np.testing.assert_allclose(
        structured.with_vcov("HC3").std_error, dense.with_vcov("HC3").std_error, rtol=1e-9
    )
    np.testing.assert_allclose(structured.predict(DATA.head(9)), dense.predict(DATA.head(9)), rtol=1e-10)


def test_an_empty_cell_is_aliased_in_either_form(monkeypatch):
    monkeypatch.setitem(globals(), "DATA", DATA[~((DATA["g"] == "g03") & (DATA["h"] == "b"))])
    with pytest.warns(gk.AliasedWarning):
        structured, dense = both(monkeypatch, "y ~ g * h")
    assert structured.aliased.sum() == 1
    assert structured.aliased.equals(dense.aliased)


def test_the_design_shown_is_the_dense_one(monkeypatch):
    structured, dense = both(monkeypatch, "y ~ x * g")
    pd.testing.assert_frame_equal(structured.design, dense.design)
