"""Confidence intervals of a fit."""

from __future__ import annotations

import pandas as pd

from glmkit.inference import wald
from glmkit.models.record import Record

__all__ = ["Intervals"]


class Intervals(Record):
    """Intervals for coefficients."""

    def confint(self, method: str = "wald", *, level: float = 0.95, df: float | None = None) -> pd.DataFrame:
        """Return confidence intervals, columns ``conf_low conf_high``.

        Parameters
        ----------
        method : {"wald"}
            estimate -+ quantile * standard error.
        level : float
            Confidence level.
        df : float, optional
            Degrees of freedom of the t quantile. By default those of the p-values beside
            the interval: `df_resid` where the dispersion was estimated, infinite (normal)
            where it is known. ``df=np.inf`` gives R's ``confint.default``.
        """
        return wald.confint(self.estimate, method, level, df)
