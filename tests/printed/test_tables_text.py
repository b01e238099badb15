"""Golden text of tables and reports: what a user sees, character by character."""

import numpy as np
import pandas as pd
import pytest

from glmkit.tables import Report, Table, fact, interval_headings, statistic_headings

NAMES = [
    "Intercept",
    "wool[T.B]",
    "tension[T.M]",
    "tension[T.H]",
    "wool[T.B]:tension[T.M]",
    "wool[T.B]:tension[T.H]",
]
ESTIMATE = np.array([3.79674, -0.45663, -0.61868, -0.59580, 0.63818, 0.18836])
STD_ERROR = np.array([0.04994, 0.08019, 0.08440, 0.08378, 0.12215, 0.12990])


@pytest.fixture
def coefficients() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "estimate": ESTIMATE,
            "std_error": STD_ERROR,
            "statistic": [76.030, -5.694, -7.330, -7.112, 5.224, 1.450],
            "p_value": [0.0, 1.24e-08, 2.30e-13, 1.15e-12, 1.75e-07, 0.147],
            "conf_low": ESTIMATE - 1.96 * STD_ERROR,
            "conf_high": ESTIMATE + 1.96 * STD_ERROR,
        },
        index=NAMES,
    )


def test_report_of_a_poisson_fit_prints_within_80_columns(coefficients):
    headings = statistic_headings("z") | interval_headings(0.95)
    report = Report(
        "Poisson regression",
        [
            fact("Formula", "{formula}", formula="breaks ~ wool * tension"),
            fact("Rows used", "{nobs}", nobs=54),
        ],
        {"coefficients": Table(coefficients, "Coefficients", headings=headings)},
        footer=[
            fact("Null deviance", "{deviance} on {df} df", deviance=297.37, df=53),
            fact("Residual deviance", "{deviance} on {df} df", deviance=182.31, df=48),
            fact("LR test", "chi2({df}) = {statistic}, p = {p_value}", df=5, statistic=115.06, p_value=3e-23),
            fact("AIC", "{aic}", aic=468.97),
        ],
        notes=["A note."],
    )
    assert str(report) == "\n".join(
        [
            "Poisson regression",
            "",
            "Formula  breaks ~ wool * tension    Rows used  54",
            "",
            "Coefficients",
            "                        Estimate  Std. Error  z value  Pr(>|z|)   2.5 %  97.5 %",
            "Intercept                  3.797       0.050   76.030    <2e-16   3.699   3.895",
            "wool[T.B]                 -0.457       0.080   -5.694  1.24e-08  -0.614  -0.299",
            "tension[T.M]              -0.619       0.084   -7.330  2.30e-13  -0.784  -0.453",
            "tension[T.H]              -0.596       0.084   -7.112  1.15e-12  -0.760  -0.432",
            "wool[T.B]:tension[T.M]     0.638       0.122    5.224  1.75e-07   0.399   0.878",
            "wool[T.B]:tension[T.H]     0.188       0.130    1.450     0.147  -0.066   0.443",
            "",
            "Null deviance      297.37 on 53 df    LR test  chi2(5) = 115.060, p < 2e-16",
            "Residual deviance  182.31 on 48 df    AIC      468.97",
            "",
            "Notes",
            "- A note.",
        ]
    )


def test_anova_leaves_what_does_not_apply_blank():
    frame = pd.DataFrame(
        {
            "df": [np.nan, 1, 2, 2],
            "deviance": [np.nan, 16.039, 70.942, 28.087],
            "df_resid": [53, 52, 50, 48],
            "resid_deviance": [297.37, 281.33, 210.39, 182.31],
            "p_value": [np.nan, 6.206e-05, 3.938e-16, 7.962e-07],
        },
        index=["NULL", "wool", "tension", "wool:tension"],
    )
    headings = {"p_value": "Pr(>Chi)"}
    table = Table(frame, "Analysis of deviance", headings=headings, blanks=["df", "deviance", "p_value"])
    assert str(table) == "\n".join(
        [
            "Analysis of deviance",
            "              Df  Deviance  Resid. Df  Resid. Dev  Pr(>Chi)",
            "NULL                               53      297.37",
            "wool           1    16.039         52      281.33  6.21e-05",
            "tension        2    70.942         50      210.39  3.94e-16",
            "wool:tension   2    28.087         48      182.31  7.96e-07",
        ]
    )


def test_stars_keep_the_table_within_80_columns(coefficients):
    headings = statistic_headings("z") | interval_headings(0.95)
    lines = str(Table(coefficients, headings=headings, stars=True)).split("\n")
    assert lines[1] == "Intercept                 3.797      0.050  76.030   <2e-16 ***  3.699  3.895"
    assert lines[-1] == "Signif. codes: 0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1"


def test_rows_are_grouped_under_their_part(coefficients):
    frame = coefficients[["estimate", "std_error"]].iloc[:4]
    frame.index = pd.MultiIndex.from_arrays([["count", "count", "zero", "zero"], NAMES[:4]])
    assert str(Table(frame)) == "\n".join(
        [
            "                Estimate  Std. Error",
            "count",
            "  Intercept        3.797       0.050",
            "  wool[T.B]       -0.457       0.080",
            "zero",
            "  tension[T.M]    -0.619       0.084",
            "  tension[T.H]    -0.596       0.084",
        ]
    )


def test_infinite_and_missing_rows_keep_their_words():
    frame = pd.DataFrame(
        {
            "estimate": [1.5, np.inf, -np.inf, np.nan],
            "std_error": [0.25, np.nan, np.nan, np.nan],
            "p_value": [1e-9, np.nan, np.nan, np.nan],
        },
        index=["Intercept", "separated", "below", "aliased"],
    )
    assert str(Table(frame)) == "\n".join(
        [
            "           Estimate  Std. Error   p value",
            "Intercept      1.50        0.25  1.00e-09",
            "separated       Inf          NA        NA",
            "below          -Inf          NA        NA",
            "aliased          NA          NA        NA",
        ]
    )


def test_mixed_magnitudes_print_each_with_its_own_digits():
    frame = pd.DataFrame(
        {"estimate": [1.25e-12, 2345678.9, 0.5], "std_error": [3.4e-13, 1234.5, 0.021]},
        index=["tiny", "huge", "x"],
    )
    assert str(Table(frame)) == "\n".join(
        [
            "      Estimate  Std. Error",
            "tiny  1.25e-12     3.4e-13",
            "huge   2345679        1234",
            "x        0.500       0.021",
        ]
    )


def test_wide_characters_and_combining_marks_align():
    frame = pd.DataFrame({"df": [1, 2, 3]}, index=["東京", "cafe\u0301", "abcd"])
    assert str(Table(frame)) == "      Df\n東京   1\ncafe\u0301   2\nabcd   3"


def test_a_long_label_is_kept_whole_on_its_own_line(coefficients):
    name = "a_very_long_name_of_a_covariate_that_nobody_would_type[T.with a long level too]"
    table = str(Table(coefficients.rename(index={"wool[T.B]": name})))
    lines = table.split("\n")
    assert lines[2] == name
    assert lines[3].split() == ["-0.457", "0.080", "-5.694", "1.24e-08", "-0.614", "-0.299"]
    assert max(map(len, lines)) <= 80


def test_too_many_columns_continue_below():
    frame = pd.DataFrame({f"column_{i:02d}": [i + 0.5] for i in range(12)}, index=["row"])
    assert str(Table(frame)) == "\n".join(
        [
            "     column_00  column_01  column_02  column_03  column_04  column_05  column_06",
            "row     0.5000      1.500      2.500      3.500      4.500      5.500      6.500",
            "     column_07  column_08  column_09  column_10  column_11",
            "row      7.500      8.500      9.500      10.50      11.50",
        ]
    )


def test_a_long_table_shows_its_first_and_last_rows():
    lines = str(Table(pd.DataFrame({"hat": np.linspace(0.1, 0.2, 1000)}))).split("\n")
    assert len(lines) == 1 + 60 + 1 + 1
    assert lines[31].split() == ["...", "..."]
    assert lines[-1] == "60 of 1000 rows are shown."


def test_a_long_note_wraps_under_its_dash():
    report = str(Report("R", notes=["word " * 33 + "end"]))
    line = " ".join(["word"] * 15)
    assert report.split("\n")[2:] == ["Notes", "- " + line, "  " + line, "  word word word end"]
