"""The caller's own names in formulas: registered for the session, or passed as ``context=``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from glmkit.errors import FormulaError
from glmkit.frame.syntax import Call, Name, parse
from glmkit.frame.vocabulary import CONSTANTS, FUNCTIONS

__all__ = ["available", "captured", "register", "unregister"]

_registered: dict[str, Any] = {}


def register(name: str, value: Any) -> None:
    """Let formulas use a function or a constant under a name.

    Fits capture the value they used: registering another one later changes none of them.

    Parameters
    ----------
    name : str
        The name, as a formula writes it. Columns of the same name win over constants.
    value : callable, number, str or array
        A function is given columns as numpy arrays (factors as arrays of labels) and returns
        one value, or one row of values, for each row.

    Raises
    ------
    FormulaError
        The name is not one a formula can write, or already means something.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.register("bend", lambda x, knot: (x > knot) * (x - knot))
    >>> gk.glm("Volume ~ Girth + bend(Girth, 13)", gk.load_dataset("trees")).rank
    3
    """
    _check_name(name)
    _registered[name] = value


def unregister(name: str) -> None:
    """Forget a registered name; nothing happens if there is none."""
    _registered.pop(name, None)


def available(context: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return every name a formula may use besides columns; ``context`` wins over registered names.

    Raises
    ------
    FormulaError
        A name of the context is not one a formula can write, or already means something.
    """
    for name in context or {}:
        _check_name(name)
    return {**_registered, **(context or {})}


def captured(names: Iterable[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the names a formula used, for the fit to keep."""
    return {name: known[name] for name in names}


def _check_name(name: str) -> None:
    """Raise when a name cannot be written in a formula, or means something already."""
    if not isinstance(name, str):
        raise FormulaError(f"A name in formulas is text, not {type(name).__name__}. Pass a str.", name=name)
    if name in FUNCTIONS or name in CONSTANTS or name in ("offset", "Q"):
        raise FormulaError(f"`{name}` already means something in formulas. Choose another name.", name=name)
    node = parse(f"{name}()")
    if not (isinstance(node, Call) and node.function == name) or not isinstance(parse(name), Name):
        raise FormulaError(f"`{name}` is not a name. Use letters, digits, dots and underscores.", name=name)
