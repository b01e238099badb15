"""Families and links by name, from closed tables, with the fields they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from glmkit.errors import FamilyError, GlmkitError
from glmkit.families.base import Family
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
from glmkit.families.registry import family_from, family_names
from glmkit.io.node import Node
from glmkit.io.plain import plain_of, tagged_plain

__all__ = ["family_document", "family_of"]

LINKS: Final[Mapping[str, type[Link]]] = {
    link.__name__: link
    for link in (
        Identity, Log, Logit, Probit, Cauchit, CLogLog, LogLog, Inverse, InverseSquare, Sqrt, Power,
    )
}  # fmt: skip
_TRIAL_POWER = 1.0  # a power link has no default; its fields are set at once


def family_document(family: Family) -> dict[str, Any]:
    """Return a family of glmkit's own as JSON.

    Raises
    ------
    FamilyError
        A family or a link of the caller's own, which a file cannot hold.
    """
    name, link = type(family).__name__, type(family.link).__name__
    if name not in family_names() or type(family_from(name)) is not type(family):
        raise _own("family", name)
    if LINKS.get(link) is not type(family.link):
        raise _own("link", family.link.name)
    return {
        "name": name,
        "fields": _fields_of(family),
        "link": {"name": link, "fields": _fields_of(family.link)},
    }


def family_of(node: Node) -> Family:
    """Return the family that a document names."""
    parts = node.record("name", "fields", "link")
    family = family_from(parts["name"].choice(family_names()))
    link_parts = parts["link"].record("name", "fields")
    cls = LINKS[link_parts["name"].choice(LINKS)]
    link = _filled(Power(_TRIAL_POWER) if cls is Power else cls(), link_parts["fields"], {})
    return _filled(family, parts["fields"], {"link": link})  # type: ignore[no-any-return]


def _fields_of(value: Any) -> dict[str, Any]:
    if not is_dataclass(value):
        return {}
    return {f.name: tagged_plain(getattr(value, f.name)) for f in fields(value) if f.name != "link"}


def _filled(value: Any, node: Node, others: Mapping[str, Any]) -> Any:
    """Return a family or link with the fields of the document, which it checks itself."""
    given = {name: plain_of(item) for name, item in node.record(*_fields_of(value)).items()}
    if not given and not others:
        return value
    try:
        return replace(value, **given, **others)
    except (GlmkitError, TypeError, ValueError) as error:
        node.wrong(f"is refused: {error}")


def _own(what: str, name: str) -> FamilyError:
    return FamilyError(
        f"The {what} {name!r} is your own, and a model file holds names of glmkit's only, never code. "
        f"Save the coefficients and the covariance, or use one of glmkit's.",
        name=name,
    )
