"""Links by value, class or name."""

from __future__ import annotations

import difflib
import re
from typing import Final, TypeAlias

from glmkit.errors import FamilyError
from glmkit.families.link import Link
from glmkit.families.links import (
    Cauchit,
    CLogLog,
    Identity,
    Inverse,
    InverseSquare,
    Log,
    Logit,
    LogLog,
    Power,
    Probit,
    Sqrt,
)

__all__ = ["LinkLike", "link_from"]

LinkLike: TypeAlias = Link | type[Link] | str

_BY_NAME: Final[dict[str, type[Link]]] = {
    link.name: link
    for link in (Identity, Log, Logit, Probit, Cauchit, CLogLog, LogLog, Inverse, InverseSquare, Sqrt)
}
_ALIASES: Final[dict[str, str]] = {
    "inversesquare": "1/mu^2", "inversesquared": "1/mu^2", "reciprocal": "inverse", "1/mu": "inverse",
    "cauchy": "cauchit", "squareroot": "sqrt", "logistic": "logit",
}  # fmt: skip
_POWER: Final = re.compile(r"(?:mu\^|power\()\s*\(?([-+0-9.e/]+)\)*$")


def link_from(value: LinkLike) -> Link:
    """Return the link a value, class or name stands for.

    Parameters
    ----------
    value : Link, Link class or str
        Names in any case, as R's: ``identity log logit probit cauchit cloglog loglog
        inverse 1/mu^2 sqrt``, or ``mu^p``.

    Raises
    ------
    FamilyError
        For anything else, with the nearest name.

    Examples
    --------
    >>> link_from("Probit"), link_from(Log), link_from("mu^0.5")
    (Probit(), Log(), Power(p=0.5))
    """
    if isinstance(value, Link):
        return value
    if isinstance(value, type) and issubclass(value, Link):
        return _made(value)
    if isinstance(value, str):
        return _link_named(value)
    raise FamilyError(
        f"A link is a Link, its class or its name, not {type(value).__name__}. Names: {', '.join(_BY_NAME)}.",
        link=value,
    )


def _made(cls: type[Link]) -> Link:
    try:
        return cls()
    except TypeError as error:
        raise FamilyError(
            f"{cls.__name__} needs arguments. Pass a value, such as {cls.__name__}(0.5).", link=cls
        ) from error


def _link_named(text: str) -> Link:
    name = re.sub(r"[\s_.-]", "", text.lower()) if not _POWER.match(text.lower()) else text.lower()
    name = _ALIASES.get(name, name)
    if name in _BY_NAME:
        return _BY_NAME[name]()
    power = _POWER.match(name)
    if power:
        return _power_named(text, power.group(1))
    close = difflib.get_close_matches(name, [*_BY_NAME, *_ALIASES], n=1)
    hint = f" Did you mean {_ALIASES.get(close[0], close[0])!r}?" if close else ""
    raise FamilyError(f"There is no link {text!r}.{hint} Links: {', '.join(_BY_NAME)}, mu^p.", link=text)


def _power_named(text: str, power: str) -> Link:
    top, _, bottom = power.partition("/")
    try:
        return Power(float(top) / float(bottom or 1.0))
    except (ValueError, ZeroDivisionError) as error:
        raise FamilyError(f"{text!r} is no power link. Write it as 'mu^0.5'.", link=text) from error
