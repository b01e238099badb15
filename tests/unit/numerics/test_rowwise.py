"""Work by blocks of rows gives the same bits on any number of threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from glmkit.numerics import rowwise
from glmkit.numerics.rowwise import over_chunks, over_rows, row_blocks, threads_at_most

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
