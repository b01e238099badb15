"""The null model of a stream: its mean in any piece, from sums or from passes over one column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from glmkit._typing import Array
from glmkit.design.dense import DenseDesign
from glmkit.errors import FitError
from glmkit.families.base import Family, Mean
from glmkit.fitting.chunked.basics import Basics, basics_of
from glmkit.fitting.chunked.objective import ChunkedObjective
from glmkit.fitting.chunked.start import beginning_of
from glmkit.fitting.chunked.starting_point import starting_point
from glmkit.fitting.chunked.stream import Piece, Stream, Total
from glmkit.fitting.problem import Problem
from glmkit.fitting.scoring import Control, fisher_scoring
from glmkit.fitting.starting import Start

__all__ = ["PieceMean", "null_mean_of"]

PieceMean = Callable[[Problem], Mean]
"""The mean of each row of a piece."""


def null_mean_of(stream: Stream, family: Family, basics: Basics, control: Control) -> PieceMean | None:
    """Return the null model's mean of a piece; None where the model does not exist."""
    if not basics.first.intercept:
        return lambda problem: family.mean(problem.added)
    if basics.first.offset is None:
        return _average_mean(family, basics)
    if family.log_rates and float(basics.response.value) > 0.0:
        level = _log_level(stream, basics)
        return lambda problem: family.mean(level + problem.added)
    constant = _Constant(stream)
    alone = basics_of(constant, family)
    try:
        objective = ChunkedObjective(
            family, constant, beginning_of(constant, family, alone), alone.nobs, alone.rows
        )
        beta = fisher_scoring(objective, Start(starting_point(objective, alone)), control).point.beta
    except FitError:
        return None
    return lambda problem: family.mean(beta[0] + problem.added)


def _log_level(stream: Stream, basics: Basics) -> float:
    """Return a with sum of w exp(a + offset) = sum of w y: the score equation of counts under the log link."""
    exposed, top = Total(), basics.offset_range[1]
    for piece in stream.pieces("null model"):
        problem, used = piece.problem, piece.problem.weights > 0
        exposed.add(np.sum(problem.weights[used] * np.exp(problem.added[used] - top)))
    return float(np.log(basics.response.value / exposed.value)) - top


def _average_mean(family: Family, basics: Basics) -> PieceMean | None:
    # With a constant mean the score equation gives the weighted average for every family.
    total = float(basics.weight.value)
    average, rest = float(basics.response.value) / total, float(basics.rest.value) / total
    with np.errstate(all="ignore"):  # an average outside the link's domain is found just below
        mu = family.mean(family.link(np.array([average]))).mu[0]
    if not np.isclose(mu, average, rtol=1e-6, atol=0.0):
        return None

    def mean(problem: Problem) -> Mean:
        n = len(problem.y)
        return Mean(np.full(n, average), np.full(n, rest), np.ones(n))

    return mean


@dataclass(frozen=True, eq=False)
class _Constant:
    """The same rows over a constant column alone."""

    stream: Stream

    def pieces(self, purpose: str) -> Iterator[Piece]:
        """Yield the pieces."""
        for piece in self.stream.pieces(f"null model, {purpose}"):
            ones: Array = np.ones((len(piece.problem.y), 1), order="F")
            problem = replace(piece.problem, design=DenseDesign(ones), constant=np.ones(1))
            yield piece._replace(problem=problem)
