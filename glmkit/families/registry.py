"""Families by value, class or name."""

from __future__ import annotations

import difflib
import re
from typing import Final, TypeAlias, TypeVar

from glmkit.errors import FamilyError
from glmkit.families.base import Family
from glmkit.families.beta import Beta, BetaBinomial
from glmkit.families.binomial import Bernoulli, Binomial
from glmkit.families.cumulative import Cumulative
from glmkit.families.link_names import LinkLike, link_from
from glmkit.families.multinomial import Multinomial
from glmkit.families.positive import Gamma, InverseGaussian
from glmkit.families.quasi import Quasi, QuasiBinomial, QuasiPoisson
from glmkit.families.standard import Gaussian, Poisson
from glmkit.families.two_part import Hurdle, ZeroInflated
from glmkit.families.vector import VectorFamily

__all__ = [
    "AnyFamily",
    "FamilyLike",
    "family_from",
    "family_names",
    "glm_family_from",
    "link_from",
    "register_family",
]

AnyFamily: TypeAlias = Family | VectorFamily
FamilyLike: TypeAlias = AnyFamily | type[Family] | type[VectorFamily] | str
_F = TypeVar("_F", bound=type[Family] | type[VectorFamily])

_FAMILIES: Final[dict[str, type[Family] | type[VectorFamily]]] = {}
_CALL: Final = re.compile(r"\s*([\w .-]+?)\s*(?:\(\s*(?:link\s*=\s*)?[\"']?([^\"'()]*)[\"']?\s*\))?\s*$")


def register_family(cls: _F, *aliases: str) -> _F:
    """Make a family known by its class's name, its ``name`` and further aliases."""
    for name in (cls.__name__, cls.name, *aliases):
        _FAMILIES[_key(name)] = cls
    return cls


def family_names() -> tuple[str, ...]:
    """Return the class names of the registered families."""
    return tuple(dict.fromkeys(cls.__name__ for cls in _FAMILIES.values()))


def family_from(value: FamilyLike, link: LinkLike | None = None) -> AnyFamily:
    """Return the family a value, class or name stands for.

    Parameters
    ----------
    value : Family, Family class or str
        Names in any case, in R's or Python's spelling; a link may follow in parentheses.
    link : Link, Link class or str, optional
        Replaces the family's link.

    Raises
    ------
    FamilyError
        For anything else, with the nearest name.

    Examples
    --------
    >>> family_from("inverse.gaussian"), family_from("binomial(probit)"), family_from("poisson", "sqrt")
    (InverseGaussian(link="1/mu^2"), Binomial(link="probit"), Poisson(link="sqrt"))
    """
    family: AnyFamily
    if isinstance(value, Family | VectorFamily):
        family = value
    elif isinstance(value, type) and issubclass(value, Family | VectorFamily):
        family = value()
    elif isinstance(value, str):
        family = _family_named(value)
    else:
        raise FamilyError(
            f"A family is a Family, its class or its name, not {type(value).__name__}. "
            f"Families: {', '.join(family_names())}.",
            family=value,
        )
    return family if link is None else family.with_link(link)


def glm_family_from(value: FamilyLike, link: LinkLike | None = None) -> Family:
    """Return the family with one linear predictor that a value stands for.

    Raises
    ------
    FamilyError
        For a family whose rows have several, and as `family_from`.
    """
    family = family_from(value, link)
    if isinstance(family, VectorFamily):
        raise FamilyError(
            f"{family!r} has several linear predictors for each row, and there is one here. Call gk.glm() with it.",
            family=family,
        )
    return family


def _family_named(text: str) -> AnyFamily:
    match = _CALL.match(text)
    cls = _FAMILIES.get(_key(match.group(1))) if match else None
    if match is None or cls is None:
        raise _unknown(text)
    return cls().with_link(match.group(2)) if match.group(2) else cls()


def _unknown(text: str) -> FamilyError:
    close = difflib.get_close_matches(_key(text.partition("(")[0]), _FAMILIES, n=1)
    hint = f" Did you mean {_FAMILIES[close[0]].__name__}?" if close else ""
    return FamilyError(
        f"There is no family {text!r}.{hint} Families: {', '.join(family_names())}.", family=text
    )


def _key(name: str) -> str:
    return re.sub(r"[\s_.-]", "", name.lower())


register_family(Gaussian, "normal")
register_family(Binomial)
register_family(Bernoulli)
register_family(Poisson)
register_family(Gamma)
register_family(InverseGaussian)
register_family(QuasiPoisson)
register_family(QuasiBinomial)
register_family(Quasi)
register_family(ZeroInflated, "zeroinfl", "zip")
register_family(Hurdle)
register_family(Beta, "betareg")
register_family(BetaBinomial)
register_family(Cumulative, "ordinal", "polr", "clm")
register_family(Multinomial, "softmax", "multinom", "categorical")
