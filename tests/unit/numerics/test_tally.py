"""Whole numbers are counted; what is none of them is left alone."""

import numpy as np
import pytest

from glmkit.numerics.tally import tally_of

N = 150_000


def test_a_tally_holds_every_value_and_how_often_it_occurs():
    values = np.random.default_rng(1).poisson(3.0, N).astype(float)
    values[[0, N - 1]] = 40.0  # in the first and the last block, nothing between
    tally = tally_of(values)
    expected, counts = np.unique(values, return_counts=True)
    np.testing.assert_array_equal(tally.values, expected)
    np.testing.assert_array_equal(tally.counts, counts)
    assert tally.total(np.sqrt) == pytest.approx(float(np.sum(np.sqrt(values))), rel=1e-13)


@pytest.mark.parametrize("odd", [0.5, -1.0, 70_000.0, np.nan, np.inf])
@pytest.mark.parametrize("at", [0, N - 1])
def test_one_other_number_leaves_no_tally(odd, at):
    values = np.zeros(N)
    values[at] = odd
    assert tally_of(values) is None


def test_few_values_are_not_counted():
    assert tally_of(np.zeros(1000)) is None
