"""The attributes of a fit: coefficients, measures of the whole fit, values by row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glmkit.inference import likelihood, tidy, wald
from glmkit.models.record import Record

__all__ = ["Attributes"]


class Attributes(Record):
    """What a fit holds, by name and by row."""

    # Coefficients

    @property
    def coef(self) -> pd.Series:
        """Coefficients on the link scale; NaN where aliased.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("Volume ~ Girth", gk.load_dataset("trees")).coef.round(3).to_dict()
        {'Intercept': -36.943, 'Girth': 5.066}
        """
        return self._by_name(self.estimate.coef, "estimate")

    @property
    def std_error(self) -> pd.Series:
        """Standard errors of `coef`, from the covariance in use.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("Volume ~ Girth", gk.load_dataset("trees")).std_error.round(3).to_dict()
        {'Intercept': 3.365, 'Girth': 0.247}
        """
        return self._by_name(self.estimate.std_error, "std_error")

    @property
    def statistic(self) -> pd.Series:
        """Wald statistics `coef` / `std_error`: t where the dispersion was estimated, else z.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("Volume ~ Girth", gk.load_dataset("trees")).statistic.round(2).to_dict()
        {'Intercept': -10.98, 'Girth': 20.48}
        """
        return self._column("statistic")

    @property
    def p_value(self) -> pd.Series:
        """Two-sided p-values of `statistic`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> float(fit.p_value["wool[T.B]"].round(6))
        6.5e-05
        """
        return self._column("p_value")

    @property
    def aliased(self) -> pd.Series:
        """Which coefficients cannot be estimated, because their column is a combination of earlier ones.

        Examples
        --------
        >>> import glmkit as gk
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter('ignore', gk.AliasedWarning)
        ...     fit = gk.glm("Volume ~ Girth + I(2 * Girth)", gk.load_dataset("trees"))
        ...
        >>> fit.aliased.tolist()
        [False, False, True]
        """
        return self._by_name(np.isin(np.arange(len(self.estimate.names)), self.estimate.dropped), "aliased")

    # The fit

    @property
    def deviance(self) -> float:
        """Residual deviance, the weighted sum of unit deviances (not divided by the dispersion).

        Examples
        --------
        >>> import glmkit as gk
        >>> round(gk.glm("Volume ~ Girth", gk.load_dataset("trees")).deviance, 3)
        524.303
        """
        return self.fit.deviance

    @property
    def null_deviance(self) -> float:
        """Deviance of the model with the offset and, if there is one, the intercept.

        Examples
        --------
        >>> import glmkit as gk
        >>> round(gk.glm("Volume ~ Girth", gk.load_dataset("trees")).null_deviance, 3)
        8106.084
        """
        return self.fit.null_deviance

    @property
    def df_resid(self) -> int | float:
        """Residual degrees of freedom: `nobs` less `rank`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.nobs, fit.rank, fit.df_resid
        (54, 2, 52)
        """
        return _whole(self.fit.df_resid)

    @property
    def df_null(self) -> int | float:
        """Residual degrees of freedom of the null model.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").df_null
        53
        """
        return _whole(self.fit.df_null)

    @property
    def loglik(self) -> float:
        """Log-likelihood, at R's dispersion; NaN for a family without a likelihood.

        Examples
        --------
        >>> import glmkit as gk
        >>> round(gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").loglik, 3)
        -277.999
        """
        return self.fit.loglik

    @property
    def null_loglik(self) -> float:
        """Log-likelihood of the null model at the dispersion of its own deviance.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> round(2 * (fit.loglik - fit.null_loglik), 3)  # the statistic against the null model
        16.039
        """
        return self.fit.null.loglik

    @property
    def aic(self) -> float:
        """Akaike's criterion; an estimated dispersion counts as a parameter, as in R.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> round(fit.aic, 3)  # -2 * fit.loglik + 2 * fit.rank
        559.998
        """
        return likelihood.aic_of(self.fit)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with n the rows of positive weight.

        Examples
        --------
        >>> import glmkit as gk
        >>> round(gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").bic, 3)
        563.976
        """
        return likelihood.bic_of(self.fit)

    @property
    def nobs(self) -> int | float:
        """Rows that count: of positive weight, times their frequency.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").nobs
        54
        """
        return _whole(self.fit.nobs)

    @property
    def rank(self) -> int:
        """Number of coefficients estimated.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").rank
        2
        """
        return self.fit.rank

    @property
    def dispersion(self) -> float:
        """Dispersion phi: the family's own, else Pearson's chi-square over `df_resid`.

        Examples
        --------
        >>> import glmkit as gk
        >>> round(gk.glm("Volume ~ Girth", gk.load_dataset("trees")).dispersion, 3)
        18.079
        """
        return self.fit.dispersion

    @property
    def theta(self) -> float:
        """Theta of the negative binomial family, given or estimated; NaN for other families.

        Examples
        --------
        >>> import glmkit as gk
        >>> round(gk.glm("Days ~ Eth", gk.load_dataset("quine"), "negbin").theta, 3)
        1.157
        """
        return self.family.nuisance_value if self.family.nuisance_name == "theta" else float("nan")

    @property
    def theta_se(self) -> float:
        """Standard error of an estimated `theta`, from the observed information at the fitted means.

        Examples
        --------
        >>> import glmkit as gk
        >>> round(gk.glm("Days ~ Eth", gk.load_dataset("quine"), "negbin").theta_se, 3)
        0.143
        """
        found = self.fit.nuisance if self.family.nuisance_name == "theta" else None
        return float("nan") if found is None else found.std_error

    @property
    def pearson_chi2(self) -> float:
        """Pearson's chi-square, the weighted sum of (y - mu)^2 / V(mu).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> round(fit.pearson_chi2 / fit.df_resid, 3)
        5.76
        """
        return self.fit.pearson_chi2

    @property
    def converged(self) -> bool:
        """Whether the iterations reached the tolerance.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").converged
        True
        """
        return self.fit.converged

    @property
    def n_iter(self) -> int:
        """Number of iterations.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").n_iter
        5
        """
        return len(self.fit.trace)

    @property
    def trace(self) -> pd.DataFrame:
        """One row an iteration: deviance, length of the step in standard errors, halvings, coefficients.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.trace["deviance"].round(3).tolist()
        [281.371, 281.333, 281.333, 281.333, 281.333]
        """
        return tidy.trace_frame(self.fit, self.estimate)

    def working(self) -> pd.DataFrame:
        """Return the working response and weights of every iteration: iterated least squares to watch.

        Returns
        -------
        DataFrame
            Indexed by iteration (that of `trace`) and row label, with columns
            ``linear_predictor working_response working_weight``, each at the iteration's
            coefficients. Regressing the working response, offset taken off, on the design
            with these weights gives the coefficients of the next Fisher step.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.working().loc[1].head(2).round(2).to_numpy().tolist()
        [[3.44, 3.27, 31.24], [3.44, 3.4, 31.24]]
        """
        return tidy.working_frame(self.fit, self.frame.rows.labels)

    # The rows

    @property
    def fitted(self) -> pd.Series:
        """Fitted means by row label; a proportion for binomial data.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.fitted.head(2).round(3).to_dict()
        {0: 31.037, 1: 31.037}
        """
        return self._by_row(self.fit.mean.mu, "fitted")

    @property
    def linear_predictor(self) -> pd.Series:
        """Linear predictor by row label, offset included.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.linear_predictor.head(2).round(3).to_dict()
        {0: 3.435, 1: 3.435}
        """
        return self._by_row(self.fit.eta, "linear_predictor")

    @property
    def weights(self) -> pd.Series:
        """Prior weights by row label; for binomial data the trials are in them.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("cbind(ncases, ncontrols) ~ 1", gk.load_dataset("esoph"), "binomial")
        >>> fit.weights.head(3).tolist()
        [40.0, 10.0, 6.0]
        """
        return self._by_row(self.frame.weights, "weights")

    @property
    def design(self) -> pd.DataFrame:
        """The design matrix of the rows used, one column per coefficient.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("Volume ~ Girth", gk.load_dataset("trees")).design.columns.tolist()
        ['Intercept', 'Girth']
        """
        columns = self.estimate.names
        return pd.DataFrame(self.frame.design.dense(), index=self.frame.rows.labels, columns=columns)

    @property
    def formula(self) -> str | None:
        """The formula as given; None for a fit to arrays.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").formula
        'breaks ~ wool'
        """
        return None if self.frame.ready else self.frame.formula.text

    @property
    def terms(self) -> tuple[str, ...]:
        """Labels of the terms, the intercept left out.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson").terms
        ('wool', 'tension', 'wool:tension')
        """
        return tuple(term.label for term in self.frame.terms if term.order > 0)

    def _column(self, name: str) -> pd.Series:
        return wald.coefficient_frame(self.estimate)[name]


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
