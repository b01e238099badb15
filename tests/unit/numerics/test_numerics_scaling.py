"""Norms without overflow, scales without rounding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glmkit.numerics.scaling import column_norms, power_of_two


@given(st.floats(2.3e-308, 1.7e308))
def test_a_power_of_two_is_at_most_the_size_and_more_than_half(size):
    scale = float(power_of_two(np.array(size)))
    assert scale <= size < 2.0 * scale or size / 2.0 < scale <= size  # the second where 2 * scale overflows
    assert np.frexp(scale)[0] == 0.5


def test_zero_has_scale_one():
    assert power_of_two(np.zeros(2)).tolist() == [1.0, 1.0]


@given(st.integers(-300, 300))
def test_column_norms_hold_from_the_smallest_to_the_largest_doubles(exponent):
    rows = np.array([[3.0, 1.0], [4.0, 0.0]]) * [10.0**exponent, 1.0]
    np.testing.assert_allclose(column_norms(rows), [5.0 * 10.0**exponent, 1.0], rtol=4e-16)


def test_zero_columns_have_norm_zero():
    np.testing.assert_array_equal(column_norms(np.zeros((3, 2))), 0.0)
    np.testing.assert_array_equal(column_norms(np.zeros((0, 2))), 0.0)
