"""Many rows with few different ones are fitted over these, whatever their columns are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.design import blocks, distinct
from glmkit.design.distinct import Coded, distinct_rows
from glmkit.fitting import cells as over_cells
from glmkit.fitting import glm as fitting

RNG = np.random.default_rng(21)
N = 6000
DATA = pd.DataFrame(
    {
        "age": RNG.integers(20, 26, N),
        "dose": RNG.choice([0.1, 0.25, 1.0, -0.0, 0.0], N),
        "g": pd.Categorical.from_codes(RNG.integers(0, 4, N), list("abcd")),
        "z": RNG.normal(size=N),
    }
).assign(
    count=lambda d: RNG.poisson(np.exp(0.1 * (d["age"] - 22) + 0.2 * d["dose"])),
    yes=lambda d: RNG.binomial(1, 1 / (1 + np.exp(-0.3 * (d["age"] - 22)))),
)
FORMULAS = ["age + dose", "g * age + dose", "bs(age, df=4) + g", "g + g:dose"]


@pytest.fixture(autouse=True)
def held_as_many_rows_are(monkeypatch):
    monkeypatch.setattr(blocks, "DENSE_ELEMENTS", 1)


@pytest.mark.parametrize("family", ["poisson", "binomial", "binomial(cloglog)"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_the_fit_is_that_of_the_rows(family, formula, monkeypatch):
    text = f"{'count' if family == 'poisson' else 'yes'} ~ {formula}"
    cells = gk.glm(text, DATA, family)
    assert cells.fit.problem.design.cells() is not None
    monkeypatch.setattr(distinct, "MOST_CELLS", 0)
    rows = gk.glm(text, DATA, family)
    assert rows.fit.problem.design.cells() is None
    assert np.abs((cells.coef - rows.coef) / rows.std_error).max() < 1e-9  # in standard errors
    np.testing.assert_allclose(cells.std_error, rows.std_error, rtol=1e-9)
    np.testing.assert_allclose([cells.deviance, cells.aic], [rows.deviance, rows.aic], rtol=1e-12)
    assert cells.df_resid == rows.df_resid == N - rows.rank


def test_iterations_go_over_the_distinct_rows(monkeypatch):
    seen = []
    monkeypatch.setattr(
        fitting,
        "by_cell",
        lambda objective, sums=None: seen.append(over_cells.by_cell(objective, sums)) or seen[0],
    )
    gk.glm("count ~ age + dose", DATA, "poisson")
    assert len(seen[0].y) == 6 * 4  # zero and minus zero are one dose


def test_a_continuous_column_leaves_the_rows():
    assert gk.glm("count ~ age + z", DATA, "poisson").fit.problem.design.cells() is None


def test_values_that_the_first_look_misses_are_found():
    x = np.where(np.arange(80_000) % 997 == 5, np.arange(80_000) % 7 + 10.0, 1.0)
    found = distinct_rows([x, Coded(np.arange(80_000) % 3, 3)], 80_000)
    assert len(found.first) == 24
    np.testing.assert_array_equal(x[found.first][found.codes], x)
    np.testing.assert_array_equal((found.first % 3)[found.codes], np.arange(80_000) % 3)


def test_too_many_combinations_are_given_up():
    codes = [Coded(RNG.integers(0, 40, N), 40) for _ in range(3)]
    assert distinct_rows(codes, N) is None
