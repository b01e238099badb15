"""Golden text of measures, tests of fit, the report of checks and fits side by side."""

from __future__ import annotations

import pytest

import glmkit as gk


def birthwt() -> gk.Results:
    return gk.glm("low ~ age + lwt + smoke + ht", gk.load_dataset("birthwt"), "binomial")


def breaks(family: str = "poisson") -> gk.Results:
    return gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), family)


def articles() -> gk.Results:
    return gk.glm("art ~ fem + mar + kid5 + phd + ment", gk.load_dataset("biochemists"), "poisson")


GOLDEN = {
    "the R-squared of a logistic model": (
        lambda: birthwt().r2(),
        [
            "R-squared",
            "                       R2  Meaning",
            "deviance           0.0809  share of the null deviance explained",
            "mcfadden           0.0809  share of the null log-likelihood explained",
            "mcfadden-adjusted  0.0383  McFadden's, less one for each coefficient",
            "cox-snell          0.0956  gain in likelihood per row; below 1 at best",
            "nagelkerke         0.1344  Cox and Snell's over its largest value",
            "tjur               0.0966  mean probability of events less that of others",
        ],
    ),
    "the R-squared of counts says what is left out": (
        lambda: breaks().r2(),
        [
            "R-squared",
            "                       R2  Meaning",
            "deviance           0.3869  share of the null deviance explained",
            "mcfadden           0.2012  share of the null log-likelihood explained",
            "mcfadden-adjusted  0.1802  McFadden's, less one for each coefficient",
            "cox-snell          0.8813  gain in likelihood per row; below 1 at best",
            "nagelkerke         0.8813  Cox and Snell's over its largest value",
            "No tjur: it compares events with non-events.",
        ],
    ),
    "Hosmer and Lemeshow's test with its groups": (
        lambda: birthwt().hosmer_lemeshow(),
        [
            "Hosmer-Lemeshow goodness of fit",
            "",
            "                 Statistic  Df  p value",
            "Hosmer-Lemeshow      4.077   8    0.850",
            "",
            "Groups by fitted probability",
            "      From      To   N  Observed  Expected",
            "1   0.0501  0.1331  19         1     1.878",
            "2   0.1404  0.1915  19         4     3.141",
            "3   0.1921  0.2245  19         4     3.958",
            "4   0.2272  0.2580  19         3     4.624",
            "5   0.2613  0.2879  19         4     5.179",
            "6   0.2943  0.3311  18         7     5.654",
            "7   0.3321  0.3674  19         9     6.656",
            "8   0.3724  0.4337  19         8     7.660",
            "9   0.4403  0.4985  19         9     8.824",
            "10  0.5040  0.7825  19        10    11.426",
            "",
            "Notes",
            "- Some groups expect fewer than 5 events or failures; the p value is rough",
            "  there.",
        ],
    ),
    "the link test": (
        lambda: birthwt().link_test(),
        [
            "Link test: the response on the linear predictor and its square",
            "           Estimate  Std. Error  z value  Pr(>|z|)",
            "Intercept      0.00        0.24   -0.016     0.987",
            "eta            0.76        0.41    1.849    0.0644",
            "eta^2         -0.18        0.25   -0.718     0.472",
            "A small p value for eta^2 speaks against the link, or for a term that is",
            "missing.",
        ],
    ),
    "the ROC area": (
        lambda: birthwt().auc(),
        [
            "Area under the ROC curve",
            "     Estimate  Std. Error  2.5 %  97.5 %",
            "AUC     0.696       0.041  0.616   0.776",
            "Measured on the rows the model was fitted to, which flatters it.",
        ],
    ),
    "the Brier score": (
        lambda: birthwt().brier(),
        [
            "Brier score",
            "                Value",
            "brier         0.19430",
            "reliability   0.00421",
            "resolution    0.02389",
            "uncertainty   0.21472",
            "within       -0.00075",
            "skill         0.09512",
            "brier = reliability - resolution + uncertainty + within; skill = 1 - brier /",
            "uncertainty.",
            "Measured on the rows the model was fitted to, which flatters it.",
        ],
    ),
    "the tests of overdispersion": (
        lambda: breaks().overdispersion_test(),
        [
            "Overdispersion of a Poisson fit",
            "                          Estimate  Statistic  Df   p value",
            "Pearson                      3.764    180.666  48    <2e-16",
            "Variance (1 + alpha) mu      2.346      4.851      6.15e-07",
            "Variance mu + alpha mu^2     0.091      5.934      1.48e-09",
            "Estimate: Pearson's chi-square / df (expected 1); else the excess alpha",
            "(expected 0).",
        ],
    ),
    "the test of zeros": (
        lambda: articles().zero_inflation_test(),
        [
            "Zero inflation",
            "       Observed  Expected  Ratio  Statistic  Df  p value",
            "Zeros       275    191.42  1.437      8.141   1  0.00433",
            "There are more zeros than a Poisson fit expects; the test is two-sided.",
        ],
    ),
    "the checks of a fit with something wrong": (
        lambda: articles().check(),
        [
            "Check of the fit: 1 to act on, 3 to look at",
            "",
            "               Result                         Verdict What to do",
            "Convergence    6 iterations                   ok",
            "Missing values 915 used, none dropped         ok",
            "Aliasing       none                           ok",
            "Information    258 events per coefficient     ok",
            "Overdispersion Pearson/df 1.829, p < 2e-16    act     family=gk.QuasiPoisson()",
            "Zeros          275 seen, 191.4 expected       look    fit.zero_inflation_test()",
            "Link           p = 0.000136 for eta^2         look    fit.link_test()",
            "Calibration    not binomial                   -",
            "Influence      largest Cook's distance 0.4006 ok",
            'Outliers       largest residual 5.478 SD      look    fit.residuals("deviance")',
            "Collinearity   largest VIF 1.286              ok",
            "",
            "Notes",
            "- Overdispersion: the response varies 1.829 times as much as the family says, so",
            "  that standard errors should be about 1.352 times as large. A missing term can",
            "  look the same.",
            "- Zeros: there are more zeros than the family expects. If the response is",
            "  overdispersed see to that first: it makes zeros too.",
            "- Link: the square of the linear predictor still explains something: try another",
            "  link, a transformed covariate, a curve or an interaction.",
            "- Outliers: rows 910, 912, 913 and 1 more lie further from the fitted value than",
            "  the largest of as many rows should. Check the values there.",
        ],
    ),
    "the checks of a fit with nothing wrong": (
        lambda: birthwt().check(),
        [
            "Check of the fit: 0 to act on, 0 to look at",
            "",
            "                Result                           Verdict  What to do",
            "Convergence     4 iterations                     ok",
            "Missing values  189 used, none dropped           ok",
            "Aliasing        none                             ok",
            "Information     11 events per coefficient        ok",
            "Overdispersion  cannot be seen in these data     -",
            "Zeros           not counts                       -",
            "Link            p = 0.472 for eta^2              ok",
            "Calibration     Hosmer-Lemeshow p = 0.850        ok",
            "Influence       largest Cook's distance 0.08345  ok",
            "Outliers        largest residual 2.248 SD        ok",
            "Collinearity    largest VIF 1.158                ok",
        ],
    ),
    "fits side by side with stars": (
        lambda: gk.etable(
            breaks(),
            breaks().with_vcov("HC1"),
            breaks("quasipoisson"),
            names=["poisson", "robust", "quasi"],
            stars=True,
        ),
        [
            "                              poisson    robust          quasi",
            "Coefficients",
            "  Intercept                  3.797***   3.80***       3.797***",
            "                            (0.050)    (0.14)        (0.097)",
            "  wool[T.B]                 -0.457***  -0.46*        -0.457**",
            "                            (0.080)    (0.18)        (0.156)",
            "  tension[T.M]              -0.619***  -0.62***      -0.619***",
            "                            (0.084)    (0.18)        (0.164)",
            "  tension[T.H]              -0.596***  -0.60**       -0.596***",
            "                            (0.084)    (0.19)        (0.163)",
            "  wool[T.B]:tension[T.M]     0.638***   0.64**        0.638**",
            "                            (0.122)    (0.24)        (0.237)",
            "  wool[T.B]:tension[T.H]     0.188      0.19          0.188",
            "                            (0.130)    (0.24)        (0.252)",
            "Fit",
            "  N                                54        54             54",
            "  Log-lik.                    -228.48   -228.48             NA",
            "  AIC                          468.97    468.97             NA",
            "  Dispersion                        1         1          3.764",
            "  Family                      Poisson   Poisson  Quasi-Poisson",
            "  Link                            log       log            log",
            "  Std. errors             model-based       HC1    model-based",
            "Standard errors in brackets.",
            "Signif. codes: 0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1",
        ],
    ),
    "ratios side by side with intervals": (
        lambda: gk.etable(birthwt(), birthwt().with_vcov("HC3"), ci=True, exponentiate=True, labels="label"),
        [
            "                             (1)                (2)",
            "Exponentiated coefficients",
            "  Intercept              5.8524             5.8524",
            "               [0.7441, 46.0285]  [0.6591, 51.9675]",
            "  age                    0.9649             0.9649",
            "                [0.9039, 1.0302]   [0.9080, 1.0255]",
            "  lwt                    0.9832             0.9832",
            "                [0.9705, 0.9960]   [0.9686, 0.9980]",
            "  smoke                  1.9719             1.9719",
            "                [1.0288, 3.7796]   [1.0051, 3.8689]",
            "  ht                     5.9784             5.9784",
            "               [1.5587, 22.9303]  [1.2272, 29.1254]",
            "Fit",
            "  N                          189                189",
            "  Log-lik.               -107.84            -107.84",
            "  AIC                     225.68             225.68",
            "  Dispersion                   1                  1",
            "  Family                Binomial           Binomial",
            "  Link                     logit              logit",
            "  Std. errors        model-based                HC3",
            "95 % intervals in brackets.",
        ],
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_it_prints_as_written(name):
    make, lines = GOLDEN[name]
    assert str(make()).splitlines() == lines


@pytest.mark.parametrize("name", GOLDEN)
def test_it_keeps_within_80_columns(name):
    assert max(map(len, str(GOLDEN[name][0]()).splitlines())) <= 80
