"""What the model says: marginal means, slopes and their tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glmkit.inference.effects import tables
from glmkit.inference.emmeans.marginal_means import Options, joint_tests, marginal_means, marginal_slopes
from glmkit.inference.replicates import Replicates
from glmkit.models.means import MarginalMeans, drawable
from glmkit.models.record import Record
from glmkit.tables.table import Table

__all__ = ["Effects"]


class Effects(Record):
    """Marginal means and slopes, marginal effects, comparisons and average predictions."""

    def emmeans(
        self,
        specs: str | Sequence[str],
        by: str | Sequence[str] | None = None,
        at: Mapping[str, object] | None = None,
        scale: str = "response",
        *,
        weights: str = "equal",
        offset: float | None = None,
        exposure: float | None = None,
        df: float | None = None,
    ) -> MarginalMeans:
        """Return estimated marginal means: predictions over a balanced grid, averaged.

        Parameters
        ----------
        specs : str or list of str
            The variables of the means: ``"wool"``, ``"wool + tension"``, ``"wool | tension"``
            (wool within tension); ``"1"`` for the overall mean.
        by : str or list of str, optional
            Variables within which means are compared.
        at : dict, optional
            Values of variables: ``{"age": [30, 60]}``. By default every level of a factor
            used and the mean of a covariate over the rows used.
        scale : {"response", "link"}
            What is shown. Averages are always taken on the link scale; for averages of
            means use `predictions`. Responses with levels have means on the scale of
            probabilities only.
        weights : {"equal", "proportional", "outer", "cells"}
            How the factors averaged over count: all levels alike; by the frequency of their
            combinations; by the product of their marginal frequencies; by the cells observed.
        offset, exposure : float, optional
            The whole offset on the link scale, or its exponential (0 and 1 give rates). By default
            the mean offset of the rows used.
        df : float, optional
            Degrees of freedom; ``np.inf`` for the normal distribution.

        Returns
        -------
        MarginalMeans
            Prints as a table; ``.frame``, ``.pairs()``, ``.contrast()``, ``.confint()``,
            ``.test()``, ``.letters()``, ``.regrid()``, ``.bias_adjusted()``, ``.plot()``.

        Raises
        ------
        FitError
            An unknown variable, level or option; a grid that is too large.

        Notes
        -----
        Of a response with levels (`Multinomial`, `Cumulative`) each mean is a probability, averaged
        as such, and the level is a further factor by the name of the response (``level`` for counts
        per level). Means are compared within it, unless `specs` or `by` names it.

        References
        ----------
        Searle, Speed & Milliken (1980), The American Statistician 34, 216-221.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("wool", by="tension").pairs().frame["estimate"].round(3).tolist()
        [1.579, 0.834, 1.308]
        """
        options = Options(scale, weights, offset, exposure, df)
        return drawable(marginal_means(self, specs, by, at, options))

    def emtrends(
        self,
        specs: str | Sequence[str],
        var: str,
        by: str | Sequence[str] | None = None,
        at: Mapping[str, object] | None = None,
        *,
        weights: str = "equal",
        df: float | None = None,
    ) -> MarginalMeans:
        """Return slopes of the linear predictor by a covariate, for each combination of `specs`.

        Parameters
        ----------
        specs, by, at, weights, df
            As in `emmeans`.
        var : str
            The covariate.

        Returns
        -------
        MarginalMeans
            Columns ``estimate std_error df conf_low conf_high``, as of `emmeans`; equation (25.3).

        Examples
        --------
        >>> import glmkit as gk
        >>> penguins = gk.load_dataset("penguins").dropna()
        >>> fit = gk.glm("body_mass_g ~ species * flipper_length_mm", penguins)
        >>> fit.emtrends("species", "flipper_length_mm").frame["estimate"].round(1).tolist()
        [32.7, 34.6, 54.2]
        """
        options = Options(weights=weights, df=df)
        return drawable(marginal_slopes(self, specs, var, by, at, options))

    def joint_tests(
        self, by: str | Sequence[str] | None = None, at: Mapping[str, object] | None = None
    ) -> Table:
        """Return tests of the factors' effects through their marginal means, like type III.

        Parameters
        ----------
        by : str or list of str, optional
            Variables within whose levels the others are tested.
        at : dict, optional
            Values of variables in the grid, as in `emmeans`.

        Returns
        -------
        Table
            One row for each effect of the factors, columns ``term df statistic p_value``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.joint_tests()["df"].tolist()
        [1, 2, 2]
        """
        return joint_tests(self, by, at)

    def marginal_effects(
        self,
        variables: str | Sequence[str] | None = None,
        at: Mapping[str, object] | str | None = None,
        by: str | Sequence[str] = (),
        *,
        kind: str = "dydx",
        level: float = 0.95,
        newdata: object = None,
        replicates: Replicates | None = None,
    ) -> Table:
        """Return average marginal effects on the scale of the response.

        For a covariate the average slope of the mean; for a factor the average change from
        its first level. The formula is evaluated anew, so that ``poly(x, 2) * z`` follows x.

        Parameters
        ----------
        variables : str or list of str, optional
            All variables of the terms by default.
        at : dict or "means", optional
            Other values of some variables, one table row for each combination; or one row of
            means and most frequent levels.
        by : str or list of str
            Columns of the data within which effects are averaged.
        kind : {"dydx", "eyex", "eydx", "dyex"}
            Slope, or elasticity: relative change of the mean for a relative change of x, and
            the two mixed ones.
        level : float
            Level of the intervals.
        newdata : DataFrame, optional
            Rows to average over instead of those of the fit; any kind that `glm` reads.
        replicates : Replicates, optional
            Of ``fit.bootstrap()``: standard deviations and percentile intervals over them,
            for the same rows, instead of the delta method.

        Returns
        -------
        Table
            ``term contrast estimate std_error statistic p_value conf_low conf_high``; standard
            errors by the delta method, from the covariance in use. A response with levels has a
            row for the probability of each, named in the column ``level``.

        Notes
        -----
        Equations (25.4) to (25.7).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("case ~ spontaneous * age", gk.load_dataset("infert"), "binomial")
        >>> fit.marginal_effects("spontaneous").frame["estimate"].round(3).tolist()
        [0.202]
        """
        return tables.marginal_effects(self, variables, kind, _options(by, at, level, newdata, replicates))

    def comparisons(
        self,
        variables: str | Sequence[str] | Mapping[str, object] | None = None,
        at: Mapping[str, object] | str | None = None,
        by: str | Sequence[str] = (),
        *,
        comparison: str = "difference",
        level: float = 0.95,
        newdata: object = None,
        replicates: Replicates | None = None,
    ) -> Table:
        """Return comparisons of average predictions under two values of a variable (g-computation).

        Every row is predicted twice, with the variable set to either value and all else as
        observed, and the averages are compared: standardised risk differences, risk ratios
        and numbers needed to treat.

        Parameters
        ----------
        variables : str, list or dict, optional
            A dict says which values: ``{"age": (30, 60)}``, a step ``{"age": 10}``, ``"sd"``,
            ``"iqr"``; for a factor two levels, ``"reference"`` or ``"pairwise"``. By default x + 1
            against x, and each level against the first.
        at, by, level, newdata, replicates
            As in `marginal_effects`.
        comparison : {"difference", "ratio", "lift", "odds_ratio", "nnt"}
            b - a; b / a; b / a - 1; ratio of the odds; 1 / (b - a).

        Returns
        -------
        Table
            As of `marginal_effects`; ratios are tested and bounded on the log scale,
            equation (25.8).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ smoke + age + lwt", gk.load_dataset("birthwt"), "binomial")
        >>> ratio = fit.comparisons({"smoke": (0, 1)}, comparison="ratio")
        >>> ratio.frame["estimate"].round(2).tolist()
        [1.55]
        """
        return tables.comparisons(self, variables, comparison, _options(by, at, level, newdata, replicates))

    def predictions(
        self,
        by: str | Sequence[str] = (),
        at: Mapping[str, object] | str | None = None,
        *,
        type: str = "response",
        level: float = 0.95,
        newdata: object = None,
        replicates: Replicates | None = None,
    ) -> Table:
        """Return average predictions, by group and with some variables set to chosen values.

        Parameters
        ----------
        by, at, level, newdata, replicates
            As in `marginal_effects`.
        type : {"response", "link"}
            Averages of means, or of linear predictors.

        Returns
        -------
        Table
            ``estimate std_error conf_low conf_high`` beside the groups, and the ``level`` of a
            response that has some. On the link scale also ``statistic p_value``: that a mean of
            the response is 0 is no hypothesis, that a predictor is 0 may be one.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.predictions(by="wool").frame["estimate"].round(3).tolist()
        [31.037, 25.259]
        """
        return tables.average_predictions(self, type, _options(by, at, level, newdata, replicates))


def _options(
    by: str | Sequence[str],
    at: Mapping[str, object] | str | None,
    level: float,
    newdata: object,
    replicates: Replicates | None,
) -> tables.Options:
    return tables.Options((by,) if isinstance(by, str) else tuple(by), at, level, newdata, replicates)
