"""The printed text of influence and of variance inflation."""

from __future__ import annotations

import glmkit as gk

INFLUENCE = """\
Influence of each row
      Hat  Cook's D  Std. resid.  Stud. resid.    DFFITS  Cov. ratio
0  0.8979    27.513       -2.536        -9.595  -28.7918       0.048
1  0.1304     0.279        1.874         2.525    0.9742       0.371
2  0.1111     0.071        1.051         1.077    0.3801       1.077
3  0.1157     0.026        0.625         0.603    0.2180       1.369
4  0.1285     0.050       -0.833        -0.822   -0.3161       1.261
5  0.1384  4.72e-05        0.024         0.023    0.0091       1.579
6  0.1516     0.035       -0.630        -0.607   -0.2570       1.424
7  0.1601     0.064       -0.829        -0.817   -0.3573       1.312
8  0.1663     0.033       -0.584        -0.560   -0.2506       1.474
Rows with hat > 3p/n: 0.
Rows with Cook's D > the median of F(p, n - p): 0.
Rows with |DFFITS| > 3 sqrt(p/(n - p)): 0.
Rows with |Cov. ratio - 1| > 3p/(n - p): 0."""
VIF = """\
Variance inflation factors
              Df   GVIF  GVIF^(1/(2 Df))
age            1  1.051            1.025
lwt            1  1.128            1.062
factor(race)   2  1.462            1.100
smoke          1  1.302            1.141"""


def test_the_table_of_influence():
    fit = gk.glm("lot1 ~ log(u)", gk.load_dataset("clotting"), "Gamma")
    assert str(fit.influence()) == INFLUENCE


def test_the_table_of_inflation():
    fit = gk.glm("low ~ age + lwt + factor(race) + smoke", gk.load_dataset("birthwt"), "binomial")
    assert str(fit.vif()) == VIF
