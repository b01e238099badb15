"""New data are coded as the fit's were, one row out for every row in."""

import copy

import numpy as np
import pandas as pd
import polars as pl
import pytest

from glmkit.errors import DataError, NewLevelError
from glmkit.frame.arguments import RowArguments
from glmkit.frame.modelframe import model_frame
from glmkit.frame.newframe import new_frame

NAN, INF = float("nan"), float("inf")


def data():
    return pd.DataFrame(
        {
            "y": [1.0, 2, 3, 4, 5, 6],
            "x": [1.0, 3, 2, 5, 4, 7],
            "g": ["c", "a", "b", "a", "b", "c"],
            "k": pd.Categorical([4, 6, 8, 4, 6, 8]),
            "l": [True, False, True, False, False, True],
            "e": [1.0, 2, 3, 4, 5, 6],
        }
    )


def fitted(formula="y ~ x + g", **options):
    return model_frame(formula, data(), **options)


def rows(frame, newdata, **offsets):
    return new_frame(frame, newdata, **offsets).design.values.tolist()


FORMULAS = [
    "y ~ x * g",
    "y ~ poly(x, 3) + scale(x) + center(x)",
    "y ~ g:k + l",
    "y ~ 0 + C(g, sum) * x",
    "y ~ factor(x > 2) + k",
    "y ~ log(x):g + I(x^2)",
    "y ~ relevel(g, ref = 'b')",
    "y ~ cut(x, c(0, 2, 4, 8)) + bs(x, df = 4)",
    "y ~ I(g == 'a')",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_fits_own_data_give_the_fits_design(formula):
    frame = fitted(formula)
    np.testing.assert_array_equal(new_frame(frame, data()).design.values, frame.design.values)


@pytest.mark.parametrize("formula", FORMULAS)
def test_each_row_alone_gives_its_row_of_the_design(formula):
    frame = fitted(formula)
    single = [new_frame(frame, data().iloc[[i]]).design.values[0] for i in range(6)]
    np.testing.assert_allclose(
        single, frame.design.values, rtol=0, atol=1e-15
    )  # BLAS sums one row its own way


ONE_ROW = {
    "dict of scalars": {"x": 5, "g": "b"},
    "dict of lists": {"x": [5], "g": ["b"]},
    "Series": pd.Series({"x": 5, "g": "b", "other": None}),
    "frame": pd.DataFrame({"x": [5], "g": ["b"]}),
    "polars": pl.DataFrame({"x": [5], "g": ["b"]}),
    "nullable": pd.DataFrame({"x": pd.array([5], dtype="Int64"), "g": pd.array(["b"], dtype="string")}),
    "other order of levels": pd.DataFrame({"x": [5.0], "g": pd.Categorical(["b"], categories=["c", "b"])}),
    "more levels declared": pd.DataFrame({"x": [5.0], "g": pd.Categorical(["b"], categories=["z", "b"])}),
    "truth for a number": {"x": [5], "g": ["b"]},
}


@pytest.mark.parametrize("newdata", ONE_ROW.values(), ids=ONE_ROW.keys())
def test_one_row_of_any_form(newdata):
    assert rows(fitted(), newdata) == [[1.0, 5.0, 1.0, 0.0]]


def test_scalars_fill_the_rows():
    assert rows(fitted(), {"x": [1, 2], "g": "a"}) == [[1.0, 1.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0]]


def test_only_the_columns_used_are_looked_at():
    newdata = pd.DataFrame({"g": ["a"], "x": [1.0], "when": pd.to_datetime(["2020-01-01"])})
    assert rows(fitted(), newdata) == [[1.0, 1.0, 0.0, 0.0]]


def test_a_row_with_a_missing_value_is_kept_as_not_ok():
    newdata = pd.DataFrame({"x": [1.0, NAN, 2.0], "g": ["a", "b", None]}, index=["p", "q", "q"])
    new = new_frame(fitted(), newdata)
    assert (new.ok.tolist(), new.index.tolist(), new.n) == ([True, False, False], ["p", "q", "q"], 1)
    np.testing.assert_array_equal(new.padded(np.array([7.0])), [7.0, NAN, NAN])


def test_several_values_per_row_are_padded_too():
    new = new_frame(fitted(), {"x": [NAN, 1.0], "g": "a"})
    np.testing.assert_array_equal(new.padded(np.array([[1.0, 2.0]])), [[NAN, NAN], [1.0, 2.0]])


ALL_MISSING = {"None": [None, None], "NaN": [NAN, NAN], "NA": pd.array([None, None], dtype="Int64")}


@pytest.mark.parametrize("column", ["x", "g", "k", "l"])
@pytest.mark.parametrize("missing", ALL_MISSING.values(), ids=ALL_MISSING.keys())
def test_a_column_without_values_is_of_any_kind(column, missing):
    newdata = {"x": [1, 2], "g": ["a", "b"], "k": [4, 6], "l": [True, False], column: missing}
    assert new_frame(fitted("y ~ x + g + k + l"), newdata).ok.tolist() == [False, False]


EMPTY = {"typed": {"x": np.array([]), "g": pd.Series([], dtype="str")}, "lists": {"x": [], "g": []}}


@pytest.mark.parametrize("newdata", EMPTY.values(), ids=EMPTY.keys())
@pytest.mark.parametrize("formula", ["y ~ x + g", "y ~ poly(x, 2)", "y ~ C(g, sum):x"])
def test_no_rows_in_no_rows_out(newdata, formula):
    frame = fitted(formula)
    new = new_frame(frame, newdata)
    assert (new.design.shape, len(new.index)) == ((0, frame.design.shape[1]), 0)


UNSEEN = {
    "text": ("y ~ g", {"g": ["a", "zzz", "zzz"]}, "'g' has a level the fit did not use: 'zzz', in 2 rows"),
    "category": ("y ~ g", {"g": pd.Categorical(["zzz"])}, "'zzz'"),
    "numbers": (
        "y ~ factor(x)",
        {"x": [1.0, 99.0]},
        r"'factor\(x\)' has a level .* 99, in 1 row \(label 1\)",
    ),
    "number of a category": ("y ~ k", {"k": [5]}, "did not use: 5, .* The levels are 4, 6, 8"),
    "text of a number": ("y ~ k", {"k": ["4"]}, "did not use: '4', .* The levels are 4, 6, 8"),
    "two": ("y ~ g", {"g": ["p", "q"]}, "has levels the fit did not use: 'p', 'q'"),
}


@pytest.mark.parametrize(("formula", "newdata", "words"), UNSEEN.values(), ids=UNSEEN.keys())
def test_an_unseen_level_is_named_with_its_column_and_rows(formula, newdata, words):
    with pytest.raises(NewLevelError, match=words):
        new_frame(fitted(formula), newdata)


def test_a_level_that_only_dropped_rows_had_is_unseen():
    frame = data().assign(x=[1.0, 3, 2, 5, 4, NAN], g=["a", "a", "b", "a", "b", "d"])
    with pytest.raises(NewLevelError, match="'d'"):
        new_frame(model_frame("y ~ x + g", frame), {"x": 1, "g": "d"})


def test_an_unseen_level_does_not_matter_where_only_equality_is_asked():
    assert rows(fitted("y ~ I(g == 'a')"), {"g": ["a", "zzz"]}) == [[1.0, 1.0], [1.0, 0.0]]


CHANGED = {
    "text for a number": ({"x": ["1"], "g": ["a"]}, "'x' has changed its type: it was numeric"),
    "category for a number": ({"x": pd.Categorical([1]), "g": ["a"]}, "'x' has changed"),
    "number for text": ({"x": [1], "g": [1]}, "'g' has changed its type: it was text"),
    "truth for text": ({"x": [1], "g": [True]}, "did not use: True"),
    "date": ({"x": pd.to_datetime(["2020-01-01"]), "g": ["a"]}, "dates"),
    "mixed": ({"x": pd.Series([1, "a"], dtype=object), "g": ["a", "a"]}, "mixes"),
    "absent": ({"x": [1]}, "lack the column 'g'"),
    "two absent": ({"z": [1]}, "lack the columns 'x', 'g'"),
    "infinite": ({"x": [1, INF], "g": ["a", "a"]}, r"'x' is infinite in 1 row \(label 1\)"),
    "lengths": ({"x": [1, 2, 3], "g": ["a", "a"]}, "differ in length"),
}


@pytest.mark.parametrize(("newdata", "words"), CHANGED.values(), ids=CHANGED.keys())
def test_columns_of_another_kind_are_refused_by_name(newdata, words):
    with pytest.raises(DataError, match=words):
        new_frame(fitted(), newdata)


def test_truth_stands_for_0_and_1_in_a_number():
    assert rows(fitted("y ~ x"), {"x": [True, False]}) == [[1.0, 1.0], [1.0, 0.0]]


def test_0_and_1_stand_for_truth():
    assert rows(fitted("y ~ l"), {"l": [1, 0]}) == [[1.0, 1.0], [1.0, 0.0]]


def test_other_numbers_do_not_stand_for_truth():
    with pytest.raises(DataError, match="'l' has changed its type: it was true/false"):
        new_frame(fitted("y ~ l"), {"l": [2, 0]})


def test_numbers_match_categories_that_are_numbers():
    assert rows(fitted("y ~ k"), {"k": [8.0, 4.0]}) == [[1.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


def test_the_response_is_not_needed():
    assert rows(fitted("log(y) ~ x"), {"x": [2.0]}) == [[1.0, 2.0]]


def test_a_context_is_remembered():
    frame = fitted("y ~ twice(x)", context={"twice": lambda v: 2 * v})
    assert rows(frame, {"x": [2.0]}) == [[1.0, 4.0]]


def test_a_failed_prediction_changes_nothing():
    frame = fitted("y ~ poly(x, 2) * g")
    before = copy.deepcopy(frame.coding.state), rows(frame, data())
    with pytest.raises(NewLevelError):
        new_frame(frame, {"x": [1.0, 2.0], "g": ["a", "zzz"]})
    assert (frame.coding.state, rows(frame, data())) == before


def test_a_frame_without_a_term_codes_new_data_without_it():
    assert rows(fitted("y ~ x + g").without("g"), {"x": [2.0]}) == [[1.0, 2.0]]


# ----------------------------------------------------------------------------- offsets


def offset(frame, newdata, **passed):
    found = new_frame(frame, newdata, **passed).offset
    return None if found is None else found.tolist()


def arguments(**given):
    return {"arguments": RowArguments(**given)}


ARRAY = [1.0, 2, 3, 4, 5, 6]
OFFSETS = {
    "none": ("y ~ x", {}, {"x": [1]}, {}, None),
    "formula": ("y ~ x + offset(e)", {}, {"x": [1], "e": [2.0]}, {}, [2.0]),
    "column": ("y ~ x", {"offset": "e"}, {"x": [1], "e": [2.0]}, {}, [2.0]),
    "expression": ("y ~ x", {"offset": "e * 2"}, {"x": [1], "e": [2.0]}, {}, [4.0]),
    "both": ("y ~ x + offset(e)", {"offset": "e"}, {"x": [1], "e": [2.0]}, {}, [4.0]),
    "exposure": ("y ~ x", {"exposure": "e"}, {"x": [1], "e": [1.0]}, {}, [0.0]),
    "column, given": ("y ~ x", {"offset": "e"}, {"x": [1]}, {"offset": [5.0]}, [5.0]),
    "array, given": ("y ~ x", {"offset": ARRAY}, {"x": [1]}, {"offset": [5.0]}, [5.0]),
    "array, given a number": ("y ~ x", {"offset": ARRAY}, {"x": [1, 2]}, {"offset": 0}, [0.0, 0.0]),
    "array, given a column": ("y ~ x", {"offset": ARRAY}, {"x": [1], "o": [3.0]}, {"offset": "o"}, [3.0]),
    "exposure given": ("y ~ x", {"exposure": ARRAY}, {"x": [1, 2]}, {"exposure": 1}, [0.0, 0.0]),
    "missing": ("y ~ x", {"offset": "e"}, {"x": [1, 2], "e": [NAN, 2.0]}, {}, [2.0]),
}


@pytest.mark.parametrize(
    ("formula", "fit", "newdata", "passed", "expected"), OFFSETS.values(), ids=OFFSETS.keys()
)
def test_offsets_of_new_data(formula, fit, newdata, passed, expected):
    assert offset(fitted(formula, **arguments(**fit)), newdata, **passed) == expected


NO_OFFSET = {
    "array": ("y ~ x", {"offset": ARRAY}, {"x": [1]}, {}, "fitted with an offset given as values"),
    "array of exposure": ("y ~ x", {"exposure": ARRAY}, {"x": [1]}, {}, "Pass exposure="),
    "same length": ("y ~ x", {"offset": ARRAY}, {"x": ARRAY}, {}, "fitted with an offset given as values"),
    "column absent": ("y ~ x", {"offset": "e"}, {"x": [1]}, {}, "offset='e', and the new data lack 'e'"),
    "variable absent": ("y ~ x", {"exposure": "e + 1"}, {"x": [1]}, {}, "lack 'e'"),
    "formula": ("y ~ x + offset(e)", {}, {"x": [1]}, {}, "lack the column 'e'"),
    "wrong length": ("y ~ x", {"offset": "e"}, {"x": [1]}, {"offset": [1.0, 2.0]}, "length 2"),
    "infinite": ("y ~ x", {"offset": "e"}, {"x": [1], "e": [INF]}, {}, "offset is infinite"),
    "zero exposure": ("y ~ x", {"exposure": "e"}, {"x": [1], "e": [0]}, {}, "exposure must be > 0"),
}


@pytest.mark.parametrize(
    ("formula", "fit", "newdata", "passed", "words"), NO_OFFSET.values(), ids=NO_OFFSET.keys()
)
def test_an_offset_is_never_left_out_silently(formula, fit, newdata, passed, words):
    with pytest.raises(DataError, match=words):
        offset(fitted(formula, **arguments(**fit)), newdata, **passed)


def test_an_offset_series_is_matched_by_label():
    newdata = pd.DataFrame({"x": [1.0, 2.0]}, index=["p", "q"])
    series = pd.Series([20.0, 10.0], index=["q", "p"])
    assert offset(fitted("y ~ x", **arguments(offset=ARRAY)), newdata, offset=series) == [10.0, 20.0]
