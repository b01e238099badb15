"""Work by blocks of rows gives the same bits on any number of threads."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest
import scipy.linalg

from glmkit.numerics import rowwise
from glmkit.numerics.rowwise import held_blas, over_chunks, over_rows, row_blocks, threads_at_most

N = 300_000  # rows enough for threads
VALUES = np.random.default_rng(4).normal(size=N)


def test_the_blocks_cover_every_row_once():
    rows = np.concatenate([np.arange(N)[block] for block in row_blocks(N)])
    np.testing.assert_array_equal(rows, np.arange(N))


def test_results_come_in_the_order_of_the_rows():
    starts = over_rows(lambda rows: rows.start, N)
    assert starts == sorted(starts)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_the_sum_is_the_same_bit_for_bit_on_any_number_of_threads(threads, monkeypatch):
    monkeypatch.setattr(rowwise, "_processors", lambda: 8)
    expected = sum(float(np.sum(VALUES[rows])) for rows in row_blocks(N))
    with threads_at_most(threads):
        assert sum(over_rows(lambda rows: float(np.sum(VALUES[rows])), N)) == expected


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_products_of_chunks_are_the_same_on_any_number_of_threads(threads, monkeypatch):
    monkeypatch.setattr(rowwise, "_processors", lambda: 8)
    X = VALUES.reshape(-1, 10)

    def product(rows):
        return X[rows].T @ X[rows]

    with threads_at_most(1):
        expected = list(over_chunks(product, len(X), 1000))
    with threads_at_most(threads):
        np.testing.assert_array_equal(list(over_chunks(product, len(X), 1000)), expected)


def test_many_rows_go_over_several_threads_and_few_stay(monkeypatch):
    monkeypatch.setattr(rowwise, "_processors", lambda: 4)
    here = threading.get_ident()
    assert here not in over_rows(lambda rows: threading.get_ident(), N)
    assert over_rows(lambda rows: threading.get_ident(), 1000) == [here]


def test_the_caller_decides_what_numpy_says(monkeypatch):
    monkeypatch.setattr(rowwise, "_processors", lambda: 4)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        over_rows(lambda rows: np.divide(1.0, np.zeros(1)), N)


def test_an_error_in_a_block_reaches_the_caller(monkeypatch):
    monkeypatch.setattr(rowwise, "_processors", lambda: 4)

    def fails(rows):
        raise ValueError("in a block")

    with pytest.raises(ValueError, match="in a block"):
        over_rows(fails, N)


def test_no_rows_are_one_empty_block():
    assert over_rows(lambda rows: len(np.zeros(0)[rows]), 0) == [0]


def test_blas_is_held_to_one_thread_and_beside_many_columns_only_that_of_scipy():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    pools = threadpoolctl.ThreadpoolController().select(user_api="blas")
    folder = os.path.dirname(scipy.__file__)  # its libraries lie in it, or beside it in scipy.libs
    scipys = [pool for pool in pools.lib_controllers if pool.filepath.startswith(folder)]
    if not scipys or len(scipys) == len(pools.lib_controllers):
        pytest.skip("numpy and scipy share one BLAS")
    before = [pool.get_num_threads() for pool in pools.lib_controllers]
    with held_blas(1000, 10):
        assert [pool.get_num_threads() for pool in pools.lib_controllers] == before
    with held_blas(1000, 100):
        assert all(pool.get_num_threads() == 1 for pool in pools.lib_controllers)
    with held_blas(1000, 1000):
        assert all(pool.get_num_threads() == 1 for pool in scipys)
    assert [pool.get_num_threads() for pool in pools.lib_controllers] == before
