"""Probabilities of the levels of multinomial and ordinal responses, against emmeans and R's covariances."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

STORED = json.loads((Path(__file__).parent / "fixtures" / "level_effects_from_r.json").read_text())
MEANS, AVERAGES = STORED["means"], STORED["averages"]
DATA = {name: pd.DataFrame(rows) for name, rows in STORED["data"].items()}
HOUSING = DATA["housing"].assign(
    Sat=lambda d: pd.Categorical(d["Sat"], ["Low", "Medium", "High"]),
    Infl=lambda d: pd.Categorical(d["Infl"], ["Low", "Medium", "High"]),
    Type=lambda d: pd.Categorical(d["Type"], ["Tower", "Apartment", "Atrium", "Terrace"]),
    Cont=lambda d: pd.Categorical(d["Cont"], ["Low", "High"]),
)
BIRTHS = DATA["births"]
ORDERED = BIRTHS.assign(race=pd.Categorical(BIRTHS["race"], ["1", "2", "3"], ordered=True))
HOUSING = HOUSING.assign(Sat=HOUSING["Sat"].cat.as_ordered())
WINE = DATA["wine"].assign(rating=pd.Categorical(DATA["wine"]["rating"], list("12345"), ordered=True))
# nnet and polr stop their quasi-Newton search at a relative gain of 1e-16 of the deviance, so at 1e-8
# of a standard error squared; polr's covariance is of differences, right to about six digits.
ESTIMATE = {"polr_logit": 1e-5, "multinom_factors": 1e-6, "multinom_covariates": 1e-6}
ERROR = {"polr_logit": 1e-4, "multinom_factors": 1e-5, "multinom_covariates": 1e-5}
PRECISE = 1e-7  # clm goes by Newton's steps


@pytest.fixture(scope="module")
def fits() -> dict[str, gk.Results]:
    return {
        "multinom_factors": gk.glm(
            "Sat ~ Infl * Cont + Type", HOUSING, gk.Multinomial(), freq_weights="Freq"
        ),
        "multinom_covariates": gk.glm("race ~ age + I(lwt / 100) + smoke", BIRTHS, gk.Multinomial()),
        "polr_logit": gk.glm("Sat ~ Infl + Type + Cont", HOUSING, gk.Cumulative(), freq_weights="Freq"),
        "clm_logit": gk.glm("Sat ~ Infl * Type + Cont", HOUSING, gk.Cumulative(), freq_weights="Freq"),
        "clm_probit": gk.glm("rating ~ temp * contact", WINE, gk.Cumulative("probit")),
        "clm_cloglog": gk.glm("race ~ age + smoke", ORDERED, gk.Cumulative("cloglog")),
    }


def column(rows: list[dict[str, object]], name: str) -> np.ndarray:
    return np.array([row[name] for row in rows], dtype=float)


def agree(frame: pd.DataFrame, rows: list[dict[str, object]], estimate: str, fit: str) -> None:
    loose, error = ESTIMATE.get(fit, PRECISE), ERROR.get(fit, PRECISE)
    # an estimate may be close to 0: its own standard error is the scale
    away = np.abs(frame["estimate"] - column(rows, estimate)) / column(rows, "SE")
    assert np.max(away) < loose
    np.testing.assert_allclose(frame["std_error"], column(rows, "SE"), rtol=error)


@pytest.mark.parametrize("name", [name for name in MEANS if "~" in name])
def test_marginal_probabilities_agree(fits, name):
    stored = MEANS[name]
    means = fits[stored["fit"]].emmeans(stored["specs"])
    agree(means.frame, stored["means"], "prob", stored["fit"])


@pytest.mark.parametrize("name", [name for name in MEANS if MEANS[name].get("pairs")])
def test_pairs_of_probabilities_agree(fits, name):
    stored = MEANS[name]
    pairs = fits[stored["fit"]].emmeans(stored["specs"]).pairs(adjust="none").frame
    agree(pairs, stored["pairs"], "estimate", stored["fit"])
    assert pairs["contrast"].tolist() == [row["contrast"] for row in stored["pairs"]]
    np.testing.assert_allclose(pairs["p_value"], column(stored["pairs"], "p.value"), rtol=1e-3, atol=1e-12)


def test_intervals_of_probabilities_agree(fits):
    stored = MEANS["clm_logit ~ Infl | Sat"]["means"]
    frame = fits["clm_logit"].emmeans("Infl").frame
    np.testing.assert_allclose(frame["conf_low"], column(stored, "asymp.LCL"), rtol=1e-7)
    np.testing.assert_allclose(frame["conf_high"], column(stored, "asymp.UCL"), rtol=1e-7)


def test_probabilities_at_chosen_values_agree(fits):
    means = fits["multinom_covariates"].emmeans("race", by="age", at={"age": [20, 35], "lwt": 130})
    agree(means.frame, MEANS["multinom_covariates at"]["means"], "prob", "multinom_covariates")


@pytest.mark.parametrize(
    ("name", "fit", "call"),
    [
        ("multinom_predictions", "multinom_covariates", lambda fit: fit.predictions()),
        ("multinom_difference", "multinom_covariates", lambda fit: fit.comparisons({"smoke": ("0", "1")})),
        ("multinom_slope", "multinom_covariates", lambda fit: fit.marginal_effects("age")),
        ("clm_predictions", "clm_probit", lambda fit: fit.predictions()),
        ("clm_difference", "clm_probit", lambda fit: fit.marginal_effects("temp")),
    ],
)
def test_averages_over_the_rows_agree(fits, name, fit, call):
    table, stored = call(fits[fit]).frame, AVERAGES[name]
    # means of standard errors 0.005 to 0.08; R's estimates as above, its jacobian right to 1e-10
    np.testing.assert_allclose(table["estimate"], stored["estimate"], atol=1e-8)
    np.testing.assert_allclose(table["std_error"], stored["SE"], rtol=1e-6)


def test_how_many_numbers_are_compared():
    means = sum(len(stored["means"]) for stored in MEANS.values())
    pairs = sum(len(stored["pairs"] or ()) for stored in MEANS.values() if "pairs" in stored)
    print(f"probabilities: {means} means, {pairs} pairs of {len(STORED['means'])} grids of 6 models")
    assert (means, pairs) == (182, 353)
