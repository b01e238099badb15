"""Golden text of profiles, of summaries with other intervals, of replicates and of lethal doses."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk

WARP = gk.load_dataset("warpbreaks")
BUDWORM = {"dose": [1, 2, 4, 8, 16, 32], "r": [1, 4, 9, 13, 18, 20]}


@pytest.fixture(scope="module")
def fit():
    return gk.glm("breaks ~ wool + tension", WARP, gk.Gamma("log"))


@pytest.fixture(scope="module")
def budworm():
    return gk.glm("cbind(r, 20 - r) ~ log2(dose)", BUDWORM, "binomial")


def lines(printed):
    return [line.rstrip() for line in str(printed).splitlines()]


def test_a_profile_prints_values_deviances_and_signed_roots(fit):
    assert lines(fit.profile("wool[T.B]", points=2)) == [
        "Profile of the deviance",
        "Parameter    Value  Deviance  Signed root",
        "wool[T.B]  -0.4632    8.4893       -2.678",
        "wool[T.B]  -0.3225    7.7046       -1.340",
        "wool[T.B]  -0.1818    7.4423        0.000",
        "wool[T.B]  -0.0411    7.7047        1.340",
        "wool[T.B]   0.0996    8.4893        2.678",
        "Signed root of the rise of the deviance over the dispersion 0.1460, referred to",
        "t with 50 df.",
    ]


def test_a_summary_with_profile_intervals_says_so(fit):
    assert lines(fit.summary(ci="profile"))[:10] == [
        "Generalized linear model: Gamma, log link",
        "",
        "Formula              breaks ~ wool + tension    Rows  54 used",
        "Tests and intervals  likelihood ratio (signed root) and profile likelihood",
        "",
        "Coefficients",
        "              Estimate  Std. Error    LR t  Pr(>|t|)  2.5 %  97.5 %",
        "Intercept         3.67        0.10  72.618    <2e-16   3.47    3.88",
        "wool[T.B]        -0.18        0.10  -1.732    0.0895  -0.39    0.03",
        "tension[T.M]     -0.29        0.13  -2.274    0.0273  -0.55   -0.03",
    ]


def test_a_summary_with_score_intervals_says_so(budworm):
    assert lines(budworm.summary(ci="score", exponentiate=True))[:9] == [
        "Generalized linear model: Binomial, logit link",
        "",
        "Formula              cbind(r, 20 - r) ~ log2(dose)    Rows  6 used",
        "Modelled event       r",
        "Tests and intervals  Rao's score test (signed root) and its inversion",
        "",
        "Ratios",
        "            Odds ratio  Std. Error  Score z  Pr(>|z|)  2.5 %  97.5 %",
        "Intercept        0.060       0.033   -6.116  9.62e-10  0.021   0.171",
    ]


def test_replicates_print_bias_errors_and_intervals(fit):
    assert lines(fit.bootstrap(99, seed=1)) == [
        "Case bootstrap, 99 replicates, seed 1, percentile intervals",
        "              Estimate   Bias  Std. Error  2.5 %  97.5 %",
        "Intercept         3.67  -0.01        0.12   3.40    3.88",
        "wool[T.B]        -0.18   0.00        0.11  -0.43    0.04",
        "tension[T.M]     -0.29  -0.01        0.15  -0.59    0.02",
        "tension[T.H]     -0.51   0.00        0.14  -0.76   -0.18",
    ]


def test_lethal_doses_print_with_what_they_rest_on(budworm):
    assert lines(budworm.inverse_predict("dose", [0.5, 0.9], method="profile")) == [
        "dose at which the probability is reached",
        "   Prob.  Estimate  Std. Error  2.5 %  97.5 %",
        "  0.5000      4.72        0.67   3.55    6.25",
        "  0.9000     15.82        3.86  10.48   28.34",
        "Interval: the values that the likelihood-ratio test of the target does not",
        "reject.",
    ]


def test_no_line_is_wider_than_80_columns(fit, budworm):
    printed = [fit.profile(), fit.summary(ci="profile"), fit.bootstrap(19, seed=1)]
    printed.append(budworm.inverse_predict("dose", np.array([0.1, 0.5]), method="fieller"))
    assert max(len(line) for value in printed for line in lines(value)) <= 80
