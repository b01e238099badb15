"""Effects computed by the package marginaleffects from a fit of ours, beside our own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.adapters.marginaleffects import to_marginaleffects

pytest.importorskip("statsmodels")
me = pytest.importorskip("marginaleffects")

# what marginaleffects asks of polars is not for its callers to change
pytestmark = pytest.mark.filterwarnings("ignore:.*get_categories:DeprecationWarning")

BIRTHS = gk.load_dataset("birthwt")
CLAIMS = gk.load_dataset("insurance_claims")
# Both average the same functions; theirs are differences for slopes.
RELATIVE = 1e-6
# Their gradients are one-sided differences of a step 1.5e-8 of a coefficient, of the tangent that they see.
ERRORS = 1e-6
# For slopes, which are differences themselves, a longer step leaves the least rounding.
STEP = 1e-3


@pytest.fixture(scope="module")
def births():
    return gk.glm("low ~ smoke + poly(age, 2) * lwt + factor(race)", BIRTHS, "binomial")


@pytest.fixture(scope="module")
def warp():
    return gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")


@pytest.fixture(scope="module")
def claims():
    return gk.glm("Claims ~ District + Group + offset(log(Holders))", CLAIMS, "poisson")


def agree(ours: pd.DataFrame, theirs) -> None:
    np.testing.assert_allclose(theirs.data["estimate"].to_numpy(), ours["estimate"], rtol=RELATIVE)
    np.testing.assert_allclose(theirs.data["std_error"].to_numpy(), ours["std_error"], rtol=ERRORS)


def test_average_predictions_agree(births):
    agree(births.predictions().frame, me.avg_predictions(to_marginaleffects(births)))


def test_predictions_by_group_agree(warp):
    ours = warp.predictions(by="tension").frame
    theirs = me.avg_predictions(to_marginaleffects(warp), by="tension")
    assert theirs.data["tension"].to_list() == ours["tension"].tolist()
    agree(ours, theirs)


def test_average_slopes_agree(births):
    ours = births.marginal_effects(["age", "lwt"]).frame
    theirs = me.avg_slopes(to_marginaleffects(births), variables=["age", "lwt"], eps_vcov=STEP)
    agree(ours, theirs)


def test_contrasts_of_a_factor_agree(births):
    ours = births.comparisons({"race": "pairwise"}).frame
    theirs = me.avg_comparisons(to_marginaleffects(births), variables={"race": "pairwise"})
    assert theirs.data["contrast"].to_list() == ours["contrast"].tolist()
    agree(ours, theirs)


def test_risk_differences_agree(births):
    theirs = me.avg_comparisons(to_marginaleffects(births), variables={"smoke": [0, 1]})
    agree(births.comparisons({"smoke": (0, 1)}).frame, theirs)


def test_log_risk_ratios_agree(births):
    ours = births.comparisons({"smoke": (0, 1)}, comparison="ratio").frame
    theirs = me.avg_comparisons(
        to_marginaleffects(births), variables={"smoke": [0, 1]}, comparison="lnratioavg"
    )
    np.testing.assert_allclose(theirs.data["estimate"].to_numpy(), np.log(ours["estimate"]), rtol=RELATIVE)
    error = ours["std_error"] / ours["estimate"]
    np.testing.assert_allclose(theirs.data["std_error"].to_numpy(), error, rtol=ERRORS)


def test_an_offset_counts(claims):
    agree(claims.predictions().frame, me.avg_predictions(to_marginaleffects(claims)))


def test_the_covariance_in_use_is_handed_over(warp):
    robust = warp.with_vcov("HC1")
    agree(robust.comparisons("wool").frame, me.avg_comparisons(to_marginaleffects(robust), variables="wool"))


def test_an_estimated_dispersion_is_handed_over():
    fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"), gk.Gamma("log"))
    theirs = me.avg_predictions(to_marginaleffects(fit))
    ours = fit.predictions().frame
    agree(ours, theirs)
    np.testing.assert_allclose(theirs.data["conf_low"].to_numpy(), ours["conf_low"], rtol=ERRORS)


def test_a_change_of_several_coefficients_is_no_derivative(warp):
    model = to_marginaleffects(warp)
    coef, design = warp.coef.to_numpy(), model.get_exog(model.get_modeldata())
    moved = warp.design.to_numpy() @ (coef + 0.1)
    np.testing.assert_allclose(model.get_predict(coef + 0.1, design)["estimate"], np.exp(moved), rtol=1e-12)
    np.testing.assert_allclose(model.get_predict(coef, design)["estimate"], warp.fitted, rtol=1e-12)


def test_a_fit_without_a_formula_is_refused():
    fit = gk.glm_fit(np.ones((4, 1)), [1.0, 2.0, 3.0, 5.0])
    with pytest.raises(gk.FitError, match="ready design"):
        to_marginaleffects(fit)


def test_an_offset_given_as_values_is_refused():
    fit = gk.glm("Claims ~ District", CLAIMS, "poisson", exposure=CLAIMS["Holders"].to_numpy())
    with pytest.raises(gk.FitError, match="exposure= was given as values"):
        to_marginaleffects(fit)
