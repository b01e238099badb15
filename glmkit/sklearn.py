"""Generalized linear models as scikit-learn estimators; needs scikit-learn.

>>> from glmkit.sklearn import GLMRegressor
>>> from sklearn.model_selection import KFold, cross_val_score
>>> import glmkit as gk
>>> data = gk.load_dataset("insurance_claims")
>>> model = GLMRegressor("poisson", formula="District + Group + Age + offset(log(Holders))")
>>> cross_val_score(model, data, data["Claims"], cv=KFold(4, shuffle=True, random_state=1)).shape
(4,)

The estimators are thin: what was fitted is `results_`, with everything a glmkit fit can do.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from glmkit._typing import Array
from glmkit.errors import DataError
from glmkit.families.base import Family
from glmkit.families.link_names import LinkLike
from glmkit.families.registry import FamilyLike, glm_family_from
from glmkit.fitting.scoring import Control
from glmkit.models.entry import glm, glm_fit
from glmkit.models.results import Results

__all__ = ["GLMClassifier", "GLMRegressor"]

RESPONSE = "glmkit_response"
"""What the response is called in the formula of an estimator."""


class _GLMEstimator(BaseEstimator):  # type: ignore[misc]
    """What both estimators share: parameters, fitting a matrix or a formula, the linear predictor."""

    family: FamilyLike
    link: LinkLike | None
    formula: str | None
    fit_intercept: bool
    method: str
    tol: float
    max_iter: int

    results_: Results
    n_features_in_: int
    coef_: Array
    intercept_: float
    n_iter_: int

    def _family(self) -> Family:
        return glm_family_from(self.family, self.link)

    def _fit(self, X: Any, y: Array, sample_weight: Any, offset: Any) -> Self:
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        control = Control(tol=self.tol, max_iter=self.max_iter)
        arguments: dict[str, Any] = {"weights": weights, "offset": _offset_of(offset, X), "control": control}
        if self.formula is None:
            self.results_ = glm_fit(
                self._columns(X), y, self._family(), names=self._names(), method=self.method, **arguments
            )
        else:
            formula = f"{RESPONSE} ~ {self.formula.strip().removeprefix('~')}"
            data = X.assign(**{RESPONSE: y})
            self.results_ = glm(formula, data, self._family(), method=self.method, **arguments)
        return self._described()

    def _described(self) -> Self:
        """Set scikit-learn's attributes; an aliased coefficient counts as 0."""
        coef = np.nan_to_num(self.results_.estimate.coef, nan=0.0, posinf=np.inf, neginf=-np.inf)
        constant = (
            "Intercept"
            if self.formula is not None or not self.fit_intercept
            else self.results_.estimate.names[0]
        )
        intercept = self.results_.estimate.names == constant
        self.intercept_ = float(coef[intercept][0]) if intercept.any() else 0.0
        self.coef_ = coef[~intercept]
        self.n_iter_ = self.results_.n_iter
        return self

    def _names(self) -> list[str]:
        given = getattr(self, "feature_names_in_", None)
        names = (
            [f"x{j}" for j in range(self.n_features_in_)] if given is None else [str(name) for name in given]
        )
        return ["Intercept", *names] if self.fit_intercept else names

    def _columns(self, X: Array) -> Array:
        return np.column_stack([np.ones(len(X)), X]) if self.fit_intercept else X

    def _read(self, X: Any, *, reset: bool, **y: Any) -> Any:
        """Return X checked: an array, or for a formula the data frame as it is."""
        if self.formula is None:
            return validate_data(self, X, reset=reset, dtype=np.float64, **y)
        if not isinstance(X, pd.DataFrame):
            raise DataError("A formula needs named columns. Give X as a pandas DataFrame.", argument="X")
        return validate_data(self, X, reset=reset, skip_check_array=True, **y)

    def _linear_predictor(self, X: Any, offset: Any) -> Array:
        check_is_fitted(self)
        data = self._read(X, reset=False)
        added = _offset_of(offset, data)
        if self.formula is not None:
            fitted_offset = self.results_.frame.arguments.offset is not None
            passed = 0.0 if fitted_offset and added is None else added
            return np.asarray(self.results_.predict(data, type="link", offset=passed), dtype=np.float64)
        eta = self.results_.estimate.linear(self._columns(data))
        return eta if added is None else eta + added

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = False
        tags.input_tags.string = tags.input_tags.categorical = self.formula is not None
        return tags


def _offset_of(offset: Any, X: Any) -> Array | None:
    if offset is None:
        return None
    values = np.asarray(offset, dtype=np.float64)
    if values.shape != (len(X),):
        raise DataError(f"offset has shape {values.shape}, and there are {len(X)} rows.", argument="offset")
    return values


class GLMRegressor(RegressorMixin, _GLMEstimator):  # type: ignore[misc]
    """A generalized linear model for a number, a count or a positive response.

    Parameters
    ----------
    family : Family, class or name
        "gaussian", "poisson", "gamma", ...
    link : Link, class or name, optional
        The family's own by default.
    formula : str, optional
        Right-hand side in R's formula language over the columns of X, which is then a
        DataFrame: ``"age + bs(income, df=4) + offset(log(exposure))"``. Without it the columns of X are used as
        they are.
    fit_intercept : bool
        Whether a constant is added to a matrix; a formula says so itself.
    method : str
        As in `glm`.
    tol : float
        Error at which to stop, in standard errors.
    max_iter : int

    Attributes
    ----------
    results_ : Results
        The fit: ``results_.summary()``, ``results_.anova()``, ...
    coef_ : (p,) array
        Without the intercept; 0 where aliased.
    intercept_ : float
    n_iter_ : int

    Examples
    --------
    >>> import glmkit as gk
    >>> from glmkit.sklearn import GLMRegressor
    >>> trees = gk.load_dataset("trees")
    >>> model = GLMRegressor("gamma", "log").fit(trees[["Girth", "Height"]], trees["Volume"])
    >>> model.coef_.round(3).tolist()
    [0.145, 0.017]
    """

    def __init__(
        self,
        family: FamilyLike = "gaussian",
        link: LinkLike | None = None,
        *,
        formula: str | None = None,
        fit_intercept: bool = True,
        method: str = "ml",
        tol: float = 1e-9,
        max_iter: int = 50,
    ) -> None:
        self.family = family
        self.link = link
        self.formula = formula
        self.fit_intercept = fit_intercept
        self.method = method
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : (n, p) array or DataFrame
        y : (n,) array
        sample_weight : (n,) array, optional
            Prior weights.
        offset : (n,) array, optional
            On the link scale; `predict` takes one too.
        """
        X, y = (
            self._read(X, reset=True, y=y, y_numeric=True)
            if self.formula is None
            else self._read(X, reset=True, y=y)
        )
        return self._fit(X, np.asarray(y, dtype=np.float64), sample_weight, offset)

    def predict(self, X: Any, offset: Any = None) -> Array:
        """Return the predicted mean of each row, (n,)."""
        return np.asarray(self._family_fitted().mean(self._linear_predictor(X, offset)).mu)

    def score(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> float:
        """Return D2, the share of the deviance explained: R2 for the Gaussian family.

        D2 = 1 - D(y, mu) / D(y, mean of y).
        """
        weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        y = np.asarray(y, dtype=np.float64)
        family = self._family_fitted()
        mean = family.mean(self._linear_predictor(X, offset))
        average = np.full(len(y), np.average(y, weights=weights))
        constant = mean._replace(mu=average, comu=1.0 - average)
        explained = weights @ family.unit_deviance(y, mean)
        total = weights @ family.unit_deviance(y, constant)
        return float(1.0 - explained / total) if total > 0 else float(explained == 0.0)

    def _family_fitted(self) -> Family:
        check_is_fitted(self)
        return self.results_.family

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        negative, zero = self._family().in_support(np.array([-1.0, 0.0]))
        tags.target_tags.positive_only = not (negative and zero)
        return tags


class GLMClassifier(ClassifierMixin, _GLMEstimator):  # type: ignore[misc]
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

    family = "binomial"

    def __init__(
        self,
        link: LinkLike | None = None,
        *,
        formula: str | None = None,
        fit_intercept: bool = True,
        method: str = "ml",
        tol: float = 1e-9,
        max_iter: int = 50,
    ) -> None:
        self.link = link
        self.formula = formula
        self.fit_intercept = fit_intercept
        self.method = method
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> Self:
        """Fit the model; `y` holds two classes of any kind."""
        X, y = self._read(X, reset=True, y=y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            only = "one class" if len(self.classes_) == 1 else f"{len(self.classes_)} classes"
            raise DataError(
                f"Only binary classification is supported. The type of the target is {only}; GLMClassifier can't "
                f"train when only one class is present, and for more than two see gk.Multinomial().",
                argument="y",
            )
        self._fit(X, codes.astype(np.float64), sample_weight, offset)
        self.coef_, self.intercept_ = self.coef_[None, :], np.array([self.intercept_])  # type: ignore[assignment]
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
