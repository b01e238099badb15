"""Marginal means where it is hard: unbalanced, nested, empty cells, offsets, covariates, slopes."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

STORED = json.loads((Path(__file__).parent / "fixtures" / "emmeans_from_r.json").read_text())
EXPECTED = STORED["expected"]
RELATIVE = 1e-6


def frame_of(name: str, *factors: str) -> pd.DataFrame:
    data = pd.DataFrame(STORED["data"][name])
    return data.assign(**{f: pd.Categorical(data[f], list(dict.fromkeys(data[f]))) for f in factors})


@pytest.fixture(scope="module")
def fits():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.AliasedWarning)  # nested and empty cells: that is the point
        return made_fits()


def made_fits() -> dict[str, gk.Results]:
    warp = frame_of("unbalanced", "wool", "tension")
    insurance = frame_of("insurance", "District", "Group", "Age")
    cells = frame_of("cells", "wool", "tension")
    return {
        "crossed": gk.glm("breaks ~ wool * tension", warp, "poisson"),
        "additive": gk.glm("breaks ~ wool + tension", warp, gk.Gamma("log")),
        "gaussian": gk.glm("breaks ~ wool * tension", warp),
        "nested": gk.glm("score ~ school / teacher", frame_of("nested")),
        "offset": gk.glm("Claims ~ District + Group + offset(log(Holders))", insurance, "poisson"),
        "covariate": gk.glm("Days ~ Eth * Sex + Age", frame_of("quine"), "poisson"),
        "quadratic": gk.glm("mpg ~ poly(wt, 2) * factor(am) + hp", frame_of("mtcars")),
        "empty": gk.glm("breaks ~ wool * tension", cells, "poisson"),
        "probit": gk.glm(
            "case ~ spontaneous + age + factor(parity)", frame_of("infert"), gk.Binomial("probit")
        ),
    }


def expected(name: str, column: str) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in EXPECTED[name][column]], dtype=float)


def agree(means, name: str, estimate: str = "emmean") -> None:
    """Means or contrasts in R's order, with errors and intervals of R's adjustment."""
    frame = means.confint().frame
    error = expected(name, "SE")
    size = np.nanmax(error)
    np.testing.assert_allclose(
        frame["estimate"], expected(name, estimate), rtol=RELATIVE, atol=RELATIVE * size
    )
    np.testing.assert_allclose(frame["std_error"], error, rtol=RELATIVE)
    np.testing.assert_allclose(frame["conf_low"], expected(name, "low"), rtol=1e-5, atol=1e-5 * size)
    np.testing.assert_allclose(frame["conf_high"], expected(name, "high"), rtol=1e-5, atol=1e-5 * size)


@pytest.mark.parametrize("weights", ["equal", "proportional", "outer", "cells"])
@pytest.mark.parametrize(("fit", "factor"), [("crossed", "wool"), ("covariate", "Eth")])
def test_every_weighting_of_unbalanced_data_agrees(fits, fit, factor, weights):
    means = fits[fit].emmeans(factor, scale="link", weights=weights)
    agree(means, f"{fit}_{factor}_{weights}")


@pytest.mark.parametrize(
    ("name", "fit", "specs", "at"),
    [
        ("gaussian_tension", "gaussian", "tension", None),
        ("gaussian_overall", "gaussian", "1", None),
        ("additive_tension", "additive", "tension", None),
        ("nested_teacher", "nested", "teacher", None),
        ("nested_school", "nested", "school", None),
        ("offset_District", "offset", "District", None),
        ("quadratic_am", "quadratic", "am", {"wt": 2.5}),
        ("quadratic_am_by_wt", "quadratic", "am | wt", {"wt": [2, 3, 4]}),
        ("empty_wool", "empty", "wool", None),
        ("empty_cells", "empty", "wool * tension", None),
        ("empty_tension", "empty", "tension", None),
        ("probit_parity", "probit", "parity", None),
    ],
)
def test_means_agree(fits, name, fit, specs, at):
    agree(fits[fit].emmeans(specs, at=at, scale="link"), name)


def test_an_offset_of_zero_gives_rates(fits):
    agree(fits["offset"].emmeans("District", scale="link", offset=0.0), "offset_District_rate")


def test_an_exposure_of_one_is_an_offset_of_zero(fits):
    fit = fits["offset"]
    pd.testing.assert_frame_equal(
        fit.emmeans("District", exposure=1.0).frame, fit.emmeans("District", offset=0.0).frame
    )


def test_nested_means_compare_within_and_across(fits):
    pairs = fits["nested"].emmeans("teacher").pairs()
    assert pairs.frame["contrast"].tolist() == EXPECTED["nested_teacher_pairs"]["contrast"]
    agree(pairs, "nested_teacher_pairs", "estimate")


METHODS = {"pairwise": "pairwise", "revpairwise": "revpairwise", "consec": "sequential", "poly": "polynomial"}


@pytest.mark.parametrize("adjust", ["none", "holm", "bonferroni", "sidak", "fdr"])
@pytest.mark.parametrize("method", ["pairwise", "revpairwise", "consec", "poly", "eff"])
def test_contrasts_and_their_adjustments_agree(fits, method, adjust):
    name = f"contrast_{method}_{adjust}"
    contrasts = fits["gaussian"].emmeans("tension").contrast(METHODS.get(method, "effect"), adjust=adjust)
    assert contrasts.frame["contrast"].tolist() == EXPECTED[name]["contrast"]
    agree(contrasts, name, "estimate")
    np.testing.assert_allclose(contrasts.frame["p_value"], expected(name, "p.value"), rtol=1e-6)


def test_comparisons_with_a_control_agree(fits):
    contrasts = fits["gaussian"].emmeans("tension").contrast("trt.vs.ctrl")
    # R integrates by random points, to about 1e-3
    np.testing.assert_allclose(contrasts.frame["p_value"], expected("dunnett", "p.value"), rtol=5e-3)
    low = contrasts.confint().frame["conf_low"]
    np.testing.assert_allclose(low, expected("dunnett", "low"), rtol=1e-3)


def test_slopes_agree(fits):
    # R takes one difference over a thousandth of the range: its own error is some thousandths of a standard error
    frame = fits["quadratic"].emtrends("am", "wt").frame
    error = expected("trend_am", "SE")
    np.testing.assert_allclose(frame["estimate"], expected("trend_am", "wt.trend"), atol=5e-3 * error.max())
    np.testing.assert_allclose(frame["std_error"], error, rtol=5e-3)


def test_a_slope_is_the_derivative_of_the_mean(fits):
    fit, h = fits["quadratic"], 1e-4
    at = [fit.emmeans("am", at={"wt": 2.5 + d}).frame["estimate"].to_numpy() for d in (-h, h)]
    slope = fit.emtrends("am", "wt", at={"wt": 2.5}).frame["estimate"]
    np.testing.assert_allclose(slope, (at[1] - at[0]) / (2 * h), rtol=1e-7)


def test_equivalence_and_non_inferiority_agree(fits):
    pairs = fits["gaussian"].emmeans("tension").pairs("none")
    for name, table in (
        ("equivalence", pairs.test(delta=6.0)),
        ("noninferiority", pairs.test(delta=3.0, side=">")),
    ):
        np.testing.assert_allclose(table.frame["statistic"], expected(name, "t.ratio"), rtol=RELATIVE)
        np.testing.assert_allclose(table.frame["p_value"], expected(name, "p.value"), rtol=RELATIVE)


def test_regridded_means_are_compared_as_differences(fits):
    agree(fits["crossed"].emmeans("tension").regrid().pairs("none"), "regrid_pairs", "estimate")


def test_bias_adjusted_means_agree(fits):
    frame = fits["crossed"].emmeans("tension").bias_adjusted(0.4).frame
    for ours, theirs in (("estimate", "estimate"), ("conf_low", "low"), ("conf_high", "high")):
        np.testing.assert_allclose(frame[ours], expected("bias", theirs), rtol=RELATIVE)


@pytest.mark.parametrize("fit", ["crossed", "gaussian", "additive"])
def test_joint_tests_agree(fits, fit):
    frame = fits[fit].joint_tests().frame
    name = f"joint_{fit}"
    assert frame["term"].tolist() == EXPECTED[name]["term"]
    np.testing.assert_allclose(frame["p_value"], expected(name, "p"), rtol=1e-6)
