"""All that is needed to code rows, the fit's or new ones, as the columns of one design."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from glmkit.design.parts import Block
from glmkit.errors import DesignError, FormulaError
from glmkit.frame.columns import Columns
from glmkit.frame.contrasts import contrast_spec
from glmkit.frame.encoding import Encoding, FactorEncoding, encoding_of, is_categorical
from glmkit.frame.formula import ParsedFormula
from glmkit.frame.names import INTERCEPT, CoefName, plain_name
from glmkit.frame.syntax import names_in, parse
from glmkit.frame.terms import CodedTerm, TermColumns, scoped_terms
from glmkit.frame.values import ContrastSpec, Factor, Logical, Value

__all__ = ["Coding", "Contrasts", "Variable", "code_terms", "formula_without", "variables_in"]

Contrasts = str | Mapping[str, Any] | None  # "r", or a scheme by column


class Variable(NamedTuple):
    """A column of the data that the right-hand side uses, as the fit saw it.

    Parameters
    ----------
    kind : {"number", "factor", "truth"}
    dtype : str
        The caller's dtype.
    levels : tuple or None
        Of a factor: all levels in the data, in order.
    ordered : bool
    """

    kind: str
    dtype: str
    levels: tuple[Hashable, ...] | None = None
    ordered: bool = False


@dataclass(frozen=True, eq=False)
class Coding:
    """How the right-hand side of a formula becomes columns.

    Parameters
    ----------
    formula : ParsedFormula
    terms : tuple of CodedTerm
        The intercept first if there is one.
    encodings : dict
        By a factor's text: what the rows used taught about it.
    variables : dict
        By name: the columns of the data the right-hand side uses.
    state : dict
        What ``poly``, ``scale`` and the like learned from all rows.
    context : dict
        Names from outside the data that the formula uses.
    """

    formula: ParsedFormula
    terms: tuple[CodedTerm, ...]
    encodings: Mapping[str, Encoding]
    variables: Mapping[str, Variable]
    state: Mapping[str, Any]
    context: Mapping[str, object]

    def blocks(self, values: Mapping[str, Value]) -> tuple[Block, ...]:
        """Return the blocks of all terms, in order, from the value of each factor."""
        made: dict[tuple[str, bool], Any] = {}

        def part(factor: str, reduced: bool) -> Any:
            if (factor, reduced) not in made:
                made[factor, reduced] = self.encodings[factor].part(values[factor], reduced=reduced)
            return made[factor, reduced]

        return tuple(
            Block(tuple(part(*scoped) for scoped in one)) for term in self.terms for one in term.products
        )

    @cached_property
    def names(self) -> tuple[CoefName, ...]:
        """The name of each column of the design."""
        return tuple(name for term in self.terms for name in self._term_names(term))

    @cached_property
    def columns(self) -> tuple[TermColumns, ...]:
        """Where each term stands in the design."""
        found, first = [], 0
        for term in self.terms:
            width = sum(1 for _ in self._term_names(term))
            used = tuple(
                dict.fromkeys(v for f in term.factors for v in variables_in(f) if v in self.variables)
            )
            found.append(TermColumns(term.label, used, len(term.factors), np.arange(first, first + width)))
            first += width
        return tuple(found)

    @property
    def factors(self) -> tuple[str, ...]:
        """The texts of the factors that the terms use, each once."""
        return tuple(dict.fromkeys(factor for term in self.terms for factor in term.factors))

    def without(self, label: str) -> Coding:
        """Return the coding without one term; the other terms keep their columns."""
        kept = tuple(term for term in self.terms if term.label != label)
        if len(kept) == len(self.terms):
            known = ", ".join(term.label for term in self.terms)
            raise FormulaError(f"The model has no term {label!r}; its terms are {known}.", term=label)
        formula = formula_without(self.formula, label)
        used = {name: v for name, v in self.variables.items() if name in formula.variables}
        return replace(self, formula=formula, terms=kept, variables=used)

    def _term_names(self, term: CodedTerm) -> Iterator[CoefName]:
        for one in term.products:
            if not one:
                yield INTERCEPT
                continue
            parts = [self.encodings[factor].names(reduced=reduced) for factor, reduced in one]
            for chosen in product(*reversed(parts)):  # the first factor varies fastest
                yield CoefName(term.label, chosen[::-1])


def formula_without(formula: ParsedFormula, label: str) -> ParsedFormula:
    """Return the formula without one term, and without the columns only that term uses."""
    terms = tuple(term for term in formula.terms if term.label != label)
    intercept = formula.intercept and label != "Intercept"
    less = replace(formula, terms=terms, intercept=intercept)
    response = () if formula.response is None else (formula.response,)
    texts = (*response, *(factor for term in terms for factor in term.factors), *formula.offsets)
    used = {name for text in texts for name in variables_in(text)}
    return replace(
        less,
        text=f"{formula.response or ''} ~ {less.right}".strip(),
        variables=tuple(name for name in formula.variables if name in used),
    )


def variables_in(expression: str) -> tuple[str, ...]:
    """Return the names an expression uses, each once.

    Examples
    --------
    >>> variables_in("log(x + `a b`)")
    ('x', 'a b')
    """
    return tuple(dict.fromkeys(names_in(parse(expression))))


def code_terms(
    formula: ParsedFormula, values: Mapping[str, Value], columns: Columns, contrasts: Contrasts
) -> tuple[tuple[CodedTerm, ...], dict[str, Encoding], dict[str, Variable]]:
    """Return the terms in products, the encoding of each factor, and the columns used.

    Parameters
    ----------
    formula : ParsedFormula
    values : dict
        Each factor's value over the rows used.
    columns : Columns
        All rows of the data.
    contrasts : str, dict or None
        What the caller asked for.
    """
    factors = dict.fromkeys(factor for term in formula.terms for factor in term.factors)
    chosen, as_r = _chosen_contrasts(contrasts, values, list(factors))
    encodings = {f: encoding_of(f, values[f], chosen, as_r=as_r) for f in factors}
    categorical = frozenset(f for f in factors if is_categorical(values[f]))
    terms = scoped_terms(tuple(term.factors for term in formula.terms), formula.intercept, categorical)
    used = dict.fromkeys(v for text in (*factors, *formula.offsets) for v in variables_in(text))
    return terms, encodings, {name: _variable(columns, name) for name in used if name in columns}


def check_names(names: tuple[CoefName, ...]) -> None:
    """Refuse two coefficients of one name, which no table could tell apart."""
    texts = [name.name for name in names]
    if len(set(texts)) == len(texts):
        return
    seen: set[str] = set()
    twice = next(text for text in texts if text in seen or seen.add(text))  # type: ignore[func-returns-value]
    raise DesignError(f"Two coefficients would be called {twice!r}. Rename a column or a level.", name=twice)


def _variable(columns: Columns, name: str) -> Variable:
    value = columns[name]
    if isinstance(value, Factor):
        return Variable("factor", columns.dtype(name), value.levels, value.ordered)
    return Variable("truth" if isinstance(value, Logical) else "number", columns.dtype(name))


def _chosen_contrasts(
    contrasts: Contrasts, values: Mapping[str, Value], factors: list[str]
) -> tuple[dict[str, ContrastSpec], bool]:
    """Return the schemes asked for by name, and whether R's defaults hold for the rest."""
    if contrasts is None or contrasts == "r":
        return {}, contrasts == "r"
    if isinstance(contrasts, str):
        every = [factor for factor in factors if is_categorical(values[factor])]
        return {factor: contrast_spec(contrasts, factor) for factor in every}, False
    if not isinstance(contrasts, Mapping):
        raise FormulaError(
            f'contrasts is of type {type(contrasts).__name__}. Give "r", one scheme for all factors, or a dict of'
            " schemes by column.",
            argument="contrasts",
        )
    known = {
        name for factor in factors for name in (factor, plain_name(factor)) if is_categorical(values[factor])
    }
    for name in contrasts:
        if name not in known:
            raise FormulaError(
                f"contrasts names {name!r}, which is not a factor of the formula. Its factors are"
                f" {', '.join(sorted(known)) or 'none'}.",
                name=name,
            )
    return {name: contrast_spec(given, name) for name, given in contrasts.items()}, False


def factor_encodings(encodings: Mapping[str, Encoding]) -> Iterator[FactorEncoding]:
    """Yield the encodings that have levels."""
    return (encoding for encoding in encodings.values() if isinstance(encoding, FactorEncoding))
