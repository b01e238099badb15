"""The response is read as the family wants it, and says which event is modelled."""

import numpy as np
import pandas as pd
import pytest

from glmkit.errors import DataError
from glmkit.frame.modelframe import model_frame


def response(values, kind="binomial", formula="y ~ 1", **columns):
    return model_frame(formula, pd.DataFrame({"y": values, **columns}), response_kind=kind).response


TWO_LEVELS = {
    "text": (["no", "yes", "yes"], [0, 1, 1], 'y: "yes"'),
    "category": (pd.Categorical(["no", "yes", "yes"], categories=["yes", "no"]), [1, 0, 0], 'y: "no"'),
    "unused level": (pd.Categorical(["b", "c", "c"], categories=["a", "b", "c"]), [0, 1, 1], 'y: "c"'),
    "declared pair, one occurs": (
        pd.Categorical(["yes", "yes"], categories=["no", "yes"]),
        [1, 1],
        'y: "yes"',
    ),
    "bool": ([False, True, True], [0, 1, 1], "y = True"),
    "nullable bool": (pd.array([False, True, None], dtype="boolean"), [0, 1], "y = True"),
    "0 and 1": ([0, 1, 1], [0, 1, 1], "y = 1"),
    "category of numbers": (pd.Categorical([1, 2, 2]), [0, 1, 1], 'y: "2"'),
    "proportion": ([0.25, 0.5, 1.0], [0.25, 0.5, 1.0], "y"),
}


@pytest.mark.parametrize(("values", "y", "event"), TWO_LEVELS.values(), ids=TWO_LEVELS.keys())
def test_the_first_level_is_failure_and_the_event_is_named(values, y, event):
    found = response(values)
    assert (found.y.tolist(), found.event, found.trials) == (y, event, None)


def test_a_comparison_is_a_response():
    found = response([1.0, 5.0], formula="y > 2 ~ 1")
    assert (found.y.tolist(), found.event) == ([0.0, 1.0], "y > 2 = True")


def test_three_levels_are_refused_with_their_names():
    with pytest.raises(DataError, match=r"3 levels \('a', 'b', 'c'\).*needs two"):
        response(["a", "b", "c"])


def test_one_level_of_text_is_refused():
    with pytest.raises(DataError, match=r"1 level \('a'\)"):
        response(["a", "a"])


def test_a_level_only_in_dropped_rows_does_not_count():
    data = pd.DataFrame({"y": ["a", "b", "c"], "x": [1.0, 2.0, None]})
    assert model_frame("y ~ x", data, response_kind="binomial").response.levels == ("a", "b")


def test_counts_become_proportions_trials_and_weights():
    data = pd.DataFrame({"s": [1, 0, 3], "f": [3, 0, 1], "w": [2.0, 1.0, 1.0]})
    frame = model_frame("cbind(s, f) ~ 1", data, response_kind="binomial")
    assert frame.response.y.tolist() == [0.25, 0.0, 0.75]
    assert (frame.response.trials.tolist(), frame.weights.tolist()) == ([4.0, 0.0, 4.0], [4.0, 0.0, 4.0])
    assert frame.response.event == "s"


def test_fractional_counts_are_noted():
    assert response([1.5, 2], formula="cbind(y, 4 - y) ~ 1").notes == (
        "The counts in cbind(y, 4 - y) are not whole numbers in 1 row.",
    )


def test_more_successes_than_trials_are_refused_with_the_row():
    with pytest.raises(DataError, match=r"negative count in 1 row \(label 1\).*exceed") as caught:
        response([1, 9], formula="cbind(y, 4 - y) ~ 1")
    assert caught.value.rows == [1]


def test_three_columns_of_counts_are_refused():
    with pytest.raises(DataError, match=r"3 columns.*two"):
        response([1, 2], formula="cbind(y, y, y) ~ 1")


def test_counts_without_any_trial_are_refused():
    with pytest.raises(DataError, match="no row with any trials"):
        response([0, 0], formula="cbind(y, y) ~ 1")


NOT_NUMERIC = {"text": ["a", "b"], "category": pd.Categorical([1, 2])}


@pytest.mark.parametrize("values", NOT_NUMERIC.values(), ids=NOT_NUMERIC.keys())
def test_a_numeric_family_refuses_text_and_names_the_others(values):
    with pytest.raises(DataError, match=r"needs a numeric response.*Binomial\(\).*Multinomial\(\)"):
        response(values, kind="numeric")


def test_a_numeric_family_refuses_counts_in_two_columns():
    with pytest.raises(DataError, match=r"2 columns.*Binomial\(\)"):
        response([1, 2], kind="numeric", formula="cbind(y, y) ~ 1")


def test_a_numeric_family_takes_truth_as_0_and_1():
    assert response([True, False], kind="numeric").y.tolist() == [1.0, 0.0]


def test_later_writes_into_the_callers_arrays_do_not_reach_the_response():
    y = np.array([1.0, 2.0])
    frame = model_frame("y ~ 1", {"y": y})
    y[0] = 9.0
    assert frame.response.y.tolist() == [1.0, 2.0]


MULTINOMIAL = {
    "text": (["c", "a", "b"], ("a", "b", "c"), [2, 0, 1]),
    "category": (pd.Categorical(["c", "a", "c"], categories=["c", "b", "a"]), ("c", "a"), [0, 1, 0]),
    "numbers": ([3, 1, 2], (1.0, 2.0, 3.0), [2, 0, 1]),
    "bool": ([True, False, True], (False, True), [1, 0, 1]),
}


@pytest.mark.parametrize(("values", "levels", "positions"), MULTINOMIAL.values(), ids=MULTINOMIAL.keys())
def test_a_multinomial_response_has_levels_of_any_kind(values, levels, positions):
    found = response(values, kind="multinomial")
    assert (found.levels, found.y.tolist()) == (levels, positions)
    np.testing.assert_array_equal(found.indicator, np.eye(len(levels))[positions])


def test_a_multinomial_response_may_be_counts_per_level():
    found = response([1, 0], kind="multinomial", formula="cbind(y, b, c) ~ 1", b=[2, 5], c=[0, 1])
    assert (found.levels, found.trials.tolist()) == (("y", "b", "c"), [3.0, 6.0])


def test_a_multinomial_response_of_one_level_is_refused():
    with pytest.raises(DataError, match="one level only"):
        response(["a", "a"], kind="multinomial")
