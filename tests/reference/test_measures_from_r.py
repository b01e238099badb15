"""Measures and tests of fit against R: formulas over logLik(), glm() and lm() (make_measures.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import glmkit as gk

R = json.loads((Path(__file__).parent / "fixtures" / "measures_from_r.json").read_text())
ARTICLES = "art ~ fem + mar + kid5 + phd + ment"
GIRLS = "cbind(Menarche, Total - Menarche) ~ Age"
MODELS = {
    "birthwt": ("low ~ age + lwt + smoke + ht", "birthwt", gk.Binomial()),
    "birthwt_tied": ("low ~ factor(race) + smoke + ht", "birthwt", gk.Binomial()),
    "menarche": (GIRLS, "menarche", gk.Binomial()),
    "menarche_probit": (GIRLS, "menarche", gk.Binomial("probit")),
    "biochemists": (ARTICLES, "biochemists", gk.Poisson()),
    "biochemists_null": ("art ~ 1", "biochemists", gk.Poisson()),
    "biochemists_sqrt": ("art ~ fem + ment", "biochemists", gk.Poisson("sqrt")),
    "warpbreaks": ("breaks ~ wool + tension", "warpbreaks", gk.Poisson()),
    "claims": ("Claims ~ District + Group + Age + offset(log(Holders))", "insurance_claims", gk.Poisson()),
    "trees": ("Volume ~ Girth + Height", "trees", gk.Gaussian()),
    "trees_gamma": ("Volume ~ log(Girth) + log(Height)", "trees", gk.Gamma("log")),
}
ROWS = {
    "linear": "Variance (1 + alpha) mu",
    "quadratic": "Variance mu + alpha mu^2",
}


def fitted(name: str) -> gk.Results:
    formula, data, family = MODELS[name]
    # R's default contrasts: Insurance has ordered factors
    return gk.glm(formula, gk.load_dataset(data), family, contrasts="r")


def cases_with(field: str) -> list[str]:
    return [name for name, case in R.items() if field in case]


@pytest.mark.parametrize("name", cases_with("r2"))
def test_every_r_squared_agrees(name):
    expected = R[name]["r2"]
    got = fitted(name).r2().frame["r2"]
    np.testing.assert_allclose(got[list(expected)], list(expected.values()), rtol=1e-9)


@pytest.mark.parametrize("name", cases_with("r2"))
def test_no_r_squared_is_given_that_was_not_compared(name):
    assert set(fitted(name).r2().frame.index) == set(R[name]["r2"])


@pytest.mark.parametrize("name", cases_with("aicc"))
def test_aicc_agrees(name):
    np.testing.assert_allclose(fitted(name).aicc, R[name]["aicc"], rtol=1e-10)


@pytest.mark.parametrize("field", ["statistic", "df", "p_value"])
@pytest.mark.parametrize("name", cases_with("hl"))
def test_hosmer_and_lemeshow_agree(name, field):
    test = fitted(name).hosmer_lemeshow().tables["test"]
    np.testing.assert_allclose(test.loc["Hosmer-Lemeshow", field], R[name]["hl"][field], rtol=1e-8)


@pytest.mark.parametrize("field", ["nobs", "observed", "expected"])
@pytest.mark.parametrize("name", cases_with("hl"))
def test_the_groups_agree(name, field):
    groups = fitted(name).hosmer_lemeshow().tables["groups"]
    np.testing.assert_allclose(groups[field], R[name]["hl"][field], rtol=1e-9)


def test_seven_groups_agree():
    test = fitted("birthwt").hosmer_lemeshow(groups=7).tables["test"]
    np.testing.assert_allclose(test["statistic"], R["birthwt"]["hl7"]["statistic"], rtol=1e-8)


@pytest.mark.parametrize("field", ["estimate", "std_error"])
@pytest.mark.parametrize("name", cases_with("auc"))
def test_the_roc_area_agrees(name, field):
    np.testing.assert_allclose(fitted(name).auc().frame.loc["AUC", field], R[name]["auc"][field], rtol=1e-10)


@pytest.mark.parametrize("name", cases_with("brier"))
def test_the_brier_score_and_its_parts_agree(name):
    expected = R[name]["brier"]
    got = fitted(name).brier().frame["value"]
    np.testing.assert_allclose(got[list(expected)], list(expected.values()), rtol=1e-8)


@pytest.mark.parametrize("field", ["estimate", "std_error", "statistic", "p_value"])
@pytest.mark.parametrize("name", cases_with("link"))
def test_the_link_test_agrees(name, field):
    got = fitted(name).link_test().frame[field]
    # 1, eta and eta^2 are close to dependent: R's own answer has seven digits
    np.testing.assert_allclose(got, R[name]["link"][field], rtol=2e-6, atol=1e-9)


@pytest.mark.parametrize("field", ["estimate", "statistic", "p_value"])
@pytest.mark.parametrize("row", ["linear", "quadratic"])
@pytest.mark.parametrize("name", ["biochemists", "warpbreaks"])
def test_the_regressions_of_cameron_and_trivedi_agree(name, row, field):
    got = fitted(name).overdispersion_test().frame.loc[ROWS[row], field]
    np.testing.assert_allclose(got, R[name][row][field], rtol=1e-8)


def test_the_regression_agrees_with_an_offset():
    got = fitted("claims").overdispersion_test().frame.loc[ROWS["linear"], "statistic"]
    np.testing.assert_allclose(got, R["claims"]["linear"]["statistic"], rtol=1e-8)


@pytest.mark.parametrize("name", cases_with("dean"))
def test_the_score_for_beta_binomial_spread_agrees(name):
    got = fitted(name).overdispersion_test().frame.loc["Beta-binomial", "statistic"]
    np.testing.assert_allclose(got, R[name]["dean"], rtol=1e-8)


@pytest.mark.parametrize("field", ["observed", "expected", "statistic", "p_value"])
@pytest.mark.parametrize("name", cases_with("zeros"))
def test_the_score_for_extra_zeros_agrees(name, field):
    got = fitted(name).zero_inflation_test().frame.loc["Zeros", field]
    np.testing.assert_allclose(got, R[name]["zeros"][field], rtol=1e-8)


@pytest.mark.parametrize(
    ("field", "own"), [("r_squared", "rsquared"), ("r_squared_adjusted", "rsquared_adj")]
)
def test_the_r_squared_of_a_linear_model_is_that_of_lm(field, own):
    np.testing.assert_allclose(getattr(fitted("trees"), own), R["trees"][field], rtol=1e-12)


def test_how_many_cases_are_compared(capsys):
    fields = ["r2", "aicc", "hl", "auc", "brier", "link", "linear", "quadratic", "dean", "zeros"]
    counts = {field: len(cases_with(field)) for field in fields}
    with capsys.disabled():
        print(f"\nmeasures of fit, cases compared: {counts}")
    assert min(counts.values()) >= 2
