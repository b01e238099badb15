"""The covariance of the coefficients, other covariances, and tests that rest on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import pandas as pd

from glmkit.inference import covariance
from glmkit.models.record import Record

__all__ = ["Covariances"]


class Covariances(Record):
    """The covariance in use, and the same fit with another."""

    def vcov(self, complete: bool = True) -> pd.DataFrame:
        """Return the covariance of the coefficients.

        Parameters
        ----------
        complete : bool
            Keep aliased coefficients as rows and columns of NaN; False leaves them out.
        """
        names = self.estimate.names
        full = pd.DataFrame(self.estimate.vcov(), index=names, columns=names)
        return full if complete else full.iloc[self.estimate.kept, self.estimate.kept]

    def with_vcov(self, kind: object, cluster: object = None, lags: int | None = None) -> Self:
        """Return the same fit with another covariance, which every later table uses and names.

        Parameters
        ----------
        kind : str or (p, p) array or DataFrame
            ``"HC0"`` to ``"HC4"``: heteroskedasticity-consistent. ``"CR0"``, ``"CR1"`` (also
            ``"cluster"``; times G / (G - 1)), ``"CR1S"`` (times (n - 1) / (n - p) too): by
            cluster. ``"CR2"``: bias-reduced, with Satterthwaite's degrees of freedom.
            ``"HAC"``: Newey and West's, over rows in the order of the data. A matrix: over
            all coefficients or the estimated ones, a DataFrame matched by name.
        cluster : column name, expression, (n,) array or Series, or two of them, optional
            Over the data or over the rows used; needed for the kinds by cluster. A list of
            two, or a DataFrame of two columns, is two-way (not for CR2).
        lags : int, optional
            For HAC: lags of weight above zero; by default floor(4 (n / 100)^(2/9)).

        Raises
        ------
        FitError, DataError
            Unknown kind; clusters that do not match the rows, a missing one, or only one; a
            matrix that is not a covariance of these coefficients.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.with_vcov("HC1").std_error.round(3).tolist()
        [0.098, 0.121]
        """
        return replace(self, estimate=covariance.estimate_with(self, kind, covariance.Options(cluster, lags)))
