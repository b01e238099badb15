"""Values v = L beta + o with their variance L V L', before anything is said of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.inference.estimate import Estimate

__all__ = ["LinearValues"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LinearValues:
    """Rows of linear functions of the coefficients.

    Parameters
    ----------
    estimate : Estimate
        Coefficients with the covariance in use.
    rows : (k, p) array
        L.
    offset : (k,) array
    values : (k,) array or None
        v, where it is not L beta + offset; L is then its gradient.
    given_df : float, optional
        Degrees of freedom in place of the estimate's.
    """

    estimate: Estimate
    rows: Array
    offset: Array
    values: Array | None = None
    given_df: float | None = None

    @property
    def value(self) -> Array:
        """Values before they are shown, (k,); nan where not estimable.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").value.round(3).tolist()  # logs of the means
        [3.589, 3.268, 3.07]
        """
        value = self.estimate.linear(self.rows) + self.offset if self.values is None else self.values
        return np.where(self.estimable, value, np.nan)

    @property
    def std_error(self) -> Array:
        """Standard errors of `value`, (k,).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").std_error.round(3).tolist()
        [0.039, 0.046, 0.051]
        """
        known = np.all(np.isfinite(self.rows), axis=1)
        errors = self.estimate.std_errors(np.where(known[:, None], self.rows, 0.0))
        return np.where(self.estimable & known, errors, np.nan)

    @property
    def df(self) -> Array:
        """Degrees of freedom of each row, (k,); inf for the normal distribution.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").df.tolist()
        [inf, inf, inf]
        """
        if self.given_df is not None:
            return np.full(len(self.rows), self.given_df)
        return self.estimate.df_of(np.where(np.isfinite(self.rows), self.rows, 0.0))

    @property
    def estimable(self) -> BoolArray:
        """Which rows are functions of the fitted values.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").estimable.tolist()
        [True, True, True]
        """
        known = np.all(np.isfinite(self.rows), axis=1)
        # Where predictors are infinite there may be a limit, and no gradient.
        fine = known if self.values is None else known | np.isfinite(self.values)
        return np.asarray(fine & self.estimate.estimable(np.where(known[:, None], self.rows, 0.0)))

    @property
    def covariance(self) -> Array:
        """Covariance of `value`, (k, k); nan where not estimable or infinite.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("wool").covariance.shape
        (2, 2)
        """
        known = np.isfinite(self.std_error)
        covariance = self.estimate.covariance_of(np.where(known[:, None], self.rows, 0.0))
        return np.where(np.outer(known, known), covariance, np.nan)
