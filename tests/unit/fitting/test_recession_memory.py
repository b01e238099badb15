"""A linear function of separated estimates is decided once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.fitting import recession


def test_a_second_look_solves_no_further_linear_program(monkeypatch):
    solved, whole = [], recession.improving_direction
    monkeypatch.setattr(recession, "improving_direction", lambda *a, **k: solved.append(1) or whole(*a, **k))
    rng = np.random.default_rng(0)
    columns = {"g": rng.choice(list("abcd"), 14), "h": rng.choice(list("pq"), 14)}
    rng.normal(size=28)  # as drawn where it was found
    data = pd.DataFrame(columns).assign(y=rng.choice(list("lmt"), 14))
    with pytest.warns(gk.SeparationWarning), pytest.warns(gk.AliasedWarning):
        fit = gk.glm("y ~ g * h", data, gk.Multinomial())
    first, count = fit.estimate.coef, len(solved)
    assert count > 0
    errors = fit.estimate.std_error
    np.testing.assert_array_equal(fit.estimate.coef, first)
    assert len(solved) == count
    assert np.isinf(first).any()
    assert np.isnan(errors[np.isinf(first)]).all()
