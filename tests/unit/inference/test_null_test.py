"""What the summary says against the null model, and of the end of the iterations."""

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.inference.wald import joint_wald

WARPBREAKS = gk.load_dataset("warpbreaks")


def line_of(fit, label):
    (line,) = [line for line in fit.summary().to_text().split("\n") if label in line]
    return line


def test_a_robust_covariance_gives_the_wald_chi_square_of_waldtest():
    fit = gk.glm("breaks ~ wool + tension", WARPBREAKS, "poisson").with_vcov("HC3")
    # R: lmtest::waldtest(fit, vcov = vcovHC(fit, "HC3"), test = "Chisq"), whose glm stops at 1e-8
    test = joint_wald(fit.estimate, fit.fit.null_rows)
    assert (test.name, test.df) == ("chisq", 3)
    assert test.statistic == pytest.approx(16.907203968603, rel=1e-5)
    assert "Wald chi-square 16.907 on 3 df, p = 0.000738" in line_of(fit, "Against the null")


def test_a_robust_covariance_gives_the_wald_f_of_waldtest():
    fit = gk.glm("breaks ~ wool * tension", WARPBREAKS, "quasipoisson").with_vcov("HC1")
    # R: lmtest::waldtest(fit, vcov = vcovHC(fit, "HC1"), test = "F")
    test = joint_wald(fit.estimate, fit.fit.null_rows)
    assert (test.name, test.df, test.df_resid) == ("F", 5, 48)
    assert test.statistic == pytest.approx(6.341259035582, rel=1e-7)
    assert test.p_value == pytest.approx(0.000135497569194, rel=1e-6)


def test_a_model_based_covariance_keeps_the_likelihood_ratio():
    fit = gk.glm("breaks ~ wool + tension", WARPBREAKS, "poisson")
    assert "LR chi-square 86.9" in line_of(fit, "Against the null")


def test_the_wald_test_against_the_null_does_not_depend_on_the_coding():
    one = gk.glm("breaks ~ wool + tension", WARPBREAKS, "poisson").with_vcov("HC0")
    other = gk.glm("breaks ~ wool + tension", WARPBREAKS, "poisson", contrasts="helmert").with_vcov("HC0")
    got = [joint_wald(fit.estimate, fit.fit.null_rows).statistic for fit in (one, other)]
    assert got[0] == pytest.approx(got[1], rel=1e-10)


def test_aliased_columns_do_not_count_against_the_null():
    data = WARPBREAKS.assign(again=WARPBREAKS["wool"])
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("breaks ~ again + wool + tension", data, "poisson")
    plain = gk.glm("breaks ~ wool + tension", data, "poisson")
    got = [joint_wald(f.with_vcov("HC0").estimate, f.fit.null_rows) for f in (fit, plain)]
    assert got[0].df == got[1].df == 3
    assert got[0].statistic == pytest.approx(got[1].statistic, rel=1e-10)


@pytest.mark.parametrize(
    ("formula", "family", "df"),
    [
        ("level ~ wool + tension", gk.Multinomial(), 6),
        ("level ~ 0 + tension", gk.Multinomial(), 4),
        ("level ~ wool + tension", gk.Cumulative(), 3),
        ("count ~ wool | tension", gk.Hurdle(gk.Poisson()), 3),
    ],
)
def test_several_predictors_keep_a_constant_each(formula, family, df):
    levels = pd.cut(WARPBREAKS["breaks"], [0, 20, 30, 99], labels=["low", "middle", "high"])
    zeros = np.where(np.arange(54) % 3 == 0, 0, WARPBREAKS["breaks"])
    fit = gk.glm(formula, WARPBREAKS.assign(level=levels, count=zeros), family).with_vcov("HC0")
    assert joint_wald(fit.estimate, fit.fit.null_rows).df == df == fit.fit.df_null - fit.fit.df_resid


def test_fewer_clusters_than_coefficients_are_said():
    data = WARPBREAKS.assign(half=np.arange(54) % 2)
    fit = gk.glm("breaks ~ wool + tension", data, "poisson").with_vcov("CR0", cluster="half")
    assert "no joint Wald test" in line_of(fit, "Against the null")


def test_a_saved_robust_fit_says_the_same():
    fit = gk.glm("breaks ~ wool + tension", WARPBREAKS, "poisson").with_vcov("HC3")
    assert line_of(gk.from_json(fit.to_json()), "Against") == line_of(fit, "Against")


def test_the_iterations_of_a_separated_fit_are_no_alarm():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", pd.DataFrame({"y": [0, 0, 1, 1], "x": [1.0, 2, 3, 4]}), "binomial")
    assert "(stopped: estimates run to infinity)" in line_of(fit, "Iterations")
    assert fit.converged


def test_the_iterations_of_a_boundary_fit_say_where_they_end():
    data = pd.DataFrame({"y": [0, 0, 1, 5, 16, 40], "x": [0.0, 0, 1, 2, 3, 4]})
    with pytest.warns(gk.BoundaryWarning):
        fit = gk.glm("y ~ x", data, gk.Poisson("identity"))
    assert "(stopped: the maximum is on the boundary)" in line_of(fit, "Iterations")
