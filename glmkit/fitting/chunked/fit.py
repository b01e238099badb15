"""Fit a generalized linear model to a stream of pieces.

The order of things is that of `glmkit.fitting.glm`, each step one or a few passes: totals and means,
independent columns and the first least squares, scoring, the measures, the null model, and whether
there is a maximum.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.errors import DataChangedError
from glmkit.families.base import Family
from glmkit.fitting.absent import absent
from glmkit.fitting.chunked.basics import Basics, basics_of
from glmkit.fitting.chunked.measures import Measures, RowMean, measures_of
from glmkit.fitting.chunked.null import null_mean_of
from glmkit.fitting.chunked.objective import ChunkedObjective
from glmkit.fitting.chunked.start import beginning_of
from glmkit.fitting.chunked.starting_point import given_point, other_starts, starting_point
from glmkit.fitting.chunked.stream import Stream
from glmkit.fitting.ends import Rows, best_end
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.goodness import dispersion_of
from glmkit.fitting.scoring import Control, Iteration, Solution, fisher_scoring
from glmkit.fitting.signs import End
from glmkit.fitting.starting import Start

__all__ = ["StreamFit", "fit_stream"]

# A deviance that rises by more than this share of itself from one pass to the next is no rounding.
RISE = 1e-8


class StreamFit(NamedTuple):
    """A fit, and what else its passes found."""

    fit: GLMFit
    basics: Basics
    measures: Measures
    end: End


def fit_stream(stream: Stream, family: Family, control: Control, start: Array | None = None) -> StreamFit:
    """Return the fit to all rows of a stream, its existence not yet looked into.

    Raises
    ------
    FitError
        No valid starting value can be found.
    DataChangedError
        The deviance rises from pass to pass, which no data that stay the same can do.
    """
    basics = basics_of(stream, family)
    objective = ChunkedObjective(
        family, stream, beginning_of(stream, family, basics), basics.nobs, basics.rows
    )
    try:
        return _fitted(objective, basics, control, start)
    except KeyboardInterrupt as stopped:
        vars(stopped).update(partial=_reached(objective, basics))
        raise


def _fitted(objective: ChunkedObjective, basics: Basics, control: Control, start: Array | None) -> StreamFit:
    family, independence = objective.family, objective.independence
    solution = _solution(objective, basics, control, start)
    _check_falling(solution.trace)
    point, rank = solution.point, len(independence.kept)
    inverse = objective.inverse_information(point, solution.factor)
    step = solution.trace[-1].step
    end = End(solution.factor.condition, step * step * objective.unit(point.merit), solution.converged)
    null = null_mean_of(objective.stream, family, basics, control)
    mean = RowMean(family, point.beta)
    measures = measures_of(objective.stream, family, independence, basics, mean, null, end)
    fit = GLMFit(
        problem=absent(
            "its response and design", nobs=basics.nobs, intercept=basics.first.intercept, method="ml"
        ),
        family=family,
        independence=replace(independence, design=absent("the design")),
        gamma=point.beta,
        factor=solution.factor,
        inverse=inverse,
        fitted=absent(
            "the fitted mean of each row",
            eta=absent("the linear predictor of each row"),
            mean=absent("the fitted mean of each row"),
        ),
        deviance=measures.deviance,
        null=measures.null,
        pearson_chi2=measures.pearson,
        dispersion=dispersion_of(family, measures.pearson, basics.nobs - rank),
        loglik=measures.loglik,
        converged=solution.converged,
        reason=solution.reason,
        trace=solution.trace,
    )
    return StreamFit(fit, basics, measures, end)


def _solution(objective: ChunkedObjective, basics: Basics, control: Control, start: Array | None) -> Solution:
    if objective.linear:
        point, factor = objective.linear_solution()
        return Solution(point, factor, (Iteration(1, point.merit, 0.0, 0, point.beta),), True, "")
    # Nobody else holds the start: the sums of its pass are let go of.
    found = fisher_scoring(
        objective,
        Start(starting_point(objective, basics) if start is None else given_point(objective, start)),
        control,
    )
    few = start is None and basics.are_few
    if not (few or found.converged):
        return found  # passes over many rows are dear
    rows = Rows(lambda point: objective.bend_at(point, few=few), lambda: other_starts(objective, basics), few)
    return best_end(objective, objective.family, found, control, rows)


def _check_falling(trace: tuple[Iteration, ...]) -> None:
    """Refuse a deviance that rose: every step was taken because it did not."""
    for before, after in pairwise(trace):
        if after.deviance > before.deviance * (1.0 + RISE):
            raise DataChangedError(
                f"The deviance rose from {before.deviance:.10g} to {after.deviance:.10g} between passes"
                f" {before.iteration} and {after.iteration}, though every step lowers it: the data differ from"
                " pass to pass. Give a source that yields the same rows every time.",
                passes=(before.iteration, after.iteration),
            )


def _reached(objective: ChunkedObjective, basics: Basics) -> Array | None:
    """Return the coefficients of the last complete pass, (p,) over all columns; None before the first."""
    if not objective.reached:
        return None
    beta = np.zeros(basics.p)
    independence = objective.independence
    beta[independence.kept] = independence.centring.to_original(objective.reached[-1])
    return beta
