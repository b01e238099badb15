"""Linear algebra that answers with numbers, or says what has no answer."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk
from glmkit.numerics import algebra

BAD = np.array([[1.0, np.nan], [np.nan, 1.0]])
CALLS = {
    "least_squares": lambda a: algebra.least_squares("The thing", a, np.ones(2)),
    "solution": lambda a: algebra.solution("The thing", a, np.ones(2)),
    "inverse": lambda a: algebra.inverse("The thing", a),
    "singular": lambda a: algebra.singular("The thing", a),
    "symmetric": lambda a: algebra.symmetric("The thing", a),
    "eigenvalues": lambda a: algebra.eigenvalues("The thing", a),
    "rank_of": lambda a: algebra.rank_of("The thing", a),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("bad", [BAD, np.full((2, 2), np.inf)], ids=["nan", "inf"])
def test_numbers_that_are_not_finite_are_refused_by_what_they_are_for(call, bad):
    with pytest.raises(gk.FitError, match=r"^The thing cannot be computed: .* range of double precision"):
        call(bad)


@pytest.mark.parametrize("name", ["solution", "inverse"])
def test_singular_equations_are_refused(name):
    with pytest.raises(gk.FitError, match=r"^The thing cannot be computed: .* singular") as caught:
        CALLS[name](np.ones((2, 2)))
    assert caught.value.what == "The thing"


def test_the_shortest_least_squares_solution_is_returned():
    found = algebra.least_squares("The thing", np.ones((2, 2)), np.array([1.0, 3.0]))
    np.testing.assert_allclose(found, [1.0, 1.0], rtol=1e-14)  # rounding


def test_singular_vectors_are_square_when_asked():
    assert algebra.singular("The thing", np.ones((3, 1)))[0].shape == (3, 3)
    assert algebra.singular("The thing", np.ones((3, 1)), whole=False)[0].shape == (3, 1)
