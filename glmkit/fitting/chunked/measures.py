"""How well a mean describes the rows of a stream, from one or two passes at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.design.matrix import Design
from glmkit.families.base import Family, Mean
from glmkit.fitting.boundary import at_edge
from glmkit.fitting.chunked.basics import Basics
from glmkit.fitting.chunked.null import PieceMean
from glmkit.fitting.chunked.stream import Stream, Total, fitted_pieces
from glmkit.fitting.goodness import deviance_of, pearson_statistic
from glmkit.fitting.independence import Independence
from glmkit.fitting.null import NullModel
from glmkit.fitting.problem import Problem
from glmkit.fitting.signs import End, may_run_away

__all__ = ["Measures", "RowMean", "measures_of"]


class RowMean:
    """The mean of each row of a piece at some coefficients; a limit changes it where it is infinite."""

    def __init__(self, family: Family, gamma: Array) -> None:
        self.family, self.gamma = family, gamma

    def __call__(self, problem: Problem, X: Design, eta: Array) -> tuple[Array, Mean]:
        """Return eta and the mean of each row."""
        return eta, self.family.mean(eta)


class Measures(NamedTuple):
    """What a pass at the solution finds."""

    deviance: float
    pearson: float
    loglik: float
    null: NullModel
    mean_variance: float
    """Of the response over the rows that count, at dispersion 1."""
    suspect: bool
    """Whether the coefficients may run away to infinity."""
    edge: bool
    """Whether a linear predictor is so close to a bound that it may be on it."""


@dataclass
class _Sums:
    deviance: Total = field(default_factory=Total)
    pearson: Total = field(default_factory=Total)
    null: Total = field(default_factory=Total)
    variance: Total = field(default_factory=Total)
    loglik: Total = field(default_factory=Total)
    null_loglik: Total = field(default_factory=Total)
    suspect: bool = False
    edge: bool = False
    positive: list[tuple[Array, Array, Array]] = field(default_factory=list)


class _Task(NamedTuple):
    stream: Stream
    family: Family
    independence: Independence
    basics: Basics
    mean: RowMean
    null: PieceMean | None


def measures_of(
    stream: Stream,
    family: Family,
    independence: Independence,
    basics: Basics,
    mean: RowMean,
    null: PieceMean | None,
    end: End,
) -> Measures:
    """Return the measures of fitted means, and of the null model's.

    One pass where the dispersion is known; else a second, for the deviances give the dispersion at
    which the likelihood is read.
    """
    task = _Task(stream, family, independence, basics, mean, null)
    sums = _summed(task, end)
    deviance, missing = float(sums.deviance.value), float("nan")
    null_deviance = float(sums.null.value) if null is not None else missing
    loglik, null_loglik = _likelihoods(task, sums, deviance, null_deviance)
    return Measures(
        deviance,
        float(sums.pearson.value),
        loglik,
        NullModel(null_deviance, null_loglik),
        float(sums.variance.value) / max(basics.rows, 1),
        sums.suspect,
        sums.edge,
    )


def _summed(task: _Task, end: End) -> _Sums:
    sums, family = _Sums(), task.family
    for piece, design in fitted_pieces(task.stream, task.independence, "measures"):
        problem = piece.problem
        eta, mean = task.mean(problem, design, design.dot(task.mean.gamma) + problem.added)
        used = problem.weights > 0.0
        sums.deviance.add(deviance_of(problem, family, mean.of))
        sums.pearson.add(pearson_statistic(problem, family, mean.of))
        sums.variance.add(np.sum((problem.prior * family.variance(mean))[used]))
        if task.null is not None:
            sums.null.add(deviance_of(problem, family, task.null(problem).of))
        if family.has_likelihood and family.dispersion is not None:
            _add_likelihood(task, sums, problem, mean, (family.dispersion, family.dispersion))
        sums.suspect = sums.suspect or may_run_away(problem, family, mean.of, end)
        sums.edge = sums.edge or at_edge(family, eta, problem.weights, converged=end.converged)
        if family.rowwise_dispersion:
            some = used & (problem.y > 0.0)
            sums.positive.append((problem.y[some], problem.prior[some], problem.counts[some]))
    return sums


def _likelihoods(task: _Task, sums: _Sums, deviance: float, null_deviance: float) -> tuple[float, float]:
    """Return the log-likelihood of the fit and of the null model, each at its own dispersion."""
    family = task.family
    if not family.has_likelihood:
        return float("nan"), float("nan")
    if family.dispersion is None:
        phi = _dispersion(task, sums, deviance), _dispersion(task, sums, null_deviance)
        for piece, design in fitted_pieces(task.stream, task.independence, "likelihood"):
            problem = piece.problem
            _, mean = task.mean(problem, design, design.dot(task.mean.gamma) + problem.added)
            _add_likelihood(task, sums, problem, mean, phi)
    null = float(sums.null_loglik.value) if task.null is not None else float("nan")
    return float(sums.loglik.value), null


def _add_likelihood(task: _Task, sums: _Sums, problem: Problem, mean: Mean, phi: tuple[float, float]) -> None:
    """Add a piece's log-likelihood, and that of the null model, each at its dispersion."""
    sums.loglik.add(_log_likelihood(task, problem, mean, phi[0]))
    if task.null is not None:
        sums.null_loglik.add(_log_likelihood(task, problem, task.null(problem), phi[1]))


def _dispersion(task: _Task, sums: _Sums, deviance: float) -> float:
    """Return the dispersion at which the likelihood is read, from sums over all rows."""
    counts, prior = float(task.basics.counts.value), float(task.basics.prior.value)
    if not task.family.rowwise_dispersion:
        return task.family.loglik_dispersion(deviance, np.array([prior / counts]), np.array([counts]))
    # Rows of y = 0 add nothing to the saturated likelihood: one row stands for all of them.
    y, weights, freq = (np.concatenate(part) for part in zip(*sums.positive, strict=True))
    zeros = max(counts - float(np.sum(freq)), 0.0)
    return task.family.loglik_dispersion(
        deviance, np.append(weights, 1.0), np.append(freq, zeros), np.append(y, 0.0)
    )


def _log_likelihood(task: _Task, problem: Problem, mean: Mean, phi: float) -> float:
    used = problem.weights > 0.0
    if not np.any(used):
        return 0.0
    y, prior, counts = problem.y[used], problem.prior[used], problem.counts[used]
    trials = None if problem.trials is None else problem.trials[used]
    m = Mean(*(part[used] for part in mean))
    if trials is not None and task.basics.largest_trials > 1.0 >= np.max(trials, initial=0.0):
        # Whether weights or trials are the size is decided over all rows: here is one with more trials.
        y, prior, trials = np.append(y, 0.0), np.append(prior, 0.0), np.append(trials, 2.0)
        counts, m = np.append(counts, 0.0), Mean(*(np.append(part, part[:1]) for part in m))
    return float(np.sum(counts * task.family.loglik(y, m, prior, phi, trials)))
