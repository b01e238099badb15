r"""Names are data: make any text safe in a terminal, HTML, Markdown, LaTeX and CSV.

Each function is one pass over the text, so that nothing is escaped twice. All but the CSV one
first make control characters visible (``\x1b``), so that a name stays on its line and in its
own direction of writing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# C0 and C1 controls, line and paragraph separators, marks and overrides of the direction of
# writing, byte order marks, surrogates that no encoder accepts.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def terminal(text: str) -> str:
    r"""Return text with control characters shown as escapes.

    Examples
    --------
    >>> print(terminal("\x1b[31mred"))
    \x1b[31mred
    """
    return text if text.isprintable() else _CONTROL.sub(_visible, text)


def terminals(texts: Sequence[str]) -> list[str]:
    """Return `terminal` of each."""
    return list(texts) if "".join(texts).isprintable() else [terminal(text) for text in texts]


_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def html(text: str) -> str:
    """Return text for the inside of an HTML element or a quoted attribute.

    Examples
    --------
    >>> html("<b>")
    '&lt;b&gt;'
    """
    return terminal(text).translate(_HTML)


# "://" and "www." would turn into links by themselves.
_MARKDOWN = re.compile(r"[\\`*_\[\]<>|~#&$]|:(?=//)|(?<=[wW])\.")


def markdown(text: str) -> str:
    r"""Return text for a cell or a paragraph of Markdown.

    Examples
    --------
    >>> print(markdown("[x](y)"))
    \[x\](y)
    """
    return _MARKDOWN.sub(r"\\\g<0>", terminal(text))


_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\char34{}",  # \textquotedbl stops LaTeX in its default encoding
        "`": r"\textasciigrave{}",
        "'": r"\textquotesingle{}",
        "[": "{[}",
        "]": "{]}",
        "*": "{*}",
        **{character: "\\" + character for character in "_$%&#{}"},
    }
)
# Letters that no text font of pdfLaTeX has, and that its mathematics has.
_GREEK = (
    "α alpha β beta γ gamma δ delta ε varepsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi "
    "π pi ρ rho σ sigma ς varsigma τ tau υ upsilon φ varphi χ chi ψ psi ω omega ϕ phi ϑ vartheta Γ Gamma Δ Delta "
    "Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega"
)
_SIGNS = {
    "−": "-", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "∞": r"\infty", "→": r"\to",
    "←": r"\leftarrow", "∈": r"\in", "√": r"\surd", "∑": r"\sum", "∂": r"\partial", "∆": r"\Delta",
    **{sign: f"_{i}" for i, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    **{sign: f"^{i}" for i, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}  # fmt: skip
_SYMBOLS = dict(re.findall(r"(\w) (\w+)", _GREEK))
_SYMBOLS = {letter: "\\" + name for letter, name in _SYMBOLS.items()} | {"ο": "o"} | _SIGNS
_LATEX_SYMBOLS = str.maketrans({character: f"${symbol}$" for character, symbol in _SYMBOLS.items()})
_HYPHENS = re.compile("-(?=-)")  # two of them would become a dash


def latex(text: str) -> str:
    r"""Return text for a LaTeX paragraph or cell.

    Brackets and stars are grouped: after ``\\`` LaTeX would read them as its argument. Greek letters
    and common signs become mathematics; letters of other scripts stay as they are, for XeLaTeX
    or LuaLaTeX with a font that has them.

    Examples
    --------
    >>> print(latex("x_1 50%"))
    x\_1 50\%
    """
    escaped = terminal(text).translate(_LATEX)
    if not escaped.isascii():  # accents composed: pdfLaTeX knows no combining ones
        escaped = unicodedata.normalize("NFC", escaped).translate(_LATEX_SYMBOLS)
    return _HYPHENS.sub("-{}", escaped)


_MATH = {
    "\\": r"\backslash ",
    "~": r"{\sim}",
    "^": r"{\wedge}",
    "'": r"\text{'}",
    "`": r"\text{`}",
    "-": r"\text{-}",
    " ": r"\ ",
    **{character: "{" + character + "}" for character in "*:,;+=<>/!?|"},
    **{character: "\\" + character for character in "_$%&#{}"},
    **{character: "{" + symbol + "}" for character, symbol in _SYMBOLS.items()},
}


def latex_math(text: str) -> str:
    r"""Return text as upright letters inside LaTeX's mathematics, for papers and notebooks alike.

    Notebooks (MathJax) read no escapes inside ``\text{}``, so that ``\mathrm{}`` holds the name.

    Examples
    --------
    >>> print(latex_math("body_mass g"))
    \mathrm{body\_mass\ g}
    """
    composed = unicodedata.normalize("NFC", terminal(text))
    escaped = (_MATH.get(c, c if c.isascii() else rf"\text{{{c}}}") for c in composed)
    return rf"\mathrm{{{''.join(escaped)}}}"


def csv(text: str, *, safe: bool = True) -> str:
    """Return text as one CSV field: quoted as RFC 4180 asks, and no formula when ``safe``.

    A spreadsheet runs a text that starts with ``= + - @``, a tab or a carriage return; a
    leading apostrophe stops that. Numbers never come through here.

    Examples
    --------
    >>> csv("=1+1")
    "'=1+1"
    """
    if safe and text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        text = "'" + text
    if any(character in text for character in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text
