"""What a family says of its parameters besides the mean: dispersion, theta, power.

A *nuisance parameter* is a number of the family that can be estimated with the
coefficients: theta of the negative binomial, the power of the Tweedie family. A family
that leaves it open is ``pending``; the fit replaces it by one that has the estimate and
remembers that it was ``estimated``, so that a new fit estimates it again
(:meth:`Parameters.released`) while tests within the model hold it.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple, Self

from glmkit._typing import Array

__all__ = ["Nuisance", "Parameters", "Sample"]


class Sample(NamedTuple):
    """The rows a nuisance parameter is estimated from, (n,) each; all of positive weight."""

    y: Array
    mu: Array
    prior: Array
    """Prior weights."""
    counts: Array
    """How often each row counts."""


class Nuisance(NamedTuple):
    """An estimated nuisance parameter."""

    value: float
    std_error: float
    """From the observed information at fixed means; NaN on the edge of its range."""


class Parameters:
    """The part of a family that concerns its parameters."""

    counted_dispersion: ClassVar[int] = 0
    """Dispersions the AIC counts besides the coefficients."""
    nuisance_name: ClassVar[str] = ""
    """Name of the parameter that can be estimated; empty where there is none."""
    nuisance_precision: ClassVar[float] = 0.0
    """Error of the estimate at given means, in standard errors: less is not asked of a fit."""

    @property
    def nuisance_value(self) -> float:
        """The nuisance parameter; NaN where there is none, or it is pending."""
        return float("nan")

    @property
    def pending(self) -> bool:
        """Whether the nuisance parameter is still to be estimated."""
        return False

    @property
    def counted_parameters(self) -> int:
        """Parameters the AIC counts besides the coefficients."""
        return self.counted_dispersion

    def released(self) -> Self:
        """Return the family with its estimated nuisance parameter open again."""
        return self

    def held(self, value: float) -> Self:
        """Return the family with its nuisance parameter at an estimate."""
        raise NotImplementedError

    def first_nuisance(self, sample: Sample) -> float:
        """Return where the search for the nuisance parameter starts: the simplest family."""
        return float("nan")

    def nuisance_at(self, sample: Sample) -> Nuisance:
        """Return the maximum likelihood estimate of the nuisance parameter at these means.

        Asked of the family with the estimate of the round before.
        """
        return Nuisance(float("nan"), float("nan"))

    def edge_note(self) -> str | None:
        """Return a sentence where the estimate lies on the edge of its range, or None."""
        return None
