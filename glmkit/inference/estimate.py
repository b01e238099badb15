"""Coefficients and their covariance as one value: everything linear is asked of it.

Coefficient tables, predictions, contrasts and marginal means are rows L of linear
functions: estimate L beta, variance L V L'. Internally beta is held as gamma, the
coefficients of the centred independent columns, because L V L' of a date or an identifier
cancels to nothing in the original coordinates (see `glmkit.design.centring`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, cast

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.design.centring import Centring, Coordinates
from glmkit.fitting.recession import Recession
from glmkit.numerics.algebra import singular

__all__ = ["MODEL_BASED", "Estimate", "SmallSample"]

MODEL_BASED = "model-based"
# A row of L is estimable when what aliased columns ask of it agrees with the kept ones to
# this share of the row's size.
ESTIMABLE_TOLERANCE = 1e-8


class SmallSample(Protocol):
    """Degrees of freedom that differ from one linear function of gamma to the next."""

    def row_df(self, rows: Array) -> Array:
        """Return the df of the t distribution of each row, (k,), for rows (k, rank)."""
        ...

    def joint_df(self, rows: Array) -> float:
        """Return eta such that Q (eta - q + 1) / (eta q) ~ F(q, eta - q + 1) for q independent rows."""
        ...


@dataclass(frozen=True, eq=False)
class Estimate:
    """Estimated coefficients with their covariance and reference distribution.

    Parameters
    ----------
    names : Index of length p
        All coefficients, aliased ones too.
    kept, dropped : integer arrays
        Positions of the estimated and of the aliased coefficients.
    combinations : (rank, p - rank) array
        ``X[:, dropped] = X[:, kept] @ combinations``.
    centring : Coordinates
        Of the kept columns.
    gamma : (rank,) array
        Coefficients of the centred columns.
    covariance : (rank, rank) array
        Of gamma.
    df : float
        Degrees of freedom of the t distribution; inf for the normal. Where they differ by
        coefficient this is no more than the number of clusters less one: ask `df_of`.
    label : str
        How the covariance was found: "model-based", "HC1", ...
    recession : Recession, optional
        Where the maximum is at infinity: which linear functions are infinite.
    small_sample : SmallSample, optional
        Where the degrees of freedom depend on the linear function.
    """

    names: pd.Index
    kept: IntArray
    dropped: IntArray
    combinations: Array
    centring: Coordinates
    gamma: Array
    covariance: Array
    df: float
    label: str = MODEL_BASED
    recession: Recession | None = None
    small_sample: SmallSample | None = None

    @property
    def single_centring(self) -> Centring:
        """The centring of a model with one linear predictor."""
        return cast(Centring, self.centring)

    @cached_property
    def coef(self) -> Array:
        """Coefficients of the columns as coded, (p,), not to be written to.

        nan where aliased; inf or -inf where the likelihood rises for ever, nan there too
        if the limit depends on the path.
        """
        if self.recession is None:
            return self._spread(self.centring.to_original(self.gamma))
        return self._spread(self.linear(np.eye(len(self.names))[self.kept]))

    @cached_property
    def std_error(self) -> Array:
        """Standard errors of `coef`, (p,), not to be written to; nan where aliased or infinite."""
        if self.recession is None:
            variance = np.diag(self.centring.covariance_to_original(self.covariance))
            return self._spread(np.sqrt(np.maximum(variance, 0.0)))
        return self._spread(self.std_errors(np.eye(len(self.names))[self.kept]))

    @property
    def is_model_based(self) -> bool:
        """Whether the covariance is the inverse information times the dispersion."""
        return self.label == MODEL_BASED

    @property
    def rests_on_variance(self) -> bool:
        """Whether the standard errors are right only where the variance of the family is."""
        return self.is_model_based or self.label.startswith("parametric")

    def vcov(self) -> Array:
        """Return the covariance of `coef`, (p, p); nan in aliased rows and columns."""
        p = len(self.names)
        full = np.full((p, p), np.nan)
        full[np.ix_(self.kept, self.kept)] = self.centring.covariance_to_original(self.covariance)
        if self.recession is not None:
            infinite = self.kept[~np.isfinite(self.coef[self.kept])]
            full[infinite, :] = full[:, infinite] = np.nan
        return full

    def linear(self, rows: Array) -> Array:
        """Return L beta, (k,), for `rows` L (k, p) over all columns; infinite where it diverges."""
        with np.errstate(all="ignore"):  # at the end of doubles: inf or nan, as it then prints
            fitted = self.fitted_rows(rows)
            values = np.asarray(fitted @ self.gamma)
        if self.recession is None:
            return values
        limits = self.recession.limits(fitted)
        return np.where(limits == 0.0, values, limits)

    def std_errors(self, rows: Array) -> Array:
        """Return the standard error of each L beta, (k,); nan where it is infinite."""
        with np.errstate(all="ignore"):
            fitted = self.fitted_rows(rows)
            variance: Array = np.einsum("ij,jk,ik->i", fitted, self.covariance, fitted)
            errors: Array = np.sqrt(np.maximum(variance, 0.0))
        if self.recession is None:
            return errors
        return np.where(self.recession.limits(fitted) == 0.0, errors, np.nan)

    def covariance_of(self, rows: Array) -> Array:
        """Return L V L', (k, k)."""
        with np.errstate(all="ignore"):
            fitted = self.fitted_rows(rows)
            return np.asarray(fitted @ self.covariance @ fitted.T)

    def df_of(self, rows: Array) -> Array:
        """Return the degrees of freedom of the t distribution of each L beta, (k,); inf for the normal."""
        if self.small_sample is None:
            return np.full(len(rows), self.df)
        return self.small_sample.row_df(self.fitted_rows(rows))

    @property
    def coef_df(self) -> Array:
        """Degrees of freedom of each coefficient, (p,); nan where aliased."""
        if self.small_sample is None:
            return self._spread(np.full(len(self.kept), self.df))
        return self._spread(self.df_of(np.eye(len(self.names))[self.kept]))

    def estimable(self, rows: Array) -> BoolArray:
        """Return which rows of L are functions of the fitted values, (k,)."""
        if len(self.dropped) == 0:
            return np.ones(len(rows), dtype=bool)
        asked = rows[:, self.dropped] - rows[:, self.kept] @ self.combinations
        size = np.max(np.abs(rows), axis=1, initial=0.0)
        worst = np.max(np.abs(asked), axis=1, initial=0.0)
        return np.asarray(worst <= ESTIMABLE_TOLERANCE * np.maximum(size, 1e-300))

    def estimable_part(self, rows: Array) -> Array:
        """Return a basis of the combinations of rows of L that are functions of the fitted values."""
        if bool(np.all(self.estimable(rows))):
            return rows
        asked = rows[:, self.dropped] - rows[:, self.kept] @ self.combinations
        left, sizes, _ = singular("The estimable part of a hypothesis", asked)
        rank = int(np.sum(sizes > ESTIMABLE_TOLERANCE * sizes[0]))
        combinations: Array = left[:, rank:].T
        return np.asarray(combinations @ rows)

    def with_covariance(
        self, covariance: Array, df: float, label: str, small_sample: SmallSample | None = None
    ) -> Estimate:
        """Return the same coefficients with another covariance of gamma."""
        return replace(self, covariance=covariance, df=df, label=label, small_sample=small_sample)

    def fitted_rows(self, rows: Array) -> Array:
        """Return rows of L over all columns as functions of gamma, (k, rank)."""
        return self.centring.rows_to_fitted(rows[:, self.kept])

    def _spread(self, values: Array) -> Array:
        full = np.full(len(self.names), np.nan)
        full[self.kept] = values
        full.flags.writeable = False  # it is kept
        return full
