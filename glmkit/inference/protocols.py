"""What inference asks of a fitted model."""

from __future__ import annotations

from typing import Protocol, TypeAlias, cast

import pandas as pd

from glmkit.errors import FitError
from glmkit.families.base import Family
from glmkit.families.registry import AnyFamily
from glmkit.fitting.component_fit import ComponentFit
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.scoring import Control
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.estimate import Estimate

__all__ = ["AnyFit", "AnyModel", "FittedModel", "single_predictor"]

AnyFit: TypeAlias = GLMFit | ComponentFit


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


class AnyModel(Protocol):
    """A fitted model with one linear predictor or several."""

    @property
    def frame(self) -> ModelFrame:
        """Rows, response, terms and coding."""
        ...

    @property
    def fit(self) -> AnyFit:
        """The arrays of the fit."""
        ...

    @property
    def estimate(self) -> Estimate:
        """Coefficients with the covariance in use."""
        ...

    @property
    def family(self) -> AnyFamily:
        """The family."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was said about this fit."""
        ...

    def coefficient_names(self, naming: str | None = None) -> pd.Index:
        """Return the names of all coefficients: glmkit's, or "r" or "label"."""
        ...


def single_predictor(model: AnyModel | FittedModel, what: str) -> FittedModel:
    """Return the model as one with a single linear predictor.

    Raises
    ------
    FitError
        It has several, and `what` is not there for it.
    """
    if model.family.model_kind != "glm":
        raise FitError(
            f"{what} is not there for {model.family!r}, whose rows have several linear predictors. Leave it out."
        )
    return cast(FittedModel, model)
