"""Levels, labels and learned states as JSON that keeps their types apart."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from glmkit.errors import FitError
from glmkit.io.node import Node, hexed

__all__ = ["level_of", "plain_of", "tagged", "tagged_plain"]


def tagged(level: Hashable) -> list[Any]:
    """Return a level or a row label with its type: 1, 1.0, True and "1" stay apart.

    Raises
    ------
    FitError
        A level of a type that a file has no word for.

    Examples
    --------
    >>> tagged(1), tagged("1"), tagged(0.5)
    (['whole', 1], ['text', '1'], ['number', '0x1.0000000000000p-1'])
    """
    value = level.item() if isinstance(level, np.generic) else level
    if isinstance(value, bool):
        return ["truth", value]
    if isinstance(value, int):
        return ["whole", value]
    if isinstance(value, float):
        return ["number", hexed(value)]
    if isinstance(value, str):
        return ["text", value]
    if isinstance(value, (pd.Timestamp, date)):
        stamp = pd.Timestamp(value)
        return ["date" if type(value) is date else "time", stamp.isoformat()]
    raise FitError(
        f"The level {value!r} is of type {type(value).__name__}, which a model file has no word for. "
        "Use text, numbers, true/false or dates as levels.",
        level=value,
    )


def level_of(node: Node) -> Hashable:
    """Return the level that a tag and a value say."""
    tag, value = node.items(2)
    kind = tag.choice(("truth", "whole", "number", "text", "date", "time"))
    if kind == "truth":
        return value.truth()
    if kind == "whole":
        return value.whole(least=-(2**63))
    if kind == "number":
        return value.number(finite=False, least=-np.inf)
    if kind == "text":
        return value.text()
    try:
        stamp = pd.Timestamp(value.text())
    except ValueError:
        value.wrong("is not a date")
    return stamp.date() if kind == "date" else stamp


def tagged_plain(value: Any) -> Any:
    """Return plain data with floats as ``{"float": hexadecimal}``."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return {"float": hexed(value)}
    if isinstance(value, (list, tuple)):
        return [tagged_plain(item) for item in value]
    return {"of": {str(key): tagged_plain(item) for key, item in value.items()}}


def plain_of(node: Node) -> Any:
    """Return the plain data that `tagged_plain` wrote; never NaN."""
    value = node.value
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, int):
        return node.whole(least=-(2**63))
    if isinstance(value, list):
        return [plain_of(item) for item in node.items()]
    members = node.mapping()
    if set(members) == {"float"}:
        number = members["float"].number(finite=False)
        return number if number == number else members["float"].wrong("is nan")
    return {key: plain_of(item) for key, item in node.record("of")["of"].mapping().items()}
