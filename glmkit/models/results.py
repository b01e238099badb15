"""The fitted model as its user holds it: a frozen record with thin methods.

No numerics live here. Every method hands the record to a free function of
`glmkit.inference`; variants are new values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from glmkit._typing import AnyArray, Array
from glmkit.families.base import Family
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.scoring import Control
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference import covariance, likelihood, predict, summary, tidy, wald
from glmkit.inference.estimate import Estimate
from glmkit.inference.residuals import residuals_of
from glmkit.inference.rowwise import by_row
from glmkit.models.aliases import StatsmodelsSpellings
from glmkit.tables.table import Report

__all__ = ["Results"]


@dataclass(frozen=True, eq=False, repr=False)
class Results(StatsmodelsSpellings):
    """A fitted generalized linear model.

    Made by `glm` and `glm_fit`; never by hand. Coefficients and all that goes with them
    are pandas objects by coefficient name, NaN where aliased; what goes with rows carries
    the caller's row labels.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
    >>> round(fit.deviance, 2), fit.df_resid
    (182.31, 48)
    """

    frame: ModelFrame
    fit: GLMFit
    estimate: Estimate
    control: Control
    method: str
    notes: tuple[str, ...]
    boundary: bool

    # Coefficients

    @property
    def coef(self) -> pd.Series:
        """Coefficients on the link scale; NaN where aliased."""
        return self._by_name(self.estimate.coef, "estimate")

    @property
    def std_error(self) -> pd.Series:
        """Standard errors of `coef`, from the covariance in use."""
        return self._by_name(self.estimate.std_error, "std_error")

    @property
    def statistic(self) -> pd.Series:
        """Wald statistics `coef` / `std_error`: t where the dispersion was estimated, else z."""
        return self._column("statistic")

    @property
    def p_value(self) -> pd.Series:
        """Two-sided p-values of `statistic`."""
        return self._column("p_value")

    @property
    def aliased(self) -> pd.Series:
        """Which coefficients cannot be estimated, because their column is a combination of earlier ones."""
        return self._by_name(np.isin(np.arange(len(self.estimate.names)), self.estimate.dropped), "aliased")

    # The fit

    @property
    def family(self) -> Family:
        """The family with its link."""
        return self.fit.family

    @property
    def deviance(self) -> float:
        """Residual deviance, the weighted sum of unit deviances (not divided by the dispersion)."""
        return self.fit.deviance

    @property
    def null_deviance(self) -> float:
        """Deviance of the model with the offset and, if there is one, the intercept."""
        return self.fit.null_deviance

    @property
    def df_resid(self) -> int | float:
        """Residual degrees of freedom: `nobs` less `rank`."""
        return _whole(self.fit.df_resid)

    @property
    def df_null(self) -> int | float:
        """Residual degrees of freedom of the null model."""
        return _whole(self.fit.df_null)

    @property
    def loglik(self) -> float:
        """Log-likelihood, at R's dispersion; NaN for a family without a likelihood."""
        return self.fit.loglik

    @property
    def null_loglik(self) -> float:
        """Log-likelihood of the null model at the dispersion of its own deviance."""
        return self.fit.null.loglik

    @property
    def aic(self) -> float:
        """Akaike's criterion; an estimated dispersion counts as a parameter, as in R."""
        return likelihood.aic_of(self.fit)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with n the rows of positive weight."""
        return likelihood.bic_of(self.fit)

    @property
    def nobs(self) -> int | float:
        """Rows that count: of positive weight, times their frequency."""
        return _whole(self.fit.nobs)

    @property
    def rank(self) -> int:
        """Number of coefficients estimated."""
        return self.fit.rank

    @property
    def dispersion(self) -> float:
        """Dispersion phi: the family's own, else Pearson's chi-square over `df_resid`."""
        return self.fit.dispersion

    @property
    def pearson_chi2(self) -> float:
        """Pearson's chi-square, the weighted sum of (y - mu)^2 / V(mu)."""
        return self.fit.pearson_chi2

    @property
    def converged(self) -> bool:
        """Whether the iterations reached the tolerance."""
        return self.fit.converged

    @property
    def n_iter(self) -> int:
        """Number of iterations."""
        return len(self.fit.trace)

    @property
    def trace(self) -> pd.DataFrame:
        """One row an iteration: deviance, length of the step in standard errors, halvings, coefficients."""
        return tidy.trace_frame(self.fit, self.estimate)

    # The rows

    @property
    def fitted(self) -> pd.Series:
        """Fitted means by row label; a proportion for binomial data."""
        return self._by_row(self.fit.mean.mu, "fitted")

    @property
    def linear_predictor(self) -> pd.Series:
        """Linear predictor by row label, offset included."""
        return self._by_row(self.fit.eta, "linear_predictor")

    @property
    def weights(self) -> pd.Series:
        """Prior weights by row label; for binomial data the trials are in them."""
        return self._by_row(self.frame.weights, "weights")

    @property
    def design(self) -> pd.DataFrame:
        """The design matrix of the rows used, one column per coefficient."""
        columns = self.estimate.names
        return pd.DataFrame(self.frame.design.dense(), index=self.frame.rows.labels, columns=columns)

    @property
    def formula(self) -> str | None:
        """The formula as given; None for a fit to arrays."""
        return None if self.frame.ready else self.frame.formula.text

    @property
    def terms(self) -> tuple[str, ...]:
        """Labels of the terms, the intercept left out."""
        return tuple(term.label for term in self.frame.terms if term.order > 0)

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

    # Inference

    def vcov(self, complete: bool = True) -> pd.DataFrame:
        """Return the covariance of the coefficients.

        Parameters
        ----------
        complete : bool
            Keep aliased coefficients as rows and columns of NaN; False leaves them out.
        """
        names = self.estimate.names
        full = pd.DataFrame(self.estimate.vcov(), index=names, columns=names)
        return full if complete else full.iloc[self.estimate.kept, self.estimate.kept]

    def with_vcov(self, kind: str, cluster: object = None) -> Results:
        """Return the same fit with another covariance, which every later table uses and names.

        Parameters
        ----------
        kind : {"HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR1S", "cluster"}
            Heteroskedasticity-consistent, or cluster-robust: CR1 (also ``"cluster"``) times
            G / (G - 1), CR1S times (n - 1) / (n - p) too.
        cluster : column name, expression, (n,) array or Series, optional
            Over the data or over the rows used; needed for the cluster-robust kinds.

        Raises
        ------
        FitError, DataError
            Unknown kind; clusters that do not match the rows, a missing one, or only one.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.with_vcov("HC1").std_error.round(3).tolist()
        [0.098, 0.121]
        """
        return replace(self, estimate=covariance.robust_estimate(self, kind, cluster))

    def confint(self, method: str = "wald", *, level: float = 0.95, df: float | None = None) -> pd.DataFrame:
        """Return confidence intervals, columns ``conf_low conf_high``.

        Parameters
        ----------
        method : {"wald"}
            estimate -+ quantile * standard error.
        level : float
            Confidence level.
        df : float, optional
            Degrees of freedom of the t quantile. By default those of the p-values beside
            the interval: `df_resid` where the dispersion was estimated, infinite (normal)
            where it is known. ``df=np.inf`` gives R's ``confint.default``.
        """
        return wald.confint(self.estimate, method, level, df)

    def summary(
        self,
        exponentiate: bool = False,
        level: float = 0.95,
        ci: str = "wald",
        names: str | None = None,
        stars: bool = False,
        dispersion: float | None = None,
    ) -> Report:
        """Return the summary: what was fitted to which rows, coefficients, and how well it fits.

        Parameters
        ----------
        exponentiate : bool
            Show exp(estimate) and its interval under the ratio's own name.
        level : float
            Level of the intervals.
        ci : {"wald"}
            Kind of interval.
        names : {None, "r", "label"}
            Coefficient names as glmkit, as R, or as readable labels.
        stars : bool
            Mark small p-values, with a legend.
        dispersion : float, optional
            Use this dispersion instead, and the normal distribution, as R does.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), gk.Poisson())
        >>> list(fit.summary().tables["coefficients"].index)
        ['Intercept', 'wool[T.B]']
        """
        options = summary.Options(exponentiate, level, ci, names, stars, dispersion)
        return summary.summary_report(self, options)

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

    def tidy(self, level: float = 0.95, exponentiate: bool = False) -> pd.DataFrame:
        """Return one row per coefficient: ``term estimate std_error statistic p_value conf_low conf_high``."""
        return tidy.tidy(self, level, exponentiate)

    def glance(self) -> pd.DataFrame:
        """Return one row for the model: deviances, degrees of freedom, likelihood, criteria."""
        return tidy.glance(self)

    def augment(self) -> pd.DataFrame:
        """Return one row per row used: response, fitted values, residuals, leverage."""
        return tidy.augment(self)

    # Display

    def __repr__(self) -> str:
        """Return the short printed form."""
        return str(summary.short_report(self))

    def _repr_html_(self) -> str:
        return summary.short_report(self).to_html()

    def _by_name(self, values: AnyArray, name: str) -> pd.Series:
        return pd.Series(values, index=self.estimate.names, name=name)

    def _column(self, name: str) -> pd.Series:
        return wald.coefficient_frame(self.estimate)[name]

    def _by_row(self, values: Array, name: str) -> pd.Series:
        return by_row(self.frame.rows, values, name)


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
