"""Measures and tests of how well a fit describes the response."""

from __future__ import annotations

from glmkit.inference import measures
from glmkit.inference.check import check_report
from glmkit.inference.discrimination import auc_table, brier_table
from glmkit.inference.hosmer_lemeshow import hosmer_lemeshow_report
from glmkit.inference.link_test import link_test_table
from glmkit.inference.spread import overdispersion_table, zero_inflation_table
from glmkit.models.record import Record
from glmkit.tables.table import Report, Table

__all__ = ["Measures"]


class Measures(Record):
    """Measures of fit, and tests of it."""

    @property
    def aicc(self) -> float:
        """Akaike's criterion corrected for few rows; NaN without a likelihood or where n <= k + 1.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth", gk.load_dataset("trees"))
        >>> round(fit.aicc, 3), round(fit.aic, 3)
        (182.534, 181.645)
        """
        return measures.aicc_of(self.fit)

    def r2(self, kind: str | None = None) -> float | Table:
        """Return R-squared of one kind, or a table of all kinds that exist for the family.

        Parameters
        ----------
        kind : {"deviance", "mcfadden", "mcfadden-adjusted", "cox-snell", "nagelkerke", "tjur"}, optional
            Equations (19.2) to (19.6). Without it, the table; what does not exist for the
            family is left out with the reason in a note.

        Returns
        -------
        float, or Table
            The table has one row a kind, columns ``r2 meaning``.

        Raises
        ------
        NoLikelihoodError, FitError
            The kind does not exist for this family; the message says why.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ lwt + smoke", gk.load_dataset("birthwt"), "binomial")
        >>> round(fit.r2("tjur"), 4)
        0.0521
        """
        return measures.r_squared_table(self) if kind is None else measures.r_squared(self, kind)

    def overdispersion_test(self, alternative: str = "greater") -> Table:
        """Return tests of whether the response varies more than the family says.

        Pearson's chi-square for every family of known dispersion; for the Poisson also the two
        regressions of Cameron and Trivedi (1990), for the binomial Dean's (1992) score test.

        Parameters
        ----------
        alternative : {"greater", "two-sided", "less"}
            Of the variance, against the family's.

        Returns
        -------
        Table
            One row a test, columns ``estimate statistic df p_value``.

        Raises
        ------
        FitError
            The dispersion is estimated, the rows are single 0/1 trials, or no degrees of freedom are left.

        Notes
        -----
        Equations (19.7) to (19.9). Rows of frequency k count as k rows.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.overdispersion_test().frame["estimate"].round(3).tolist()
        [3.764, 2.346, 0.091]
        """
        return overdispersion_table(self, alternative)

    def zero_inflation_test(self) -> Table:
        """Return observed against expected zeros, with the score test of van den Broek (1995).

        Returns
        -------
        Table
            One row ``Zeros``, columns ``observed expected ratio statistic df p_value``.

        Raises
        ------
        FitError
            The family is not one of counts, or there are prior weights.

        Notes
        -----
        Equation (19.10): the coefficients count as estimated, whatever the covariates.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("art ~ fem + ment", gk.load_dataset("biochemists"), "poisson")
        >>> zeros = fit.zero_inflation_test().frame.loc["Zeros"]
        >>> zeros[["observed", "expected"]].round(1).tolist()
        [275.0, 187.8]
        """
        return zero_inflation_table(self)

    def hosmer_lemeshow(self, groups: int = 10) -> Report:
        """Return the Hosmer-Lemeshow test with its table of observed and expected events.

        Parameters
        ----------
        groups : int
            Groups by quantiles of the fitted probability. Equal probabilities stay together, so
            that there may be fewer.

        Returns
        -------
        Report
            Tables ``test`` (``statistic df p_value``) and ``groups`` (``prob_low prob_high nobs
            observed expected``).

        Raises
        ------
        FitError
            The family is not the binomial, or fewer than three groups can be formed.

        Notes
        -----
        Equation (19.12), referred to chi-square with two degrees of freedom less than groups.
        Trials and frequencies count as rows.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ lwt + smoke", gk.load_dataset("birthwt"), "binomial")
        >>> fit.hosmer_lemeshow().tables["test"].loc["Hosmer-Lemeshow"].round(3).tolist()
        [6.891, 8.0, 0.548]
        """
        return hosmer_lemeshow_report(self, groups)

    def link_test(self) -> Table:
        """Return Pregibon's (1980) link test: the response on the linear predictor and its square.

        Returns
        -------
        Table
            Rows ``Intercept eta eta^2``; a small p-value of the last speaks against the link.

        Raises
        ------
        FitError
            A robust covariance is in use, a fitted value is infinite, or the linear predictor
            takes fewer than three values.

        Notes
        -----
        Equation (19.13), fitted to the same rows; the offset is part of the linear predictor.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> bool(fit.link_test().frame.loc["eta^2", "p_value"] < 0.001)
        True
        """
        return link_test_table(self)

    def auc(self, level: float = 0.95) -> Table:
        """Return the area under the ROC curve, with DeLong's (1988) standard error and interval.

        Parameters
        ----------
        level : float
            Level of the interval, which is cut off at 0 and 1.

        Returns
        -------
        Table
            One row ``AUC``, columns ``estimate std_error conf_low conf_high``.

        Raises
        ------
        FitError
            The response is not binomial, or holds no event or no failure.

        Notes
        -----
        Equations (19.14) to (19.16). Trials and frequencies count as rows.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ lwt + smoke", gk.load_dataset("birthwt"), "binomial")
        >>> float(fit.auc().frame.loc["AUC", "estimate"].round(4))
        0.6405
        """
        return auc_table(self, level)

    def brier(self, groups: int | None = 10) -> Table:
        """Return the Brier score and its parts: reliability, resolution, uncertainty.

        Parameters
        ----------
        groups : int or None
            Groups by quantiles of the fitted probability; None takes every distinct
            probability as its own group, as Murphy (1973) did.

        Returns
        -------
        Table
            Rows ``brier reliability resolution uncertainty within skill``, column ``value``.

        Raises
        ------
        FitError
            The response is not binomial.

        Notes
        -----
        Equations (19.17) and (19.18); ``within`` is what the grouping leaves (Stephenson et al. 2008).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ lwt + smoke", gk.load_dataset("birthwt"), "binomial")
        >>> float(fit.brier().frame.loc["brier", "value"].round(4))
        0.2038
        """
        return brier_table(self, groups)

    def check(self) -> Report:
        """Return one report on all that can be wrong with the fit, with the call to make next.

        Convergence, separation and edges; missing values; aliasing; events per coefficient;
        overdispersion; zeros; the link; calibration; influence; outliers; collinearity. Each
        is a row ``result verdict advice`` of ``tables["checks"]``, and whatever is not well is
        explained in a note. Verdicts are ``ok``, ``look``, ``act``, or ``-`` where the
        question does not arise.

        Returns
        -------
        Report
            One table, ``checks``; its notes say what is not well.

        Notes
        -----
        The limits: p < 0.01 for the tests, with Pearson's ratio above 1.5 or a tenth more zeros
        than expected beside it; 10 events a coefficient; Cook's distance above the median of F;
        Bonferroni's 5 % for the largest residual; GVIF^(1/(2 Df)) above the root of 10.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.check().tables["checks"].loc["Overdispersion", ["verdict", "advice"]].tolist()
        ['act', 'family=gk.QuasiPoisson()']
        """
        return check_report(self)
