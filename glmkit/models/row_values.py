"""Results by row of the data: residuals, influence, predictions."""

from __future__ import annotations

import pandas as pd

from glmkit.inference import predict
from glmkit.inference.residuals import residuals_of
from glmkit.models.record import Record

__all__ = ["RowValues"]


class RowValues(Record):
    """Residuals and predictions, with the caller's row labels."""

    def residuals(self, type: str = "deviance", seed: int | None = None) -> pd.Series:
        """Return residuals by row label.

        Parameters
        ----------
        type : {"deviance", "pearson", "working", "response"}
            deviance: sign(y - mu) sqrt(w d); pearson: (y - mu) sqrt(w / V(mu));
            working: (y - mu) / (dmu/deta); response: y - mu.
        seed : int, optional
            For randomized residuals.

        Returns
        -------
        Series of length n
            Padded with NaN where ``na_action="exclude"`` left rows out.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> bool(abs((fit.residuals() ** 2).sum() - fit.deviance) < 1e-9)
        True
        """
        return self._by_row(residuals_of(self.fit, type), "residual")

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
    ) -> pd.Series | pd.DataFrame:
        """Return predictions, one per row of `newdata`, with its labels.

        Parameters
        ----------
        newdata : frame, dict or one row, optional
            Without it, the rows of the fit.
        type : {"response", "link"}
            Scale of the prediction.
        se : bool
            Add standard errors (on the response scale by the delta method).
        interval : {None, "mean"}
            Add a confidence interval for the mean, transformed from the link scale.
        level : float
            Level of the interval.
        offset, exposure : array, column name or expression, optional
            For `newdata`, where the fit's were given as arrays.

        Returns
        -------
        Series, or DataFrame with columns ``fit se conf_low conf_high``
            NaN where a value needed is missing.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.predict({"wool": ["A", "B"]}).round(3).tolist()
        [31.037, 25.259]
        """
        options = predict.Options(type, se, interval, level)
        return predict.predict(self, newdata, options, offset=offset, exposure=exposure)
