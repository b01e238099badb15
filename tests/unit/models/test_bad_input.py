"""Input that cannot be fitted: our own error, naming the place and the cure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

DATA = gk.load_dataset("birthwt")
FIT = gk.glm("low ~ age + factor(race)", DATA, "binomial")


def fit(formula="low ~ age", data=DATA, family="binomial", **arguments):
    return gk.glm(formula, data, family, **arguments)


CASES = {
    "unknown column": (lambda: fit("low ~ agee"), gk.FormulaError, "agee.*Did you mean `age`"),
    "unknown family": (lambda: fit(family="binomia"), gk.FamilyError, "binomia.*Binomial"),
    "unknown link": (lambda: fit(family=gk.Binomial("logitt")), gk.FamilyError, "logitt.*logit"),
    "empty data": (lambda: fit(data=DATA.iloc[:0]), gk.DataError, "empty"),
    "all rows missing": (lambda: fit(data=DATA.assign(age=np.nan)), gk.DataError, "no rows left.*age"),
    "outside the support": (lambda: fit("lwt ~ age"), gk.FamilyError, "lwt.*between 0 and 1.*Rows"),
    "negative counts": (
        lambda: fit("y ~ age", DATA.assign(y=-1), "poisson"),
        gk.FamilyError,
        "y.*poisson.*Rows",
    ),
    "infinite x": (
        lambda: fit(data=DATA.assign(age=DATA["age"].astype(float).replace(19, np.inf))),
        gk.DataError,
        "age.*infinite",
    ),
    "infinite y": (
        lambda: fit("y ~ age", DATA.assign(y=np.inf), "gaussian"),
        gk.DataError,
        "y.*infinite",
    ),
    "wrong length of weights": (lambda: fit(weights=[1.0, 2.0]), gk.DataError, "weights.*length 2.*189"),
    "negative weights": (lambda: fit(weights=-np.ones(189)), gk.DataError, "weights.*negative|weights.*>= 0"),
    "all weights zero": (lambda: fit(weights=np.zeros(189)), gk.DataError, "weights"),
    "fractional frequencies": (
        lambda: fit(freq_weights=np.full(189, 0.5)),
        gk.DataError,
        "freq_weights.*whole",
    ),
    "exposure without log link": (lambda: fit(exposure="age"), gk.DataError, "exposure.*log link"),
    "dates": (lambda: fit("low ~ d", DATA.assign(d=pd.Timestamp("2020-01-01"))), gk.DataError, "d"),
    "no response": (lambda: fit("~ age"), gk.FormulaError, "no response"),
    "a second part": (lambda: fit("low ~ age | smoke"), gk.FormulaError, "smoke.*after `\\|`"),
    "not a formula": (lambda: fit(3), gk.FormulaError, "text"),
    "not data": (lambda: fit(data=3), gk.DataError, "int"),
    "unknown method": (lambda: fit(method="magic"), gk.FitError, "method"),
    "unknown na_action": (lambda: fit(na_action="drop"), gk.DataError, "omit"),
    "start of wrong length": (lambda: fit(start=[0.0]), gk.FitError, "start"),
    "start of wrong names": (lambda: fit(start={"Intercept": 0.0, "agee": 0.0}), gk.FitError, "agee"),
    "start of words": (lambda: fit(start="x"), gk.FitError, "start='x'.*numbers"),
    "start outside the range": (
        lambda: fit("bwt ~ age", family=gk.Gamma("identity"), start=[-1.0, 0.0]),
        gk.FitError,
        "start",
    ),
    "control that cannot work": (lambda: gk.Control(tol=-1.0), gk.FitError, "tol"),
    "unknown level at predict": (
        lambda: FIT.predict({"age": [20], "race": [9]}),
        gk.NewLevelError,
        "race.*9.*1, 2, 3",
    ),
    "missing column at predict": (lambda: FIT.predict({"age": [20]}), gk.DataError, "race"),
    "text for a number at predict": (lambda: FIT.predict({"age": ["x"], "race": [1]}), gk.DataError, "age"),
    "contrasts of no kind": (lambda: fit(contrasts=3), gk.FormulaError, "contrasts.*int"),
    "a robust covariance of a perfect fit": (
        lambda: gk.glm("y ~ x", {"y": [1.0, 2.0], "x": [0.0, 1.0]}).with_vcov("HC1"),
        gk.FitError,
        "HC1.*residuals",
    ),
    "unknown type of prediction": (lambda: FIT.predict(type="respons"), gk.FitError, "type.*response"),
    "unknown residual": (lambda: FIT.residuals("devience"), gk.FitError, "deviance"),
    "level of 95": (lambda: FIT.confint("wald", level=95), gk.FitError, "between 0 and 1"),
    "unknown naming": (lambda: FIT.summary(names="R"), gk.FitError, "names"),
    "negative dispersion": (lambda: FIT.summary(dispersion=-1.0), gk.FitError, "dispersion"),
    "X with another number of rows": (lambda: gk.glm_fit(np.ones((3, 1)), [1.0, 2.0]), gk.DataError, "rows"),
    "X that is no matrix": (lambda: gk.glm_fit(np.ones(3), np.ones(3)), gk.DataError, "X"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_bad_input_is_refused_with_place_and_cure(case):
    call, error, says = case
    with pytest.raises(error, match=f"(?s){says}") as caught:
        call()
    assert isinstance(caught.value, gk.GlmkitError)
    assert len(str(caught.value)) > 20


def test_the_facts_of_an_error_are_attributes():
    with pytest.raises(gk.FamilyError) as caught:
        fit("lwt ~ age")
    assert caught.value.column == "lwt"
    assert caught.value.rows == [0, 1, 2, 3, 4]


def test_non_convergence_is_warned_and_noted():
    with pytest.warns(gk.ConvergenceWarning, match="did not converge"):
        stopped = fit(control=gk.Control(max_iter=1))
    assert not stopped.converged
    assert any("did not converge" in note for note in stopped.notes)
    assert "did not converge" in str(stopped.summary())


def test_non_convergence_raises_on_request():
    with pytest.raises(gk.FitError, match="did not converge"):
        fit(control=gk.Control(max_iter=1, on_failure="raise"))


def test_separation_is_warned_with_names_and_raised_on_request():
    data = pd.DataFrame({"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6]})
    with pytest.warns(gk.SeparationWarning, match="x = Inf"):
        separated = gk.glm("y ~ x", data, "binomial")
    assert separated.coef["x"] == np.inf
    assert separated.std_error.isna().all()
    with pytest.raises(gk.FitError, match="Separation"):
        gk.glm("y ~ x", data, "binomial", control=gk.Control(on_failure="raise"))


def test_warnings_point_to_the_users_line():
    data = pd.DataFrame({"y": [1.0, 2.0, 4.0], "x": [1.0, np.nan, 2.0]})
    with pytest.warns(gk.DroppedRowsWarning) as caught:
        gk.glm("y ~ x", data)
    assert caught[0].filename == __file__
