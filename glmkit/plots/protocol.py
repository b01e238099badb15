"""What a picture asks of a fit: the methods every `Results` has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd

from glmkit.inference.protocols import FittedModel

__all__ = ["DrawnFit"]


class DrawnFit(FittedModel, Protocol):
    """A fit with the methods that pictures are made from."""

    @property
    def coef(self) -> pd.Series: ...  # noqa: D102
    @property
    def fitted(self) -> pd.Series: ...  # noqa: D102
    @property
    def linear_predictor(self) -> pd.Series: ...  # noqa: D102
    @property
    def trace(self) -> pd.DataFrame: ...  # noqa: D102
    def residuals(self, type: str = ..., seed: int | None = ...) -> Any: ...  # noqa: D102
    def rstandard(self, type: str = ...) -> pd.Series: ...  # noqa: D102
    def hatvalues(self) -> pd.Series: ...  # noqa: D102
    def cooks_distance(self) -> pd.Series: ...  # noqa: D102
    def tidy(self, level: float = ..., exponentiate: bool = ...) -> pd.DataFrame: ...  # noqa: D102
    def emmeans(self, specs: Any, by: Any = ..., at: Mapping[str, object] | None = ...) -> Any: ...  # noqa: D102
    def predict(self, newdata: object = ..., type: str = ...) -> Any: ...  # noqa: D102
