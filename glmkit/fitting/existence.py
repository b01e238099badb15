"""Whether a fit that ended is a maximum, and what to report where there is none.

Three ends of the iteration are told apart:

- a maximum inside the region of valid means: nothing to add;
- the likelihood rises for ever along a direction of recession (`glmkit.fitting.recession`):
  the maximum is in the limit, where separated rows are fitted perfectly and the others as
  if they were alone (Geyer 2009, section 3.9);
- the maximum lies on the edge of the valid region (`glmkit.fitting.boundary`).

The first is nearly every fit, and is recognised from the unit deviances alone. Let s be
the length of the last step in standard errors. If d were a direction of recession, the
terms of score'd = sum w_i r_i x_i d would all be >= 0, while |score'd| <= s |d| in the
norm of the information; for the weights W_i <= r_i of canonical links this gives
s^2 >= min w_i r_i over the open rows. A converged fit whose open rows all are further
from their limit than that is a maximum.

References
----------
Geyer, C. J. (2009). Likelihood inference in exponential families and directions of
recession. Electronic Journal of Statistics 3, 259-289.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.errors import FitError
from glmkit.families.base import Family, Mean
from glmkit.fitting.boundary import ConstrainedFit, at_edge, constrained_fit, eta_bounds
from glmkit.fitting.fitted import FittedAs
from glmkit.fitting.glm import GLMFit, fit_glm
from glmkit.fitting.goodness import Likelihood, RowMeans, deviance_of, dispersion_of, pearson_statistic
from glmkit.fitting.objective import objective_of
from glmkit.fitting.problem import Problem
from glmkit.fitting.recession import Recession, far_mean, recession_of
from glmkit.fitting.scoring import Control

__all__ = [
    "LimitFit",
    "Settled",
    "lifted",
    "limit_fit",
    "limiting_mean",
    "settle",
]


@dataclass(frozen=True, eq=False)
class LimitFit:
    """The maximum in the limit along the directions of recession.

    Linear functions that are constant on the cone have an estimate and a standard error,
    those of the remaining rows. They are read off `gamma` and `inverse`, which are made
    so that L gamma and L inverse L' are right for every such L (and mean nothing for
    others: ask `Recession.limits` first).

    Parameters
    ----------
    recession : Recession
        In the coordinates of the independent centred columns of the whole fit, as gamma.
    gamma : (rank,) array
    inverse : (rank, rank) array
        Inverse information, of rank less than its size.
    coef : (p,) array
        Over all columns as coded: finite, inf, -inf, or nan where aliased or where the
        limit depends on the path.
    finite : (p,) array of bool
    vcov : (p, p) array
        Of `coef`, the dispersion included; nan in rows and columns that are not finite.
    eta, mean : (n,) arrays
        The limits; nan in rows of zero weight whose limit depends on the path.
    deviance : float
    dispersion : float
    inner : GLMFit or None
        The fit of the remaining rows, over the independent columns; None when all rows
        are separated.
    """

    recession: Recession
    gamma: Array
    inverse: Array
    coef: Array
    finite: BoolArray
    vcov: Array
    eta: Array
    mean: Mean
    deviance: float
    dispersion: float
    inner: GLMFit | None

    @property
    def converged(self) -> bool:
        """Whether the fit of the remaining rows converged."""
        return self.inner is None or self.inner.converged


class Settled(NamedTuple):
    """A fit, amended where it was no maximum, and why."""

    fit: GLMFit
    limit: LimitFit | None
    boundary: ConstrainedFit | None


def settle(fit: GLMFit, control: Control) -> Settled:
    """Return the fit as it stands if it is a maximum, else the maximum in the limit or on the edge.

    Notes
    -----
    O(n) for an ordinary fit. What is amended: ``gamma``, ``inverse``, ``fitted``,
    ``deviance``, ``pearson_chi2``, ``dispersion``, ``loglik``, ``converged`` and
    ``reason``, which becomes "separated" or "boundary". An interior maximum that the
    iterations had missed is an ordinary fit.
    """
    if fit.suspect:
        problem = fit.problem
        hint = fit.eta - problem.added
        recession = recession_of(fit.independence.design, problem.y, problem.weights, fit.family, eta=hint)
        # A direction along which no row moves is one of rounding, and would be found again of all rows.
        if recession is not None and np.any((recession.signs != 0.0) & (problem.weights > 0.0)):
            limit = limit_fit(fit, recession, control)
            return Settled(_limiting(fit, limit), limit, None)
    # Iterations that merely ran out are reported as such; those that could not move, or were
    # on their way to the edge, are helped.
    bounded = eta_bounds(fit.family).exist
    close = bounded and at_edge(fit.family, fit.eta, fit.problem.weights, converged=fit.converged)
    if fit.reason != "stuck" and not close:
        return Settled(fit, None, None)
    return _constrained(fit, control)


def limit_fit(fit: GLMFit, recession: Recession, control: Control) -> LimitFit:
    """Return the limit of the fit along its directions of recession.

    Parameters
    ----------
    fit : GLMFit
        Where the iterations ended.
    recession : Recession
        Of ``fit.independence.design``.
    control : Control

    Raises
    ------
    FitError
        No valid starting value can be found for the remaining rows.
    """
    problem = fit.problem
    counted = np.flatnonzero((recession.signs == 0.0) & (problem.weights > 0.0))
    inner = settle(_fit_remaining(fit, counted, control), control).fit if len(counted) else None
    gamma, inverse = lifted(fit, inner)
    eta = _limiting_eta(fit, recession, gamma)
    mean = limiting_mean(fit.family, problem.y, eta)
    deviance, pearson = _deviance_and_pearson(problem, fit.family, mean.of)
    dispersion = dispersion_of(fit.family, pearson, fit.df_resid)
    coef, vcov = _coefficients(fit, recession, gamma, dispersion * inverse)
    return LimitFit(
        recession=recession,
        gamma=gamma,
        inverse=inverse,
        coef=coef,
        finite=np.isfinite(coef),
        vcov=vcov,
        eta=eta,
        mean=mean,
        deviance=deviance,
        dispersion=dispersion,
        inner=inner,
    )


def _fit_remaining(fit: GLMFit, rows: IntArray, control: Control) -> GLMFit:
    """Return the fit of the remaining rows, from the constant of the starting means if need be.

    All responses left may be the edge of the region, as y = 1 under the log link: the mean
    of the response is no start then, but that of the starting means is inside.
    """
    problem, family = _remaining(fit, rows), fit.family
    try:
        return fit_glm(problem, family, control)
    except FitError:
        if problem.constant is None:
            raise
    mu = family.start(problem.y, problem.weights)
    level = family.link(np.array([np.average(mu, weights=problem.weights)]))[0]
    return fit_glm(problem, family, control, problem.constant * (level - np.max(problem.added)))


def _remaining(fit: GLMFit, rows: IntArray) -> Problem:
    """Return the problem of some rows over the independent columns."""
    problem = fit.problem
    return Problem(
        design=problem.design.take(fit.kept).select(rows),
        y=problem.y[rows],
        prior=problem.prior[rows],
        frequency=None if problem.frequency is None else problem.frequency[rows],
        offset=None if problem.offset is None else problem.offset[rows],
        trials=None if problem.trials is None else problem.trials[rows],
        intercept=problem.intercept,
        constant=fit.centring.span_constant,
    )


def lifted(fit: GLMFit, inner: GLMFit | None) -> tuple[Array, Array]:
    """Return coefficients and inverse information of the remaining rows in the coordinates of `fit`.

    beta = gamma' - a'(s' gamma') for the inner fit's shift s', then gamma = beta + a (s beta).
    Where both use the same constant, X a = 1, this is gamma' + a (s - s') gamma', without
    the cancellation of going by way of beta.
    """
    p = fit.rank
    if inner is None:
        return np.zeros(p), np.zeros((p, p))
    kept = inner.kept
    lift = np.zeros((p, len(kept)))
    lift[kept, np.arange(len(kept))] = 1.0
    lift += np.outer(fit.centring.constant, fit.centring.shift[kept] - inner.centring.shift)
    return lift @ inner.gamma, lift @ inner.inverse @ lift.T


def _limiting_eta(fit: GLMFit, recession: Recession, gamma: Array) -> Array:
    problem, design = fit.problem, fit.independence.design
    eta = design.dot(gamma) + problem.added
    moved = recession.signs != 0.0
    eta[moved] = recession.signs[moved] * np.inf
    uncounted = np.flatnonzero(problem.weights <= 0.0)
    if len(uncounted):
        limits = recession.limits(design.select(uncounted).dense())
        eta[uncounted] = np.where(limits == 0.0, eta[uncounted], limits)
    return eta


def limiting_mean(family: Family, y: Array, eta: Array) -> Mean:
    """Return the mean at eta, which may be infinite: there the mean is flat."""
    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere, or nan
        mean = Mean(*(np.array(part) for part in family.mean(np.where(np.isinf(eta), 0.0, eta))))
    for side in (-1.0, 1.0):
        rows = eta == side * np.inf
        far = far_mean(family, side)
        limit = np.nan if far is None else float(far.mu[0])
        # Beyond the range of doubles: 1 - mu may be the smallest number instead of 0.
        limit = float(np.round(limit)) if np.isclose(limit, np.round(limit), rtol=0.0, atol=1e-15) else limit
        mean.mu[rows], mean.comu[rows], mean.dmu[rows] = limit, 1.0 - limit, 0.0
    return mean


def _coefficients(fit: GLMFit, recession: Recession, gamma: Array, covariance: Array) -> tuple[Array, Array]:
    """Return the coefficients of all columns as coded, and their covariance, over the finite ones."""
    units = fit.centring.rows_to_fitted(np.eye(fit.rank))
    limits = recession.limits(units)
    coef = np.full(fit.problem.design.shape[1], np.nan)
    coef[fit.kept] = np.where(limits == 0.0, units @ gamma, limits)
    vcov = np.full((len(coef), len(coef)), np.nan)
    finite = limits == 0.0
    rows = units[finite]
    vcov[np.ix_(fit.kept[finite], fit.kept[finite])] = rows @ covariance @ rows.T
    return coef, vcov


def _limiting(fit: GLMFit, limit: LimitFit) -> GLMFit:
    changed = replace(fit, gamma=limit.gamma, inverse=limit.inverse, fitted=FittedAs(limit.eta, limit.mean))
    return _measured(changed, limit.converged, "separated")


def _constrained(fit: GLMFit, control: Control) -> Settled:
    """Return the maximum over the closed region of valid means, where one is found."""
    problem = fit.problem
    objective = objective_of(problem, fit.family, fit.independence.design)
    found = constrained_fit(objective, fit.gamma)
    if not found.converged:
        return Settled(fit, None, None)
    if not found.interior:
        changed = replace(
            fit, gamma=found.beta, inverse=found.covariance, fitted=FittedAs(found.eta, found.mean)
        )
        return Settled(_measured(changed, True, "boundary"), None, found)
    point = objective.at(found.beta)
    factor = objective.quadratic(point).factor
    inverse = objective.inverse_information(point, factor)
    changed = replace(fit, gamma=point.beta, factor=factor, inverse=inverse, fitted=point.fitted)
    return Settled(_measured(changed, True, ""), None, None)


def _measured(fit: GLMFit, converged: bool, reason: str) -> GLMFit:
    """Return a fit with new coefficients and mean, measured again."""
    problem, family = fit.problem, fit.family
    deviance, pearson = _deviance_and_pearson(problem, family, fit.fitted.of)
    return replace(
        fit,
        deviance=deviance,
        pearson_chi2=pearson,
        dispersion=dispersion_of(family, pearson, fit.df_resid),
        loglik=Likelihood(problem, family).at(fit.fitted.of, deviance),
        converged=converged,
        reason=reason,
    )


def _deviance_and_pearson(problem: Problem, family: Family, mean: RowMeans) -> tuple[float, float]:
    with np.errstate(invalid="ignore"):  # a row of zero weight may be infinitely wrong
        return deviance_of(problem, family, mean), pearson_statistic(problem, family, mean)
