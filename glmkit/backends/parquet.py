"""Chunks from Parquet files, a bounded number of rows at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from glmkit.errors import DataChangedError, DataError, DataReadError
from glmkit.frame.chunks import Chunk
from glmkit.frame.columns import read_data

__all__ = ["ParquetSource", "parquet_files"]

# Elements of a chunk where the caller gives no number of rows: 16 MiB of float64.
ELEMENTS = 2_097_152
FEWEST, MOST = 1024, 262_144
# Bytes read ahead of a column: pages are decoded as they are needed, never a whole row group.
BUFFER = 1 << 20
INDEX = "__index_level_"  # columns in which pandas keeps row labels


@dataclass(frozen=True)
class ParquetSource:
    """Parquet files with the same columns, read one after the other.

    Parameters
    ----------
    paths : tuple of str
    rows : int or None
        Rows of a chunk at most.
    stamps : tuple
        Size and time of each file, to tell a change.
    skipped : tuple of (path, rows, reason)
        Files that could not be read, left out because the caller asked for that.
    """

    paths: tuple[str, ...]
    rows: int | None
    stamps: tuple[tuple[int, int], ...]
    skipped: tuple[tuple[str, int | None, str], ...] = ()

    def names(self) -> tuple[str, ...]:
        """Return the names of the first file's columns."""
        names = _opened(self.paths[0]).schema_arrow.names
        return tuple(name for name in names if not name.startswith(INDEX))

    def numeric(self, names: tuple[str, ...]) -> Mapping[str, str]:
        """Return the columns that are numbers in every file, with the first file's types."""
        import pyarrow as pa

        types: dict[str, str] = {}
        for path in self.paths:
            schema = _opened(path).schema_arrow
            found = {field.name: field.type for field in schema}
            numbers = {n: t for n, t in found.items() if pa.types.is_integer(t) or pa.types.is_floating(t)}
            types = {
                name: types.get(name, str(numbers[name]))
                for name in names
                if name in numbers and (path == self.paths[0] or name in types)
            }
        return types

    def read(self, names: tuple[str, ...], purpose: str) -> Iterator[Chunk]:
        """Yield the rows of the files, some at a time."""
        number = 0
        for path, stamp in zip(self.paths, self.stamps, strict=True):
            if _stamp(path) != stamp:
                raise DataChangedError(
                    f"The file {path!r} changed while it was being used: its size or time of change is another. Fit"
                    " again when nothing writes to it.",
                    path=path,
                )
            first = 0
            for batch in self._batches(path, names, number):
                n = batch.num_rows
                columns = replace(read_data(batch), index=pd.RangeIndex(first, first + n))
                name = f"chunk {number} ({path!r}, rows {first} to {first + n - 1}, counted from 0)"
                yield Chunk(number, name, columns, {"chunk": number, "path": path, "first_row": first})
                number, first = number + 1, first + n

    def _batches(self, path: str, names: tuple[str, ...], number: int) -> Iterator[Any]:
        import pyarrow as pa

        file = _opened(path)
        _check_names(path, names, file.schema_arrow.names)
        read = list(names) if names else None
        size = self.rows or min(max(ELEMENTS // max(len(names), 1), FEWEST), MOST)
        batches, first = file.iter_batches(batch_size=size, columns=read), 0
        while True:
            try:
                batch = next(batches, None)
            except (OSError, pa.ArrowException) as error:
                raise _unreadable(path, error, row=first, chunk=number) from error
            if batch is None:
                return
            yield pa.Table.from_batches([batch])
            first, number = first + batch.num_rows, number + 1

    def without_unreadable(self) -> ParquetSource:
        """Return the source without the files that cannot be read to their end, from one pass over all.

        Raises
        ------
        DataReadError
            None of the files can be read.
        """
        good, skipped = [], []
        for path, stamp in zip(self.paths, self.stamps, strict=True):
            try:
                for _ in self._batches(path, (), 0):
                    pass
                good.append((path, stamp))
            except DataReadError as error:
                skipped.append((path, _row_count(path), str(error.facts["reason"])))
        if not good:
            raise DataReadError(
                f"None of the {len(self.paths)} files can be read; the first fails with {skipped[0][2]}",
                path=self.paths[0],
                reason=skipped[0][2],
            )
        paths, stamps = zip(*good, strict=True)
        return replace(self, paths=tuple(paths), stamps=tuple(stamps), skipped=tuple(skipped))


def parquet_files(given: str | os.PathLike[str] | list[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Return the Parquet files of a path, a folder or a list of these, folders' in sorted order.

    Raises
    ------
    DataReadError
        There is no such file, or a folder holds none.
    """
    paths = [given] if isinstance(given, str | os.PathLike) else list(given)
    found: list[str] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*.parquet") if not p.name.startswith((".", "_")))
            if not inside:
                raise DataReadError(f"The folder {str(path)!r} holds no .parquet files.", path=str(path))
            found += map(str, inside)
        elif path.exists():
            found.append(str(path))
        else:
            raise DataReadError(f"There is no file {str(path)!r}. Check the path.", path=str(path))
    if not found:
        raise DataReadError("The list of files is empty. Give at least one.", path=None)
    return tuple(found)


def parquet_source(paths: tuple[str, ...], rows: int | None) -> ParquetSource:
    """Return the source of these files as they are now."""
    return ParquetSource(paths, rows, tuple(map(_stamp, paths)))


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError as error:
        raise DataChangedError(
            f"The file {path!r} is gone: {error.strerror}. Fit again with the files that are there.",
            path=path,
        ) from error
    return status.st_size, status.st_mtime_ns


def _opened(path: str) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise DataReadError(
            "Parquet files are read by pyarrow, which is not installed. Run: pip install glmkit[arrow]",
            path=path,
        ) from error
    try:
        return pq.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error, row=0, chunk=None) from error


def _unreadable(path: str, error: Exception, *, row: int, chunk: int | None) -> DataReadError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return DataReadError(
        f"The file {path!r} cannot be read from row {row} on: {reason} Replace the file, leave it out, or use"
        ' chunks(..., on_error="skip"), which leaves out every file that cannot be read whole, and says so.',
        path=path,
        row=row,
        chunk=chunk,
        reason=reason,
    )


def _row_count(path: str) -> int | None:
    """Return the rows that the footer of a file speaks of; None where that cannot be read."""
    try:
        return int(_opened(path).metadata.num_rows)
    except DataReadError:
        return None


def _check_names(path: str, names: tuple[str, ...], there: list[str]) -> None:
    absent = [name for name in names if name not in there]
    if absent:
        raise DataError(
            f"The file {path!r} lacks the column{'s' * (len(absent) > 1)} {', '.join(map(repr, absent))}; it has"
            f" {', '.join(map(repr, there[:20]))}. Every file needs the columns of the model, under the same names.",
            path=path,
            columns=tuple(absent),
        )
