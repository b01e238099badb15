"""What was modelled, in the words of a paper: family, rows, offsets, weights."""

from __future__ import annotations

from collections.abc import Iterator

from glmkit.inference.protocols import FittedModel
from glmkit.tables.wording import format_text, join_names

__all__ = ["modelled"]

REDUCTIONS = {
    "firth": "mean bias reduction (Firth 1993)",
    "median": "median bias reduction (Kenne Pagui, Salvan and Sartori 2017)",
    "jeffreys": "maximum likelihood penalised by Jeffreys' prior",
}


def modelled(model: FittedModel, method: str) -> Iterator[str]:
    """Yield the sentences on family, rows, offsets and weights."""
    frame, family = model.frame, model.family
    article = "An" if family.in_words[0] in "aeiou" else "A"
    usual = "maximum likelihood" if family.has_likelihood else "maximum quasi-likelihood"
    how = REDUCTIONS.get(method, usual)
    what = "a ready design matrix" if frame.ready else frame.formula.text
    yield format_text(
        "{article} {title} model with {link} link was fitted by {how} to {rows:count} rows ({what}).",
        article=article,
        title=family.in_words,
        link=family.link.name,
        how=how,
        rows=frame.rows.n_used,
        what=what,
    )
    if frame.response.event is not None:
        what = "expected share" if frame.response.is_share else "probability of"
        yield f"The mean is the {what} {frame.response.event}."
    yield from _rows(model)
    yield from _row_arguments(model)


def _rows(model: FittedModel) -> Iterator[str]:
    rows = model.frame.rows
    if rows.n_dropped:
        columns = ", ".join(
            format_text("{name} {n:count}", name=n, n=count) for n, count in rows.dropped.items()
        )
        yield format_text(
            "Of {read:count} rows, {dropped:count} were left out because values are missing ({columns}).",
            read=rows.n_read,
            dropped=rows.n_dropped,
            columns=columns,
        )
    if rows.n_outside:
        yield format_text("{n:count} rows lie outside the subset.", n=rows.n_outside)


def _row_arguments(model: FittedModel) -> Iterator[str]:
    frame, given = model.frame, model.frame.arguments
    offsets = [
        *frame.formula.offsets,
        *([_named(given.offset, "an array")] if given.offset is not None else []),
    ]
    offsets += [f"log({_named(given.exposure, 'exposure')})"] if given.exposure is not None else []
    if offsets:
        yield f"Offset of the linear predictor: {join_names(offsets)}."
    if given.weights is not None:
        yield f"Rows have prior weights ({_named(given.weights, 'an array')})."
    if frame.freq_weights is not None:
        yield format_text("By frequency the rows are {n:count} observations.", n=model.fit.nobs)


def _named(given: object, otherwise: str) -> str:
    return given if isinstance(given, str) else otherwise
