r"""The fitted model as equations: distribution, link, linear predictor by term, dispersion.

Symbols as in McCullagh & Nelder (1989), chapter 2: mu the mean, phi the dispersion, and
``[wool = B]`` Iverson's bracket, 1 where the statement holds and 0 elsewhere (Knuth, 1992).

References
----------
Knuth, D. E. (1992). Two notes on notation. The American Mathematical Monthly 99, 403-422.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from numbers import Real

import numpy as np

from glmkit.errors import FitError
from glmkit.families.base import Family
from glmkit.frame.names import NamePart, plain_name
from glmkit.frame.syntax import Call, deparse, parse
from glmkit.inference.protocols import FittedModel
from glmkit.tables.equation import Equation, Line, Symbol
from glmkit.tables.escape import latex_math
from glmkit.tables.numbers import format_columns, format_value, latex_number, split_sign
from glmkit.tables.wording import join_names

__all__ = ["equation"]

FORMATS = ("text", "latex")
MOST_COLUMNS = 12
"""Columns of a term that are all written; of a longer one the first and the last."""

MU, PHI = Symbol("mu", r"\mu"), Symbol("phi", r"\phi")
EQUALS, FOLLOWS = Symbol("=", "="), Symbol("~", r"\sim")
TRIALS = Symbol("n", "n")
# Functions that only say that a column is coded by level.
CODERS = frozenset({"C", "factor", "ordered", "relevel"})
# The link function of the mean, for which @ stands.
LINKS: Mapping[str, tuple[str, str]] = {
    "identity": ("@", "@"),
    "log": ("log(@)", r"\log(@)"),
    "logit": ("logit(@)", r"\operatorname{logit}(@)"),
    "probit": ("probit(@)", r"\Phi^{-1}(@)"),
    "cauchit": ("cauchit(@)", r"\operatorname{cauchit}(@)"),
    "cloglog": ("log(-log(1 - @))", r"\log(-\log(1 - @))"),
    "loglog": ("-log(-log(@))", r"-\log(-\log(@))"),
    "inverse": ("1 / @", r"1 / @"),
    "1/mu^2": ("1 / @^2", r"1 / @^2"),
    "sqrt": ("sqrt(@)", r"\sqrt{@}"),
}


class _Words:
    """The names of variables, as the caller wants them."""

    def __init__(self, names: Mapping[str, str] | None) -> None:
        self.given = dict(names or {})
        self.used: set[str] = set()

    def symbol(self, text: str) -> Symbol:
        """Return a variable or an expression as a symbol."""
        plain = plain_name(text)
        known = [key for key in (text, plain) if key in self.given]
        self.used.update(known)
        word = self.given[known[0]] if known else plain
        return Symbol(word, latex_math(word))

    def check(self) -> None:
        """Refuse names that the equation has no place for."""
        unknown = [name for name in self.given if name not in self.used]
        if unknown:
            raise FitError(
                f"names= mentions {join_names(unknown)}, which the equation does not. Give variables and "
                "expressions as the formula writes them.",
                argument="names",
                unknown=unknown,
            )


def equation(
    model: FittedModel, numbers: bool = False, format: str = "text", names: Mapping[str, str] | None = None
) -> Equation:
    """Return the model as equations, with symbols or with the estimates."""
    if format not in FORMATS:
        raise FitError(
            f'format={format!r} is not known. Choose "text" or "latex".', argument="format", value=format
        )
    if names is not None and not isinstance(names, Mapping):
        raise FitError(
            f"names={names!r} is not a mapping. Give what to call each variable: names={{'wool': 'Wool type'}}.",
            argument="names",
        )
    words = _Words(names)
    lines = (
        *_distribution(model, words),
        _predictor(model, words, numbers),
        *(_parameters(model) if numbers else ()),
    )
    words.check()
    return Equation(lines, tuple(_notes(model)), format)


# ------------------------------------------------------------------------ the response


def _distribution(model: FittedModel, words: _Words) -> Iterator[Line]:
    """Yield what is said of the response: its distribution, and its variance where phi is estimated."""
    family, response = model.family, _response(model, words)
    if family.has_likelihood:
        title, inside = _title(model), [MU, *_shapes(family)]
        inside = [TRIALS, *inside] if _has_trials(model) else inside
        inside += [PHI] if family.dispersion is None else []
        name = Symbol(title, latex_math(title))
        yield Line(response, FOLLOWS, (_applied(name, *inside),))
    elif not _has_trials(model):
        yield Line(_applied(Symbol("E", r"\operatorname{E}"), response), EQUALS, (MU,))
    else:
        yield Line(_applied(Symbol("E", r"\operatorname{E}"), response), EQUALS, (Symbol("n mu", r"n \mu"),))
    if family.dispersion is None:
        variance = _applied(Symbol("Var", r"\operatorname{Var}"), response)
        yield Line(variance, EQUALS, (_variance(model),))


def _title(model: FittedModel) -> str:
    single = model.family.response_kind == "binomial" and not _has_trials(model)
    words = model.family.title.split()
    return "Bernoulli" if single else "".join(word[:1].upper() + word[1:] for word in words)


def _has_trials(model: FittedModel) -> bool:
    """Return whether rows count the successes of several trials."""
    if model.family.response_kind != "binomial":
        return False
    return model.frame.response.trials is not None or bool(np.any(model.fit.problem.prior > 1.0))


def _response(model: FittedModel, words: _Words) -> Symbol:
    response = model.frame.response
    if _has_trials(model):
        count = words.symbol(response.event or response.label)
        share = response.trials is None  # a proportion: n times it is the count
        return Symbol(f"n {count.text}", rf"n \, {count.latex}") if share else count
    statement = re.fullmatch(r"(.*)(?: = |: )(.*)", response.event or "")
    if statement is None:
        return words.symbol(response.label)
    return _bracket(words.symbol(response.label), statement.group(2).strip('"'))


def _shapes(family: Family) -> list[Symbol]:
    """Return the parameters of a family besides mean and dispersion."""
    return [_greek(name) for name in _shape_values(family)]


def _shape_values(family: Family) -> dict[str, float]:
    values = {
        field.name: getattr(family, field.name)
        for field in fields(family)
        if field.name not in ("link", "estimated")
    }
    return {name: float(value) for name, value in values.items() if isinstance(value, Real)}


def _greek(name: str) -> Symbol:
    if name == "power":  # as in the variance mu^p
        return Symbol("p", "p")
    return Symbol(name, rf"\{name}" if name in ("theta", "phi", "mu") else latex_math(name))


def _variance(model: FittedModel) -> Symbol:
    """Return phi V(mu), over w where rows have weights; times n for counts of trials."""
    text = model.family.variance_text
    text = "phi" if text == "1" else f"phi {text}"
    if _has_trials(model):
        text = f"n {text}"
    elif model.frame.arguments.weights is not None:
        text = f"{text} / w"
    return Symbol(text, re.sub(r"\b(mu|phi|theta)\b", r"\\\1", text))


def _applied(function: Symbol, *inside: Symbol) -> Symbol:
    texts, formulas = (", ".join(s.text for s in inside), ", ".join(s.latex for s in inside))
    return Symbol(f"{function.text}({texts})", f"{function.latex}({formulas})")


def _bracket(variable: Symbol, level: str) -> Symbol:
    return Symbol(f"[{variable.text} = {level}]", f"[{variable.latex} = {latex_math(level)}]")


# ----------------------------------------------------------------------- the predictor


def _predictor(model: FittedModel, words: _Words, numbers: bool) -> Line:
    pieces = [piece for term in _terms(model, words, numbers) for piece in term]
    pieces += [("+", symbol) for symbol in _offsets(model, words)]
    pieces = pieces or [("+", Symbol("0", "0"))]
    return Line(_linked(model), EQUALS, tuple(_joined(i, *piece) for i, piece in enumerate(pieces)))


def _linked(model: FittedModel) -> Symbol:
    name = model.family.link.name
    if name in LINKS:
        text, formula = LINKS[name]
    elif "mu" in name:  # powers, as mu^0.25
        text, formula = name.replace("mu", "@"), re.sub(r"mu\^(\S+)", r"@^{\1}", name)
    else:
        text, formula = f"{name}(@)", f"{latex_math(name)}(@)"
    return Symbol(text.replace("@", MU.text), formula.replace("@", MU.latex))


def _joined(position: int, sign: str, symbol: Symbol) -> Symbol:
    """Return a summand with its sign; the first shows only a minus."""
    if position == 0:
        return symbol if sign == "+" else Symbol(f"-{symbol.text}", f"-{symbol.latex}")
    return Symbol(f"{sign} {symbol.text}", f"{sign} {symbol.latex}")


def _terms(model: FittedModel, words: _Words, numbers: bool) -> Iterator[list[tuple[str, Symbol]]]:
    """Yield each term's summands: sign and symbol. Aliased columns have none."""
    coefficients = _estimates(model) if numbers else _symbols(model)
    aliased = set(model.estimate.dropped.tolist())
    for term in model.frame.terms:
        columns = [j for j in term.columns.tolist() if j not in aliased]
        pieces = [(coefficients[j][0], _product(j, model, coefficients[j][1], words)) for j in columns]
        if len(columns) > MOST_COLUMNS:
            pieces = [pieces[0], ("+", Symbol("...", r"\cdots")), pieces[-1]]
        yield pieces


def _symbols(model: FittedModel) -> list[tuple[str, Symbol]]:
    first = 0 if model.frame.intercept else 1
    place = np.zeros(len(model.estimate.names), dtype=int)
    place[model.estimate.kept] = first + np.arange(len(model.estimate.kept))
    return [("+", Symbol(f"b{j}", rf"\beta_{{{j}}}")) for j in place.tolist()]


def _estimates(model: FittedModel) -> list[tuple[str, Symbol]]:
    """Return each estimate as sign and number, with the digits of the coefficient table."""
    columns = [model.estimate.coef, model.estimate.std_error]
    cells = [split_sign(cell) for cell in format_columns(["estimate", "std_error"], columns)[0]]
    return [(sign, Symbol(cell, latex_number(cell))) for sign, cell in cells]


def _product(column: int, model: FittedModel, coefficient: Symbol, words: _Words) -> Symbol:
    name = model.frame.names[column]
    regressors = [_regressor(part, words) for part in name.parts]
    if not regressors:
        return coefficient
    text = " * ".join(regressor.text for regressor in regressors)
    formula = r" \cdot ".join(regressor.latex for regressor in regressors)
    return Symbol(f"{coefficient.text} {text}", rf"{coefficient.latex} \, {formula}")


def _regressor(part: NamePart, words: _Words) -> Symbol:
    """Return a column: the indicator of a level, a number, or a coded column under its own name."""
    if part.level is not None:
        variable = words.symbol(_coded(part.factor))
        holds = part.level == "True" and not plain_name(part.factor).isidentifier()
        return (
            Symbol(f"[{variable.text}]", f"[{variable.latex}]") if holds else _bracket(variable, part.level)
        )
    symbol, suffix = words.symbol(part.factor), part.name.removeprefix(plain_name(part.factor))
    word = symbol.text + suffix
    return Symbol(word, latex_math(word))


def _coded(factor: str) -> str:
    """Return the variable inside ``factor(x)`` and ``C(x, ...)``, any other text as it is."""
    node = parse(factor)
    return deparse(node.arguments[0][1]) if isinstance(node, Call) and node.function in CODERS else factor


def _offsets(model: FittedModel, words: _Words) -> Iterator[Symbol]:
    given = model.frame.arguments
    for text in model.frame.formula.offsets:
        yield words.symbol(text)
    if given.offset is not None:
        yield words.symbol(given.offset if isinstance(given.offset, str) else "offset")
    if given.exposure is not None:
        exposure = words.symbol(given.exposure if isinstance(given.exposure, str) else "exposure")
        yield _applied(Symbol("log", r"\log"), exposure)


# ---------------------------------------------------------------- parameters and notes


def _parameters(model: FittedModel) -> Iterator[Line]:
    """Yield the numbers of the parameters besides the coefficients."""
    for name, value in _shape_values(model.family).items():
        yield _valued(_greek(name), value)
    if model.family.dispersion is None:
        yield _valued(PHI, model.fit.dispersion)


def _valued(symbol: Symbol, value: float) -> Line:
    cell = format_value(value, "number")
    return Line(symbol, EQUALS, (Symbol(cell, latex_number(cell)),))


def _notes(model: FittedModel) -> Iterator[str]:
    names = model.frame.names
    used = [names[j] for j in model.estimate.kept.tolist()]
    if any(part.level is not None for name in used for part in name.parts):
        yield "[A] is 1 where A holds, and 0 elsewhere."
    if _has_trials(model):
        yield "n is the number of trials of a row."
    weighted = model.frame.arguments.weights is not None
    if model.family.dispersion is None and weighted and not _has_trials(model):
        yield "w is the prior weight of a row."
    dropped = [names[j].name for j in model.estimate.dropped.tolist()]
    if dropped:
        yield f"Left out as aliased: {join_names(dropped)}."
    if model.estimate.recession is not None:
        yield "Some estimates are infinite: the maximum of the likelihood is at infinity."
