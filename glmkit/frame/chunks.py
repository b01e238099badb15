"""Data that come in chunks: what a source of them answers, and errors that say which chunk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from glmkit.errors import DataError, GlmkitError
from glmkit.frame.columns import Columns

__all__ = ["Chunk", "Source", "check_columns", "within"]


class Chunk(NamedTuple):
    """Some rows of the data."""

    number: int
    """Its place in the order of the chunks, from 0."""
    name: str
    """In words: the number, the file and its rows."""
    columns: Columns
    facts: Mapping[str, object] = {}
    """Where it comes from, for errors: chunk, path, first_row."""


class Source(Protocol):
    """Data that can be read in chunks again and again, always in the same order."""

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns, those of the first chunk."""
        ...

    def numeric(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """Return those columns known to be numbers without reading them, with their dtypes."""
        ...

    def read(self, names: tuple[str, ...], purpose: str) -> Iterator[Chunk]:
        """Yield the chunks with at least these columns; `purpose` is what progress says."""
        ...


@contextmanager
def within(chunk: Chunk) -> Iterator[None]:
    """Say of every error of ours in which chunk it happened."""
    try:
        yield
    except GlmkitError as error:
        facts = {**chunk.facts, **error.facts}
        raise type(error)(f"{error} This is in {chunk.name}.", **facts) from error


def check_columns(chunk: Chunk, names: tuple[str, ...]) -> None:
    """Refuse a chunk that lacks a column: it is never filled in."""
    absent = [name for name in names if name not in chunk.columns]
    if absent:
        what = "Column" if len(absent) == 1 else "Columns"
        verb = "is" if len(absent) == 1 else "are"
        raise DataError(
            f"{what} {', '.join(map(repr, absent))} {verb} missing; there are"
            f" {', '.join(map(repr, list(chunk.columns)[:20]))}. Every chunk needs the same columns: they are matched"
            " by name. Rename or add what is missing.",
            columns=tuple(absent),
        )
