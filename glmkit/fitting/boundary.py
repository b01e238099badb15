"""Maxima on the edge of the region in which the means are valid, and maxima near it.

Where a link does not map onto the whole line (identity with Poisson, log with binomial),
eta is confined to an interval, lower <= x_i beta + offset_i <= upper for every row that
counts, and the maximum may lie on an end of it. Fisher scoring does not find it: the
expected weights are infinite on the edge, so that its steps shrink however long the way.

Here the deviance is minimised under these linear constraints by Newton steps with the
observed weights, each from a quadratic program over all the rows (`glmkit.fitting.qp`),
followed by halving. At the end the multipliers say what was found: none is needed at an
interior maximum; at a boundary maximum the score is a sum of active rows with multipliers
>= 0 (Karush, Kuhn, Tucker).

Without bounds this is Newton's method, which also ends where Fisher scoring crawls
because the residuals are large.

References
----------
Nocedal, J. and Wright, S. J. (2006). Numerical Optimization, 2nd ed., chapters 16, 18.
Marschner, I. C. and Gillett, A. C. (2012). Relative risk regression: reliable and flexible
methods for log-binomial models. Biostatistics 13, 179-192.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.families.base import Family, Mean
from glmkit.families.link import FunctionLink
from glmkit.fitting.objective import GLMObjective
from glmkit.fitting.qp import Constraints, QuadraticStep, quadratic_step
from glmkit.numerics.algebra import least_squares, singular
from glmkit.numerics.factor import cholesky_factor

__all__ = ["Bounds", "ConstrainedFit", "at_edge", "constrained_fit", "eta_bounds"]

# Just beside a bound, in units of max(1, |bound|): far above rounding, far below any scale.
BESIDE = 1e-6
# A bound at zero is approached to this; its square is still a number.
NEXT_TO_ZERO = 1e-150
# A linear predictor this close to a bound, for the size of the predictors, may be on it:
# after the iterations converged, and after they ran out on their way there.
EDGE = 1e-8
EDGE_UNFINISHED = 1e-3
# A row is on a bound when its distance is below this share of the size of the predictors.
ON = 1e-11
# Step of the numerical derivative of the score, as a share of the distance to the bound.
SLOPE_STEP = 1e-5
# Share of the way to a bound that a row may go which has an infinite deviance there.
NOT_QUITE = 0.99
# A deviance is a sum of rounded terms: a rise below this share of it is rounding.
MERIT_ROUNDING = 1e-13
MAX_STEPS = 200
MAX_HALVINGS = 60
# Squared length of a step, in standard errors, that ends the iteration.
SETTLED = 1e-24
# A step is rounding when its squared length is this share of the deviance, and the deviance
# cannot be lowered or the next step is not shorter by this factor.
STALLED = 1e-12
SHRINKS = 0.01
OURS = "glmkit.families."


class Bounds(NamedTuple):
    """The closed interval of valid linear predictors; infinite where there is no end."""

    lower: float
    upper: float

    @property
    def exist(self) -> bool:
        """Whether there is an end."""
        return bool(np.isfinite(self.lower) or np.isfinite(self.upper))


@dataclass(frozen=True, eq=False)
class ConstrainedFit:
    """The maximum over the closed region of valid means.

    Parameters
    ----------
    beta : (p,) array
        In the coordinates of the objective's design.
    eta, mean : (n,) arrays
        On active rows eta is the bound itself, and the mean next to it.
    deviance : float
    active : (m,) array
        Rows on a bound, in order.
    multipliers : (m,) array
        How fast half the deviance would fall if the row could go on, per unit of eta;
        0 for rows that are on the bound because others are.
    face : (p, k) array
        An orthonormal basis of the steps that keep the active rows where they are.
    covariance : (p, p) array
        Of beta, for dispersion 1, given that the active rows are active: expected
        information of the other rows, along the face.
    converged : bool
        Whether the conditions for a maximum hold.
    iterations : int
    """

    beta: Array
    eta: Array
    mean: Mean
    deviance: float
    active: IntArray
    multipliers: Array
    face: Array
    covariance: Array
    converged: bool
    iterations: int

    @property
    def interior(self) -> bool:
        """Whether no row is on a bound: an ordinary maximum after all."""
        return len(self.active) == 0


def eta_bounds(family: Family) -> Bounds:
    """Return the interval of linear predictors with a valid mean.

    The ends are where the link takes the ends of a mean, 0 and 1, or at zero.

    Examples
    --------
    >>> from glmkit.families import Binomial, Poisson
    >>> eta_bounds(Poisson("identity")), eta_bounds(Binomial("log"))
    (Bounds(lower=0.0, upper=inf), Bounds(lower=-inf, upper=0.0))
    >>> eta_bounds(Binomial("logit")).exist
    False
    """
    # Families and links of this package act alike where they are equal; others may hold more than they compare.
    ours = all(type(part).__module__.startswith(OURS) for part in (family, family.link))
    return _kept_bounds(family) if ours and not isinstance(family.link, FunctionLink) else _bounds(family)


def _bounds(family: Family) -> Bounds:
    with np.errstate(all="ignore"):  # 0 and 1 are outside the domain of some links
        ends = np.array([*family.link(np.array([0.0, 1.0])), 0.0])
    ends = ends[np.isfinite(ends)]
    beside = BESIDE * np.maximum(1.0, np.abs(ends))
    sides = _valid(family, np.concatenate([ends - beside, ends + beside]))
    below, above = sides[: len(ends)], sides[len(ends) :]
    lower, upper = ends[above & ~below].tolist(), ends[below & ~above].tolist()
    return Bounds(max(lower, default=-np.inf), min(upper, default=np.inf))


_kept_bounds = lru_cache(maxsize=256)(_bounds)


def at_edge(family: Family, eta: Array, weights: Array, *, converged: bool = True) -> bool:
    """Return whether some linear predictor, (n,), is so close to a bound that it may be on it."""
    bounds = eta_bounds(family)
    if not bounds.exist:
        return False
    used = eta[weights > 0.0]
    distance = np.minimum(used - bounds.lower, bounds.upper - used)
    edge = (EDGE if converged else EDGE_UNFINISHED) * max(1.0, float(np.max(np.abs(used), initial=0.0)))
    return bool(np.min(distance, initial=np.inf) <= edge)


def constrained_fit(objective: GLMObjective, start: Array) -> ConstrainedFit:
    """Return the coefficients of least deviance among those with means in the closed region.

    Parameters
    ----------
    objective : GLMObjective
    start : (p,) array
        Inside the region; where Fisher scoring ended will do.

    Notes
    -----
    Each step costs O(n p^2) for the information and O(n p) for each constraint that the
    quadratic program meets.
    """
    region = _Region(objective, eta_bounds(objective.family))
    state = region.at(start)
    working: IntArray = np.empty(0, dtype=np.intp)
    converged, last = False, np.inf
    iteration = 0
    for iteration in range(1, MAX_STEPS + 1):  # noqa: B007  (read after the loop)
        step = region.newton(state, working)
        working = step.working
        moved = region.descend(state, step.step)
        tiny = step.decrement <= max(SETTLED * region.unit(state), STALLED * state.deviance)
        # Tiny steps that no longer shrink are rounding, or a maximum that is not unique.
        if (
            moved is None
            or step.decrement <= SETTLED * region.unit(state)
            or (tiny and step.decrement > SHRINKS * last)
            # The same step once more, and no better for it: it is lost in the rounding of beta.
            or (step.decrement == last and moved.deviance >= state.deviance)
        ):
            converged = step.converged and tiny
            state = state if moved is None else moved
            break
        last = step.decrement
        state = moved
    return region.finish(state, working, converged, iteration)


class _State(NamedTuple):
    """A point of the closed region."""

    beta: Array
    eta: Array
    deviance: float


@dataclass(frozen=True, eq=False)
class _Region:
    """The objective on the closed region."""

    objective: GLMObjective
    bounds: Bounds

    @property
    def counted(self) -> BoolArray:
        return self.objective.weights > 0.0

    def at(self, beta: Array) -> _State:
        eta = self.objective.design.dot(beta) + self.objective.offset
        eta = np.where(self.counted, np.clip(eta, *self.bounds), eta)
        return _State(beta, eta, self._deviance(eta))

    def _deviance(self, eta: Array) -> float:
        total = float(np.sum(self._deviances(eta)))
        return total if np.isfinite(total) else float("inf")

    def _deviances(self, eta: Array) -> Array:
        """Return what each row adds to the deviance, 0 for rows that do not count."""
        deviance = self.objective.family.unit_deviance(self.objective.y, self.mean(eta))
        return np.asarray(self.objective.weights * np.where(self.counted, deviance, 0.0))

    def mean(self, eta: Array) -> Mean:
        """Return the mean, next to a bound where eta is on it."""
        with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
            return self.objective.family.mean(self._inside(eta))

    def _inside(self, eta: Array) -> Array:
        lower, upper = _inner(self.bounds.lower, 1.0), _inner(self.bounds.upper, -1.0)
        return np.where(self.counted, np.clip(eta, lower, upper), eta)

    def score_rows(self, eta: Array) -> Array:
        """Return d(log-likelihood)/d(eta) of each row, finite next to a bound."""
        inside = self._inside(eta)
        with np.errstate(all="ignore"):  # as above
            score = self.objective.family.score_residual(self.objective.y, self.objective.family.mean(inside))
        return np.where(self.counted, self.objective.weights * score, 0.0)

    def observed_weights(self, eta: Array) -> Array:
        """Return -d2(log-likelihood)/d(eta)2 of each row, by differences of the score."""
        gaps = np.array([eta - self.bounds.lower, self.bounds.upper - eta])
        nearest = np.min(np.where(gaps > 0.0, gaps, np.inf), axis=0)
        change = SLOPE_STEP * np.minimum(np.maximum(1.0, np.abs(eta)), nearest)
        below, above = np.where(gaps > 0.0, change, 0.0)  # on a bound: into the region only
        rise = self.score_rows(eta + above) - self.score_rows(eta - below)
        with np.errstate(all="ignore"):  # no room on either side
            weights = -rise / (above + below)
        return np.where(np.isfinite(weights), weights, 0.0)

    def newton(self, state: _State, working: IntArray) -> QuadraticStep:
        """Return the Newton step under the constraints, from a quadratic program."""
        design = self.objective.design
        score = design.tdot(self.score_rows(state.eta))
        information = self._information(state)
        room = self.room(state.eta)
        return quadratic_step(information, score, Constraints(design, *room), working)

    def room(self, eta: Array) -> tuple[Array, Array]:
        """Return how far each eta may fall and rise; inf for rows that do not count."""
        fall = np.where(self.counted, eta - self.bounds.lower, np.inf)
        rise = np.where(self.counted, self.bounds.upper - eta, np.inf)
        return np.asarray(fall), np.asarray(rise)

    def _information(self, state: _State) -> Array:
        """Return a positive definite information: observed, else its convex part, propped up."""
        design = self.objective.design
        observed = self.observed_weights(state.eta)
        convex = design.gram(np.maximum(observed, 0.0))
        if np.any(observed < 0.0):
            whole = convex - design.gram(np.maximum(-observed, 0.0))
            if cholesky_factor(whole) is not None:
                return np.asarray(whole)
        if cholesky_factor(convex) is not None:
            return convex
        flat = design.gram(self.counted.astype(np.float64))
        level = max(float(np.max(np.diag(convex) / np.diag(flat))), 1.0)
        return np.asarray(convex + 1e-8 * level * flat)

    def descend(self, state: _State, step: Array) -> _State | None:
        """Return the first point along the step that does not raise the deviance."""
        allowed = state.deviance + MERIT_ROUNDING * abs(state.deviance)
        share = self._share(state, step)
        for halvings in range(MAX_HALVINGS):
            candidate = self.at(state.beta + share * 0.5**halvings * step)
            if candidate.deviance <= allowed:
                return candidate
        return None

    def _share(self, state: _State, step: Array) -> float:
        """Return how much of a step is allowed to rows with an infinite deviance on the bound."""
        moved = self.objective.design.dot(step)
        fall, rise = self.room(state.eta)
        room = np.where(moved < 0.0, fall, rise)
        at_bound = np.where(moved < 0.0, self._barrier(self.bounds.lower), self._barrier(self.bounds.upper))
        with np.errstate(divide="ignore", invalid="ignore"):  # rows that do not move
            share = np.where(at_bound & (moved != 0.0), NOT_QUITE * room / np.abs(moved), np.inf)
        return float(min(1.0, np.min(share, initial=np.inf)))

    def _barrier(self, bound: float) -> BoolArray:
        """Return which rows have an infinite deviance on a bound."""
        if not np.isfinite(bound):
            return np.zeros(len(self.objective.y), dtype=bool)
        mean = Mean(*(np.broadcast_to(part, self.objective.y.shape) for part in self._edge_mean(bound)))
        with np.errstate(all="ignore"):  # infinite is the answer
            return ~np.isfinite(self.objective.family.unit_deviance(self.objective.y, mean))

    def _edge_mean(self, bound: float) -> Mean:
        with np.errstate(all="ignore"):  # the mean may be infinite on the bound
            return self.objective.family.mean(np.array([bound]))

    def unit(self, state: _State) -> float:
        """Return the dispersion: the square of a standard error, as the objective has it."""
        n, p = self.objective.design.shape
        known = self.objective.family.dispersion
        return known if known is not None else max(state.deviance / max(n - p, 1), 1e-300)

    def finish(self, state: _State, working: IntArray, converged: bool, iterations: int) -> ConstrainedFit:
        """Return the fit with its active rows, multipliers and covariance along the face."""
        design = self.objective.design
        size = max(1.0, float(np.max(np.abs(state.eta[self.counted]), initial=0.0)))
        fall, rise = self.room(state.eta)
        below = fall < rise
        near = np.minimum(fall, rise) <= ON * size
        on = np.where(near, np.where(below, self.bounds.lower, self.bounds.upper), state.eta)
        # A row whose deviance there is above that of all rows is beside the bound.
        near &= self._deviances(on) <= state.deviance * (1.0 + MERIT_ROUNDING)
        active = np.flatnonzero(near)
        eta = np.where(near, on, state.eta)
        face = _face(design.select(active).dense(), np.sqrt(np.diag(design.gram(self.objective.weights))))
        mean = self.mean(eta)
        multipliers = np.zeros(len(eta))
        working = np.intersect1d(working, active)
        beta = state.beta
        if len(working):
            score = design.tdot(self.score_rows(eta))
            outward = np.where(below[working], -1.0, 1.0)
            rows = design.select(working).dense()
            multipliers[working] = outward * least_squares("The fit on the edge", rows.T, score)
            # On the bounds to the last digit.
            missed = eta[working] - self.objective.offset[working] - rows @ beta
            beta = beta + least_squares("The fit on the edge", rows, missed)
        return ConstrainedFit(
            beta=beta,
            eta=eta,
            mean=mean,
            deviance=self._deviance(eta),
            active=active,
            multipliers=multipliers[active],
            face=face,
            covariance=self._covariance(mean, active, face),
            converged=converged,
            iterations=iterations,
        )

    def _covariance(self, mean: Mean, active: IntArray, face: Array) -> Array:
        with np.errstate(all="ignore"):  # active rows have infinite weights, not used
            weights = self.objective.weights * self.objective.family.working_weight(mean)
        weights = np.where(self.counted, weights, 0.0)
        weights[active] = 0.0
        factor = cholesky_factor(face.T @ self.objective.design.gram(weights) @ face)
        p = len(face)
        return np.full((p, p), np.nan) if factor is None else np.asarray(face @ factor.inverse() @ face.T)


def _face(rows: Array, norms: Array) -> Array:
    """Return a basis (p, k) of the null space of rows, orthonormal in columns of norm 1."""
    if rows.size == 0:
        return np.eye(len(norms))
    _, size, across = singular("The fit on the edge", rows / norms)
    return np.asarray(across[np.count_nonzero(size > 1e-11 * size[0]) :].T) / norms[:, None]


def _inner(bound: float, side: float) -> float:
    """Return the number next to a bound, on its inner side."""
    if not np.isfinite(bound):
        return bound
    return side * NEXT_TO_ZERO if bound == 0.0 else float(np.nextafter(bound, bound + side))


def _valid(family: Family, eta: Array) -> BoolArray:
    with np.errstate(all="ignore"):  # outside the domain is the question
        return np.asarray(family.link.valid(eta) & family.valid_mean(family.mean(eta)))
