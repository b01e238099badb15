"""Numbers to strings: what each kind of column promises."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.tables.glossary import COEFFICIENT_KINDS, GLOSSARY, KINDS
from glmkit.tables.numbers import format_column, format_columns, format_value, stars_for
from glmkit.tables.wording import format_text, interval_headings, join_names, statistic_headings

ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
NUMERIC_KINDS = sorted(set(KINDS) - {"text"})


def one(kind, x):
    return format_column(kind, np.array([x]))[0]


# p values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "cell"),
    [
        (0.0, "<2e-16"),
        (1.9e-16, "<2e-16"),
        (2.1e-16, "2.10e-16"),
        (1.24e-08, "1.24e-08"),
        (1.2e-05, "1.20e-05"),
        (0.00012345, "0.000123"),
        (0.0123, "0.0123"),
        (0.147, "0.147"),
        (0.98, "0.980"),
        (1.0, "1.000"),
        (math.nan, "NA"),
    ],
)
def test_p_values_print_three_significant_digits_and_never_zero(p, cell):
    assert one("p", p) == cell


@given(st.floats(min_value=0, max_value=1))
def test_no_p_value_prints_as_zero(p):
    assert one("p", p).strip("0.") != ""


@given(st.floats(min_value=2.1e-16, max_value=1))
def test_p_values_read_back_within_three_digits(p):
    # half a unit of the third digit of the smallest mantissa
    assert float(one("p", p)) == pytest.approx(p, rel=5.1e-3)


# every kind ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NUMERIC_KINDS)
@given(x=ANY_FLOAT)
def test_every_float_prints_to_a_cell(kind, x):
    assert one(kind, x).strip() != ""


@pytest.mark.parametrize("kind", NUMERIC_KINDS)
@given(x=FINITE)
def test_no_number_prints_as_minus_zero(kind, x):
    cell = one(kind, x)
    assert not (cell.startswith("-") and cell.strip("-0.") == "")


@pytest.mark.parametrize("kind", ["estimate", "deviance", "number"])
@given(x=st.floats(-1e308, 1e308))
def test_a_lone_measurement_reads_back_within_three_digits(kind, x):
    # relative: half a unit of the third digit; absolute: the subnormal range
    assert float(one(kind, x)) == pytest.approx(x, rel=5.1e-3, abs=1e-320)


@given(st.floats(min_value=-1e5, max_value=1e5))
def test_a_statistic_reads_back_within_three_decimals(x):
    assert float(one("statistic", x)) == pytest.approx(x, abs=5.1e-4)


@given(st.integers(min_value=0, max_value=10**14))
def test_whole_numbers_print_whole(n):
    assert one("count", float(n)) == str(n)


@pytest.mark.parametrize("kind", NUMERIC_KINDS)
def test_special_values_have_rs_words(kind):
    assert format_column(kind, np.array([np.nan]))[0] == "NA"


@pytest.mark.parametrize("kind", sorted(set(NUMERIC_KINDS) - {"p"}))
def test_infinities_have_rs_words(kind):
    assert format_column(kind, np.array([np.inf, -np.inf])) == ["Inf", "-Inf"]


# coefficient tables ----------------------------------------------------------------------------


def test_the_smallest_standard_error_keeps_two_digits():
    cells = format_columns(["estimate", "std_error"], [np.array([3.79674, 12.5]), np.array([0.04994, 1.25])])
    assert cells == [["3.797", "12.500"], ["0.050", "1.250"]]


def test_large_standard_errors_drop_the_decimals():
    cells = format_columns(["estimate", "std_error"], [np.array([12345.678]), np.array([123.4])])
    assert cells == [["12346"], ["123"]]


def test_a_coefficient_smaller_than_its_error_is_zero_without_a_sign():
    cells = format_columns(["estimate", "std_error"], [np.array([-1e-9]), np.array([0.05])])
    assert cells[0] == ["0.000"]


def test_mixed_magnitudes_keep_the_digits_of_each_row():
    estimates = np.array([1.2e-12, 2345678.0, 0.5])
    cells = format_columns(["estimate", "std_error"], [estimates, np.array([3e-13, 1234.0, 0.02])])
    assert cells == [["1.20e-12", "2345678", "0.500"], ["3.0e-13", "1234", "0.020"]]


def test_a_perfect_fit_prints_ten_digits():
    assert format_columns(["estimate", "std_error"], [np.array([2.0]), np.array([3.1e-16])]) == [
        ["2.000000000"],
        ["3.1e-16"],
    ]


def test_an_infinite_row_does_not_disturb_the_others():
    cells = format_columns(["estimate", "std_error"], [np.array([np.inf, 1.0]), np.array([np.nan, 0.1])])
    assert cells == [["Inf", "1.00"], ["NA", "0.10"]]


def test_an_interval_alone_takes_its_decimals_from_its_length():
    cells = format_columns(["bound", "bound"], [np.array([3.69886]), np.array([3.89461])])
    assert cells == [["3.699"], ["3.895"]]


@given(
    st.lists(
        st.tuples(st.floats(-1e12, 1e12), st.floats(1e-12, 1e12)),
        min_size=1,
        max_size=6,
    )
)
def test_every_estimate_reads_back_within_its_standard_error(rows):
    estimates, errors = (np.array(column) for column in zip(*rows, strict=True))
    cells = format_columns(["estimate", "std_error"], [estimates, errors])[0]
    read = np.array([float(cell) for cell in cells])
    # half a unit of the second digit of the standard error, or of the tenth digit of the number
    allowed = np.maximum(0.0501 * errors, 1e-9 * np.abs(estimates))
    # where no decimals are left, half a unit
    assert np.all(np.abs(read - estimates) <= np.maximum(allowed, 0.0501 * errors))


@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=6))
def test_every_standard_error_shows_two_digits(errors):
    errors = np.array(errors)
    cells = format_columns(["estimate", "std_error"], [np.ones_like(errors), errors])[1]
    read = np.array([float(cell) for cell in cells])
    assert np.all(np.abs(read - errors) <= 0.0501 * errors)


# deviances, degrees of freedom, other columns ----------------------------------------------------


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([297.37158, 182.30507], ["297.37", "182.31"]),
        ([16.0392, 70.9421, 28.0871], ["16.039", "70.942", "28.087"]),
        ([123456.789], ["123456.79"]),
        ([70.942, 1.1e-14], ["70.942", "1.10e-14"]),
        ([0.0], ["0.00"]),
    ],
)
def test_deviances_keep_five_digits_and_two_decimals(values, cells):
    assert format_column("deviance", np.array(values)) == cells


def test_fractional_degrees_of_freedom_have_two_decimals():
    assert format_column("df", np.array([12.3456, 48.0])) == ["12.35", "48.00"]


def test_whole_degrees_of_freedom_have_none():
    assert format_column("df", np.array([12.0, np.nan, np.inf])) == ["12", "NA", "Inf"]


def test_a_tiny_probability_is_not_shown_as_zero():
    assert format_column("probability", np.array([0.25, 3e-9])) == ["0.2500", "3.00e-09"]


def test_stars_follow_rs_limits():
    assert stars_for(np.array([0.0005, 0.005, 0.03, 0.07, 0.5, np.nan])) == ["***", "**", "*", ".", "", ""]


# words ---------------------------------------------------------------------------------------


def test_a_sentence_formats_each_number_by_its_kind():
    text = format_text("{deviance} on {df} df, F = {statistic}", deviance=182.3051, df=48, statistic=2.0)
    assert text == "182.31 on 48 df, F = 2.000"


def test_a_tiny_p_value_in_a_sentence_is_an_inequality():
    assert format_text("p = {p_value}", p_value=1e-30) == "p < 2e-16"


def test_text_in_a_sentence_is_never_a_template():
    assert format_text("{a} and {b}", a="{b} {0.__class__}", b="%s") == "{b} {0.__class__} and %s"


@pytest.mark.parametrize(
    ("level", "low", "high"),
    [(0.95, "2.5 %", "97.5 %"), (0.9, "5 %", "95 %"), (0.999, "0.05 %", "99.95 %")],
)
def test_interval_headings_are_quantiles(level, low, high):
    assert interval_headings(level) == {"conf_low": low, "conf_high": high}


@pytest.mark.parametrize("name", ["z", "t", "F", "chisq", "LRT", "Rao", "score", "Wald"])
def test_statistic_headings_name_statistic_and_p_value(name):
    assert set(statistic_headings(name)) == {"statistic", "p_value"}


def test_a_long_list_of_names_says_how_many_are_left():
    assert join_names("abcdefg", most=3) == "a, b, c and 4 more"


@pytest.mark.parametrize("value", [None, math.nan, np.nan])
def test_missing_values_are_na(value):
    assert format_value(value) == "NA"


# the glossary ----------------------------------------------------------------------------------


@pytest.mark.parametrize("column", GLOSSARY.values(), ids=lambda column: column.name)
def test_every_word_has_a_kind_a_heading_and_a_description(column):
    assert column.kind in KINDS
    assert column.heading
    assert column.description


PUBLISHED = """
    estimate std_error statistic p_value conf_low conf_high term contrast hypothesis df deviance df_resid
    resid_deviance aic bic loglik df_diff gvif gvif_scaled delta weight hat cooks_distance rstandard rstudent
    dffits covratio
"""


@pytest.mark.parametrize("name", PUBLISHED.split())
def test_every_published_column_is_in_the_glossary(name):
    assert name in GLOSSARY


def test_estimates_errors_and_bounds_share_decimals():
    assert set(COEFFICIENT_KINDS) == {"estimate", "std_error", "bound"}


@pytest.mark.parametrize(
    "kind", ["count", "df", "deviance", "estimate", "number", "p", "statistic", "tenths"]
)
def test_a_column_of_integers_prints_as_the_same_column_of_doubles(kind):
    whole = np.array([0, 1, 250, 3])
    assert format_column(kind, whole) == format_column(kind, whole.astype(float))
