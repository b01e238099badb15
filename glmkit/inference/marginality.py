"""Which terms may leave or enter a model without breaking marginality.

A term is marginal to another when all its factors are among the other's: `a` to `a:b`. A
model with `a:b` and without `a` depends on how `b` is coded, so that a test of `a` in the
presence of `a:b` has a meaning only for some codings.

References
----------
Nelder, J. A. (1977). A reformulation of linear models. J. R. Statist. Soc. A 140, 48-77.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from glmkit.frame.modelframe import ModelFrame

__all__ = ["TermSets", "addable", "containing", "droppable", "term_sets"]

TermSets = Mapping[str, frozenset[str]]
"""The factors of each term, by its label, in the order of the formula."""


def term_sets(frame: ModelFrame) -> dict[str, frozenset[str]]:
    """Return the factors of every term but the intercept.

    A ready design has no terms: each of its columns is one, but for a constant column,
    which is its intercept.
    """
    terms = {term.label: frozenset(term.factors) for term in frame.coding.terms if term.factors}
    if not frame.ready:
        return terms
    values = frame.design.dense()
    constant = (values == values[0]).all(axis=0) & (values[0] != 0.0)
    if constant.any():
        del terms[list(terms)[int(constant.argmax())]]
    return terms


def containing(label: str, terms: TermSets) -> tuple[str, ...]:
    """Return the terms that `label` is marginal to.

    Examples
    --------
    >>> terms = {"a": frozenset("a"), "b": frozenset("b"), "a:b": frozenset("ab")}
    >>> containing("a", terms), containing("a:b", terms)
    (('a:b',), ())
    """
    return tuple(other for other, factors in terms.items() if terms[label] < factors)


def droppable(terms: TermSets) -> tuple[str, ...]:
    """Return the terms that are marginal to no other."""
    return tuple(label for label in terms if not containing(label, terms))


def addable(candidates: TermSets, present: Iterable[str]) -> tuple[str, ...]:
    """Return the candidates that are not present and whose own margins among them are.

    Examples
    --------
    >>> terms = {"a": frozenset("a"), "b": frozenset("b"), "a:b": frozenset("ab")}
    >>> addable(terms, ["a"]), addable(terms, ["a", "b"])
    (('b',), ('a:b',))
    """
    inside = set(present)
    return tuple(
        label
        for label, factors in candidates.items()
        if label not in inside
        and all(other in inside for other, smaller in candidates.items() if smaller < factors)
    )
