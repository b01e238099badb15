"""What a fit prints, and its numbers as plain data frames."""

from __future__ import annotations

import pandas as pd

from glmkit.inference import summary, tidy
from glmkit.models.record import Record
from glmkit.tables.table import Report

__all__ = ["Presentation"]


class Presentation(Record):
    """Summaries and tidy frames."""

    def summary(
        self,
        exponentiate: bool = False,
        level: float = 0.95,
        ci: str = "wald",
        names: str | None = None,
        stars: bool = False,
        dispersion: float | None = None,
        terms: bool = False,
    ) -> Report:
        """Return the summary: what was fitted to which rows, coefficients, and how well it fits.

        Parameters
        ----------
        exponentiate : bool
            Show exp(estimate) and its interval under the ratio's own name.
        level : float
            Level of the intervals.
        ci : {"wald", "profile", "score"}
            Kind of interval; statistic and p-value are of the matching test: estimate over
            standard error, the signed root of the likelihood ratio, that of Rao's score.
        names : {None, "r", "label"}
            Coefficient names as glmkit, as R, or as readable labels.
        stars : bool
            Mark small p-values, with a legend.
        dispersion : float, optional
            Use this dispersion instead, and the normal distribution, as R does.
        terms : bool
            Add a table with one p-value per term: ``anova(type=2)`` with its default test.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), gk.Poisson())
        >>> list(fit.summary().tables["coefficients"].index)
        ['Intercept', 'wool[T.B]']
        """
        options = summary.Options(exponentiate, level, ci, names, stars, dispersion, terms)
        return summary.summary_report(self, options)

    def tidy(self, level: float = 0.95, exponentiate: bool = False, ci: str = "wald") -> pd.DataFrame:
        """Return one row per coefficient: ``term estimate std_error statistic p_value conf_low conf_high``.

        Statistic, p-value and interval are those of `ci`, as in `summary`.
        """
        return tidy.tidy(self, level, exponentiate, ci)

    def glance(self) -> pd.DataFrame:
        """Return one row for the model: deviances, degrees of freedom, likelihood, criteria."""
        return tidy.glance(self)

    def augment(self) -> pd.DataFrame:
        """Return one row per row used: response, fitted values, residuals, leverage."""
        return tidy.augment(self)

    def __repr__(self) -> str:
        """Return the short printed form."""
        return str(summary.short_report(self))

    def _repr_html_(self) -> str:
        return summary.short_report(self).to_html()
