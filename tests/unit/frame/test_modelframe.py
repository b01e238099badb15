"""A formula and data become one coded frame."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glmkit.design.parts import CodedPart
from glmkit.errors import DataError, FormulaError
from glmkit.frame.arguments import RowArguments
from glmkit.frame.modelframe import model_frame
from glmkit.frame.newframe import new_frame


def warpbreaks():
    return pd.DataFrame(
        {
            "breaks": np.arange(54.0),
            "wool": np.repeat(["A", "B"], 27),
            "tension": pd.Categorical(np.tile(np.repeat(["L", "M", "H"], 9), 2), categories=["L", "M", "H"]),
            "x": np.linspace(0, 1, 54),
        }
    )


def columns_of(term):
    return term.label, term.variables, term.order, term.columns.tolist()


def test_terms_know_their_columns_and_variables():
    frame = model_frame("breaks ~ wool * tension + log(x + 1)", warpbreaks())
    assert [columns_of(term) for term in frame.terms] == [
        ("Intercept", (), 0, [0]),
        ("wool", ("wool",), 1, [1]),
        ("tension", ("tension",), 1, [2, 3]),
        ("log(x + 1)", ("x",), 1, [4]),
        ("wool:tension", ("wool", "tension"), 2, [5, 6]),
    ]


def test_a_factor_is_held_as_codes():
    frame = model_frame("breaks ~ tension", warpbreaks())
    (part,) = frame.blocks[1].parts
    assert isinstance(part, CodedPart)
    assert part.matrix.tolist() == [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]


def test_the_design_is_built_once_in_fortran_order():
    frame = model_frame("breaks ~ wool * tension", warpbreaks())
    assert frame.design is frame.design
    assert frame.design.values.flags.f_contiguous


def test_columns_can_be_chosen():
    frame = model_frame("breaks ~ wool + x", warpbreaks())
    np.testing.assert_array_equal(frame.take_columns(np.array([2])).values[:, 0], warpbreaks()["x"])


@pytest.mark.parametrize("label", ["Intercept", "wool", "tension", "x", "wool:tension"])
def test_without_a_term_the_other_columns_stay_as_they_are(label):
    frame = model_frame("breaks ~ wool * tension + x", warpbreaks())
    less = frame.without(label)
    kept = [j for term in frame.terms if term.label != label for j in term.columns]
    np.testing.assert_array_equal(less.design.values, frame.design.values[:, kept])
    assert [name.name for name in less.names] == [frame.names[j].name for j in kept]
    assert less.intercept == (label != "Intercept")


def test_without_a_term_of_several_blocks():
    frame = model_frame("breaks ~ wool:tension + x", warpbreaks())
    np.testing.assert_array_equal(frame.without("wool:tension").design.values[:, 1], warpbreaks()["x"])


def test_without_an_unknown_term_names_the_terms():
    with pytest.raises(FormulaError, match=r"no term 'nosuch'; its terms are Intercept, wool"):
        model_frame("breaks ~ wool", warpbreaks()).without("nosuch")


def test_the_data_are_not_modified():
    data = warpbreaks()
    before = data.copy(deep=True)
    model_frame("breaks ~ wool * poly(x, 2)", data, arguments=RowArguments(subset="x > 0.2", weights="x"))
    pd.testing.assert_frame_equal(data, before)


def test_later_writes_into_arguments_are_not_seen():
    given = np.arange(1.0, 55.0)
    frame = model_frame(
        "breaks ~ 1", warpbreaks(), arguments=RowArguments(weights=given, freq_weights=given, offset=given)
    )
    given[:] = 0.0
    assert (frame.weights[0], frame.freq_weights[0], frame.offset[0]) == (1.0, 1.0, 1.0)


PICKLED = {
    "pandas": warpbreaks(),
    "polars": pl.from_pandas(warpbreaks()),
    "pyarrow": pa.Table.from_pandas(warpbreaks()),
}


@pytest.mark.parametrize("data", PICKLED.values(), ids=PICKLED.keys())
def test_a_frame_survives_pickling(data):
    frame = model_frame("breaks ~ wool * poly(x, 2)", data)
    back = pickle.loads(pickle.dumps(frame))
    np.testing.assert_array_equal(back.design.values, frame.design.values)
    np.testing.assert_array_equal(new_frame(back, data).design.values, frame.design.values)


def test_narrow_integers_do_not_overflow():
    data = pd.DataFrame({"y": [1, 2, 3], "x": np.array([70, 100, 120], dtype="int8")})
    design = model_frame("y ~ I(x**2) + x:x + I(x + x)", data).design.values
    assert design[:, 1].tolist() == [4900.0, 10000.0, 14400.0]


def test_transforms_learn_from_all_rows_before_any_is_dropped():
    data = pd.DataFrame({"y": [1.0, 2, None, 4], "x": [1.0, 2, 3, 6]})
    frame = model_frame("y ~ center(x)", data, arguments=RowArguments(subset=[True, True, True, False]))
    assert frame.design.values[:, 1].tolist() == [-2.0, -1.0]


def test_a_formula_without_terms_has_no_columns():
    frame = model_frame("breaks ~ 0", warpbreaks())
    assert (frame.design.shape, frame.names, frame.intercept) == ((54, 0), (), False)


def test_a_formula_needs_a_response():
    with pytest.raises(FormulaError, match="no response"):
        model_frame("~ x", warpbreaks())


def test_names_of_the_context_are_used_and_kept():
    context = {"twice": lambda v: 2 * v, "unused": 1}
    frame = model_frame("breaks ~ twice(x)", warpbreaks(), context=context)
    np.testing.assert_array_equal(frame.design.values[:, 1], 2 * warpbreaks()["x"])
    assert list(frame.coding.context) == ["twice"]


def test_names_used_by_arguments_are_kept():
    frame = model_frame(
        "breaks ~ x", warpbreaks(), context={"k": 3.0}, arguments=RowArguments(offset="x * k")
    )
    assert frame.coding.context == {"k": 3.0}


SOURCES = {
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "dict": dict,
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_every_source_gives_the_same_design(source):
    data = {"y": [1.0, 2.0, 3.0, 4.0], "x": [1.0, None, 0.0, 2.0], "g": ["b", "a", "b", "a"]}
    frame = model_frame("y ~ x * g", source(data))
    np.testing.assert_array_equal(
        frame.design.values, model_frame("y ~ x * g", pd.DataFrame(data)).design.values
    )
    assert (frame.rows.dropped, frame.rows.labels.tolist()) == ({"x": 1}, [0, 2, 3])


def test_the_report_gives_rows_columns_and_factors():
    data = warpbreaks()
    data.loc[3, "x"] = np.nan
    report = model_frame("breaks ~ tension + x", data, arguments=RowArguments(subset="breaks > 0")).report()
    assert report.rows["rows"].to_dict() == {"read": 54, "outside subset": 1, "dropped": 1, "used": 52}
    assert report.dropped["missing"].to_dict() == {"x": 1}
    assert report.columns["kind"].to_dict() == {"tension": "factor", "x": "number"}
    assert report.factors.loc["tension", ["levels", "baseline", "coding"]].tolist() == [
        ("L", "M", "H"), "L", "treatment",
    ]  # fmt: skip
    assert report.response["label"] == "breaks"


def test_the_report_of_an_intercept_has_no_factors():
    report = model_frame("breaks ~ 1", warpbreaks()).report()
    assert (len(report.columns), len(report.factors), len(report.dropped)) == (0, 0, 0)


def test_a_term_that_is_a_repeated_column_is_refused():
    data = pd.DataFrame([[1.0, 2.0, 3.0]], columns=["y", "x", "x"])
    with pytest.raises(DataError, match="duplicated"):
        model_frame("y ~ x", data)


def test_an_offset_of_text_is_refused():
    with pytest.raises(DataError, match=r"offset\(wool\) is not one numeric column"):
        model_frame("breaks ~ offset(wool)", warpbreaks())


def test_without_a_term_the_formula_says_so():
    less = model_frame("breaks ~ wool * tension + offset(x)", warpbreaks()).without("wool:tension")
    assert less.formula.text == "breaks ~ wool + tension + offset(x)"
    assert less.formula.variables == ("breaks", "wool", "tension", "x")
