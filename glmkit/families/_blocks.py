"""Tables of rows by terms, some rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from glmkit._typing import Array

__all__ = ["by_rows"]

_ENTRIES: Final = 1 << 15
"""Of the table that is held at once: its temporaries stay in the processor's cache."""


def by_rows(function: Callable[..., Array], *arrays: Array, width: int = 128) -> Array:
    """Return a function of rows that builds a table of `width` columns, some rows at a time."""
    n, step = len(arrays[0]), max(_ENTRIES // width, 1)
    if n <= step:
        return function(*arrays)
    return np.concatenate([function(*(a[i : i + step] for a in arrays)) for i in range(0, n, step)])
