"""Tables of deviance: tests of terms, terms dropped and added, selection, and updated models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, Unpack

from glmkit.inference import anova, single_terms
from glmkit.inference.select import StepScope
from glmkit.models import updating
from glmkit.models.record import Record
from glmkit.models.updating import Changes
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
        Wald tests come from the covariance of this fit alone, (15.4). Each term costs two to
        five iterations, O(n p^2) each, from the larger model's coefficients; types 2 and 3 of
        a linear model (Gaussian, identity link) are in closed form and cost no pass at all.

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

    def drop1(self, scope: str | Sequence[str] | None = None, test: str = "LRT") -> Table:
        """Return the fits without one term each, to the same rows.

        Parameters
        ----------
        scope : str or list of str, optional
            Terms to drop, ``"~ a + b"`` or ``["a", "b"]``. By default all that are marginal
            to no other; offsets stay.
        test : {"LRT", "F", "Rao", "Wald", "none"}
            Of each model against this one, as in `Results.anova`.

        Returns
        -------
        Table
            Rows ``<none>`` and the terms; columns ``df deviance aic statistic p_value``,
            `deviance` and `aic` being those of the model without the term.

        Raises
        ------
        FitError
            The test does not go with the fit, or the scope names no term of the model.

        Notes
        -----
        R's conventions, equation (15.7): where the dispersion is estimated, the AIC holds it
        at this model's (a Gaussian fit has its own), LRT and Rao take Pearson's, and F takes
        deviance / df. A term that is marginal to another is dropped by its columns, which
        depends on the contrasts in use and is said.

        Each refit starts from the restricted least squares of this fit, (15.5), does not
        decide again which columns are independent, and stops when the deviance has settled.
        For a linear model the deviance is known in closed form. Measured on ten terms (14
        columns, 20 000 and 2 000 rows, one core), all ten cost 0.5 and 1.7 cold fits for a
        linear model, 4.5 and 6 for Poisson with log link, 5.5 and 6.5 for logistic regression,
        5.3 and 5.7 for probit, 4.2 and 5.2 for inverse Gaussian and 5.3 and 8.8 for Gamma
        with log link.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.drop1()
        Single term deletions: Poisson, log link
                 Df  Deviance     AIC     LRT  Pr(>Chi)
        <none>         210.39  493.06
        wool      1    226.43  507.09  16.039  6.21e-05
        tension   2    281.33  560.00  70.942  3.94e-16
        Likelihood ratio tests, referred to chi-square.
        Dispersion 1 (known).
        """
        return single_terms.drop1(self, scope, test)

    def add1(self, scope: str | Sequence[str], test: str = "LRT") -> Table:
        """Return the fits with one more term each, all to the same rows.

        Parameters
        ----------
        scope : str or list of str
            What may come: ``". ~ . + x + z"``, ``"~ a * b"``, ``"x"`` or ``["x", "z"]``. An
            interaction comes only when its margins are there.
        test : {"LRT", "F", "Rao", "Wald", "none"}
            Of each model against this one, as in `Results.anova`.

        Returns
        -------
        Table
            Rows ``<none>`` and the new terms; columns ``df deviance aic statistic p_value``.

        Raises
        ------
        FitError, FormulaError
            The test does not go with the fit; the scope cannot be read or adds nothing.

        Warns
        -----
        DroppedRowsWarning
            A new term has missing values: all models, this one too, are fitted to the rows
            that are complete in all terms of the scope.

        Notes
        -----
        As in R, LRT, Rao and the AIC hold an estimated dispersion at that of this model (a
        Gaussian fit has its own), and F takes deviance / df of each larger model.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.add1("wool * tension").frame["statistic"].round(3).to_dict()
        {'<none>': nan, 'tension': 70.942}
        """
        return single_terms.add1(self, scope, test)

    def step(
        self,
        direction: str = "both",
        criterion: str | float = "aic",
        scope: StepScope | None = None,
    ) -> Self:
        """Return the fit that no single step improves, terms going and coming one at a time.

        Parameters
        ----------
        direction : {"both", "backward", "forward"}
            Whether terms may go and come, only go, or only come.
        criterion : {"aic", "bic"} or float
            A number is k in -2 log L + k * parameters.
        scope : formula, list of terms or dict, optional
            The largest model; ``{"lower": ..., "upper": ...}`` also says what stays. By
            default every term may go and none is new.

        Returns
        -------
        Results
            Its `step_path` is the path as a Table (``df deviance df_resid resid_deviance``
            and the criterion), and a note says what selection does to inference.

        Raises
        ------
        NoLikelihoodError
            A quasi family.
        FitError
            Unknown direction or criterion, or a robust covariance.

        Warns
        -----
        DroppedRowsWarning
            A term of the scope has missing values: all models are fitted to the rows that
            are complete in all of it.

        Notes
        -----
        Marginality is kept. The criterion is that of every model's own maximum, so that for
        Gamma and inverse Gaussian fits it is the `aic` of the refit, where R's ``step`` holds
        the dispersion of the model before. No model is fitted twice.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ age + lwt + smoke + ht", gk.load_dataset("birthwt"), "binomial")
        >>> chosen = fit.step()
        >>> chosen.terms
        ('lwt', 'smoke', 'ht')
        >>> chosen.step_path
        Stepwise selection
                 Df  Deviance  Resid. Df  Resid. Dev     AIC
        <start>                      184      215.68  225.68
        - age     1    1.1734        185      216.86  224.86
        Df and deviance are the change at each step.
        """
        return updating.stepped(self, direction, criterion, scope)

    def update(self, formula: str = ". ~ .", **changes: Unpack[Changes]) -> Self:
        """Return the model fitted anew with another formula, other data or other arguments.

        Parameters
        ----------
        formula : str
            ``.`` is what was there: ``". ~ . - x"``, ``"log(.) ~ ."``, ``"~ . + z"``.
        **changes
            Any argument of `glm` but the formula; all that is not named stays as it was
            given (a starting value and a robust covariance do not).

        Returns
        -------
        Results
            A new fit; this one stays as it is.

        Raises
        ------
        FormulaError, DataError, FamilyError, FitError
            As `glm`; and for a fit to arrays, what would need a formula.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.update(". ~ . - wool:tension").formula
        'breaks ~ wool + tension'
        >>> round(fit.update(family="quasipoisson").dispersion, 3)
        3.764
        """
        return updating.updated(self, formula, changes)
