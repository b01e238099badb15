"""What one scan over the rows adds up: counts, which levels occur, what the response holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glmkit._typing import Array
from glmkit.errors import DataError
from glmkit.frame.arguments import RowNumbers
from glmkit.frame.coding import Variable
from glmkit.frame.response import fractional_rows
from glmkit.frame.rows import RowCounts, Rows, named_labels
from glmkit.frame.values import Factor, Logical, Matrix, Value

__all__ = ["Tally", "TemplateColumn", "checksum"]

LABELS = 6  # row labels kept for a message: one more than are named


@dataclass
class _Levels:
    """One factor's levels, and which of them occur."""

    factor: Factor
    occurring: set[int] = field(default_factory=set)

    def add(self, value: Factor) -> None:
        codes = np.flatnonzero(np.bincount(value.codes[value.codes >= 0], minlength=1)).tolist()
        if value.levels == self.factor.levels:
            self.occurring |= set(codes)
            return
        # An expression made its levels of this chunk's rows: sorted, as those of text.
        labels = {self.factor.levels[code] for code in self.occurring} | {value.levels[c] for c in codes}
        levels = tuple(sorted({*self.factor.levels, *value.levels}, key=_order))
        self.factor = replace(self.factor, levels=levels)
        self.occurring = {levels.index(label) for label in labels}

    def value(self) -> Factor:
        return replace(self.factor, codes=np.array(sorted(self.occurring), dtype=np.intp))


def _order(level: object) -> tuple[bool, Any]:
    return (isinstance(level, str), level)


@dataclass
class Tally:
    """The sums of a scan; `add` takes one chunk after the other."""

    response: str
    n_read: int = 0
    n_used: int = 0
    n_outside: int = 0
    fractional: int = 0
    any_trials: bool = False
    checksums: list[tuple[float, ...]] = field(default_factory=list)
    _dropped: dict[str, int] = field(default_factory=dict)
    _made: dict[str, tuple[int, list[Any]]] = field(default_factory=dict)
    _positive: dict[str, bool] = field(default_factory=dict)
    _all: dict[str, _Levels | Value] = field(default_factory=dict)
    _used: dict[str, _Levels | Value] = field(default_factory=dict)

    def add(
        self, rows: Rows, all_values: Mapping[str, Value], values: Mapping[str, Value], numbers: RowNumbers
    ) -> None:
        """Add the rows of one chunk."""
        self.n_read += rows.n_read
        self.n_used += rows.n_used
        self.n_outside += rows.n_outside
        for name, count in rows.dropped.items():
            self._dropped[name] = self._dropped.get(name, 0) + count
        for name, labels in rows.made.items():
            count, first = self._made.get(name, (0, []))
            self._made[name] = count + len(labels), (first + list(labels))[:LABELS]
        for name in ("weights", "freq_weights"):
            given = getattr(numbers, name)
            if given is not None:
                self._positive[name] = self._positive.get(name, False) or bool(np.any(given > 0))
        for text, value in all_values.items():
            _merge(self._all, text, value)
            _merge(self._used, text, values[text])
        self._look_at(values[self.response])
        self.checksums.append(checksum(rows, values, numbers))

    def _look_at(self, value: Value) -> None:
        """Remember of the response what decides how it is read."""
        if isinstance(value, Matrix):
            self.fractional += fractional_rows(value.values)
            self.any_trials = self.any_trials or bool(np.any(value.values > 0))
        elif isinstance(value, np.ndarray):
            odd = value[(value != 0) & (value != 1)][:1]
            before = self._used[self.response]
            self._used[self.response] = before if isinstance(before, np.ndarray) and before.size else odd

    def counts(self, names: tuple[str, ...]) -> RowCounts:
        """Return the rows read and used; columns in the data's order, then what expressions made."""
        order = [*(name for name in names if name in self._dropped), *self._dropped]
        dropped = {name: self._dropped[name] for name in dict.fromkeys(order)}
        made = {name: named_labels(labels, count) for name, (count, labels) in self._made.items()}
        return RowCounts(self.n_read, self.n_used, self.n_outside, dropped, made)

    def check_weights(self) -> None:
        """Refuse weights that are all zero."""
        for name, positive in self._positive.items():
            if not positive:
                raise DataError(f"{name} are all zero: no row has a positive weight.", argument=name)

    def used_values(self) -> dict[str, Value]:
        """Return each expression's value over one row for each level that occurs in the rows used."""
        return {text: _shown(found) for text, found in self._used.items()}

    def all_values(self) -> dict[str, Value]:
        """Return the same for all rows of the data."""
        return {text: _shown(found) for text, found in self._all.items()}


def _merge(found: dict[str, _Levels | Value], text: str, value: Value) -> None:
    if isinstance(value, Logical):
        truths = np.unique(value.values[~np.isnan(value.values)])
        before = found.get(text)
        known = before.values if isinstance(before, Logical) else truths
        found[text] = Logical(np.union1d(known, truths))
    elif isinstance(value, Factor):
        before = found.get(text)
        if not isinstance(before, _Levels):
            found[text] = before = _Levels(replace(value, codes=value.codes[:0]))
        before.add(value)
    elif text not in found:
        found[text] = value[:0] if isinstance(value, np.ndarray) else replace(value, values=value.values[:0])


def _shown(found: _Levels | Value) -> Value:
    return found.value() if isinstance(found, _Levels) else found


def checksum(rows: Rows, values: Mapping[str, Value], numbers: RowNumbers) -> tuple[float, ...]:
    """Return numbers that change when a chunk does: rows read and used, sums of its values."""
    sums = [_sum(value) for value in values.values()]
    sums += [float(np.sum(given)) for given in numbers.given().values()]
    return (float(rows.n_read), float(rows.n_used), *sums)


def _sum(value: Value) -> float:
    if isinstance(value, Factor):
        return float(np.sum(value.codes))
    numbers: Array = value if isinstance(value, np.ndarray) else value.values
    return float(np.sum(numbers))


@dataclass(frozen=True)
class TemplateColumn:
    """The reader of a column without rows, of the kind and levels of another."""

    variable: Variable

    def __call__(self) -> tuple[Value, str]:
        """Return no values of the right kind, and the dtype."""
        kind, dtype, levels, ordered = self.variable
        if kind == "factor":
            return Factor(np.zeros(0, dtype=np.intp), levels or (), ordered), dtype
        return Logical(np.zeros(0)) if kind == "truth" else np.zeros(0), dtype
