"""Every model that can be fitted can be checked and put in a table, without a warning."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from oracle_cases import COMPONENT_METHODS, case_ids, fit_case, read_case, waiting_for

import glmkit as gk
from glmkit.inference.check import CHECKS

READY = [name for name in case_ids() if waiting_for(read_case(name)) in ("", "separation")]
SEVERAL = [name for name in READY if read_case(name)["model"]["method"] in COMPONENT_METHODS]
CASES = [name for name in READY if name not in SEVERAL]


def fitted(name: str) -> gk.Results:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)  # what is tested comes after the fit
        return fit_case(read_case(name))


@pytest.mark.parametrize("name", CASES)
def test_a_fit_can_be_checked_within_80_columns(name):
    report = fitted(name).check()
    assert list(report.tables["checks"].index) == list(CHECKS)
    assert max(map(len, str(report).splitlines())) <= 80


@pytest.mark.parametrize("name", SEVERAL)
def test_checks_are_refused_where_a_row_has_several_predictors(name):
    with pytest.raises(gk.FitError, match="several linear predictors"):
        fitted(name).check()


@pytest.mark.slow
@pytest.mark.parametrize("name", READY)
def test_a_fit_can_stand_in_a_table(name):
    fit = fitted(name)
    shown = gk.etable(fit, ci=True, stars=True).frame["(1)"]["estimate"]
    np.testing.assert_array_equal(shown, fit.coef)
    names = [name if isinstance(name, str) else ", ".join(name) for name in fit.coef.index]
    assert shown.index.tolist() == names


def test_how_many_cases_are_checked(capsys):
    with capsys.disabled():
        print(f"\nfits checked: {len(CASES)}")
    assert len(CASES) > 80
