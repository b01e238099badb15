"""A Newton step under bounds on every row: a quadratic program by the primal active set.

Maximise  score's - s'I s / 2  over steps s with  -fall_i <= x_i s <= rise_i  for all rows.
From s = 0, each turn moves to the best point that keeps the working rows on their bounds,
as far as the other rows let it; a row that stops it joins, and a row whose multiplier has
the wrong sign leaves.

References
----------
Nocedal, J. and Wright, S. J. (2006). Numerical Optimization, 2nd ed., algorithm 16.3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.matrix import Design
from glmkit.numerics.algebra import least_squares, singular, solution

__all__ = ["Constraints", "QuadraticStep", "quadratic_step"]

# A row moves only by more than this share of what its length and the step's would allow.
STILL = 1e-10
# A multiplier above minus this share of the largest has the right sign.
RIGHT_SIGN = 1e-9
# Working rows stay on their bound from one program to the next within this.
ON = 1e-11
TURNS = 20


class Constraints(NamedTuple):
    """Bounds on the change of each row: -fall <= X s <= rise, (n,) each, >= 0, may be inf."""

    design: Design
    fall: Array
    rise: Array


class Held(NamedTuple):
    """A row on a bound, and which one: 1 above, -1 below."""

    row: int
    side: float


class QuadraticStep(NamedTuple):
    """The answer of a quadratic program."""

    step: Array  # (p,)
    working: IntArray  # independent rows that are held on a bound
    decrement: float  # step' information step: its squared length
    converged: bool  # whether all multipliers have the right sign


def quadratic_step(
    information: Array, score: Array, constraints: Constraints, working: IntArray
) -> QuadraticStep:
    """Return the best step within the constraints.

    Parameters
    ----------
    information : (p, p) array, positive definite
    score : (p,) array
    constraints : Constraints
    working : array of rows
        To be held from the start, where they are on their bound: those of the last step.
    """
    scale: Array = np.sqrt(np.diag(information))
    information = information / scale / scale[:, None]
    lengths = np.sqrt(constraints.design.row_norms(np.diag(1.0 / scale)))
    program = _Program(information, score / scale, constraints, scale, lengths)
    fall, rise = constraints.fall, constraints.rise
    rows = [Held(int(i), -1.0 if fall[i] < rise[i] else 1.0) for i in working if min(fall[i], rise[i]) <= ON]
    step, converged, best = np.zeros(len(score)), False, False
    for _ in range(TURNS * (len(score) + 10)):
        way, multipliers = program.toward(step, rows)
        # After the whole way to the best point what is left of it is rounding, however ill-conditioned.
        if best or float(way @ information @ way) <= STILL**2 * max(1.0, float(step @ information @ step)):
            worst = _worst(multipliers)
            if worst is None:
                converged = True
                break
            del rows[worst]
            best = False
            continue
        share, blocking = program.share(step, way, rows)
        step, best = step + share * way, blocking is None
        if blocking is not None:
            rows.append(blocking)
    decrement = float(step @ information @ step)
    return QuadraticStep(
        step / scale, np.array(sorted(held.row for held in rows), dtype=np.intp), decrement, converged
    )


class _Program(NamedTuple):
    information: Array  # of the scaled step
    score: Array
    constraints: Constraints
    scale: Array
    lengths: Array  # of the scaled rows

    def toward(self, step: Array, rows: list[Held]) -> tuple[Array, Array]:
        """Return the way to the best point with `rows` held, and their multipliers (>= 0 is right)."""
        gradient = self.score - self.information @ step
        if not rows:
            return np.asarray(
                solution("A step within bounds", self.information, gradient), np.float64
            ), np.empty(0)
        held = self._outward(rows)
        _, size, across = singular("A step within bounds", held)
        free = across[np.count_nonzero(size > STILL * size[0]) :].T
        way = free @ solution("A step within bounds", free.T @ self.information @ free, free.T @ gradient)
        multipliers = least_squares("A step within bounds", held.T, gradient - self.information @ way)
        return np.asarray(way, np.float64), np.asarray(multipliers, np.float64)

    def _outward(self, rows: list[Held]) -> Array:
        """Return the scaled rows, pointing out of the region, each of length 1."""
        side = np.array([held.side for held in rows])
        chosen = np.array([held.row for held in rows], dtype=np.intp)
        outward = side[:, None] * self.constraints.design.select(chosen).dense() / self.scale
        return np.asarray(outward / np.linalg.norm(outward, axis=1, keepdims=True))

    def share(self, step: Array, way: Array, rows: list[Held]) -> tuple[float, Held | None]:
        """Return how much of the way all rows allow, and the row that stops it."""
        design, fall, rise = self.constraints
        done, ahead = design.dot(step / self.scale), design.dot(way / self.scale)
        left = np.where(ahead < 0.0, fall + done, rise - done)
        moving = np.abs(ahead) > STILL * self.lengths * np.linalg.norm(way)
        moving[[held.row for held in rows]] = False
        with np.errstate(divide="ignore", invalid="ignore"):  # rows that do not move
            share = np.where(moving, np.maximum(left, 0.0) / np.abs(ahead), np.inf)
        first = int(np.argmin(share))
        if share[first] >= 1.0:
            return 1.0, None
        return float(share[first]), Held(first, float(np.sign(ahead[first])))


def _worst(multipliers: Array) -> int | None:
    """Return the position of the most wrong multiplier, or None when all are right."""
    if len(multipliers) == 0:
        return None
    worst = int(np.argmin(multipliers))
    return worst if multipliers[worst] < -RIGHT_SIGN * np.max(np.abs(multipliers)) else None
