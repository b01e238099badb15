"""The covariance of the coefficients, other covariances, and tests that rest on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import pandas as pd

from glmkit._typing import Array
from glmkit.inference import covariance
from glmkit.inference.hypotheses import hypothesis_report
from glmkit.inference.spread_note import under
from glmkit.models.record import Record
from glmkit.tables.table import Report

__all__ = ["Covariances"]


class Covariances(Record):
    """The covariance in use, and the same fit with another."""

    def vcov(self, complete: bool = True) -> pd.DataFrame:
        """Return the covariance of the coefficients.

        Parameters
        ----------
        complete : bool
            Keep aliased coefficients as rows and columns of NaN; False leaves them out.

        Returns
        -------
        DataFrame, (p, p), by coefficient
            On the link scale; of the kind in use, see `with_vcov`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.vcov().loc["wool[T.B]"].round(5).to_dict()
        {'Intercept': -0.00119, 'wool[T.B]': 0.00266}
        """
        names = self.estimate.names
        full = pd.DataFrame(self.estimate.vcov(), index=names, columns=names)
        return full if complete else full.iloc[self.estimate.kept, self.estimate.kept]

    def with_vcov(
        self,
        kind: object,
        cluster: object = None,
        lags: int | None = None,
        *,
        n: int | None = None,
        resample: str | None = None,
        seed: object = None,
    ) -> Self:
        """Return the same fit with another covariance, which every later table uses and names.

        Parameters
        ----------
        kind : str or (p, p) array or DataFrame
            ``"HC0"`` to ``"HC4"``: heteroskedasticity-consistent. ``"CR0"``, ``"CR1"`` (also
            ``"cluster"``; times G / (G - 1)), ``"CR1S"`` (times (n - 1) / (n - p) too): by
            cluster. ``"CR2"``: bias-reduced, with Satterthwaite's degrees of freedom.
            ``"HAC"``: Newey and West's, over rows in the order of the data. ``"bootstrap"``: of
            the finite replicates of `bootstrap`. A matrix: over all coefficients or the
            estimated ones, a DataFrame matched by name.
        cluster : column name, expression, (n,) array or Series, or two of them, optional
            Over the data or over the rows used; needed for the kinds by cluster. A list of
            two, or a DataFrame of two columns, is two-way (CR0, CR1, CR1S).
        lags : int, optional
            For HAC: lags of weight above zero; by default floor(4 (n / 100)^(2/9)).
        n : int, optional
            For the bootstrap: replicates, 999 by default.
        resample : {"case", "parametric", "cluster"}, optional
            For the bootstrap: what is drawn, as `kind` of `bootstrap`; by default ``"case"``, and
            ``"cluster"`` where `cluster` is given.
        seed : int or numpy Generator, optional
            For the bootstrap.

        Returns
        -------
        Results
            The same coefficients; standard errors, tests and intervals of the other covariance.

        Raises
        ------
        FitError, DataError
            Unknown kind; clusters that do not match the rows, a missing one, or only one; a
            matrix that is not a covariance of these coefficients.

        Notes
        -----
        Equations (17.2) to (17.11).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.with_vcov("HC1").std_error.round(3).tolist()
        [0.098, 0.121]
        >>> fit.with_vcov("bootstrap", n=199, seed=1).estimate.label
        'case bootstrap, 199 replicates, seed 1'
        """
        options = covariance.Options(cluster, lags, n, resample, seed)
        estimate = covariance.estimate_with(self, kind, options)
        return replace(self, estimate=estimate, notes=under(self.notes, estimate))

    def test(
        self, hypothesis: object, adjust: str | None = None, *, value: Array | Sequence[float] | float = 0.0
    ) -> Report:
        """Return Wald tests of hypotheses about the coefficients, one by one and all together.

        Parameters
        ----------
        hypothesis : str, list of str, (k, p) array or DataFrame
            Equations between commas, in coefficient names (glmkit's, R's, or in backticks),
            numbers, ``+ - * / ^``, ``exp``, ``log`` and ``sqrt``: ``"a = 0, b = 2*c"``; what is
            not linear goes by the delta method. The label of a term says that all its
            coefficients are zero. Or a matrix L over all coefficients, or some by name.
        adjust : {None, "holm", "bonferroni", "BH", "sidak", "single-step"}
            Adjust the p-values of the single tests for their number.
        value : float or (k,) array
            What L beta is said to be.

        Returns
        -------
        Report
            Tables ``hypotheses`` (``hypothesis estimate std_error statistic df p_value``) and
            ``joint``: F where the dispersion is estimated, else chi-square. `estimate` is the
            left side if the right is a number, else their difference. Equations (17.1), (17.13).

        Raises
        ------
        FormulaError, FitError
            The text cannot be read or names no coefficient; an aliased coefficient; hypotheses
            that contradict each other.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> tests = fit.test("wool[T.B] = 0, tension[T.M] = tension[T.H]").tables
        >>> tests["hypotheses"]["statistic"].round(2).tolist(), tests["joint"]["df"].tolist()
        ([-3.99, 2.89], [2])
        """
        return hypothesis_report(self, hypothesis, value, adjust)
