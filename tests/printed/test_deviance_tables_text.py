"""Golden text of the tables of deviance."""

import pytest

import glmkit as gk


@pytest.fixture(scope="module")
def data():
    return gk.load_dataset("warpbreaks")


@pytest.fixture(scope="module")
def gamma(data):
    return gk.glm("breaks ~ wool * tension", data, gk.Gamma("log"))


def lines(table):
    return str(table).splitlines()


def test_sequential_f_tests(gamma):
    assert lines(gamma.anova()) == [
        "Analysis of deviance: Gamma, log link",
        "              Df  Deviance  Resid. Df  Resid. Dev  F value    Pr(>F)",
        "NULL                               53      10.381",
        "wool           1    0.5718         52       9.809    4.470    0.0397",
        "tension        2    2.3668         50       7.442    9.251  0.000400",
        "wool:tension   2    0.9633         48       6.479    3.765    0.0303",
        "Terms added one after another, first to last.",
        "F tests.",
        "Dispersion 0.1279: Pearson chi-square / 48 df of the largest model.",
    ]


def test_type_2_f_tests_end_with_the_residuals(gamma):
    assert lines(gamma.anova(type=2)) == [
        "Analysis of deviance, type 2: Gamma, log link",
        "              Df  F value    Pr(>F)",
        "wool           1    3.423    0.0704",
        "tension        2    9.251  0.000400",
        "wool:tension   2    3.765    0.0303",
        "Residuals     48",
        "Each term after all others that do not contain it.",
        "F tests.",
        "Dispersion 0.1279: Pearson chi-square / 48 df of the model.",
    ]


def test_robust_type_3_tests(gamma):
    assert lines(gamma.with_vcov("HC1").anova(type=3)) == [
        "Analysis of deviance, type 3: Gamma, log link",
        "              Df    Wald  Pr(>Chi)",
        "wool           1   3.462    0.0628",
        "tension        2  17.169  0.000187",
        "wool:tension   2   7.611    0.0223",
        "Each term after all others, contrasts summing to zero.",
        "Wald tests, referred to chi-square, covariance HC1.",
    ]


def test_single_deletions(gamma):
    assert lines(gamma.update(". ~ wool + tension").drop1(test="F")) == [
        "Single term deletions: Gamma, log link",
        "         Df  Deviance     AIC  F value   Pr(>F)",
        "<none>         7.4423  407.53",
        "wool      1    7.8802  408.53    2.942   0.0925",
        "tension   2    9.8091  419.74    7.951  0.00100",
        "F tests.",
        "Dispersion 0.1488: deviance / 50 df of the model.",
        "The AIC holds the dispersion at that of the model, as in R; a refit has its own.",
    ]


def test_single_additions(gamma):
    assert lines(gamma.update(". ~ wool").add1("tension")) == [
        "Single term additions: Gamma, log link",
        "         Df  Deviance     AIC     LRT  Pr(>Chi)",
        "<none>         9.8091  418.84",
        "tension   2    7.4423  410.90  11.941   0.00255",
        "Likelihood ratio tests, referred to chi-square.",
        "Dispersion 0.1982: Pearson chi-square / 52 df of the model.",
        "The AIC holds the dispersion at that of the model, as in R; a refit has its own.",
    ]


def test_a_selection(gamma):
    assert lines(gamma.step(criterion="bic").step_path) == [
        "Stepwise selection",
        "                Df  Deviance  Resid. Df  Resid. Dev     BIC",
        "<start>                              48      6.4790  417.81",
        "- wool:tension   2   0.96332         50      7.4423  417.48",
        "- wool           1   0.43793         51      7.8802  416.65",
        "Df and deviance are the change at each step.",
    ]


def test_an_analysis_of_two_models(gamma):
    assert lines(gk.anova(gamma.update(". ~ wool"), gamma)) == [
        "Analysis of deviance: Gamma, log link",
        "         Df  Deviance  Resid. Df  Resid. Dev  F value    Pr(>F)",
        "Model 1                       52      9.8091",
        "Model 2   4    3.3301         48      6.4790    6.508  0.000288",
        "Model 1: breaks ~ wool",
        "Model 2: breaks ~ wool * tension",
        "F tests.",
        "Dispersion 0.1279: Pearson chi-square / 48 df of the largest model.",
    ]


def test_likelihood_ratio_tests(gamma):
    assert lines(gk.lr_test(gamma.update(". ~ wool"), gamma)) == [
        "Likelihood ratio tests",
        "         Log-lik.  Df     LRT  Df diff.  Pr(>Chi)",
        "Model 1   -206.42   3",
        "Model 2   -194.94   7  22.950         4  0.000130",
        "Model 1: breaks ~ wool",
        "Model 2: breaks ~ wool * tension",
        "Likelihood ratio tests, referred to chi-square.",
    ]


def test_a_comparison(gamma):
    assert lines(gk.compare(gamma.update(". ~ wool"), gamma)) == [
        "Comparison of models",
        "         Log-lik.  Df     AIC     BIC   Delta  Weight",
        "Model 1   -206.42   3  418.84  424.81  14.950   0.001",
        "Model 2   -194.94   7  403.89  417.81   0.000   0.999",
        "Model 1: breaks ~ wool",
        "Model 2: breaks ~ wool * tension",
        "Delta and weight by AIC.",
    ]
