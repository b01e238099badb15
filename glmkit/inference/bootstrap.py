"""The bootstrap: the fit to data drawn again, many times.

Every replicate is a fit of its own, settled like any other: one that is separated has
infinite coefficients, and one that lost a column has none. Both are counted and said.

References
----------
Efron, B. (1987). Better bootstrap confidence intervals. JASA 82, 171-185.
Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their Application. Cambridge.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.problem import Problem
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import estimate_of, fit_problem
from glmkit.inference.replicates import Replicates
from glmkit.inference.resampling import scheme_of

__all__ = ["bootstrap"]

FEWEST = 2
# Replicates are iterated to a hundredth of this, in standard errors: they vary by whole ones.
TOLERANCE = 1e-6


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
