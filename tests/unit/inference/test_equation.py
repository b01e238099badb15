"""The model as an equation: symbols, numbers, indicators, offsets, LaTeX that is safe."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import glmkit as gk


def warpbreaks(family: object = "poisson", formula: str = "breaks ~ wool + tension") -> gk.Results:
    return gk.glm(formula, gk.load_dataset("warpbreaks"), family)


def line(fit: gk.Results, start: str, **options: object) -> str:
    text = " ".join(str(fit.equation(**options)).split())
    return text[text.index(start) :]


def test_a_level_is_an_indicator_and_coefficients_are_numbered_from_the_intercept():
    assert line(warpbreaks(), "log(mu)").startswith(
        "log(mu) = b0 + b1 [wool = B] + b2 [tension = M] + b3 [tension = H]"
    )


def test_numbers_have_the_digits_of_the_coefficient_table():
    shown = str(warpbreaks().summary())
    assert all(number in shown for number in ("3.692", "-0.206", "-0.321", "-0.518"))
    assert line(warpbreaks(), "log(mu)", numbers=True).startswith(
        "log(mu) = 3.692 - 0.206 [wool = B] - 0.321 [tension = M] - 0.518 [tension = H]"
    )


def test_the_baseline_in_use_decides_which_levels_are_written():
    data = gk.load_dataset("warpbreaks")
    fit = gk.glm('breaks ~ C(wool, Treatment("B"))', data, "poisson")
    assert "[wool = A]" in str(fit.equation())


def test_columns_that_are_no_indicators_keep_their_own_name():
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson", contrasts={"wool": "sum"})
    assert line(fit, "log(mu)") == "log(mu) = b0 + b1 wool[S.A]"


def test_an_interaction_is_a_product():
    fit = warpbreaks(formula="breaks ~ wool * tension")
    assert "+ b4 [wool = B] * [tension = M]" in str(fit.equation())


def test_offset_and_exposure_stand_without_a_coefficient():
    claims = gk.load_dataset("insurance_claims")
    by_exposure = gk.glm("Claims ~ 1", claims, "poisson", exposure="Holders")
    by_formula = gk.glm("Claims ~ 1 + offset(log(Holders))", claims, "poisson")
    assert line(by_exposure, "log(mu)") == line(by_formula, "log(mu)") == "log(mu) = b0 + log(Holders)"


def test_an_estimated_dispersion_is_defined_by_the_variance_and_given_as_a_number():
    fit = gk.glm("Volume ~ Girth", gk.load_dataset("trees"), gk.Gamma("log"))
    text = str(fit.equation(numbers=True))
    assert "Volume ~ Gamma(mu, phi)\nVar(Volume) = phi mu^2\n" in text
    assert text.endswith("phi = 0.01796")


def test_the_power_of_a_tweedie_is_the_exponent_of_its_variance():
    fit = gk.glm("Volume ~ Girth", gk.load_dataset("trees"), gk.Tweedie(1.5))
    text = str(fit.equation(numbers=True))
    assert "Volume ~ Tweedie(mu, p, phi)\nVar(Volume) = phi mu^p\n" in text
    assert "\np = 1.500\n" in text


def test_a_quasi_family_has_a_mean_and_a_variance_and_no_distribution():
    text = str(warpbreaks("quasipoisson").equation())
    assert text.startswith("E(breaks) = mu\nVar(breaks) = phi mu\n")


def test_single_trials_are_bernoulli_and_name_the_event():
    fit = gk.glm("low ~ age", gk.load_dataset("birthwt"), "binomial")
    assert str(fit.equation()) == "[low = 1] ~ Bernoulli(mu)\nlogit(mu) = b0 + b1 age"


@pytest.mark.parametrize(
    ("formula", "weights", "start"),
    [
        ("cbind(Menarche, Total - Menarche) ~ Age", None, "Menarche ~ Binomial(n, mu)"),
        ("I(Menarche / Total) ~ Age", "Total", "n I(Menarche/Total) ~ Binomial(n, mu)"),
    ],
)
def test_several_trials_are_binomial_counts(formula, weights, start):
    fit = gk.glm(formula, gk.load_dataset("menarche"), "binomial", weights=weights)
    assert str(fit.equation()).startswith(start)


@pytest.mark.parametrize(
    ("family", "left"),
    [
        (gk.Gamma(), "1 / mu ="),
        (gk.Gamma("sqrt"), "sqrt(mu) ="),
        (gk.Gamma(gk.Power(0.25)), "mu^0.25 ="),
        (gk.InverseGaussian(), "1 / mu^2 ="),
        (gk.Gaussian(), "\nmu ="),
    ],
)
def test_the_link_is_written_as_a_function_of_the_mean(family, left):
    assert left in str(gk.glm("Volume ~ 1", gk.load_dataset("trees"), family).equation())


def test_aliased_columns_are_left_out_and_named():
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("Volume ~ Girth + I(2 * Girth) + Height", gk.load_dataset("trees"))
    assert line(fit, "mu = ").startswith("mu = b0 + b1 Girth + b2 Height")
    assert "Left out as aliased: I(2 * Girth)." in str(fit.equation())


def test_infinite_estimates_are_infinite():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6]}, "binomial")
    assert "Inf x" in str(fit.equation(numbers=True))
    assert r"\infty \, \mathrm{x}" in fit.equation(numbers=True).to_latex()


def test_a_ready_design_has_its_columns_as_terms():
    fit = gk.glm_fit(np.column_stack([np.ones(5), np.arange(5.0)]), np.array([1.0, 3, 2, 5, 4]))
    assert "mu = b1 x1 + b2 x2" in str(fit.equation())


def test_a_long_term_is_abbreviated():
    data = pd.DataFrame({"y": np.arange(40.0) % 7, "g": [f"l{i % 20:02d}" for i in range(40)]})
    assert line(gk.glm("y ~ g", data), "mu = ").startswith("mu = b0 + b1 [g = l01] + ... + b19 [g = l19]")


def test_no_line_is_wider_than_80_columns():
    fit = warpbreaks(formula="breaks ~ wool * tension")
    assert max(map(len, str(fit.equation(numbers=True)).split("\n"))) <= 80


def test_variables_have_the_names_given():
    fit = gk.glm("log(Volume) ~ log(Girth)", gk.load_dataset("trees"))
    text = str(fit.equation(names={"log(Girth)": "logarithm of girth", "log(Volume)": "Y"}))
    assert "Y ~ Gaussian(mu, phi)" in text
    assert "b1 logarithm of girth" in text


@pytest.mark.parametrize("options", [{"names": {"wol": "W"}}, {"names": "r"}, {"format": "word"}])
def test_what_the_equation_does_not_know_is_refused(options):
    with pytest.raises(gk.FitError):
        warpbreaks().equation(**options)


def test_latex_names_are_escaped_where_notebooks_read_no_escapes_in_text():
    data = pd.DataFrame({"y_1": [1.0, 2, 4, 3], "50% & $x^2$": [1.0, 2, 3, 5]})
    formula = gk.glm("y_1 ~ `50% & $x^2$`", data).equation().to_latex()
    assert r"\mathrm{y\_1}" in formula
    assert r"\mathrm{50\%\ \&\ \$x{\wedge}2\$}" in formula


def test_latex_is_an_align_environment_and_a_notebook_gets_dollars():
    equation = warpbreaks().equation(format="latex")
    assert str(equation).startswith("\\begin{align*}\n\\mathrm{breaks} &\\sim \\mathrm{Poisson}(\\mu) \\\\\n")
    assert equation._repr_latex_().startswith("$$\n\\begin{aligned}\n")


def test_an_equation_survives_pickling_and_is_equal():
    equation = warpbreaks().equation()
    assert pickle.loads(pickle.dumps(equation)) == equation


def test_html_is_escaped():
    data = pd.DataFrame({"y": [1.0, 2, 4, 3], "<b>": [1.0, 2, 3, 5]})
    assert "&lt;b&gt;" in gk.glm("y ~ `<b>`", data).equation().to_html()
