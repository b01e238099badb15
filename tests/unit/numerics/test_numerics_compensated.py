"""Double-double sums and products against rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from exact_algebra import dot, fractions
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from glmkit.numerics import compensated
from glmkit.numerics.compensated import (
    Pair,
    add_to_pair,
    compensated_residual,
    compensated_sum,
    compensated_tdot,
    fold,
    pair_residual,
    pair_tdot,
    sums_by_code,
    two_product,
    two_sum,
)

NUMBERS = st.floats(-1e100, 1e100).filter(lambda x: x == 0.0 or abs(x) > 1e-100)
vectors = arrays(np.float64, 6, elements=NUMBERS)


def exact(pair: Pair) -> list[Fraction]:
    return [a + b for a, b in zip(fractions(pair.high), fractions(pair.low), strict=True)]


@given(vectors, vectors)
def test_two_sum_is_exact(a, b):
    assert exact(two_sum(a, b)) == [u + v for u, v in zip(fractions(a), fractions(b), strict=True)]


@given(vectors, vectors)
def test_two_product_is_exact(a, b):
    assert exact(two_product(a, b)) == [u * v for u, v in zip(fractions(a), fractions(b), strict=True)]


@pytest.mark.parametrize("huge", [1.1e300, 1.7e308, -1.7e308])
def test_two_product_is_exact_where_veltkamp_splitting_would_overflow(huge):
    a, b = np.array([huge]), np.array([0.1])
    assert exact(two_product(a, b)) == [Fraction(huge) * Fraction(0.1)]


def test_two_product_leaves_its_arguments_alone():
    a, b = np.array([0.1, 0.2]), np.array([0.3, 0.4])
    two_product(a, b)
    np.testing.assert_array_equal([a, b], [[0.1, 0.2], [0.3, 0.4]])


@given(arrays(np.float64, st.integers(0, 40), elements=st.floats(-1e10, 1e10)))
def test_compensated_sum_is_the_rounded_exact_sum(values):
    truth = sum(fractions(values), Fraction(0))
    size = float(sum(map(abs, fractions(values)), Fraction(0)))
    # rounded once, and n^2 units of the 106th bit
    assert (
        abs(Fraction(float(compensated_sum(values))) - truth)
        <= 2.0**-53 * abs(float(truth)) + 2.0**-92 * size
    )


def test_compensated_sum_does_not_depend_on_cancellation():
    values = np.random.default_rng(1).normal(size=100_001) * 1e10
    assert compensated_sum(np.concatenate([values, [1e-3], -values])) == 1e-3


def test_compensated_sum_of_columns_is_that_of_each_column():
    values = np.random.default_rng(2).normal(size=(70_000, 3))
    columns = [compensated_sum(values[:, k]) for k in range(3)]
    np.testing.assert_array_equal(compensated_sum(values), columns)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (50, 3), (7, 40)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_tdot_is_the_rounded_exact_product(shape, order):
    rng = np.random.default_rng(3)
    X = np.array(rng.normal(size=shape) * 10.0 ** rng.uniform(-8, 8, shape), order=order)
    v = rng.normal(size=shape[0])
    truth = [float(dot(column, fractions(v))) for column in fractions(X.T)]
    np.testing.assert_array_equal(compensated_tdot(X, v), truth)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (50, 3), (7, 40)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_residual_is_the_rounded_exact_residual(shape, order):
    rng = np.random.default_rng(4)
    X = np.array(rng.normal(size=shape) * 10.0 ** rng.uniform(-8, 8, shape), order=order)
    beta, y = rng.normal(size=shape[1]), X.sum(axis=1)
    truth = [float(b - dot(row, fractions(beta))) for row, b in zip(fractions(X), fractions(y), strict=True)]
    np.testing.assert_array_equal(compensated_residual(X, beta, y), truth)


def test_residual_of_a_fit_to_sixteen_digits_still_has_all_its_own():
    X, beta = np.array([[1e15, 1.0, 1.0]]), np.array([1.0, 2.0**-40, 2.0**-60])
    assert compensated_residual(X, beta, np.array([1e15]))[0] == -(2.0**-40 + 2.0**-60)


def test_pairs_in_give_products_to_thirty_digits():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(60, 4))
    v = two_sum(rng.normal(size=60), 1e-17 * rng.normal(size=60))
    truth = [dot(column, exact(v)) for column in fractions(X.T)]
    errors = [float(abs(a - b)) for a, b in zip(exact(pair_tdot(X, v)), truth, strict=True)]
    assert max(errors) < 1e-29  # 60 terms of size 1 at 106 bits


def test_pairs_in_give_residuals_to_thirty_digits():
    rng = np.random.default_rng(6)
    X, y = rng.normal(size=(60, 4)), rng.normal(size=60)
    beta = two_sum(rng.normal(size=4), 1e-17 * rng.normal(size=4))
    rows = zip(fractions(X), fractions(y), exact(pair_residual(X, beta, y)), strict=True)
    assert max(float(abs(r - (b - dot(row, exact(beta))))) for row, b, r in rows) < 1e-30


@pytest.mark.parametrize("entries", [1, 8, 64])
def test_the_size_of_the_blocks_does_not_change_the_rounded_result(entries, monkeypatch):
    rng = np.random.default_rng(7)
    X, v, beta = rng.normal(size=(53, 4)), rng.normal(size=53), rng.normal(size=4)
    whole = compensated_tdot(X, v), compensated_residual(X, beta, v), compensated_sum(X)
    monkeypatch.setattr(compensated, "_BLOCK_ENTRIES", entries)
    blocks = compensated_tdot(X, v), compensated_residual(X, beta, v), compensated_sum(X)
    np.testing.assert_array_equal(np.concatenate(blocks), np.concatenate(whole))


def test_fold_adds_an_odd_number_of_terms():
    total = fold(Pair(np.array([1e16, 1.0, 1.0, 1.0, -1e16]), np.zeros(5)))
    assert total == Pair(3.0, 0.0)


def test_adding_to_a_pair_keeps_what_a_double_would_lose():
    pair = add_to_pair(Pair(np.array([1.0]), np.array([1e-20])), np.array([-1.0]))
    assert pair == Pair(np.array([1e-20]), np.array([0.0]))


def test_no_rows_and_no_columns_sum_to_nothing():
    assert compensated_sum(np.empty(0)) == 0.0
    np.testing.assert_array_equal(compensated_tdot(np.empty((0, 2)), np.empty(0)), [0.0, 0.0])
    np.testing.assert_array_equal(compensated_residual(np.empty((2, 0)), np.empty(0), np.ones(2)), [1.0, 1.0])


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e300, 5e-324])
def test_sums_by_code_are_exact_but_for_the_last_rounding(scale):
    # Eight blocks of rows, and values that cancel.
    rng = np.random.default_rng(6)
    codes = rng.integers(5, size=500_000)
    values = scale * (rng.normal(size=len(codes)) if scale > 1e-320 else rng.integers(4, size=len(codes)))
    sums = sums_by_code(codes, values.__getitem__, 5)
    expected = [math.fsum(values[codes == code]) for code in range(5)]
    np.testing.assert_allclose(sums, expected, rtol=1e-14, atol=1e-15 * scale)
