"""What each row does to the fit, and what the terms do to each other."""

from __future__ import annotations

import pandas as pd

from glmkit._typing import Array
from glmkit.inference import influence, influence_table, vif
from glmkit.inference.rowwise import padded, result_index
from glmkit.models.record import Record
from glmkit.tables.table import Table

__all__ = ["Influences"]


class Influences(Record):
    """Leverage, deletion measures and variance inflation, as R has them.

    A row of frequency k is k rows, and its values are those of each of them. A row of weight
    zero has leverage 0 and NaN otherwise; so have the measures of a row of leverage 1.
    """

    def hatvalues(self) -> pd.Series:
        """Return the leverage of each row (18.1), between 0 and 1; it sums to `rank`.

        Returns
        -------
        Series, (n,), by row label
            0 in a row of weight zero, 1 in a row that is fitted whatever its response.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> float(round(fit.hatvalues().sum(), 10))
        2.0
        """
        return self._by_row(influence.hat_values(self.fit), "hat")

    def rstandard(self, type: str = "deviance") -> pd.Series:
        """Return residuals over their standard error (18.2).

        Parameters
        ----------
        type : {"deviance", "pearson"}
            Which residuals, as in `residuals`.

        Returns
        -------
        Series, (n,), by row label
            NaN in a row of weight zero or of leverage 1.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> fit.rstandard().head(3).round(3).tolist()
        [1.496, 1.603, 1.528]
        """
        return self._by_row(influence.standardized_residuals(self.fit, type), "rstandard")

    def rstudent(self) -> pd.Series:
        """Return residuals studentized without their own row (18.3), after Williams (1987).

        Returns
        -------
        Series, (n,), by row label
            NaN in a row of weight zero or of leverage 1.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> fit.rstudent().head(3).round(3).tolist()
        [1.532, 1.652, 1.568]
        """
        return self._by_row(influence.studentized_residuals(self.fit), "rstudent")

    def cooks_distance(self) -> pd.Series:
        """Return Cook's distances (18.4): the change of all coefficients without the row.

        Returns
        -------
        Series, (n,), by row label
            NaN in a row of weight zero or of leverage 1.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> int(fit.cooks_distance().idxmax())
        30
        """
        return self._by_row(influence.cooks_distance(self.fit), "cooks_distance")

    def dffits(self) -> pd.Series:
        """Return the change of each row's own fit without it, in standard errors (18.4).

        Returns
        -------
        Series, (n,), by row label
            NaN in a row of weight zero or of leverage 1.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> float(fit.dffits().abs().max().round(3))
        1.499
        """
        return self._by_row(influence.dffits(self.fit), "dffits")

    def covratio(self) -> pd.Series:
        """Return det cov(coefficients) without the row over that with it (18.4).

        Returns
        -------
        Series, (n,), by row label
            NaN in a row of weight zero or of leverage 1.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> float(fit.covratio().min().round(3))
        0.683
        """
        return self._by_row(influence.covariance_ratio(self.fit), "covratio")

    def dfbeta(self) -> pd.DataFrame:
        """Return the change of each coefficient without the row (18.4), one step from the fit.

        Returns
        -------
        DataFrame, (n, p), by row label and coefficient
            coef less coef without the row; NaN for aliased and for infinite coefficients, 0
            for a row of leverage 1.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> fit.dfbeta().loc[30].round(3).tolist()
        [-5.751, 0.231, 0.04]
        """
        return self._by_coefficient(influence.change_in_coefficients(self.fit, self.estimate))

    def dfbetas(self) -> pd.DataFrame:
        """Return `dfbeta` over the coefficient's standard error without the row (18.4).

        Returns
        -------
        DataFrame, (n, p), by row label and coefficient
            As `dfbeta`, in standard errors.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> fit.dfbetas().loc[30].round(3).tolist()
        [-0.741, 0.972, 0.343]
        """
        return self._by_coefficient(influence.scaled_change_in_coefficients(self.fit, self.estimate))

    def influence(self) -> Table:
        """Return all measures that are one number a row, with notes naming the rows that stand out.

        Returns
        -------
        Table with columns ``hat cooks_distance rstandard rstudent dffits covratio``
            ``.frame`` holds the numbers. The notes name rows beyond the limits of R's
            ``influence.measures``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> for note in fit.influence().notes:
        ...     print(note)
        Rows with |DFFITS| > 3 sqrt(p/(n - p)): 30.
        """
        return influence_table.influence_table(self)

    def vif(self) -> Table:
        """Return generalized variance inflation factors by term (18.9), after Fox and Monette (1992).

        Returns
        -------
        Table with columns ``df gvif gvif_scaled``
            gvif_scaled = gvif^(1 / (2 df)): how many times longer the other terms make the
            interval of a coefficient.

        Raises
        ------
        FitError
            There are fewer than two terms, or a coefficient is infinite.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
        >>> fit.vif()["gvif"].round(3).tolist()
        [1.369, 1.369]
        """
        return vif.vif_table(self)

    def _by_coefficient(self, values: Array) -> pd.DataFrame:
        rows = self.frame.rows
        return pd.DataFrame(padded(rows, values), index=result_index(rows), columns=self.estimate.names)
