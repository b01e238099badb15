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
