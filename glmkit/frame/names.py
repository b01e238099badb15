"""Names of coefficients: glmkit's (as formulaic writes them), R's, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from glmkit.frame.syntax import Name, parse, r_text

__all__ = ["INTERCEPT", "CoefName", "NamePart", "name_part", "plain_name"]


@dataclass(frozen=True)
class NamePart:
    """What one factor of a term gives to a coefficient's name, in the three namings.

    `level` is the level of which the column is the indicator, None for any other column.
    """

    factor: str
    name: str
    r: str
    label: str
    level: str | None = None


@dataclass(frozen=True)
class CoefName:
    """The name of one column of the design.

    Parameters
    ----------
    term : str
        The label of the term it belongs to; ``Intercept`` for the constant.
    parts : tuple of NamePart
        One for each factor; none for the constant.

    Examples
    --------
    >>> wool, tension = name_part("wool", "[T.B]", "B", "B vs A"), name_part("tension", "[T.M]", "M", "M vs L")
    >>> name = CoefName("wool:tension", (wool, tension))
    >>> name.name, name.r
    ('wool[T.B]:tension[T.M]', 'woolB:tensionM')
    >>> name.label
    'wool: B vs A × tension: M vs L'
    """

    term: str
    parts: tuple[NamePart, ...]

    @property
    def name(self) -> str:
        """The name in every table: ``wool[T.B]:tension[T.M]``."""
        return ":".join(part.name for part in self.parts) or "Intercept"

    @property
    def r(self) -> str:
        """The name R gives: ``woolB:tensionM``."""
        return ":".join(part.r for part in self.parts) or "(Intercept)"

    @property
    def label(self) -> str:
        """The name in words: ``wool: B vs A``."""
        return " × ".join(part.label for part in self.parts) or "Intercept"


INTERCEPT = CoefName("Intercept", ())


@lru_cache(maxsize=4096)
def name_part(
    factor: str, suffix: str = "", r_suffix: str = "", words: str = "", level: str | None = None
) -> NamePart:
    """Return the part of a name made of a factor's text and what its column adds."""
    plain = plain_name(factor)
    shown = "`Intercept`" if plain == "Intercept" else plain
    return NamePart(
        factor, shown + suffix, r_text(factor) + r_suffix, f"{plain}: {words}" if words else plain, level
    )


@lru_cache(maxsize=4096)
def plain_name(factor: str) -> str:
    """Return a column's name without backticks, any other expression as it is.

    Examples
    --------
    >>> plain_name("`a b`"), plain_name("log(`a b`)")
    ('a b', 'log(`a b`)')
    """
    node = parse(factor)
    return node.name if isinstance(node, Name) else factor
