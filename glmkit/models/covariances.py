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

    def with_vcov(self, kind: str, cluster: object = None) -> Self:
        """Return the same fit with another covariance, which every later table uses and names.

        Parameters
        ----------
        kind : {"HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR1S", "cluster"}
            Heteroskedasticity-consistent, or cluster-robust: CR1 (also ``"cluster"``) times
            G / (G - 1), CR1S times (n - 1) / (n - p) too.
        cluster : column name, expression, (n,) array or Series, optional
            Over the data or over the rows used; needed for the cluster-robust kinds.

        Raises
        ------
        FitError, DataError
            Unknown kind; clusters that do not match the rows, a missing one, or only one.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.with_vcov("HC1").std_error.round(3).tolist()
        [0.098, 0.121]
        """
        return replace(self, estimate=covariance.robust_estimate(self, kind, cluster))
