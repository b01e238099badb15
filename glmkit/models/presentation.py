"""What a fit prints, and its numbers as plain data frames."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from glmkit.inference import equation, prose, summary, tidy
from glmkit.models.record import Record
from glmkit.tables.equation import Equation
from glmkit.tables.polars_frame import in_frame
from glmkit.tables.prose import Prose
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

        Returns
        -------
        Report
            Prints as text, HTML, Markdown and LaTeX; ``.tables["coefficients"]``, and ``["terms"]``
            where asked for, hold the numbers.

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

        Parameters
        ----------
        level : float
            Level of the intervals.
        exponentiate : bool
            Give exp(estimate) and its interval.
        ci : {"wald", "profile", "score"}
            Kind of interval, and of the statistic and p-value beside it, as in `summary`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.tidy(exponentiate=True)[["term", "estimate"]].round(3).values.tolist()
        [['Intercept', 31.037], ['wool[T.B]', 0.814]]
        """
        return tidy.tidy(self, level, exponentiate, ci)

    def glance(self) -> pd.DataFrame:
        """Return one row for the model: deviances, degrees of freedom, likelihood, criteria.

        Returns
        -------
        DataFrame with one row
            ``nobs rank df_resid df_null deviance null_deviance loglik aic bic dispersion
            pearson_chi2 converged n_iter``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.glance()[["nobs", "deviance", "aic"]].round(2).values.tolist()
        [[54.0, 281.33, 560.0]]
        """
        return tidy.glance(self)

    def augment(self, *, as_frame: str = "pandas") -> pd.DataFrame:
        """Return one row per row used: response, fitted values, residuals, leverage.

        Parameters
        ----------
        as_frame : {"pandas", "polars"}
            The library of the result; polars has row labels as a column, and NaN as null.

        Returns
        -------
        DataFrame, (n, 6), by row label
            ``response fitted linear_predictor residual pearson hat``; residuals of the deviance.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.augment().columns.tolist()
        ['response', 'fitted', 'linear_predictor', 'residual', 'pearson', 'hat']
        """
        return in_frame(tidy.augment(self), as_frame)

    def equation(
        self, numbers: bool = False, format: str = "text", names: Mapping[str, str] | None = None
    ) -> Equation:
        r"""Return the model as equations: the distribution, the link of the mean, the linear predictor.

        A notebook renders it; ``print`` shows what `format` names.

        Parameters
        ----------
        numbers : bool
            Write the estimates, with the digits of the coefficient table, for the symbols
            ``b0 b1 ...``; then also the dispersion and the family's own parameters.
        format : {"text", "latex"}
            What ``str`` gives: text, or an ``align*`` environment (amsmath).
        names : dict, optional
            What to call variables and expressions: ``{"breaks": "Y"}``.

        Returns
        -------
        Equation
            ``.to_text()``, ``.to_latex()``, ``.to_markdown()``, ``.to_html()``. Levels are
            indicators, ``[wool = B]``; aliased columns are left out, with a note; of a term with
            more than twelve columns the first and the last are written.

        Raises
        ------
        FitError
            An unknown format, or names the model does not use.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.equation(numbers=True)
        breaks ~ Poisson(mu)
        log(mu) = 3.692 - 0.206 [wool = B] - 0.321 [tension = M] - 0.518 [tension = H]
        <BLANKLINE>
        [A] is 1 where A holds, and 0 elsewhere.
        """
        return equation.equation(self, numbers, format, names)

    def report(self, ci: str = "wald", level: float = 0.95) -> Prose:
        """Return the fit in the words of a paper, to be edited, not to be pasted unread.

        What was modelled and to which rows, the test against the model without terms, the
        dispersion, the covariance in use, each term with its estimates, intervals and tests, and
        what a reader has to know: interactions, aliased columns, infinite estimates.

        Parameters
        ----------
        ci : {"wald", "profile", "score"}
            Kind of interval, and of the test beside it, as in `summary`.
        level : float
            Level of the intervals.

        Returns
        -------
        Prose
            ``.to_text()``, ``.to_markdown()``, ``.to_html()``, ``.to_latex()``, and ``.paragraphs``.
            Exponentiated estimates have the name of their ratio; terms of several columns have
            the test of `Results.anova` of type 2, or Wald's under a robust covariance; of terms with
            more than eight columns the range stands, and after fifteen terms their number.

        Raises
        ------
        FitError
            Profile or score intervals under a robust covariance.

        References
        ----------
        American Psychological Association (2020), Publication Manual, 7th ed., sections 6.43
        to 6.45; von Elm et al. (2007), the STROBE statement, Lancet 370, 1453-1457.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "quasipoisson")
        >>> print(fit.report().paragraphs[2])
        wool: B vs A, rate ratio 0.81, 95 % CI [0.63, 1.04], t(52) = -1.664, p = 0.102.
        """
        return prose.prose(self, prose.Options(ci, level, self.method))

    def __repr__(self) -> str:
        """Return the short printed form."""
        return str(summary.short_report(self))

    def _repr_html_(self) -> str:
        return summary.short_report(self).to_html()
