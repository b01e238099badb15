"""Least squares against rational arithmetic, on problems made to hurt."""

from __future__ import annotations

import numpy as np
import pytest
from exact_algebra import fractions, inverse_gram, least_squares, relative_error
from hypothesis import given
from hypothesis import strategies as st

from glmkit.numerics.factor import cholesky_factor, qr_factor
from glmkit.numerics.least_squares import refine_solution, refined_inverse, weighted_least_squares

LAST_BIT = 2.0**-52  # the refined solution, rounded once, and its own last rounding


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def hilbert(n: int, p: int) -> np.ndarray:
    return 1.0 / (1.0 + np.arange(n)[:, None] + np.arange(p))


def weighted(weights: np.ndarray) -> np.ndarray:
    columns = np.column_stack([np.ones(len(weights)), noise(1, len(weights), 4)])
    return columns * np.sqrt(weights)[:, None]


HARD = {
    "Hilbert, condition 5e3": hilbert(8, 4),
    "Hilbert, condition 1e9": hilbert(12, 8),
    "Hilbert, condition 9e11": hilbert(14, 10),
    "powers of x on [0, 1]": np.vander(np.linspace(0.0, 1.0, 20), 8),
    "weights from 1e-12 to 1e12": weighted(10.0 ** np.linspace(-12.0, 12.0, 25)),
    "three heavy rows first": weighted(np.where(np.arange(25) < 3, 1e12, 1e-12)),
    "three heavy rows last": weighted(np.where(np.arange(25) > 21, 1e12, 1e-12)),
    "columns from 1e-150 to 1e150": noise(2, 25, 5) * 10.0 ** np.array([-150, 150, 0, -100, 100]),
    "a pair of columns 1e-9 apart": noise(3, 20, 1) * [1.0, 1.0] + noise(4, 20, 2) * [0.0, 1e-9],
    "dates in seconds": np.column_stack([np.ones(30), 1.7e9 + 3600.0 * np.arange(30), noise(5, 30)]),
}
each_hard_case = pytest.mark.parametrize("rows", HARD.values(), ids=HARD.keys())


@each_hard_case
def test_refined_solution_is_exact_to_the_last_bit(rows):
    rhs = noise(6, len(rows)) * np.abs(rows).max(axis=1)
    solution, _ = weighted_least_squares(rows, rhs)
    assert relative_error(solution, least_squares(rows, rhs)) < LAST_BIT


@each_hard_case
def test_refined_solution_does_not_lose_digits_to_a_poor_fit(rows):
    rhs = 1e6 * noise(7, len(rows)) * np.abs(rows).max(axis=1) + rows.sum(axis=1)
    solution, _ = weighted_least_squares(rows, rhs)
    assert relative_error(solution, least_squares(rows, rhs)) < LAST_BIT


@each_hard_case
def test_refined_inverse_is_exact_to_the_last_bit(rows):
    inverse = refined_inverse(rows, qr_factor(rows))
    truth = [value for row in inverse_gram(rows) for value in row]
    assert relative_error(inverse.ravel(), truth) < LAST_BIT


@each_hard_case
def test_the_order_of_the_rows_does_not_change_a_bit(rows):
    rhs = noise(8, len(rows)) * np.abs(rows).max(axis=1)
    order = np.random.default_rng(9).permutation(len(rows))
    shuffled, _ = weighted_least_squares(rows[order], rhs[order])
    # each is within half a unit of the truth, so they are at most one unit apart
    np.testing.assert_array_max_ulp(shuffled, weighted_least_squares(rows, rhs)[0], maxulp=1)


def test_a_cholesky_factor_serves_refinement_as_well():
    rows = np.vander(np.linspace(0.0, 1.0, 20), 6)  # condition 3e3: each step gains about nine digits
    rhs = noise(10, 20)
    factor = cholesky_factor(rows.T @ rows)
    refined = refine_solution(rows, rhs, np.zeros(6), factor)
    assert relative_error(refined, least_squares(rows, rhs)) < LAST_BIT


def test_a_useless_factor_leaves_the_solution_as_it_was():
    rows, start = noise(11, 20, 3), np.array([1.0, 2.0, 3.0])
    foreign = qr_factor(1e-3 * rows)
    assert refine_solution(rows, noise(12, 20), start, foreign) is start


def test_a_singular_factor_says_so_by_its_condition():
    rows = np.column_stack([np.ones(4), np.ones(4)])
    _, factor = weighted_least_squares(rows, np.arange(4.0))
    assert factor.condition > 1e15


def test_a_perfect_fit_returns_its_coefficients():
    rows = np.vander(np.arange(21.0), 6)
    truth = np.array([1.0, -2.0, 0.0, 4.0, 5.0, 0.0])
    solution, _ = weighted_least_squares(rows, rows @ truth)  # integers below 2^53: no rounding
    np.testing.assert_allclose(solution, truth, rtol=0.0, atol=1e-27)  # the last bit of a double-double


def test_unit_weights_add_no_rounding():
    rows, rhs = noise(13, 30, 4), noise(14, 30)
    root = np.sqrt(np.ones(30))
    weighted_solution, _ = weighted_least_squares(rows * root[:, None], rhs * root)
    np.testing.assert_array_equal(weighted_solution, weighted_least_squares(rows, rhs)[0])


def test_weight_four_equals_four_copies_of_the_row():
    rows, rhs = noise(15, 12, 3), noise(16, 12)
    copied, _ = weighted_least_squares(np.repeat(rows, 4, axis=0), np.repeat(rhs, 4))
    solution, _ = weighted_least_squares(2.0 * rows, 2.0 * rhs)  # sqrt(4), exact
    np.testing.assert_array_max_ulp(copied, solution, maxulp=1)


def test_without_refinement_it_is_the_qr_solution():
    rows, rhs = noise(17, 500, 5), noise(18, 500)
    solution, _ = weighted_least_squares(rows, rhs, refine=False)
    reference = np.linalg.lstsq(rows, rhs, rcond=None)[0]
    np.testing.assert_allclose(solution, reference, rtol=1e-12)  # condition 1.2


def test_blocks_of_rows_give_the_same_factor_as_one_piece():
    rows, rhs = noise(19, 20_000, 6), noise(20, 20_000)
    _, factor = weighted_least_squares(rows, rhs)
    np.testing.assert_allclose(factor.inverse(), np.linalg.inv(rows.T @ rows), rtol=1e-11, atol=1e-19)


def test_memory_order_does_not_change_the_refined_solution():
    rows, rhs = noise(21, 300, 4), noise(22, 300)
    fortran, _ = weighted_least_squares(np.asfortranarray(rows), rhs)
    np.testing.assert_array_equal(fortran, weighted_least_squares(rows, rhs)[0])


def test_no_columns_give_no_coefficients(capfd):
    solution, factor = weighted_least_squares(np.empty((5, 0)), np.ones(5))
    assert solution.shape == (0,)
    assert factor.inverse().shape == (0, 0)
    assert capfd.readouterr().out == ""  # LAPACK complains on standard output


@given(st.integers(0, 10_000), st.integers(1, 5), st.floats(0.0, 10.0))
def test_any_problem_of_bounded_condition_is_solved_to_the_last_bit(seed, p, spread):
    rows = noise(seed, p + 6, p) * 10.0 ** (spread * np.arange(p))
    rows[:, -1] += rows[:, 0]
    rhs = noise(seed + 1, p + 6)
    solution, _ = weighted_least_squares(rows, rhs)
    assert relative_error(solution, least_squares(rows, rhs)) < LAST_BIT


@given(st.integers(0, 10_000), st.integers(-200, 200))
def test_scaling_a_column_by_a_power_of_two_scales_its_coefficient_exactly(seed, exponent):
    rows, rhs = noise(seed, 9, 3), noise(seed + 1, 9)
    solution, _ = weighted_least_squares(rows, rhs)
    scaled, _ = weighted_least_squares(rows * [1.0, 2.0**exponent, 1.0], rhs)
    np.testing.assert_array_equal(scaled * [1.0, 2.0**exponent, 1.0], solution)


def test_the_gradient_at_the_solution_is_within_its_own_rounding():
    rows, rhs = hilbert(12, 8), noise(23, 12)
    solution, _ = weighted_least_squares(rows, rhs)
    residual = [b - sum(x * v for x, v in zip(fractions(solution), row, strict=True)) for row, b in
                zip(fractions(rows), fractions(rhs), strict=True)]  # fmt: skip
    gradient = [
        float(sum(a * r for a, r in zip(column, residual, strict=True))) for column in fractions(rows.T)
    ]
    limit = (
        8 * 2.0**-53 * np.abs(rows).T @ (np.abs(rows) @ np.abs(solution))
    )  # rounding of the 8 coefficients
    assert np.all(np.abs(gradient) <= limit)
