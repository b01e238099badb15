"""From a formula and chunks to the parts of a fitted model that holds no rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.backends.chunks import Chunks
from glmkit.backends.progress import Watched
from glmkit.errors import BoundaryWarning, DroppedRowsWarning, FitError, SeparationWarning
from glmkit.families.base import Family
from glmkit.families.registry import AnyFamily
from glmkit.fitting.chunked.settle import SettledStream, fit_settled
from glmkit.fitting.chunked.stream import Piece
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.independence import ExtremeColumnsError
from glmkit.fitting.scoring import Control
from glmkit.frame.arguments import RowArguments
from glmkit.frame.chunk_coding import chunked_frame
from glmkit.frame.chunked import ChunkedFrame
from glmkit.frame.chunks import within
from glmkit.frame.coding import Contrasts
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.estimate import Estimate
from glmkit.inference.likelihood import spread_of
from glmkit.inference.refit import beyond, estimate_of, in_doubles, problem_of
from glmkit.models.checks import check_response, start_of
from glmkit.models.column_remarks import of_columns
from glmkit.models.fitting import Fitted, method_named
from glmkit.models.remarks import (
    Remark,
    boundary_of,
    not_converged,
    of_likelihood,
    of_the_null,
    of_the_range,
    of_the_spread,
    say,
    separation,
)
from glmkit.numerics.rowwise import threads_at_most

__all__ = ["Asked", "fit_chunks"]

# From `say` through `fit_chunks` and the entry point to the user's line.
USER_LEVEL = 4


class Asked(NamedTuple):
    """What `glm` was asked for besides the formula, the data and the family."""

    arguments: RowArguments
    contrasts: Contrasts
    context: Mapping[str, object] | None
    start: Mapping[str, float] | pd.Series | Array | None
    method: str
    control: Control


def fit_chunks(formula: str, data: Chunks, given: AnyFamily, asked: Asked) -> Fitted:
    """Return the fit of the family `given` to data in chunks, having said what there is to say of it.

    Raises
    ------
    FitError
        The family or the method needs the rows themselves.
    """
    family = _possible(given, asked.method)
    source = Watched(data.source, data.progress)
    try:
        frame = chunked_frame(
            formula,
            source,
            response_kind=family.response_kind,
            levels=data.levels,
            arguments=asked.arguments,
            contrasts=asked.contrasts,
            context=asked.context,
        )
        settled = _settled(frame, family, asked)
    finally:
        source.close()
    whole, fit = frame.without_rows(), settled.fitted.fit
    estimate = estimate_of(fit, _names(frame))
    remarks = (*_of_files(data), *_remarks(frame, whole, settled, estimate))
    say(remarks, asked.control, USER_LEVEL)
    notes = tuple(remark.text for remark in remarks)
    return Fitted(whole, fit, estimate, asked.control, "ml", notes, boundary_of(remarks))


def _possible(given: AnyFamily, method: str) -> Family:
    """Return the family, where it can be fitted to chunks by this method."""
    if given.model_kind != "glm":
        raise FitError(
            f"{given!r} has several linear predictors a row, which are not fitted to chunks. Fit it to data in"
            " memory.",
            family=given,
        )
    family = cast(Family, given).released()
    if method_named(method) != "ml":
        raise FitError(
            f"method={method!r} adjusts the score by the leverage of each row, which is not there for chunks. Use"
            ' method="ml", or data in memory.',
            argument="method",
        )
    if family.pending:
        raise FitError(
            f"{family!r} has a {family.nuisance_name} to be estimated from all rows at once, which is not done for"
            f" chunks. Give it a value, for instance one estimated on a part of the data.",
            family=family,
        )
    return family


def _names(frame: ChunkedFrame) -> pd.Index:
    return pd.Index([name.name for name in frame.coding.names], dtype=object)


def _settled(frame: ChunkedFrame, family: Family, asked: Asked) -> SettledStream:
    """Return the fit; one that is interrupted leaves its coefficients with the interruption."""
    stream = _Rows(frame, family)
    start = start_of(asked.start, _names(frame))
    with in_doubles(family), threads_at_most(asked.control.threads):
        try:
            settled = fit_settled(stream, family, asked.control, start)
        except ExtremeColumnsError as error:
            raise error.named(list(_names(frame))) from None
        except KeyboardInterrupt as stopped:
            reached = vars(stopped).get("partial")
            partial = None if reached is None else pd.Series(reached, index=_names(frame), name="estimate")
            vars(stopped).update(partial=partial, converged=False)
            raise
    fit = settled.fitted.fit
    if not (np.all(np.isfinite(fit.gamma)) and fit.deviance < np.inf):
        raise beyond(family)
    return settled


@dataclass(frozen=True, eq=False)
class _Rows:
    """The chunks of a frame as the fitting room takes them."""

    frame: ChunkedFrame
    family: Family

    def pieces(self, purpose: str) -> Iterator[Piece]:
        """Yield the rows of each chunk, the response checked."""
        for chunk, frame in self.frame.frames(purpose):
            with within(chunk):
                check_response(frame, self.family)
            yield Piece(problem_of(frame), chunk.name, cast(Sequence[object], frame.rows.labels))


# ----------------------------------------------------------------------------- what there is to say


def _of_files(data: Chunks) -> list[Remark]:
    if not data.skipped:
        return []
    named = "; ".join(
        f"{path!r} ({'an unknown number of' if rows is None else rows} rows): {reason}"
        for path, rows, reason in data.skipped
    )
    s = "s were" if len(data.skipped) > 1 else " was"
    text = f"{len(data.skipped)} file{s} skipped because not all of it could be read: {named}"
    return [Remark(text, DroppedRowsWarning, {"paths": [path for path, _, _ in data.skipped]})]


def _remarks(
    frame: ChunkedFrame, whole: ModelFrame, settled: SettledStream, estimate: Estimate
) -> tuple[Remark, ...]:
    """Return all there is to say of a fit, in the order of the way of the data."""
    (fit, basics, measures, _), counts = settled.fitted, frame.counts
    sentence = counts.sentence()
    facts: dict[str, object] = {"columns": dict(counts.dropped), "rows": counts.n_dropped}
    rows = [Remark(sentence, DroppedRowsWarning, facts)] if sentence else []
    return (
        *rows,
        *(Remark(note) for note in frame.notes),
        *of_likelihood(fit, fit.family.broken_note(basics.broken)),
        *of_columns(whole, fit, np.empty(0, dtype=np.intp)),
        *_of_the_end(whole, settled, estimate),
        *of_the_null(fit.null_deviance),
        *of_the_range(whole, fit, estimate, lambda fit: fit.deviance > 0.0),
        *of_the_spread(fit, spread_of(fit, basics.largest_prior, measures.mean_variance)),
    )


def _of_the_end(whole: ModelFrame, settled: SettledStream, estimate: Estimate) -> list[Remark]:
    fit = settled.fitted.fit
    if settled.separated is not None:
        _, count, first = settled.separated
        places = [f"{label} in {place}" for place, label in first]
        more = ", ..." if count > len(first) else ""
        named = f"label{'s' * (count != 1)} {'; '.join(places)}{more}"
        return [
            separation(whole, fit, estimate, [label for _, label in first], named, count),
            *_undecided(settled),
        ]
    return _undecided(settled) + (
        [] if fit.converged or settled.undecided == "edge" else [not_converged(fit)]
    )


def _undecided(settled: SettledStream) -> list[Remark]:
    """Return what a fit to chunks cannot tell of its end."""
    if settled.undecided == "separation":
        text = (
            "Whether the maximum likelihood estimate exists was not settled: some rows are fitted all but perfectly,"
            " and the search over the chunks for directions in which the likelihood rises for ever found no end. Look"
            " at large coefficients with larger standard errors, or fit to data in memory."
        )
        return [Remark(text, SeparationWarning, {"undecided": True})]
    if settled.undecided == "edge":
        text = _edge(settled.fitted.fit)
        return [Remark(text, BoundaryWarning, {"undecided": True})]
    return []


def _edge(fit: GLMFit) -> str:
    return (
        f"A fitted mean is at an end of the range of the {fit.family.name} family, where the maximum may lie; a fit to"
        " chunks does not follow it there. Choose a link whose means stay in range, or fit to data in memory."
    )
