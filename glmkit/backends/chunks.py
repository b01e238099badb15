"""`chunks`: data for `glm` that are read chunk by chunk, as often as a fit needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from glmkit.backends.frames import FrameSource, not_repeatable
from glmkit.backends.parquet import ParquetSource, parquet_files, parquet_source
from glmkit.backends.progress import ProgressLike
from glmkit.errors import DataError
from glmkit.frame.chunks import Source

__all__ = ["Chunks", "chunks"]


@dataclass(frozen=True, eq=False)
class Chunks:
    """Data in chunks, made by `chunks`.

    Parameters
    ----------
    source : Source
    levels : dict
        Levels of factors as the caller declared them.
    progress : bool, callable or None
    skipped : tuple of (path, rows, reason)
        Files that could not be read.
    """

    source: Source
    levels: Mapping[str, Sequence[Hashable]]
    progress: ProgressLike = None
    skipped: tuple[tuple[str, int | None, str], ...] = ()

    def __repr__(self) -> str:
        source = self.source
        what = f"{len(source.paths)} Parquet files" if isinstance(source, ParquetSource) else "frames"
        return f"chunks({what})"


def chunks(
    source: Any,
    *,
    rows: int | None = None,
    levels: Mapping[str, Sequence[Hashable]] | None = None,
    on_error: str = "raise",
    progress: ProgressLike = None,
) -> Chunks:
    """Return data that `glm` reads chunk by chunk, so that they need not fit into memory.

    Parameters
    ----------
    source : path, folder, list of paths, list of frames, or callable
        Parquet files (their rows are read some at a time; needs pyarrow), frames of any kind
        that `glm` takes (each is a chunk), or a function without arguments that returns a new
        iterator of frames each time it is called. A fit makes some ten passes.
    rows : int, optional
        Rows of a chunk of a Parquet file; by default about 16 MiB of numbers.
    levels : dict, optional
        Levels of factors in order, by column. Another level in the data is then an error; by
        default they are found in a first scan: the declared ones of categories where all
        chunks declare the same, else those that occur, sorted.
    on_error : {"raise", "skip"}
        What to do with a Parquet file that cannot be read to its end: refuse, or leave the
        whole file out, with a warning and a line in the summary.
    progress : bool or callable, optional
        Show progress always, or never; by default when a fit takes more than a few seconds
        and stderr is a terminal. A function is called with each chunk.

    Returns
    -------
    Chunks
        For ``glm(..., data=)``. Row arguments such as ``weights`` are then column names or
        expressions.

    Raises
    ------
    DataError
        The source can be read once only, such as a generator.
    DataReadError
        A file does not exist, or cannot be opened.

    Examples
    --------
    >>> import glmkit as gk
    >>> data = gk.load_dataset("warpbreaks")
    >>> some = gk.chunks([data[:20], data[20:]])
    >>> fit = gk.glm("breaks ~ wool + tension", some, gk.Poisson())
    >>> fit.coef.round(4).tolist()
    [3.692, -0.206, -0.3213, -0.5185]
    """
    if on_error not in ("raise", "skip"):
        raise DataError(f"on_error is {on_error!r}. Choose 'raise' or 'skip'.", argument="on_error")
    if rows is not None and (int(rows) != rows or rows < 1):
        raise DataError(f"rows={rows!r} is not a whole number >= 1.", argument="rows")
    given = dict(levels or {})
    if _is_paths(source):
        files = parquet_source(parquet_files(source), rows)
        files = files.without_unreadable() if on_error == "skip" else files
        return Chunks(files, given, progress, files.skipped)
    if on_error == "skip" or rows is not None:
        argument = "rows" if rows is not None else "on_error"
        raise DataError(f"{argument}= is for Parquet files. Leave it out.", argument=argument)
    return Chunks(FrameSource(_factory(source)), given, progress)


def _is_paths(source: Any) -> bool:
    if isinstance(source, str | os.PathLike):
        return True
    return (
        isinstance(source, list | tuple)
        and bool(source)
        and all(isinstance(s, str | os.PathLike) for s in source)
    )


def _factory(source: Any) -> Callable[[], Iterable[Any]]:
    """Return a function that starts going through the frames."""
    if isinstance(source, Iterator):
        raise not_repeatable()
    if isinstance(source, list | tuple):
        frames = tuple(source)
        return lambda: frames
    if callable(source) and not isinstance(source, Mapping) and not hasattr(source, "columns"):
        return cast(Callable[[], Iterable[Any]], source)
    if hasattr(source, "columns") or hasattr(source, "column_names") or isinstance(source, Mapping):
        return lambda: (source,)
    if isinstance(source, Iterable):
        return lambda: source
    raise DataError(
        f"chunks() was given {type(source).__name__}. Give Parquet files, a list of frames, or a function that returns"
        " a new iterator of frames.",
        argument="source",
    )
