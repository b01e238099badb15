"""Evaluate a formula's expressions: an interpreter of the syntax tree over a closed table of functions.

What a formula can reach is what this module hands it: columns, the names of ``context``, and
`glmkit.frame.vocabulary`. Python's own parser and namespaces are never involved.
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import numpy as np

from glmkit._typing import BoolArray
from glmkit.errors import FormulaError, GlmkitError
from glmkit.frame.comparison import combine_truth, compare, invert_truth, member
from glmkit.frame.foreign import call_foreign, foreign_constant
from glmkit.frame.functions import arithmetic, bind_columns, combine, negate, sequence
from glmkit.frame.lexer import printable
from glmkit.frame.operands import (
    ContrastRequest,
    Operand,
    RefusalError,
    Stateful,
    numbers_of,
    whole_number,
)
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
    parse,
)
from glmkit.frame.values import ColumnSource, Factor, Logical, Matrix, Value, count_rows, missing_rows
from glmkit.frame.vocabulary import CONSTANTS, CONTRASTS, FUNCTIONS, contrast_position

__all__ = ["evaluate", "learn_call", "undefined_rows"]

_CONSTANTS: dict[str, Operand] = {
    "TRUE": True,
    "FALSE": False,
    "NULL": None,
    "NA": float("nan"),
    "NaN": float("nan"),
    "Inf": float("inf"),
}
_FAILURES = (ValueError, TypeError, ArithmeticError, MemoryError)
_COMPARISONS = frozenset(("<", ">", "<=", ">=", "==", "!="))


def evaluate(
    expression: str,
    columns: ColumnSource,
    *,
    context: Mapping[str, Any] | None = None,
    state: dict[str, Any] | None = None,
    learn: bool = True,
) -> Value:
    """Return what an expression is over the rows of the data.

    Parameters
    ----------
    expression : str
        As `parse_formula` or `parse_expression` normalised it.
    columns : ColumnSource
        The data, n rows.
    context : mapping, optional
        Functions and constants besides: see `glmkit.frame.registered.captured`.
    state : dict, optional
        What functions such as ``poly()`` learned, by the text of their call, as plain data
        (it survives JSON). What is there is used; what is not is learned and added.
    learn : bool
        False at prediction: what was not learned before is then an error.

    Returns
    -------
    Value
        Of n rows, missing where a variable is, and where the result is not a number (as for
        the logarithm of a negative value; see `undefined_rows`). Infinite values stay. A bare
        column is returned as it is, not copied.

    Raises
    ------
    FormulaError
        The operation does not admit its operands, or nothing was learned.
    NewLevelError
        ``unclass()`` meets a level that was not in the data it learned from.

    Examples
    --------
    >>> import numpy as np
    >>> from glmkit.frame.columns import read_data
    >>> old, new = read_data({"x": [1.0, 2.0, 6.0]}), read_data({"x": [3.0]})
    >>> state = {}
    >>> evaluate("center(x)", old, state=state)
    array([-2., -1.,  3.])
    >>> evaluate("center(x)", new, state=state, learn=False)
    array([0.])
    """
    node = parse(expression)
    if isinstance(node, Name) and node.name in columns:
        with suppress(*_FAILURES):  # it is said below what failed
            return columns[node.name]
    interpreter = _Interpreter(columns, context or {}, {} if state is None else state, learn)
    with _refusals_of(expression):
        return _column(interpreter.operand(node), columns.n_rows)


def learn_call(
    call: Call, columns: ColumnSource, *, context: Mapping[str, Any], state: dict[str, Any]
) -> None:
    """Add to the state what a call such as ``poly(x, 2)`` learns, without computing its columns.

    Parameters
    ----------
    call : Call
        Of a function that learns.
    columns : ColumnSource
        All rows of the columns its arguments use.
    context, state
        As in `evaluate`; the calls inside its arguments have been learned.
    """
    interpreter = _Interpreter(columns, context, state, False)
    function, key = FUNCTIONS[call.function], deparse(call)
    assert isinstance(function, Stateful)
    with _refusals_of(key):
        positional, named = interpreter.arguments(call)
        python_named = {_python_name(name): value for name, value in named.items()}
        bound = _bind(call.function, function.learn, positional, python_named)
        state[key] = function.learn(*bound.args, **bound.kwargs)


@contextmanager
def _refusals_of(expression: str) -> Iterator[None]:
    """Raise what an expression refuses as an error that names it."""
    try:
        # Not-a-number and infinity are results here: the caller names their rows, once.
        with np.errstate(all="ignore"):
            yield
    except RefusalError as refusal:
        message = f"{refusal.what} In `{printable(expression)}`. {refusal.cure}"
        raise refusal.error(message, expression=expression) from None
    except GlmkitError:
        raise
    except _FAILURES as error:
        message = f"`{printable(expression)}` cannot be computed: {error}. Check what it is given."
        raise FormulaError(message, expression=expression) from error


def undefined_rows(value: Value, variables: Iterable[str], columns: ColumnSource) -> BoolArray:
    """Return ``(n,)`` True where a value is missing although every variable it uses is there.

    Examples
    --------
    >>> from glmkit.frame.columns import read_data
    >>> data = read_data({"x": [1.0, -1.0, float("nan")]})
    >>> undefined_rows(evaluate("log(x)", data), ["x"], data)
    array([False,  True, False])
    """
    undefined = missing_rows(value)
    for variable in variables:
        undefined &= ~missing_rows(columns[variable])
    return undefined


def _column(operand: Operand, n_rows: int) -> Value:
    """Return the result as a value of n rows; a constant is repeated."""
    if isinstance(operand, bool):
        return Logical(np.full(n_rows, float(operand)))
    if isinstance(operand, (int, float)):
        return np.full(n_rows, float(operand))
    if not isinstance(operand, (np.ndarray, Logical, Factor, Matrix)):
        raise RefusalError("The result is not a column.", "Use numbers or a column of the data.")
    if count_rows(operand) != n_rows:
        what = f"The result has {count_rows(operand)} rows, and the data have {n_rows}."
        raise RefusalError(what, "Give one value for each row.")
    return operand


class _Interpreter:
    """One evaluation: the names in sight, and what is learned."""

    def __init__(
        self, columns: ColumnSource, context: Mapping[str, Any], state: dict[str, Any], learn: bool
    ) -> None:
        self.columns = columns
        self.context = context
        self.state = state
        self.learn = learn

    def operand(self, node: Node) -> Operand:
        """Return what a node is."""
        match node:
            case Name(name):
                return self.named(name)
            case Number(value) | Text(value):
                return value
            case Constant(name):
                return _CONSTANTS[name]
            case Paren(inner) | Unary("+", inner):
                return self.operand(inner)
            case Unary("-", inner):
                return negate(self.operand(inner))
            case Unary("!", inner):
                return invert_truth(self.operand(inner))
            case Binary(operator, left, right) if operator != "~":
                return _binary(operator, self.operand(left), self.operand(right))
            case Sum(first, rest):
                total = self.operand(first)
                for sign, part in rest:
                    total = arithmetic(sign, total, self.operand(part))
                return total
            case Call():
                return self.called(node)
        raise RefusalError("`~` is inside an expression.", "Use it once, between response and terms.")

    def named(self, name: str) -> Operand:
        """Return a column, else a name of the context, else a constant."""
        if name in self.columns:
            return self.columns[name]
        if name in self.context:
            return foreign_constant(name, self.context[name])
        if name in CONSTANTS:
            return CONSTANTS[name]
        raise RefusalError(f"`{printable(name)}` is not a column of the data.", "Add it to the data.")

    def called(self, call: Call) -> Operand:
        """Return the result of a function."""
        function = FUNCTIONS.get(call.function)
        if function is bind_columns or function is combine:  # their arguments' names are labels
            operands = [self.operand(value) for _, value in call.arguments]
            labels = tuple(name or deparse(value) for name, value in call.arguments)
            return combine(*operands) if function is combine else bind_columns(*operands, labels=labels)
        positional, named = self.arguments(call)
        if function is None:
            if call.function not in self.context:
                what = f"`{printable(call.function)}()` is not a function that a formula may use."
                raise RefusalError(what, "Register it with gk.register(name, function).")
            return call_foreign(call.function, self.context[call.function], positional, named)
        python_named = {_python_name(name): value for name, value in named.items()}
        if isinstance(function, Stateful):
            return self.remembered(call, function, positional, python_named)
        bound = _bind(call.function, function, positional, python_named)
        return function(*bound.args, **bound.kwargs)

    def arguments(self, call: Call) -> tuple[list[Operand], dict[str, Operand]]:
        """Return the evaluated arguments of a call."""
        contrast = contrast_position(call)
        positional: list[Operand] = []
        named: dict[str, Operand] = {}
        for place, (name, node) in enumerate(call.arguments):
            value = self.contrast(node) if place == contrast else self.operand(node)
            if place != contrast and call.function == "C" and isinstance(value, str) and value in CONTRASTS:
                value = ContrastRequest(CONTRASTS[value]) if _names_contrast(name, place) else value
            if name is None:
                positional.append(value)
            elif name in named:
                raise RefusalError(f"`{name}` is given twice.", "Give each argument once.")
            else:
                named[name] = value
        return positional, named

    def remembered(
        self, call: Call, function: Stateful, positional: list[Operand], named: dict[str, Operand]
    ) -> Operand:
        """Return a function of all rows, from what it learned."""
        bound = _bind(call.function, function.learn, positional, named)
        key = deparse(call)
        if key not in self.state:
            if not self.learn:
                raise RefusalError(f"`{printable(key)}` was not learned in the fit.", "Fit the model again.")
            self.state[key] = function.learn(*bound.args, **bound.kwargs)
        return function.apply(self.state[key], *bound.args)

    def contrast(self, node: Node) -> ContrastRequest:
        """Return the contrast that an argument of ``C()`` names, with its options."""
        if isinstance(node, Name):
            return ContrastRequest(CONTRASTS[node.name])
        assert isinstance(node, Call)
        values = [(name, self.operand(value)) for name, value in node.arguments]
        return _contrast_request(node.function, values)


def _names_contrast(name: str | None, place: int) -> bool:
    return name in ("contr", "contrast") or (name is None and place == 1)


def _contrast_request(spelled: str, values: list[tuple[str | None, Operand]]) -> ContrastRequest:
    """Return a contrast called with options: R counts levels from 1, patsy names them."""
    scheme, in_r = CONTRASTS[spelled], spelled.startswith("contr.")
    ref: Operand = None
    place: int | None = None
    scores: tuple[float, ...] | None = None
    for name, value in values:
        if name is None and in_r and not isinstance(value, str):
            continue  # R's first argument, the number of levels, which the data know
        if name == "scores" or (name is None and scheme == "poly"):
            scores = tuple(numbers_of(value, "scores"))
        elif name == "base" and in_r and not isinstance(value, str):
            place = whole_number(value, "base", 1, 10**6)
        elif name in (None, "ref", "base", "reference"):
            ref = value
        else:
            raise RefusalError(f"`{spelled}` takes no `{name}`.", "Give ref, base or scores.")
    if ref is not None and not isinstance(ref, (str, int, float)):
        raise RefusalError("The reference is not a level.", 'Write Treatment(ref="b").')
    return ContrastRequest(scheme, ref, place, scores)


def _binary(operator: str, left: Operand, right: Operand) -> Operand:
    """Return an operator other than ``+`` and ``-``."""
    if operator in _COMPARISONS:
        return compare(operator, left, right)
    if operator in ("&", "|"):
        return combine_truth(operator, left, right)
    if operator == "%in%":
        return member(left, right)
    if operator == ":":
        return sequence(left, right)
    return arithmetic(operator, left, right)


def _python_name(name: str) -> str:
    """Return an argument's name as Python spells it: ``include.lowest`` as ``include_lowest``."""
    spelled = name.replace(".", "_")
    return spelled + "_" if keyword.iskeyword(spelled) else spelled


@lru_cache(maxsize=256)
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def _bind(
    name: str, function: Callable[..., Any], positional: list[Operand], named: dict[str, Operand]
) -> inspect.BoundArguments:
    """Return the arguments in their places."""
    try:
        return _signature(function).bind(*positional, **named)
    except TypeError as error:
        known = ", ".join(p.rstrip("_") for p in _signature(function).parameters)
        raise RefusalError(f"{name}() has {error}.", f"Its arguments are {known}.") from None
