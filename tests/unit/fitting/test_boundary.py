"""Maxima on the edge of the valid region, and the quadratic programs on the way, in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from glmkit import Binomial, Gamma, Gaussian, InverseGaussian, Poisson
from glmkit.design.dense import DenseDesign
from glmkit.fitting.boundary import at_edge, constrained_fit, eta_bounds
from glmkit.fitting.objective import GLMObjective
from glmkit.fitting.qp import Constraints, quadratic_step

INFINITE = np.array([np.inf, np.inf, np.inf])


def objective(family, y, *columns, weights=None):
    X = np.column_stack([np.ones(len(y)), *columns])
    prior = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    design = DenseDesign(np.asfortranarray(X))
    return GLMObjective(family, design, np.asarray(y, float), prior, np.zeros(len(y)), float(len(y)))


@pytest.mark.parametrize(
    ("family", "bounds"),
    [
        (Poisson("identity"), (0.0, np.inf)),
        (Poisson("sqrt"), (0.0, np.inf)),
        (Poisson(), (-np.inf, np.inf)),
        (Binomial("log"), (-np.inf, 0.0)),
        (Binomial("identity"), (0.0, 1.0)),
        (Binomial("logit"), (-np.inf, np.inf)),
        (Binomial("probit"), (-np.inf, np.inf)),
        (Gamma("inverse"), (0.0, np.inf)),
        (Gamma("identity"), (0.0, np.inf)),
        (InverseGaussian(), (0.0, np.inf)),
        (Gaussian(), (-np.inf, np.inf)),
    ],
    ids=repr,
)
def test_the_bounds_of_eta_are_where_the_mean_ends(family, bounds):
    assert tuple(eta_bounds(family)) == bounds


def test_only_counted_rows_are_at_the_edge():
    family = Poisson("identity")
    assert at_edge(family, np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    assert not at_edge(family, np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert not at_edge(Poisson(), np.array([0.0, 1.0]), np.ones(2))


def test_an_identity_poisson_line_ends_at_zero():
    # mu = a + b x >= 0 with zero at x = 0: the maximum is the line through the origin, b = sum y / sum x.
    x, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 0.0, 2.0, 6.0])
    found = constrained_fit(objective(Poisson("identity"), y, x), np.array([1.0, 1.0]))
    assert found.converged
    assert found.active.tolist() == [0]
    np.testing.assert_allclose(found.beta, [0.0, 8 / 6], atol=1e-10)
    # Information along the face: sum x^2 / mu = sum x / b.
    assert found.covariance[1, 1] == pytest.approx((8 / 6) / 6, rel=1e-8)


def test_the_multiplier_of_an_active_row_is_not_negative():
    x, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 0.0, 2.0, 6.0])
    found = constrained_fit(objective(Poisson("identity"), y, x), np.array([1.0, 1.0]))
    # d logL / d a = sum (y / mu - 1) over the other rows and -1 of the active one: 2/(8/3) + 6/4 + 0 - 4
    assert found.multipliers.tolist() == [pytest.approx(4 - 2 / (8 / 3) - 6 / 4, rel=1e-7)]


def test_a_log_binomial_maximum_lies_at_probability_one():
    # Successes only at the largest x: log p = b (x - 2) with p = 1 at x = 2.
    x = np.repeat([0.0, 1.0, 2.0], 4)
    y = np.array([0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1], float)
    found = constrained_fit(objective(Binomial("log"), y, x), np.array([-1.5, 0.1]))
    assert found.converged
    assert found.active.tolist() == [8, 9, 10, 11]
    b = found.beta[1]
    # The score along the face: sum (x - 2)(y - p) / (1 - p) = 0.
    p = np.exp(b * (x[:8] - 2))
    assert np.sum((x[:8] - 2) * (y[:8] - p) / (1 - p)) == pytest.approx(0.0, abs=1e-8)


def test_an_interior_maximum_is_found_and_called_one():
    x, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([2.0, 3.0, 5.0, 6.0])
    found = constrained_fit(objective(Poisson("identity"), y, x), np.array([1.0, 1.0]))
    assert found.interior
    mu = found.beta[0] + found.beta[1] * x
    np.testing.assert_allclose([np.sum(y / mu - 1), np.sum(x * (y / mu - 1))], 0.0, atol=1e-9)


def test_a_row_of_weight_zero_may_leave_the_region():
    x, y = np.array([0.0, 1.0, 2.0, -5.0]), np.array([2.0, 3.0, 6.0, 1.0])
    found = constrained_fit(objective(Poisson("identity"), y, x, weights=[1, 1, 1, 0]), np.array([2.0, 1.0]))
    assert found.interior
    assert found.eta[3] < 0.0


# ----------------------------------------------------------------------------- quadratic programs

ROWS = DenseDesign(np.asfortranarray([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))


def test_without_bounds_the_step_is_newtons():
    found = quadratic_step(
        np.diag([2.0, 4.0]), np.array([2.0, 4.0]), Constraints(ROWS, INFINITE, INFINITE), np.empty(0, int)
    )
    np.testing.assert_allclose(found.step, [1.0, 1.0], rtol=1e-14)
    assert (found.working.tolist(), found.converged) == ([], True)


def test_a_bound_stops_the_step_and_the_rest_goes_on():
    rise = np.array([0.25, np.inf, np.inf])
    found = quadratic_step(
        np.eye(2), np.array([1.0, 1.0]), Constraints(ROWS, INFINITE, rise), np.empty(0, int)
    )
    np.testing.assert_allclose(found.step, [0.25, 1.0], rtol=1e-12)
    assert (found.working.tolist(), found.converged) == ([0], True)


def test_the_nearest_point_of_a_slanted_bound_is_found():
    # Nearest to (1, 1) with s1 + s2 <= 1: (1/2, 1/2).
    rise = np.array([np.inf, np.inf, 1.0])
    found = quadratic_step(
        np.eye(2), np.array([1.0, 1.0]), Constraints(ROWS, INFINITE, rise), np.empty(0, int)
    )
    np.testing.assert_allclose(found.step, [0.5, 0.5], rtol=1e-12)


def test_a_row_held_at_the_start_is_let_go_when_its_multiplier_is_wrong():
    fall = np.array([0.0, np.inf, np.inf])
    found = quadratic_step(np.eye(2), np.array([1.0, 1.0]), Constraints(ROWS, fall, INFINITE), np.array([0]))
    np.testing.assert_allclose(found.step, [1.0, 1.0], rtol=1e-12)
    assert found.working.tolist() == []


def test_a_corner_holds_the_step_where_it_is():
    rise = np.array([0.0, 0.0, np.inf])
    found = quadratic_step(
        np.eye(2), np.array([1.0, 2.0]), Constraints(ROWS, INFINITE, rise), np.empty(0, int)
    )
    np.testing.assert_allclose(found.step, [0.0, 0.0], atol=1e-15)
    assert (found.working.tolist(), found.converged, found.decrement) == ([0, 1], True, 0.0)


def test_bounds_that_repeat_do_no_harm():
    twice = DenseDesign(np.asfortranarray([[1.0, 0.0], [1.0, 0.0], [2.0, 0.0]]))
    rise = np.array([0.5, 0.5, 1.0])
    found = quadratic_step(
        np.eye(2), np.array([1.0, 1.0]), Constraints(twice, INFINITE, rise), np.empty(0, int)
    )
    np.testing.assert_allclose(found.step, [0.5, 1.0], rtol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_the_step_satisfies_the_conditions_of_karush_kuhn_and_tucker(seed):
    rng = np.random.default_rng(seed)
    X = DenseDesign(np.asfortranarray(rng.normal(size=(30, 4))))
    root = rng.normal(size=(4, 4))
    information, score = root @ root.T + np.eye(4), 10 * rng.normal(size=4)
    fall, rise = rng.uniform(0.1, 1, 30), rng.uniform(0.1, 1, 30)
    found = quadratic_step(information, score, Constraints(X, fall, rise), np.empty(0, int))
    moved = X.dot(found.step)
    held = X.values[found.working]
    outward = np.where(moved[found.working] > 0, 1.0, -1.0)
    multipliers = outward * np.linalg.lstsq(held.T, score - information @ found.step, rcond=None)[0]
    assert np.all((moved <= rise + 1e-9) & (moved >= -fall - 1e-9))
    assert np.all(multipliers >= -1e-8)
    np.testing.assert_allclose(held.T @ (outward * multipliers), score - information @ found.step, atol=1e-7)


@pytest.mark.parametrize("seed", [0, 4, 5, 7, 8])
def test_a_program_of_ill_conditioned_information_ends_when_the_way_is_gone(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(12, 6)) @ (1.0 + 1e-5 * rng.normal(size=(6, 6)))
    score = rows.T @ rng.normal(size=12) * 10.0
    room = Constraints(DenseDesign(rows), np.ones(12), np.ones(12))
    assert quadratic_step(rows.T @ rows, score, room, np.empty(0, dtype=np.intp)).converged
