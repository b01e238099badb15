"""Plain text: cells side by side in columns, at most 80 characters wide where names allow."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, zip_longest
from typing import NamedTuple

from glmkit.tables.document import Document, Facts, Grid
from glmkit.tables.escape import terminal, terminals

WIDTH = 80
GAP = "  "
LEAST_LABEL = 20
"""Columns a row label gets before a table of many columns is continued below itself."""


def width(text: str) -> int:
    """Return the columns a terminal uses: two for wide East Asian characters, none for marks.

    Examples
    --------
    >>> width("abc"), width("\u6771\u4eac"), width("e\u0301")
    (3, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    """Return 0, 1 or 2 columns."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def widest(texts: Collection[str]) -> int:
    """Return the columns that the widest of some texts takes; 0 of none."""
    measure = len if "".join(texts).isascii() else width
    return max(map(measure, texts), default=0)


def pad(text: str, columns: int, right: bool = False) -> str:
    """Return text padded to so many terminal columns, on the left when ``right``."""
    if text.isascii():
        return text.rjust(columns) if right else text.ljust(columns)
    space = " " * (columns - width(text))
    return space + text if right else text + space


def wrap(text: str, columns: int) -> list[str]:
    """Return text in lines broken at spaces; a longer word keeps its line."""
    lines: list[str] = [""]
    for i, word in enumerate(text.split(" ")):
        grown = word if i == 0 else f"{lines[-1]} {word}"
        if i == 0 or width(grown) <= columns or not lines[-1]:
            lines[-1] = grown
        else:
            lines.append(word)
    return lines


def text_document(document: Document) -> str:
    """Return a document as plain text, without a newline at the end."""
    parts = [[terminal(document.title)]] if document.title else []
    for block in document.blocks:
        parts.append(_facts(block) if isinstance(block, Facts) else _grid(block))
    if document.notes:
        parts.append(_notes(document.notes))
    return "\n\n".join("\n".join(line.rstrip(" ") for line in part) for part in parts if part)


def _notes(notes: Sequence[str]) -> list[str]:
    """Return notes as a list, each wrapped under its dash."""
    lines = ["Notes"]
    for note in notes:
        wrapped = wrap(terminal(note), WIDTH - 2)
        lines += ["- " + wrapped[0], *("  " + line for line in wrapped[1:])]
    return lines


# Facts ---------------------------------------------------------------------------------------


def fact_lines(facts: Facts) -> list[tuple[int, int | None]]:
    """Return the lines of facts, one or two positions each; the same in text and HTML.

    Short neighbours share a line, read downwards; a long one gets a line of its own.
    """
    sizes = [width(label) + len(GAP) + width(value) for label, value in facts.pairs]
    for limit in (48, 38, 30):
        lines = _paired(sizes, limit)
        if sum(_fact_widths(facts, lines)) + 4 * len(GAP) <= WIDTH:
            return lines
    return [(i, None) for i in range(len(sizes))]


def _paired(sizes: Sequence[int], limit: int) -> list[tuple[int, int | None]]:
    """Return the lines when facts of at most ``limit`` columns stand side by side."""
    lines: list[tuple[int, int | None]] = []
    for short, run in groupby(range(len(sizes)), key=lambda i: sizes[i] <= limit):
        members = list(run)
        left = members[: (len(members) + 1) // 2] if short else members
        lines += zip_longest(left, members[len(left) :])
    return lines


def _fact_widths(facts: Facts, lines: Sequence[tuple[int, int | None]]) -> tuple[int, int, int, int]:
    """Return the widths of labels and values on the left, then on the right."""
    pairs = facts.pairs
    right = [pairs[j] for _, j in lines if j is not None]
    return (
        widest([pairs[i][0] for i, _ in lines]),
        widest([pairs[i][1] for i, j in lines if j is not None]),
        widest([label for label, _ in right]),
        widest([value for _, value in right]),
    )


def _facts(facts: Facts) -> list[str]:
    """Return facts in one or two columns of label and value."""
    labels = terminals([label for label, _ in facts.pairs])
    values = terminals([value for _, value in facts.pairs])
    facts = Facts(tuple(zip(labels, values, strict=True)))
    lines = fact_lines(facts)
    label, value, second, _ = _fact_widths(facts, lines)
    written: list[str] = []
    for i, j in lines:
        first, *rest = wrap(facts.pairs[i][1], WIDTH - label - len(GAP))
        line = pad(facts.pairs[i][0], label) + GAP + first
        if j is not None:
            other, its_value = facts.pairs[j]
            line = pad(line, label + len(GAP) + value) + GAP * 2 + pad(other, second) + GAP + its_value
        written += [line, *(" " * label + GAP + more for more in rest)]
    return written


# Grids ---------------------------------------------------------------------------------------


class _Layout(NamedTuple):
    """One block of a table: its columns, the room for labels, the space before each column."""

    columns: list[int]
    label: int
    gap: str


def _grid(grid: Grid) -> list[str]:
    """Return a table: its title, its columns (continued below when too many), its notes."""
    labels = [("  " if grid.groups else "") + label for label in terminals(grid.labels)]
    cells = [terminals(column) for column in grid.columns]
    headings = terminals(grid.headings)
    widths = [widest([h, *column]) for h, column in zip(headings, cells, strict=True)]
    stub = terminal(grid.stub)
    lines = [terminal(grid.title)] if grid.title else []
    for layout in _layouts(widths, widest([stub, *labels])):
        lines.append(pad(stub, layout.label) + _row(headings, grid, widths, layout))
        for i, (group, _, _) in enumerate(grid.rows()):
            if group is not None:
                lines.append(terminal(group))
            row = _row([column[i] for column in cells], grid, widths, layout)
            lines += _labelled(labels[i], layout.label, row)
    return lines + [line for note in grid.notes for line in wrap(terminal(note), WIDTH)]


def _row(texts: Sequence[str], grid: Grid, widths: Sequence[int], layout: _Layout) -> str:
    """Return the cells of one line."""
    return "".join(layout.gap + pad(texts[i], widths[i], grid.numeric[i]) for i in layout.columns)


def _labelled(label: str, label_width: int, cells: str) -> Iterator[str]:
    """Yield a row; a label that is too long stands whole on a line of its own."""
    if width(label) > label_width:
        yield label
        label = ""
    yield pad(label, label_width) + cells


def _layouts(widths: Sequence[int], longest: int) -> list[_Layout]:
    """Return the blocks of a table whose longest label is so wide.

    Columns move closer first; then long labels go on a line of their own; then the columns
    that do not fit continue below.
    """
    total = sum(widths)
    close = longest + total + len(GAP) * len(widths) > WIDTH >= longest + total + len(widths)
    gap = " " if close else GAP
    layouts = []
    for columns in _chunks([w + len(gap) for w in widths], min(longest, LEAST_LABEL)):
        room = WIDTH - sum(widths[i] + len(gap) for i in columns)
        layouts.append(_Layout(columns, min(longest, max(room, LEAST_LABEL)), gap))
    return layouts


def _chunks(widths: Sequence[int], label: int) -> list[list[int]]:
    """Return the columns that fit beside the labels, block after block."""
    blocks: list[list[int]] = [[]]
    used = label
    for i, columns in enumerate(widths):
        if blocks[-1] and used + columns > WIDTH:
            blocks.append([])
            used = label
        blocks[-1].append(i)
        used += columns
    return blocks
