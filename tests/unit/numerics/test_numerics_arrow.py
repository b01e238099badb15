"""The factor that eliminates the levels of a factor first, against the dense one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from glmkit.numerics import arrow
from glmkit.numerics.arrow import diagonal_run
from glmkit.numerics.factor import ArrowFactor, cholesky_factor

# The condition of these columns is 45: twice its logarithm, of sixteen digits.
TOLERANCE = 1e-11


@pytest.fixture(scope="module")
def gram():
    rng = np.random.default_rng(4)
    levels = np.eye(300)[np.concatenate([np.arange(300), rng.integers(300, size=9_700)])]
    numbers = rng.normal(size=(10_000, 3))
    X = np.column_stack([np.ones(10_000), numbers[:, 0], levels[:, 1:], numbers[:, 1:]])
    product = (X * rng.random(10_000)[:, None]).T @ X
    return 0.5 * (product + product.T)


@pytest.fixture(scope="module")
def factor(gram):
    return cholesky_factor(gram)


@pytest.fixture(scope="module")
def inverse(gram):
    return np.linalg.inv(gram)


def test_levels_are_found_between_other_columns(gram):
    assert diagonal_run(gram) == slice(2, 301)


@pytest.mark.parametrize("seed", range(6))
def test_the_run_is_the_longest_of_all(seed, monkeypatch):
    monkeypatch.setattr(arrow, "LEAST_RUN", 3)
    rng = np.random.default_rng(seed)
    matrix = np.eye(23) + (rng.random((23, 23)) < 0.02 * (1 + seed))
    matrix = matrix + matrix.T
    spans = [slice(i, j) for i in range(23) for j in range(i + 1, 24)]
    diagonal = [one for one in spans if np.count_nonzero(matrix[one, one]) == one.stop - one.start]
    longest = max(one.stop - one.start for one in diagonal)
    found = diagonal_run(matrix)
    assert found in diagonal if longest >= 3 else found is None
    assert found is None or found.stop - found.start == longest


def test_they_are_eliminated_first(factor):
    assert isinstance(factor, ArrowFactor)
    assert factor.root.shape == (4, 4)


def test_a_solution_is_that_of_the_matrix(gram, factor):
    v = np.linspace(-1.0, 2.0, len(gram))
    assert_allclose(gram @ factor.solve(v), v, atol=TOLERANCE)


def test_the_inverse_is_that_of_the_matrix(factor, inverse):
    assert_allclose(factor.inverse(), inverse, atol=TOLERANCE * np.abs(inverse).max())


def test_the_inverse_is_exactly_symmetric(factor):
    assert np.array_equal(factor.inverse(), factor.inverse().T)


def test_halves_multiply_to_the_inverse(gram, factor, inverse):
    halves = factor.half_solve(np.eye(len(gram)))
    assert_allclose(halves @ halves.T, inverse, atol=TOLERANCE * np.abs(inverse).max())


def test_the_determinant_is_that_of_the_matrix(gram, factor):
    assert_allclose(factor.logdet(), np.linalg.slogdet(gram)[1], rtol=1e-13)


def test_the_condition_is_that_of_the_equilibrated_columns(gram, factor):
    scaled = gram / factor.scale / factor.scale[:, None]
    # The power method stops early: an order of magnitude is what is asked for.
    assert_allclose(factor.condition, np.sqrt(np.linalg.cond(scaled)), rtol=0.3)


def test_a_matrix_with_a_dependent_column_has_no_factor(gram):
    singular = gram.copy()
    singular[1], singular[1, 1] = 0.0, 0.0
    singular[:, 1] = singular[1] = gram[0]
    singular[1, 1] = gram[0, 0]
    assert cholesky_factor(singular) is None


def test_a_diagonal_matrix_is_all_run():
    factor = cholesky_factor(np.diag(np.arange(1.0, 251.0)))
    assert_allclose(factor.solve(np.ones(250)), 1.0 / np.arange(1.0, 251.0), rtol=1e-15)
