"""The scikit-learn estimators: scikit-learn's own checks, pipelines, formulas, routing."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

pytest.importorskip("sklearn")

import sklearn
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from glmkit.sklearn import GLMClassifier, GLMRegressor, MultinomialClassifier

ESTIMATORS = [
    GLMRegressor(),
    GLMRegressor("poisson"),
    GLMRegressor("gamma", "log"),
    GLMClassifier(),
    GLMClassifier("probit"),
    MultinomialClassifier(),
]
CLAIMS = gk.load_dataset("insurance_claims")
PENGUINS = gk.load_dataset("penguins").dropna()
BIRTHS = gk.load_dataset("birthwt").assign(race=lambda d: d["race"].map({1: "white", 2: "black", 3: "other"}))


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_scikit_learns_own_checks_pass(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks fit separated and constant data on purpose
        check_estimator(estimator)


def test_a_gaussian_regressor_equals_least_squares():
    trees = gk.load_dataset("trees")
    X, y = trees[["Girth", "Height"]], trees["Volume"]
    ours, theirs = GLMRegressor().fit(X, y), LinearRegression().fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10)
    np.testing.assert_allclose(ours.score(X, y), theirs.score(X, y), rtol=1e-10)


def test_a_formula_reads_its_offset_from_the_columns():
    formula = "District + Group + Age + offset(log(Holders))"
    model = GLMRegressor("poisson", formula=formula).fit(CLAIMS, CLAIMS["Claims"])
    fit = gk.glm(f"Claims ~ {formula}", CLAIMS, "poisson")
    np.testing.assert_allclose(model.predict(CLAIMS), fit.fitted, rtol=1e-12)


def test_an_offset_is_passed_to_fit_and_to_predict():
    X, offset = CLAIMS[["Holders"]] / 1000, np.log(CLAIMS["Holders"])
    model = GLMRegressor("poisson").fit(X, CLAIMS["Claims"], offset=offset)
    np.testing.assert_allclose(model.predict(X, offset=offset), model.results_.fitted, rtol=1e-12)
    np.testing.assert_allclose(model.predict(X) * CLAIMS["Holders"], model.results_.fitted, rtol=1e-12)


def test_weights_and_offsets_are_routed_through_a_search():
    offset = np.log(CLAIMS["Holders"].to_numpy())
    with sklearn.config_context(enable_metadata_routing=True):
        model = GLMRegressor("poisson", formula="District").set_fit_request(offset=True, sample_weight=True)
        model.set_score_request(offset=True, sample_weight=True)
        search = GridSearchCV(
            model, {"formula": ["District", "District + Group"]}, cv=KFold(4, shuffle=True, random_state=1)
        )
        search.fit(CLAIMS, CLAIMS["Claims"], offset=offset, sample_weight=np.ones(64))
    assert search.best_params_ == {"formula": "District + Group"}


def test_a_pipeline_scales_and_fits():
    data = gk.load_dataset("birthwt")
    pipeline = make_pipeline(StandardScaler(), GLMClassifier())
    assert cross_val_score(pipeline, data[["age", "lwt", "smoke"]], data["low"], cv=3).shape == (3,)


def test_scaled_columns_with_names_reach_a_formula():
    data = gk.load_dataset("trees")
    pipeline = make_pipeline(
        StandardScaler().set_output(transform="pandas"), GLMRegressor(formula="Girth * Height")
    )
    pipeline.fit(data[["Girth", "Height"]], data["Volume"])
    assert pipeline[-1].results_.formula == "glmkit_response ~ Girth * Height"


def test_classes_of_any_kind_come_back_as_they_are():
    data = gk.load_dataset("birthwt").assign(kind=lambda d: np.where(d["low"] == 1, "small", "not small"))
    model = GLMClassifier(formula="age + lwt").fit(data, data["kind"])
    assert set(model.predict(data)) <= {"small", "not small"}
    assert model.classes_.tolist() == ["not small", "small"]


def test_more_than_two_classes_are_refused():
    data = gk.load_dataset("birthwt")
    with pytest.raises(gk.DataError, match="binary classification"):
        GLMClassifier().fit(data[["age", "lwt"]], data["race"])


def test_an_aliased_column_counts_as_zero():
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [2.0, 4.0, 6.0, 8.0]})
    with pytest.warns(gk.AliasedWarning):
        model = GLMRegressor().fit(X, [1.0, 3.0, 2.0, 4.0])
    assert model.coef_[1] == 0.0
    np.testing.assert_allclose(model.predict(X), model.results_.fitted, rtol=1e-12)


def test_a_formula_without_names_is_refused():
    with pytest.raises(gk.DataError, match="DataFrame"):
        GLMRegressor(formula="x0").fit(np.ones((3, 1)), [1.0, 2.0, 3.0])


def test_a_clone_has_the_same_parameters():
    model = GLMRegressor(gk.Poisson("sqrt"), formula="a + b", tol=1e-7)
    assert clone(model).get_params() == model.get_params()


def test_a_multinomial_classifier_has_the_probabilities_of_the_fit():
    model = MultinomialClassifier(formula="body_mass_g + sex").fit(PENGUINS, PENGUINS["species"])
    fit = gk.glm("species ~ body_mass_g + sex", PENGUINS, gk.Multinomial())
    np.testing.assert_allclose(model.predict_proba(PENGUINS), fit.predict(type="prob"), rtol=1e-9)
    assert model.classes_.tolist() == ["Adelie", "Chinstrap", "Gentoo"]


def test_multinomial_coefficients_are_log_odds_between_classes():
    X = BIRTHS[["age", "lwt"]]
    model = MultinomialClassifier("other").fit(X, BIRTHS["race"])
    eta = X.to_numpy() @ model.coef_.T + model.intercept_
    np.testing.assert_allclose(model.decision_function(X), eta, rtol=1e-9, atol=1e-9)
    assert model.coef_[model.classes_ == "other"].tolist() == [[0.0, 0.0]]


def test_an_unpenalised_logistic_regression_of_several_classes_agrees():
    X = StandardScaler().fit_transform(PENGUINS[["body_mass_g"]])
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(X, PENGUINS["species"])
    ours = MultinomialClassifier().fit(X, PENGUINS["species"])
    # theirs stops at a gradient of 1e-10 by lbfgs
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)


def test_two_classes_agree_with_the_binomial_classifier():
    data = gk.load_dataset("birthwt")
    X, y = data[["age", "lwt"]], data["low"]
    binomial, multinomial = GLMClassifier().fit(X, y), MultinomialClassifier().fit(X, y)
    np.testing.assert_allclose(multinomial.predict_proba(X), binomial.predict_proba(X), rtol=1e-9)
    np.testing.assert_allclose(multinomial.decision_function(X), binomial.decision_function(X), rtol=1e-8)


@pytest.mark.parametrize("kind", [bool, int, str, float])
def test_a_multinomial_classifier_returns_classes_of_any_kind(kind):
    data = gk.load_dataset("birthwt")
    y = data["low"].astype(kind).to_numpy()
    predicted = MultinomialClassifier(formula="age + lwt").fit(data, y).predict(data)
    assert predicted.dtype == y.dtype
    assert set(predicted) <= set(y)


def test_a_class_without_weight_has_probability_zero():
    weights = (BIRTHS["race"] != "other").to_numpy(dtype=float)
    with pytest.warns(gk.GlmkitWarning, match="Level other"):
        model = MultinomialClassifier(formula="age").fit(BIRTHS, BIRTHS["race"], weights)
    assert np.all(model.predict_proba(BIRTHS)[:, 1] == 0.0)
    assert model.coef_.shape == (3, 1)


def test_weights_of_classes_are_routed_through_cross_validation():
    with sklearn.config_context(enable_metadata_routing=True):
        model = MultinomialClassifier(formula="age + lwt")
        model.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        weights = {"sample_weight": np.ones(len(BIRTHS))}
        scores = cross_val_score(model, BIRTHS, BIRTHS["race"], cv=4, params=weights)
    assert scores.shape == (4,)


def test_a_multinomial_pipeline_takes_named_columns():
    scaled = StandardScaler().set_output(transform="pandas")
    model = make_pipeline(scaled, MultinomialClassifier(formula="poly(body_mass_g, 2)"))
    model.fit(PENGUINS[["body_mass_g"]], PENGUINS["species"])
    assert model.score(PENGUINS[["body_mass_g"]], PENGUINS["species"]) > 0.7


def test_separated_classes_keep_their_limits():
    X = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    with pytest.warns(gk.SeparationWarning):
        model = MultinomialClassifier().fit(X, list("aabbcc"))
    assert model.predict(X).tolist() == list("aabbcc")
    np.testing.assert_allclose(model.predict_proba(X).max(axis=1), 1.0)


@pytest.mark.parametrize("estimator", [GLMClassifier(), MultinomialClassifier()])
def test_one_class_that_counts_is_refused(estimator):
    with pytest.raises(gk.DataError, match="one class, 'a'"):
        estimator.fit([[1.0], [2.0], [3.0]], ["a", "b", "a"], [1.0, 0.0, 1.0])
