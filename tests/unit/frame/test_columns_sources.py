"""Any data frame is read: each kind of source and dtype to the value it stands for."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glmkit.errors import DataError
from glmkit.frame.columns import read_data
from glmkit.frame.values import Factor, Logical

NAN = float("nan")


def column(values):
    return read_data({"v": values})["v"]


def series(values, dtype):
    return pd.Series(values, dtype=dtype)


NUMBERS = {
    "float32": np.array([1, 2, NAN], dtype="f4"),
    "float16": np.array([1, 2, NAN], dtype="f2"),
    "long double": np.array([1, 2, NAN], dtype=np.longdouble),
    "Int64": series([1, 2, None], "Int64"),
    "UInt8": series([1, 2, None], "UInt8"),
    "Float64": series([1, 2, None], "Float64"),
    "int64[pyarrow]": series([1, 2, None], "int64[pyarrow]"),
    "double[pyarrow]": series([1, 2, None], "double[pyarrow]"),
    "decimal[pyarrow]": series([Decimal(1), Decimal(2), None], pd.ArrowDtype(pa.decimal128(5, 2))),
    "Decimal objects": [Decimal("1"), Decimal("2.0"), None],
    "object": series([1, 2.0, None], object),
    "object with NA": series([1, 2.0, pd.NA], object),
    "list": [1, 2, None],
    "tuple": (1.0, 2.0, NAN),
    "sparse": pd.arrays.SparseArray([1.0, 2.0, NAN]),
    "masked array": np.ma.array([1, 2, 3], mask=[False, False, True]),
    "polars": pl.Series([1, 2, None]),
    "polars Decimal": pl.Series([Decimal(1), Decimal(2), None]),
}


@pytest.mark.parametrize("values", NUMBERS.values(), ids=NUMBERS.keys())
def test_numbers_become_float64_with_nan_for_missing(values):
    np.testing.assert_array_equal(column(values), np.array([1.0, 2.0, NAN]))


TEXT = {
    "object": series(["b", "a", None], object),
    "str": series(["b", "a", None], "str"),
    "string": series(["b", "a", None], "string"),
    "string[pyarrow]": series(["b", "a", None], "string[pyarrow]"),
    "Arrow string": series(["b", "a", None], pd.ArrowDtype(pa.string())),
    "list": ["b", "a", None],
    "NaN in text": series(["b", "a", NAN], object),
    "polars": pl.Series(["b", "a", None]),
    "polars categorical": pl.Series(["b", "a", None], dtype=pl.Categorical),
}


@pytest.mark.parametrize("values", TEXT.values(), ids=TEXT.keys())
def test_text_becomes_a_factor_with_sorted_levels(values):
    value = column(values)
    assert (value.levels, value.codes.tolist(), value.ordered) == (("a", "b"), [1, 0, -1], False)


TRUTH = {
    "object": series([True, None, False], object),
    "boolean": series([True, None, False], "boolean"),
    "bool[pyarrow]": series([True, None, False], "bool[pyarrow]"),
    "polars": pl.Series([True, None, False]),
}


@pytest.mark.parametrize("values", TRUTH.values(), ids=TRUTH.keys())
def test_truth_values_become_logical(values):
    value = column(values)
    assert isinstance(value, Logical)
    np.testing.assert_array_equal(value.values, [1.0, NAN, 0.0])


CATEGORIES = {
    "pandas": (pd.Categorical(["z", None], categories=["z", "y"], ordered=True), ("z", "y"), True),
    "pandas numbers": (pd.Categorical([3, None], categories=[3, 1]), (3, 1), False),
    "polars Enum": (pl.Series(["z", None], dtype=pl.Enum(["z", "y"])), ("z", "y"), False),
    "Arrow dictionary": (
        pd.Series(pd.arrays.ArrowExtensionArray(pa.DictionaryArray.from_arrays([0, None], ["z", "y"]))),
        ("z", "y"),
        False,
    ),
}


@pytest.mark.parametrize(("values", "levels", "ordered"), CATEGORIES.values(), ids=CATEGORIES.keys())
def test_a_category_keeps_its_order_of_levels(values, levels, ordered):
    value = column(values)
    assert (value.levels, value.ordered, value.codes.tolist()) == (levels, ordered, [0, -1])


REFUSED = {
    "datetime": (pd.to_datetime(["2020-01-01"]), "dates"),
    "aware datetime": (pd.to_datetime(["2020-01-01"]).tz_localize("UTC"), "dates"),
    "date objects": ([datetime.date(2020, 1, 1)], "dates"),
    "Arrow date": (pd.Series([datetime.date(2020, 1, 1)], dtype=pd.ArrowDtype(pa.date32())), "dates"),
    "polars date": (pl.Series([datetime.date(2020, 1, 1)]), "dates"),
    "period": (pd.period_range("2020", periods=1), "dates"),
    "timedelta": (pd.to_timedelta([1]), "durations"),
    "complex": ([1j], "complex"),
    "bytes": ([b"a"], "bytes"),
    "bytes array": (np.array([b"a"]), "bytes"),
    "mixed": (series([1, "n/a"], object), "mixes numbers"),
    "truth and numbers": (series([True, 2], object), "mixes numbers"),
    "lists": ([[1, 2]], "type list"),
    "Arrow lists": (pd.Series([[1]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))), "type"),
    "objects": ([object()], "type object"),
    "matrix": (np.zeros((1, 2)), "dimensions"),
    "large integer": ([2**53 + 1], "2\\*\\*53"),
    "large Int64": (series([2**60 + 1, None], "Int64"), "2\\*\\*53"),
    "large object": (series([2**70 + 1], object), "2\\*\\*53"),
}


@pytest.mark.parametrize(("values", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_column_of_a_model_is_refused_by_name(values, words):
    with pytest.raises(DataError, match=words) as caught:
        column(values)
    assert caught.value.column == "v"


def test_integers_beyond_2_to_the_53_that_are_exact_are_taken():
    assert column([2**60])[0] == 2.0**60


def test_a_mixed_column_names_its_first_text_and_row():
    with pytest.raises(DataError, match="'n/a' in row 1"):
        column(series([1, "n/a", "x"], object))


def test_an_all_missing_object_column_is_numeric():
    np.testing.assert_array_equal(column([None, None]), [NAN, NAN])


FRAMES = {
    "pandas": pd.DataFrame({"x": [1, 2], "g": ["b", "a"]}),
    "polars": pl.DataFrame({"x": [1, 2], "g": ["b", "a"]}),
    "pyarrow": pa.table({"x": [1, 2], "g": ["b", "a"]}),
    "record batch": pa.record_batch({"x": [1, 2], "g": ["b", "a"]}),
    "dict": {"x": [1, 2], "g": np.array(["b", "a"])},
    "structured": np.array([(1, "b"), (2, "a")], dtype=[("x", "i4"), ("g", "U1")]),
    "recarray": np.rec.array([(1, "b"), (2, "a")], dtype=[("x", "i4"), ("g", "U1")]),
}


@pytest.mark.parametrize("data", FRAMES.values(), ids=FRAMES.keys())
def test_every_source_gives_the_same_columns(data):
    columns = read_data(data)
    assert (list(columns), columns.n_rows, columns["x"].tolist()) == (["x", "g"], 2, [1.0, 2.0])
    assert (columns["g"].levels, columns["g"].codes.tolist()) == (("a", "b"), [1, 0])


UNUSABLE = {
    "lazy": (pl.LazyFrame({"x": [1]}), "collect"),
    "list": ([1, 2], "not a data frame"),
    "none": (None, "not a data frame"),
    "plain array": (np.zeros((2, 2)), "without column names"),
    "scalar column": ({"x": [1, 2], "g": "a"}, "single value"),
    "array without a dimension": ({"x": [1, 2], "z": np.array(3.0)}, "single value"),
    "lengths": ({"x": [1, 2], "z": [1]}, "differ in length"),
    "indexes": ({"x": pd.Series([1, 2]), "z": pd.Series([1, 2], index=[1, 0])}, "different indexes"),
}


@pytest.mark.parametrize(("data", "words"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_is_no_data_frame_is_refused_with_the_cure(data, words):
    with pytest.raises(DataError, match=words):
        read_data(data)


def test_pandas_labels_are_kept():
    data = pd.DataFrame({"x": [1, 2, 3]}, index=pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)]))
    assert read_data(data).index.equals(data.index)


def test_a_repeated_name_is_refused_when_used():
    columns = read_data(pd.DataFrame([[1, 2, 3]], columns=["x", "x", "y"]))
    assert columns["y"].tolist() == [3.0]
    with pytest.raises(DataError, match="more than one column called 'x'"):
        columns["x"]


def test_names_that_are_not_text_are_matched_by_their_text():
    columns = read_data(pd.DataFrame([[1, 2]], columns=[2020, ("a", "b")]))
    assert list(columns) == ["2020", "('a', 'b')"]
    assert columns["2020"].tolist() == [1.0]


def test_a_column_is_read_only_when_used():
    columns = read_data(pd.DataFrame({"x": [1.0], "when": pd.to_datetime(["2020-01-01"])}))
    assert columns["x"].tolist() == [1.0]


def test_a_column_is_read_once():
    columns = read_data(pd.DataFrame({"x": [1, 2]}))
    assert columns["x"] is columns["x"]


def test_float64_is_not_copied():
    data = pd.DataFrame({"x": [1.0, 2.0]})
    assert np.shares_memory(read_data(data)["x"], data["x"].to_numpy())


@pytest.mark.skipif(int(pd.__version__.split(".")[0]) < 3, reason="pandas 2 writes in place")
def test_later_writes_into_the_data_are_not_seen():
    data = pd.DataFrame({"x": [1.0, 2.0], "z": [3.0, 4.0]})
    columns = read_data(data)
    read_before = columns["x"]
    data.loc[0, :] = 9.0
    assert (read_before.tolist(), columns["z"].tolist()) == ([1.0, 2.0], [3.0, 4.0])


def test_new_data_may_be_one_row_of_scalars():
    columns = read_data({"x": 1, "g": "a", "m": None}, broadcast=True)
    assert columns.n_rows == 1
    assert isinstance(columns["g"], Factor)


def test_new_data_may_be_a_series():
    columns = read_data(pd.Series({"x": 1.5, "g": "a"}), broadcast=True)
    assert (columns.n_rows, columns["x"].tolist(), columns["g"].levels) == (1, [1.5], ("a",))


def test_a_scalar_fills_the_rows_of_new_data():
    assert read_data({"x": [1, 2], "g": "a"}, broadcast=True)["g"].codes.tolist() == [0, 0]
