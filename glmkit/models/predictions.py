"""Predictions of a fit."""

from __future__ import annotations

import pandas as pd

from glmkit.inference import predict
from glmkit.models.record import Record
from glmkit.tables.polars_frame import in_frame

__all__ = ["Predictions"]


class Predictions(Record):
    """Predictions for the rows of the fit or of new data."""

    def predict(
        self,
        newdata: object = None,
        type: str = "response",
        *,
        se: bool = False,
        interval: str | None = None,
        level: float = 0.95,
        offset: object = None,
        exposure: object = None,
        weights: object = None,
        as_frame: str = "pandas",
    ) -> pd.Series | pd.DataFrame:
        """Return predictions, one per row of `newdata`, with its labels.

        Parameters
        ----------
        newdata : frame, dict or one row, optional
            Without it, the rows of the fit.
        type : {"response", "link", "terms", "prob", "class"}
            The mean; the linear predictor; what each term adds to it, centred over the rows
            of the fit (18.5); the probability of each of a binomial's two outcomes; the
            likelier of them.
        se : bool
            Add standard errors (on the response scale by the delta method).
        interval : {None, "mean", "prediction"}
            Add a confidence interval for the mean, transformed from the link scale, or an
            interval for a new observation (18.8), in every family that has a distribution.
        level : float
            Level of the interval.
        offset, exposure : array, column name or expression, optional
            For `newdata`, where the fit's were given as arrays.
        weights : array, column name, expression or number, optional
            For ``interval="prediction"``: the prior weight of the new observations, the
            trials of a binomial; 1 by default, the fit's own for the rows of the fit.
        as_frame : {"pandas", "polars"}
            The library of the result; polars has row labels as a column, and NaN as null.

        Returns
        -------
        Series, or DataFrame with columns ``fit se conf_low conf_high``
            NaN where a value needed is missing. For "terms" a column for each term, and their
            constant in ``.attrs["constant"]``; with `se` or `interval` two-level columns,
            ``("fit", term)``, ``("se", term)``. For "prob" a column for each outcome.

        Raises
        ------
        NoLikelihoodError
            A prediction interval of a quasi family, which has no distribution.

        Notes
        -----
        Standard errors come from the covariance in use; that of `with_vcov` goes into
        intervals for the mean and for a new observation alike.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.predict({"wool": ["A", "B"]}).round(3).tolist()
        [31.037, 25.259]
        >>> fit.predict({"wool": ["A", "B"]}, interval="prediction").round(3)
              fit     se  conf_low  conf_high
        0  31.037  1.072      20.0       43.0
        1  25.259  0.967      16.0       36.0
        """
        given = predict.RowGiven(offset, exposure, weights)
        options = predict.Options(type, se, interval, level)
        return in_frame(predict.predict(self, newdata, options, given), as_frame)
