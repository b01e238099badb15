"""Golden text of summaries with theta, a power or bias reduction in them."""

from __future__ import annotations

import pandas as pd

import glmkit as gk

NEGATIVE_BINOMIAL = """
Generalized linear model: Negative binomial, log link

Formula  Days ~ Sex + Eth    Rows  146 used

Coefficients
           Estimate  Std. Error  z value  Pr(>|z|)  2.5 %  97.5 %
Intercept      2.96        0.14   21.936    <2e-16   2.70    3.23
Sex[T.M]       0.21        0.16    1.340     0.180  -0.10    0.53
Eth[T.N]      -0.57        0.16   -3.613  0.000303  -0.89   -0.26

Dispersion        1 (known)           Theta              1.17 (SE 0.14)
Against Poisson   LR 1358.714, half chi-square on 1 df, p < 2e-16
Null deviance     182.14 on 145 df    Residual deviance  168.12 on 143 df
Against the null  LR chi-square 14.017 on 2 df, p = 0.000904, theta held
Log-likelihood    -552.43             BIC                1124.79
AIC               1112.85             Iterations         {n_iter}
"""

FIRTH = """
Generalized linear model: Binomial, logit link

Formula         y ~ x    Rows        8 used
Modelled event  y = 1    Estimation  mean bias reduction (Firth 1993)

Coefficients
           Estimate  Std. Error  z value  Pr(>|z|)   2.5 %  97.5 %
Intercept     -4.65        3.20   -1.453     0.146  -10.92    1.62
x              1.03        0.67    1.535     0.125   -0.29    2.35

Dispersion         1 (known)         AIC         7.0402
Null deviance      11.090 on 7 df    BIC         7.1990
Residual deviance  3.0402 on 6 df    Iterations  5
Log-likelihood     -1.5201
"""


def test_summary_of_a_negative_binomial_fit_shows_theta_and_the_test_against_poisson():
    fit = gk.glm("Days ~ Sex + Eth", gk.load_dataset("quine"), gk.NegativeBinomial())
    assert str(fit.summary()) == NEGATIVE_BINOMIAL.strip().format(n_iter=fit.n_iter)


def test_summary_of_a_bias_reduced_fit_names_the_method():
    data = {"x": [1.0, 2, 3, 4, 5, 6, 7, 8], "y": [0, 0, 0, 0, 1, 1, 1, 1]}
    assert str(gk.glm("y ~ x", data, "binomial", method="firth").summary()) == FIRTH.strip()


def test_a_share_is_not_called_an_event():
    data = pd.DataFrame({"killed": [0.1, 0.4, 0.35, 0.8], "dose": [1.0, 2, 3, 4], "n": [20, 20, 20, 20]})
    fit = gk.glm("killed ~ dose", data, "binomial", weights="n")
    assert "Modelled share  killed" in str(fit.summary())
    assert "Modelled event" not in str(fit.summary())
    one = gk.glm("killed ~ dose", data.assign(killed=[0, 1, 0, 1]), "binomial")
    assert "Modelled event  killed = 1" in str(one.summary())
