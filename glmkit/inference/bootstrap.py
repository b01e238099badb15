"""The bootstrap: the fit to data drawn again, many times.

Every replicate is a fit of its own, settled like any other: one that is separated has
infinite coefficients, and one that lost a column has none. Both are counted and said.

References
----------
Efron, B. (1987). Better bootstrap confidence intervals. JASA 82, 171-185.
Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman and Hall.
Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application. Cambridge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.problem import Problem
from glmkit.inference.estimate import Estimate
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import estimate_of, fit_problem
from glmkit.inference.resampling import scheme_of
from glmkit.inference.wald import check_level
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text, interval_headings

__all__ = ["Replicates", "bootstrap"]

INTERVALS = ("percentile", "basic", "bca")
FEWEST = 2
# A replicate this close to the estimate, in standard errors, is equal to it.
EQUAL = 1e-8
# A place among the replicates this close to a whole number is one.
WHOLE = 1e-9
# Replicates are iterated to a hundredth of this, in standard errors: they vary by whole ones.
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class Replicates:
    """Coefficients of the fits to data drawn again.

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
    kind : str
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
        """How many replicates were drawn."""
        return len(self.coef)

    @property
    def label(self) -> str:
        """What a covariance from these replicates is called."""
        left_out = self.n - self.finite
        return f"{self._drawn}, {left_out} left out" if left_out else self._drawn

    @property
    def _drawn(self) -> str:
        return f"{self.kind} bootstrap, {self.n} replicates" + (
            "" if self.seed is None else f", seed {self.seed}"
        )

    @property
    def finite(self) -> int:
        """How many replicates have finite estimates."""
        return self.n - self.separated - self.failed

    @property
    def covariance(self) -> Array:
        """Covariance of the finite replicates, (rank, rank), in the coordinates of ``estimate.gamma``.

        What `Estimate.with_covariance` takes.
        """
        finite = self.gamma[np.isfinite(self.gamma).all(axis=1)]
        return np.atleast_2d(np.cov(finite, rowvar=False))

    @property
    def frame(self) -> pd.DataFrame:
        """One row per replicate, one column per coefficient."""
        return pd.DataFrame(self.coef, columns=self.estimate.names).rename_axis("replicate")

    @property
    def std_error(self) -> pd.Series:
        """Standard deviations of the finite replicates."""
        own = self.estimate.with_covariance(self.covariance, self.estimate.df, self.label)
        return pd.Series(own.std_error, index=self.estimate.names, name="std_error")

    @property
    def bias(self) -> pd.Series:
        """Mean of the finite replicates less the estimate."""
        finite = self.coef[np.isfinite(self.gamma).all(axis=1)]
        return pd.Series(np.mean(finite, axis=0) - self.estimate.coef, self.estimate.names, name="bias")

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of these replicates."""
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

        Raises
        ------
        FitError
            Unknown kind, or ``"bca"`` for the parametric bootstrap.

        Notes
        -----
        Equations (16.5) and (16.6) of the mathematics page.
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
        """Return estimate, bias, standard error and interval of each coefficient."""
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


def bootstrap(
    model: FittedModel, n: int = 999, kind: str = "case", *, seed: object = None, cluster: object = None
) -> Replicates:
    """Return the coefficients of fits to data drawn again.

    Parameters
    ----------
    model : FittedModel
    n : int
        Replicates.
    kind : {"case", "parametric", "cluster"}
        Draw rows; draw responses from the fitted distribution; draw whole clusters.
    seed : int or numpy Generator, optional
        The same seed gives the same digits.
    cluster : column name, expression or (n,) array, optional
        For ``kind="cluster"``.

    Raises
    ------
    FitError
        The fit has no finite maximum, or hardly any replicate has.
    DataError
        The clusters do not match the rows.
    NoLikelihoodError
        ``kind="parametric"`` for a family without a distribution.

    Notes
    -----
    Warm starts from the fit: two to five scoring steps a replicate, O(n p^2) each.
    """
    _check(model, n)
    scheme = scheme_of(model, kind, cluster)
    rng = np.random.default_rng(seed)  # type: ignore[arg-type]
    fits = [_refitted(model, scheme.draw(rng)) for _ in range(int(n))]
    separated = sum(fit is not None and fit.recession is not None for fit in fits)
    failed = sum(fit is None for fit in fits)
    if n - separated - failed < FEWEST:
        raise FitError(
            f"Of {n} replicates {separated} are separated and {failed} failed: nothing is left to measure. "
            'Use confint("profile"), or kind="parametric".',
            separated=separated,
            failed=failed,
        )
    gamma, coef = _coefficients(model, fits)
    acceleration = _acceleration(model, scheme.units)
    given = int(seed) if isinstance(seed, int | np.integer) else None
    return Replicates(model.estimate, gamma, coef, acceleration, kind, separated, failed, given)


def _check(model: FittedModel, n: int) -> None:
    if isinstance(n, bool) or int(n) != n or n < FEWEST:
        raise FitError(
            f"n={n!r} is not a number of replicates. Give a whole number, such as 999.", argument="n"
        )
    if model.fit.recession is not None:
        raise FitError(
            'The fit is separated, so that most data drawn from it would be too. Use confint("profile").',
        )


def _refitted(model: FittedModel, problem: Problem) -> GLMFit | None:
    """Return the fit to drawn data; None where it failed or lost a column."""
    try:
        with np.errstate(all="ignore"):  # the null model, which is not asked for, may have no valid mean
            fit = _started(model, problem)
    except FitError:
        return None
    return fit if fit.converged and fit.rank == model.fit.rank else None


def _started(model: FittedModel, problem: Problem) -> GLMFit:
    control = replace(model.control, tol=max(model.control.tol, TOLERANCE))
    try:
        return fit_problem(problem, model.family, control, model.fit.gamma)
    except FitError:  # the old coefficients give means out of range for the new rows
        return fit_problem(problem, model.family, control)


def _coefficients(model: FittedModel, fits: list[GLMFit | None]) -> tuple[Array, Array]:
    """Return the replicates in the coordinates of the fit and in the columns as coded."""
    estimate = model.estimate
    units = estimate.centring.rows_to_fitted(np.eye(len(estimate.kept)))
    columns = pd.RangeIndex(len(estimate.kept))
    gamma = np.full((len(fits), len(columns)), np.nan)
    coef = np.full((len(fits), len(estimate.names)), np.nan)
    for i, fit in enumerate(fits):
        if fit is None:
            continue
        own = estimate_of(fit, columns)
        coef[i, estimate.kept] = own.linear(units)
        if fit.recession is None:
            gamma[i] = own.coef
    return gamma, coef


def _acceleration(model: FittedModel, units: IntArray | None) -> Array:
    """Return sum L^3 / (6 (sum L^2)^1.5) over the units drawn, (p,), with L the empirical influence.

    Efron (1987, eq. 6.6): L_i = A^-1 s_i, the infinitesimal change of the coefficients by unit i.
    """
    estimate, fit = model.estimate, model.fit
    values = np.full(len(estimate.names), np.nan)
    if units is None:
        return values
    residual = fit.family.score_residual(fit.problem.y, fit.mean)
    row = fit.problem.prior * np.where(fit.problem.weights > 0, residual, 0.0)
    scores, counts = fit.independence.design.dense() * row[:, None], fit.problem.counts
    if len(np.unique(units)) < len(units):
        sums = np.zeros((int(units.max()) + 1, scores.shape[1]))
        np.add.at(sums, units, scores * counts[:, None])
        scores, counts = sums, np.ones(len(sums))
    influence = scores @ fit.inverse @ estimate.centring.rows_to_fitted(np.eye(fit.rank)).T
    with np.errstate(invalid="ignore", divide="ignore"):  # a perfect fit has no influence
        values[estimate.kept] = counts @ influence**3 / (6.0 * (counts @ influence**2) ** 1.5)
    return values


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
