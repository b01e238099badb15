"""Terms, intercept and offsets are R's."""

import json
from pathlib import Path

import pytest

from glmkit.frame.formula import parse_formula
from glmkit.frame.syntax import r_text

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "terms.json").read_text())


@pytest.mark.parametrize("case", FIXTURE["cases"], ids=lambda case: case["formula"])
def test_terms_are_those_of_r(case):
    parsed = parse_formula(case["formula"], FIXTURE["columns"])
    found = (
        [r_text(term.label) for term in parsed.terms],
        parsed.intercept,
        [f"offset({o})" for o in parsed.offsets],
    )
    assert found == (case["terms"], bool(case["intercept"]), case["offsets"])
