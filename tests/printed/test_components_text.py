"""Golden text of models with several linear predictors."""

from __future__ import annotations

import pytest

import glmkit as gk

MULTINOMIAL = """\
Multinomial model: softmax link

Formula  Sat ~ Cont + Infl    Rows  72 used
Levels   Low (baseline), Medium, High

Coefficients
                  Estimate  Std. Error  z value  Pr(>|z|)  2.5 %  97.5 %
Medium
  Intercept          -0.70        0.13   -5.512  3.55e-08  -0.95   -0.45
  Cont[T.High]        0.31        0.13    2.407    0.0161   0.06    0.57
  Infl[T.Medium]      0.44        0.14    3.130   0.00175   0.16    0.71
  Infl[T.High]        0.65        0.18    3.527  0.000420   0.29    1.01
High
  Intercept          -0.70        0.12   -5.717  1.09e-08  -0.94   -0.46
  Cont[T.High]        0.36        0.12    2.999   0.00271   0.12    0.60
  Infl[T.Medium]      0.75        0.13    5.561  2.68e-08   0.48    1.01
  Infl[T.High]        1.60        0.16    9.744    <2e-16   1.28    1.92

Dispersion        1 (known)    Residual deviance  3532.31 on 136 df
Null deviance     3648.88 on 142 df
Against the null  LR chi-square 116.567 on 6 df, p < 2e-16
Log-likelihood    -1766.16     BIC                3566.52
AIC               3548.31      Iterations         5
"""

RATIOS = """\
Multinomial model: softmax link

Formula  Sat ~ Cont + Infl    Rows  72 used
Levels   Low (baseline), Medium, High

Ratios
               Relative risk ratio  Std. Error  z value  Pr(>|z|)  2.5 %  97.5 %
Medium
  (Intercept)                0.497       0.063   -5.512  3.55e-08  0.387   0.637
  ContHigh                   1.367       0.177    2.407    0.0161  1.060   1.763
  InflMedium                 1.552       0.218    3.130   0.00175  1.179   2.044
  InflHigh                   1.919       0.355    3.527  0.000420  1.336   2.756
High
  (Intercept)                0.495       0.061   -5.717  1.09e-08  0.389   0.630
  ContHigh                   1.434       0.173    2.999   0.00271  1.133   1.816
  InflMedium                 2.112       0.284    5.561  2.68e-08  1.623   2.749
  InflHigh                   4.943       0.811    9.744    <2e-16  3.584   6.817

Dispersion        1 (known)    Residual deviance  3532.31 on 136 df
Null deviance     3648.88 on 142 df
Against the null  LR chi-square 116.567 on 6 df, p < 2e-16
Log-likelihood    -1766.16     BIC                3566.52
AIC               3548.31      Iterations         5
"""

ORDINAL = """\
Proportional odds model: cumulative logit link

Formula  Sat ~ Cont + Infl    Rows  72 used
Levels   Low < Medium < High

Coefficients
                  Estimate  Std. Error  z value  Pr(>|z|)   2.5 %  97.5 %
mean
  Cont[T.High]       0.270       0.093    2.887   0.00389   0.087   0.453
  Infl[T.Medium]     0.579       0.104    5.578  2.43e-08   0.376   0.783
  Infl[T.High]       1.287       0.126   10.232    <2e-16   1.041   1.534
threshold
  Low|Medium        -0.032       0.097   -0.332     0.740  -0.222   0.157
  Medium|High        1.122       0.101   11.133    <2e-16   0.925   1.320

Dispersion        1 (known)    Residual deviance  3535.06 on 139 df
Null deviance     3648.88 on 142 df
Against the null  LR chi-square 113.818 on 3 df, p < 2e-16
Log-likelihood    -1767.53     BIC                3556.44
AIC               3545.06      Iterations         5
"""

ANOVA = """\
Analysis of deviance, terms added in order
      Df  Deviance  Resid. Df  Resid. Dev      LRT  Pr(>Chi)
NULL                      142     3648.88
Cont   2      5.13        140     3643.75    5.126    0.0771
Infl   4    111.44        136     3532.31  111.441    <2e-16
"""

PROPORTIONAL = """\
Equal slopes at every threshold
           Df    LRT  Pr(>Chi)
Cont        1  1.883     0.170
Infl        2  0.918     0.632
All terms   3  2.686     0.443
"""

CONFUSION = """\
Confusion
        Low  Medium  High
Low     282       0   285
Medium  170       0   276
High    175       0   493
Rows: observed, columns: predicted level. Share predicted rightly: 0.4610.
"""


@pytest.fixture(scope="module")
def multinomial():
    return gk.glm("Sat ~ Cont + Infl", gk.load_dataset("housing"), gk.Multinomial(), weights="Freq")


@pytest.fixture(scope="module")
def ordinal():
    return gk.glm("Sat ~ Cont + Infl", gk.load_dataset("housing"), gk.Cumulative(), weights="Freq")


def test_a_multinomial_summary_groups_coefficients_by_level(multinomial):
    assert str(multinomial.summary()) + "\n" == MULTINOMIAL


def test_a_summary_of_ratios_with_r_names(multinomial):
    assert str(multinomial.summary(exponentiate=True, names="r")) + "\n" == RATIOS


def test_an_ordinal_summary_shows_levels_and_thresholds(ordinal):
    assert str(ordinal.summary()) + "\n" == ORDINAL


def test_a_table_of_deviances(multinomial):
    assert str(multinomial.anova()) + "\n" == ANOVA


def test_a_test_of_proportional_odds(ordinal):
    assert str(ordinal.proportionality_test()) + "\n" == PROPORTIONAL


def test_a_table_of_confusion(multinomial):
    assert str(multinomial.confusion()) + "\n" == CONFUSION


def test_the_html_names_each_level_once(multinomial):
    html = multinomial.summary().to_html()
    assert html.count(">Medium<") == html.count(">High<") == 1


MEANS = """\
Estimated marginal means
Cont  Sat     Probability  Std. Error   Df  2.5 %  97.5 %
Low   Low           0.352       0.016  Inf  0.320   0.383
High  Low           0.296       0.013  Inf  0.270   0.322
Low   Medium        0.264       0.011  Inf  0.243   0.285
High  Medium        0.258       0.011  Inf  0.237   0.279
Low   High          0.385       0.017  Inf  0.352   0.418
High  High          0.446       0.015  Inf  0.416   0.476
Averaged over Infl.
"""

EFFECTS = """\
Average comparisons: difference
Term Contrast   Level  Estimate Std. Error z value Pr(>|z|)   2.5 %  97.5 %
Cont High - Low Low     -0.0577     0.0200  -2.880  0.00397 -0.0970 -0.0184
Cont High - Low Medium  -0.0030     0.0015  -1.927   0.0540 -0.0060  0.0001
Cont High - Low High     0.0607     0.0208   2.914  0.00357  0.0199  0.1015
"""


def test_means_and_effects_have_a_row_for_each_level():
    housing = gk.load_dataset("housing")
    fit = gk.glm("Sat ~ Infl + Cont", housing, gk.Cumulative(), freq_weights="Freq")
    assert str(fit.emmeans("Cont")).rstrip() == MEANS.rstrip()
    assert str(fit.comparisons("Cont")).rstrip() == EFFECTS.rstrip()
