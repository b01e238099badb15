"""Whether a fit to a stream is a maximum, and the limit where there is none.

As `glmkit.fitting.existence`, over passes: the same cheap signs start the search for directions of
recession, the rows that they leave are fitted alone, and what is measured is the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.design.matrix import Design
from glmkit.errors import FitError
from glmkit.families.base import Family, Mean
from glmkit.fitting.chunked.fit import StreamFit, fit_stream
from glmkit.fitting.chunked.measures import RowMean, measures_of
from glmkit.fitting.chunked.null import null_mean_of
from glmkit.fitting.chunked.recession import Found, UndecidedError, row_signs, stream_recession
from glmkit.fitting.chunked.stream import Piece, Stream, fitted_pieces
from glmkit.fitting.existence import lifted, limiting_mean
from glmkit.fitting.goodness import dispersion_of
from glmkit.fitting.independence import Independence
from glmkit.fitting.problem import Problem
from glmkit.fitting.scoring import Control

__all__ = ["SettledStream", "fit_settled"]


class SettledStream(NamedTuple):
    """A fit to a stream, with what was found out about its end."""

    fitted: StreamFit
    separated: Found | None = None
    undecided: str = ""
    """What could not be decided, in words: whether there is a maximum, or it is on an edge."""


def fit_settled(
    stream: Stream, family: Family, control: Control, start: Array | None = None
) -> SettledStream:
    """Return the fit of a stream with its limit where the maximum is at infinity."""
    fitted = fit_stream(stream, family, control, start)
    fit = fitted.fit
    if fitted.measures.suspect:
        independence = fit.independence
        try:
            found = stream_recession(stream, family, independence, fit.gamma)
        except UndecidedError:
            return SettledStream(fitted, undecided="separation")
        if found is not None:
            return _limit(stream, fitted, found, control)
    if fitted.measures.edge or fit.reason == "stuck":
        return SettledStream(fitted, undecided="edge")
    return SettledStream(fitted)


def _limit(stream: Stream, fitted: StreamFit, found: Found, control: Control) -> SettledStream:
    """Return the limit along the directions of recession."""
    fit, family = fitted.fit, fitted.fit.family
    remaining = _Remaining(stream, fit.independence, found.recession.direction)
    inner = _fit_remaining(remaining, family, control) if remaining.any() else None
    gamma, inverse = lifted(fit, None if inner is None else inner.fitted.fit)
    mean = _LimitMean(family, gamma, found.recession.direction)
    null = null_mean_of(stream, family, fitted.basics, control)
    end = fitted.end._replace(converged=True)
    measures = measures_of(stream, family, fit.independence, fitted.basics, mean, null, end)
    limit = replace(
        fit,
        gamma=gamma,
        inverse=inverse,
        deviance=measures.deviance,
        pearson_chi2=measures.pearson,
        dispersion=dispersion_of(family, measures.pearson, fit.df_resid),
        loglik=measures.loglik,
        converged=inner is None or inner.fitted.fit.converged,
        reason="separated",
        recession=found.recession,
    )
    return SettledStream(
        fitted._replace(fit=limit, measures=measures), found, "" if inner is None else inner.undecided
    )


def _fit_remaining(remaining: _Remaining, family: Family, control: Control) -> SettledStream:
    try:
        return fit_settled(remaining, family, control)
    except FitError:
        start = remaining.inside(family)
        if start is None:
            raise
        return fit_settled(remaining, family, control, start)


class _LimitMean(RowMean):
    """The limit of the mean: that of an infinite linear predictor in separated rows."""

    def __init__(self, family: Family, gamma: Array, direction: Array) -> None:
        super().__init__(family, gamma)
        self.direction = direction

    def __call__(self, problem: Problem, X: Design, eta: Array) -> tuple[Array, Mean]:
        """Return eta, infinite where the row is separated, and its mean."""
        signs = row_signs(X, self.direction, problem)
        moved = signs != 0.0
        eta = np.where(moved, 0.0, eta)
        eta[moved] = signs[moved] * np.inf
        return eta, limiting_mean(self.family, problem.y, eta)


@dataclass(frozen=True, eq=False)
class _Remaining:
    """The rows that a direction of recession leaves, over the independent columns."""

    stream: Stream
    independence: Independence
    direction: Array

    def pieces(self, purpose: str) -> Iterator[Piece]:
        """Yield the pieces that have such rows."""
        constant = self.independence.centring.span_constant
        for piece, design in fitted_pieces(self.stream, self.independence, purpose):
            problem = piece.problem
            rows = np.flatnonzero(
                (row_signs(design, self.direction, problem) == 0.0) & (problem.weights > 0.0)
            )
            if len(rows) == 0:
                continue
            some = replace(
                problem,
                design=problem.design.take(self.independence.kept).select(rows),
                y=problem.y[rows],
                prior=problem.prior[rows],
                frequency=None if problem.frequency is None else problem.frequency[rows],
                offset=None if problem.offset is None else problem.offset[rows],
                trials=None if problem.trials is None else problem.trials[rows],
                constant=constant,
            )
            yield Piece(some, piece.place, [piece.labels[i] for i in rows.tolist()])

    def any(self) -> bool:
        """Return whether there are such rows."""
        return next(self.pieces("remaining rows"), None) is not None

    def inside(self, family: Family) -> Array | None:
        """Return the constant of the starting means, which is inside the valid region; None without one."""
        constant = self.independence.centring.span_constant
        if constant is None:
            return None
        total = weight = 0.0
        largest = -np.inf
        for piece in self.pieces("remaining rows"):
            problem = piece.problem
            total += family.start_total(problem.y, problem.weights)
            weight += float(np.sum(problem.weights))
            largest = max(largest, float(np.max(problem.added)))
        return np.asarray(constant * (family.link(np.array([total / weight]))[0] - largest))
