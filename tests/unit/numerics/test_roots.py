"""Where a rising curve reaches a level."""

from __future__ import annotations

import math

import numpy as np
import pytest

from glmkit.numerics.roots import rising_crossing

NAN = float("nan")


def counted(curve):
    calls = []
    return calls, lambda x: calls.append(x) or curve(x)


def test_newton_ends_after_a_few_evaluations():
    calls, curve = counted(lambda x: (math.expm1(x), math.exp(x)))
    assert rising_crossing(curve, 3.0, start=1.0, low=0.0).at == pytest.approx(math.log(4), rel=1e-9)
    assert len(calls) <= 5


def test_without_slopes_secants_serve():
    found = rising_crossing(lambda x: (math.expm1(x), NAN), 3.0, start=1.0, low=0.0)
    assert found.at == pytest.approx(math.log(4), rel=1e-9)


def test_a_line_is_solved_at_once():
    calls, curve = counted(lambda x: (2.0 * x, 2.0))
    assert rising_crossing(curve, 3.0, start=1.4, low=0.0).at == 1.5
    assert len(calls) == 2


def test_without_a_lower_end_it_searches_downwards():
    found = rising_crossing(lambda x: (math.exp(x), math.exp(x)), 1e-3, start=0.0)
    assert found.at == pytest.approx(math.log(1e-3), rel=1e-8)


def test_a_curve_that_flattens_out_never_gets_there():
    assert rising_crossing(lambda x: (math.tanh(x), NAN), 1.5, start=1.0, low=0.0).at == math.inf


def test_a_curve_that_ends_first_gives_its_end():
    found = rising_crossing(lambda x: (x, NAN) if x < 2.0 else (NAN, NAN), 3.0, start=1.0, low=0.0)
    assert found.is_edge
    assert found.at == pytest.approx(2.0, abs=1e-8)


def test_the_end_of_a_curve_is_found_by_halving():
    calls, curve = counted(lambda x: (x, 1.0) if x < 2.0 else (NAN, NAN))
    assert rising_crossing(curve, 3.0, start=1.0, low=0.0).at == pytest.approx(2.0, abs=1e-8)
    assert len(calls) <= 50  # 2^-30 of a step is its tolerance


def test_a_jump_over_the_level_ends_the_search():
    calls, curve = counted(lambda x: (1.0, 1e-9) if x < 1.7 else (9.0, 0.0))
    assert np.isnan(rising_crossing(curve, 2.0, start=1.0, low=0.0).at)
    assert len(calls) <= 40


def test_the_search_for_an_end_can_be_coarser():
    calls, curve = counted(lambda x: (x, 1.0) if x < 2.0 else (NAN, NAN))
    assert rising_crossing(curve, 3.0, start=1.0, low=0.0, shortest=0.01).is_edge
    assert len(calls) <= 25


def test_a_root_just_before_the_end_of_the_curve_is_found():
    found = rising_crossing(
        lambda x: (-np.log1p(-x), NAN) if x < 1.0 else (NAN, NAN), 9.0, start=3.0, low=0.0
    )
    assert found.at == pytest.approx(-np.expm1(-9.0), abs=1e-7)


def test_a_curve_that_exists_nowhere_has_no_crossing():
    assert np.isnan(rising_crossing(lambda x: (NAN, NAN), 1.0, start=0.0).at)


def test_a_jump_over_the_level_is_found_out_in_few_evaluations():
    calls, curve = counted(lambda x: (1.0 + x if x < 2.0 else 5.0 + x, 1.0))
    assert np.isnan(rising_crossing(curve, 4.0, start=1.9, low=0.0).at)
    assert len(calls) <= 40
