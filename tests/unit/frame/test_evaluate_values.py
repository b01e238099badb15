"""Every function of a formula gives R's values, in the fit and on new rows from what it learned."""

import json
from pathlib import Path

import numpy as np
import pytest

from glmkit.frame.evaluate import evaluate
from glmkit.frame.formula import parse_expression
from glmkit.frame.syntax import r_text
from glmkit.frame.values import Factor, Logical, Matrix, level_text, take_rows

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "values.json").read_text())

# Both sides round in double precision; the bases are combinations of a few hundred terms of
# size 1, and polynomials of degree 8 at points outside of the data reach 1e4.
RTOL = 1e-12


class Table(dict):
    """Columns of values, as the reader of the data gives them."""

    @property
    def n_rows(self):
        return 30 if len(self["x"]) == 30 else 5


def numbers(given):
    return np.array([np.nan if item is None else item for item in given], dtype=float)


def value(described):
    if described["kind"] == "factor":
        codes = np.array(described["codes"], dtype=np.intp)
        return Factor(codes, tuple(described["levels"]), described["ordered"])
    if described["kind"] == "matrix":
        return Matrix(np.array([numbers(row) for row in described["values"]]), tuple(described["labels"]))
    values = numbers(described["values"])
    return Logical(values) if described["kind"] == "logical" else values


def table(described):
    return Table({name: value(column) for name, column in described.items()})


OLD, NEW = table(FIXTURE["data"]), table(FIXTURE["new"])


def r_levels(factor):
    return [level_text(level).replace("True", "TRUE").replace("False", "FALSE") for level in factor.levels]


def assert_same(got, wanted):
    assert type(got) is type(wanted)
    if isinstance(wanted, Factor):
        assert r_levels(got) == r_levels(wanted)
        assert got.ordered == wanted.ordered
        np.testing.assert_array_equal(got.codes, wanted.codes)
        return
    if isinstance(wanted, (Matrix, Logical)):
        got, wanted = got.values, wanted.values
    scale = np.nanmax(np.abs(np.where(np.isinf(wanted), np.nan, wanted)), initial=1e-300)
    np.testing.assert_allclose(got, wanted, rtol=RTOL, atol=RTOL * scale)


@pytest.mark.parametrize("case", FIXTURE["cases"], ids=lambda case: case["expression"])
def test_values_in_the_fit_are_those_of_r(case):
    text = parse_expression(case["expression"], OLD).text
    assert r_text(text) == case["label"]
    assert_same(evaluate(text, OLD), value(case["fit"]))


REMEMBERED = [case for case in FIXTURE["cases"] if "new" in case]


@pytest.mark.parametrize("case", REMEMBERED, ids=lambda case: case["expression"])
def test_values_on_new_rows_are_those_of_r(case):
    state = {}
    evaluate(case["label"], OLD, state=state)
    stored = json.loads(json.dumps(state))
    assert_same(evaluate(case["label"], NEW, state=stored, learn=False), value(case["new"]))


@pytest.mark.parametrize("case", FIXTURE["cases"], ids=lambda case: case["expression"])
def test_rows_keep_their_value_when_they_come_back_alone(case):
    state = {}
    fitted = evaluate(case["label"], OLD, state=state)
    alone = Table({name: take_rows(column, slice(0, 5)) for name, column in OLD.items()})
    assert_same(evaluate(case["label"], alone, state=state, learn=False), take_rows(fitted, slice(0, 5)))
