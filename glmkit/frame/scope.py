"""Check the names of an expression against the columns, the context and the table of functions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from glmkit.errors import FormulaError
from glmkit.frame.lexer import formula_error, printable
from glmkit.frame.syntax import Binary, Call, Constant, Name, Node, Number, Paren, Sum, Text, Unary
from glmkit.frame.vocabulary import CONSTANTS, CONTRASTS, FUNCTIONS, contrast_position

__all__ = ["Scope"]

_LISTED = 12  # names listed in a message
_COMPARED = 2_000  # names compared for the nearest: keeps a misspelling in wide data instant


@dataclass(frozen=True)
class Scope:
    """The names that mean something in one formula; columns win over everything for a bare name."""

    text: str
    columns: Mapping[str, object]
    context: frozenset[str]

    def check(self, node: Node) -> None:
        """Raise FormulaError for the first name that means nothing."""
        for kind, name in references(node):
            if (
                kind == "name"
                and name not in self.columns
                and name not in self.context
                and name not in CONSTANTS
            ):
                raise self.unknown_name(name)
            if kind == "call" and name not in FUNCTIONS and name not in self.context:
                raise self.unknown_function(name)

    def used(self, nodes: Iterable[Node]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the columns that are used, and the names of the context that are."""
        variables: dict[str, None] = {}
        captured: dict[str, None] = {}
        for node in nodes:
            for kind, name in references(node):
                if kind == "name" and name in self.columns:
                    variables[name] = None
                elif name in self.context and not (kind == "call" and name in FUNCTIONS):
                    captured[name] = None
        return tuple(variables), tuple(captured)

    def unknown_name(self, name: str) -> FormulaError:
        """Return the error for a bare name that is no column."""
        if name == ".":
            cure = "It stands for all other columns, and only as a term of its own."
            return formula_error("`.` is inside a call or beside the `~`.", self.text, cure, name=name)
        if name in FUNCTIONS or name in CONTRASTS:
            cure = f"Call it: {printable(name)}(...)."
            return formula_error(
                f"`{printable(name)}` is a function, not a column.", self.text, cure, name=name
            )
        near = _nearest(name, [*self.columns, *self.context])
        what = f"`{printable(name)}` is not a column of the data."
        return formula_error(what, self.text, near + _listing("columns", self.columns), name=name)

    def unknown_function(self, name: str) -> FormulaError:
        """Return the error for a call of something that is no function."""
        if name in self.columns:
            what = f"`{printable(name)}` is a column, not a function."
            return formula_error(what, self.text, "Write an operator between it and the bracket.", name=name)
        if name == "offset":
            what = "`offset()` is inside another call."
            return formula_error(what, self.text, "Add it as a term: + offset(x).", name=name)
        near = _nearest(name, [*FUNCTIONS, *self.context])
        cure = f"{near}Register your own with gk.register(name, function), or pass context={{...}}."
        what = f"`{printable(name)}()` is not a function that a formula may use."
        return formula_error(what, self.text, cure, name=name)


def references(node: Node) -> Iterator[tuple[str, str]]:
    """Yield ``("name", x)`` for each bare name and ``("call", f)`` for each function, in order."""
    match node:
        case Name(name):
            yield "name", name
        case Call(function, arguments):
            yield "call", function
            contrast = contrast_position(node)
            for place, (_, value) in enumerate(arguments):
                inner = _arguments(value) if place == contrast else (value,)
                for part in inner:
                    yield from references(part)
        case Paren(inner) | Unary(_, inner):
            yield from references(inner)
        case Binary(_, left, right):
            yield from references(left)
            yield from references(right)
        case Sum(first, rest):
            yield from references(first)
            for _, part in rest:
                yield from references(part)
        case Number() | Text() | Constant():
            return


def _arguments(node: Node) -> tuple[Node, ...]:
    """Return what a contrast is called with: nothing for a bare name."""
    return tuple(value for _, value in node.arguments) if isinstance(node, Call) else ()


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean ...? `` or nothing."""
    candidates = [candidate for _, candidate in zip(range(_COMPARED), known, strict=False)]
    folded = [candidate for candidate in candidates if candidate.casefold() == name.casefold()]
    close = folded or difflib.get_close_matches(name[:100], candidates, n=1)
    return f"Did you mean `{printable(close[0])}`? " if close else ""


def _listing(what: str, names: Iterable[str]) -> str:
    """Return the first names, for a message."""
    known = list(names)
    shown = ", ".join(f"`{printable(name)}`" for name in known[:_LISTED])
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"The {what} are {shown}{more}." if known else f"The data have no {what}."
