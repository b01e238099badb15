"""Arguments with one value per row meet the right rows, or are refused."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from glmkit.errors import DataError
from glmkit.frame.arguments import RowArguments
from glmkit.frame.modelframe import model_frame

NAN, INF = float("nan"), float("inf")
VALUES = [1.0, 2.0, 3.0, 4.0]


def data(index=(10, 11, 12, 13), **columns):
    return pd.DataFrame({"y": [5.0, 6.0, 7.0, 8.0], "x": [0.0, 1.0, 0.0, 2.0], **columns}, index=list(index))


def framed(frame=None, **arguments):
    return model_frame("y ~ x", data() if frame is None else frame, arguments=RowArguments(**arguments))


GIVEN = {
    "column": "w",
    "expression": "w2 / 2",
    "array": np.array(VALUES),
    "list": VALUES,
    "tuple": tuple(VALUES),
    "integers": np.array([1, 2, 3, 4], dtype="int8"),
    "nullable": pd.array([1, 2, 3, 4], dtype="Int64"),
    "polars": pl.Series(VALUES),
    "one column": np.array(VALUES)[:, None],
    "Series": pd.Series(VALUES, index=[10, 11, 12, 13]),
    "shuffled Series": pd.Series([4.0, 3.0, 2.0, 1.0], index=[13, 12, 11, 10]),
    "one-column frame": pd.DataFrame({"w": [4.0, 3.0, 2.0, 1.0]}, index=[13, 12, 11, 10]),
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN.keys())
def test_weights_of_any_form_meet_their_rows(given):
    frame = data(w=VALUES, w2=[2.0, 4.0, 6.0, 8.0])
    assert framed(frame, weights=given).weights.tolist() == VALUES


def test_an_identical_index_with_repeated_labels_goes_by_position():
    frame = data(index=[0, 0, 1, 1])
    assert framed(frame, weights=pd.Series(VALUES, index=[0, 0, 1, 1])).weights.tolist() == VALUES


def test_repeated_labels_in_another_order_are_refused():
    with pytest.raises(DataError, match="duplicated"):
        framed(data(index=[0, 0, 1, 1]), weights=pd.Series(VALUES, index=[0, 1, 0, 1]))


def test_labels_that_do_not_match_are_refused():
    with pytest.raises(DataError, match="does not match") as caught:
        framed(weights=pd.Series(VALUES, index=[10, 11, 12, 99]))
    assert caught.value.rows == [13]


def test_a_default_index_does_not_match_labelled_data():
    with pytest.raises(DataError, match="index of offset does not match"):
        framed(offset=pd.Series(VALUES))


def test_rows_dropped_for_x_are_dropped_from_arguments():
    frame = data()
    frame.loc[11, "x"] = NAN
    used = framed(frame, weights=VALUES, offset=[0.1, 0.2, 0.3, 0.4])
    assert (used.weights.tolist(), used.offset.tolist()) == ([1.0, 3.0, 4.0], [0.1, 0.3, 0.4])


@pytest.mark.parametrize("argument", ["weights", "freq_weights", "offset", "exposure"])
def test_a_missing_value_drops_the_row_under_the_name_of_the_argument(argument):
    used = framed(**{argument: [1.0, NAN, 3.0, 4.0]})
    assert (used.rows.kept.tolist(), used.rows.dropped) == ([0, 2, 3], {argument: 1})


REFUSED = {
    "short": ("weights", VALUES[:3], "length 3, but the data have 4 rows"),
    "scalar": ("weights", 2.0, "single value"),
    "scalar offset": ("offset", 1, "single value"),
    "two columns": ("weights", np.ones((4, 2)), "shape"),
    "text": ("weights", ["a", "b", "c", "d"], "must be numeric"),
    "unknown column": ("weights", "nosuch", "not a column"),
    "negative": ("weights", [1, -2, 3, 4], "not negative.*-2 in 1 row \\(label 11\\)"),
    "infinite": ("weights", [1, INF, 3, 4], "weights is infinite"),
    "infinite offset": ("offset", [1, -INF, 3, 4], "offset is infinite.*log of a zero exposure"),
    "all zero": ("weights", [0, 0, 0, 0], "no row has a positive weight"),
    "frequency": ("freq_weights", [1, 2.5, 3, 4], "whole numbers"),
    "negative frequency": ("freq_weights", [1, -1, 3, 4], "whole numbers"),
    "zero frequency": ("freq_weights", [0, 0, 0, 0], "no row has a positive weight"),
    "zero exposure": ("exposure", [1, 0, 3, 4], "exposure must be > 0"),
    "two-column expression": ("offset", "cbind(x, y)", "has 2 columns"),
    "dates": ("weights", pd.date_range("2020", periods=4), "dates"),
    "negative subset": ("subset", [-1, 0, 1, 1], "Integer positions"),
    "positions": ("subset", [0, 2], "Integer positions"),
    "text subset": ("subset", ["a", "b", "c", "d"], "must be numeric"),
    "slice": ("subset", slice(0, 2), "single value"),
    "short subset": ("subset", [True, False], "length 2"),
    "empty subset": ("subset", "x > 100", "keeps no rows"),
}  # fmt: skip


@pytest.mark.parametrize(("argument", "given", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_go_with_the_rows_is_refused(argument, given, words):
    with pytest.raises(ValueError, match=words):
        framed(**{argument: given})


def test_bad_weights_outside_the_subset_do_not_matter():
    assert framed(weights=[-1.0, 1.0, INF, 1.0], subset=[False, True, False, True]).weights.tolist() == [
        1.0,
        1.0,
    ]


def test_zero_weights_are_kept():
    assert framed(weights=[0.0, 1.0, 0.0, 2.0]).weights.tolist() == [0.0, 1.0, 0.0, 2.0]


def test_weights_are_one_when_not_given():
    assert framed().weights.tolist() == [1.0] * 4


def test_offsets_of_formula_and_arguments_add_up():
    frame = data(o=[0.5] * 4, e=[1.0, 2.0, 4.0, 8.0])
    used = model_frame(
        "y ~ x + offset(o) + offset(x)", frame, arguments=RowArguments(offset="o", exposure="e")
    )
    np.testing.assert_allclose(used.offset, 1.0 + frame["x"] + np.log(frame["e"]), rtol=1e-15)


def test_without_any_offset_there_is_none():
    assert (framed().offset, framed().has_offset) == (None, False)


SUBSETS = {
    "expression": "x > 0",
    "column": "keep",
    "bool": [False, True, False, True],
    "0 and 1": np.array([0, 1, 0, 1]),
    "Series": pd.Series([True, False, True, False], index=[13, 12, 11, 10]),
    "missing is false": pd.array([None, True, False, True], dtype="boolean"),
}


@pytest.mark.parametrize("subset", SUBSETS.values(), ids=SUBSETS.keys())
def test_subset_of_any_form_keeps_its_rows(subset):
    used = framed(data(keep=[False, True, False, True]), subset=subset)
    assert (used.response.y.tolist(), used.rows.n_outside, used.rows.n_dropped) == ([6.0, 8.0], 2, 0)


def test_row_values_take_one_value_per_row_of_the_data():
    frame = data(c=["p", "q", "p", "q"])
    frame.loc[10, "x"] = NAN
    assert framed(frame).row_values("c", "cluster").codes.tolist() == [1, 0, 1]


def test_row_values_take_one_value_per_row_used():
    frame = data()
    frame.loc[10, "x"] = NAN
    labels = pd.Series([3.0, 1.0, 2.0], index=[13, 11, 12])
    assert framed(frame).row_values(labels, "cluster").tolist() == [1.0, 2.0, 3.0]


# ----------------------------------------------------------------------------- rows


def test_rows_dropped_are_counted_by_column_in_the_order_of_the_data():
    air = pd.DataFrame({"Ozone": [1, NAN, NAN, 4], "Solar.R": [1, 2, NAN, NAN], "Temp": [1.0, 2, 3, 4]})
    rows = model_frame("Temp ~ Solar.R + Ozone", air).rows
    assert rows.sentence() == "3 of 4 rows dropped for missing values: Ozone 2, Solar.R 2."


def test_rows_outside_the_subset_are_not_counted_as_dropped():
    frame = data()
    frame.loc[10, "x"] = NAN
    rows = framed(frame, subset="y > 5").rows
    assert (rows.n_read, rows.n_outside, rows.n_dropped, rows.n_used) == (4, 1, 0, 3)


def test_missing_values_of_unused_columns_do_not_matter():
    assert framed(data(unused=[NAN] * 4)).rows.all_used


def test_na_action_fail_refuses_missing_rows():
    frame = data()
    frame.loc[11, "x"] = NAN
    with pytest.raises(DataError, match="1 rows have missing values: x 1"):
        framed(frame, na_action="fail")


def test_an_unknown_na_action_is_refused():
    with pytest.raises(DataError, match="'omit', 'exclude' or 'fail'"):
        framed(na_action="drop")


def test_labels_of_the_rows_used_are_the_callers():
    frame = data(index=["r1", "r2", "r2", "r4"])
    frame.iloc[0, 1] = NAN
    assert framed(frame).rows.labels.tolist() == ["r2", "r2", "r4"]


def test_a_value_lost_in_a_transform_is_named_with_its_row():
    frame = data()
    frame.loc[12, "x"] = -1.0
    rows = model_frame("y ~ log(x + 0.5)", frame).rows
    assert rows.dropped == {"log(x + 0.5)": 1}
    assert "not a number (NaN) though its columns have values in 1 row (label 12)" in rows.sentence()


@pytest.mark.parametrize("column", ["x", "y"])
def test_an_infinite_value_is_refused_with_its_row(column):
    frame = data()
    frame.loc[12, column] = -INF
    with pytest.raises(DataError, match=f"'{column}' is infinite in 1 row \\(label 12\\)") as caught:
        framed(frame)
    assert caught.value.rows == [12]


def test_an_infinite_value_made_by_a_transform_is_refused():
    with pytest.raises(DataError, match=r"'log\(x\)' is infinite in 2 rows \(labels 10, 12\)"):
        model_frame("y ~ log(x)", data())


def test_an_infinite_value_outside_the_subset_does_not_matter():
    assert framed(data(z=[INF, 1, 1, 1]), subset=[False, True, True, True]).n == 3


def test_empty_data_are_refused():
    with pytest.raises(DataError, match="0 rows"):
        framed(data().iloc[:0])


def test_data_without_a_complete_row_are_refused():
    with pytest.raises(DataError, match="no rows left: all 4 were dropped for missing values in x"):
        framed(data(x=[NAN] * 4))
