"""Directions of recession and the limits along them, held to designs whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy

import glmkit as gk
from glmkit import Binomial, Gamma, Gaussian, InverseGaussian, Poisson
from glmkit.design.dense import DenseDesign
from glmkit.fitting.cone import held_by_few, improving_direction, independent_on, margins
from glmkit.fitting.existence import settle
from glmkit.fitting.glm import fit_glm
from glmkit.fitting.problem import Problem
from glmkit.fitting.recession import far_mean, openness_of, recession_of
from glmkit.fitting.scoring import Control

CONTROL = Control()
OLD_SCIPY = tuple(int(part) for part in scipy.__version__.split(".")[:2]) < (1, 16)
LOGIT = Binomial()


def design(*columns) -> DenseDesign:
    return DenseDesign(np.asfortranarray(np.column_stack([np.ones(len(columns[0])), *columns])))


def problem(y, *columns, weights=None, offset=None) -> Problem:
    X = design(*columns)
    constant = np.eye(X.shape[1])[0]
    prior = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    return Problem(X, np.asarray(y, float), prior, constant=constant, offset=offset)


def recession(y, *columns, weights=None, family=LOGIT):
    prior = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    return recession_of(design(*columns), np.asarray(y, float), prior, family)


def settled(y, *columns, family=LOGIT, **more):
    return settle(fit_glm(problem(y, *columns, **more), family, CONTROL), CONTROL)


# ----------------------------------------------------------------------------- which rows are open


@pytest.mark.parametrize(
    ("family", "y", "below", "above"),
    [
        (LOGIT, [0.0, 0.5, 1.0], [True, False, False], [False, False, True]),
        (Binomial("probit"), [0.0, 0.5, 1.0], [True, False, False], [False, False, True]),
        (Binomial("cloglog"), [0.0, 0.5, 1.0], [True, False, False], [False, False, True]),
        (Binomial("cauchit"), [0.0, 0.5, 1.0], [True, False, False], [False, False, True]),
        (Binomial("log"), [0.0, 0.5, 1.0], [True, False, False], [False, False, False]),
        (Poisson(), [0.0, 1.0, 5.0], [True, False, False], [False, False, False]),
        (Poisson("identity"), [0.0, 1.0, 5.0], [False, False, False], [False, False, False]),
        (Gaussian(), [0.0, 1.0, 5.0], [False, False, False], [False, False, False]),
        (Gaussian("log"), [-1.0, 0.0, 5.0], [True, True, False], [False, False, False]),
        (Gamma("log"), [0.1, 1.0, 5.0], [False, False, False], [False, False, False]),
        (InverseGaussian("log"), [0.1, 1.0, 5.0], [False, False, False], [False, False, False]),
    ],
    ids=repr,
)
def test_a_row_is_open_where_its_best_mean_is_a_limit(family, y, below, above):
    found = openness_of(family, np.array(y))
    assert (found.below.tolist(), found.above.tolist()) == (below, above)


def test_the_mean_far_away_is_the_end_of_the_range():
    assert far_mean(LOGIT, 1.0).mu[0] == 1.0
    assert far_mean(Poisson(), -1.0).mu[0] == 0.0
    assert far_mean(Poisson("identity"), -1.0) is None


# ----------------------------------------------------------------------------- two by two tables


@pytest.mark.parametrize(
    ("table", "separated"),
    [
        ([1, 1, 1, 1], 0),  # failures and successes at x = 0, then at x = 1
        ([9, 1, 1, 9], 0),
        ([1000, 1, 1, 1000], 0),
        ([2, 0, 1, 1], 2),
        ([0, 3, 1, 1], 3),
        ([2, 2, 4, 0], 4),
        ([2, 0, 0, 3], 5),
        ([2, 0, 3, 0], 5),
    ],
)
def test_the_rows_of_a_table_that_are_separated_are_those_beside_an_empty_cell(table, separated):
    x = np.repeat([0.0, 0.0, 1.0, 1.0], table)
    y = np.repeat([0.0, 1.0, 0.0, 1.0], table)
    found = recession(y, x)
    assert (0 if found is None else len(found.separated)) == separated


@pytest.mark.parametrize(
    ("table", "limits"),
    [
        ([2, 0, 1, 1], [-np.inf, np.inf]),
        ([0, 3, 1, 1], [np.inf, -np.inf]),
        ([2, 2, 4, 0], [0.0, -np.inf]),
        ([2, 2, 0, 4], [0.0, np.inf]),
        ([2, 0, 0, 3], [-np.inf, np.inf]),
        ([2, 0, 3, 0], [-np.inf, np.nan]),
    ],
)
def test_the_coefficients_of_a_table_go_where_its_odds_go(table, limits):
    x = np.repeat([0.0, 0.0, 1.0, 1.0], table)
    y = np.repeat([0.0, 1.0, 0.0, 1.0], table)
    np.testing.assert_array_equal(recession(y, x).limits(np.eye(2)), limits)


# ----------------------------------------------------------------------------- separation by a number

X = np.arange(8.0)
SPLIT = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])


def test_complete_separation_moves_every_row():
    found = recession(SPLIT, X)
    assert found.dimension == 2
    np.testing.assert_array_equal(found.signs, 2 * SPLIT - 1)


def test_the_direction_found_separates():
    found = recession(SPLIT, X)
    eta = design(X).dot(found.direction)
    assert np.all(np.sign(eta) == found.signs)


def test_quasi_complete_separation_leaves_the_tied_rows():
    x = np.array([0.0, 1, 2, 3, 3, 4, 5])
    found = recession([0, 0, 0, 0, 1, 1, 1], x)
    assert found.remaining.tolist() == [3, 4]
    assert found.dimension == 1
    np.testing.assert_array_equal(found.limits(np.array([[1.0, 3.0], [0.0, 1.0]])), [0.0, np.inf])


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
def test_an_overlap_however_small_is_no_separation(gap):
    x = np.array([0.0, 1, 2, 3 + gap, 3, 4, 5])
    assert recession([0, 0, 0, 0, 1, 1, 1], x) is None


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
def test_a_gap_however_small_is_separation(gap):
    x = np.array([0.0, 1, 2, 3, 3 + gap, 4, 5])
    assert recession([0, 0, 0, 0, 1, 1, 1], x).dimension == 2


def test_a_row_of_weight_zero_does_not_hide_separation():
    y = [0, 0, 0, 1, 0, 1, 1, 1]
    assert recession(y, X) is None
    assert recession(y, X, weights=[1, 1, 1, 0, 1, 1, 1, 1]).dimension == 2


def test_the_unit_and_origin_of_a_column_do_not_matter():
    x = np.array([0.0, 1, 2, 3, 3, 4, 5])
    for scaled in (1e-12 * x, 1e12 * x, x + 1e8):
        found = recession([0, 0, 0, 0, 1, 1, 1], scaled)
        assert found.remaining.tolist() == [3, 4]


def test_separation_by_two_columns_together_is_found():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 60))
    y = (a - 2 * b + 0.5 > 0).astype(float)
    assert len(recession(y, a, b).separated) == 60


def test_separation_among_many_rows_is_found_from_a_few():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, 5000))
    y = (x[0] + x[1] - x[2] > 0.1).astype(float)
    assert len(recession(y, *x).separated) == 5000
    y[2500] = 1.0 - y[2500]
    assert recession(y, *x) is None


def test_zero_counts_of_one_level_are_separated():
    g = np.repeat([0.0, 1.0], 4)
    found = recession([3, 1, 2, 4, 0, 0, 0, 0], g, family=Poisson())
    assert found.separated.tolist() == [4, 5, 6, 7]
    np.testing.assert_array_equal(found.limits(np.eye(2)), [0.0, -np.inf])


def test_counts_that_are_all_zero_go_to_zero_on_many_paths():
    found = recession([0, 0, 0], np.array([1.0, 2, 4]), family=Poisson())
    # a + b x falls at every x between 1 and 4; at 0 and as a slope it may do either.
    functions = np.array([[1.0, 1.0], [1.0, 3.0], [1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_array_equal(found.limits(functions), [-np.inf, -np.inf, np.nan, np.nan])


# ----------------------------------------------------------------------------- margins and programs


def test_a_margin_that_is_rounding_is_a_tie():
    X = DenseDesign(np.asfortranarray([[0.1, 0.2, -0.3], [1.0, 0.0, 0.0]]))
    assert margins(X, np.ones(3), np.ones(2)).tolist() == [0.0, 1.0]


def test_margins_that_all_cancel_are_ties_too():
    X = DenseDesign(np.asfortranarray([[0.1, 0.2, -0.3], [0.2, 0.4, -0.6], [0.7, 0.1, -0.8]]))
    assert margins(X, np.ones(3), np.ones(3)).tolist() == [0.0, 0.0, 0.0]


def test_the_sign_of_a_small_margin_is_right():
    a = 1e8 + 1.0
    X = DenseDesign(np.asfortranarray([[a * a, -1e16, -2e8 - 1.0], [1e16, 0.0, 0.0]]))
    # (1e8 + 1)^2 = 1e16 + 2e8 + 1, which a double rounds to 1e16 + 2e8: the rest is a tie of 1e-16.
    assert margins(X, np.ones(3), np.ones(2))[0] == 0.0


def test_no_direction_improves_when_the_rows_surround_the_origin():
    X = DenseDesign(np.asfortranarray([[1.0, 0.0], [-1.0, 1.0], [0.0, -1.0]]))
    assert improving_direction(X, np.ones(3), np.eye(2)) is None


def test_a_direction_improves_when_the_rows_lie_on_one_side():
    X = DenseDesign(np.asfortranarray([[1.0, 0.0], [-1.0, 1.0], [0.0, 1.0]]))
    found = improving_direction(X, np.ones(3), np.eye(2))
    assert np.all(X.dot(found) >= 0.0)
    assert np.any(X.dot(found) > 0.0)


def test_a_linear_function_is_moved_only_the_way_the_cone_goes():
    X = DenseDesign(np.asfortranarray([[1.0, 0.0], [0.0, 1.0]]))
    assert improving_direction(X, np.ones(2), np.eye(2), wanted=np.array([1.0, 0.0])) is not None
    assert improving_direction(X, np.ones(2), np.eye(2), wanted=np.array([-1.0, 0.0])) is None


def test_independence_is_decided_though_a_row_is_small_beside_its_column():
    # What the sample calls dependent, a row of the sample itself contradicts: that used to go round for ever.
    a = np.ones(9000)
    a[0] = 1e6
    b = a.copy()
    b[2] += 1e-6
    X = DenseDesign(np.asfortranarray(np.column_stack([a, b])))
    assert independent_on(X, np.arange(9000), np.eye(2)).kept.tolist() == [0]


def test_a_row_outside_the_sample_can_make_a_column_independent():
    a = np.ones(9000)
    b = a.copy()
    b[4321] = 2.0
    X = DenseDesign(np.asfortranarray(np.column_stack([a, b])))
    assert independent_on(X, np.arange(9000), np.eye(2)).kept.tolist() == [0, 1]


# ----------------------------------------------------------------------------- what a fit becomes


def test_an_ordinary_fit_is_left_as_it_is():
    fit = fit_glm(problem([0, 1, 0, 1, 1, 0, 1, 1], X), LOGIT, CONTROL)
    assert not fit.suspect
    assert settle(fit, CONTROL).fit is fit


@pytest.mark.parametrize("size", [5.0, 20.0, 100.0])
def test_steep_data_that_overlap_are_no_separation(size):
    # Two rows overlap; the others are fitted to within exp(-size).
    x = np.concatenate([-size - np.arange(10.0), [0.1, -0.1], size + np.arange(10.0)])
    y = np.concatenate([np.zeros(10), [0.0, 1.0], np.ones(10)])
    found = settled(y, x)
    assert found.limit is None
    assert found.fit.converged
    assert np.all(np.isfinite(found.fit.gamma))


def test_the_limit_of_a_quasi_separated_table_is_that_of_the_other_rows():
    x = np.repeat([0.0, 1.0], [10, 5])
    y = np.concatenate([np.repeat([0.0, 1.0], [7, 3]), np.ones(5)])
    found = settled(y, x)
    assert found.fit.reason == "separated"
    assert found.limit.coef[0] == pytest.approx(np.log(3 / 7), rel=1e-10)
    assert found.limit.coef[1] == np.inf
    # -2 (3 log 0.3 + 7 log 0.7); variance of a logit 1/3 + 1/7
    assert found.limit.deviance == pytest.approx(-2 * (3 * np.log(0.3) + 7 * np.log(0.7)), rel=1e-13)
    assert found.limit.vcov[0, 0] == pytest.approx(1 / 3 + 1 / 7, rel=1e-9)
    np.testing.assert_allclose(found.limit.mean.mu, np.where(x == 1, 1.0, 0.3), rtol=1e-12)


def test_the_limit_of_complete_separation_fits_every_row():
    found = settled(SPLIT, X)
    assert found.limit.inner is None
    assert found.fit.deviance == 0.0
    assert found.fit.loglik == 0.0
    np.testing.assert_array_equal(found.fit.mean.mu, SPLIT)


def test_an_empty_poisson_cell_has_the_other_cells_mean():
    g = np.repeat([0.0, 1.0], 4)
    found = settled([3, 1, 2, 4, 0, 0, 0, 0], g, family=Poisson())
    assert found.limit.coef.tolist() == [pytest.approx(np.log(2.5), rel=1e-12), -np.inf]
    assert found.limit.vcov[0, 0] == pytest.approx(1 / 10, rel=1e-9)


@pytest.mark.parametrize("link", ["probit", "cauchit", "cloglog", "loglog"])
def test_separation_is_found_under_every_link(link):
    assert settled(SPLIT, X, family=Binomial(link)).fit.reason == "separated"


def test_a_far_column_is_separated_in_its_own_units():
    found = settled(np.array([0.0, 0, 0, 0, 1, 1, 1]), np.array([0.0, 1, 2, 3, 3, 4, 5]) + 1.6e9)
    assert found.limit.recession.remaining.tolist() == [3, 4]
    assert found.limit.coef[1] == np.inf


def held_and_down():
    """Two hundred linear functions: which the short cut finds held up, which a program finds a way down for."""
    rng = np.random.default_rng(4)
    d = design(rng.normal(size=30), rng.normal(size=30))
    signs = np.where(d.dense() @ [0.2, 1.0, -0.5] > 0, 1.0, -1.0)
    functions, basis = rng.normal(size=(200, 3)), np.eye(3)
    held = held_by_few(d, signs, basis, functions)
    ways = [improving_direction(d, signs, basis, wanted=-row) is not None for row in functions]
    return held, np.array(ways, dtype=bool)


def test_what_a_sum_of_rows_holds_up_no_program_finds_a_way_down_for():
    held, down = held_and_down()
    assert not np.any(held & down)
    assert 0 < 0.95 * np.sum(~down) <= np.sum(held) < 200


@pytest.mark.skipif(OLD_SCIPY, reason="its search for non-negative weights may stop early")
def test_with_all_rows_tried_the_short_cut_is_the_whole_answer():
    held, down = held_and_down()
    np.testing.assert_array_equal(held, ~down)
    assert 0 < np.sum(held) < 200


@pytest.mark.filterwarnings("ignore::glmkit.errors.GlmkitWarning")
def test_a_direction_that_moves_no_row_is_not_followed_for_ever():
    data = pd.DataFrame(
        {
            "x": [922.8, 229.6, 5.0, 1.6e9, 6.0, 177.2, 4.0, 6.0, 2.0, -3.0, 1e3, 1e-300],
            "z": [9.007199e15, 1.0, 1.346042e-8, -1e12, 4.0, 0.0, 0.0, -0.0, 1.6e9, 1e12, 4.0, 9.0],
            "g": list("caabacccccab"),
            "y": [0, 2, 2, 0, 9, 2, 0, 5, 6, 4, 11, 12],
        }
    )
    fit = gk.glm("y ~ pmin(x, z) + I(x**2) + z:g", data, gk.Tweedie(1.5, "log"))
    assert len(fit.coef) == 6


def test_one_separated_row_among_thousands_is_found_whatever_the_others_round_to():
    # Along the only direction the others stay where they are but for rounding: no sign that they span it.
    rng = np.random.default_rng(1026)
    n = 4_000
    level = rng.integers(0, 19, size=n)
    level[n // 2 + 3] = 19
    data = pd.DataFrame(
        {"g": pd.Categorical(level), "x": 1e3 + rng.normal(size=n), "z": rng.normal(size=n) / 300}
    )
    data["y"] = rng.poisson(np.exp(0.3 * (data["x"] - 1e3)))
    data.loc[n // 2 + 3, "y"] = 0
    for coding in ("g", "C(g, contr.sum)"):
        with pytest.warns(gk.SeparationWarning, match="perfectly"):
            gk.glm(f"y ~ x + z + {coding}", data, "poisson")
