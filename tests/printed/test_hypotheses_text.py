"""Golden text of tests of hypotheses and of summaries with other covariances."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk


@pytest.fixture
def data():
    return gk.load_dataset("warpbreaks").assign(lot=np.tile(np.arange(9), 6))


def test_hypotheses_of_a_poisson_fit(data):
    report = gk.glm("breaks ~ wool + tension", data, "poisson").test(
        "wool[T.B] = 0, tension[T.M] = tension[T.H]"
    )
    assert (
        str(report)
        == """\
Wald tests of hypotheses

Standard errors  model-based

Hypotheses
Hypothesis                   Estimate  Std. Error  z value   Df  Pr(>|z|)
wool[T.B] = 0                  -0.206       0.052   -3.994  Inf  6.49e-05
tension[T.M] = tension[T.H]     0.197       0.068    2.885  Inf   0.00391

All together
        Chisq  Df  Pr(>Chisq)
Joint  24.280   2    5.34e-06"""
    )


def test_a_term_with_adjusted_p_values_and_a_function(data):
    fit = gk.glm("breaks ~ wool + tension", data, gk.Gamma("log"))
    report = fit.test(["tension", "exp(woolB) = 1"], adjust="holm")
    assert (
        str(report)
        == """\
Wald tests of hypotheses

Standard errors  model-based

Hypotheses
Hypothesis        Estimate  Std. Error  t value  Df  Pr(>|t|)
tension[T.M] = 0    -0.293       0.127   -2.297  50    0.0517
tension[T.H] = 0    -0.510       0.127   -4.005  50  0.000618
exp(woolB) = 1       0.834       0.087   -1.917  50    0.0609
p values adjusted for 3 tests by Holm's method

All together
       F value  Df  Resid. Df    Pr(>F)
Joint    6.610   3         50  0.000754

Notes
- Standard errors of functions that are not linear are by the delta method."""
    )


def test_a_summary_with_degrees_of_freedom_by_coefficient(data):
    report = gk.glm("breaks ~ wool + tension", data).with_vcov("CR2", cluster="lot").summary()
    assert (
        str(report)
        == """\
Generalized linear model: Gaussian, identity link

Formula          breaks ~ wool + tension    Rows  54 used
Standard errors  CR2, 9 clusters, Satterthwaite df

Coefficients
              Estimate  Std. Error    Df  t value  Pr(>|t|)  2.5 %  97.5 %
Intercept         39.3         5.1  8.00    7.702  5.73e-05   27.5    51.0
wool[T.B]         -5.8         2.0  8.00   -2.886    0.0203  -10.4    -1.2
tension[T.M]     -10.0         4.3  8.00   -2.306    0.0500  -20.0     0.0
tension[T.H]     -14.7         4.5  8.00   -3.283    0.0111  -25.1    -4.4

Dispersion        135.0 (Pearson chi-square / 50 df)
Null deviance     9232.81 on 53 df    Residual deviance  6747.89 on 50 df
Against the null  Wald F = 5.211 on 3 and 6.00 df, p = 0.0415
Log-likelihood    -206.98             BIC                433.90
AIC               423.96              Iterations         1"""
    )
