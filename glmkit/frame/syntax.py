"""The syntax tree of R's expressions: read from tokens by R's precedence, written as R deparses.

The tree is the only thing that is ever interpreted: no text reaches Python's own parser.
A function is called by its name and nothing else can be called; there are no attributes,
subscripts, assignments or definitions to express.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from glmkit.errors import FormulaError
from glmkit.frame.lexer import Token, formula_error, quote_name, quote_text, tokenize
from glmkit.frame.values import level_text

__all__ = [
    "Binary",
    "Call",
    "Constant",
    "Name",
    "Node",
    "Number",
    "Paren",
    "Sum",
    "Text",
    "Unary",
    "deparse",
    "names_in",
    "parse",
    "r_text",
    "rewrite",
    "strip",
]

MAX_DEPTH = 60  # nested brackets, signs and operators; keeps every walk far from Python's recursion limit


@dataclass(frozen=True, slots=True)
class Name:
    """A column, or a constant of the context."""

    name: str
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    value: str
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """TRUE, FALSE, NULL, NA, Inf or NaN, by R's name."""

    name: str
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a name, with positional (name None) and named arguments."""

    function: str
    arguments: tuple[tuple[str | None, Node], ...]
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Paren:
    """An expression in round brackets, kept because R's labels keep them."""

    inner: Node
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, ``+x`` or ``!x``."""

    operator: str
    operand: Node
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and an operator other than ``+`` and ``-``."""

    operator: str
    left: Node
    right: Node
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Sum:
    """``first`` followed by ``+`` or ``-`` operands: flat, for formulas have thousands of them."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    depth: int = field(default=0, compare=False)


Node: TypeAlias = Name | Number | Text | Constant | Call | Paren | Unary | Binary | Sum

# R's precedence, loosest first (R Language Definition, section 10.4.2); unary minus binds
# tighter than `:` and looser than `^`, unary `!` looser than the comparisons.
_LEVELS = {"~": 1, "|": 2, "&": 3, "<": 5, ">": 5, "<=": 5, ">=": 5, "==": 5, "!=": 5}
_LEVELS |= {"+": 6, "-": 6, "*": 7, "/": 7, "%%": 8, "%/%": 8, "%in%": 8, ":": 9, "^": 11, "**": 11}
_NOT, _COMPARISON, _SIGN, _POWER = 4, 5, 10, 11
_CONSTANTS = {name: name for name in ("TRUE", "FALSE", "NULL", "NA", "Inf", "NaN")}
_CONSTANTS |= {"True": "TRUE", "False": "FALSE", "None": "NULL", "np.nan": "NaN", "np.inf": "Inf"}
_TIGHT = frozenset(("^", "**", ":", "/", "%%", "%/%"))  # written without blanks
_CURES = {
    "<-": "It assigns in R: write `x < -2` with blanks to compare.",
    "&&": "Write `&` for row by row truth.",
    "||": "Write `|` for row by row truth.",
    "[": "Columns cannot be subscripted: make the column beforehand.",
    "=": "Write `==` to compare; `=` names an argument inside a call.",
    "~": "A formula has one `~`.",
}


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """Return the syntax tree of a formula or an expression.

    Raises
    ------
    FormulaError
        The text is not an expression of R's language, or is too long or too deep.

    Examples
    --------
    >>> deparse(parse("y~log(x,2)+I( x**2 )"))
    'y ~ log(x, 2) + I(x**2)'
    """
    reader = _Reader(text)
    node = reader.expression(0)
    reader.expect("end", "")
    return node


class _Reader:
    """A precedence-climbing parser over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.nesting = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def sees(self, operator: str) -> bool:
        return self.token.kind == "operator" and self.token.text == operator

    def expect(self, kind: str, text: str) -> None:
        token = self.token
        if token.kind != kind or token.text != text:
            raise self.surprise(token)
        self.at += 1

    def surprise(self, token: Token) -> FormulaError:
        if token.kind == "end":
            return formula_error(
                "The formula ends too early.", self.text, "Something is missing after its last character."
            )
        place = f"`{token.text}` at position {token.start + 1} is not expected there."
        cure = "An operator, such as `+`, is missing or there is one too many."
        return formula_error(
            place, self.text, _CURES.get(token.text, cure) if token.kind == "operator" else cure
        )

    def bounded(self, depth: int) -> int:
        """Return the depth, or raise when it is beyond the bound."""
        if depth > MAX_DEPTH:
            raise formula_error(
                f"The formula is nested deeper than {MAX_DEPTH} levels.", self.text, "Simplify it."
            )
        return depth

    def depth(self, *nodes: Node) -> int:
        """Return the depth of a node over these."""
        return self.bounded(1 + max(node.depth for node in nodes))

    def expression(self, lowest: int) -> Node:
        """Return the expression of operators that bind at least as tightly as ``lowest``."""
        self.nesting = self.bounded(self.nesting + 1)
        node = self.prefix()
        while self.token.kind == "operator":
            level = _LEVELS.get(self.token.text, -1)
            if level < max(lowest, 0):
                break
            node = self.additions(node) if level == _LEVELS["+"] else self.binary(node, level)
        self.nesting -= 1
        return node

    def binary(self, left: Node, level: int) -> Node:
        operator = self.take()
        if level == _POWER:  # associates to the right, and takes a signed exponent
            right = self.expression(_SIGN)
        else:
            right = self.expression(level + 1)
        if level in (_COMPARISON, _LEVELS["~"]) and _LEVELS.get(self.token.text, -1) == level:
            raise self.surprise(self.token)
        return Binary(operator.text, left, right, self.depth(left, right))

    def additions(self, first: Node) -> Node:
        rest: list[tuple[str, Node]] = []
        while self.sees("+") or self.sees("-"):
            sign = self.take().text
            rest.append((sign, self.expression(_LEVELS["+"] + 1)))
        return Sum(first, tuple(rest), self.depth(first, *(node for _, node in rest)))

    def prefix(self) -> Node:
        """Return a primary, with the signs before it."""
        token = self.take()
        if token.kind == "operator" and token.text in ("-", "+", "!", "~"):
            level = {"!": _NOT, "~": _LEVELS["~"] + 1}.get(token.text, _SIGN)
            operand = self.expression(level)
            return Unary(token.text, operand, self.depth(operand))
        if token.kind == "number":
            value = int(token.text, 16) if token.text[:2] in ("0x", "0X") else float(token.text)
            return Number(float(value))
        if token.kind == "string":
            return Text(token.text)
        if token.kind == "quoted":
            return Name(token.text)
        if token.kind == "name":
            return self.named(token)
        if token.kind == "operator" and token.text == "(":
            inner = self.expression(0)
            self.expect("operator", ")")
            return Paren(inner, self.depth(inner))
        if token.kind == "operator" and token.text == "[":
            return self.call("c", "]")
        raise self.surprise(token)

    def named(self, token: Token) -> Node:
        if self.sees("("):
            self.take()
            call = self.call(token.text, ")")
            return self.quoted(call) if token.text == "Q" else call
        if token.text in _CONSTANTS:
            return Constant(_CONSTANTS[token.text])
        return Name(token.text)

    def quoted(self, call: Call) -> Name:
        """Return the column that ``Q("name")`` means."""
        if len(call.arguments) != 1 or not isinstance(call.arguments[0][1], Text):
            raise formula_error("Q() takes one string, a column's name.", self.text, 'Write Q("the name").')
        return Name(call.arguments[0][1].value)

    def call(self, function: str, closer: str) -> Call:
        """Return the call whose opening bracket was just taken."""
        arguments: list[tuple[str | None, Node]] = []
        while not self.sees(closer):
            arguments.append(self.argument())
            if not self.sees(","):
                break
            self.take()
        self.expect("operator", closer)
        return Call(function, tuple(arguments), self.depth(Number(0.0), *(node for _, node in arguments)))

    def argument(self) -> tuple[str | None, Node]:
        following = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        named = (
            self.token.kind in ("name", "string") and following.kind == "operator" and following.text == "="
        )
        if not named:
            return None, self.expression(0)
        name = self.take().text
        self.take()
        return name, self.expression(0)


def strip(node: Node) -> Node:
    """Return the node inside any round brackets."""
    while isinstance(node, Paren):
        node = node.inner
    return node


def deparse(node: Node) -> str:
    """Return the expression as R writes it: the label of a factor.

    Examples
    --------
    >>> deparse(parse("cut(x,c(0,.5,1e5),right=F)"))
    'cut(x, c(0, 0.5, 1e+05), right = F)'
    """
    match node:
        case Name(name):
            return quote_name(name)
        case Number(value):
            return _number_text(value)
        case Text(value):
            return quote_text(value)
        case Constant(name):
            return name
        case Call(function, arguments):
            return f"{function}({', '.join(_argument_text(a) for a in arguments)})"
        case Paren(inner):
            return f"({deparse(inner)})"
        case Unary(operator, operand):
            return operator + deparse(operand)
        case Binary(operator, left, right):
            blank = "" if operator in _TIGHT else " "
            return f"{deparse(left)}{blank}{operator}{blank}{deparse(right)}"
        case Sum(first, rest):
            return deparse(first) + "".join(f" {sign} {deparse(part)}" for sign, part in rest)


def r_text(text: str) -> str:
    """Return an expression with R's only power operator: ``I(x**2)`` is ``I(x^2)`` there.

    Examples
    --------
    >>> r_text("I(x**2)")
    'I(x^2)'
    """
    return text if "**" not in text else deparse(rewrite(parse(text), _with_caret))


def _with_caret(node: Node) -> Node:
    return Binary("^", node.left, node.right) if isinstance(node, Binary) and node.operator == "**" else node


def rewrite(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the tree with ``change`` applied to every node, the innermost first."""
    match node:
        case Call(function, arguments):
            node = Call(function, tuple((name, rewrite(value, change)) for name, value in arguments))
        case Paren(inner):
            node = Paren(rewrite(inner, change))
        case Unary(operator, operand):
            node = Unary(operator, rewrite(operand, change))
        case Binary(operator, left, right):
            node = Binary(operator, rewrite(left, change), rewrite(right, change))
        case Sum(first, rest):
            node = Sum(rewrite(first, change), tuple((sign, rewrite(part, change)) for sign, part in rest))
    return change(node)


def _argument_text(argument: tuple[str | None, Node]) -> str:
    name, value = argument
    return deparse(value) if name is None else f"{quote_name(name)} = {deparse(value)}"


def _number_text(value: float) -> str:
    """Return a number to 15 digits, in R's choice of fixed or scientific: the shorter, fixed if even."""
    general = level_text(value)
    if "e" in general or value != value or value == 0.0 or abs(value) == float("inf"):
        return "Inf" if general == "inf" else general
    digits = format(value, ".14e").partition("e")
    mantissa = digits[0].rstrip("0").rstrip(".")
    exponent = int(digits[2])
    scientific = f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return scientific if len(scientific) < len(general) else general


def names_in(node: Node) -> Iterator[str]:
    """Yield the names of columns and constants in order of appearance, repeats included."""
    match node:
        case Name(name):
            yield name
        case Call(_, arguments):
            for _, value in arguments:
                yield from names_in(value)
        case Paren(inner) | Unary(_, inner):
            yield from names_in(inner)
        case Binary(_, left, right):
            yield from names_in(left)
            yield from names_in(right)
        case Sum(first, rest):
            yield from names_in(first)
            for _, part in rest:
                yield from names_in(part)
