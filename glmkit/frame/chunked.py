"""A formula over data in chunks: levels, knots and row counts from first scans, then chunk after chunk.

The order is that of one frame: the kinds and levels of the columns, what functions such as
``poly()`` learn from all rows, the rows without missing values and the levels that occur in them, the
coding. With the coding settled, each chunk becomes a model frame of its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from glmkit.errors import DataChangedError
from glmkit.fitting.absent import absent
from glmkit.frame.absent import AbsentColumn
from glmkit.frame.align import checked, numbers_in, truth_in
from glmkit.frame.arguments import ALLOWED, RowArguments, RowNumbers, linear_offset
from glmkit.frame.chunks import Chunk, Source, within
from glmkit.frame.coding import Coding, Contrasts
from glmkit.frame.columns import Columns
from glmkit.frame.evaluate import evaluate
from glmkit.frame.formula import ParsedFormula
from glmkit.frame.level_offsets import LevelOffset, check_one_column, formula_offset
from glmkit.frame.modelframe import ModelFrame, check_finite, expressions, find_missing
from glmkit.frame.response import Response, read_response
from glmkit.frame.rows import RowCounts, Rows, is_plain, rows_without_missing
from glmkit.frame.scanning import conforming, learn_variables
from glmkit.frame.tally import checksum
from glmkit.frame.values import Factor, Value, take_rows
from glmkit.numerics.vectors import repeated

__all__ = ["NUMBERS", "ChunkedFrame", "Reading"]

NUMBERS = ("weights", "freq_weights", "offset", "exposure")


@dataclass(frozen=True, eq=False)
class Reading:
    """How a chunk is read: which columns, as what, and the expressions over them.

    Parameters
    ----------
    source : Source
    formula : ParsedFormula
    variables : dict
        The columns used, by the formula or an argument, as the scan found them.
    arguments : RowArguments
        Names of columns or expressions.
    context : dict
    state : dict
        What functions learned from all rows.
    response_kind : str
    """

    source: Source
    formula: ParsedFormula
    variables: Mapping[str, Any]
    arguments: RowArguments
    context: Mapping[str, object]
    state: Mapping[str, Any]
    response_kind: str

    def rows(self, chunk: Chunk) -> ChunkRows:
        """Return the values of the chunk's rows that are used."""
        columns = conforming(self.variables, chunk)
        values = {text: self._evaluated(text, columns) for text in expressions(self.formula)}
        numbers = self._numbers(columns)
        unsure = {text: value for text, value in values.items() if not is_plain(value)}
        missing = find_missing(unsure, columns) | numbers.missing()
        rows = rows_without_missing(columns.index, missing, numbers.subset, self.arguments.na_action)
        used = {
            text: value if rows.all_used else take_rows(value, rows.kept) for text, value in values.items()
        }
        check_finite({text: used[text] for text in unsure}, rows.labels)
        numbers = numbers if rows.all_used else numbers.select(rows.kept)
        for name, given in numbers.given().items():
            checked(given, name, rows.labels, allowed=ALLOWED[name][0], rule=ALLOWED[name][1])
        return ChunkRows(columns, rows, values, used, numbers)

    def _evaluated(self, text: str, columns: Columns) -> Value:
        return evaluate(text, columns, context=self.context, state=dict(self.state), learn=False)

    def _numbers(self, columns: Columns) -> RowNumbers:
        found: dict[str, Any] = {}
        for name in (*NUMBERS, "subset"):
            given = getattr(self.arguments, name)
            if given is not None:
                value = columns[given] if given in columns else self._evaluated(given, columns)
                found[name] = numbers_in(value, name)
        if "subset" in found:
            found["subset"] = truth_in(found["subset"])
        return RowNumbers(**found)


@dataclass(frozen=True, eq=False)
class ChunkRows:
    """A chunk's columns, which of its rows are used, and the values over all and over those."""

    columns: Columns
    rows: Rows
    all_values: Mapping[str, Value]
    values: Mapping[str, Value]
    numbers: RowNumbers


@dataclass(frozen=True, eq=False)
class ChunkedFrame:
    """A formula and chunked data, ready to be fitted.

    Parameters
    ----------
    reading : Reading
    coding : Coding
    response : Response
        Without its values.
    counts : RowCounts
    notes : tuple of str
    checksums : tuple
        Of each chunk: rows read, rows used, and sums of squares of its values, to tell a change.
    given : tuple
        The contrasts and the context as the caller gave them.
    """

    reading: Reading
    coding: Coding
    response: Response
    counts: RowCounts
    notes: tuple[str, ...]
    checksums: tuple[tuple[float, ...], ...]
    given: tuple[Contrasts, Mapping[str, object]]

    def frames(self, purpose: str) -> Iterator[tuple[Chunk, ModelFrame]]:
        """Yield the model frame of each chunk that has rows in use.

        Raises
        ------
        DataChangedError
            A chunk is not what it was in the first scan, or there are fewer or more.
        """
        number = -1
        for chunk in self.reading.source.read(tuple(self.reading.variables), purpose):
            number = chunk.number
            with within(chunk):
                found = self.reading.rows(chunk)
                self._check_same(number, checksum(found.rows, found.values, found.numbers))
                frame = self._frame(found) if found.rows.n_used else None
            if frame is not None:
                yield chunk, frame
        if number + 1 < len(self.checksums):
            raise DataChangedError(
                f"A pass over the data yielded {number + 1} chunks where the first scan found {len(self.checksums)}. A"
                " fit makes several passes and needs a re-iterable source: give chunks() a function that starts anew,"
                " a list of frames, or files.",
                chunks=number + 1,
                expected=len(self.checksums),
            )

    def _check_same(self, number: int, now: tuple[float, ...]) -> None:
        before = self.checksums[number] if number < len(self.checksums) else None
        if before is not None and np.allclose(before, now, rtol=1e-12, atol=0.0):
            return
        what = "was not there in the first scan"
        if before is not None:
            what = f"is not what it was in the first scan, {before[0]:.0f} rows with {before[1]:.0f} of them used"
        raise DataChangedError(
            f"The chunk {what}; now it has {now[0]:.0f} with {now[1]:.0f} used, or other values. The data changed"
            " during the fit. Fit again when nothing writes to them.",
            chunk=number,
        )

    def _frame(self, found: ChunkRows) -> ModelFrame:
        reading, numbers = self.reading, found.numbers
        response = self._response(found)
        weights = repeated(1.0, found.rows.n_used) if numbers.weights is None else numbers.weights
        offsets = [formula_offset(text, found.values[text]) for text in reading.formula.offsets]
        check_one_column([one for one in offsets if isinstance(one, LevelOffset)], reading.response_kind)
        return ModelFrame(
            response=response,
            coding=self.coding,
            blocks=self.coding.blocks(found.values),
            rows=found.rows,
            weights=weights if response.trials is None else weights * response.trials,
            freq_weights=numbers.freq_weights,
            offset=linear_offset(numbers, [one for one in offsets if not isinstance(one, LevelOffset)]),
            arguments=reading.arguments,
            source=found.columns,
        )

    def _response(self, found: ChunkRows) -> Response:
        label, levels = self.response.label, self.response.levels
        value = found.values[label]
        if isinstance(value, Factor) and levels is not None and value.levels != levels:
            place = np.array([levels.index(x) if x in levels else -1 for x in value.levels] + [-1])
            value = replace(value, codes=place[value.codes], levels=levels)
        return read_response(value, label, self.reading.response_kind, found.rows.labels)

    def without_rows(self) -> ModelFrame:
        """Return the model frame of the whole, of which only counts, coding and notes are there."""
        counts, arguments = self.counts, self.reading.arguments
        numbers = {name: getattr(arguments, name) is not None for name in NUMBERS}
        offset = numbers["offset"] or numbers["exposure"] or bool(self.reading.formula.offsets)
        names = self.reading.source.names()
        return ModelFrame(
            response=self.response,
            coding=self.coding,
            blocks=absent("the design"),
            rows=rows_of(counts, arguments.na_action),
            weights=absent("the weights"),
            freq_weights=absent("the frequency weights") if numbers["freq_weights"] else None,
            offset=absent("the offset") if offset else None,
            arguments=arguments,
            source=Columns(counts.n_read, pd.RangeIndex(0), {name: AbsentColumn(name) for name in names}),
            contrasts=self.given[0],
            context=dict(self.given[1]),
            notes=self.notes,
            chunks=self,
        )

    def with_columns(self, names: tuple[str, ...]) -> ChunkedFrame:
        """Return the same with more columns of the data in the chunks."""
        new = tuple(name for name in names if name not in self.reading.variables)
        if not new:
            return self
        variables = {**self.reading.variables, **learn_variables(self.reading.source, new, {})}
        return replace(self, reading=replace(self.reading, variables=variables))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle nothing: where the chunks come from belongs to the caller's process."""
        return (type(None), ())


def rows_of(counts: RowCounts, na_action: str) -> Any:
    """Return what stands for the rows of a model that keeps their numbers only."""
    return absent(
        "the labels of the rows",
        n_read=counts.n_read,
        n_used=counts.n_used,
        n_outside=counts.n_outside,
        n_dropped=counts.n_dropped,
        all_used=counts.n_used == counts.n_read,
        dropped=dict(counts.dropped),
        made={},
        na_action=na_action,
    )
