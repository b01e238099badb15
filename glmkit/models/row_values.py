"""Results by row of the data: residuals and responses drawn anew."""

from __future__ import annotations

import pandas as pd

from glmkit.inference import residuals, simulate, terms
from glmkit.inference.quantile_residuals import quantile_residuals
from glmkit.models.record import Record
from glmkit.tables.polars_frame import in_frame

__all__ = ["RowValues"]


class RowValues(Record):
    """Residuals and simulated responses, with the caller's row labels."""

    def residuals(
        self, type: str = "deviance", seed: int | None = None, *, as_frame: str = "pandas"
    ) -> pd.Series | pd.DataFrame:
        """Return residuals by row label.

        Parameters
        ----------
        type : {"deviance", "pearson", "working", "response", "partial", "quantile"}
            deviance: sign(y - mu) sqrt(w d); pearson: (y - mu) sqrt(w / V(mu));
            working: (y - mu) / (dmu/deta); response: y - mu; partial: the working residual
            plus each term's share of the linear predictor (18.6); quantile: randomized
            quantile residuals (18.7), standard normal where the model holds.
        seed : int, optional
            For quantile residuals of a discrete family, which are drawn.
        as_frame : {"pandas", "polars"}
            The library of the result; polars has row labels as a column, and NaN as null.

        Returns
        -------
        Series of length n, or for "partial" a DataFrame with a column for each term
            Padded with NaN where ``na_action="exclude"`` left rows out. The terms are centred;
            their constant is in ``.attrs["constant"]``.

        Raises
        ------
        NoLikelihoodError
            Quantile residuals of a quasi family, which has no distribution.

        References
        ----------
        Dunn, P. K. and Smyth, G. K. (1996). Randomized quantile residuals. Journal of
        Computational and Graphical Statistics 5, 236-244.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> bool(abs((fit.residuals() ** 2).sum() - fit.deviance) < 1e-9)
        True
        >>> fit.residuals("quantile", seed=1).head(3).round(2).tolist()
        [-0.89, -0.08, 3.7]
        """
        if type == "partial":
            return in_frame(terms.partial_residuals(self, residuals.working_residuals(self.fit)), as_frame)
        drawn = type == "quantile"
        values = quantile_residuals(self.fit, seed) if drawn else residuals.residuals_of(self.fit, type)
        return in_frame(self._by_row(values, "residual"), as_frame)

    def simulate(self, n: int = 1, seed: int | None = None) -> pd.DataFrame:
        """Return responses drawn from the fitted model, at its fitted means.

        Parameters
        ----------
        n : int
            How many data sets.
        seed : int, optional
            The same seed gives the same numbers.

        Returns
        -------
        DataFrame by row label, columns ``sim_1 ... sim_n``
            In the coding of the response: levels of a two-level column, successes where it
            was ``cbind(successes, failures)``, proportions where it was one. NaN in a row of
            weight zero whose weight is its trials or divides its variance.

        Raises
        ------
        NoLikelihoodError
            A quasi family has no distribution to draw from.

        Notes
        -----
        The dispersion is the fit's own (Pearson's where it is estimated); R's ``simulate``
        takes the maximum likelihood shape for the gamma family.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.simulate(2, seed=1).head(2)
           sim_1  sim_2
        0   31.0   28.0
        1   28.0   36.0
        """
        return simulate.simulate(self, n, seed)
