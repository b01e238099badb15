"""Statsmodels' spellings of glmkit's numbers, and nothing else.

Each is glmkit's own number under the other name. ``conf_int`` is the Wald interval;
where statsmodels' convention differs (``bic``, and ``aic`` of families with an estimated
dispersion), glmkit's number is given and the docs say so.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

__all__ = ["StatsmodelsSpellings"]

# The other name, glmkit's own, and what it is.
SPELLINGS = {
    "params": ("coef", "Coefficients"),
    "bse": ("std_error", "Standard errors"),
    "tvalues": ("statistic", "Wald statistics"),
    "pvalues": ("p_value", "Two-sided p-values"),
    "llf": ("loglik", "Log-likelihood"),
    "llnull": ("null_loglik", "Log-likelihood of the null model"),
    "fittedvalues": ("fitted", "Fitted means"),
    "scale": ("dispersion", "Dispersion"),
}
RESIDUALS = ("deviance", "pearson", "response", "working")


class StatsmodelsSpellings:
    """Mixin of the names that users of statsmodels type."""

    params: pd.Series
    bse: pd.Series
    tvalues: pd.Series
    pvalues: pd.Series
    fittedvalues: pd.Series
    llf: float
    llnull: float
    scale: float
    resid_deviance: pd.Series
    resid_pearson: pd.Series
    resid_response: pd.Series
    resid_working: pd.Series

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return Wald intervals of level 1 - alpha, columns 0 and 1.

        Parameters
        ----------
        alpha : float
            One less the level of the intervals.

        Returns
        -------
        DataFrame, (p, 2), by coefficient
            On the link scale; glmkit's `confint` with ``"wald"``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.conf_int(alpha=0.1).round(3).values.tolist()
        [[3.378, 3.492], [-0.291, -0.121]]
        """
        model: Any = self
        interval: pd.DataFrame = model.confint("wald", level=1.0 - alpha)
        return interval.set_axis([0, 1], axis="columns")

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of the coefficients; glmkit's `Results.vcov`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> bool((fit.cov_params() == fit.vcov()).all(axis=None))
        True
        """
        model: Any = self
        covariance: pd.DataFrame = model.vcov()
        return covariance

    @property
    def df_model(self) -> int | float:
        """Estimated columns beyond the null model's: `Results.df_null` less `Results.df_resid`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.df_model
        1
        """
        model: Any = self
        difference: int | float = model.df_null - model.df_resid
        return difference


def _spelling(own: str, meaning: str) -> property:
    def get(self: Any) -> Any:
        return getattr(self, own)

    get.__doc__ = f"{meaning}; glmkit's `Results.{own}`."
    return property(get)


def _residuals(kind: str) -> property:
    def get(self: Any) -> Any:
        return self.residuals(kind)

    get.__doc__ = f'{kind.capitalize()} residuals; glmkit\'s ``residuals("{kind}")``.'
    return property(get)


for _name, (_own, _meaning) in SPELLINGS.items():
    setattr(StatsmodelsSpellings, _name, _spelling(_own, _meaning))
for _kind in RESIDUALS:
    setattr(StatsmodelsSpellings, f"resid_{_kind}", _residuals(_kind))
