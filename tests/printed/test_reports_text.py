"""Golden text of equations and reports."""

from __future__ import annotations

import pytest

import glmkit as gk


def penguins() -> gk.Results:
    with pytest.warns(gk.DroppedRowsWarning):
        return gk.glm("body_mass_g ~ species * flipper_length_mm", gk.load_dataset("penguins"))


def smoking() -> gk.Results:
    return gk.glm("low ~ factor(smoke)", gk.load_dataset("birthwt"), "binomial")


def birthwt() -> gk.Results:
    return gk.glm("low ~ age + factor(race) + smoke", gk.load_dataset("birthwt"), "binomial")


GOLDEN = {
    "an equation in symbols": (
        lambda: penguins().equation(),
        [
            "body_mass_g ~ Gaussian(mu, phi)",
            "Var(body_mass_g) = phi",
            "mu = b0 + b1 [species = Chinstrap] + b2 [species = Gentoo]",
            "     + b3 flipper_length_mm + b4 [species = Chinstrap] * flipper_length_mm",
            "     + b5 [species = Gentoo] * flipper_length_mm",
            "",
            "[A] is 1 where A holds, and 0 elsewhere.",
        ],
    ),
    "an equation in numbers": (
        lambda: penguins().equation(numbers=True),
        [
            "body_mass_g ~ Gaussian(mu, phi)",
            "Var(body_mass_g) = phi",
            "mu = -2535.8 - 501.4 [species = Chinstrap] - 4251.4 [species = Gentoo]",
            "     + 32.8 flipper_length_mm + 1.7 [species = Chinstrap] * flipper_length_mm",
            "     + 21.8 [species = Gentoo] * flipper_length_mm",
            "phi = 137344",
            "",
            "[A] is 1 where A holds, and 0 elsewhere.",
        ],
    ),
    "an equation in LaTeX": (
        lambda: smoking().equation(format="latex"),
        [
            "\\begin{align*}",
            "[\\mathrm{low} = \\mathrm{1}] &\\sim \\mathrm{Bernoulli}(\\mu) \\\\",
            "\\operatorname{logit}(\\mu) &= \\beta_{0} + \\beta_{1} \\, [\\mathrm{smoke} = \\mathrm{1}]",
            "\\end{align*}",
        ],
    ),
    "the report of a logistic model": (
        lambda: birthwt().report(),
        [
            "A binomial model with logit link was fitted by maximum likelihood to 189 rows",
            "(low ~ age + factor(race) + smoke). The mean is the probability of low = 1.",
            "",
            "Against the model without its terms: LR chi-square(4) = 15.810, p = 0.00329. It",
            "explains 6.7 % of the null deviance (residual deviance 218.86 on 184 df, null",
            "deviance 234.67 on 188 df). The dispersion is held at 1, and coefficients are",
            "referred to the normal distribution. Standard errors are model-based; intervals",
            "(CI) are Wald intervals.",
            "",
            "age, odds ratio 0.966, 95 % CI [0.905, 1.031], z = -1.044, p = 0.296.",
            "factor(race), LR chi-square(2) = 8.414, p = 0.0149: 2 vs 1, odds ratio 2.749, 95",
            "% CI [1.045, 7.232], z = 2.050, p = 0.0404; 3 vs 1, odds ratio 2.877, 95 % CI",
            "[1.298, 6.375], z = 2.603, p = 0.00924. smoke, odds ratio 3.006, 95 % CI [1.450,",
            "6.231], z = 2.959, p = 0.00309.",
        ],
    ),
    "the report of a normal model with a robust covariance": (
        lambda: penguins().with_vcov("HC3").report(),
        [
            "A Gaussian model with identity link was fitted by maximum likelihood to 342 rows",
            "(body_mass_g ~ species * flipper_length_mm). Of 344 rows, 2 were left out",
            "because values are missing (flipper_length_mm 2, body_mass_g 2).",
            "",
            "Against the model without its terms: Wald F(5, 336) = 317.517, p < 2e-16. It",
            "explains 79 % of the null deviance (residual deviance 46147423.74 on 336 df,",
            "null deviance 219307697.37 on 341 df). The dispersion is estimated as 137344",
            "(Pearson chi-square over 336 df), and coefficients are referred to the t",
            "distribution with 336 df. Standard errors come from the covariance HC3;",
            "intervals (CI) are Wald intervals.",
            "",
            "species: Chinstrap vs Adelie, b = -501.4, 95 % CI [-3224.1, 2221.4], t(336) =",
            "-0.362, p = 0.717; Gentoo vs Adelie, b = -4251.4, 95 % CI [-6785.4, -1717.5],",
            "t(336) = -3.300, p = 0.00107. flipper_length_mm, b = 32.8, 95 % CI [23.9, 41.8],",
            "t(336) = 7.198, p = 4.02e-12. species:flipper_length_mm, Wald F(2, 336) = 7.116,",
            "p = 0.000941: species: Chinstrap vs Adelie × flipper_length_mm, b = 1.7, 95 % CI",
            "[-12.3, 15.8], t(336) = 0.243, p = 0.808; species: Gentoo vs Adelie ×",
            "flipper_length_mm, b = 21.8, 95 % CI [9.4, 34.2], t(336) = 3.454, p = 0.000623.",
            "",
            "The coefficients of species and flipper_length_mm hold where the variables they",
            "interact with are at their first level or at 0.",
        ],
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_is(name: str) -> None:
    make, lines = GOLDEN[name]
    assert str(make()).split("\n") == lines
