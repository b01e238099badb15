"""A place in a document that is being read: every question checks, and names the place when it fails."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.errors import GlmkitWarning, ModelFileError

__all__ = ["Node", "hexed"]

LONGEST_WHOLE = 2**63


def hexed(values: Any) -> Any:
    """Return a float or an array of floats as hexadecimal text, exact to the bit.

    Examples
    --------
    >>> hexed(0.1), hexed(np.array([1.0, np.inf]))
    ('0x1.999999999999ap-4', ['0x1.0000000000000p+0', 'inf'])
    """
    if np.ndim(values) == 0:
        return float(values).hex()
    return [hexed(value) for value in values]


@dataclass(frozen=True, eq=False)
class Node:
    """A value of the document with its place in it.

    Parameters
    ----------
    value : anything JSON holds
    path : str
        Where it stands, for messages: ``model.estimate.coef``.
    strict : bool
        Refuse unknown keys; otherwise they are warned about and left aside.
    """

    value: Any
    path: str
    strict: bool = True

    def wrong(self, what: str) -> NoReturn:
        """Raise for this place."""
        raise ModelFileError(
            f"This is not a whole glmkit model file: {self.path} {what}. Save the model again.",
            place=self.path,
        )

    def at(self, key: str | int) -> Node:
        """Return a member that must be there."""
        return Node(self.value[key], f"{self.path}.{key}", self.strict)

    def record(self, *names: str) -> dict[str, Node]:
        """Return the members of an object that must have exactly these keys."""
        members = self.mapping()
        missing = [name for name in names if name not in members]
        if missing:
            self.wrong(f"lacks {missing[0]!r}")
        extra = [name for name in members if name not in names]
        if extra and self.strict:
            self.wrong(f"has the unknown key {extra[0][:80]!r}")
        if extra:
            warnings.warn(
                GlmkitWarning(f"The model file holds unknown keys at {self.path}, left aside: {extra[:5]}."),
                stacklevel=2,
            )
        return {name: members[name] for name in names}

    def mapping(self) -> dict[str, Node]:
        """Return the members of an object with free keys."""
        if not isinstance(self.value, dict):
            self.wrong("is not an object")
        return {key: self.at(key) for key in self.value}

    def items(self, length: int | None = None) -> list[Node]:
        """Return the items of a list, of the length that must hold."""
        if not isinstance(self.value, list):
            self.wrong("is not a list")
        if length is not None and len(self.value) != length:
            self.wrong(f"has {len(self.value)} items instead of {length}")
        return [self.at(i) for i in range(len(self.value))]

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            self.wrong("is not text")
        return str(self.value)

    def texts(self, length: int | None = None) -> tuple[str, ...]:
        """Return a list of strings."""
        return tuple(item.text() for item in self.items(length))

    def choice(self, among: Sequence[str] | Mapping[str, object]) -> str:
        """Return a string that must be one of those known."""
        found = self.text()
        if found not in among:
            self.wrong(f"is {found[:80]!r}, which this version does not know")
        return found

    def truth(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            self.wrong("is neither true nor false")
        return bool(self.value)

    def whole(self, least: int = 0) -> int:
        """Return a whole number from `least` on."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.wrong("is not a whole number")
        if not least <= self.value < LONGEST_WHOLE:
            self.wrong(f"is {str(self.value)[:40]}, out of range")
        return int(self.value)

    def number(self, *, finite: bool = True, least: float | None = None) -> float:
        """Return a float written as hexadecimal text; never nan where a least value is given."""
        found = self._hexadecimal()
        if finite and not np.isfinite(found):
            self.wrong(f"is {found}")
        if least is not None and not found >= least:
            self.wrong(f"is {found}, below {least}")
        return found

    def _hexadecimal(self) -> float:
        if not isinstance(self.value, str) or len(self.value) > 40:
            self.wrong("is not a number")
        try:
            found = float.fromhex(self.value)
        except (ValueError, OverflowError):
            self.wrong("is not a number")
        if found.hex() != self.value:  # one spelling for each number
            self.wrong("is not a number")
        return found

    def array(self, length: int, *, finite: bool = True) -> Array:
        """Return a list of floats, (length,)."""
        return np.array([item.number(finite=finite) for item in self.items(length)], dtype=np.float64)

    def matrix(self, rows: int, columns: int, *, finite: bool = True) -> Array:
        """Return a list of rows of floats, (rows, columns)."""
        values = [row.array(columns, finite=finite) for row in self.items(rows)]
        return np.array(values, dtype=np.float64).reshape(rows, columns)

    def positions(self, below: int) -> IntArray:
        """Return rising whole numbers below a bound."""
        found = np.array([item.whole() for item in self.items()], dtype=np.intp)
        if np.any(found >= below) or np.any(np.diff(found) <= 0):
            self.wrong("are not rising positions")
        return found

    def maybe(self) -> Node | None:
        """Return the place, or None where it holds null."""
        return None if self.value is None else self

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items())
