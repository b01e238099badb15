"""Table and Report as values: full precision in, copies out, text that never varies."""

import copy
import json
import pickle

import numpy as np
import pandas as pd
import pytest

from glmkit.tables import Fact, Report, Table, fact


@pytest.fixture
def frame():
    return pd.DataFrame({"estimate": [1 / 3, np.inf], "std_error": [0.1, np.nan]}, index=["a", "b"])


@pytest.fixture
def table(frame):
    return Table(frame, "Coefficients", notes=["A note."])


@pytest.fixture
def report(table):
    return Report(
        "A report", [fact("AIC", "{aic}", aic=468.96919)], {"coefficients": table}, notes=["A note."]
    )


def test_the_frame_keeps_full_precision(table):
    assert table.frame.loc["a", "estimate"] == 1 / 3


def test_changing_the_callers_frame_does_not_change_the_table(frame, table):
    before = str(table)
    frame.loc["a", "estimate"] = 99.0
    assert str(table) == before


def test_changing_what_was_handed_out_does_not_change_the_table(table):
    before = str(table)
    handed_out = table.frame
    handed_out.loc["a", "estimate"] = 99.0
    assert str(table) == before


def test_changing_a_reports_frames_does_not_change_the_report(report):
    before = str(report)
    handed_out = report.tables["coefficients"]
    handed_out.loc["a", "estimate"] = 99.0
    assert str(report) == before


@pytest.mark.parametrize("name", ["title", "frame", "notes", "new"])
def test_a_table_is_read_only(table, name):
    with pytest.raises(AttributeError, match="read-only"):
        setattr(table, name, "x")


@pytest.mark.parametrize("name", ["title", "facts", "new"])
def test_a_report_is_read_only(report, name):
    with pytest.raises(AttributeError, match="read-only"):
        setattr(report, name, "x")


def test_a_table_answers_like_its_frame(table):
    assert table["estimate"]["a"] == 1 / 3
    assert table.loc["a", "estimate"] == 1 / 3
    assert len(table) == 2
    assert list(table) == list(table.columns) == ["estimate", "std_error"]
    assert list(table.index) == ["a", "b"]


def test_a_report_hands_out_its_tables_by_name(report, table):
    assert list(report) == ["coefficients"]
    assert str(report["coefficients"]) == str(table)
    assert str(report.parts["coefficients"]) == str(table)
    assert len(report) == 1


@pytest.mark.parametrize("fixture", ["table", "report"])
def test_str_equals_repr_equals_to_text(request, fixture):
    printed = request.getfixturevalue(fixture)
    assert str(printed) == repr(printed) == printed.to_text()


@pytest.mark.parametrize("fixture", ["table", "report"])
def test_nothing_printed_holds_a_memory_address(request, fixture):
    printed = request.getfixturevalue(fixture)
    assert " at 0x" not in str(printed) + printed.to_html() + printed.to_markdown() + printed.to_latex()


@pytest.mark.parametrize("fixture", ["table", "report"])
@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_prints_the_same(request, fixture, copier):
    printed = request.getfixturevalue(fixture)
    assert str(copier(printed)) == str(printed)


@pytest.mark.parametrize("fixture", ["table", "report"])
@pytest.mark.parametrize("name", ["html", "markdown", "latex"])
def test_notebooks_get_what_the_methods_return(request, fixture, name):
    printed = request.getfixturevalue(fixture)
    assert getattr(printed, f"_repr_{name}_")() == getattr(printed, f"to_{name}")()


def test_a_fact_without_values_is_not_a_template():
    assert Fact("Data", "{df} {0.__class__}").text == "{df} {0.__class__}"


# Columns ---------------------------------------------------------------------------------------


def test_a_kind_given_by_the_caller_wins():
    assert "0.0123" in str(Table(pd.DataFrame({"chance": [0.01234]}), kinds={"chance": "p"}))


def test_columns_of_the_same_name_all_print():
    frame = pd.DataFrame([["low", 1.5]], columns=["estimate", "estimate"])
    assert str(Table(frame, show_index=False)) == "Estimate  Estimate\nlow           1.50"


@pytest.mark.parametrize("dtype", ["float64", "Float64", "float32", object])
def test_numbers_of_every_dtype_print_the_same(dtype):
    frame = pd.DataFrame({"df": pd.Series([1, None], dtype=object).astype(dtype)})
    assert str(Table(frame)) == "   Df\n0   1\n1  NA"


def test_digits_in_a_text_column_stay_text():
    assert "001" in str(Table(pd.DataFrame({"df": ["001"]})))


def test_whole_numbers_outside_the_glossary_are_counts():
    assert str(Table(pd.DataFrame({"mine": [1000000]}))) == "      mine\n0  1000000"


@pytest.mark.parametrize(
    "values", [[True, False], pd.Categorical(["a", "b"]), pd.to_datetime(["2020-01-01", None])]
)
def test_other_columns_print_as_text(values):
    assert len(str(Table(pd.DataFrame({"x": values}))).split("\n")) == 3


def test_an_empty_table_prints_its_headings():
    assert str(Table(pd.DataFrame({"estimate": [], "df": []}))) == "  Estimate  Df"


def test_a_table_without_columns_prints():
    assert str(Table(pd.DataFrame(index=["a"]), "Title")) == "Title\n\na"


# JSON --------------------------------------------------------------------------------------------


def test_json_is_strict_and_keeps_full_precision(report):
    read = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert read["tables"]["coefficients"]["rows"] == [
        {"row": "a", "values": {"estimate": 1 / 3, "std_error": 0.1}},
        {"row": "b", "values": {"estimate": "Inf", "std_error": None}},
    ]


def test_json_keeps_the_numbers_of_facts(report):
    assert report.to_dict()["facts"] == [{"label": "AIC", "text": "468.97", "values": {"aic": 468.96919}}]


def test_json_tells_columns_of_the_same_name_apart():
    frame = pd.DataFrame([["low", 1.5]], columns=["estimate", "estimate"])
    assert Table(frame).to_dict()["columns"] == ["estimate", "estimate.1"]


def test_csv_of_parts_has_a_column_for_each_level():
    frame = pd.DataFrame({"estimate": [1 / 3]}, index=pd.MultiIndex.from_tuples([("count", "x")]))
    assert Table(frame).to_csv() == "part,row,estimate\ncount,x,0.3333333333333333\n"
