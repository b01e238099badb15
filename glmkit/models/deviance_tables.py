"""Tables of deviance: tests of terms, terms dropped and added, selection, and updated models."""

from __future__ import annotations

from glmkit.inference import anova
from glmkit.models.record import Record
from glmkit.tables.table import Table

__all__ = ["DevianceTables"]


class DevianceTables(Record):
    """Tests of the terms of a model, and models with other terms."""

    def anova(self, type: int = 1, test: str | None = None) -> Table:
        """Return the analysis of deviance of the terms.

        Parameters
        ----------
        type : {1, 2, 3}
            1: each term after those before it. 2: each term after all that do not contain
            it. 3: each term after all others, with contrasts that sum to zero, whatever
            the contrasts in use.
        test : {None, "LRT", "F", "Rao", "Wald", "none"}
            Likelihood ratio, F, Rao's score or Wald's test. By default LRT where the
            dispersion is known, F where it is estimated, and Wald with a robust
            covariance, which the others refuse.

        Returns
        -------
        Table
            Type 1: rows ``NULL`` and the terms, columns ``df deviance df_resid
            resid_deviance statistic p_value``. Types 2 and 3: columns ``df statistic
            p_value``, for F with a row ``Residuals``. ``"none"`` leaves out the last two
            (types 2 and 3 then give ``df deviance``). NaN where a term has no degrees of
            freedom of its own.

        Raises
        ------
        FitError
            Unknown type or test, or one that does not go with the fit.

        Notes
        -----
        Equations (15.1) to (15.5). All tests use the dispersion of this model, Pearson's
        where it is estimated. LRT, Rao and Wald are referred to chi-square. The sequential
        Wald tests come from the covariance of this fit alone, (15.4). Each term costs
        about two iterations, O(n p^2) each, from the larger model's coefficients.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.anova()
        Analysis of deviance: Poisson, log link
                      Df  Deviance  Resid. Df  Resid. Dev     LRT  Pr(>Chi)
        NULL                               53      297.37
        wool           1    16.039         52      281.33  16.039  6.21e-05
        tension        2    70.942         50      210.39  70.942  3.94e-16
        wool:tension   2    28.087         48      182.31  28.087  7.96e-07
        Terms added one after another, first to last.
        Likelihood ratio tests, referred to chi-square.
        Dispersion 1 (known).
        >>> fit.anova(type=3).frame["statistic"].round(3).tolist()
        [11.678, 63.297, 28.087]
        """
        return anova.anova(self, type, test)
