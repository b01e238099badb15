"""Confidence intervals of a fit, and what they are read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from glmkit.inference import bootstrap, confidence, inverse
from glmkit.inference.profile_curve import Functions, Profile, profile_of
from glmkit.inference.replicates import Replicates
from glmkit.models.record import Record
from glmkit.tables.table import Table

__all__ = ["Intervals"]


class Intervals(Record):
    """Intervals for coefficients."""

    def confint(
        self,
        method: str | None = None,
        *,
        level: float = 0.95,
        df: float | None = None,
        n: int = 999,
        kind: str = "case",
        seed: object = None,
        cluster: object = None,
    ) -> pd.DataFrame:
        """Return confidence intervals, columns ``conf_low conf_high``.

        Parameters
        ----------
        method : {"profile", "wald", "score", "boot"}, optional
            The values that the likelihood-ratio test does not reject; estimate -+ quantile *
            standard error; the values that Rao's score test does not reject; quantiles of
            bootstrap replicates. ``"profile"`` if left out, or ``"wald"`` where another
            covariance is in use.
        level : float
            Confidence level.
        df : float, optional
            Degrees of freedom of the t quantile. By default those of the p-values beside
            the interval: `df_resid` where the dispersion was estimated, infinite (normal)
            where it is known. ``df=np.inf`` gives R's ``confint`` and ``confint.default``.
        n, kind, seed, cluster
            For ``"boot"``, as in `bootstrap`, which also has other intervals.

        Returns
        -------
        DataFrame
            NaN where aliased. An end is infinite where the maximum is at infinity, and the
            end of the possible values where these end before the statistic reaches the
            quantile.

        Raises
        ------
        FitError
            Profile or score: a robust covariance, a maximum on the edge of the valid
            region, a fit that did not converge or is only a local maximum.

        Notes
        -----
        Profile and score intervals are exact roots, from two to four warm refits an end,
        O(n p^2) each; equations (16.1) to (16.4). With the identity link and constant
        variance both are Wald's, in closed form.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ smoke", gk.load_dataset("birthwt"), gk.Binomial())
        >>> fit.confint().round(4).loc["smoke"].tolist()
        [0.0787, 1.3351]
        >>> fit.confint("wald").round(4).loc["smoke"].tolist()
        [0.0776, 1.3305]
        """
        drawing = confidence.Drawing(n, kind, seed, cluster)
        return confidence.confint(self, method, level, df, drawing)

    def profile(self, parm: Functions = None, *, level: float = 0.99, points: int = 8) -> Profile:
        """Return the profile of the deviance: for plots, and for intervals of combinations.

        Parameters
        ----------
        parm : str, list of str, dict or Series, optional
            Coefficients by name, all if left out; a dict of weights such as
            ``{"tension[T.M]": 1, "tension[T.H]": -1}`` is one linear combination.
        level : float
            The curve goes to the ends of the interval of this level.
        points : int
            Values on each side of the estimate.

        Returns
        -------
        Profile
            With ``frame`` (parameter, value, deviance, signed_root), ``coef`` (all
            coefficients at each row) and ``interval`` (at `level`).

        Raises
        ------
        FitError
            As `confint`; an unknown or aliased coefficient.

        Notes
        -----
        Equation (16.1). Two roots and ``2 * points + 1`` warm refits a parameter. Where the
        estimate is infinite the curve goes from the finite end towards it.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.profile({"tension[T.M]": 1, "tension[T.H]": -1}, level=0.95).interval.round(4)
                                     conf_low  conf_high
        tension[T.M] - tension[T.H]    0.0635     0.3314
        """
        return profile_of(self, parm, level, points)

    def inverse_predict(
        self,
        variable: str,
        p: float | Sequence[float] | None = None,
        *,
        mean: float | Sequence[float] | None = None,
        eta: float | Sequence[float] | None = None,
        at: Mapping[str, object] | None = None,
        method: str = "delta",
        level: float = 0.95,
    ) -> Table:
        """Return the value of a variable at which the mean is a given one: the LD50 and the like.

        Parameters
        ----------
        variable : str
            A numeric column. Where the formula transforms it, as in ``log(dose)``, the answer
            is on the column's own scale.
        p, mean, eta : float or list of float, optional
            The target: a probability (binomial families; 0.5 if nothing is given), a mean,
            or a linear predictor.
        at : dict, optional
            Values of the other variables of the model, one each.
        method : {"delta", "fieller", "profile"}
            Estimate -+ quantile * standard error; the values at which a Wald test, or the
            likelihood-ratio test, does not reject the target.
        level : float

        Returns
        -------
        Table
            ``prob`` (or ``fitted``, ``linear_predictor``), ``estimate std_error conf_low
            conf_high``, one row per target. An end is infinite where no value on that side
            is rejected.

        Raises
        ------
        FitError
            The linear predictor does not rise or fall all the way, never reaches the target,
            or rests on other variables that `at` leaves open.

        Notes
        -----
        Equations (16.7) and (16.8). The standard error is the delta method's for every
        method; delta intervals are symmetric on the column's own scale, the others do not
        depend on the scale. Delta and Fieller intervals use the covariance in use.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("cbind(r, 20 - r) ~ log2(dose)", {"dose": [1, 2, 4, 8, 16, 32],
        ...     "r": [1, 4, 9, 13, 18, 20]}, "binomial")
        >>> fit.inverse_predict("dose", [0.5, 0.9], method="fieller")
        dose at which the probability is reached
          Prob.  Estimate  Std. Error  2.5 %  97.5 %
         0.5000      4.72        0.67   3.51    6.31
         0.9000     15.82        3.86  10.80   30.94
        Interval: Fieller's, the values that a Wald test of the target does not reject.
        """
        target = inverse.target_of(self, p, mean, eta)
        return inverse.inverse_table(self, variable, target, at, method, level)

    def bootstrap(
        self, n: int = 999, kind: str = "case", *, seed: object = None, cluster: object = None
    ) -> Replicates:
        """Return the coefficients of fits to data drawn again: standard errors, bias, intervals.

        Parameters
        ----------
        n : int
            Replicates; 999 makes the ends of a 95 % interval single replicates.
        kind : {"case", "parametric", "cluster"}
            Draw rows with replacement (as counts: a row of frequency f is f observations);
            draw responses from the fitted distribution; draw whole clusters.
        seed : int or numpy Generator, optional
            The same seed gives the same digits.
        cluster : column name, expression or (n,) array, optional
            For ``kind="cluster"``.

        Returns
        -------
        Replicates
            With ``std_error``, ``bias``, ``confint("percentile" | "basic" | "bca")``,
            ``frame`` (one row a replicate) and ``table()``, which is also what it prints.

        Raises
        ------
        FitError
            The fit is separated, or hardly any replicate could be fitted.
        DataError
            The clusters do not match the rows, one is missing, or there is only one.
        NoLikelihoodError
            ``kind="parametric"`` for a quasi family.

        Notes
        -----
        n warm refits, a few scoring steps each. Replicates that are separated or fail are
        counted, and the printed table says how many.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.bootstrap(199, seed=1).confint().round(2).loc["wool[T.B]"].tolist()
        [-0.43, 0.06]
        """
        return bootstrap.bootstrap(self, n, kind, seed=seed, cluster=cluster)
