"""Expand a formula's operators into terms, as R does.

A term is a set of factors, kept as the bits of an integer; a bit's place is its factor's
place in the order of first appearance. A collection of terms is a dict without values: a
set that remembers order. In this notation, with ``|`` the union of factors,

    a + b      the terms of a, then those of b not yet there
    a : b      every x | y, x in a, y in b
    a * b      a + b + a:b
    a / b      a + b within all factors of a
    a %in% b   every x in a with all factors of b
    a ^ n      a crossed n times with itself
    a - b      the terms of a that are not in b

formulaic's operators agree on most of this, but not on the precedence of ``%in%``, on
``a - (b - a)`` or on the order of factors, and its power takes a**n steps; so formulaic
serves the tests as a second opinion instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from glmkit.frame.lexer import formula_error
from glmkit.frame.syntax import Binary, Constant, Name, Node, Number, Paren, Sum, Text, Unary, deparse, strip

__all__ = ["Expansion", "expand"]

Terms = dict[int, None]

MAX_TERMS = 5_000  # terms made by crossing; a design that wide is a mistake in the formula
MAX_STEPS = 400_000  # pairs of terms looked at while crossing: a tenth of a second
_CROSSINGS = frozenset((":", "*", "/", "%in%", "^", "**"))


@dataclass
class Expansion:
    """The factors met so far, by label, and what the constants said of the intercept."""

    text: str
    dot: Sequence[str]
    intercept: bool = True
    factors: dict[str, Node] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    steps: int = 0

    def factor(self, node: Node) -> Terms:
        """Return the single term of one factor."""
        label = deparse(node)
        if label not in self.places:
            self.places[label] = len(self.places)
            self.factors[label] = node
        return {1 << self.places[label]: None}

    def labels(self, term: int) -> tuple[str, ...]:
        """Return the labels of a term's factors in order of their first appearance."""
        if len(self.order) != len(self.places):
            self.order = list(self.places)
        found = []
        while term:
            lowest = term & -term
            found.append(self.order[lowest.bit_length() - 1])
            term ^= lowest
        return tuple(found)

    def count(self, steps: int, terms: int) -> None:
        """Hold the work and the result of crossing within bounds."""
        self.steps += steps
        if terms > MAX_TERMS or self.steps > MAX_STEPS:
            cure = "Cross fewer columns, or lower the power."
            raise formula_error(f"The formula crosses into more than {MAX_TERMS} terms.", self.text, cure)


def expand(node: Node, expansion: Expansion, positive: bool = True) -> Terms:
    """Return the terms of a formula's right-hand side, ordered as they were written.

    ``positive`` is False inside a subtraction, where 1 takes the intercept away and 0 gives it.
    """
    match node:
        case Paren(inner):
            return expand(inner, expansion, positive)
        case Sum(first, rest):
            return _sum(first, rest, expansion, positive)
        case Unary("-", operand):
            expand(operand, expansion, not positive)
            return {}
        case Unary("+", operand):
            return expand(operand, expansion, positive)
        case Binary(operator, left, right) if operator in _CROSSINGS:
            return _cross(operator, left, right, expansion, positive)
        case Number(value) if value in (0.0, 1.0):
            expansion.intercept = (value == 1.0) is positive
            return {}
        case Number() | Text() | Constant():
            cure = "Write I(...) around arithmetic; only 0 and 1 stand alone, for the intercept."
            raise formula_error(f"`{deparse(node)}` is not a term.", expansion.text, cure)
        case Name("."):
            terms = [expansion.factor(Name(column)) for column in expansion.dot]
            return {mask: None for term in terms for mask in term}
        case _:
            return expansion.factor(node)


def _sum(first: Node, rest: tuple[tuple[str, Node], ...], expansion: Expansion, positive: bool) -> Terms:
    """Return the terms of operands added and taken away, from left to right."""
    terms = dict(expand(first, expansion, positive))
    for sign, part in rest:
        if sign == "+":
            terms |= expand(part, expansion, positive)
            continue
        for term in expand(part, expansion, not positive):
            terms.pop(term, None)
    return terms


def _cross(operator: str, left: Node, right: Node, expansion: Expansion, positive: bool) -> Terms:
    """Return the terms of one crossing operator."""
    if operator in ("^", "**"):
        return _power(expand(left, expansion, positive), right, expansion)
    _refuse_constants(operator, left, right, expansion)
    outer, inner = expand(left, expansion, positive), expand(right, expansion, positive)
    match operator:
        case ":":
            return _products(outer, inner, expansion)
        case "*":
            return outer | inner | _products(outer, inner, expansion)
        case "/":
            return outer | _products({_union(outer): None}, inner, expansion)
        case _:
            return _products(outer, {_union(inner): None}, expansion)


def _products(outer: Terms, inner: Terms, expansion: Expansion) -> Terms:
    """Return every term of ``outer`` with every term of ``inner``."""
    made: Terms = {}
    for term in outer:
        for other in inner:
            made[term | other] = None
        expansion.count(len(inner), len(made))
    return made


def _union(terms: Terms) -> int:
    """Return the term of all factors of some terms."""
    factors = 0
    for term in terms:
        factors |= term
    return factors


def _power(base: Terms, exponent: Node, expansion: Expansion) -> Terms:
    """Return terms crossed with themselves; stops once a further crossing adds nothing."""
    number = strip(exponent)
    if not isinstance(number, Number) or number.value < 1 or number.value % 1:
        cure = "The power is a whole number of 1 or more; write I(x^2) for arithmetic."
        raise formula_error(f"`^{deparse(exponent)}` is not a power of terms.", expansion.text, cure)
    terms = base
    for _ in range(int(number.value) - 1):
        before = len(terms)
        terms = _products(terms, base, expansion)  # a term crossed with itself is itself: none is lost
        if len(terms) == before:
            break
    return terms


def _refuse_constants(operator: str, left: Node, right: Node, expansion: Expansion) -> None:
    """Raise for ``1:a``, whose term R lets vanish without a word."""
    for side in (left, right):
        if isinstance(strip(side), Number):
            cure = "Write I(...) around arithmetic, as in I(x / 10), or leave the number out."
            what = f"`{operator}` crosses terms, and `{deparse(side)}` is a number."
            raise formula_error(what, expansion.text, cure)
