"""Columns of data of which only the names are left."""

from __future__ import annotations

from glmkit.fitting.absent import rows_needed
from glmkit.frame.values import Value

__all__ = ["AbsentColumn"]


class AbsentColumn:
    """The reader of a column whose values are not kept."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self) -> tuple[Value, str]:
        """Say that the values would be needed."""
        raise rows_needed(f"the column {self.name!r}")
