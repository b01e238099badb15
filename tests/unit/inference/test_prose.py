"""The report in words: what it says of the family, the covariance, the rows, and of trouble."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk


def birthwt(formula: str = "low ~ age + factor(race) + smoke", **options: object) -> gk.Results:
    return gk.glm(formula, gk.load_dataset("birthwt"), "binomial", **options)


def said(fit: gk.Results, **options: object) -> str:
    return " ".join(fit.report(**options).paragraphs)


def separated() -> gk.Results:
    data = {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6]}
    with pytest.warns(gk.SeparationWarning):
        return gk.glm("y ~ x", data, "binomial")


def test_the_model_its_rows_and_its_event_are_named():
    text = said(birthwt())
    assert text.startswith("A binomial model with logit link was fitted by maximum likelihood to 189 rows")
    assert "The mean is the probability of low = 1." in text


def test_rows_left_out_are_counted_by_column():
    with pytest.warns(gk.DroppedRowsWarning):
        text = said(gk.glm("body_mass_g ~ sex", gk.load_dataset("penguins")))
    assert "Of 344 rows, 11 were left out because values are missing" in text


def test_offset_weights_and_frequencies_are_named():
    claims = gk.load_dataset("insurance_claims")
    assert "Offset of the linear predictor: log(Holders)." in said(
        gk.glm("Claims ~ 1", claims, "poisson", exposure="Holders")
    )
    assert "By frequency the rows are 465 observations." in said(
        gk.glm("Volume ~ Girth", gk.load_dataset("trees"), freq_weights=np.arange(31))
    )


@pytest.mark.parametrize(
    ("link", "ratio"), [("logit", "odds ratio"), ("log", "risk ratio"), ("cloglog", "hazard ratio")]
)
def test_a_ratio_has_the_name_its_link_makes(link, ratio):
    assert f"smoke, {ratio} " in said(gk.glm("low ~ smoke", gk.load_dataset("birthwt"), gk.Binomial(link)))


def test_a_link_without_ratios_reports_the_coefficient():
    assert "smoke, b = " in said(gk.glm("low ~ smoke", gk.load_dataset("birthwt"), gk.Binomial("probit")))


def test_an_interaction_is_a_ratio_of_ratios_and_its_margins_are_explained():
    text = said(gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson"))
    assert "ratio of rate ratios" in text
    assert "The coefficients of wool and tension hold where" in text


def test_an_estimated_dispersion_brings_t_and_f():
    text = said(gk.glm("breaks ~ tension", gk.load_dataset("warpbreaks"), "quasipoisson"))
    assert "t(51) = " in text
    assert "F(2, 51) = " in text
    assert "maximum quasi-likelihood" in text


def test_a_known_dispersion_brings_z_and_likelihood_ratios():
    text = said(birthwt())
    assert "factor(race), LR chi-square(2) = " in text
    assert "z = " in text


def test_the_test_of_a_term_is_that_of_anova():
    table = birthwt().anova(type=2).frame.loc["factor(race)"]
    assert f"factor(race), LR chi-square(2) = {table['statistic']:.3f}, p = {table['p_value']:.3g}" in said(
        birthwt()
    )


def test_a_robust_covariance_is_named_and_all_tests_are_walds():
    text = said(birthwt().with_vcov("HC3"))
    assert "Standard errors come from the covariance HC3" in text
    assert "LR" not in text
    assert "Against the model without its terms: Wald chi-square(4)" in text


def test_clusters_with_degrees_of_freedom_of_their_own_give_them():
    fit = birthwt().with_vcov("CR2", cluster="age")
    assert f"t({fit.estimate.coef_df[1]:.2f})" in said(fit)


def test_profile_intervals_are_refused_under_a_robust_covariance():
    with pytest.raises(gk.FitError):
        birthwt().with_vcov("HC3").report(ci="profile")


def test_profile_intervals_come_with_the_likelihood_ratio():
    text = said(birthwt(), ci="profile", level=0.9)
    assert "LR z = " in text
    assert "90 % CI [" in text
    assert "profile likelihood intervals" in text


def test_an_infinite_estimate_is_infinite_and_explained():
    text = said(separated())
    assert "x, odds ratio Inf (not finite, see below)" in text
    assert "The data are separated" in text


def test_the_profile_interval_of_an_infinite_estimate_is_one_sided():
    assert ", Inf], LR z" in said(separated(), ci="profile")


def test_aliased_columns_are_named_and_have_no_sentence():
    with pytest.warns(gk.AliasedWarning):
        text = said(gk.glm("Volume ~ Girth + I(2 * Girth)", gk.load_dataset("trees")))
    assert "Without an estimate, being aliased with other columns: I(2 * Girth)." in text
    assert "I(2 * Girth), b" not in text


def test_overdispersion_is_said():
    text = said(gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson"))
    assert "the response varies more than the family allows" in text


def test_no_residual_degrees_of_freedom_is_said():
    fit = gk.glm("y ~ g", pd.DataFrame({"y": [1.0, 2, 4], "g": ["a", "b", "c"]}))
    assert "No degrees of freedom are left" in said(fit)


def test_a_long_term_is_summarised_by_its_range():
    data = pd.DataFrame({"y": np.arange(40.0) % 7, "g": [f"l{i % 20:02d}" for i in range(40)]})
    assert "19 coefficients, from b = " in said(gk.glm("y ~ g", data))


def test_many_terms_are_counted():
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(60, 21)), columns=[f"v{i}" for i in range(21)])
    assert "5 more terms are in the coefficient table." in said(gk.glm("v0 ~ .", data))


@pytest.mark.parametrize("formula", ["breaks ~ 1", "breaks ~ 0", "breaks ~ 0 + wool"])
def test_models_without_terms_or_intercept_have_a_report(formula):
    assert said(gk.glm(formula, gk.load_dataset("warpbreaks")))


def test_a_ready_design_has_a_report():
    fit = gk.glm_fit(np.column_stack([np.ones(5), np.arange(5.0)]), np.array([1.0, 3, 2, 5, 4]))
    assert "x2, b = 0.80" in said(fit)


def test_every_format_escapes_names():
    data = pd.DataFrame({"y": [1.0, 2, 4, 3], "<b>_": [1.0, 2, 3, 5]})
    report = gk.glm("y ~ `<b>_`", data).report()
    assert "&lt;b&gt;_" in report.to_html()
    assert r"\<b\>\_" in report.to_markdown()
    assert r"\textless{}b\textgreater{}\_" in report.to_latex()


def test_the_text_is_80_columns_wide():
    assert max(map(len, str(birthwt().report()).split("\n"))) <= 80


def test_reporting_does_not_change_the_fit():
    fit = birthwt()
    before = str(fit.summary())
    fit.report()
    assert str(fit.summary()) == before


def test_a_term_without_which_no_model_exists_has_walds_test():
    fit = gk.glm("count ~ 0 + spray", gk.load_dataset("InsectSprays"), gk.Poisson("sqrt"))
    assert "spray, Wald chi-square(6) = " in said(fit)


@pytest.mark.parametrize(
    ("family", "start"),
    [
        (gk.NegativeBinomial(), "A negative binomial model with log link"),
        (gk.InverseGaussian("log"), "An inverse Gaussian model with log link"),
        (gk.QuasiPoisson(), "A quasi-Poisson model with log link"),
        (gk.Gamma("log"), "A Gamma model with log link"),
    ],
    ids=lambda value: getattr(value, "title", ""),
)
def test_a_family_is_written_as_in_a_sentence(family, start):
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), family)
    assert said(fit).startswith(start)


def test_an_estimated_theta_is_given_with_its_standard_error():
    fit = gk.glm("Days ~ Sex + Age", gk.load_dataset("quine"), gk.NegativeBinomial())
    assert f"Theta is {fit.theta:.2f} (SE {fit.theta_se:.2f})." in said(fit)


def test_a_theta_that_was_held_is_said_to_be():
    fit = gk.glm("Days ~ Sex + Age", gk.load_dataset("quine"), gk.NegativeBinomial(2))
    assert "Theta is 2.00 (given)." in said(fit)


def test_an_estimated_power_is_given():
    fit = gk.glm("Days ~ Sex + Age", gk.load_dataset("quine"), gk.Tweedie(None))
    assert "The power of the variance is 1.5" in said(fit)
