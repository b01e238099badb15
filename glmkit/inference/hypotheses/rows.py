"""What a hypothesis says of the coefficients: a function, its gradient and its value."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import DataError, FitError, FormulaError
from glmkit.inference.estimate import Estimate
from glmkit.inference.hypotheses.expressions import Operation, affine, dual
from glmkit.inference.hypotheses.names import NameFinder
from glmkit.inference.hypotheses.parser import Equation, parse_hypotheses
from glmkit.tables.numbers import as_text

__all__ = ["Hypothesis", "Vocabulary", "hypotheses_of"]

MOST = 2000  # hypotheses tested together

_ZERO = re.compile(r"={1,2}\s*0\s*$")


class Hypothesis(NamedTuple):
    """h(beta) = value.

    Parameters
    ----------
    text : str
    gradient : (p,) array
        Of h, at the estimate.
    offset : float
        h(beta) less gradient @ beta; the constant of an affine h.
    value : float
    linear : bool
    """

    text: str
    gradient: Array
    offset: float
    value: float
    linear: bool = True


class Vocabulary(NamedTuple):
    """What hypotheses may be written with.

    Parameters
    ----------
    estimate : Estimate
        Its names are plain text.
    others : sequence of p str
        R's names.
    terms : dict
        The columns of each term, by its label.
    """

    estimate: Estimate
    others: Sequence[str]
    terms: Mapping[str, IntArray]


def hypotheses_of(
    known: Vocabulary, given: object, value: Array | Sequence[float] | float
) -> list[Hypothesis]:
    """Return hypotheses given as text, a list of texts, the label of a term, or a matrix."""
    if isinstance(given, str):
        found = _from_texts(known, [given])
    elif isinstance(given, list | tuple) and given and all(isinstance(one, str) for one in given):
        found = _from_texts(known, given)
    else:
        return _from_matrix(known.estimate, given, value)
    if np.any(np.asarray(value) != 0):
        raise FitError(
            'value= goes with a matrix. In a text write the value: "a = 2".', argument="value", value=value
        )
    return found


def _from_texts(known: Vocabulary, texts: Iterable[str]) -> list[Hypothesis]:
    names = known.estimate.names
    finder = NameFinder([str(name) for name in names], known.others)
    found: list[Hypothesis] = []
    for text in texts:
        label = _ZERO.sub("", text).strip()
        columns = None if label in names else known.terms.get(label)
        if columns is not None:
            found += _term(known.estimate, label, list(columns))
            continue
        found += [_from_equation(known.estimate, equation) for equation in parse_hypotheses(text, finder)]
    return _not_too_many(found)


def _term(estimate: Estimate, label: str, columns: list[int]) -> list[Hypothesis]:
    """Return that every estimated coefficient of a term is zero."""
    estimated = [j for j in columns if j in estimate.kept]
    if not estimated:
        raise FitError(
            f"No coefficient of the term {label} is estimated: all are aliased. Fit without it.", term=label
        )
    eye = np.eye(len(estimate.names))
    return [Hypothesis(f"{estimate.names[j]} = 0", eye[j], 0.0, 0.0) for j in estimated]


def _from_equation(estimate: Estimate, equation: Equation) -> Hypothesis:
    p = len(estimate.names)
    right = affine(equation.right, p)
    if right is not None and right.fixed:
        expression, value = equation.left, right.constant
    else:
        expression, value = Operation("-", equation.left, equation.right), 0.0
    if not np.isfinite(value):
        raise _undefined(equation.text)
    plain = affine(expression, p)
    if plain is not None:
        return _checked(Hypothesis(equation.text, plain.row, plain.constant, value))
    coef = estimate.coef
    at = dual(expression, np.where(np.isfinite(coef), coef, 0.0))
    involved = dual(expression, np.where(np.isfinite(coef), coef, np.nan))
    if np.isnan(involved.value) and not np.isnan(at.value):
        names = [str(n) for n in estimate.names[~np.isfinite(coef) & (at.gradient != 0)]]
        raise FitError(
            f"The hypothesis {equation.text!r} cannot be tested: {', '.join(names)} is aliased or infinite. "
            "A function that is not linear needs finite estimates.",
            columns=names,
        )
    if not (np.isfinite(at.value) and np.all(np.isfinite(at.gradient))):
        raise _undefined(equation.text)
    finite = np.where(at.gradient != 0, coef, 0.0)
    offset = at.value - float(at.gradient @ finite)
    return _checked(Hypothesis(equation.text, at.gradient, offset, value, linear=False))


def _checked(hypothesis: Hypothesis) -> Hypothesis:
    if not np.all(np.isfinite(hypothesis.gradient)) or not np.isfinite(hypothesis.offset):
        raise _undefined(hypothesis.text)
    if not np.any(hypothesis.gradient):
        raise FormulaError(
            f"The hypothesis {hypothesis.text!r} does not depend on the coefficients. Name one.",
            hypothesis=hypothesis.text,
        )
    return hypothesis


def _undefined(text: str) -> FitError:
    return FitError(
        f"The hypothesis {text!r} has no finite value at the estimates: a logarithm or root of a negative number, a "
        "division by zero, or an overflow. Write it in another form.",
        hypothesis=text,
    )


def _from_matrix(
    estimate: Estimate, given: object, value: Array | Sequence[float] | float
) -> list[Hypothesis]:
    names = estimate.names
    labels: Sequence[str] | None = None
    if isinstance(given, pd.DataFrame):
        rows, labels = _named_rows(given, names), [str(label) for label in given.index]
    else:
        rows = _plain_rows(given, len(names))
    values = _values(value, len(rows))
    if not np.all(np.any(rows != 0, axis=1)):
        raise DataError("A row of the hypothesis matrix is zero. Leave it out.", argument="hypothesis")
    texts = labels or [_row_text(row, names) for row in rows]
    named = zip(texts, rows, values, strict=True)
    return _not_too_many([Hypothesis(f"{t} = {as_text(v)}", row, 0.0, float(v)) for t, row, v in named])


def _named_rows(given: pd.DataFrame, names: pd.Index) -> Array:
    unknown = [str(column) for column in given.columns if column not in names]
    if unknown or not given.columns.is_unique:
        said = f"names {', '.join(unknown[:5])}" if unknown else "has a column twice"
        raise DataError(
            f"The hypothesis matrix {said}; the coefficients are {', '.join(map(str, names[:12]))}. "
            "Name its columns after them.",
            argument="hypothesis",
            columns=unknown,
        )
    return _plain_rows(given.reindex(columns=names, fill_value=0.0).to_numpy(), len(names))


def _plain_rows(given: object, p: int) -> Array:
    try:
        rows = np.atleast_2d(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError):
        rows = np.zeros((0, 0))
    if rows.ndim != 2 or rows.shape[1] != p or len(rows) == 0 or not np.all(np.isfinite(rows)):
        raise DataError(
            f"The hypothesis is neither text nor a matrix of finite numbers with {p} columns, one for each "
            'coefficient. Give text such as "a = b", the label of a term, or such a matrix.',
            argument="hypothesis",
        )
    return rows


def _values(value: Array | Sequence[float] | float, k: int) -> Array:
    try:
        values = np.asarray(value, dtype=np.float64)
        values = np.broadcast_to(values, (k,))
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if not np.all(np.isfinite(values)):
        raise DataError(
            f"value must be one finite number, or one for each of the {k} rows.", argument="value"
        )
    return values


def _row_text(row: Array, names: pd.Index) -> str:
    """Return a row as text, such as ``a - 2*b``."""
    pieces: list[str] = []
    for j in np.flatnonzero(row).tolist():
        size = abs(float(row[j]))
        scale = "" if size == 1.0 else f"{as_text(size)}*"
        sign = "-" if row[j] < 0 else "+"
        pieces += [sign, f"{scale}{names[j]}"]
    first = "-" if pieces[0] == "-" else ""
    return first + " ".join(itertools.islice(pieces, 1, None))


def _not_too_many(found: list[Hypothesis]) -> list[Hypothesis]:
    if len(found) > MOST:
        raise FitError(
            f"{len(found)} hypotheses are more than the {MOST} tested at once. Test fewer.",
            argument="hypothesis",
        )
    return found
