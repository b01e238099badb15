"""The expressions of a formula as SQL. What SQL cannot say exactly is refused, never approximated.

NULL stands for missing, and goes through every expression: a logarithm of zero and a division by
zero are NULL too, and so is a level that is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final, NamedTuple

from glmkit.errors import FitError
from glmkit.frame.coding import Coding, Variable
from glmkit.frame.columns import Columns
from glmkit.frame.lexer import quote_name
from glmkit.frame.syntax import (
    Binary,
    Call,
    Constant,
    Name,
    Node,
    Number,
    Paren,
    Sum,
    Text,
    Unary,
    deparse,
    names_in,
    parse,
)
from glmkit.frame.vocabulary import CONSTANTS
from glmkit.io.dialects import Dialect

__all__ = ["SOFT_BREAK", "Expression", "Translator", "case_of_truth", "cases"]

SOFT_BREAK: Final = "\x00"
"""Where a line may end: a blank, or the end of a line that is too long. No name and no text holds it."""


class Expression(NamedTuple):
    """A piece of SQL and what it is: a number, truth, a text, or labelled text of a column."""

    sql: str
    kind: str  # "number", "truth", "text", "labels"
    numeric_labels: bool = False  # labels that are numbers


_FUNCTIONS: Final[Mapping[str, str]] = {
    "exp": "EXP({0})",
    "abs": "ABS({0})",
    "sign": "SIGN({0})",
    "floor": "FLOOR({0})",
    "ceiling": "CEIL({0})",
    "np.ceil": "CEIL({0})",
    "sin": "SIN({0})",
    "cos": "COS({0})",
    "tan": "TAN({0})",
    "atan": "ATAN({0})",
    "tanh": "TANH({0})",
    "sqrt": f"CASE WHEN {{0}} >= 0{SOFT_BREAK}THEN SQRT({{0}}) END",
    "log": f"CASE WHEN {{0}} > 0{SOFT_BREAK}THEN LN({{0}}) END",
    "np.square": "({0} * {0})",
    "plogis": "(1 / (1 + EXP(-{0})))",
    "I": "{0}",
    "as.numeric": "{0}",
}
_OPERATORS: Final[Mapping[str, str]] = {
    "*": "({0} * {1})",
    "/": "({0} / NULLIF({1}, 0))",
    "^": "POWER({0}, {1})",
    "**": "POWER({0}, {1})",
    "%%": "({0} - {1} * FLOOR({0} / NULLIF({1}, 0)))",
    "%/%": "FLOOR({0} / NULLIF({1}, 0))",
}
_COMPARISONS: Final[Mapping[str, str]] = {
    "<": "<", ">": ">", "<=": "<=", ">=": ">=", "==": "=", "!=": "<>",
}  # fmt: skip
_LOGARITHMS: Final[Mapping[str, float]] = {"log2": 2.0, "log10": 10.0}
NUMBER: Final = Variable("number", "")  # what an argument's column is taken for
_SAME_LABELS: Final = ("factor", "as.factor", "droplevels", "ordered", "as.ordered", "relevel", "C")
_ONE_NUMBER: Final = ("mean", "sd", "var", "median", "min", "max", "sum")
_MOST_DEGREES: Final = 10


@dataclass(frozen=True, eq=False)
class Translator:
    """The expressions of one formula in one dialect."""

    coding: Coding
    dialect: Dialect

    def columns(self, factor: str) -> list[str]:
        """Return the columns of a numeric factor of the formula."""
        node = _bare(parse(factor))
        if isinstance(node, Call) and node.function == "poly":
            return self._polynomials(node)
        if isinstance(node, Call) and node.function == "cbind":
            return [self.number(value) for _, value in node.arguments]
        return [self.number(node)]

    def with_columns(self, text: str, source: Columns) -> str:
        """Return an argument of the fit, a column or an expression over columns of the data, as a number."""
        text = quote_name(text) if text in source else text
        node = parse(text)
        unknown = {name: NUMBER for name in names_in(node) if name in source}
        coding = replace(self.coding, variables=unknown | dict(self.coding.variables))
        return replace(self, coding=coding).number(node)

    def number(self, node: Node) -> str:
        """Return an expression as a number."""
        found = self.expression(node)
        if found.kind == "truth":
            one, zero = self.dialect.float(1.0), self.dialect.float(0.0)
            return case_of_truth(found.sql, one, zero)
        if found.kind != "number":
            raise self._refused(node, "is no number")
        return found.sql

    def truth(self, node: Node) -> str:
        """Return an expression as a condition."""
        found = self.expression(node)
        if found.kind == "number":
            return f"({found.sql} <> 0)"
        if found.kind != "truth":
            raise self._refused(node, "is no condition")
        return found.sql

    def expression(self, node: Node) -> Expression:
        """Return an expression with its kind."""
        match node:
            case Name(name):
                return self._named(node, name)
            case Number(value):
                return Expression(self._float(value, node), "number")
            case Text(value):
                return Expression(self.dialect.literal(value), "text")
            case Constant("TRUE" | "FALSE" as name):
                return Expression(name, "truth")
            case Paren(inner) | Unary("+", inner):
                return self.expression(inner)
            case Unary("-", inner):
                return Expression(f"(-{self.number(inner)})", "number")
            case Unary("!", inner):
                return Expression(f"(NOT {self.truth(inner)})", "truth")
            case Sum(first, rest):
                terms = "".join(f" {sign} {self.number(part)}" for sign, part in rest)
                return Expression(f"({self.number(first)}{terms})", "number")
            case Binary(operator, left, right):
                return self._binary(node, operator, left, right)
            case Call():
                return self._called(node)
        raise self._refused(node, "has no word in SQL")

    # -- names and operators ---------------------------------------------------------------

    def _named(self, node: Node, name: str) -> Expression:
        variable = self.coding.variables.get(name)
        column = self.dialect.quote(name)
        if variable is None:
            value = self.coding.context.get(name, CONSTANTS.get(name))
            if isinstance(value, bool):
                return Expression("TRUE" if value else "FALSE", "truth")
            if not isinstance(value, (int, float)):
                raise self._refused(node, "is a value from outside the data")
            return Expression(self._float(float(value), node), "number")
        if variable.kind == "number":
            return Expression(self.dialect.as_number(column), "number")
        if variable.kind == "truth":
            return Expression(column, "truth")
        if all(isinstance(level, str) for level in variable.levels or ()):
            return Expression(self.dialect.as_text(column), "labels")
        if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in variable.levels or ()):
            return Expression(self.dialect.as_number(column), "labels", numeric_labels=True)
        raise self._refused(node, "has levels that are neither text nor numbers")

    def _binary(self, node: Node, operator: str, left: Node, right: Node) -> Expression:
        if operator in ("&", "|"):
            word = "AND" if operator == "&" else "OR"
            return Expression(f"({self.truth(left)} {word} {self.truth(right)})", "truth")
        if operator in _COMPARISONS:
            return Expression(self._compared(node, operator, left, right), "truth")
        if operator not in _OPERATORS:
            raise self._refused(node, f"uses `{operator}`, which has no word in SQL")
        return Expression(_OPERATORS[operator].format(self.number(left), self.number(right)), "number")

    def _compared(self, node: Node, operator: str, left: Node, right: Node) -> str:
        sides = [self.expression(left), self.expression(right)]
        kinds = {side.kind for side in sides}
        if kinds <= {"number", "truth"}:
            texts = [self.number(left), self.number(right)]
        elif (
            kinds == {"labels", "text"}
            and operator in ("==", "!=")
            and not any(s.numeric_labels for s in sides)
        ):
            texts = [side.sql for side in sides]
        else:
            raise self._refused(node, "compares what SQL would compare differently")
        return f"({texts[0]} {_COMPARISONS[operator]} {texts[1]})"

    # -- functions -------------------------------------------------------------------------

    def _called(self, call: Call) -> Expression:
        name = call.function
        values = [value for _, value in call.arguments]
        short = name.removeprefix("np.") if name not in _FUNCTIONS else name
        if name == "I" and len(values) == 1:
            return self.expression(values[0])
        if name in ("log", "np.log") and len(values) == 2:
            return Expression(self._logarithm(values[0], self.number(values[1])), "number")
        if short in _LOGARITHMS and len(values) == 1:
            return Expression(self._logarithm(values[0], self.dialect.float(_LOGARITHMS[short])), "number")
        if short in _FUNCTIONS and len(values) == 1:
            return Expression(_FUNCTIONS[short].format(self.number(values[0])), "number")
        if name in ("pmin", "pmax", "np.minimum", "np.maximum"):
            return Expression(self._extreme(values, "<=" if "min" in name else ">="), "number")
        if name in ("ifelse", "np.where") and len(values) == 3:
            condition, yes, no = values
            return Expression(
                case_of_truth(self.truth(condition), self.number(yes), self.number(no)), "number"
            )
        if name == "np.power" and len(values) == 2:
            return Expression(f"POWER({self.number(values[0])}, {self.number(values[1])})", "number")
        return self._learned(call, values)

    def _learned(self, call: Call, values: Sequence[Node]) -> Expression:
        name, state = call.function, self.coding.state.get(deparse(call))
        if state is None:
            raise self._refused(call, "has no word in SQL")
        if name in ("scale", "center"):
            moved = f"({self.number(values[0])} - {self._float(state['center'], call)})"
            return Expression(f"({moved} / {self._float(state['scale'], call)})", "number")
        if name in _ONE_NUMBER:
            return Expression(self._float(state["value"], call), "number")
        if name in _SAME_LABELS and "labels" not in state and not state["closed"]:
            inner = self.expression(values[0])
            if inner.kind == "number":
                return Expression(inner.sql, "labels", numeric_labels=True)
            return inner
        if name == "cut" and state["labels"] is not None:
            return Expression(self._intervals(values[0], state), "labels")
        raise self._refused(call, "has no word in SQL")

    def _logarithm(self, x: Node, base: str) -> str:
        return f"({_FUNCTIONS['log'].format(self.number(x))} / LN({base}))"

    def _extreme(self, values: Sequence[Node], sign: str) -> str:
        # LEAST and GREATEST leave NULL aside; CASE does not.
        found = self.number(values[0])
        for value in values[1:]:
            other = self.number(value)
            found = (
                f"CASE WHEN {found} {sign} {other} THEN {found} WHEN {other} {sign} {found} THEN {other} END"
            )
        return found

    def _intervals(self, x: Node, state: Mapping[str, Any]) -> str:
        """Return the label of the interval that a number falls into."""
        number, edges = self.number(x), state["breaks"]
        lines = []
        for place, label in enumerate(state["labels"]):
            low, high = edges[place], edges[place + 1]
            closed_low = not state["right"] or (state["lowest"] and place == 0)
            closed_high = state["right"] or (state["lowest"] and place == len(edges) - 2)
            sides = [
                f"{number} {'>=' if closed_low else '>'} {self.dialect.float(low)}"
                if low > -float("inf")
                else "",
                f"{number} {'<=' if closed_high else '<'} {self.dialect.float(high)}"
                if high < float("inf")
                else "",
            ]
            condition = " AND ".join(side for side in sides if side) or f"{number} IS NOT NULL"
            lines.append(f"WHEN {condition} THEN {self.dialect.literal(label)}")
        return f"CASE {' '.join(lines)} END"

    # -- polynomials -----------------------------------------------------------------------

    def _polynomials(self, call: Call) -> list[str]:
        state = self.coding.state.get(deparse(call))
        if state is None or state["columns"] != 1 or state["degree"] > _MOST_DEGREES:
            raise self._refused(call, "is a polynomial of several columns or of a high degree")
        x = self.number(next(value for name, value in call.arguments if name in (None, "x")))
        if state["raw"]:
            return ["(" + " * ".join([x] * k) + ")" for k in range(1, state["degree"] + 1)]
        recurrence = state["recurrences"][0]
        centre = recurrence["alpha"][0]
        moved = f"({x} - {self.dialect.float(centre)})"
        return [self._horner(moved, c) for c in _monomials(recurrence["alpha"], recurrence["norm2"], centre)]

    def _horner(self, x: str, coefficients: Sequence[float]) -> str:
        """Return a polynomial in x, its coefficients from degree 0 up."""
        found = self.dialect.float(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            found = f"({self.dialect.float(c)} + {x} * {found})"
        return found

    def _float(self, value: float, node: Node) -> str:
        if not abs(value) < float("inf"):
            raise self._refused(node, "is not a finite number")
        return self.dialect.float(float(value))

    def _refused(self, node: Node, why: str) -> FitError:
        return FitError(
            f"`{deparse(node)}` {why}, so the model cannot be written as SQL. Make that column in the table and use "
            "it in the formula.",
            expression=deparse(node),
        )


def cases(value: str, whens: Sequence[tuple[str, str]], pad: str | None = None) -> str:
    """Return the result of the first value that is equal; NULL where none is.

    In one line, or with a line for each value: `pad` is then the space before END.
    """
    head = f"CASE {value}" if value else "CASE"
    lines = [f"WHEN {when} THEN {then}" for when, then in whens]
    if pad is None:
        return " ".join([head, *lines, "END"])
    return "\n".join([head, *(f"{pad}  {line}" for line in lines), f"{pad}END"])


def case_of_truth(condition: str, yes: str, no: str, pad: str | None = None) -> str:
    """Return one of two results; NULL where the condition is."""
    return cases("", [(condition, yes), (f"NOT {condition}", no)], pad)


def _bare(node: Node) -> Node:
    while isinstance(node, Paren) or (
        isinstance(node, Call) and node.function == "I" and len(node.arguments) == 1
    ):
        node = node.inner if isinstance(node, Paren) else node.arguments[0][1]
    return node


Polynomial = list[Fraction]


def _monomials(alpha: Sequence[float], norm2: Sequence[float], centre: float) -> list[list[float]]:
    """Return orthonormal polynomials as sums of powers of x - centre, exact before one rounding.

    p_{k+1} = (x - alpha_k) p_k - norm2_{k+1} / norm2_k p_{k-1}, then over the root of norm2_{k+2}.
    """
    before: Polynomial = [Fraction(0)]
    current: Polynomial = [Fraction(1)]
    found = []
    for k, shift in enumerate(alpha):
        moved = Fraction(centre) - Fraction(shift)
        ratio = Fraction(norm2[k + 1]) / Fraction(norm2[k])
        after = _added(_added([Fraction(0), *current], current, moved), before, -ratio)
        before, current = current, after
        root = float(norm2[k + 2]) ** 0.5
        found.append([float(c) / root for c in current])
    return found


def _added(one: Polynomial, other: Polynomial, factor: Fraction) -> Polynomial:
    length = max(len(one), len(other))
    padded = [*one, *[Fraction(0)] * (length - len(one))]
    return [c + factor * (other[k] if k < len(other) else 0) for k, c in enumerate(padded)]
