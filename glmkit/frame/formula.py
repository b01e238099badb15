"""Read a formula of R's language: response, offsets and terms in R's order, every name checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from glmkit.errors import FormulaError
from glmkit.frame.expand import Expansion, expand
from glmkit.frame.lexer import formula_error, printable
from glmkit.frame.scope import Scope
from glmkit.frame.syntax import Binary, Call, Name, Node, Unary, deparse, names_in, parse, rewrite, strip

__all__ = [
    "ParsedExpression",
    "ParsedFormula",
    "TermSpec",
    "parse_expression",
    "parse_formula",
    "update_formula",
]


@dataclass(frozen=True)
class TermSpec:
    """One term: the normalised texts of its factors, in order of their first appearance."""

    factors: tuple[str, ...]

    @property
    def label(self) -> str:
        """The term as R labels it: ``wool:tension``."""
        return ":".join(self.factors)

    @property
    def order(self) -> int:
        """How many factors interact."""
        return len(self.factors)


@dataclass(frozen=True)
class ParsedExpression:
    """An expression of columns, normalised: what ``weights=``, ``offset=`` and ``subset=`` take as text."""

    text: str
    variables: tuple[str, ...]
    captured: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParsedFormula:
    """What a formula says, before any data is looked at.

    Parameters
    ----------
    text : str
        The formula as it was given.
    response : str or None
        The left-hand side, normalised; None for a one-sided formula.
    offsets : tuple of str
        What stands inside each ``offset()``.
    terms : tuple of TermSpec
        In R's order: by number of factors, otherwise as written.
    intercept : bool
        Whether there is an intercept.
    variables : tuple of str
        The columns mentioned anywhere, in order of appearance, also those of a term that was
        taken away: as in R, a row is complete only if these are all present.
    captured : tuple of str
        The names taken from the context (or registered) instead of from the columns.
    part2 : str or None
        The right-hand side after ``|``, written out.
    """

    text: str
    response: str | None
    offsets: tuple[str, ...]
    terms: tuple[TermSpec, ...]
    intercept: bool
    variables: tuple[str, ...]
    captured: tuple[str, ...] = ()
    part2: str | None = None

    @property
    def right(self) -> str:
        """The right-hand side written out, ``.`` and crossings expanded."""
        return _written(self.terms, self.offsets, self.intercept)


def parse_formula(text: str, columns: Iterable[str], context: Iterable[str] = ()) -> ParsedFormula:
    """Return the response, offsets and terms of a formula.

    Parameters
    ----------
    text : str
        The formula.
    columns : iterable of str
        The data's columns, in order; ``.`` means those not in the response.
    context : iterable of str
        Names of constants and functions allowed besides.

    Raises
    ------
    FormulaError
        The text is not a formula, is beyond the bounds on length, nesting and crossing, or
        names something that is neither a column nor allowed.

    Examples
    --------
    >>> parsed = parse_formula("breaks ~ wool * tension", ["breaks", "wool", "tension"])
    >>> [term.label for term in parsed.terms]
    ['wool', 'tension', 'wool:tension']
    """
    if not isinstance(text, str):
        raise FormulaError(
            f"A formula is text, not {type(text).__name__}. Write it as 'y ~ x'.", formula=text
        )
    return _parse_formula(text, tuple(columns), tuple(context))


def parse_expression(text: str, columns: Iterable[str], context: Iterable[str] = ()) -> ParsedExpression:
    """Return one expression over the columns, normalised and with its names checked.

    Raises
    ------
    FormulaError
        As for `parse_formula`.

    Examples
    --------
    >>> parse_expression("log( holders )", ["holders"]).text
    'log(holders)'
    """
    scope = Scope(text, dict.fromkeys(columns), frozenset(context))
    node = parse(text)
    scope.check(node)
    return ParsedExpression(deparse(node), *scope.used([node]))


def update_formula(old: ParsedFormula, change: str) -> str:
    """Return the text of a formula changed as R's ``update`` does: ``.`` is what was there.

    Raises
    ------
    FormulaError
        The change is not a formula, or is beyond the bounds. Its names are checked when the
        result is parsed.

    Examples
    --------
    >>> old = parse_formula("y ~ a * b", ["y", "a", "b", "c"])
    >>> update_formula(old, "log(.) ~ . - a:b + c")
    'log(y) ~ (a + b + a:b) - a:b + c'
    """
    node = parse(change)
    left, right, second = _sides(node, change, needs_response=False)
    response = old.response if left is None else deparse(_with_dot(left, old.response))
    sides = [deparse(_with_dot(right, f"({old.right})"))]
    if second is not None:
        sides.append(deparse(_with_dot(second, f"({old.part2})" if old.part2 else None)))
    elif old.part2 is not None:
        sides.append(old.part2)
    return f"{response or ''} ~ {' | '.join(sides)}".lstrip()


def _with_dot(node: Node, meaning: str | None) -> Node:
    """Return the tree with every ``.`` replaced by what it stands for, if that is anything."""
    if meaning is None or "." not in names_in(node):
        return node
    stands_for = parse(meaning)
    return rewrite(node, lambda part: stands_for if part == Name(".") else part)


@lru_cache(maxsize=256)
def _parse_formula(text: str, columns: tuple[str, ...], context: tuple[str, ...]) -> ParsedFormula:
    scope = Scope(text, dict.fromkeys(columns), frozenset(context))
    left, right, second = _sides(parse(text), text)
    inside = set() if left is None else set(names_in(left))
    dot = [column for column in columns if column not in inside]
    first = _part(right, Expansion(text, dot), scope)
    other = None if second is None else _part(second, Expansion(text, dot), scope)
    mentioned = [
        *([] if left is None else [left]),
        *first.mentioned,
        *([] if other is None else other.mentioned),
    ]
    response = None if left is None else deparse(left)
    if left is not None:
        scope.check(left)
    _check_response(response, first.terms, text)
    return ParsedFormula(
        text,
        response,
        first.offsets,
        first.terms,
        first.intercept,
        *scope.used(mentioned),
        None if other is None else _written(other.terms, other.offsets, other.intercept),
    )


class _Part(NamedTuple):
    """What one right-hand side says, and the factors it mentions."""

    terms: tuple[TermSpec, ...]
    offsets: tuple[str, ...]
    intercept: bool
    mentioned: list[Node]


def _part(node: Node, expansion: Expansion, scope: Scope) -> _Part:
    """Return one right-hand side, its names checked."""
    masks = sorted(expand(node, expansion), key=int.bit_count)
    mentioned = [_inside_offset(factor, expansion.text) for factor in expansion.factors.values()]
    for factor in mentioned:
        scope.check(factor)
    return _Part(*_terms(masks, expansion), expansion.intercept, mentioned)


def _written(terms: tuple[TermSpec, ...], offsets: tuple[str, ...], intercept: bool) -> str:
    """Return a right-hand side written out."""
    parts = [*([] if intercept else ["0"]), *(term.label for term in terms)]
    parts += [f"offset({offset})" for offset in offsets]
    return " + ".join(parts) or "1"


def _sides(node: Node, text: str, needs_response: bool = True) -> tuple[Node | None, Node, Node | None]:
    """Return the response, the terms, and what follows ``|``."""
    match node:
        case Binary("~", left, right):
            response: Node | None = strip(left)
        case Unary("~", right):
            response = None
        case _:
            raise formula_error("There is no `~`.", text, "Write the response, `~` and the terms: y ~ x.")
    if needs_response and response is not None and not any(names_in(response)):
        raise formula_error("The response names no column.", text, "Write it before the `~`: y ~ x.")
    if not (isinstance(right, Binary) and right.operator == "|"):
        return response, right, None
    if isinstance(right.left, Binary) and right.left.operator == "|":
        raise formula_error("There are more than two parts.", text, "Use one `|` at most.")
    return response, right.left, right.right


def _terms(masks: list[int], expansion: Expansion) -> tuple[tuple[TermSpec, ...], tuple[str, ...]]:
    """Return the terms, and what stands inside the offsets among them."""
    offset_bits = 0
    for label, node in expansion.factors.items():
        if _is_offset(node):
            offset_bits |= 1 << expansion.places[label]
    terms, offsets = [], []
    for mask in masks:
        labels = expansion.labels(mask)
        if not mask & offset_bits:
            terms.append(TermSpec(labels))
            continue
        if len(labels) > 1:
            cure = "Add the offset as a term of its own: + offset(...)."
            raise formula_error(f"`{':'.join(labels)}` crosses an offset.", expansion.text, cure)
        offsets.append(deparse(_inside_offset(expansion.factors[labels[0]], expansion.text)))
    return tuple(terms), tuple(offsets)


def _is_offset(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "offset"


def _inside_offset(node: Node, text: str) -> Node:
    """Return the argument of ``offset()``, any other node as it is."""
    if not (isinstance(node, Call) and node.function == "offset"):
        return node
    if len(node.arguments) != 1:
        raise formula_error("offset() takes one argument.", text, "Add several: + offset(a) + offset(b).")
    return node.arguments[0][1]


def _check_response(response: str | None, terms: tuple[TermSpec, ...], text: str) -> None:
    """Raise when a term contains the response itself; R drops such a term when it codes the design."""
    for term in terms:
        if response is not None and response in term.factors:
            what = f"The response `{printable(response)}` is also on the right-hand side."
            raise formula_error(what, text, "Take it out of the terms.", name=response)
