"""A formula and data as a coded model frame: rows chosen once, response read, columns coded.

The way of the data: read the columns, evaluate every expression over all rows (so that ``poly``
and its like learn from all of them, as in R), choose the rows that are complete, and only then
settle the levels of factors and their coding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.design.blocks import design_from_blocks
from glmkit.design.matrix import Design
from glmkit.design.parts import Block
from glmkit.errors import DataError, FormulaError
from glmkit.frame.align import RowArgument, numbers_in, used_values
from glmkit.frame.arguments import (
    RowArguments,
    RowNumbers,
    captured_names,
    check_row_numbers,
    linear_offset,
    read_row_arguments,
)
from glmkit.frame.coding import Coding, Contrasts, check_names, code_terms, variables_in
from glmkit.frame.columns import Columns, Frame, read_data
from glmkit.frame.evaluate import evaluate
from glmkit.frame.formula import ParsedFormula, parse_formula
from glmkit.frame.level_offsets import LevelOffset, check_one_column, formula_offset
from glmkit.frame.names import CoefName, plain_name
from glmkit.frame.notes import coding_notes
from glmkit.frame.registered import available
from glmkit.frame.report import FrameReport, frame_report
from glmkit.frame.response import Response, check_trials, read_response
from glmkit.frame.rows import Missing, Rows, choose_rows, first_labels, is_plain, lost_rows, row_list
from glmkit.frame.terms import TermColumns
from glmkit.frame.values import Factor, Logical, Matrix, Value, take_rows
from glmkit.numerics.vectors import own, repeated

if TYPE_CHECKING:
    from glmkit.frame.chunked import ChunkedFrame

__all__ = ["ModelFrame", "model_frame"]


@dataclass(frozen=True, eq=False)
class ModelFrame:
    """A response and coded predictors over the rows used.

    Parameters
    ----------
    response : Response
    coding : Coding
        How the right-hand side becomes columns; codes new data too.
    blocks : tuple of Block
        The columns, unexpanded, in the order of the terms.
    rows : Rows
        Which rows of the data are used, and what was dropped.
    weights : (n,) array
        Prior weights, with the trials of a binomial multiplied in.
    freq_weights : (n,) array or None
        How many rows each stands for.
    offset : (n,) array or None
        The sum of all offsets of one column, on the link scale.
    arguments : RowArguments
        Weights, offsets and subset as the caller gave them.
    source : Columns
        The caller's data.
    contrasts : str, dict or None
        Coding schemes as the caller asked for them.
    context : dict
        Names of the caller that a formula may use.
    notes : tuple of str
    ready : bool
        Whether the columns came as a ready design matrix, without a formula.
    second : ModelFrame or None
        The part after ``|``, for a family that models one: the same rows and response.
    chunks : ChunkedFrame or None
        Of a frame without rows, where they can be read again, chunk by chunk.
    level_offsets : tuple of LevelOffset
        Offsets of several columns, for a response of levels.
    """

    response: Response
    coding: Coding
    blocks: tuple[Block, ...]
    rows: Rows
    weights: Array
    freq_weights: Array | None
    offset: Array | None
    arguments: RowArguments
    source: Columns
    contrasts: Contrasts = None
    context: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    ready: bool = False
    second: ModelFrame | None = None
    chunks: ChunkedFrame | None = None
    level_offsets: tuple[LevelOffset, ...] = ()

    @property
    def formula(self) -> ParsedFormula:
        """The formula as read."""
        return self.coding.formula

    @property
    def terms(self) -> tuple[TermColumns, ...]:
        """Where each term stands in the design, the intercept first."""
        return self.coding.columns

    @property
    def names(self) -> tuple[CoefName, ...]:
        """The name of each column of the design."""
        return self.coding.names

    @property
    def intercept(self) -> bool:
        """Whether there is a constant column."""
        return any(term.label == "Intercept" and not term.factors for term in self.coding.terms)

    @property
    def n(self) -> int:
        """How many rows are used."""
        return self.rows.n_used

    @property
    def has_offset(self) -> bool:
        """Whether any offset goes into the linear predictor."""
        return self.offset is not None or bool(self.level_offsets)

    @cached_property
    def design(self) -> Design:
        """All columns, aliased ones too."""
        return design_from_blocks(self.blocks, self.n)

    def take_columns(self, columns: IntArray) -> Design:
        """Return the design of these columns."""
        return self.design.take(columns)

    def without(self, label: str) -> ModelFrame:
        """Return the frame without one term, over the same rows.

        Raises
        ------
        FormulaError
            The formula has no such term.
        """
        coding = self.coding.without(label)
        per_term = _blocks_by_term(self.coding, self.blocks)
        kept = tuple(block for term, blocks in per_term if term != label for block in blocks)
        return replace(self, coding=coding, blocks=kept)

    def row_values(self, given: RowArgument, argument: str) -> Value:
        """Return the values of an argument such as ``cluster`` over the rows used.

        Parameters
        ----------
        given : str, array or Series
            A column, an expression, or one value per row of the data or per row used.
        argument : str
            What the caller calls it, for messages.
        """
        return used_values(given, argument, self.source, self.rows, self.coding.context)

    def row_numbers(self, given: RowArgument, argument: str) -> Array:
        """Return the same as numbers, truth values being 0 and 1."""
        return numbers_in(self.row_values(given, argument), argument)

    def report(self) -> FrameReport:
        """Return what was read, used and decided, as tables."""
        return frame_report(self.rows, self.response, self.coding)


def model_frame(
    formula: str,
    data: Frame,
    *,
    response_kind: str = "numeric",
    second_part: str = "",
    arguments: RowArguments | None = None,
    contrasts: Contrasts = None,
    context: Mapping[str, object] | None = None,
) -> ModelFrame:
    """Return the model frame of a formula and data.

    Parameters
    ----------
    formula : str
    data : data frame
        Anything `read_data` takes.
    response_kind : {"numeric", "binomial", "multinomial"}
        What the family models.
    second_part : {"", "same", "constant"}
        Whether it models a part after ``|``, and what that is without a bar.
    arguments : RowArguments, optional
        Weights, offset, exposure, subset and what to do with missing rows.
    contrasts : str, dict or None
        A coding scheme by factor; ``"r"`` for R's defaults.
    context : dict, optional
        Functions and constants the formula may use besides columns.

    Raises
    ------
    FormulaError
        The formula cannot be read, or names something unknown.
    DataError
        A column, an argument or the rows cannot be used.

    Examples
    --------
    >>> data = {"y": [1, 2, 4, 3], "x": [0.0, 1.0, None, 3.0], "g": ["a", "b", "a", "b"]}
    >>> frame = model_frame("y ~ x + g", data)
    >>> [name.name for name in frame.names]
    ['Intercept', 'x', 'g[T.b]']
    >>> frame.design.dense()
    array([[1., 0., 0.],
           [1., 1., 1.],
           [1., 3., 1.]])
    >>> frame.rows.sentence()
    '1 of 4 rows dropped for missing values: x 1.'
    """
    arguments = arguments or RowArguments()
    read = _read(formula, data, available(context), second_part)
    numbers = read_row_arguments(arguments, read.columns, read.context)
    unsure = {text: value for text, value in read.values.items() if not is_plain(value)}
    missing = find_missing(unsure, read.columns) | numbers.missing()
    rows = choose_rows(read.columns.index, missing, numbers.subset, arguments.na_action)
    values = {text: _taken(value, rows) for text, value in read.values.items()}
    check_finite({text: values[text] for text in unsure}, rows.labels)
    numbers = numbers if rows.all_used else numbers.select(rows.kept)
    check_row_numbers(numbers, rows.labels)
    asked = (response_kind, contrasts, arguments, dict(context or {}))
    frame = _assembled(read, rows, values, numbers, asked)
    if read.second is None:
        return frame
    # Offsets given as arguments belong to the first part.
    apart = replace(numbers, offset=None, level_offset=None, exposure=None)
    asked = (*asked[:2], replace(arguments, offset=None, exposure=None), asked[3])
    return replace(frame, second=_assembled(read._replace(formula=read.second), rows, values, apart, asked))


class _Read(NamedTuple):
    """A formula and the values of its expressions over all rows of the data."""

    formula: ParsedFormula
    columns: Columns
    context: Mapping[str, object]
    values: dict[str, Value]
    state: dict[str, Any]
    second: ParsedFormula | None = None


def _read(formula: str, data: Frame, context: Mapping[str, object], second_part: str) -> _Read:
    columns = read_data(data)
    parsed = parse_formula(formula, columns, context)
    check_parts(formula, parsed, second_part)
    if columns.n_rows == 0:
        raise DataError("The data are empty: 0 rows. Pass data with at least one row.")
    state: dict[str, Any] = {}
    other = None
    if second_part:
        without = parsed.right if second_part == "same" else "1"
        after = without if parsed.part2 is None else parsed.part2
        other = parse_formula(f"{parsed.response} ~ {after}", columns, context)
    texts = (*expressions(parsed), *(() if other is None else expressions(other)))
    values = {text: evaluate(text, columns, context=context, state=state) for text in dict.fromkeys(texts)}
    return _Read(parsed, columns, context, values, state, other)


def check_parts(formula: str, parsed: ParsedFormula, second_part: str) -> None:
    """Refuse a formula without a response, or with a part that the family does not model."""
    if parsed.response is None:
        raise FormulaError(f"The formula {formula!r} has no response. Write 'y ~ x'.", formula=formula)
    if parsed.part2 is not None and not second_part:
        raise FormulaError(
            f"The formula {formula!r} has a second part, `{parsed.part2}`, after `|`, which this family does not model:"
            " write its terms with `+`, or leave it out.",
            formula=formula,
            part=parsed.part2,
        )


def expressions(formula: ParsedFormula) -> tuple[str, ...]:
    """Return every expression of the formula once: the response, the factors, the offsets."""
    factors = (factor for term in formula.terms for factor in term.factors)
    response = () if formula.response is None else (formula.response,)
    return tuple(dict.fromkeys((*response, *factors, *formula.offsets)))


# ----------------------------------------------------------------------------- rows


def find_missing(values: Mapping[str, Value], columns: Columns) -> dict[str, Missing]:
    """Return the rows without a value by column, in the data's order, then those made by expressions."""
    by_column: dict[str, Missing] = {}
    made: dict[str, Missing] = {}
    for expression, value in values.items():
        lost = lost_rows(value)
        if not lost.any():
            continue
        for name in variables_in(expression):
            if name in columns:
                rows = lost_rows(columns[name]) & lost
                before = by_column.get(name)
                by_column[name] = Missing(rows if before is None else rows | before.rows)
        explained = _any_missing(expression, columns, len(lost))
        if (lost & ~explained).any():
            made[expression] = Missing(lost & ~explained, made=True)
    return {name: by_column[name] for name in columns if name in by_column} | made


def _any_missing(expression: str, columns: Columns, n: int) -> Any:
    lost = np.zeros(n, dtype=bool)
    for name in variables_in(expression):
        if name in columns:
            lost |= lost_rows(columns[name])
    return lost


def check_finite(values: Mapping[str, Value], labels: pd.Index[Any]) -> None:
    """Refuse infinite values: infinity is not a missing value, and no fit survives it."""
    for expression, value in values.items():
        if isinstance(value, Factor | Logical):
            continue
        numbers = value.values if isinstance(value, Matrix) else value
        if np.isfinite(numbers).all():
            continue
        infinite = np.isinf(numbers)
        rows = infinite if infinite.ndim == 1 else np.logical_or.reduce(infinite, axis=1)
        if rows.any():
            name = plain_name(expression)
            raise DataError(
                f"{name!r} is infinite in {row_list(labels, rows)}. Correct the values, or leave the rows"
                " out with subset; an infinite value is not taken as missing.",
                column=name,
                rows=first_labels(labels, rows),
            )


def _taken(value: Value, rows: Rows) -> Value:
    return value if rows.all_used else take_rows(value, rows.kept)


# ----------------------------------------------------------------------------- assembly


def _assembled(
    read: _Read,
    rows: Rows,
    values: Mapping[str, Value],
    numbers: RowNumbers,
    asked: tuple[str, Contrasts, RowArguments, Mapping[str, object]],
) -> ModelFrame:
    """Return the frame from values and numbers of the rows used."""
    kind, contrasts, arguments, context = asked
    formula = read.formula
    assert formula.response is not None
    response = read_response(values[formula.response], formula.response, kind, rows.labels)
    check_trials(response)
    names = (*formula.captured, *captured_names(arguments, read.columns, read.context))
    coding = Coding(
        formula,
        *code_terms(formula, values, read.columns, contrasts),
        read.state,
        {name: read.context[name] for name in names},
    )
    check_names(coding.names)
    offsets = [formula_offset(text, values[text]) for text in formula.offsets]
    wide = [one for one in (*offsets, numbers.level_offset) if isinstance(one, LevelOffset)]
    check_one_column(wide, kind)
    weights = repeated(1.0, rows.n_used) if numbers.weights is None else own(numbers.weights)
    return ModelFrame(  # what the caller writes into an array later must not change it
        response=response.own(),
        coding=coding,
        blocks=coding.blocks(values),
        rows=rows,
        weights=weights if response.trials is None else weights * response.trials,
        freq_weights=None if numbers.freq_weights is None else own(numbers.freq_weights),
        offset=linear_offset(numbers, [one for one in offsets if not isinstance(one, LevelOffset)]),
        level_offsets=tuple(wide),
        arguments=arguments,
        source=read.columns,
        notes=(*response.notes, *coding_notes(coding.encodings, read.values)),
        contrasts=contrasts,
        context=context,
    )


def _blocks_by_term(coding: Coding, blocks: tuple[Block, ...]) -> Iterator[tuple[str, tuple[Block, ...]]]:
    first = 0
    for term in coding.terms:
        yield term.label, blocks[first : first + len(term.products)]
        first += len(term.products)
