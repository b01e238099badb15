"""What the first pass over the coded pieces finds: counts, totals, means and spreads of the columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.families.base import Family
from glmkit.fitting.chunked.stream import Piece, Stream, Total
from glmkit.fitting.ends import LOOKED_AT
from glmkit.fitting.problem import Problem

__all__ = ["Basics", "basics_of"]


@dataclass
class Basics:
    """Sums over all rows that no coefficient changes.

    `weight`, `response` and `rest` are the sums of w, w y and w (1 - y); `counts` and `prior` those
    of the frequencies and of prior times frequency over rows of positive weight; `average` is the
    weighted mean of the family's starting means, `broken` how many responses its likelihood does
    not hold for; `responses` are those of few rows.
    """

    first: Problem
    weight: Total = field(default_factory=Total)
    response: Total = field(default_factory=Total)
    rest: Total = field(default_factory=Total)
    counts: Total = field(default_factory=Total)
    prior: Total = field(default_factory=Total)
    started: Total = field(default_factory=Total)
    offset: Total = field(default_factory=Total)
    rows: int = 0
    broken: int = 0
    largest_prior: float = 0.0
    largest_trials: float = 0.0
    offset_range: tuple[float, float] = (np.inf, -np.inf)
    largest_response: float = -np.inf
    responses: list[Array] = field(default_factory=list)
    mean: Array = field(default_factory=lambda: np.zeros(0))
    squares: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def p(self) -> int:
        """How many columns there are."""
        return self.first.design.shape[1]

    @property
    def nobs(self) -> float:
        """Rows that count."""
        return float(self.counts.value)

    @property
    def are_few(self) -> bool:
        """Whether rows are few enough to look for another maximum."""
        return self.rows <= LOOKED_AT

    @property
    def average(self) -> float | None:
        """The weighted mean of the starting means; None where no row has weight."""
        total = float(self.weight.value)
        return float(self.started.value) / total if total > 0.0 else None

    @property
    def spread(self) -> Array:
        """The standard deviation of each column over the rows that count, (p,)."""
        return np.asarray(np.sqrt(self.squares / max(self.rows, 1)))

    def add(self, problem: Problem, family: Family) -> None:
        """Add the rows of one piece."""
        weights, y, used = problem.weights, problem.y, problem.weights > 0.0
        self.weight.add(np.sum(weights))
        self.response.add(np.sum(weights * np.where(used, y, 0.0)))
        self.rest.add(np.sum(weights * np.where(used, 1.0 - y, 0.0)))
        self.counts.add(problem.nobs)
        self.prior.add(np.sum(problem.prior * problem.counts))
        self.started.add(family.start_total(y, weights))
        self.broken += family.broken_rows(y, problem.prior, problem.trials)
        self.largest_prior = max(self.largest_prior, float(np.max(problem.prior[used], initial=0.0)))
        if problem.trials is not None:
            self.largest_trials = max(self.largest_trials, float(np.max(problem.trials, initial=0.0)))
        self._add_offset(problem, used)
        self._add_columns(problem, used)
        self.largest_response = float(np.max(y, initial=self.largest_response, where=used))
        self.responses = [*self.responses, y[used]] if self.are_few else []

    def _add_offset(self, problem: Problem, used: BoolArray) -> None:
        if problem.offset is not None and np.any(used):
            offset = problem.offset[used]
            low, high = self.offset_range
            self.offset.add(np.sum(offset))
            self.offset_range = min(low, float(np.min(offset))), max(high, float(np.max(offset)))

    def _add_columns(self, problem: Problem, used: BoolArray) -> None:
        """Merge means and squared deviations (Chan, Golub and LeVeque 1979)."""
        m = int(np.count_nonzero(used))
        if m == 0:
            return
        mean, deviation = problem.design.moments(used.astype(np.float64))
        if self.rows == 0:
            self.mean, self.squares = np.zeros_like(mean), np.zeros_like(mean)
        total = self.rows + m
        apart = mean - self.mean
        self.squares = self.squares + m * deviation**2 + apart**2 * (self.rows * m / total)
        self.mean = self.mean + apart * (m / total)
        self.rows = total


def basics_of(stream: Stream, family: Family) -> Basics:
    """Return the sums of one pass; there is a piece, for a frame without rows was refused."""
    basics: Basics | None = None
    for piece in stream.pieces("means"):
        basics = basics or Basics(_without_rows(piece))
        basics.add(piece.problem, family)
    assert basics is not None
    return basics


def _without_rows(piece: Piece) -> Problem:
    """Return the problem of the first row: its columns, constant and intercept are those of all."""
    problem, first = piece.problem, np.arange(1)
    return Problem(
        design=problem.design.select(first),
        y=problem.y[first],
        prior=problem.prior[first],
        offset=None if problem.offset is None else problem.offset[first],
        intercept=problem.intercept,
        constant=problem.constant,
    )
