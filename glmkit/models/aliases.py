"""Statsmodels' spellings of glmkit's numbers, and nothing else.

Each is glmkit's own number under the other name. ``conf_int`` is the Wald interval;
where statsmodels' convention differs (its ``scale``, ``bic``, ``aic`` of families with an
estimated dispersion), glmkit's number is given and the docs say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from glmkit.models.results import Results

__all__ = ["StatsmodelsSpellings"]


class StatsmodelsSpellings:
    """Mixin of the attribute names that statsmodels' users type."""

    __slots__ = ()

    @property
    def params(self: Results) -> pd.Series:
        """Coefficients; glmkit's `coef`."""
        return self.coef

    @property
    def bse(self: Results) -> pd.Series:
        """Standard errors; glmkit's `std_error`."""
        return self.std_error

    @property
    def tvalues(self: Results) -> pd.Series:
        """Wald statistics; glmkit's `statistic`."""
        return self.statistic

    @property
    def pvalues(self: Results) -> pd.Series:
        """Two-sided p-values; glmkit's `p_value`."""
        return self.p_value

    def conf_int(self: Results, alpha: float = 0.05) -> pd.DataFrame:
        """Return Wald intervals of level 1 - alpha, columns 0 and 1."""
        return self.confint("wald", level=1.0 - alpha).set_axis([0, 1], axis="columns")

    def cov_params(self: Results) -> pd.DataFrame:
        """Return the covariance of the coefficients; glmkit's `vcov()`."""
        return self.vcov()

    @property
    def llf(self: Results) -> float:
        """Log-likelihood; glmkit's `loglik`."""
        return self.loglik

    @property
    def llnull(self: Results) -> float:
        """Log-likelihood of the null model."""
        return self.null_loglik

    @property
    def fittedvalues(self: Results) -> pd.Series:
        """Fitted means; glmkit's `fitted`."""
        return self.fitted

    @property
    def df_model(self: Results) -> int | float:
        """Columns beyond the intercept: rank less the null model's."""
        return self.df_null - self.df_resid

    @property
    def scale(self: Results) -> float:
        """Dispersion; glmkit's `dispersion`."""
        return self.dispersion

    @property
    def resid_deviance(self: Results) -> pd.Series:
        """Deviance residuals."""
        return self.residuals("deviance")

    @property
    def resid_pearson(self: Results) -> pd.Series:
        """Pearson residuals."""
        return self.residuals("pearson")

    @property
    def resid_response(self: Results) -> pd.Series:
        """Response residuals."""
        return self.residuals("response")

    @property
    def resid_working(self: Results) -> pd.Series:
        """Working residuals."""
        return self.residuals("working")
