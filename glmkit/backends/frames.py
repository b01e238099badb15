"""Chunks from frames: a list of them, or a function that starts a new iterator of them each time."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from glmkit.errors import DataError, DataReadError, GlmkitError
from glmkit.frame.chunks import Chunk, within
from glmkit.frame.columns import Columns, read_data

__all__ = ["FrameSource", "not_repeatable"]


class FrameSource:
    """Frames of any kind that `glm` takes, one chunk each.

    Parameters
    ----------
    factory : callable
        Returns an iterable of frames, a new one each time.
    """

    def __init__(self, factory: Callable[[], Iterable[Any]]) -> None:
        self.factory = factory
        self._last: Callable[[], object] = lambda: None
        self._names: tuple[str, ...] | None = None

    def names(self) -> tuple[str, ...]:
        """Return the names of the first frame's columns."""
        if self._names is None:
            for chunk in self.read((), "columns"):
                self._names = tuple(chunk.columns)
                break
            else:
                raise DataError("The data are empty: 0 chunks. Pass data with at least one row.")
        return self._names

    def numeric(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """Return nothing: what a frame holds is not known before it is there."""
        return {}

    def read(self, names: tuple[str, ...], purpose: str) -> Iterator[Chunk]:
        """Yield the frames."""
        first = 0
        for number, frame in enumerate(_safely(self._begun)):
            bare = Chunk(number, f"chunk {number} (from row {first} of the data)", EMPTY, {"chunk": number})
            with within(bare):
                columns = read_data(frame)
            yield bare._replace(columns=columns)
            first += columns.n_rows

    def _begun(self) -> Iterator[Any]:
        """Return a new iterator of the frames."""
        frames = iter(self.factory())
        if frames is self._last():
            raise not_repeatable()
        self._last = _reference(frames)
        return frames


def _reference(frames: object) -> Callable[[], object]:
    """Return what gives an iterator back, without keeping alive what it reads from if that can be."""
    try:
        return weakref.ref(frames)
    except TypeError:
        return lambda: frames


EMPTY = Columns(0, pd.RangeIndex(0), {})


def not_repeatable() -> DataError:
    """Return the error for data that can be gone through once only."""
    return DataError(
        "The data can be read once only, and a fit makes several passes: it needs a re-iterable source. Give chunks()"
        " a function that returns a new iterator each time it is called, such as `lambda: read_batches(path)`,"
        " a list of frames, or Parquet files.",
    )


def _safely(begin: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    """Yield the frames; an error of the source names the chunk."""
    number, frames = 0, None
    while True:
        try:
            frames = frames or begin()
            frame = next(frames)
        except StopIteration:
            return
        except GlmkitError:
            raise
        except Exception as error:
            raise DataReadError(
                f"Chunk {number} of the data (counted from 0) cannot be read: {type(error).__name__}: {error}. Repair"
                " the source; a fit of what could be read would not be a fit of the data.",
                chunk=number,
                path=getattr(error, "filename", None),
            ) from error
        yield frame
        number += 1
