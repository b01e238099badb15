"""Replicates of a bootstrap: their spread, bias and intervals.

References
----------
Efron, B. (1987). Better bootstrap confidence intervals. JASA 82, 171-185.
Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman and Hall.
Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application. Cambridge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference.estimate import Estimate
from glmkit.inference.wald import check_level
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text, interval_headings

__all__ = ["Replicates", "order_statistic"]

INTERVALS = ("percentile", "basic", "bca")
# A replicate this close to the estimate, in standard errors, is equal to it.
EQUAL = 1e-8
# A place among the replicates this close to a whole number is one.
WHOLE = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Replicates:
    """Coefficients of the fits to data drawn again.

    Made by ``fit.bootstrap(...)``; prints as a table.

    Parameters
    ----------
    estimate : Estimate
        Of the fit itself.
    gamma : (n, rank) array
        Of each replicate, in the coordinates of ``estimate.gamma``; nan in rows that are
        not finite.
    coef : (n, p) array
        Of each replicate, in the columns as coded; infinite where it is separated, nan
        where it failed, in aliased columns, and where a limit depends on the path.
    acceleration : (p,) array
        Efron's acceleration constant; nan where responses were drawn.
    kind : {"case", "parametric", "cluster"}
        What was drawn: rows, responses, clusters.
    separated, failed : int
        Replicates with infinite estimates, and without estimates.
    seed : int, optional
        As given; None for a generator, or for none.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    >>> fit.bootstrap(199, seed=1).std_error.round(2).tolist()
    [0.1, 0.12]
    """

    estimate: Estimate
    gamma: Array
    coef: Array
    acceleration: Array
    kind: str
    separated: int
    failed: int
    seed: int | None = None

    @property
    def n(self) -> int:
        """How many replicates were drawn.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.n
        99
        """
        return len(self.coef)

    @property
    def label(self) -> str:
        """What a covariance from these replicates is called.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.label
        'case bootstrap, 99 replicates, seed 1'
        """
        left_out = self.n - self.finite
        return f"{self._drawn}, {left_out} left out" if left_out else self._drawn

    @property
    def _drawn(self) -> str:
        return f"{self.kind} bootstrap, {self.n} replicates" + (
            "" if self.seed is None else f", seed {self.seed}"
        )

    @property
    def finite(self) -> int:
        """How many replicates have finite estimates.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.finite
        99
        """
        return self.n - self.separated - self.failed

    @property
    def covariance(self) -> Array:
        """Covariance of the finite replicates, (rank, rank), in the coordinates of ``estimate.gamma``.

        What ``estimate.with_covariance`` takes.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.covariance.shape
        (2, 2)
        """
        finite = self.gamma[np.isfinite(self.gamma).all(axis=1)]
        return np.atleast_2d(np.cov(finite, rowvar=False))

    @property
    def frame(self) -> pd.DataFrame:
        """One row per replicate, one column per coefficient.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.frame.shape
        (99, 2)
        """
        return pd.DataFrame(self.coef, columns=self.estimate.names).rename_axis("replicate")

    @property
    def std_error(self) -> pd.Series:
        """Standard deviations of the finite replicates.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.std_error.round(2).to_dict()
        {'Intercept': 0.1, 'wool[T.B]': 0.12}
        """
        own = self.estimate.with_covariance(self.covariance, self.estimate.df, self.label)
        return pd.Series(own.std_error, index=self.estimate.names, name="std_error")

    @property
    def bias(self) -> pd.Series:
        """Mean of the finite replicates less the estimate.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.bias.round(2).to_dict()
        {'Intercept': -0.01, 'wool[T.B]': 0.0}
        """
        finite = self.coef[np.isfinite(self.gamma).all(axis=1)]
        return pd.Series(np.mean(finite, axis=0) - self.estimate.coef, self.estimate.names, name="bias")

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of these replicates.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.notes
        ()
        """
        notes = []
        if self.separated:
            text = (
                "{count} of {n:count} replicates are separated: infinite, hence in the intervals as the most "
                "extreme, but not in the standard errors."
            )
            notes.append(format_text(text, count=self.separated, n=self.n))
        if self.failed:
            text = "{count} of {n:count} replicates are left out: they lost a column, or did not converge."
            notes.append(format_text(text, count=self.failed, n=self.n))
        return tuple(notes)

    def confint(self, kind: str = "percentile", *, level: float = 0.95) -> pd.DataFrame:
        """Return intervals for the coefficients, columns ``conf_low conf_high``.

        Parameters
        ----------
        kind : {"percentile", "basic", "bca"}
            Quantiles of the replicates; these reflected about the estimate; quantiles
            corrected for bias and acceleration (Efron 1987), for drawn rows or clusters.
        level : float
            The level of the intervals.

        Raises
        ------
        FitError
            Unknown kind, or ``"bca"`` for the parametric bootstrap.

        Notes
        -----
        Equations (16.5) and (16.6).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.confint("basic").round(2)
                   conf_low  conf_high
        Intercept      3.25       3.64
        wool[T.B]     -0.44       0.04
        """
        _check_interval(kind, self.kind)
        tails = 0.5 + np.array([-0.5, 0.5]) * check_level(level)
        estimate = self.estimate.coef
        ends = np.full((len(estimate), 2), np.nan)
        for j in self.estimate.kept:
            values = np.sort(self.coef[~np.isnan(self.coef[:, j]), j])
            share = tails
            if kind == "bca":
                share = _corrected(values, estimate[j], self.acceleration[j], tails)
            ends[j] = [order_statistic(values, p) for p in share]
        if kind == "basic":
            ends = 2.0 * estimate[:, None] - ends[:, ::-1]
        return pd.DataFrame(ends, index=self.estimate.names, columns=["conf_low", "conf_high"])

    def table(self, kind: str = "percentile", *, level: float = 0.95) -> Table:
        """Return estimate, bias, standard error and interval of each coefficient.

        Parameters
        ----------
        kind, level
            As in `confint`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> replicates = fit.bootstrap(99, seed=1)
        >>> replicates.table()
        Case bootstrap, 99 replicates, seed 1, percentile intervals
                   Estimate    Bias  Std. Error   2.5 %  97.5 %
        Intercept     3.435  -0.010       0.097   3.228   3.625
        wool[T.B]    -0.206   0.003       0.122  -0.450   0.024
        """
        columns = {"estimate": self.estimate.coef, "bias": self.bias, "std_error": self.std_error}
        frame = pd.DataFrame(columns, index=self.estimate.names).join(self.confint(kind, level=level))
        return Table(
            frame,
            f"{self._drawn[0].upper()}{self._drawn[1:]}, {kind} intervals",
            headings=interval_headings(level),
            notes=self.notes,
        )

    def __repr__(self) -> str:
        """Return the table as text."""
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _check_interval(kind: str, drawn: str) -> None:
    if kind not in INTERVALS:
        named = ", ".join(f'"{known}"' for known in INTERVALS)
        raise FitError(
            f"kind={kind!r} is not a bootstrap interval. Choose one of: {named}.", argument="kind", value=kind
        )
    if kind == "bca" and drawn == "parametric":
        raise FitError(
            'The acceleration of a "bca" interval is known for drawn rows and clusters, not for drawn responses. '
            'Choose "percentile" or "basic", or bootstrap with kind="case".',
            argument="kind",
        )


def _corrected(values: Array, estimate: float, acceleration: float, tails: Array) -> Array:
    """Return the shares that a BCa interval takes instead of the tails.

    Efron and Tibshirani (1993, eq. 14.9, 14.10, 14.14); replicates equal to the estimate are not below it.
    """
    finite = values[np.isfinite(values)]
    bias = special.ndtri(np.mean(values < estimate - EQUAL * np.std(finite)))
    moved = bias + special.ndtri(tails)
    return np.asarray(special.ndtr(bias + moved / (1.0 - acceleration * moved)))


def order_statistic(values: Array, share: float) -> float:
    """Return the (n + 1) share-th smallest of sorted values; the extreme beyond them.

    Between two it is interpolated on the normal scale (Davison and Hinkley 1997, eq. 5.8).

    Examples
    --------
    >>> order_statistic(np.arange(1.0, 1000.0), 0.025)
    25.0
    """
    if np.isnan(share):
        return float("nan")
    n = len(values)
    place = min(max((n + 1) * share, 1.0), float(n))
    whole = round(place)
    if abs(place - whole) < WHOLE:
        return float(values[whole - 1])
    below = int(np.floor(place))
    low, high = values[below - 1], values[below]
    if np.isinf(low) or np.isinf(high):
        return float(high if np.isinf(high) and high > 0 else low)
    first, wanted, last = special.ndtri(np.array([below, place, below + 1]) / (n + 1))
    return float(low + (wanted - first) / (last - first) * (high - low))
