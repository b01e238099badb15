"""Several tests at once: R's p.adjust, and closed forms of the joint distribution."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import glmkit as gk
from glmkit.inference import adjust
from glmkit.inference.reference import interval_quantile, two_sided

FIXTURES = Path(__file__).parents[2] / "reference" / "fixtures"
SETS = json.loads((FIXTURES / "multiplicity_from_r.json").read_text())["p_adjust"]


def all_pairs(groups):
    rows = [np.eye(groups)[i] - np.eye(groups)[j] for i in range(groups) for j in range(i)]
    return np.array(rows) @ np.array(rows).T / 2


@pytest.mark.parametrize("case", SETS)
@pytest.mark.parametrize("method", ["holm", "bonferroni", "BH"])
def test_adjusted_p_values_are_those_of_r(case, method):
    p, expected = (np.atleast_1d(case[key]).astype(float) for key in ("p", method))
    np.testing.assert_allclose(adjust.adjust_p(p, method), expected, rtol=1e-14)


def test_sidak_inverts_its_level():
    adjusted = adjust.adjust_p(np.full(7, 1 - 0.95 ** (1 / 7)), "sidak")
    np.testing.assert_allclose(adjusted, 0.05, rtol=1e-13)


def test_a_missing_p_value_is_not_counted():
    adjusted = adjust.adjust_p(np.array([0.01, np.nan, 0.02]), "bonferroni")
    np.testing.assert_array_equal(adjusted, [0.02, np.nan, 0.04])


@pytest.mark.parametrize("df", [5.0, 30.0, np.inf])
@pytest.mark.parametrize("groups", [3, 5])
def test_single_step_over_all_pairs_is_tukey(groups, df):
    t = np.array([0.5, 2.0, 3.0, 4.5])
    got = adjust.single_step_p(t, all_pairs(groups), df)
    np.testing.assert_allclose(got, adjust.tukey_p(t, groups, df), rtol=2e-3)  # quasi-random error


@pytest.mark.parametrize("tests", [1, 2, 4])
def test_single_step_of_independent_normals_is_sidak(tests):
    z = np.linspace(0.5, 5.0, tests)
    expected = -np.expm1(tests * np.log1p(-two_sided(z, np.inf)))
    np.testing.assert_allclose(
        adjust.single_step_p(z, np.eye(tests), np.inf), expected, rtol=1e-2
    )  # of the smallest


def test_single_step_of_one_test_is_its_own_p_value():
    np.testing.assert_allclose(
        adjust.single_step_p(np.array([2.2]), np.ones((1, 1)), 12.0),
        two_sided(np.array([2.2]), 12.0),
        rtol=1e-12,
    )


def test_one_test_counted_twice_is_one_test():
    both = adjust.single_step_p(np.array([2.2, 2.2]), np.ones((2, 2)), 12.0)
    np.testing.assert_allclose(both, two_sided(np.array([2.2, 2.2]), 12.0), rtol=1e-12)


def test_the_single_step_quantile_has_its_level():
    c = adjust.single_step_quantile(0.95, all_pairs(4), 20.0)
    np.testing.assert_allclose(adjust.single_step_p(np.array([c]), all_pairs(4), 20.0), 0.05, rtol=1e-8)


def test_tukey_is_the_studentized_range():
    c = adjust.tukey_quantile(0.95, 4, 20.0)
    np.testing.assert_allclose(np.sqrt(2) * c, stats.studentized_range.ppf(0.95, 4, 20.0), rtol=1e-12)


def test_quantiles_are_ordered_as_their_assumptions():
    single = adjust.single_step_quantile(0.95, all_pairs(4), np.inf)
    sidak, bonferroni = adjust.sidak_quantile(0.95, np.inf, 6), adjust.bonferroni_quantile(0.95, np.inf, 6)
    assert interval_quantile(0.95, np.inf) < single < sidak < bonferroni


def test_the_same_seed_gives_the_same_p_values():
    t = np.array([2.0, 2.5, 3.0])
    np.testing.assert_array_equal(
        adjust.single_step_p(t, all_pairs(3), 9.0), adjust.single_step_p(t, all_pairs(3), 9.0)
    )


def test_an_unknown_adjustment_is_refused():
    with pytest.raises(gk.FitError, match="bonferroni"):
        adjust.adjustment_name("scheffe")
