"""One thing to say of a fit."""

from __future__ import annotations

from typing import NamedTuple

from glmkit.errors import GlmkitWarning

__all__ = ["Remark"]


class Remark(NamedTuple):
    """A sentence for the summary; with a category it is a warning too."""

    text: str
    category: type[GlmkitWarning] | None = None
    facts: dict[str, object] = {}  # noqa: RUF012  (never changed)
