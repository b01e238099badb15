"""Coefficient names inside text: glmkit's, R's and those in backticks, longest first."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from glmkit.errors import FormulaError

__all__ = ["Found", "NameFinder", "Patterns", "name_at"]

Patterns: TypeAlias = list[tuple[re.Pattern[str], int]]  # of a name, and the position of its coefficient

# What an unknown name looks like, for the message: letters, calls, levels in brackets, colons.
_LIKE_A_NAME = re.compile(r"`[^`]*`?|[^\W\d][\w.]*(?:\([^()]*\)|\[[^\]]*\]|:[\w.]+)*")
_PUNCTUATION = frozenset("()[],:*+-/^=<>")
LISTED = 12


class Found(NamedTuple):
    """A coefficient found in the text, and where it ends."""

    position: int
    end: int


def name_at(patterns: Patterns, text: str, start: int) -> Found | None:
    """Return the longest name that stands at `start`; None if there is none."""
    for pattern, position in patterns:
        match = pattern.match(text, start)
        if match and _ends(text, match.end()):
            return Found(position, match.end())
    return None


class NameFinder:
    """Finds coefficient names in text; spaces around punctuation do not matter.

    Parameters
    ----------
    names : sequence of str
        glmkit's names.
    others : sequence of str
        R's names, one for each; those that name two coefficients are not used.
    """

    def __init__(self, names: Sequence[str], others: Sequence[str]) -> None:
        self.names = [str(name) for name in names]
        self._longest_first = sorted(self._known(others).items(), key=lambda item: -len(item[0]))

    def patterns(self, text: str) -> Patterns:
        """Return the patterns of the names that occur in a text, longest first."""
        squeezed = "".join(text.split())
        return [
            (re.compile(_flexible(name)), position)
            for name, position in self._longest_first
            if "".join(name.split()) in squeezed
        ]

    def _known(self, others: Sequence[str]) -> dict[str, int]:
        counts = {other: list(others).count(other) for other in set(others)}
        known = {other: j for j, other in enumerate(others) if counts[other] == 1}
        known |= {name: j for j, name in enumerate(self.names)}
        quoted = {f"`{name}`": j for name, j in known.items() if "`" not in name}
        bare = {name: j for name, j in known.items() if name and not name[0].isdigit()}
        return quoted | bare

    def unknown(self, text: str, start: int) -> FormulaError:
        """Return the error for what stands at `start`, with the nearest name."""
        match = _LIKE_A_NAME.match(text, start)
        name = match.group() if match else text[start : start + 1]
        close = difflib.get_close_matches(name.strip("`")[:100], self.names, n=1, cutoff=0.5)
        hint = f"Did you mean {close[0]}? " if close else ""
        more = f" and {len(self.names) - LISTED} more" if len(self.names) > LISTED else ""
        return FormulaError(
            f"The hypothesis {text!r} names {name!r}, which is not a coefficient. {hint}"
            f"The coefficients are {', '.join(self.names[:LISTED])}{more}.",
            name=name,
            hypothesis=text,
        )


def _flexible(name: str) -> str:
    """Return a pattern of the name in which spaces beside punctuation may come and go."""
    if name.startswith("`"):
        return re.escape(name)
    pieces: list[str] = []
    for character in name:
        if character.isspace():
            pieces.append(r"\s*")
        elif character in _PUNCTUATION:
            pieces.append(rf"\s*{re.escape(character)}\s*")
        else:
            pieces.append(re.escape(character))
    pattern = "".join(pieces)
    return pattern.removeprefix(r"\s*").removesuffix(r"\s*")


def _ends(text: str, end: int) -> bool:
    """Return whether a name may end here: not inside a longer one."""
    rest = text[end : end + 1]
    last = text[end - 1]
    return rest not in ("[", "(", ":", "`") and not (
        (last.isalnum() or last in "_.") and (rest.isalnum() or rest in ("_", "."))
    )
