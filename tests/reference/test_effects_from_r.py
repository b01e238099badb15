"""Standardised risks, elasticities and average predictions against their definition in base R."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

STORED = json.loads((Path(__file__).parent / "fixtures" / "effects_from_r.json").read_text())
EXPECTED = STORED["expected"]
COMPARED = {"estimate": 0, "std_error": 0}
# R's gradients are central differences of fourth order; estimates of slopes too
RELATIVE = 1e-6


def levels_of(data: pd.DataFrame, *names: str) -> pd.DataFrame:
    return data.assign(**{n: pd.Categorical(data[n], list(dict.fromkeys(data[n]))) for n in names})


@pytest.fixture(scope="module")
def births():
    data = pd.DataFrame(STORED["births"])
    return gk.glm("low ~ smoke + age * lwt + factor(race)", data, "binomial")


@pytest.fixture(scope="module")
def trees():
    return gk.glm("Volume ~ poly(Girth, 2) + log(Height)", pd.DataFrame(STORED["trees"]), gk.Gamma("log"))


@pytest.fixture(scope="module")
def claims():
    data = levels_of(pd.DataFrame(STORED["insurance"]), "District", "Group")
    return gk.glm("Claims ~ District + Group + offset(log(Holders))", data, "poisson")


def agree(frame: pd.DataFrame, names: list[str], shown=lambda value: value, slope=lambda value: 1.0) -> None:
    """Rows against stored values, which are logs where the comparison is tested as one."""
    stored = np.array([[EXPECTED[name]["estimate"], EXPECTED[name]["std_error"]] for name in names])
    np.testing.assert_allclose(frame["estimate"], shown(stored[:, 0]), rtol=RELATIVE)
    np.testing.assert_allclose(frame["std_error"], stored[:, 1] * slope(stored[:, 0]), rtol=RELATIVE)
    COMPARED["estimate"] += len(frame)
    COMPARED["std_error"] += len(frame)


@pytest.mark.parametrize(
    ("comparison", "shown", "slope"),
    [
        ("difference", lambda v: v, lambda v: 1.0),
        ("ratio", np.exp, np.exp),
        ("lift", np.expm1, np.exp),
        ("odds_ratio", np.exp, np.exp),
        ("nnt", lambda v: v, lambda v: 1.0),
    ],
)
def test_standardised_risks_are_compared_as_defined(births, comparison, shown, slope):
    stored = {"lift": "ratio"}.get(comparison, comparison)
    ask = {"smoke": (0, 1)}
    agree(births.comparisons(ask, comparison=comparison).frame, [f"{stored}_all"], shown, slope)
    by_race = births.comparisons(ask, comparison=comparison, by="race").frame
    agree(by_race, [f"{stored}_{race}" for race in (1, 2, 3)], shown, slope)


def test_average_predictions_under_both_values_agree(births):
    agree(births.predictions(at={"smoke": [0, 1]}).frame, ["untreated_all", "treated_all"])
    by_race = births.predictions(at={"smoke": 1}, by="race").frame
    agree(by_race, [f"treated_{race}" for race in (1, 2, 3)])


@pytest.mark.parametrize("kind", ["dydx", "eyex", "eydx", "dyex"])
def test_slopes_and_elasticities_agree(births, trees, kind):
    agree(trees.marginal_effects(kind=kind).frame, [f"slope_{kind}_{x}" for x in ("Girth", "Height")])
    own = births.marginal_effects(["age", "lwt"], kind=kind).frame
    agree(own, [f"slope_{kind}_{x}" for x in ("age", "lwt")])


def test_a_slope_through_the_offset_agrees(claims):
    agree(claims.marginal_effects("Holders").frame, ["slope_dydx_Holders"])


def test_averages_with_an_offset_agree(claims):
    districts = ["1", "2", "3", "4"]
    agree(claims.predictions(by="District").frame, [f"claims_{d}" for d in districts])
    agree(claims.predictions(at={"District": districts}).frame, [f"claims_set_{d}" for d in districts])


def test_how_many_are_compared(capsys):
    with capsys.disabled():
        print(f"\neffects by definition, R {STORED['r']}: numbers compared: {COMPARED}")
    assert len(EXPECTED) >= 40
