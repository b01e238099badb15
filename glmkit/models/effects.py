"""What the model says: marginal means, slopes and their tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glmkit.inference.emmeans.marginal_means import Options, joint_tests, marginal_means, marginal_slopes
from glmkit.inference.emmeans.means import MarginalMeans
from glmkit.models.record import Record
from glmkit.tables.table import Table

__all__ = ["Effects"]


class Effects(Record):
    """Marginal means and slopes."""

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
            means use `predictions`.
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
            ``.test()``, ``.letters()``, ``.regrid()``, ``.bias_adjusted()``.

        Raises
        ------
        FitError
            An unknown variable, level or option; a grid that is too large.

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
        return marginal_means(self, specs, by, at, options)

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

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("body_mass_g ~ species * flipper_length_mm", gk.load_dataset("penguins").dropna())
        >>> fit.emtrends("species", "flipper_length_mm").frame["estimate"].round(1).tolist()
        [32.7, 34.6, 54.2]
        """
        options = Options(weights=weights, df=df)
        return marginal_slopes(self, specs, var, by, at, options)

    def joint_tests(
        self, by: str | Sequence[str] | None = None, at: Mapping[str, object] | None = None
    ) -> Table:
        """Return tests of the factors' effects through their marginal means, like type III.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.joint_tests()["df"].tolist()
        [1, 2, 2]
        """
        return joint_tests(self, by, at)
