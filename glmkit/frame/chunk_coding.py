"""Read a formula over chunked data: what the scans learn, put together as one coding."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, replace
from math import prod

import numpy as np
import pandas as pd

from glmkit.errors import DataError
from glmkit.fitting.absent import absent
from glmkit.frame.arguments import RowArguments, captured_names
from glmkit.frame.chunked import NUMBERS, ChunkedFrame, Reading
from glmkit.frame.chunks import Source, within
from glmkit.frame.coding import Coding, Contrasts, check_names, code_terms
from glmkit.frame.columns import Columns
from glmkit.frame.encoding import FactorEncoding
from glmkit.frame.formula import ParsedFormula, parse_expression, parse_formula
from glmkit.frame.learning import stateful_calls
from glmkit.frame.modelframe import check_parts, expressions
from glmkit.frame.notes import coding_notes
from glmkit.frame.registered import available
from glmkit.frame.response import fractional_note, read_response
from glmkit.frame.rows import check_counts
from glmkit.frame.rowwise import check_rowwise, refuse_lag
from glmkit.frame.scanning import learn_states, learn_variables
from glmkit.frame.syntax import deparse
from glmkit.frame.tally import Tally, TemplateColumn

__all__ = ["chunked_frame"]

# Bytes of the few p x p matrices of a fit that are never asked for by accident.
MOST_BYTES = 8 * 2**30
MATRICES = 4


def chunked_frame(
    formula: str,
    source: Source,
    *,
    response_kind: str,
    levels: Mapping[str, Sequence[Hashable]],
    arguments: RowArguments,
    contrasts: Contrasts = None,
    context: Mapping[str, object] | None = None,
) -> ChunkedFrame:
    """Return a formula over chunked data, all learned that coding them needs.

    Raises
    ------
    FormulaError, DataError
        As `model_frame`, with the chunk named; or the columns differ between chunks.
    """
    names_in_sight = available(context)
    names = source.names()
    parsed = parse_formula(formula, names, names_in_sight)
    check_parts(formula, parsed, second_part="")
    arguments, variables = _checked_arguments(arguments, parsed, names, names_in_sight)
    unknown = [name for name in levels if name not in variables]
    if unknown:
        raise DataError(
            f"chunks(levels=) names {unknown}, which the model does not use.", columns=tuple(unknown)
        )
    seen = learn_variables(source, variables, levels)
    texts = (*expressions(parsed), *_texts(arguments, seen))
    refuse_lag(texts)
    state = learn_states(source, seen, texts, names_in_sight)
    reading = Reading(source, parsed, seen, arguments, names_in_sight, state, response_kind)
    return _coded(reading, _tally(reading), (contrasts, dict(context or {})))


def _checked_arguments(
    arguments: RowArguments, formula: ParsedFormula, names: tuple[str, ...], context: Mapping[str, object]
) -> tuple[RowArguments, tuple[str, ...]]:
    """Return the arguments with normalised expressions, and all columns that are used, in the data's order."""
    used = set(formula.variables)
    normal = {}
    for name in (*NUMBERS, "subset"):
        given = getattr(arguments, name)
        if given is None:
            continue
        if not isinstance(given, str):
            raise DataError(
                f"{name} is given as values, which say nothing about chunks. Put them into a column of the data, and"
                " give its name or an expression.",
                argument=name,
            )
        if given in names:
            used.add(given)
            continue
        parsed = parse_expression(given, names, context)
        normal[name] = parsed.text
        used |= set(parsed.variables)
    return replace(arguments, **normal), tuple(name for name in names if name in used)


def _texts(arguments: RowArguments, variables: Mapping[str, object]) -> tuple[str, ...]:
    given = (getattr(arguments, f.name) for f in fields(arguments) if f.name != "na_action")
    return tuple(text for text in given if isinstance(text, str) and text not in variables)


def _tally(reading: Reading) -> Tally:
    """Return what one scan over the used rows of all chunks finds."""
    assert reading.formula.response is not None
    tally = Tally(reading.formula.response)
    for chunk in reading.source.read(tuple(reading.variables), "rows"):
        with within(chunk):
            found = reading.rows(chunk)
            if not tally.n_read:
                texts = (*expressions(reading.formula), *_texts(reading.arguments, reading.variables))
                check_rowwise(texts, chunk, found.columns, reading.context, reading.state)
            tally.add(found.rows, found.all_values, found.values, found.numbers)
    counts = tally.counts(reading.source.names())
    check_counts(counts, reading.arguments.na_action)
    tally.check_weights()
    return tally


def _coded(reading: Reading, tally: Tally, given: tuple[Contrasts, Mapping[str, object]]) -> ChunkedFrame:
    formula, names = reading.formula, reading.source.names()
    used, everywhere = tally.used_values(), tally.all_values()
    columns = _template(reading)
    coded = code_terms(formula, used, columns, given[0])
    captured = (*formula.captured, *captured_names(reading.arguments, dict.fromkeys(names), reading.context))
    context = {name: reading.context[name] for name in captured}
    learned = {
        text: reading.state[text]
        for expression in expressions(formula)
        for text in _states_in(expression)
        if text in reading.state
    }
    coding = Coding(formula, *coded, learned, context)
    _check_size(coding)
    check_names(coding.names)
    assert formula.response is not None
    response = read_response(
        used[formula.response], formula.response, reading.response_kind, pd.RangeIndex(1)
    )
    notes = (
        *fractional_note(tally.fractional, formula.response),
        *coding_notes(coding.encodings, everywhere),
    )
    trials = None if response.trials is None else absent("the trials")
    if response.trials is not None and not tally.any_trials:
        raise DataError(
            f"The response {response.label} has no row with any trials: all counts are zero.",
            column=response.label,
        )
    response = replace(response, y=absent("the response"), trials=trials, notes=())
    return ChunkedFrame(reading, coding, response, tally.counts(names), notes, tuple(tally.checksums), given)


def _states_in(expression: str) -> list[str]:
    return [deparse(call) for call in stateful_calls(expression)]


def _template(reading: Reading) -> Columns:
    """Return columns without rows that have the kinds and levels of the data."""
    readers = {name: TemplateColumn(variable) for name, variable in reading.variables.items()}
    return Columns(0, pd.RangeIndex(0), readers)


def _check_size(coding: Coding) -> None:
    """Refuse a design whose p x p matrices no machine holds, before anything of that size is made."""
    widths = [
        prod(_width(coding, factor, reduced) for factor, reduced in one)
        for term in coding.terms
        for one in term.products
    ]
    p = sum(widths)
    needed = MATRICES * 8 * p * p
    if needed > MOST_BYTES:
        widest = coding.terms[_term_of(coding, int(np.argmax(widths)))].label
        raise DataError(
            f"The model has {p} columns, most of them of {widest}; its information matrix and factors need about"
            f" {needed / 2**30:.0f} GiB, more than the {MOST_BYTES / 2**30:.0f} GiB a fit may ask for. Group the"
            " levels, absorb the factor (fixed effects), or use a package with sparse or mixed models.",
            columns=p,
            bytes=needed,
        )


def _width(coding: Coding, factor: str, reduced: bool) -> int:
    encoding = coding.encodings[factor]
    if isinstance(encoding, FactorEncoding):
        return len(encoding.levels) - reduced
    return 1 if encoding.labels is None else len(encoding.labels)


def _term_of(coding: Coding, product: int) -> int:
    ends = np.cumsum([len(term.products) for term in coding.terms])
    return int(np.searchsorted(ends, product, side="right"))
