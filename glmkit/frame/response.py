"""The left-hand side of a formula as the numbers a family models."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import DataError
from glmkit.frame.encoding import as_factor, is_categorical
from glmkit.frame.names import plain_name
from glmkit.frame.rows import first_labels, row_list
from glmkit.frame.values import Factor, Logical, Matrix, Value, level_text
from glmkit.numerics.vectors import own

__all__ = ["Response", "check_trials", "fractional_note", "fractional_rows", "read_response"]

EXACT = 2.0**53  # the whole numbers below are exact
INTEGER_TOLERANCE = 1e-3  # how far from a whole number a count may be before it is remarked, as in R


@dataclass(frozen=True, eq=False)
class Response:
    """What is modelled, over the rows used.

    Parameters
    ----------
    y : (n,) array
        The numbers; of a binomial the proportion, of a multinomial the position of the level.
    kind : str
        ``"numeric"``, ``"binomial"`` or ``"multinomial"``.
    label : str
        The left-hand side as written.
    trials : (n,) array, optional
        Of a binomial given as counts.
    event : str, optional
        Of a binomial, what the probability is of: ``low = 1``, ``case: "yes"``.
    levels : tuple, optional
        Of a categorical response: the failure and the event, or all levels.
    indicator : (n, K) array, optional
        Of a multinomial: counts, or one 1 per row.
    notes : tuple of str
    empty : tuple
        Of a multinomial: declared levels that do not occur.
    """

    y: Array
    kind: str
    label: str
    trials: Array | None = None
    event: str | None = None
    levels: tuple[Hashable, ...] | None = None
    indicator: Array | None = None
    notes: tuple[str, ...] = ()
    empty: tuple[Hashable, ...] = ()

    @property
    def is_share(self) -> bool:
        """Whether each row holds the share of its trials, which are its weight."""
        return self.kind == "binomial" and self.trials is None and self.event == plain_name(self.label)

    def with_levels_of(self, weights: Array) -> Response:
        """Return the response over the levels that occur in rows of positive weight."""
        if self.indicator is None or self.levels is None:
            return self
        seen = np.asarray(self.indicator[weights > 0].sum(axis=0) > 0)
        if seen.all():
            return self
        lost = tuple(level for level, kept in zip(self.levels, seen, strict=True) if not kept)
        levels = tuple(level for level, kept in zip(self.levels, seen, strict=True) if kept)
        if len(levels) < 2:
            raise DataError(
                f"The response {plain_name(self.label)!r} has one level only in rows of positive weight; two or more"
                " are needed.",
                column=plain_name(self.label),
                levels=levels,
            )
        return replace(self, levels=levels, indicator=self.indicator[:, seen], empty=(*self.empty, *lost))

    def own(self) -> Response:
        """Return the response, copied where somebody could write into it."""
        y = own(self.y)
        return self if y is self.y else replace(self, y=y)

    def select(self, rows: IntArray) -> Response:
        """Return the response of these rows."""
        trials = None if self.trials is None else self.trials[rows]
        indicator = None if self.indicator is None else self.indicator[rows]
        return replace(self, y=self.y[rows], trials=trials, indicator=indicator)


def read_response(value: Value, label: str, kind: str, index: pd.Index[Any]) -> Response:
    """Return a response of the kind a family wants.

    Parameters
    ----------
    value : Value
        The left-hand side over the rows used; nothing missing.
    label : str
        Its text.
    kind : {"numeric", "binomial", "multinomial"}
    index : pandas.Index
        Labels of the rows, for messages.

    Raises
    ------
    DataError
        The response is not of that kind: text for a numeric family, three levels for a binomial one,
        counts that are negative.

    Examples
    --------
    >>> case = Factor(np.array([1, 0, 1]), ("no", "yes"))
    >>> response = read_response(case, "case", "binomial", pd.RangeIndex(3))
    >>> response.y, response.event
    (array([1., 0., 1.]), 'case: "yes"')
    """
    readers = {"numeric": _numeric, "binomial": _binomial, "multinomial": _multinomial}
    return readers[kind](value, label, index)


def _numeric(value: Value, label: str, index: pd.Index[Any]) -> Response:
    if isinstance(value, Matrix):
        raise DataError(
            f"The response {label} has {value.values.shape[1]} columns, which this family does not take."
            " Use Binomial() for cbind(successes, failures), Multinomial() for counts per level.",
            column=label,
        )
    if isinstance(value, Factor):
        raise DataError(
            f"The response {plain_name(label)!r} is text or categorical, but this family needs a numeric"
            " response. Use Binomial() for two levels, Multinomial() for more, or convert the column.",
            column=plain_name(label),
        )
    return Response(value.values if isinstance(value, Logical) else value, "numeric", label)


# ----------------------------------------------------------------------------- binomial


def _binomial(value: Value, label: str, index: pd.Index[Any]) -> Response:
    if isinstance(value, Matrix):
        return _from_counts(value, label, index)
    if isinstance(value, Logical):
        return Response(
            value.values, "binomial", label, event=f"{plain_name(label)} = True", levels=(False, True)
        )
    if isinstance(value, Factor):
        return _from_two_levels(value, label)
    binary = bool(np.all((value == 0) | (value == 1)))
    return Response(
        value, "binomial", label, event=f"{plain_name(label)} = 1" if binary else plain_name(label)
    )


def _from_two_levels(value: Factor, label: str) -> Response:
    """Read a factor: the first level is failure. A declared pair keeps its order if only one occurs."""
    name = plain_name(label)
    levels = value.levels if len(value.levels) == 2 else _occurring(value)
    if len(levels) != 2:
        shown = ", ".join(repr(level_text(level)) for level in levels[:6])
        raise DataError(
            f"The response {name!r} has {len(levels)} level{'s' * (len(levels) != 1)} ({shown}) where a"
            " binomial family needs two. Use Multinomial(), or say which level is the event, e.g. with a"
            " column of 0 and 1.",
            column=name,
            levels=levels,
        )
    y = (value.codes == value.levels.index(levels[1])).astype(np.float64)
    event = f'{name}: "{level_text(levels[1])}"'
    return Response(y, "binomial", label, event=event, levels=levels)


def _occurring(value: Factor) -> tuple[Hashable, ...]:
    used = set(np.unique(value.codes[value.codes >= 0]).tolist())
    return tuple(level for i, level in enumerate(value.levels) if i in used)


def _from_counts(value: Matrix, label: str, index: pd.Index[Any]) -> Response:
    if value.values.shape[1] != 2:
        raise DataError(
            f"The response {label} has {value.values.shape[1]} columns; a binomial family takes two:"
            " cbind(successes, failures).",
            column=label,
        )
    _check_counts(value.values, label, index)
    successes, failures = value.values.T
    trials = successes + failures
    y = np.divide(successes, trials, out=np.zeros_like(trials), where=trials > 0)
    notes = fractional_note(fractional_rows(value.values), label)
    return Response(y, "binomial", label, trials=trials, event=value.labels[0] or label, notes=notes)


def _check_counts(counts: Array, label: str, index: pd.Index[Any]) -> None:
    bad = np.logical_or.reduce(counts < 0, axis=1)
    if bad.any():
        raise DataError(
            f"The response {label} holds a negative count in {row_list(index, bad)}: do the successes exceed"
            " the trials? Counts must be >= 0.",
            column=label,
            rows=first_labels(index, bad),
        )


def check_trials(response: Response) -> None:
    """Refuse a binomial given as counts that are all zero."""
    if response.trials is not None and response.kind == "binomial" and not (response.trials > 0).any():
        label = response.label
        raise DataError(
            f"The response {label} has no row with any trials: all counts are zero.", column=label
        )


def fractional_rows(counts: Array) -> int:
    """Return in how many rows some count is not a whole number."""
    fractional = np.abs(counts - np.round(counts)) > INTEGER_TOLERANCE
    return int(fractional.any(axis=1).sum())


def fractional_note(n: int, label: str) -> tuple[str, ...]:
    """Return the note on counts that are not whole in n rows."""
    if not n:
        return ()
    return (f"The counts in {label} are not whole numbers in {n} row{'s' * (n != 1)}.",)


# ----------------------------------------------------------------------------- multinomial


def _multinomial(value: Value, label: str, index: pd.Index[Any]) -> Response:
    if isinstance(value, Matrix):
        _check_counts(value.values, label, index)
        position = value.values.argmax(axis=1).astype(np.float64)
        notes = fractional_note(fractional_rows(value.values), label)
        return Response(
            position, "multinomial", label, value.values.sum(axis=1), None, value.labels, value.values, notes
        )
    grouped = as_factor(value) if is_categorical(value) else _from_numbers(value)
    levels = _occurring(grouped)
    codes = np.searchsorted(np.unique(grouped.codes), grouped.codes)
    if len(levels) < 2:
        raise DataError(
            f"The response {plain_name(label)!r} has one level only; a multinomial family needs two or more.",
            column=plain_name(label),
            levels=levels,
        )
    indicator = np.eye(len(levels))[codes]
    empty = tuple(level for level in grouped.levels if level not in levels)
    return Response(
        codes.astype(np.float64), "multinomial", label, None, None, levels, indicator, empty=empty
    )


def _from_numbers(values: Value) -> Factor:
    levels, codes = np.unique(np.asarray(values), return_inverse=True)
    whole = bool(np.all((levels == np.round(levels)) & (np.abs(levels) < EXACT)))
    return Factor(codes.astype(np.intp), tuple((levels.astype(np.int64) if whole else levels).tolist()))
