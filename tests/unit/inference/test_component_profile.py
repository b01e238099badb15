"""How much work the profile intervals of models with several predictors take."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.fitting import component_fit
from glmkit.inference import component_profile

rng = np.random.default_rng(1)
DATA = pd.DataFrame({"x": rng.normal(size=60), "o": rng.integers(0, 5, 60), "s": rng.beta(2, 3, 60)})


@pytest.fixture
def refits(monkeypatch):
    made = []
    refit = component_profile.refit_components
    monkeypatch.setattr(
        component_profile, "refit_components", lambda *a, **k: made.append(k["start"]) or refit(*a, **k)
    )
    return made


@pytest.mark.parametrize(
    ("formula", "family"),
    [("o ~ x", gk.Cumulative("cloglog")), ("s ~ x", gk.Beta()), ("o ~ x", gk.Multinomial())],
)
def test_an_end_takes_few_refits(refits, formula, family):
    fit = gk.glm(formula, DATA, family)
    fit.confint("profile")
    assert len(refits) <= 2 * fit.fit.rank * 5


def test_the_null_model_is_not_fitted_again(monkeypatch):
    fit = gk.glm("s ~ x", DATA, gk.Beta())
    monkeypatch.setattr(component_fit, "null_model", None)
    assert np.all(np.isfinite(fit.confint("profile")))


def test_the_slope_is_that_of_the_deviance():
    fit = gk.glm("s ~ x", DATA, gk.Beta())
    added = component_profile.predictor_rows(
        fit.frame, fit.family, [part.design for part in component_profile.parts_of(fit.frame)], 60
    )[:, :, 1]
    path, value = component_profile._Path(fit, 1, added), fit.coef.iloc[1] + 0.1
    below, above = (path.at(value + change).deviance for change in (-1e-4, 1e-4))
    # Central differences of step 1e-4, and their truncation.
    assert path.slope(path.at(value)) == pytest.approx((above - below) / 2e-4, rel=1e-5)
