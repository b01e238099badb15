"""Columns whose squares are no doubles are refused by name, the others are fitted to the digit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

X = np.array([0.3, 1.2, -0.7, 2.0, 0.1, -1.4, 0.9, -0.2])
Y = np.array([3, 5, 1, 8, 2, 1, 6, 2])


@pytest.mark.parametrize("scale", [1e-308, 1e-200, 1e-160, 1e160, 1e200, 1e300])
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_a_column_whose_squares_are_no_doubles_is_refused(scale, family):
    with pytest.raises(gk.DesignError, match=r"'x' \(largest .*another unit") as caught:
        gk.glm("y ~ x", {"x": X * scale, "y": Y}, family)
    assert caught.value.columns == ["x"]


@pytest.mark.parametrize("scale", [1e-100, 1e-12, 1e12, 1e100])
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_a_column_in_another_unit_gives_the_same_test(scale, family):
    fit = gk.glm("y ~ x", {"x": X * scale, "y": Y}, family)
    expected = gk.glm("y ~ x", {"x": X, "y": Y}, family)
    # Twelve digits: the scale is no power of two, so that x itself is rounded anew.
    np.testing.assert_allclose(fit.tidy()["statistic"], expected.tidy()["statistic"], rtol=1e-12)


def test_products_beyond_the_range_are_refused_by_their_own_name():
    data = {"x": X * 1e90, "z": X[::-1] * 1e90, "y": Y}
    with pytest.raises(gk.DesignError, match="'x:z'"):
        gk.glm("y ~ x:z", data, "poisson")


def test_a_column_of_zeros_is_aliased_not_refused():
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("y ~ x + z", pd.DataFrame({"x": X, "z": 0.0, "y": Y}), "poisson")
    assert fit.aliased.tolist() == [False, False, True]
