"""What the package maketables asks a fit for, so that its tables and Great Tables take one.

It looks first for the names statsmodels uses (``params bse pvalues`` and the ones below),
then for the attributes of its own plug-in format. Both give the same numbers here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from glmkit.inference.etable import STATISTICS
from glmkit.inference.measures import r_squared
from glmkit.inference.wald import coefficient_frame
from glmkit.models.record import Record

__all__ = ["MaketablesHooks"]

# maketables' words for columns and statistics, and ours.
COLUMNS = {"b": "estimate", "se": "std_error", "t": "statistic", "p": "p_value"}
WORDS = {
    "N": "nobs",
    "ll": "loglik",
    "se_type": "covariance",
    **{
        word: word
        for word in ("aic", "aicc", "bic", "deviance", "null_deviance", "df_resid", "dispersion", "link")
    },
    **{word: word for word in ("family", "rank")},
}


class MaketablesHooks(Record):
    """The attributes maketables reads."""

    @property
    def cov_type(self) -> str:
        """How the covariance was found; statsmodels' name for `estimate.label`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.cov_type, fit.with_vcov("HC1").cov_type
        ('model-based', 'HC1')
        """
        return self.estimate.label

    @property
    def endog_names(self) -> str:
        """The response as written; statsmodels' name.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.endog_names
        'breaks'
        """
        return self.frame.response.label

    @property
    def prsquared(self) -> float | None:
        """McFadden's R-squared; None where it does not exist. Statsmodels' name.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ lwt + smoke", gk.load_dataset("birthwt"), "binomial")
        >>> round(fit.prsquared, 4)
        0.044
        """
        return r_squared(self, "mcfadden") if self._has_mcfadden else None

    @property
    def rsquared(self) -> float | None:
        """R-squared of a linear model; None for any other. Statsmodels' name.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth", gk.load_dataset("trees"))
        >>> round(fit.rsquared, 4)
        0.9353
        """
        return r_squared(self, "deviance") if self._is_linear_model else None

    @property
    def rsquared_adj(self) -> float | None:
        """Adjusted R-squared of a linear model; None for any other. Statsmodels' name.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth", gk.load_dataset("trees"))
        >>> round(fit.rsquared_adj, 4)
        0.9331
        """
        share = self.rsquared
        return (
            None
            if share is None or self.fit.df_resid <= 0
            else 1.0 - (1.0 - share) * self.fit.df_null / self.fit.df_resid
        )

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        """Coefficients in the columns ``b se t p ci95l ci95u ci90l ci90u``."""
        frame = coefficient_frame(self.estimate)
        table = frame[list(COLUMNS.values())].set_axis(list(COLUMNS), axis="columns")
        for percent in (95, 90):
            ends = coefficient_frame(self.estimate, percent / 100)
            table[f"ci{percent}l"], table[f"ci{percent}u"] = ends["conf_low"], ends["conf_high"]
        return table.rename_axis("Coefficient")

    def __maketables_stat__(self, key: str) -> Any:
        """Return a statistic by maketables' word for it; None for one it does not know."""
        other: dict[str, Callable[[], Any]] = {
            "pseudo_r2": lambda: self.prsquared,
            "r2": lambda: self.rsquared,
            "adj_r2": lambda: self.rsquared_adj,
        }
        return other[key]() if key in other else STATISTICS[WORDS[key]](self) if key in WORDS else None

    @property
    def __maketables_depvar__(self) -> str:
        """The response as written."""
        return self.frame.response.label

    @property
    def __maketables_vcov_info__(self) -> dict[str, object]:
        """How the covariance was found."""
        return {"vcov_type": self.estimate.label, "clustervar": None}

    @property
    def __maketables_var_labels__(self) -> dict[str, str]:
        """Readable labels of the coefficients."""
        return {name.name: name.label for name in self.frame.names}

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        """The statistics shown without asking."""
        return ["N", "r2"] if self._is_linear_model else ["N", "ll", "aic"]

    @property
    def _is_linear_model(self) -> bool:
        return (
            self.family.dispersion is None and self.family.canonical and self.family.link.name == "identity"
        )

    @property
    def _has_mcfadden(self) -> bool:
        return self.family.has_likelihood and self.family.discrete
