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
    def theta(self) -> float:
        """Theta of the negative binomial family, given or estimated; NaN for other families."""
        return self.family.nuisance_value if self.family.nuisance_name == "theta" else float("nan")

    @property
    def theta_se(self) -> float:
        """Standard error of an estimated `theta`, from the observed information at the fitted means."""
        found = self.fit.nuisance if self.family.nuisance_name == "theta" else None
        return float("nan") if found is None else found.std_error

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

    def _column(self, name: str) -> pd.Series:
        return wald.coefficient_frame(self.estimate)[name]


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
