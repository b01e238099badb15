"""Fit a model whose family has a parameter of its own to estimate: theta, or a power.

Coefficients given the parameter, and the parameter given the means, are estimated in turn
until neither moves, measured in standard errors. The two are orthogonal (Cox and Reid
1987), so that each round gains digits; the fixed point is the joint maximum.

References
----------
Cox, D. R. and Reid, N. (1987). Parameter orthogonality and approximate conditional
inference. Journal of the Royal Statistical Society B 49, 1-39.
Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of
Statistics 15, 209-225.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glmkit._typing import Array
from glmkit.families.base import Family
from glmkit.families.parameters import Nuisance, Sample
from glmkit.fitting.existence import settle
from glmkit.fitting.glm import GLMFit, Known, NuisanceFit, fit_glm
from glmkit.fitting.problem import Problem
from glmkit.fitting.scoring import Control, Iteration

__all__ = ["fit_model"]

# Rounds at most; three to six are usual.
ROUNDS = 200
# Rounds after which the moves have to be shorter, by a little: else the likelihood is too flat for them to end.
PATIENCE = 5
SHORTER = 0.9


def fit_model(
    problem: Problem,
    family: Family,
    control: Control,
    start: Array | None = None,
    known: Known | None = None,
) -> GLMFit:
    """Return the settled fit of a problem, the nuisance parameter estimated where it is pending.

    Parameters
    ----------
    problem : Problem
    family : Family
    control : Control
    start : (p,) array, optional
        Coefficients to start from, over all columns.
    known : Known, optional
        What another fit with the same family to the same rows has found out.
    """
    if family.pending:
        return _alternate(problem, family, control, start)
    return _settled(problem, family, control, start, known)


def _settled(
    problem: Problem, family: Family, control: Control, start: Array | None, known: Known | None = None
) -> GLMFit:
    """Return the fit with its limit where the maximum is at infinity or on an edge.

    Bias-reduced estimates are finite: there is nothing to settle.
    """
    fit = fit_glm(problem, family, control, start, known)
    if problem.method != "ml":
        return fit
    fit, limit, boundary = settle(fit, control)
    if limit is not None:
        return replace(fit, recession=limit.recession)
    return fit if boundary is None else replace(fit, active=boundary.active)


def _alternate(problem: Problem, family: Family, control: Control, start: Array | None) -> GLMFit:
    first = family.first_nuisance(_sample(problem, problem.y))
    fit = simplest = _settled(problem, family.held(first), control, start)
    estimate, moved, passed = Nuisance(first, float("nan")), np.inf, [fit]
    rounds, close = 0, max(control.tol, family.nuisance_precision)
    moves: list[float] = []
    while moved > close and rounds < ROUNDS and not _creeps(moves):
        rounds += 1
        last, estimate = estimate, fit.family.nuisance_at(_sample(problem, fit.mean.mu))
        moved = _moved(last, estimate)
        moves.append(moved)
        fit = _settled(problem, family.held(estimate.value), control, _coefficients(fit))
        passed.append(fit)
    trace = tuple(line for each in passed for line in _trace_in_terms_of(fit, each))
    found = NuisanceFit(estimate.value, estimate.std_error, simplest.loglik, rounds)
    fit = replace(fit, nuisance=found, trace=_numbered(trace))
    return fit if moved <= close else replace(fit, converged=False, reason="nuisance")


def _creeps(moves: list[float]) -> bool:
    """Return whether the moves have stopped to become shorter."""
    return len(moves) > PATIENCE and min(moves[-PATIENCE:]) > SHORTER * moves[-PATIENCE - 1]


def _sample(problem: Problem, mu: Array) -> Sample:
    used = problem.weights > 0
    return Sample(problem.y[used], mu[used], problem.prior[used], problem.counts[used])


def _moved(last: Nuisance, estimate: Nuisance) -> float:
    """Return how far the parameter moved, in standard errors."""
    if last.value == estimate.value:
        return 0.0
    error = estimate.std_error if estimate.std_error > 0 else np.nan
    distance = abs(estimate.value - last.value) / error
    return float(distance) if np.isfinite(distance) else float("inf")


def _coefficients(fit: GLMFit) -> Array | None:
    """Return coefficients to go on from, over all columns; None where some are not finite."""
    if fit.recession is not None or fit.active is not None:
        return None
    beta = np.zeros(fit.problem.design.shape[1])
    beta[fit.kept] = fit.centring.to_original(fit.gamma)
    return beta


def _trace_in_terms_of(fit: GLMFit, other: GLMFit) -> tuple[Iteration, ...]:
    """Return the trace of another fit of the same problem over the independent columns of `fit`.

    Which columns are independent is judged under weights that the parameter has a part in.
    """
    if np.array_equal(other.kept, fit.kept) and np.array_equal(other.centring.shift, fit.centring.shift):
        return other.trace
    return tuple(line._replace(coef=_over_columns(fit, other, line.coef)) for line in other.trace)


def _over_columns(fit: GLMFit, other: GLMFit, gamma: Array) -> Array:
    one, beta = fit.independence, np.zeros(fit.problem.design.shape[1])
    beta[other.kept] = other.centring.to_original(gamma)
    return one.centring.to_fitted(beta[one.kept] + one.combinations @ beta[one.dropped])


def _numbered(trace: tuple[Iteration, ...]) -> tuple[Iteration, ...]:
    return tuple(line._replace(iteration=number) for number, line in enumerate(trace, start=1))
