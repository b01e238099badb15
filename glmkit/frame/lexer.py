"""Cut the text of a formula into tokens by R's lexical rules, under bounds."""

from __future__ import annotations

import re
from typing import NamedTuple

from glmkit.errors import FormulaError

__all__ = ["Token", "formula_error", "printable", "quote_name", "quote_text", "tokenize"]

MAX_LENGTH = 20_000  # characters; some 3000 terms, and short enough that every pass is instant
MAX_SHOWN = 100  # characters of a formula repeated in a message
MAX_STRING = 1_000  # characters of one string or name

_PATTERN = re.compile(
    r"""(?P<space>[ \t\r\n\f]+)
  | (?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)L?
  | (?P<name>(?:[^\W\d]|\.(?![0-9]))[\w.]*)
  | `(?P<quoted>[^`]*)`
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<operator>%%|%/%|%in%|\*\*|<-|<=|>=|==|!=|&&|\|\||[-+*/^:~|&!<>(),=\[\]])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_SYNTACTIC = re.compile(r"(?:[^\W\d_]|\.(?![0-9]))[\w.]*|\.", re.UNICODE)
# Words that R itself reads as something else, so that a column of that name is shown in backticks.
_RESERVED = frozenset({"if", "else", "repeat", "while", "function", "for", "next", "break"})
_RESERVED |= {"TRUE", "FALSE", "NULL", "Inf", "NaN", "NA", "True", "False", "None"}
_REFUSED = {
    "#": "Comments are not part of a formula: leave it out.",
    "$": "Name the column alone, without its table.",
    "@": "Name the column alone.",
    "{": "Braces mean nothing here: leave them out, or quote a column with backticks.",
    "}": "Braces mean nothing here: leave them out, or quote a column with backticks.",
    "`": "A backtick is never closed: write `a name` between two of them.",
    '"': "A string is never closed: end it with the quote it began with.",
    "'": "A string is never closed: end it with the quote it began with.",
    "%": "The operators between percent signs are %in%, %% and %/%.",
    ";": "A formula is one expression: leave the semicolon out.",
    "?": "Leave it out.",
}


class Token(NamedTuple):
    """One token: its kind (number, name, quoted, string, operator, end), text and place."""

    kind: str
    text: str
    start: int


def printable(text: str) -> str:
    """Return the text with control characters escaped and long text cut, fit for a message."""
    shown = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)


def formula_error(what: str, formula: str, cure: str, **facts: object) -> FormulaError:
    """Return a FormulaError in three parts: what is wrong, in which formula, what to do."""
    return FormulaError(f"{what} In `{printable(formula)}`. {cure}".rstrip(), formula=formula, **facts)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a formula, ending with one of kind ``end``.

    Raises
    ------
    FormulaError
        The text is too long, or holds a character or a string that R's language does not.

    Examples
    --------
    >>> [token.text for token in tokenize("Ozone ~ Solar.R %in% `a b`")][:-1]
    ['Ozone', '~', 'Solar.R', '%in%', 'a b']
    """
    if len(text) > MAX_LENGTH:
        raise formula_error(
            f"The formula has {len(text)} characters, more than {MAX_LENGTH}.", text, "Shorten it."
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        found = _PATTERN.match(text, at)
        if found is None:
            raise _refusal(text, at)
        kind = found.lastgroup or ""
        if kind == "operator":
            tokens.append(Token(kind, found[0], at))
        elif kind != "space":
            tokens.append(_token(kind, found[kind], at, text))
        at = found.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def _token(kind: str, matched: str, at: int, text: str) -> Token:
    """Return a token with the quotes of its text undone."""
    content = _unescape(matched[1:-1], text) if kind == "string" else matched
    if len(content) > MAX_STRING:
        raise formula_error(
            f"A name or string has {len(content)} characters, more than {MAX_STRING}.", text, "Shorten it."
        )
    if kind == "quoted" and not content:
        raise formula_error("A name in backticks is empty.", text, "Write the column's name between them.")
    return Token(kind, content, at)


def _refusal(text: str, at: int) -> FormulaError:
    """Return the error for a character that starts no token."""
    character = text[at]
    cure = _REFUSED.get(character, "Put a column's name in backticks if the character belongs to it.")
    return formula_error(
        f"`{printable(character)}` at position {at + 1} has no meaning in a formula.", text, cure
    )


def _unescape(body: str, text: str) -> str:
    """Return a string literal's content, its backslash escapes undone."""

    def character(found: re.Match[str]) -> str:
        escape = found[1]
        if len(escape) > 1 or escape.isdigit():
            base = 8 if escape[0].isdigit() else 16
            code = int(escape if base == 8 else escape[1:], base)
            if code > 0x10FFFF or code == 0:
                raise formula_error(
                    "A string holds an escape of no character.", text, "Write the character itself."
                )
            return chr(code)
        return _ESCAPED.get(escape, escape)

    return _ESCAPE.sub(character, body) if "\\" in body else body


def quote_text(content: str) -> str:
    """Return a string literal as R deparses it, in double quotes."""
    escaped = content.replace("\\", "\\\\").replace('"', '\\"')
    for letter, control in _ESCAPED.items():
        escaped = escaped.replace(control, "\\" + letter)
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def quote_name(name: str) -> str:
    """Return a column's name as it is written in a formula, in backticks where it needs them.

    Examples
    --------
    >>> quote_name("Solar.R"), quote_name("a b")
    ('Solar.R', '`a b`')
    """
    if _SYNTACTIC.fullmatch(name) and name not in _RESERVED:
        return name
    return f"`{name}`" if "`" not in name else f"Q({quote_text(name)})"
