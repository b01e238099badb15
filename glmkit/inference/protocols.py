"""What inference asks of a fitted model."""

from __future__ import annotations

from typing import Protocol

from glmkit.families.base import Family
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.scoring import Control
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.estimate import Estimate

__all__ = ["FittedModel"]


class FittedModel(Protocol):
    """A fitted generalized linear model: the frame, the fit and the estimate."""

    @property
    def frame(self) -> ModelFrame:
        """Rows, response, terms and coding."""
        ...

    @property
    def fit(self) -> GLMFit:
        """The arrays of the fit."""
        ...

    @property
    def estimate(self) -> Estimate:
        """Coefficients with the covariance in use."""
        ...

    @property
    def family(self) -> Family:
        """The family, with its link and its fixed or estimated parameters."""
        ...

    @property
    def control(self) -> Control:
        """How the iterations were run."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was said about this fit."""
        ...
