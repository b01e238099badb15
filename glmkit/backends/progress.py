"""What a long fit shows of itself: a bar by tqdm where that is installed, else one line on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from glmkit.errors import FitError
from glmkit.frame.chunks import Chunk, Source

__all__ = ["Progress", "ProgressLike", "Watched"]

# Seconds before anything is shown, and between two changes of the line.
PATIENCE = 3.0
REFRESH = 0.2

ProgressLike = bool | Callable[["Progress"], object] | None


@dataclass(frozen=True)
class Progress:
    """How far a fit is: what a callback of ``chunks(progress=)`` is given.

    Parameters
    ----------
    purpose : str
        What the pass is for: ``"levels"``, ``"rows"``, ``"start"``, ``"pass 3"``, ...
    chunk : int
        The number of the chunk about to be used, from 0.
    chunks : int or None
        How many there are, once a pass has gone through all.
    rows : int
        Rows of this pass so far, without the chunk's.
    seconds : float
        Since the fit began.
    """

    purpose: str
    chunk: int
    chunks: int | None
    rows: int
    seconds: float


@dataclass
class Watched:
    """A source that tells how far a pass over it is.

    Parameters
    ----------
    source : Source
    progress : bool, callable or None
        True shows always, False never, None when it takes long and stderr is a terminal.
    """

    source: Source
    progress: ProgressLike = None
    chunks: int | None = None
    began: float = field(default_factory=time.monotonic)
    _line: Line | None = None

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return self.source.names()

    def numeric(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """Return the columns known to be numbers, with their dtypes."""
        return self.source.numeric(names)

    def read(self, names: tuple[str, ...], purpose: str) -> Iterator[Chunk]:
        """Yield the chunks, telling of each."""
        rows = number = 0
        try:
            for chunk in self.source.read(names, purpose):
                self._tell(Progress(purpose, chunk.number, self.chunks, rows, time.monotonic() - self.began))
                yield chunk
                rows += chunk.columns.n_rows
                number = chunk.number + 1
        finally:
            self.close()
        self.chunks = number

    def close(self) -> None:
        """Clear what is shown."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _tell(self, progress: Progress) -> None:
        if callable(self.progress):
            self._call(self.progress, progress)
        elif self.progress or (self.progress is None and _is_worth(progress)):
            self._line = self._line or _line(sys.stderr)
            self._line.show(progress)

    def _call(self, callback: Callable[[Progress], object], progress: Progress) -> None:
        try:
            callback(progress)
        except Exception as error:
            raise FitError(
                f"The progress callback raised {type(error).__name__}: {error}. The fit was stopped.",
                progress=progress,
            ) from error


def _is_worth(progress: Progress) -> bool:
    return progress.seconds > PATIENCE and sys.stderr is not None and sys.stderr.isatty()


class Line:
    """One line on a terminal, written over."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.width, self.last = out, 0, float("-inf")

    def show(self, progress: Progress) -> None:
        """Write how far the pass is, a few times a second at most."""
        if progress.seconds - self.last < REFRESH:
            return
        self.last = progress.seconds
        of = "" if progress.chunks is None else f" of {progress.chunks}"
        text = f"glmkit: {progress.purpose}, chunk {progress.chunk + 1}{of}, {progress.seconds:.0f} s"
        self.out.write(f"\r{text:<{self.width}}")
        self.out.flush()
        self.width = len(text)

    def close(self) -> None:
        """Leave an empty line behind."""
        self.out.write(f"\r{' ' * self.width}\r")
        self.out.flush()


class Bar(Line):
    """The same by tqdm, a bar for each pass."""

    def __init__(self, out: TextIO, tqdm: Any) -> None:
        super().__init__(out)
        self.tqdm, self.purpose = tqdm, ""
        self.bar: Any = None

    def show(self, progress: Progress) -> None:
        """Move the bar."""
        if self.bar is None or self.purpose != progress.purpose:
            self.close()
            self.purpose = progress.purpose
            self.bar = self.tqdm(
                total=progress.chunks, desc=f"glmkit: {progress.purpose}", leave=False, file=self.out
            )
        self.bar.update(progress.chunk + 1 - self.bar.n)

    def close(self) -> None:
        """Remove the bar."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def _line(out: TextIO) -> Line:
    try:
        from tqdm import tqdm
    except ImportError:
        return Line(out)
    return Bar(out, tqdm)
