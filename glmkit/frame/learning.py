"""The calls of an expression that learn from all rows, such as ``poly(x, 2)``: the inner ones first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from glmkit.frame.syntax import Binary, Call, Node, Paren, Sum, Unary, parse
from glmkit.frame.vocabulary import STATEFUL, contrast_position

__all__ = ["calls_in", "stateful_calls"]


def stateful_calls(expression: str) -> Iterator[Call]:
    """Yield the calls that learn, those inside an argument before the call itself.

    Examples
    --------
    >>> [call.function for call in stateful_calls("poly(center(x), 2)")]
    ['center', 'poly']
    """
    return (call for call in calls_in(expression) if call.function in STATEFUL)


def calls_in(expression: str) -> Iterator[Call]:
    """Yield the calls of an expression, those inside an argument first."""
    return _calls_in(parse(expression))


def _calls_in(node: Node) -> Iterator[Call]:
    inner: tuple[Node, ...] = ()
    match node:
        case Call(_, arguments):
            contrast = contrast_position(node)
            inner = tuple(value for place, (_, value) in enumerate(arguments) if place != contrast)
        case Paren(one) | Unary(_, one):
            inner = (one,)
        case Binary(_, left, right):
            inner = (left, right)
        case Sum(first, rest):
            inner = (first, *(part for _, part in rest))
    yield from chain.from_iterable(_calls_in(one) for one in inner)
    if isinstance(node, Call):
        yield node
