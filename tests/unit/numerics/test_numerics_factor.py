"""The triangular factors: identities, agreement of Cholesky and QR, and the edges."""

from __future__ import annotations

import numpy as np
import pytest
from exact_algebra import inverse_gram, relative_error
from hypothesis import given
from hypothesis import strategies as st

from glmkit.numerics.factor import cholesky_factor, qr_factor, triangular_root

ROWS = np.random.default_rng(1).normal(size=(40, 5)) * [1.0, 1e-3, 1e5, 7.0, 0.2]
GRAM = ROWS.T @ ROWS
FACTORS = {"cholesky": cholesky_factor(GRAM), "qr": qr_factor(ROWS)}
both = pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS.keys())
ROUNDING = 1e-12  # condition 1.6 after scaling: rounding errors only, with room


@both
def test_scaled_root_multiplies_back_to_the_gram_matrix(factor):
    root = factor.root * factor.scale
    np.testing.assert_allclose(root.T @ root, GRAM, rtol=ROUNDING)


@both
def test_scales_are_powers_of_two(factor):
    np.testing.assert_array_equal(np.frexp(factor.scale)[0], 0.5)


@both
def test_the_root_is_upper_triangular_with_a_positive_diagonal(factor):
    np.testing.assert_array_equal(factor.root, np.triu(factor.root))
    assert np.all(factor.root.diagonal() > 0.0)


@both
def test_solve_undoes_multiplication_by_the_gram_matrix(factor):
    v = np.array([1.0, -2.0, 3e-5, 0.5, 4.0])
    np.testing.assert_allclose(
        factor.solve(GRAM @ v), v, rtol=1e-10
    )  # 4e-5 * 1e5: terms up to 5e4 apart cancel


@both
def test_solve_takes_several_columns_at_once(factor):
    right = np.random.default_rng(2).normal(size=(5, 3))
    columns = [factor.solve(right[:, k]) for k in range(3)]
    np.testing.assert_allclose(factor.solve(right), np.column_stack(columns), rtol=1e-14)


@both
def test_solve_leaves_its_argument_alone(factor):
    v = np.ones(5)
    factor.solve(v)
    np.testing.assert_array_equal(v, 1.0)


@both
def test_the_inverse_is_the_exact_inverse_to_rounding(factor):
    truth = [value for row in inverse_gram(ROWS) for value in row]
    assert relative_error(factor.inverse().ravel(), truth) < ROUNDING


@both
def test_the_inverse_is_exactly_symmetric(factor):
    inverse = factor.inverse()
    np.testing.assert_array_equal(inverse, inverse.T)


@both
def test_the_inverse_leaves_the_root_alone(factor):
    before = factor.root.copy()
    factor.inverse()
    np.testing.assert_array_equal(factor.root, before)


@both
def test_half_solve_gives_the_variances_of_linear_functions(factor):
    L = np.random.default_rng(3).normal(size=(7, 5))
    half = factor.half_solve(L)
    np.testing.assert_allclose(half @ half.T, L @ factor.inverse() @ L.T, rtol=1e-11, atol=1e-14)


@both
def test_logdet_is_that_of_the_gram_matrix(factor):
    assert factor.logdet() == pytest.approx(np.linalg.slogdet(GRAM)[1], rel=1e-13)


def test_cholesky_and_qr_agree_on_the_root():
    root = FACTORS["cholesky"].root * FACTORS["cholesky"].scale
    np.testing.assert_allclose(
        root, FACTORS["qr"].root * FACTORS["qr"].scale, rtol=1e-10, atol=1e-12 * root.max()
    )


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_order_in_memory_does_not_matter(order):
    np.testing.assert_array_equal(cholesky_factor(np.array(GRAM, order=order)).root, FACTORS["cholesky"].root)


def test_the_gram_matrix_is_left_alone():
    gram = np.asfortranarray(GRAM)
    cholesky_factor(gram)
    np.testing.assert_array_equal(gram, GRAM)


@pytest.mark.parametrize("power", [1, 3, 5])
def test_condition_is_that_of_the_scaled_columns(power):
    rows = np.column_stack([np.ones(50), 1.0 + 10.0**-power * np.linspace(-1.0, 1.0, 50)]) * [1e-8, 1e8]
    truth = np.linalg.cond(rows / np.linalg.norm(rows, axis=0))
    assert (
        0.5 < qr_factor(rows).condition / truth < 4.0
    )  # powers of two scale to within 2, 1-norm to within 2


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_diagonal_entry_that_is_no_variance_has_no_factor(bad):
    assert cholesky_factor(np.diag([1.0, bad, 2.0])) is None


@pytest.mark.parametrize("apart", [0.0, 1e-9])
def test_collinear_columns_have_no_cholesky_factor(apart):
    x = np.linspace(1.0, 2.0, 30)
    rows = np.column_stack([x, x + apart * x**2])  # 1e-9 squared is under rounding
    assert cholesky_factor(rows.T @ rows) is None


def test_an_indefinite_matrix_has_no_factor():
    assert cholesky_factor(np.array([[1.0, 2.0], [2.0, 1.0]])) is None


@pytest.mark.parametrize("size", [1e-150, 1e150])
def test_columns_of_any_size_can_be_factored(size):
    np.testing.assert_allclose(
        qr_factor(ROWS * size).inverse() * size * size, qr_factor(ROWS).inverse(), rtol=1e-12
    )


def test_a_block_of_rows_at_a_time_gives_the_root_of_the_whole():
    rows = np.random.default_rng(4).normal(size=(30_000, 3))
    root = triangular_root(rows, np.ones(3))
    np.testing.assert_allclose(root.T @ root, rows.T @ rows, rtol=1e-12, atol=1e-9)  # sums of 3e4 terms


def test_the_appended_column_becomes_q_transposed_times_it():
    rhs = np.random.default_rng(5).normal(size=40)
    root = triangular_root(ROWS, np.ones(5), rhs)
    assert root[5, 5] ** 2 == pytest.approx(np.linalg.lstsq(ROWS, rhs, rcond=None)[1][0], rel=1e-12)


@pytest.mark.parametrize("factor", [cholesky_factor(np.empty((0, 0))), qr_factor(np.empty((9, 0)))])
def test_no_columns_have_an_empty_factor(factor, capfd):
    assert factor.solve(np.empty(0)).shape == (0,)
    assert factor.inverse().shape == (0, 0)
    assert factor.half_solve(np.empty((3, 0))).shape == (3, 0)
    assert factor.logdet() == 0.0
    assert capfd.readouterr().out == ""  # LAPACK complains on standard output


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_variances_are_never_negative(seed, p):
    rng = np.random.default_rng(seed)
    factor = qr_factor(rng.normal(size=(p + 3, p)) * 10.0 ** rng.uniform(-8, 8, p))
    assert np.all(factor.inverse().diagonal() > 0.0)
