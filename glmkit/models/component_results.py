"""A fitted model with several linear predictors: the results that mean something for it.

It is a `Results` in every respect that is linear in the coefficients or asks for the
likelihood. What needs the one predictor of a row (leverage, working residuals) is refused
in words: every public name of `Results` that is not listed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final, Self, Unpack, cast

import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.families.vector import VectorFamily
from glmkit.fitting.component_fit import ComponentFit
from glmkit.inference import (
    component_anova,
    component_covariance,
    component_predict,
    component_tables,
    proportionality,
)
from glmkit.inference.component_deletions import drop1_of_components
from glmkit.inference.component_hypotheses import component_hypotheses
from glmkit.inference.components import ComponentModel, component_slots, levels_of, slot_index
from glmkit.inference.rowwise import frame_by_row
from glmkit.models.component_updating import updated_components
from glmkit.models.results import Results
from glmkit.models.updating import Changes
from glmkit.tables.polars_frame import in_frame
from glmkit.tables.table import Report, Table

__all__ = ["REFUSED", "ComponentResults"]

# What means the same as for one predictor, and is inherited.
INHERITED: Final = (
    *(
        "aic",
        "aliased",
        "bic",
        "boundary",
        "bse",
        "coef",
        "coefficient_names",
        "conf_int",
        "control",
    ),
    *(
        "converged",
        "cov_params",
        "deviance",
        "df_model",
        "df_null",
        "df_resid",
        "dispersion",
        "estimate",
        "fit",
    ),
    *(
        "fittedvalues",
        "formula",
        "frame",
        "glance",
        "llf",
        "llnull",
        "loglik",
        "method",
        "n_iter",
        "nobs",
        "notes",
    ),
    *(
        "null_deviance",
        "null_loglik",
        "p_value",
        "params",
        "pearson_chi2",
        "pvalues",
        "rank",
        "scale",
        "statistic",
    ),
    *("std_error", "summary", "terms", "tidy", "trace", "tvalues", "vcov", "weights"),
    *("comparisons", "emmeans", "marginal_effects", "predictions"),
)


class ComponentResults(Results):
    """A fitted model with several linear predictors, such as a multinomial one.

    Made by `glm`. Coefficients have a two-level index: the component (the level of the
    response, ``mean`` or ``threshold``, ``count`` or ``zero``) and the name.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("wool ~ breaks", gk.load_dataset("warpbreaks"), gk.Multinomial())
    >>> fit.coef.index.tolist()
    [('B', 'Intercept'), ('B', 'breaks')]
    """

    fit: ComponentFit  # type: ignore[assignment]  # what asks for one predictor's fit is refused

    @property
    def family(self) -> VectorFamily:  # type: ignore[override]
        """The family."""
        return self.fit.family

    def coefficient_names(self, naming: str | None = None) -> pd.Index:
        """Return the two-level names of all coefficients: glmkit's, or ``"r"`` or ``"label"``."""
        return slot_index(component_slots(self.frame, self.family), self.family, naming)

    @property
    def fitted(self) -> pd.DataFrame | pd.Series:  # type: ignore[override]
        """Fitted probabilities, one column a level; fitted means of a numeric response."""
        names = self.family.outcomes(levels_of(self.frame))
        whole = frame_by_row(self.frame.rows, self.fit.outcome, names)
        return whole if len(names) > 1 else whole.iloc[:, 0].rename("fitted")

    @property
    def linear_predictor(self) -> pd.DataFrame:  # type: ignore[override]
        """Linear predictors by row, one column each, offsets included."""
        names = self.family.predictor_names(levels_of(self.frame))
        return frame_by_row(self.frame.rows, self.fit.eta, names)

    @property
    def design(self) -> pd.DataFrame:
        """The design matrix of the right-hand side, over the rows used."""
        names = [name.name for name in self.frame.names]
        return pd.DataFrame(self.frame.design.dense(), index=self.frame.rows.labels, columns=names)

    def residuals(
        self, type: str = "response", seed: int | None = None, *, as_frame: str = "pandas"
    ) -> pd.DataFrame | pd.Series:
        """Return residuals by row: of every level, or of a numeric response.

        Parameters
        ----------
        type : {"response", "pearson", "quantile"}
            response: y - fitted; pearson: over the standard deviation; quantile: randomized
            quantile residuals (Dunn & Smyth 1996), for responses with an order.
        seed : int, optional
            For quantile residuals.
        as_frame : {"pandas", "polars"}
            The library of the result.
        """
        return in_frame(component_tables.residuals_of_components(self._model, type, seed), as_frame)

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
        """Return predictions, one row per row of `newdata`, with its labels.

        Parameters
        ----------
        newdata : frame, dict or one row, optional
            Without it, the rows of the fit.
        type : {"response", "prob", "class", "link"}
            Probabilities of the levels (or the mean of a numeric response), the most
            probable level, or the linear predictors.
        se : bool
            Add standard errors, by the delta method.
        interval : {None, "mean"}
            Add an interval; that of a probability is taken on the logit scale.
        level : float
        offset, exposure : array, column name or expression, optional
        weights : None
            Not there: no prediction intervals.
        as_frame : {"pandas", "polars"}
            The library of the result; polars has row labels as a column, and NaN as null.

        Returns
        -------
        DataFrame with one column a level, or Series
            With `se` or `interval` the columns stand under ``fit se conf_low conf_high``.
        """
        options = component_predict.ComponentOptions(type, se, interval, level, weights)
        predicted = component_predict.predict_components(
            self._model, newdata, options, offset=offset, exposure=exposure
        )
        return in_frame(predicted, as_frame)

    def confint(  # type: ignore[override]
        self, method: str | None = None, *, level: float = 0.95, df: float | None = None
    ) -> pd.DataFrame:
        """Return intervals, columns ``conf_low conf_high``.

        Parameters
        ----------
        method : {None, "wald", "profile"}
            Wald's by default; of the profile likelihood, all other coefficients fitted anew.
        level : float
        df : float, optional
            Degrees of freedom of the t quantile of Wald's; normal by default.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("wool ~ breaks", gk.load_dataset("warpbreaks"), gk.Multinomial())
        >>> fit.confint("profile").loc[("B", "breaks")].round(3).tolist()
        [-0.087, 0.006]
        """
        return component_tables.confint_of_components(self._model, method, level, df)

    def with_vcov(
        self,
        kind: object,
        cluster: object = None,
        lags: int | None = None,
        *,
        n: int | None = None,
        resample: str | None = None,
        seed: object = None,
    ) -> Self:
        """Return the same fit with another covariance, which every later table uses and names.

        Parameters
        ----------
        kind : {"HC0", "HC1", "CR0", "CR1", "cluster"}
            The sandwich of the rows' scores, HC1 times n / (n - p); or of the sums over
            clusters, CR1 (also ``"cluster"``) times G / (G - 1).
        cluster : column name, expression, (n,) array or Series, optional
        lags, n, resample, seed : None
            Not there: neither rows in the order of time nor the bootstrap have a covariance here.
        """
        given = lags if lags is not None else n or resample or seed
        estimate = component_covariance.robust_component_estimate(self._model, kind, cluster, given)
        return replace(self, estimate=estimate)

    def test(
        self, hypothesis: object, adjust: str | None = None, *, value: Array | Sequence[float] | float = 0.0
    ) -> Report:
        """Return Wald tests of hypotheses about the coefficients, one by one and all together.

        Parameters
        ----------
        hypothesis : str, list of str, (k, p) array or DataFrame
            As for one predictor, coefficients named ``B:x``, component and name. The label of
            a term says that its coefficients are zero in all components, ``B:term`` in one.
        adjust : {None, "holm", "bonferroni", "BH", "sidak", "single-step"}
            Adjust the p-values of the single tests for their number.
        value : float or (k,) array
            What L beta is said to be.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("tension ~ breaks", gk.load_dataset("warpbreaks"), gk.Multinomial())
        >>> fit.test("M:breaks = H:breaks").tables["joint"]["p_value"].round(3).tolist()
        [0.14]
        """
        return component_hypotheses(self._model, hypothesis, value, adjust)

    def update(self, formula: str = ". ~ .", **changes: Unpack[Changes]) -> Self:
        """Return the model fitted anew with another formula, other data or other arguments.

        Parameters
        ----------
        formula : str
            ``.`` is what was there: ``". ~ . - x"``. What stands after ``|`` stays unless
            another ``|`` is written.
        **changes
            Any argument of `glm` but the formula; all that is not named stays as it was given
            (a starting value and a robust covariance do not).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("wool ~ breaks + tension", gk.load_dataset("warpbreaks"), gk.Multinomial())
        >>> fit.update(". ~ . - tension").formula
        'wool ~ breaks'
        """
        return updated_components(self, self.family, formula, changes)

    def drop1(self, scope: str | Sequence[str] | None = None, test: str = "LRT") -> Table:
        """Return the fits without one term each, taken out of all its components at once.

        Parameters
        ----------
        scope : str or list of str, optional
            Terms to drop; by default all that are part of no other.
        test : {"LRT", "Wald", "none"}

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("wool ~ breaks + tension", gk.load_dataset("warpbreaks"), gk.Multinomial())
        >>> fit.drop1().frame["df"].tolist()
        [nan, 1.0, 2.0]
        """
        return drop1_of_components(self._model, scope, test)

    def anova(self, type: int = 1, test: str | None = None) -> Table:
        """Return the analysis of deviance: each term in all components at once.

        Parameters
        ----------
        type : {1, 2, 3}
            Terms in order; each beside all that do not contain it; each beside all others
            (type 3 by Wald statistics, under contrasts that sum to zero).
        test : {None, "LRT", "Wald", "none"}
            By default the likelihood-ratio test.
        """
        return component_anova.anova_of_components(self._model, type, test)

    def proportionality_test(self, test: str = "LRT") -> Table:
        """Return the test of proportional odds: whether slopes are the same at every threshold.

        Parameters
        ----------
        test : {"LRT", "score"}
            Twice the gain of the fit with slopes of their own at each threshold, or the score
            of that model at this fit; equation (22.6).

        Returns
        -------
        Table
            One row a term, ``df statistic p_value``.

        Examples
        --------
        >>> import glmkit as gk
        >>> housing = gk.load_dataset("housing")
        >>> fit = gk.glm("Sat ~ Infl", housing, gk.Cumulative(), freq_weights="Freq")
        >>> fit.proportionality_test().frame["df"].tolist()
        [2.0]
        """
        return proportionality.proportionality_test(self._model, test)

    def confusion(self) -> Table:
        """Return how often each level was observed (rows) and predicted (columns), by weight.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("wool ~ breaks", gk.load_dataset("warpbreaks"), gk.Multinomial())
        >>> fit.confusion().frame.to_numpy().tolist()
        [[13.0, 14.0], [11.0, 16.0]]
        """
        return component_tables.confusion_of(self._model)

    def simulate(self, n: int = 1, seed: int | None = None) -> pd.DataFrame:
        """Return `n` responses drawn from the fit, one column each, by row label.

        Parameters
        ----------
        n : int
        seed : int, optional
        """
        return component_tables.simulate_components(self._model, n, seed)

    def augment(self, *, as_frame: str = "pandas") -> pd.DataFrame:
        """Return one row per row used: the response and what the fit makes of it; `as_frame` may be "polars"."""
        return in_frame(component_tables.augment_components(self._model), as_frame)

    @property
    def _model(self) -> ComponentModel:
        return cast(ComponentModel, self)


def _refusal(name: str) -> property:
    def refuse(self: Any) -> Any:
        raise FitError(
            f"`{name}` is not there for {self.family!r}, whose rows have several linear predictors. "
            "Use summary(), predict(), anova(), residuals() or simulate().",
            name=name,
        )

    refuse.__doc__ = "Refused: it needs the one linear predictor of a row."
    return property(refuse)


# A field of the record is no method: refusing it would refuse the record itself.
KEPT: Final = {*INHERITED, *vars(ComponentResults), *(field.name for field in fields(Results))}
REFUSED: Final = tuple(name for name in dir(Results) if not name.startswith("_") and name not in KEPT)
for _name in REFUSED:
    setattr(ComponentResults, _name, _refusal(_name))
