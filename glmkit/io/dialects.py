"""How each kind of SQL writes names, texts, numbers and types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from glmkit.errors import FitError

__all__ = ["DIALECTS", "Dialect", "dialect_of"]


@dataclass(frozen=True)
class Dialect:
    """One kind of SQL.

    Parameters
    ----------
    name : str
    number, text : str
        The types of 64-bit floats and of text.
    quote, literal : function
        From a name to an identifier, from a text to a string.
    cast_literals : bool
        Whether a literal with an exponent is not a 64-bit float by itself.
    """

    name: str
    number: str
    text: str
    quote: Callable[[str], str]
    literal: Callable[[str], str]
    cast_literals: bool = False

    def float(self, value: float) -> str:
        """Return a finite number as a 64-bit float, exact to the bit."""
        digits = repr(value)
        digits = digits if "e" in digits else digits + "e0"
        # In brackets: two signs in a row would begin a comment.
        digits = f"({digits})" if digits.startswith("-") else digits
        return f"CAST({digits} AS {self.number})" if self.cast_literals else digits

    def as_number(self, sql: str) -> str:
        """Return a column as a 64-bit float: no integer division, no decimals."""
        return f"CAST({sql} AS {self.number})"

    def as_text(self, sql: str) -> str:
        """Return a column as text."""
        return f"CAST({sql} AS {self.text})"


def _checked(text: str) -> str:
    if "\x00" in text:
        raise FitError(f"{text!r} holds a null character, which SQL has no word for. Rename it.", name=text)
    return text


def _doubled_quotes(name: str) -> str:
    return '"' + _checked(name).replace('"', '""') + '"'


def _standard_literal(text: str) -> str:
    return "'" + _checked(text).replace("'", "''") + "'"


def _postgres_literal(text: str) -> str:
    # A backslash is a plain character or an escape, as the server is set; E'' is always an escape.
    plain = _standard_literal(text)
    return "E" + plain.replace("\\", "\\\\") if "\\" in text else plain


_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(text: str, quote: str) -> str:
    return "".join(_ESCAPES.get(c, "\\" + c if c == quote else c) for c in _checked(text))


def _bigquery_name(name: str) -> str:
    return f"`{_escaped(name, '`')}`"


def _bigquery_literal(text: str) -> str:
    return "'" + _escaped(text, "'") + "'"


DIALECTS: Final[Mapping[str, Dialect]] = {
    dialect.name: dialect
    for dialect in (
        Dialect("duckdb", "DOUBLE", "VARCHAR", _doubled_quotes, _standard_literal),
        Dialect(
            "postgres", "DOUBLE PRECISION", "TEXT", _doubled_quotes, _postgres_literal, cast_literals=True
        ),
        Dialect("sqlite", "REAL", "TEXT", _doubled_quotes, _standard_literal),
        Dialect("bigquery", "FLOAT64", "STRING", _bigquery_name, _bigquery_literal),
    )
}


def dialect_of(name: str) -> Dialect:
    """Return a dialect by name.

    Raises
    ------
    FitError
        There is no such dialect.
    """
    if not isinstance(name, str) or name.lower() not in DIALECTS:
        known = ", ".join(f'"{known}"' for known in DIALECTS)
        raise FitError(
            f"dialect={name!r} is not known. Choose one of: {known}.", argument="dialect", value=name
        )
    return DIALECTS[name.lower()]
