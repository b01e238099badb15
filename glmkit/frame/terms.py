"""How the terms of a formula become columns: which factors are coded in full, which without one level.

The decision is formulaic's own (the algorithm of Smith's patsy, in the vector-space form): a factor is
coded in full exactly where the constant of its margin is not yet spanned. It depends only on the terms
and on which factors are categorical, so it is made once for each such pair and remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from glmkit._typing import IntArray

__all__ = ["CodedTerm", "ScopedFactor", "TermColumns", "scoped_terms"]


class ScopedFactor(NamedTuple):
    """A factor's text, and whether it is coded without one of its levels."""

    factor: str
    reduced: bool


Product: TypeAlias = tuple[ScopedFactor, ...]


class CodedTerm(NamedTuple):
    """A term and the products of coded factors that make its columns; () is the constant."""

    label: str
    factors: tuple[str, ...]
    products: tuple[Product, ...]


@dataclass(frozen=True, eq=False)
class TermColumns:
    """Where a term stands in the design.

    Parameters
    ----------
    label : str
        ``wool:tension``; ``Intercept`` for the constant, which comes first.
    variables : tuple of str
        The columns of the data it uses.
    order : int
        How many factors interact; 0 for the constant.
    columns : (k,) array of int
        Its positions in the full design.
    """

    label: str
    variables: tuple[str, ...]
    order: int
    columns: IntArray


@lru_cache(maxsize=256)
def scoped_terms(
    terms: tuple[tuple[str, ...], ...], intercept: bool, categorical: frozenset[str]
) -> tuple[CodedTerm, ...]:
    """Return the terms as products of factors in full or reduced coding, the intercept first.

    Parameters
    ----------
    terms : tuple of tuple of str
        The factors of each term.
    intercept : bool
    categorical : frozenset of str
        Those of the factors that are coded by level.

    Examples
    --------
    >>> for term in scoped_terms((("wool",), ("wool", "tension")), False, frozenset({"wool", "tension"})):
    ...     print(term.label, [[(f, "reduced" if r else "full") for f, r in p] for p in term.products])
    wool [[('wool', 'full')]]
    wool:tension [[('wool', 'full'), ('tension', 'reduced')]]
    """
    constant = [CodedTerm("Intercept", (), ((),))] if intercept else []
    if not categorical:
        plain = [CodedTerm(":".join(t), t, (tuple(ScopedFactor(f, False) for f in t),)) for t in terms]
        return (*constant, *plain)
    coded = [
        CodedTerm(":".join(term), term, products)
        for term, products in zip(terms, _formulaic_scopes(terms, intercept, categorical), strict=True)
    ]
    return (*constant, *coded)


def _formulaic_scopes(
    terms: Sequence[tuple[str, ...]], intercept: bool, categorical: frozenset[str]
) -> list[tuple[Product, ...]]:
    materializer, term_type = _scoper(frozenset(f for term in terms for f in term), categorical)
    given = [term_type([_factor(f) for f in term]) for term in terms]
    if intercept:
        given.insert(0, term_type([_factor("1", "literal")]))
    scoped = [
        tuple(tuple(ScopedFactor(s.factor.expr, bool(s.reduced)) for s in one.factors) for one in products)
        for _, products in materializer._get_scoped_terms(given)
    ]
    return scoped[1:] if intercept else scoped


def _scoper(factors: frozenset[str], categorical: frozenset[str]) -> tuple[Any, Any]:
    """Return a formulaic materializer that knows the kinds of the factors and holds no data."""
    from formulaic.materializers import PandasMaterializer  # on first use: 0.2 s at import otherwise
    from formulaic.materializers.types import EvaluatedFactor, FactorValues
    from formulaic.parser.types import Factor, Term

    def evaluated(text: str) -> Any:
        kind = Factor.Kind.CATEGORICAL if text in categorical else Factor.Kind.NUMERICAL
        values = FactorValues(0.0, kind=kind, spans_intercept=text in categorical)
        return EvaluatedFactor(factor=_factor(text), values=values)

    materializer = PandasMaterializer.__new__(PandasMaterializer)
    constant = EvaluatedFactor(factor=_factor("1", "literal"), values=FactorValues(1, kind="constant"))
    materializer.factor_cache = {"1": constant} | {text: evaluated(text) for text in factors}
    return materializer, Term


def _factor(text: str, method: str = "lookup") -> Any:
    from formulaic.parser.types import Factor

    return Factor(text, eval_method=method)
