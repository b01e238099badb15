r"""LaTeX: the cells of the text, as tables of booktabs.

Escapes, places, and breaks what would run over the margin; decides nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from glmkit.tables.document import Document, Facts, Grid
from glmkit.tables.escape import latex
from glmkit.tables.text import fact_lines, width

__all__ = ["latex_document"]

LINE = 70
"""Characters in a line of a page of LaTeX's article, in its own 10 points."""
GAP = 2.5
"""Characters that the space between two columns is wide."""
LEAST = 14
"""Characters a column of text keeps, however many numbers stand beside it."""
PAGE = 40
"""Rows after which a table is a longtable, which goes on over the page."""

# A name of many words in one is broken after these; \hspace{0pt} lets the next word be hyphenated.
_JOINTS = re.compile(r"(\\_|\{\]\}|[.:/,)])(?=[^\s])")
_MINUS = re.compile(r"(?<![\w.])-(?=\d)")


def latex_document(document: Document) -> str:
    r"""Return a document as LaTeX, for a preamble with ``\usepackage{booktabs}``."""
    parts = [_title(document.title)] if document.title else []
    for block in document.blocks:
        parts += [_facts(block)] if isinstance(block, Facts) else _grid(block)
    if document.notes:
        items = [rf"\item {latex(note)}" for note in document.notes]
        parts.append("\n".join([r"\begin{itemize}\footnotesize", *items, r"\end{itemize}"]))
    return "\n\n".join(parts)


def _title(text: str) -> str:
    """Return a title, kept on the page of what follows."""
    return rf"\par\medskip\noindent\textbf{{{latex(text)}}}\nopagebreak\smallskip"


def _broken(text: str) -> str:
    r"""Return escaped text that may be broken at its joints, later lines indented.

    ``\raggedright`` takes the end of the row, ``\\``, for itself: it is given back.
    """
    loose = _JOINTS.sub(r"\1\\hspace{0pt}", _fact(text))
    return rf"\raggedright\let\\\tabularnewline\hangindent1em {loose}"


# Facts -----------------------------------------------------------------------------------------


def _facts(facts: Facts) -> str:
    """Return facts as a table without rules, one or two pairs a row; a long value is broken."""
    room = LINE - GAP - max((width(label) for label, _ in facts.pairs), default=0)
    lines = [r"\noindent", r"\begin{tabular}{@{}llll@{}}"]
    for i, j in fact_lines(facts):
        label, value = facts.pairs[i]
        if j is None:
            column = "l" if width(value) <= room else rf"p{{{room / LINE:.2f}\linewidth}}"
            text = _fact(value) if column == "l" else _broken(value)
            lines.append(rf"{latex(label)} & \multicolumn{{3}}{{{column}@{{}}}}{{{text}}} \\")
        else:
            other, its_value = facts.pairs[j]
            lines.append(" & ".join((latex(label), _fact(value), latex(other), _fact(its_value))) + r" \\")
    return "\n".join([r"\par\smallskip", *lines, r"\end{tabular}\par\smallskip"])


def _fact(value: str) -> str:
    """Return a value with the minus signs of its numbers, and the ``~`` of a formula, as mathematics."""
    return _MINUS.sub("$-$", latex(value)).replace(r" \textasciitilde{} ", r" $\sim$ ")


# Grids -----------------------------------------------------------------------------------------


def _number(cell: str) -> str:
    r"""Return a number with its signs as mathematics: ``$-$0.5``, ``$<$2e-16``."""
    return f"${cell[0]}${cell[1:]}" if cell[:1] in ("-", "<") else latex(cell)


def _grid(grid: Grid) -> list[str]:
    """Return the paragraphs of a table: title, tabular, notes."""
    rooms = _rooms(grid)
    writers = [_writer(numeric, room) for numeric, room in zip((False, *grid.numeric), rooms, strict=True)]
    heads = [latex(text) if room is None else _broken(text)
             for text, room in zip((grid.stub, *grid.headings), rooms, strict=True)]  # fmt: skip
    lines = []
    for group, label, cells in grid.rows():
        if group is not None:
            lines.append(rf"\multicolumn{{{len(writers)}}}{{@{{}}l}}{{\textit{{{latex(group)}}}}} \\")
        texts = [write(cell) for write, cell in zip(writers, (label, *cells), strict=True)]
        lines.append((r"\quad " if grid.groups else "") + " & ".join(texts) + r" \\")
    columns = "".join(
        ("r" if numeric else "l") if room is None else rf"p{{{room / LINE:.2f}\linewidth}}"
        for numeric, room in zip((False, *grid.numeric), rooms, strict=True)
    )
    notes = [rf"\noindent{{\footnotesize {latex(note)}\par}}" for note in grid.notes]
    title = [_title(grid.title)] if grid.title else []
    return [*title, _table(f"@{{}}{columns}@{{}}", " & ".join(heads) + r" \\", lines), *notes]


def _writer(numeric: bool, room: float | None) -> Callable[[str], str]:
    if room is not None:
        return _broken
    return _number if numeric else latex


def _rooms(grid: Grid) -> list[float | None]:
    """Return the characters each column may be wide where it has to be broken; None as it comes."""
    heads, bodies = (grid.stub, *grid.headings), (grid.labels, *grid.columns)
    wide: list[float] = [max(map(width, (h, *body))) for h, body in zip(heads, bodies, strict=True)]
    over = sum(wide) + GAP * (len(wide) - 1) - LINE
    rooms: list[float | None] = [None] * len(wide)
    texts = [i for i, numeric in enumerate((False, *grid.numeric)) if not numeric and wide[i] > LEAST]
    while over > 0 and texts:  # the widest gives way first
        i = max(texts, key=lambda i: wide[i])
        others = max((wide[j] for j in texts if j != i), default=LEAST)
        room = max(LEAST, wide[i] - over, min(others, wide[i] - 1))
        over -= wide[i] - room
        wide[i] = rooms[i] = room
        texts = [i for i in texts if wide[i] > LEAST]
    return rooms


def _table(columns: str, head: str, lines: Sequence[str]) -> str:
    """Return a table between a top and a bottom rule, one of many rows over several pages."""
    if len(lines) > PAGE:
        start = [rf"\begin{{longtable}}[l]{{{columns}}}", r"\toprule", head, r"\midrule", r"\endhead"]
        return "\n".join([*start, r"\bottomrule", r"\endfoot", *lines, r"\end{longtable}"])
    start = [r"\noindent", rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule"]
    return "\n".join([*start, *lines, r"\bottomrule", r"\end{tabular}\par\smallskip"])
