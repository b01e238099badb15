"""How linear values are shown: as they are, as means, or as ratios.

A scale takes a value v and its standard error s, both on the scale it was computed on, to
what is printed: h(v), |h'(v)| s, and h of the ends of an interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.families.base import Family

__all__ = ["Back", "LinkScale", "MeanScale", "RatioScale", "mean_scale"]

# Links on which a difference is the log of a ratio.
RATIO_LINKS = ("log", "logit")
# Step of the differences for a bias-adjusted slope: the cube root of a rounding.
DIFFERENCE = 6e-6


class Back(Protocol):
    """A scale to show values on."""

    @property
    def separator(self) -> str:
        """What stands between the names of two means compared."""
        ...

    @property
    def heading(self) -> str:
        """Heading of the estimates."""
        ...

    @property
    def contrast_title(self) -> str:
        """Title of a table of contrasts."""
        ...

    @property
    def sigma(self) -> float:
        """Deviation of the random effect that means are adjusted for."""
        ...

    def show(self, value: Array) -> Array:
        """Return h(v)."""
        ...

    def slope(self, value: Array) -> Array:
        """Return h'(v)."""
        ...

    def of_differences(self) -> Back:
        """Return the scale of contrasts whose coefficients sum to zero."""
        ...

    def of_sums(self) -> Back:
        """Return the scale of other contrasts."""
        ...


@dataclass(frozen=True)
class LinkScale:
    """Values as they are; their contrasts are differences."""

    sigma: float = 0.0
    separator: str = " - "
    heading: str = "Estimate"
    contrast_title: str = "Contrasts"

    def show(self, value: Array) -> Array:
        """Return v."""
        return value

    def slope(self, value: Array) -> Array:
        """Return 1."""
        return np.ones(len(value))

    def of_differences(self) -> Back:
        """Return values as they are, by the usual name."""
        return LinkScale()

    def of_sums(self) -> Back:
        """Return values as they are, by the usual name."""
        return LinkScale()


@dataclass(frozen=True)
class RatioScale:
    """Differences of logs as ratios: exp(v)."""

    heading: str
    sigma: float = 0.0
    separator: str = " / "
    contrast_title: str = "Contrasts as ratios"

    def show(self, value: Array) -> Array:
        """Return exp(v)."""
        with np.errstate(over="ignore", under="ignore"):  # a huge difference: its ratio is inf
            return np.exp(value)

    def slope(self, value: Array) -> Array:
        """Return exp(v)."""
        return self.show(value)

    def of_differences(self) -> Back:
        """Return the same scale: a ratio of ratios."""
        return self

    def of_sums(self) -> Back:
        """Return the link scale: a product is no ratio."""
        return LinkScale()


@dataclass(frozen=True)
class MeanScale:
    """Linear predictors as means, g^-1(v), bias-adjusted for a random effect of deviation sigma if asked."""

    family: Family
    sigma: float = 0.0
    separator: str = " - "
    heading: str = "Mean"
    contrast_title: str = "Contrasts"

    def show(self, value: Array) -> Array:
        """Return g^-1(v) + sigma^2 / 2 times its second derivative."""
        mean = np.asarray(self.family.mean(value).mu)
        if self.sigma == 0.0:
            return mean
        return np.asarray(mean + 0.5 * self.sigma**2 * self.family.link.curvature(value))

    def slope(self, value: Array) -> Array:
        """Return the derivative of what is shown."""
        if self.sigma == 0.0:
            return np.asarray(self.family.mean(value).dmu)
        step = DIFFERENCE * (1.0 + np.abs(value))
        return (self.show(value + step) - self.show(value - step)) / (2.0 * step)

    def of_differences(self) -> Back:
        """Return ratios on a log or logit link, else the link scale."""
        if self.family.link.name not in RATIO_LINKS or self.sigma > 0.0:
            return LinkScale()
        return RatioScale((self.family.ratio_name or "ratio").capitalize())

    def of_sums(self) -> Back:
        """Return the link scale."""
        return LinkScale()


def mean_scale(family: Family, scale: str) -> Back:
    """Return the scale asked for."""
    if scale not in ("link", "response"):
        raise FitError(f'scale={scale!r} is not known. Choose "response" or "link".', argument="scale")
    return LinkScale() if scale == "link" else MeanScale(family)
