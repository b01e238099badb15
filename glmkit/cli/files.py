"""Reading the files that the command line is given."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from glmkit.errors import DataReadError

__all__ = ["read_table"]


def _read_parquet(path: str) -> pd.DataFrame:
    return pd.read_parquet(path)


def _read_arrow(path: str) -> pd.DataFrame:
    return pd.read_feather(path)


def _read_tsv(path: str) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t")


def _read_csv(path: str) -> pd.DataFrame:
    return pd.read_csv(path)


READERS: dict[str, Callable[[str], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".tab": _read_tsv,
    ".parquet": _read_parquet,
    ".arrow": _read_arrow,
    ".feather": _read_arrow,
}


def read_table(path: str) -> pd.DataFrame:
    """Return the table in a file, by its suffix; ``-`` is CSV on standard input.

    Raises
    ------
    DataReadError
        The file does not exist, has an unknown suffix, or cannot be read.
    """
    suffix = Path(path).suffix.lower()
    if path != "-" and suffix not in READERS:
        known = ", ".join(READERS)
        raise DataReadError(
            f"The suffix of {path!r} is not known. Give a file ending in {known}, or -.", path=path
        )
    try:
        return pd.read_csv(sys.stdin) if path == "-" else READERS[suffix](path)
    except FileNotFoundError:
        raise DataReadError(f"There is no file {path!r}. Check the path.", path=path) from None
    except ImportError as error:
        raise DataReadError(
            f"{path!r} needs pyarrow. Install it: pip install 'glmkit[arrow]'.", path=path
        ) from error
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataReadError(
            f"{path!r} cannot be read: {reason}. Check that the file is whole.", path=path
        ) from error
