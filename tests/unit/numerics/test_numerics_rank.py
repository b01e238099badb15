"""Which columns are kept, and what is said about the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.numerics.rank import independent_columns, vouched_by_gram
from glmkit.numerics.scaling import column_norms


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def test_independent_columns_are_all_kept():
    rank = independent_columns(noise(1, 30, 6))
    np.testing.assert_array_equal(rank.kept, np.arange(6))
    assert rank.dropped.size == 0
    assert rank.combinations.shape == (6, 0)


def test_of_two_equal_columns_the_second_is_dropped():
    x = noise(2, 20, 3)
    rank = independent_columns(x[:, [0, 1, 0, 2]])
    np.testing.assert_array_equal(rank.kept, [0, 1, 3])
    np.testing.assert_array_equal(rank.dropped, [2])


def test_the_combination_names_the_columns_and_no_others():
    x = noise(3, 50, 4)
    rank = independent_columns(np.column_stack([x, 2.0 * x[:, 1] - 3.0 * x[:, 3]]))
    np.testing.assert_allclose(rank.combinations[:, 0], [0.0, 2.0, 0.0, -3.0], rtol=1e-13)
    np.testing.assert_array_equal(rank.combinations[[0, 2], 0], 0.0)


def test_dropped_columns_are_made_of_the_kept_ones():
    x = noise(4, 200, 5)
    rows = x @ noise(5, 5, 12)
    rank = independent_columns(rows)
    np.testing.assert_array_equal(rank.kept, np.arange(5))
    np.testing.assert_allclose(rows[:, rank.kept] @ rank.combinations, rows[:, rank.dropped], atol=1e-11)


def test_dummies_of_every_level_are_one_too_many_beside_a_constant():
    codes = np.arange(60) % 4
    rows = np.column_stack([np.ones(60), *(codes == level for level in range(4))]).astype(float)
    rank = independent_columns(rows)
    np.testing.assert_array_equal(rank.dropped, [4])
    np.testing.assert_allclose(rank.combinations[:, 0], [1.0, -1.0, -1.0, -1.0], rtol=1e-14)


def test_an_empty_cell_of_an_interaction_is_dropped():
    rows = np.column_stack([np.ones(10), np.arange(10.0), np.zeros(10)])
    rank = independent_columns(rows)
    np.testing.assert_array_equal(rank.dropped, [2])
    np.testing.assert_array_equal(rank.combinations, 0.0)


@pytest.mark.parametrize("n", [12, 1_000, 50_000])
@pytest.mark.parametrize("size", [1e-150, 1.0, 1e150])
@pytest.mark.parametrize(("apart", "dropped"), [(1e-10, 0), (3e-11, 0), (3e-12, 1), (1e-12, 1)])
def test_near_collinear_pairs_are_told_apart_at_the_tolerance(n, size, apart, dropped):
    x = noise(6, n, 2)
    x, _ = np.linalg.qr(x)  # unit and orthogonal: what is left of the second is `apart`
    rows = np.column_stack([x[:, 0], x[:, 0] + apart * x[:, 1]]) * [1.0, size]
    assert independent_columns(rows).dropped.size == dropped


@pytest.mark.parametrize(("apart", "dropped"), [(1e-10, 0), (1e-12, 1)])
def test_near_collinear_pairs_are_told_apart_after_many_other_columns(apart, dropped):
    x, _ = np.linalg.qr(noise(7, 3_000, 120))
    sum_of_all = x[:, :-1].sum(axis=1) / np.sqrt(119.0)
    rows = np.column_stack([x[:, :-1], sum_of_all + apart * x[:, -1]])
    assert independent_columns(rows).dropped.size == dropped


def test_the_tolerance_is_the_callers():
    x = np.column_stack([np.ones(30), 1.0 + 1e-5 * noise(8, 30)])
    assert independent_columns(x).dropped.size == 0
    assert independent_columns(x, tolerance=1e-3).dropped.size == 1


@pytest.mark.parametrize(("spread", "dropped"), [(1e-9, 0), (1e-13, 1)])
def test_centred_columns_are_compared_with_their_uncentred_norms(spread, dropped):
    centred = spread * noise(9, 40, 1)
    assert independent_columns(centred, norms=np.array([40.0**0.5])).dropped.size == dropped


def test_more_columns_than_rows_keep_as_many_as_there_are_rows():
    rank = independent_columns(noise(10, 3, 5))
    np.testing.assert_array_equal(rank.kept, [0, 1, 2])
    assert rank.combinations.shape == (3, 2)


def test_columns_of_very_different_size_have_a_combination_in_their_units():
    x = noise(11, 50, 3)
    rows = np.column_stack([x, x @ [1.0, 2.0, 3.0]]) * 10.0 ** np.array([150, -150, 0, 50])
    rank = independent_columns(rows)
    np.testing.assert_allclose(rank.combinations[:, 0], [1e-100, 2e200, 3e50], rtol=1e-12)


@pytest.mark.parametrize("shape", [(5, 0), (0, 3), (0, 0)])
def test_nothing_in_nothing_kept(shape):
    rank = independent_columns(np.empty(shape))
    assert rank.kept.size == 0
    assert rank.dropped.size == shape[1]


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 6))
def test_as_many_columns_are_kept_as_the_rank_of_the_factors(seed, rank, p):
    rows = noise(seed, 40, rank) @ noise(seed + 1, rank, p)
    assert independent_columns(rows).kept.size == min(rank, p)


@given(st.integers(0, 10_000))
def test_the_fast_path_and_the_careful_path_agree_on_full_rank(seed):
    rows = noise(seed, 30, 4)
    careful = independent_columns(np.column_stack([rows, rows[:, 0]]))  # the copy sends it there
    np.testing.assert_array_equal(careful.kept, independent_columns(rows).kept)


def test_a_gram_matrix_vouches_for_columns_far_from_collinear():
    rows = noise(12, 100, 8) * 10.0 ** np.arange(-4.0, 4.0)
    assert vouched_by_gram(rows.T @ rows)


@pytest.mark.parametrize("apart", [0.0, 1e-12, 1e-10, 1e-7])
def test_a_gram_matrix_does_not_vouch_for_near_collinear_columns(apart):
    x = noise(13, 100, 2)
    rows = np.column_stack([x[:, 0], x[:, 0] + apart * x[:, 1]])
    assert not vouched_by_gram(rows.T @ rows)


def test_a_centred_gram_matrix_does_not_vouch_for_a_column_that_was_nearly_constant():
    rows = noise(14, 100, 3) * [1.0, 1.0, 1e-8]
    assert vouched_by_gram(rows.T @ rows, column_norms(rows))
    assert not vouched_by_gram(rows.T @ rows, np.array([10.0, 10.0, 10.0]))
