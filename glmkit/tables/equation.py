r"""A model as an equation: ready symbols in text and in LaTeX, and how lines of them are broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from glmkit.tables.escape import html, terminal
from glmkit.tables.text import WIDTH, width

__all__ = ["Equation", "Line", "Symbol"]

LATEX_WIDTH = 72
"""Columns of text after which a line of LaTeX is broken: about what a page holds."""
INDENT = 30
"""Widest left side under whose right side a broken line goes on; below a wider one it is indented."""


class Symbol(NamedTuple):
    """The same symbol in text and in LaTeX's mathematics."""

    text: str
    latex: str


class Line(NamedTuple):
    """One equation: left side, relation, and the pieces of the right side, a line breaking before any."""

    left: Symbol
    relation: Symbol
    right: tuple[Symbol, ...]


@dataclass(frozen=True, repr=False)
class Equation:
    r"""A model as equations, which a notebook renders.

    Made by ``fit.equation()``. ``str`` gives what `format` names.

    Parameters
    ----------
    lines : tuple of Line
        The equations.
    notes : tuple of str
        What the symbols stand for.
    format : {"text", "latex"}
        What ``str`` gives.

    Examples
    --------
    >>> from glmkit.tables.equation import Equation, Line, Symbol
    >>> mu, one = Symbol("mu", r"\mu"), Symbol("b0", r"\beta_0")
    >>> Equation((Line(mu, Symbol("=", "="), (one,)),))
    mu = b0
    """

    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    format: str = "text"

    def to_text(self) -> str:
        """Return plain text, at most 80 columns wide where names allow.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> print(fit.equation().to_text())
        breaks ~ Poisson(mu)
        log(mu) = b0 + b1 [wool = B]
        <BLANKLINE>
        [A] is 1 where A holds, and 0 elsewhere.
        """
        body = [text for line in self.lines for text in _text_lines(line)]
        return "\n".join([*body, *([""] if self.notes else []), *map(terminal, self.notes)])

    def to_latex(self) -> str:
        r"""Return an ``align*`` environment, for a preamble with ``\usepackage{amsmath}``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> print(fit.equation().to_latex())
        \begin{align*}
        \mathrm{breaks} &\sim \mathrm{Poisson}(\mu) \\
        \log(\mu) &= \beta_{0} + \beta_{1} \, [\mathrm{wool} = \mathrm{B}]
        \end{align*}
        """
        return "\\begin{align*}\n" + self._aligned() + "\n\\end{align*}"

    def to_markdown(self) -> str:
        r"""Return displayed mathematics between dollars, the notes below.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> print(fit.equation().to_markdown())
        $$
        \begin{aligned}
        \mathrm{breaks} &\sim \mathrm{Poisson}(\mu) \\
        \log(\mu) &= \beta_{0} + \beta_{1} \, [\mathrm{wool} = \mathrm{B}]
        \end{aligned}
        $$
        <BLANKLINE>
        [A] is 1 where A holds, and 0 elsewhere.
        """
        return "\n\n".join([self._displayed(), *(terminal(note) for note in self.notes)])

    def to_html(self) -> str:
        """Return the text as preformatted HTML, which needs no renderer of mathematics.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.equation().to_html()[:20]
        '<pre class="glmkit">'
        """
        return f'<pre class="glmkit">{html_lines(self.to_text())}</pre>'

    def _aligned(self) -> str:
        return " \\\\\n".join(text for line in self.lines for text in _latex_lines(line))

    def _displayed(self) -> str:
        return "$$\n\\begin{aligned}\n" + self._aligned() + "\n\\end{aligned}\n$$"

    def __str__(self) -> str:
        """Return the equation in the format asked for."""
        return self.to_latex() if self.format == "latex" else self.to_text()

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return self._displayed()


def html_lines(text: str) -> str:
    """Return lines of text escaped for HTML, the line ends kept."""
    return "\n".join(html(line) for line in text.split("\n"))


def _text_lines(line: Line) -> list[str]:
    start = f"{terminal(line.left.text)} {line.relation.text}"
    indent = " " * (width(start) + 1 if width(start) < INDENT else 4)
    lines = [start]
    for piece in line.right:
        text = terminal(piece.text)
        if width(lines[-1]) + 1 + width(text) <= WIDTH or not lines[-1].strip():
            lines[-1] = f"{lines[-1]} {text}"
        else:
            lines.append(indent + text)
    return lines


def _latex_lines(line: Line) -> list[str]:
    lines, used = [f"{line.left.latex} &{line.relation.latex}"], width(line.left.text)
    for piece in line.right:
        if used and used + 1 + width(piece.text) > LATEX_WIDTH:
            lines.append(rf"&\quad {{}}{piece.latex}")
            used = width(piece.text)
        else:
            lines[-1] = f"{lines[-1]} {piece.latex}"
            used += 1 + width(piece.text)
    return lines
