"""Fisher scoring with step halving, stopped in statistical units.

The step is solved for, not the new coefficients: near the solution it is small, and its
relative error does not matter. Its length is measured in standard errors,
sqrt(step'score / phi) = sqrt(step' I step / phi), so that the same tolerance serves every
unit of x and y. Rejected: R's relative change of the deviance, which stops early where the
deviance is large and never where it is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.fitting.objective import Objective, Point, Quadratic
from glmkit.fitting.pace import LEFT, Pace
from glmkit.fitting.points import Asked, released
from glmkit.fitting.starting import Start
from glmkit.numerics.factor import InformationFactor

__all__ = ["Control", "Iteration", "Solution", "fisher_scoring"]

# A deviance is a sum of rounded terms: a rise below this share of it is rounding.
MERIT_ROUNDING = 1e-12
# A step that no halving improves is rounding when it is this small, in standard errors.
STALLED = 1e-6
# So is one that has stopped to shrink over some iterations: columns near the limit of what doubles tell apart.
STILL, STILL_ITERATIONS = 1e-7, 5


@dataclass(frozen=True)
class Control:
    """How the iterations are run.

    Parameters
    ----------
    tol : float
        Error of the coefficients at which to stop, in standard errors.
    max_iter : int
        Steps at most.
    max_halvings : int
        Halvings of one step at most.
    on_failure : {"warn", "raise"}
        What happens on non-convergence, separation and boundary maxima.
    threads : int, optional
        Threads at most. Never changes a digit of the result.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.Control(max_iter=100)
    Control(tol=1e-09, max_iter=100, max_halvings=20, on_failure='warn', threads=None)
    """

    tol: float = 1e-9
    max_iter: int = 50
    max_halvings: int = 20
    on_failure: str = "warn"
    threads: int | None = None

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        wrong = [
            (not 0 < self.tol < 1, "tol", "a number between 0 and 1"),
            (int(self.max_iter) != self.max_iter or self.max_iter < 1, "max_iter", "a whole number >= 1"),
            (self.max_halvings < 0, "max_halvings", "a whole number >= 0"),
            (self.on_failure not in ("warn", "raise"), "on_failure", '"warn" or "raise"'),
            (self.threads is not None and self.threads < 1, "threads", "None or a whole number >= 1"),
        ]
        for bad, name, rule in wrong:
            if bad:
                value = getattr(self, name)
                raise FitError(f"Control({name}={value!r}) is not valid: give {rule}.", argument=name)


class Iteration(NamedTuple):
    """One line of the trace."""

    iteration: int
    deviance: float
    step: float  # in standard errors
    halvings: int
    coef: Array


class Solution(NamedTuple):
    """Where Fisher scoring ended."""

    point: Point
    factor: InformationFactor
    trace: tuple[Iteration, ...]
    converged: bool
    reason: str  # "" when converged; "iterations" or "stuck"


def fisher_scoring(
    objective: Objective,
    start: Start,
    control: Control,
    *,
    rise: float = 0.0,
    near: float = 0.0,
) -> Solution:
    """Return the point of least merit reached from `start`.

    Parameters
    ----------
    objective : Objective
    start : Start
        Its point inside the valid region (finite merit). Held by nobody else, its sums are let go.
    control : Control
    rise : float
        Share of itself by which a step may raise the merit: for merits that only measure
        how far a root is, and whose valleys may lie elsewhere.
    near : float
        Length of a step, in standard errors, that need not be taken: where only a beginning is asked for.

    Notes
    -----
    Stops when the error left after the step, extrapolated from the rate of convergence,
    is below ``LEFT * tol`` and the information of the last pass serves the standard errors.
    In between, where steps shrink fast, they are taken on the information of an earlier point.
    """
    trace: list[Iteration] = []
    pace = Pace(objective.reuses, objective.newtonian, objective.price)
    here = _Here(start.point, objective.quadratic(*start), start.factor is None).released()
    del start
    for iteration in range(1, control.max_iter + 1):
        size = step_size(here.quadratic)
        if size <= near and here.fresh and trace:
            return Solution(here.point, here.quadratic.factor, tuple(trace), True, "")
        if size <= LEFT * control.tol and not here.fresh:
            here = here.refreshed(objective)
            size = step_size(here.quadratic)
        if size <= LEFT * control.tol:
            trace.append(Iteration(iteration, here.point.merit, size, 0, here.point.beta))
            return here.solution(objective, trace, "")
        pace = pace.with_step(size)
        asked = pace.asked(size, here.fresh, control.tol)
        moved, halvings = _moved(objective, here, pace.slow, control, rise, asked)
        trace.append(Iteration(iteration, moved.merit, size, halvings, moved.beta))
        if moved is here.point and here.fresh:
            return here.solution(objective, trace, "" if size <= STALLED else "stuck")
        if asked is Asked.MERIT or _is_still(trace):
            return here.moved_to(moved).solution(objective, trace, "")
        reused = asked is Asked.SCORE and not halvings and moved is not here.point
        factor = here.quadratic.factor if reused else None
        pace = pace.after(size, here.fresh, halvings)
        here = _Here(moved, objective.quadratic(moved, factor), factor is None).released()
        del moved  # it holds the sums of its pass
    close = here.fresh and step_size(here.quadratic) <= near
    return here.solution(objective, trace, "" if close else "iterations")


class _Here(NamedTuple):
    """A point, the step from it, and whether the information is that of the point itself."""

    point: Point
    quadratic: Quadratic
    fresh: bool

    def released(self) -> _Here:
        """Return the same without what the step was made of."""
        return _Here(released(self.point), self.quadratic, self.fresh)

    def refreshed(self, objective: Objective) -> _Here:
        """Return the point with its own information."""
        return self if self.fresh else _Here(self.point, objective.quadratic(self.point), True)

    def moved_to(self, point: Point) -> _Here:
        """Return a point so near that the information of this one serves it."""
        return self._replace(point=point)

    def solution(self, objective: Objective, trace: list[Iteration], reason: str) -> Solution:
        """Return the end of the iterations here."""
        fresh = self.refreshed(objective)
        converged = not reason
        return Solution(
            objective.settled(fresh.point), fresh.quadratic.factor, tuple(trace), converged, reason
        )


def _is_still(trace: list[Iteration]) -> bool:
    """Return whether steps far below a standard error have stopped to shrink.

    Steps that grow again have left a row behind whose weight held the others back: they lead on.
    """
    if len(trace) <= STILL_ITERATIONS or trace[-1].step > STILL:
        return False
    earlier, last, now = (trace[k].step for k in (-1 - STILL_ITERATIONS, -2, -1))
    return 0.9 * earlier < now < 2.0 * last


def step_size(quadratic: Quadratic) -> float:
    """Return the length of the step in standard errors."""
    decrement = float(quadratic.step @ quadratic.score)
    return sqrt(max(decrement, 0.0) / quadratic.unit)


def _moved(
    objective: Objective, here: _Here, slow: bool, control: Control, rise: float, asked: Asked
) -> tuple[Point, int]:
    """Return the next point: by Fisher's step, or by Newton's where Fisher's converge slowly."""
    newton = objective.newton(here.point, here.quadratic) if slow else None
    if newton is not None:
        moved, halvings = _descend(objective, here.point, newton, control, rise, asked)
        if moved is not here.point:
            return moved, halvings
    return _descend(objective, here.point, here.quadratic.step, control, rise, asked)


def _descend(
    objective: Objective, point: Point, step: Array, control: Control, rise: float, asked: Asked
) -> tuple[Point, int]:
    """Return the first point along the step that does not raise the merit by more than is allowed."""
    allowed = point.merit + max(rise, MERIT_ROUNDING) * abs(point.merit)
    for halvings in range(control.max_halvings + 1):
        candidate = objective.at(point.beta + step * 0.5**halvings, asked)
        if candidate.merit <= allowed:
            return candidate, halvings
    return point, control.max_halvings
