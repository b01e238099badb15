"""Read hypotheses from text: a closed grammar of numbers, coefficients and three functions.

    hypotheses = hypothesis {"," hypothesis}
    hypothesis = sum {"=" sum}
    sum        = product {("+" | "-") product}
    product    = sign {("*" | "/") sign}
    sign       = ["+" | "-"] sign | power
    power      = atom [("^" | "**") sign]
    atom       = number | coefficient | function "(" sum ")" | "(" sum ")"

Nothing is ever evaluated but this; what is too long or nested too deep is refused.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from glmkit.errors import FormulaError
from glmkit.inference.hypotheses.expressions import FUNCTIONS, Coefficient, Function, Node, Number, Operation
from glmkit.inference.hypotheses.names import NameFinder, Patterns, name_at

__all__ = ["Equation", "parse_hypotheses"]

MAX_LENGTH = 20_000  # characters
MAX_DEPTH = 40  # parentheses, signs and powers within each other

_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_OPERATOR = re.compile(r"\*\*|==|[-+*/^(),=]")
_FUNCTION = re.compile(rf"({'|'.join(FUNCTIONS)})\s*(?=\()")


class Equation(NamedTuple):
    """Two expressions said to be equal, and the text that says so."""

    text: str
    left: Node
    right: Node


class Token(NamedTuple):
    """A piece of text: its kind (number, coefficient, function, operator, end), value and place."""

    kind: str
    text: str
    value: float
    start: int


def parse_hypotheses(text: str, finder: NameFinder) -> list[Equation]:
    """Return the equations of a text such as ``"a = 0, b = 2*c"``.

    ``a = b = c`` is two equations; without ``=`` an expression is said to be 0.

    Raises
    ------
    FormulaError
        The text is not of this grammar, or names something that is not a coefficient.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"The hypothesis has {len(text)} characters; at most {MAX_LENGTH} are read. "
            "Give a list of hypotheses, or a matrix.",
            length=len(text),
        )
    return _Reader(text, _tokens(text, finder)).hypotheses()


def _tokens(text: str, finder: NameFinder) -> list[Token]:
    tokens: list[Token] = []
    patterns = finder.patterns(text)
    at = _skip(text, 0)
    while at < len(text):
        token, at = _next(text, at, finder, patterns)
        tokens.append(token)
        at = _skip(text, at)
    return [*tokens, Token("end", "", 0.0, len(text))]


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _next(text: str, at: int, finder: NameFinder, patterns: Patterns) -> tuple[Token, int]:
    if found := name_at(patterns, text, at):
        return Token("coefficient", text[at : found.end], found.position, at), found.end
    if number := _NUMBER.match(text, at):
        return Token("number", number.group(), float(number.group()), at), number.end()
    if function := _FUNCTION.match(text, at):
        return Token("function", function.group(1), 0.0, at), function.end()
    if operator := _OPERATOR.match(text, at):
        plain = {"**": "^", "==": "="}.get(operator.group(), operator.group())
        return Token("operator", plain, 0.0, at), operator.end()
    if text[at] in "<>!~":
        raise FormulaError(
            f"The hypothesis {text!r} has {text[at]!r} at character {at + 1}; a hypothesis is an equation. "
            "Write it with =.",
            hypothesis=text,
        )
    raise finder.unknown(text, at)


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text, self.tokens, self.at, self.depth = text, tokens, 0, 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def sees(self, *operators: str) -> bool:
        return self.token.kind == "operator" and self.token.text in operators

    def hypotheses(self) -> list[Equation]:
        equations = self.hypothesis()
        while self.sees(","):
            self.take()
            equations += self.hypothesis()
        if self.token.kind != "end":
            raise self.surprise()
        return equations

    def hypothesis(self) -> list[Equation]:
        sides, texts = [], []
        while True:
            begin = self.token.start
            sides.append(self.sum())
            texts.append(" ".join(self.text[begin : self.token.start].split()))
            if not self.sees("="):
                break
            self.take()
        if len(sides) == 1:
            sides, texts = [*sides, Number(0.0)], [*texts, "0"]
        pairs = zip(sides[:-1], sides[1:], texts[:-1], texts[1:], strict=True)
        return [Equation(f"{a} = {b}", left, right) for left, right, a, b in pairs]

    def sum(self) -> Node:
        node = self.product()
        while self.sees("+", "-"):
            node = Operation(self.take().text, node, self.product())
        return node

    def product(self) -> Node:
        node = self.sign()
        while self.sees("*", "/"):
            node = Operation(self.take().text, node, self.sign())
        return node

    def sign(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(
                f"The hypothesis nests more than {MAX_DEPTH} deep. Write it more simply.",
                hypothesis=self.text,
            )
        if self.sees("+", "-"):
            operator = self.take().text
            inner = self.sign()
            node = inner if operator == "+" else Operation("*", Number(-1.0), inner)
        else:
            node = self.power()
        self.depth -= 1
        return node

    def power(self) -> Node:
        node = self.atom()
        if self.sees("^"):
            self.take()
            return Operation("^", node, self.sign())
        return node

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            return Number(self.take().value)
        if token.kind == "coefficient":
            return Coefficient(int(self.take().value))
        if token.kind == "function":
            self.take()
            return Function(token.text, self.parenthesis())
        if self.sees("("):
            return self.parenthesis()
        raise self.surprise()

    def parenthesis(self) -> Node:
        self.take()
        node = self.sum()
        if not self.sees(")"):
            raise self.surprise()
        self.take()
        return node

    def surprise(self) -> FormulaError:
        token = self.token
        found = f"{token.text!r} at character {token.start + 1}" if token.kind != "end" else "an end"
        return FormulaError(
            f"The hypothesis {self.text!r} cannot be read: {found} where something else is needed. "
            'Write it as "a = 0, b = 2*c", with *, and with coefficients by their names.',
            hypothesis=self.text,
            position=token.start,
        )
