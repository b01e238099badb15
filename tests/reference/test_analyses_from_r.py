"""Whole analyses of data sets of R: every number as R has it once its iterations have ended."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

STORED = json.loads((Path(__file__).parent / "fixtures" / "analyses_from_r.json").read_text())
LEVELS = {"Class": ["1st", "2nd", "3rd", "Crew"], "Sex": ["Male", "Female"], "Age": ["Child", "Adult"]}
# R stores 15 digits, and the last of its iterations is at most 1e-8 away.
RTOL = 1e-7


def data(name: str) -> pd.DataFrame:
    return pd.DataFrame(STORED[name]["data"])


def titanic() -> dict[str, object]:
    frame = data("titanic").assign(**{k: lambda d, k=k: pd.Categorical(d[k], LEVELS[k]) for k in LEVELS})
    fit = gk.glm("Alive ~ Class * Sex + Age", frame, "binomial", weights="Freq")
    return {
        "coef": fit.coef,
        "deviance": fit.deviance,
        "aic": fit.aic,
        "anova": fit.anova().frame["deviance"].iloc[1:],
        "hat": fit.hatvalues().sum(),
    }


def infert() -> dict[str, object]:
    fit = gk.glm("case ~ spontaneous * parity + induced + age", data("infert"), "binomial")
    return {
        "coef": fit.coef,
        "hc3": fit.with_vcov("HC3").std_error,
        "cluster": fit.with_vcov("CR1", cluster="education").std_error,
        "type2": fit.anova(type=2).frame["statistic"],
        "cook": fit.cooks_distance().sum(),
        "rstudent": fit.rstudent().abs().sum(),
    }


def air() -> dict[str, object]:
    fit = gk.glm("Ozone ~ Solar.R + Wind * Temp", data("air"), gk.Gamma("log"))
    return {
        "coef": fit.coef,
        "std_error": fit.std_error,
        "drop1": fit.drop1(test="F").frame["statistic"].iloc[1:],
        "aic": fit.aic,
        "bic": fit.bic,
        "working": fit.residuals("working").abs().sum(),
        "rstandard": fit.rstandard().abs().sum(),
    }


def ucb() -> dict[str, object]:
    fit = gk.glm("Freq ~ Admit * Dept + Gender * Dept", data("ucb"), "poisson")
    return {
        "deviance": fit.deviance,
        "rao": fit.add1("~ . + Admit:Gender", test="Rao").frame["statistic"].iloc[1],
        "rstandard": fit.rstandard().iloc[:6],
    }


def gag() -> dict[str, object]:
    fit = gk.glm("GAG ~ poly(Age, 3)", data("gag"), gk.Gamma("log"))
    predicted = fit.predict({"Age": [1.0, 15.0]})
    return {"coef": fit.coef, "predict": predicted, "rstudent": fit.rstudent().iloc[:4]}


def swiss() -> dict[str, object]:
    formula = "I(Fertility / 100) ~ Agriculture + Education + Catholic"
    fit = gk.glm(formula, data("swiss"), "quasibinomial")
    return {
        "coef": fit.coef,
        "std_error": fit.std_error,
        "anova": fit.anova().frame["statistic"].iloc[1:],
    }


ANALYSES = {"titanic": titanic, "infert": infert, "air": air, "ucb": ucb, "gag": gag, "swiss": swiss}


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_has_the_numbers_of_r(name):
    found = ANALYSES[name]()
    assert {"data", *found} == set(STORED[name])
    for field, value in found.items():
        ours, theirs = np.atleast_1d(np.asarray(value, dtype=float)), np.atleast_1d(STORED[name][field])
        np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=1e-12, err_msg=f"{name}, {field}")


def test_how_many_numbers_are_compared(capsys):
    count = sum(
        np.size(value) for stored in STORED.values() for field, value in stored.items() if field != "data"
    )
    with capsys.disabled():
        print(f"\nnumbers of whole analyses compared: {count}")
    assert count > 70
