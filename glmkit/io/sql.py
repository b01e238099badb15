"""A prediction as one SQL expression.

The linear predictor is a sum over the products of the formula: numbers times a CASE over the
levels, which holds the coefficients themselves. A level that is not known, and anything missing,
is NULL. Summands and levels have a line each; texts and names are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from itertools import product
from typing import Final, NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.families.link import Link
from glmkit.families.links import (
    Cauchit,
    CLogLog,
    Identity,
    Inverse,
    InverseSquare,
    Log,
    Logit,
    LogLog,
    Power,
    Sqrt,
)
from glmkit.frame.encoding import FactorEncoding
from glmkit.frame.syntax import parse
from glmkit.inference.protocols import FittedModel
from glmkit.io.dialects import Dialect, dialect_of
from glmkit.io.expressions import SOFT_BREAK, Translator, case_of_truth, cases

__all__ = ["prediction_sql"]

TYPES = ("response", "link")
INDENT = "  "
LINE_LENGTH = 80
"""Characters of a line; longer ones are broken where they may be."""


def prediction_sql(model: FittedModel, dialect: str, table: str | None, kind: str) -> str:
    """Return the prediction of a model as an expression, or as a query over a table."""
    if kind not in TYPES:
        raise FitError(f'type={kind!r} is not known. Choose one of: "response", "link".', argument="type")
    chosen = dialect_of(dialect)
    _check(model)
    translator = Translator(model.frame.coding, chosen)
    outer = "" if table is None else INDENT
    inner = outer if kind == "link" else outer + INDENT
    pad = inner + INDENT
    summands = [*_terms(model, translator, pad), *_offsets(model, translator)]
    eta = f"\n{inner}+ ".join(_broken(summand, pad) for summand in summands)
    if kind == "response":
        whole = f"(\n{inner}{INDENT}{eta}\n{outer})" if "\n" in eta else f"({eta})"
        eta = _inverse(model.family.link, whole, chosen)
    if table is None:
        return eta
    name = ".".join(chosen.quote(part) for part in table.split("."))
    return f"SELECT *,\n{outer}{eta} AS {chosen.quote('prediction')}\nFROM {name}"


def _broken(summand: str, pad: str) -> str:
    """Return a summand that stands `pad` from the left, its long lines broken where they may be."""
    whole = []
    for line in (pad + summand).split("\n"):
        text = line.lstrip(" ")
        turn = "\n" + line[: len(line) - len(text)] + 2 * INDENT
        whole.append(line.replace(SOFT_BREAK, " " if len(line) <= LINE_LENGTH else turn))
    return "\n".join(whole)[len(pad) :]


def _check(model: FittedModel) -> None:
    """Refuse estimates that one expression cannot hold."""
    names = model.estimate.names
    coef = model.estimate.coef
    infinite = [str(name) for name in names[np.isinf(coef)]]
    if model.estimate.recession is not None:
        raise FitError(
            f"The coefficients {', '.join(infinite[:5]) or 'of this fit'} are infinite, which SQL cannot compute with. "
            "Merge or drop the levels concerned and fit again.",
            columns=infinite,
        )
    if len(model.estimate.dropped):
        aliased = [str(name) for name in names[model.estimate.dropped]]
        raise FitError(
            f"The coefficients {', '.join(aliased[:5])} are aliased: predictions exist for some rows only, and SQL "
            "could not tell which. Fit without the redundant terms.",
            columns=aliased,
        )


# ----------------------------------------------------------------------------- the linear predictor


def _terms(model: FittedModel, translator: Translator, pad: str) -> list[str]:
    """Return the summands of the linear predictor, one for each product of the formula.

    They are written `pad` from the left.
    """
    estimate, dialect = model.estimate, translator.dialect
    gamma, shift, first = estimate.gamma, estimate.single_centring.shift, 0
    summands, constant = [], 0.0
    for term in model.frame.coding.terms:
        for one in term.products:
            parts = [_part(translator, factor, reduced) for factor, reduced in one]
            width = int(np.prod([part.width for part in parts]))
            columns = slice(first, first + width)
            first += width
            if any(part.matrix is not None for part in parts):
                summands += _coded(parts, gamma[columns], dialect, pad)
                constant -= float(gamma[columns] @ shift[columns])
            else:
                summands += _numeric(parts, gamma[columns], shift[columns], dialect)
    return summands if constant == 0.0 and summands else [*summands, dialect.float(constant)]


class _Part(NamedTuple):
    """A factor of a product: numeric columns, or levels with their coding matrix."""

    columns: list[str]
    matrix: Array | None = None
    choose: Callable[[list[str], str], str] = lambda values, pad: ""

    @property
    def width(self) -> int:
        return len(self.columns) if self.matrix is None else self.matrix.shape[1]


def _part(translator: Translator, factor: str, reduced: bool) -> _Part:
    encoding = translator.coding.encodings[factor]
    if not isinstance(encoding, FactorEncoding):
        return _Part(translator.columns(factor))
    matrix = encoding.coding(reduced=reduced).matrix
    node = parse(factor)
    if encoding.logical:
        condition = translator.truth(node)
        return _Part([], matrix, lambda values, pad: _of_truth(encoding.levels, condition, values, pad))
    labels = translator.expression(node)
    if labels.kind == "truth":
        return _Part([], matrix, lambda values, pad: _of_truth(encoding.levels, labels.sql, values, pad))
    whens = [_level(level, labels.numeric_labels, translator.dialect) for level in encoding.levels]
    return _Part(
        [], matrix, lambda values, pad: cases(labels.sql, list(zip(whens, values, strict=True)), pad)
    )


def _of_truth(levels: tuple[Hashable, ...], condition: str, values: list[str], pad: str) -> str:
    chosen = dict(zip(levels, values, strict=True))
    return case_of_truth(condition, chosen.get(True, "NULL"), chosen.get(False, "NULL"), pad)


def _level(level: Hashable, numeric: bool, dialect: Dialect) -> str:
    if numeric and isinstance(level, (int, float)):
        return dialect.float(float(level))
    if not numeric and isinstance(level, str):
        return dialect.literal(level)
    raise FitError(
        f"The level {level!r} is neither text nor a number, so the model cannot be written as SQL.",
        level=level,
    )


def _numeric(parts: list[_Part], coef: Array, shift: Array, dialect: Dialect) -> list[str]:
    """Return the summands of a block of numbers, each column less what centring took off.

    The first factor is the fastest; a date keeps its digits only when it is centred first.
    """
    found = []
    for chosen, b, s in zip(product(*(part.columns for part in parts[::-1])), coef, shift, strict=True):
        column = " * ".join(chosen[::-1])
        column = f"({column} - {dialect.float(float(s))})" if s else column
        found.append(" * ".join([dialect.float(float(b)), *([column] if column else [])]))
    return found


def _coded(parts: list[_Part], coef: Array, dialect: Dialect, pad: str) -> list[str]:
    """Return, for each product of numeric columns, a CASE over the levels that holds the coefficients."""
    table = coef.reshape([part.width for part in parts][::-1]).T
    numeric = [k for k, part in enumerate(parts) if part.matrix is None]
    coded = [part for part in parts if part.matrix is not None]
    found = []
    for chosen in product(*(range(parts[k].width) for k in numeric)):
        place: list[int | slice] = [slice(None)] * len(parts)
        for k, column in zip(numeric, chosen, strict=True):
            place[k] = column
        numbers = [parts[k].columns[j] for k, j in zip(numeric, chosen, strict=True)]
        found.append(" * ".join([_nested(coded, table[tuple(place)], dialect, pad), *numbers]))
    return found


def _nested(parts: list[_Part], coef: Array, dialect: Dialect, pad: str) -> str:
    """Return the coefficient of each combination of levels, as nested CASEs, (w1, w2, ...) of them."""
    if not parts:
        return dialect.float(float(coef))
    matrix = parts[0].matrix
    assert matrix is not None
    by_level = np.tensordot(matrix, coef, axes=(1, 0))
    return parts[0].choose([_nested(parts[1:], row, dialect, pad + 2 * INDENT) for row in by_level], pad)


def _offsets(model: FittedModel, translator: Translator) -> list[str]:
    """Return the offsets of the formula and of the arguments."""
    arguments = model.frame.arguments
    found = [translator.number(parse(text)) for text in model.frame.formula.offsets]
    for name in ("offset", "exposure"):
        given = getattr(arguments, name)
        if given is None:
            continue
        if not isinstance(given, str):
            raise FitError(
                f"The model was fitted with an {name} given as values, which a table does not have. "
                f"Fit with {name}= a column's name.",
                argument=name,
            )
        number = translator.with_columns(given, model.frame.source)
        found.append(
            number if name == "offset" else f"CASE WHEN {number} > 0{SOFT_BREAK}THEN LN({number}) END"
        )
    return found


# ----------------------------------------------------------------------------- the mean

_HALF_HAZARD = "TANH(EXP({0}) / 2)"
_INVERSES: Final[Mapping[type[Link], str]] = {
    Identity: "{0}",
    Log: "EXP({0})",
    Logit: "(1 / (1 + EXP(-{0})))",
    Inverse: "(1 / NULLIF({0}, 0))",
    InverseSquare: "CASE WHEN {0} > 0 THEN 1 / SQRT({0}) END",
    Sqrt: "({0} * {0})",
    Cauchit: "(ATAN2(1, -{0}) / {pi})",
    # 1 - exp(-h) = 2 t / (1 + t) with t = tanh(h / 2), exact for small h
    CLogLog: f"(2 * {_HALF_HAZARD} / (1 + {_HALF_HAZARD}))",
    LogLog: "EXP(-EXP(-{0}))",
}


def _inverse(link: Link, eta: str, dialect: Dialect) -> str:
    if isinstance(link, Power):
        return f"CASE WHEN {eta} >= 0 THEN POWER({eta}, {dialect.float(1.0 / link.p)}) END"
    if type(link) not in _INVERSES:
        raise FitError(
            f'The inverse of the {link.name} link has no word in SQL. Ask for type="link", and transform its result.',
            link=link.name,
        )
    return _INVERSES[type(link)].format(eta, pi=dialect.float(float(np.pi)))
