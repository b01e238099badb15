"""Binomial and multinomial regression as scikit-learn classifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from glmkit._typing import Array, IntArray
from glmkit.errors import DataError
from glmkit.families.base import Family
from glmkit.families.link_names import LinkLike
from glmkit.families.multinomial import Multinomial
from glmkit.families.registry import glm_family_from
from glmkit.sklearn.base import Estimator, SinglePredictor

__all__ = ["GLMClassifier", "MultinomialClassifier"]


class Classifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """What the classifiers share."""

    classes_: Any

    def _classified(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, IntArray]:
        """Return X checked and the position of each row's class, and set `classes_`."""
        X, y = self._read(X, reset=True, y=y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        counted = codes if sample_weight is None else codes[_check_sample_weight(sample_weight, X) > 0]
        if len(np.unique(counted)) == 1:
            only = self.classes_[counted[0]].item()
            raise DataError(
                f"The rows that count hold one class, {only!r}; a classifier needs two or more.",
                argument="y",
            )
        return X, codes


@dataclass(eq=False, repr=False)
class GLMClassifier(Classifier, SinglePredictor):
    """Regression of one of two classes: logit, probit, complementary log-log, ...

    Parameters
    ----------
    link : Link, class or name
    formula, fit_intercept, method, tol, max_iter
        As in `GLMRegressor`. ``method="firth"`` keeps the estimates of separated data finite.

    Attributes
    ----------
    classes_ : (2,) array
        The second is the event modelled.
    results_, coef_, intercept_, n_iter_
        As in `GLMRegressor`; `coef_` has shape (1, p) and `intercept_` (1,).

    Examples
    --------
    >>> import glmkit as gk
    >>> from glmkit.sklearn import GLMClassifier
    >>> data = gk.load_dataset("birthwt")
    >>> model = GLMClassifier(formula="age + factor(race) + smoke").fit(data, data["low"])
    >>> model.predict_proba(data.head(1)).round(3).tolist()
    [[0.659, 0.341]]
    """

    link: LinkLike | None = None

    def _family(self) -> Family:
        return glm_family_from("binomial", self.link)

    def fit(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> Self:
        """Fit the model; `y` holds two classes of any kind."""
        X, codes = self._classified(X, y, sample_weight)
        if len(self.classes_) > 2:
            raise DataError(
                f"Only binary classification is supported. The type of the target is {len(self.classes_)} classes; "
                "for more than two use MultinomialClassifier.",
                argument="y",
            )
        self._fit(X, codes.astype(np.float64), sample_weight, offset)
        self._described()
        self.coef_, self.intercept_ = self.coef_[None, :], np.array([self.intercept_])
        return self

    def decision_function(self, X: Any, offset: Any = None) -> Array:
        """Return the linear predictor, (n,): positive where the second class is predicted on a symmetric link."""
        return self._linear_predictor(X, offset)

    def predict_proba(self, X: Any, offset: Any = None) -> Array:
        """Return the probability of each class, (n, 2)."""
        eta = self._linear_predictor(X, offset)
        mean = self.results_.family.mean(eta)
        return np.column_stack([mean.comu, mean.mu])

    def predict_log_proba(self, X: Any, offset: Any = None) -> Array:
        """Return the log-probability of each class, (n, 2)."""
        with np.errstate(divide="ignore"):  # a separated class has probability 0
            return np.log(self.predict_proba(X, offset))

    def predict(self, X: Any, offset: Any = None) -> Any:
        """Return the more probable class of each row, (n,)."""
        event = self.predict_proba(X, offset)[:, 1] > 0.5
        return self.classes_[event.astype(int)]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


@dataclass(eq=False, repr=False)
class MultinomialClassifier(Classifier):
    """Softmax regression of two or more classes, without a penalty.

    Takes no offset: added to every class it cancels, and a column does not say which class
    it belongs to.

    Parameters
    ----------
    ref : class, optional
        The baseline, whose coefficients are 0; the first class if left out.
    formula, fit_intercept, tol, max_iter
        As in `GLMRegressor`.

    Attributes
    ----------
    classes_ : (K,) array
        The classes of y, sorted.
    results_ : Results
        The fit: ``results_.summary()``, ``results_.predict()``, ``results_.emmeans()``, ...
    coef_ : (K, p) array
        One row a class, 0 for the baseline and where aliased, so that the differences of
        ``X @ coef_.T + intercept_`` between classes are log-odds.
    intercept_ : (K,) array
        One a class, 0 for the baseline and without a constant.
    n_iter_ : int
        Iterations of the fit.

    Examples
    --------
    >>> import glmkit as gk
    >>> from glmkit.sklearn import MultinomialClassifier
    >>> data = gk.load_dataset("birthwt")
    >>> model = MultinomialClassifier(formula="age + smoke").fit(data, data["race"])
    >>> model.predict_proba(data.head(1)).round(3).tolist()
    [[0.286, 0.173, 0.541]]
    """

    ref: Any = None

    def _family(self) -> Multinomial:
        return Multinomial(self.ref)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model; `y` holds classes of any kind.

        Parameters
        ----------
        X : (n, p) array or DataFrame
            The regressors, or with a formula the columns it names.
        y : (n,) array
            The class of each row.
        sample_weight : (n,) array, optional
            Prior weights. A class whose weights are all 0 has probability 0.
        """
        X, codes = self._classified(X, y, sample_weight)
        labels = pd.Categorical.from_codes(codes, categories=pd.Index(self.classes_))
        self._fit(X, labels, sample_weight)
        names = self.results_.coef.index
        each = len(names) // len(names.unique(level=0))
        intercept = self._is_constant(names.get_level_values(1)[:each])
        coef = self._by_class(self.results_.coef.to_numpy().reshape(-1, each))
        self.coef_ = coef[:, ~intercept]
        self.intercept_ = coef[:, intercept].sum(axis=1)
        return self

    def decision_function(self, X: Any) -> Array:
        """Return the linear predictors, (n, K); for two classes their difference, (n,).

        Where one is infinite (separated classes), the log-probabilities of the row.
        """
        eta = self._over_classes(X, "link", -np.inf)
        infinite = ~np.all(np.isfinite(eta), axis=1)
        if np.any(infinite):
            eta[infinite] = self.predict_log_proba(X)[infinite]
        with np.errstate(invalid="ignore"):
            return eta[:, 1] - eta[:, 0] if len(self.classes_) == 2 else eta

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, (n, K)."""
        return self._over_classes(X, "prob", 0.0)

    def predict_log_proba(self, X: Any) -> Array:
        """Return the log-probability of each class, (n, K)."""
        with np.errstate(divide="ignore"):  # a separated class has probability 0
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> Any:
        """Return the most probable class of each row, (n,)."""
        best = np.argmax(self.predict_proba(X), axis=1)
        return self.classes_[best]

    def _over_classes(self, X: Any, type: str, absent: float) -> Array:
        """Return a prediction with a column for each class, `absent` for one without weight in the fit."""
        check_is_fitted(self)
        data = self._read(X, reset=False)
        predicted = self.results_.predict(
            data if self.formula is not None else self._columns(data), type=type
        )
        whole = np.full((len(predicted), len(self.classes_)), absent)
        whole[:, self._positions()] = predicted.to_numpy(dtype=np.float64)
        return whole

    def _positions(self) -> list[int]:
        """Return where the levels of the fit stand among the classes."""
        place = {label: position for position, label in enumerate(self.classes_.tolist())}
        return [place[level] for level in self.results_.frame.response.levels or ()]

    def _by_class(self, coef: Array) -> Array:
        """Return coefficients with a row for each class; 0 for the baseline, where aliased, and without weight."""
        levels = self.results_.frame.response.levels or ()
        fitted = np.delete(self._positions(), self._family().baseline(levels))
        whole = np.zeros((len(self.classes_), coef.shape[1]))
        whole[fitted] = np.nan_to_num(coef, nan=0.0, posinf=np.inf, neginf=-np.inf)
        return whole
