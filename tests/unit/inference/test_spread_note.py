"""The note on overdispersion says of the standard errors what is true of those in the table."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk

MODEL_BASED = "so standard errors are too small. Consider QuasiPoisson()."


@pytest.fixture
def breaks() -> gk.Results:
    return gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")


def test_model_based_errors_are_said_to_be_too_small(breaks):
    assert breaks.summary().notes[0].endswith(MODEL_BASED)


@pytest.mark.parametrize("kind", ["HC1", "HAC"])
def test_robust_errors_are_not_said_to_be_too_small(breaks, kind):
    robust = breaks.with_vcov(kind)
    assert MODEL_BASED not in str(robust.summary()) + str(robust)
    assert f"about 1. Standard errors ({kind}" in robust.summary().notes[0]
    assert robust.notes == robust.summary().notes


def test_the_note_follows_the_covariance_however_often_it_changes(breaks):
    assert breaks.with_vcov("HC1").with_vcov("HC3").notes == breaks.with_vcov("HC3").notes


def test_errors_of_a_parametric_bootstrap_are_too_small(breaks):
    fit = breaks.with_vcov("bootstrap", n=49, resample="parametric", seed=1)
    assert fit.notes == breaks.notes


def test_errors_at_a_dispersion_given_are_not_too_small(breaks):
    notes = breaks.summary(dispersion=4.3).notes
    assert notes[0].endswith(
        "about 1. Standard errors are at the dispersion given; the log-likelihood and the AIC are not."
    )
    assert breaks.summary().notes[0].endswith(MODEL_BASED)


def test_the_other_notes_stay_as_they_are(breaks):
    data = gk.load_dataset("warpbreaks")
    data.loc[3, "wool"] = np.nan
    with pytest.warns(gk.DroppedRowsWarning):
        fit = gk.glm("breaks ~ wool", data, "poisson")
    assert fit.with_vcov("HC1").notes[:-1] == fit.notes[:-1]
