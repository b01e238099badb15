"""A generalized linear model as a scikit-learn regressor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from glmkit._typing import Array
from glmkit.families.base import Family
from glmkit.families.link_names import LinkLike
from glmkit.families.registry import FamilyLike, glm_family_from
from glmkit.sklearn.base import SinglePredictor

__all__ = ["GLMRegressor"]


@dataclass(eq=False, repr=False)
class GLMRegressor(RegressorMixin, SinglePredictor):  # type: ignore[misc]
    """A generalized linear model for a number, a count or a positive response.

    Parameters
    ----------
    family : Family, class or name
        "gaussian", "poisson", "gamma", ...
    link : Link, class or name, optional
        The family's own by default.
    formula : str, optional
        Right-hand side in R's formula language over the columns of X, which is then a
        DataFrame: ``"age + bs(income, df=4) + offset(log(exposure))"``. Without it the
        columns of X are used as they are.
    fit_intercept : bool
        Whether a constant is added to a matrix; a formula says so itself.
    method : str
        As in `glm`.
    tol : float
        Error at which to stop, in standard errors.
    max_iter : int
        Most iterations.

    Attributes
    ----------
    results_ : Results
        The fit: ``results_.summary()``, ``results_.anova()``, ...
    coef_ : (p,) array
        Without the intercept; 0 where aliased.
    intercept_ : float
        0 without a constant.
    n_iter_ : int
        Iterations of the fit.

    Examples
    --------
    >>> import glmkit as gk
    >>> from glmkit.sklearn import GLMRegressor
    >>> trees = gk.load_dataset("trees")
    >>> model = GLMRegressor("gamma", "log").fit(trees[["Girth", "Height"]], trees["Volume"])
    >>> model.coef_.round(3).tolist()
    [0.145, 0.017]
    """

    family: FamilyLike = "gaussian"
    link: LinkLike | None = None

    def _family(self) -> Family:
        return glm_family_from(self.family, self.link)

    def fit(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : (n, p) array or DataFrame
            The regressors, or with a formula the columns it names.
        y : (n,) array
            The response.
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
        self._fit(X, np.asarray(y, dtype=np.float64), sample_weight, offset)
        return self._described()

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
