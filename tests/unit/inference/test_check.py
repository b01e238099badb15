"""The report of checks: each finding on data made to have it, and none where there is nothing."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy import special

import glmkit as gk
from glmkit.inference.check import CHECKS


def verdicts(fit: gk.Results) -> pd.Series:
    return fit.check().tables["checks"]["verdict"]


@pytest.fixture
def breaks() -> gk.Results:
    return gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")


@pytest.fixture
def well() -> gk.Results:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(400, 2))
    y = rng.poisson(np.exp(1.0 + x @ [0.3, -0.2]))
    return gk.glm("y ~ a + b", {"y": y, "a": x[:, 0], "b": x[:, 1]}, "poisson")


def test_a_model_that_is_true_passes_every_check(well):
    assert set(verdicts(well)) <= {"ok", "-"}
    assert well.check().notes == ()


def test_every_check_has_a_row(well):
    assert list(verdicts(well).index) == list(CHECKS)


def test_overdispersion_is_to_be_acted_on(breaks):
    row = breaks.check().tables["checks"].loc["Overdispersion"]
    assert row["verdict"] == "act"
    assert row["advice"].startswith("family=gk.QuasiPoisson()")


def test_a_robust_covariance_allows_for_overdispersion(breaks):
    assert verdicts(breaks.with_vcov("HC3"))["Overdispersion"] == "ok"


def test_separation_is_to_be_acted_on():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2, 2, 2, 3, 4]}, "binomial")
    assert verdicts(fit)["Convergence"] == "act"
    assert verdicts(fit)[["Link", "Influence", "Collinearity"]].tolist() == ["-", "-", "-"]


def test_a_maximum_on_the_edge_is_to_be_acted_on():
    with pytest.warns(gk.BoundaryWarning):
        fit = gk.glm("y ~ x", {"y": [0, 0, 3, 8, 9], "x": [0.0, 1, 2, 3, 4]}, gk.Poisson("identity"))
    assert verdicts(fit)["Convergence"] == "act"


def test_a_fit_that_did_not_converge_is_to_be_acted_on():
    with pytest.warns(gk.ConvergenceWarning):
        fit = gk.glm("art ~ ment", gk.load_dataset("biochemists"), "poisson", control=gk.Control(max_iter=1))
    assert verdicts(fit)["Convergence"] == "act"


def test_missing_values_are_looked_at():
    with pytest.warns(gk.DroppedRowsWarning):
        fit = gk.glm("y ~ x", {"y": [1.0, 2, 4, np.nan], "x": [0.0, 1, 2, 3]})
    assert verdicts(fit)["Missing values"] == "look"


def test_aliased_columns_are_looked_at():
    data = gk.load_dataset("trees").assign(twice=lambda d: 2 * d["Girth"])
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("Volume ~ Girth + twice", data)
    assert verdicts(fit)["Aliasing"] == "look"


def test_few_events_are_looked_at():
    fit = gk.glm("low ~ age + lwt + ht + ui + ptl + ftv", gk.load_dataset("birthwt"), "binomial")
    assert verdicts(fit)["Information"] == "look"  # 59 events, 7 coefficients


def test_too_many_zeros_are_looked_at():
    fit = gk.glm("art ~ fem + mar + kid5 + phd + ment", gk.load_dataset("biochemists"), "poisson")
    assert verdicts(fit)["Zeros"] == "look"


def test_a_curve_that_was_left_out_shows_in_the_link():
    fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
    assert verdicts(fit)["Link"] == "look"


def test_collinear_terms_are_looked_at():
    data = gk.load_dataset("trees")
    near = data.assign(near=data["Girth"] + np.resize([0.1, -0.1], 31))
    fit = gk.glm("Volume ~ Girth + near", near)
    assert verdicts(fit)["Collinearity"] == "look"


def test_an_influential_row_and_an_outlier_are_looked_at_by_name():
    x = np.linspace(0.0, 1.0, 40)
    y = 2.0 + x + 0.1 * np.cos(9.0 * np.arange(40))
    data = pd.DataFrame({"x": x, "y": y}, index=[f"r{i}" for i in range(40)])
    data.loc["r39"] = [4.0, 0.0]
    fit = gk.glm("y ~ x", data)
    assert verdicts(fit)["Influence"] == "look"
    assert any(note.startswith("Influence: without row r39 ") for note in fit.check().notes)


def test_observed_and_expected_events_that_differ_are_looked_at():
    x = np.repeat(np.linspace(-3.0, 3.0, 20), 100)
    p = special.expit(2.0 + x - x * x)
    y = (np.tile(np.arange(100), 20) < np.round(100 * p)).astype(float)
    fit = gk.glm("y ~ x", {"x": x, "y": y}, "binomial")
    assert verdicts(fit)["Calibration"] == "look"


def test_whatever_is_not_well_is_explained(breaks):
    report = breaks.check()
    flagged = report.tables["checks"].query("verdict in ['weak', 'look', 'act']").index
    assert [note.split(":")[0] for note in report.notes] == list(flagged)


def test_every_call_it_names_exists():
    formula = "art ~ fem + mar + kid5 + phd + ment"
    report = gk.glm(formula, gk.load_dataset("biochemists"), "poisson").check()
    calls = " ".join(report.tables["checks"]["advice"])
    named = re.findall(r"fit\.(\w+)", calls)
    assert named
    assert [name for name in named if not hasattr(gk.Results, name)] == []
    assert [name for name in re.findall(r"gk\.(\w+)", calls) if not hasattr(gk, name)] == []


@pytest.mark.parametrize("family", ["gaussian", "gamma", "inverse.gaussian", "quasipoisson", "poisson"])
def test_every_family_can_be_checked(family):
    fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), family)
    assert len(fit.check().tables["checks"]) == len(CHECKS)


def test_a_saturated_fit_can_be_checked():
    fit = gk.glm("y ~ x", {"y": [1, 3], "x": [0, 1]}, "poisson")
    assert verdicts(fit)[["Influence", "Outliers"]].tolist() == ["-", "-"]


def test_a_fit_of_the_intercept_alone_can_be_checked():
    fit = gk.glm("breaks ~ 1", gk.load_dataset("warpbreaks"), "poisson")
    assert verdicts(fit)["Collinearity"] == "-"


def test_the_numbers_are_those_of_influence_and_vif():
    fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
    result = fit.check().tables["checks"]["result"]
    assert result["Influence"] == f"largest Cook's distance {fit.cooks_distance().max():.4f}"
    assert result["Collinearity"] == f"largest VIF {fit.vif()['gvif'].max():.3f}"


def calibrated(shift: float) -> gk.Results:
    """Ten groups of 100 whose events differ from the line of their logits by a curve of a given size."""
    x = np.repeat(np.linspace(-1.0, 1.0, 10), 100)
    p = special.expit(x + shift * np.resize([1.0, -1.0], 10).repeat(100))
    y = (np.tile(np.arange(100), 10) < np.round(100 * p)).astype(float)
    return gk.glm("y ~ x", {"x": x, "y": y}, "binomial")


@pytest.mark.parametrize(
    ("shift", "low", "high", "verdict"),
    [(0.1, 0.05, 1.0, "ok"), (0.27, 0.01, 0.05, "weak"), (0.4, 0.0, 0.01, "look")],
)
def test_a_p_between_one_and_five_percent_is_weak_evidence(shift, low, high, verdict):
    fit = calibrated(shift)
    p_value = fit.hosmer_lemeshow().tables["test"]["p_value"].iloc[0]
    assert low < p_value < high
    assert verdicts(fit)["Calibration"] == verdict


def test_weak_evidence_is_counted_and_called_so():
    report = calibrated(0.27).check()
    assert report.title == "Check of the fit: 0 to act on, 0 to look at, 1 weak"
    assert report.notes[0].startswith("Calibration: weak evidence (a p of 0.01 to 0.05) that observed and")


def test_certain_overdispersion_of_little_size_is_weak_with_its_size():
    x = np.repeat(np.linspace(-1.0, 1.0, 10), 100)
    y = np.tile(np.floor(np.random.default_rng(3).negative_binomial(12.0, 12.0 / 15.0, 100)), 10)
    fit = gk.glm("y ~ x", {"x": x, "y": y}, "poisson")
    test = fit.overdispersion_test().frame.loc["Pearson"]
    assert 1.1 < test["estimate"] < 1.5
    assert test["p_value"] < 0.01
    assert verdicts(fit)["Overdispersion"] == "weak"


def test_a_parametric_bootstrap_does_not_allow_for_overdispersion(breaks):
    assert (
        verdicts(breaks.with_vcov("bootstrap", n=49, resample="parametric", seed=1))["Overdispersion"]
        == "act"
    )
    assert verdicts(breaks.with_vcov("bootstrap", n=49, seed=1))["Overdispersion"] == "ok"


def test_few_rows_of_a_normal_response_are_not_said_to_bias_the_estimates():
    report = gk.glm("Volume ~ Girth + Height + I(Girth**2)", gk.load_dataset("trees")).check()
    assert report.tables["checks"].loc["Information", "result"] == "7.8 rows per coefficient"
    note = next(note for note in report.notes if note.startswith("Information"))
    assert "bias" not in note
    assert "the fit follows chance closely" in note


def test_expected_zeros_have_one_decimal():
    fit = gk.glm("Days ~ Eth * Sex + Age", gk.load_dataset("quine"), gk.NegativeBinomial())
    assert fit.check().tables["checks"].loc["Zeros", "result"] == "9 seen, 6.3 expected"


def test_shares_without_trials_are_counted_by_rows():
    data = gk.load_dataset("trees").assign(share=lambda d: d["Volume"] / 100.0)
    fit = gk.glm("share ~ Girth + Height", data, "quasibinomial")
    assert fit.check().tables["checks"].loc["Information", "result"] == "10 rows per coefficient"
