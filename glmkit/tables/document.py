"""What is printed, before any format: strings in a grid, facts in pairs, notes.

Every format lays out the same document, so the same cells stand in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """Cells as unescaped strings: row labels, and columns under their headings."""

    title: str
    stub: str  # heading of the row labels
    labels: tuple[str, ...]
    groups: tuple[str, ...] | None  # the part each row belongs to
    headings: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    notes: tuple[str, ...]

    def rows(self) -> Iterator[tuple[str | None, str, tuple[str, ...]]]:
        """Yield each row: the group that starts with it or None, its label, its cells."""
        before = None
        for i, label in enumerate(self.labels):
            group = self.groups[i] if self.groups else None
            yield (group if group != before else None), label, tuple(column[i] for column in self.columns)
            before = group


@dataclass(frozen=True)
class Facts:
    """Labels and values, both as unescaped strings, in reading order."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Document:
    """A title, then facts and grids in order, then notes."""

    title: str
    blocks: tuple[Grid | Facts, ...]
    notes: tuple[str, ...]
