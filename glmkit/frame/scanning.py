"""What a first scan of chunked data learns: the kind and levels of each column, and what functions learn.

Levels are matched by label, never by code. Where the chunks declare the same levels their order
holds; where they differ, as those of text do, all that occur are sorted, as they are for one frame.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import DataError, NewLevelError
from glmkit.frame.chunks import Chunk, Source, check_columns, within
from glmkit.frame.coding import Variable, variables_in
from glmkit.frame.columns import Columns, ReadyColumn
from glmkit.frame.evaluate import learn_call
from glmkit.frame.learning import stateful_calls
from glmkit.frame.newframe import conformed
from glmkit.frame.rows import lost_rows
from glmkit.frame.syntax import Call, deparse
from glmkit.frame.values import Factor, Logical, Value, level_text
from glmkit.frame.vocabulary import GROUPING_NAMES

__all__ = ["conforming", "learn_states", "learn_variables"]

WORDS = {"number": "numeric", "factor": "text or a category", "truth": "true/false"}
# Functions that learn the same from each different value once as from all rows.
SETS = frozenset((*GROUPING_NAMES, "min", "max"))


# ----------------------------------------------------------------------------- columns


@dataclass
class _Seen:
    """What the chunks so far have shown of one column."""

    kind: str = ""
    dtype: str = ""
    where: str = ""
    ordered: bool = False
    first: tuple[Hashable, ...] = ()
    same: bool = True
    union: set[Hashable] = field(default_factory=set)

    def add(self, name: str, value: Value, dtype: str, chunk: Chunk) -> None:
        if isinstance(value, Factor) and value.levels:
            self.first = self.first or value.levels
            self.same = self.same and value.levels == self.first
            self.union.update(value.levels)
            self.ordered = self.ordered or value.ordered
        if lost_rows(value).all():  # without a value there is no kind
            return
        kind = _kind(value)
        if not self.kind:
            self.kind, self.dtype, self.where = kind, dtype, chunk.name
        if kind != self.kind:
            raise DataError(
                f"Column {name!r} is {WORDS[kind]} (dtype {dtype}) here and {WORDS[self.kind]} (dtype {self.dtype}) in"
                f" {self.where}. Convert it to one kind in all chunks.",
                column=name,
                expected=self.kind,
                found=kind,
            )

    def variable(self, name: str) -> Variable:
        if self.kind != "factor":
            return Variable(self.kind or "number", self.dtype)
        return Variable("factor", self.dtype, self._levels(name), self.ordered)

    def _levels(self, name: str) -> tuple[Hashable, ...]:
        if self.same:
            return self.first
        if self.ordered:
            raise DataError(
                f"The ordered column {name!r} declares other levels in one chunk than in another, so that no order is"
                f" common. Give it as chunks(..., levels={{{name!r}: [...]}}).",
                column=name,
            )
        try:
            return tuple(sorted(self.union))  # type: ignore[type-var]
        except TypeError:  # labels of several types
            return tuple(sorted(self.union, key=level_text))


def _kind(value: Value) -> str:
    if isinstance(value, Factor):
        return "factor"
    return "truth" if isinstance(value, Logical) else "number"


def learn_variables(
    source: Source, names: tuple[str, ...], declared: Mapping[str, Sequence[Hashable]]
) -> dict[str, Variable]:
    """Return each column's kind, dtype and levels over all chunks.

    Parameters
    ----------
    source : Source
    names : tuple of str
        The columns a model uses.
    declared : dict
        Levels as the caller gives them, by column.

    Raises
    ------
    DataError
        A column is missing in a chunk, or of another kind than in an earlier one.
    """
    known = source.numeric(names)
    asked = tuple(name for name in names if name not in known)
    seen = {name: _Seen() for name in asked}
    for chunk in source.read(asked, "levels") if asked else ():
        with within(chunk):
            check_columns(chunk, asked)
            for name in asked:
                seen[name].add(name, chunk.columns[name], chunk.columns.dtype(name), chunk)
    variables = {name: Variable("number", known[name]) for name in names if name in known}
    variables |= {name: found.variable(name) for name, found in seen.items()}
    return {name: _declared(name, variables[name], declared.get(name)) for name in names}


def _declared(name: str, variable: Variable, levels: Sequence[Hashable] | None) -> Variable:
    """Return the variable with the levels the caller declared, in that order."""
    if levels is None:
        return variable
    if len(set(levels)) < len(levels):
        raise DataError(f"The levels given for {name!r} hold one twice. List each once.", column=name)
    if variable.kind != "factor":
        raise DataError(
            f"Levels were given for {name!r}, which is {WORDS[variable.kind]}. Use C({name}) in the formula, or"
            " leave the levels out.",
            column=name,
        )
    return variable._replace(levels=tuple(levels))


def conforming(variables: Mapping[str, Variable], chunk: Chunk) -> Columns:
    """Return the columns of a chunk as the kinds and levels that the scan found.

    Raises
    ------
    DataError
        A column is missing, of another kind, or holds a level that was neither declared nor found.
    """
    given = chunk.columns
    check_columns(chunk, tuple(variables))
    readers = {}
    for name, seen in variables.items():
        value = conformed(name, given, seen, before="the first scan", now="this chunk")
        if isinstance(value, Factor) and len(value.levels) > len(seen.levels or ()):
            value = _known(name, value, seen, given)
        readers[name] = ReadyColumn(value)
    return Columns(given.n_rows, given.index, readers, labelled=given.labelled)


def _known(name: str, value: Factor, seen: Variable, given: Columns) -> Factor:
    levels = seen.levels or ()
    new = np.flatnonzero(value.codes >= len(levels))
    if len(new) == 0:
        return Factor(value.codes, levels, value.ordered)
    level, row = value.levels[value.codes[new[0]]], given.index[new[0]]
    raise NewLevelError(
        f"{name!r} has the level {level!r} in row {row}, which is not among its levels"
        f" {', '.join(repr(known) for known in levels[:8])}{', ...' if len(levels) > 8 else ''}. Add it to"
        " chunks(..., levels=), or leave the rows out with subset.",
        column=name,
        levels=(level,),
        rows=[row],
    )


# ----------------------------------------------------------------------------- functions that learn


def learn_states(
    source: Source,
    variables: Mapping[str, Variable],
    expressions: Sequence[str],
    context: Mapping[str, object],
) -> dict[str, Any]:
    """Return what ``poly()``, ``bs()``, ``scale()`` and the like learn from all rows.

    Notes
    -----
    One scan and one float64 per row for each call that learns from a column (not the columns it
    makes); those that only learn levels or the range keep each different value once.
    """
    state: dict[str, Any] = {}
    calls = {deparse(call): call for text in expressions for call in stateful_calls(text)}
    for call in calls.values():
        columns = _gathered(source, variables, call)
        learn_call(call, columns, context=context, state=state)
    return state


def _gathered(source: Source, variables: Mapping[str, Variable], call: Call) -> Columns:
    """Return the columns that a call uses, of all chunks; each value once where that is enough."""
    names = tuple(name for name in variables_in(deparse(call)) if name in variables)
    used = {name: variables[name] for name in names}
    once = call.function in SETS and len(names) == 1
    parts: dict[str, list[Any]] = {name: [] for name in names}
    for chunk in source.read(names, deparse(call)) if names else ():
        with within(chunk):
            columns = conforming(used, chunk)
        for name in names:
            numbers = _numbers(columns[name])
            parts[name].append(np.unique(numbers) if once else numbers)
    values = {name: _value(_joined(found, once), variables[name]) for name, found in parts.items()}
    n = min((len(lost_rows(value)) for value in values.values()), default=1)
    return Columns(n, pd.RangeIndex(n), {name: ReadyColumn(value) for name, value in values.items()})


def _joined(parts: list[Any], once: bool) -> Any:
    whole = np.concatenate(parts) if parts else np.zeros(0)
    return np.unique(whole) if once else whole


def _numbers(value: Value) -> Array | IntArray:
    if isinstance(value, Factor):
        return value.codes
    return value if isinstance(value, np.ndarray) else value.values


def _value(numbers: Any, variable: Variable) -> Value:
    if variable.kind == "factor":
        return Factor(numbers.astype(np.intp), variable.levels or (), variable.ordered)
    return Logical(numbers) if variable.kind == "truth" else numbers
