"""What scikit-learn estimators of a glmkit fit share: parameters, and fitting a matrix or a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from glmkit._typing import Array
from glmkit.errors import DataError
from glmkit.families.registry import AnyFamily
from glmkit.fitting.scoring import Control
from glmkit.models.entry import glm, glm_fit
from glmkit.models.results import Results

__all__ = ["Estimator", "SinglePredictor"]

RESPONSE = "glmkit_response"
"""What the response is called in the formula of an estimator."""


class _Fitted(BaseEstimator):  # type: ignore[misc]
    """What fitting leaves behind; declared outside the dataclass of the parameters."""

    results_: Results
    n_features_in_: int
    n_iter_: int
    coef_: Array
    intercept_: Any


@dataclass(eq=False, repr=False, kw_only=True)
class Estimator(_Fitted):
    """What all estimators share: parameters, and fitting a matrix or a formula."""

    formula: str | None = None
    fit_intercept: bool = True
    tol: float = 1e-9
    max_iter: int = 50

    method = "ml"

    def _family(self) -> AnyFamily:
        raise NotImplementedError

    def _fit(self, X: Any, y: Any, sample_weight: Any, offset: Any = None) -> None:
        """Set `results_` to the fit of a matrix, with a constant if asked for, or of a formula."""
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        control = Control(tol=self.tol, max_iter=self.max_iter)
        arguments: dict[str, Any] = {"weights": weights, "offset": _offset_of(offset, X), "control": control}
        if self.formula is None:
            columns, names = self._columns(X), self._names()
            self.results_ = glm_fit(columns, y, self._family(), names=names, method=self.method, **arguments)
        else:
            formula = f"{RESPONSE} ~ {self.formula.strip().removeprefix('~')}"
            data = X.assign(**{RESPONSE: y})
            self.results_ = glm(formula, data, self._family(), method=self.method, **arguments)
        self.n_iter_ = self.results_.n_iter

    def _is_constant(self, names: pd.Index) -> Any:
        """Return which coefficient is the intercept."""
        if self.formula is not None:
            return names == "Intercept"
        return np.arange(len(names)) == (0 if self.fit_intercept else -1)

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

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = False
        tags.input_tags.string = tags.input_tags.categorical = self.formula is not None
        return tags


@dataclass(eq=False, repr=False, kw_only=True)
class SinglePredictor(Estimator):
    """What the estimators with one linear predictor share."""

    method: str = "ml"

    def _described(self) -> Self:
        """Set scikit-learn's attributes; an aliased coefficient counts as 0."""
        coef = np.nan_to_num(self.results_.estimate.coef, nan=0.0, posinf=np.inf, neginf=-np.inf)
        intercept = self._is_constant(self.results_.estimate.names)
        self.intercept_ = float(coef[intercept][0]) if intercept.any() else 0.0
        self.coef_ = coef[~intercept]
        return self

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


def _offset_of(offset: Any, X: Any) -> Array | None:
    if offset is None:
        return None
    values = np.asarray(offset, dtype=np.float64)
    if values.shape != (len(X),):
        raise DataError(f"offset has shape {values.shape}, and there are {len(X)} rows.", argument="offset")
    return values
