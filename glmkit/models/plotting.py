"""Pictures of a fit; matplotlib is imported by the first one drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glmkit.models.record import Record

if TYPE_CHECKING:
    from glmkit.inference.emmeans.means import MarginalMeans
    from glmkit.plots.canvas import Axes

__all__ = ["Plotting", "plot_means"]


def plot_means(means: MarginalMeans, ax: Axes | None = None) -> Axes:
    """Draw marginal means, or contrasts of them, with their intervals; groups in colours.

    Parameters
    ----------
    means : MarginalMeans
        What `emmeans`, `emtrends` and their contrasts return.
    ax : Axes, optional
        What to draw into; a new figure if left out.

    Returns
    -------
    Axes
        What was drawn into.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
    >>> ax = gk.plot_means(fit.emmeans("tension", by="wool"))
    >>> [text.get_text() for text in ax.get_xticklabels()]
    ['L', 'M', 'H']
    """
    from glmkit.plots import effects

    return effects.plot_means(means, ax)


class Plotting(Record):
    """Plots; each takes ``ax=`` and returns what it drew into."""

    def plot_diagnostics(self, ax: Any = None, *, seed: int = 0, simulations: int = 39) -> list[Axes]:
        """Draw four pictures of residuals: against the linear predictor, normal Q-Q, scale-location, leverage.

        Parameters
        ----------
        ax : four Axes, optional
            What to draw into; a new figure if left out.
        seed : int
            Of the randomized quantile residuals of a discrete response, and of the simulations.
        simulations : int
            Refits for the envelope of a continuous response's Q-Q plot; 0 for the envelope of
            normal order statistics.

        Returns
        -------
        list of four Axes
            The three most remarkable rows carry their labels.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ log(Girth)", gk.load_dataset("trees"), gk.Gamma("log"))
        >>> [ax.get_xlabel() for ax in fit.plot_diagnostics()]
        ['Linear predictor', 'Normal quantile', 'Linear predictor', 'Leverage']
        """
        from glmkit.plots.diagnostics import plot_diagnostics

        return plot_diagnostics(self, ax, seed, simulations)  # type: ignore[arg-type]

    def plot_half_normal(self, ax: Axes | None = None, *, simulations: int = 39, seed: int = 0) -> Axes:
        """Draw sorted absolute residuals against half-normal quantiles, in an envelope of simulated refits.

        Parameters
        ----------
        ax : Axes, optional
            What to draw into; a new figure if left out.
        simulations : int
            Refits to simulated responses that make the envelope.
        seed : int
            Of the simulations.

        Returns
        -------
        Axes
            What was drawn into.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.plot_half_normal(simulations=5).get_xlabel()
        'Half-normal quantile'
        """
        from glmkit.plots.diagnostics import plot_half_normal

        return plot_half_normal(self, ax, simulations, seed)  # type: ignore[arg-type]

    def plot_coefficients(
        self,
        ax: Axes | None = None,
        *,
        level: float = 0.95,
        exponentiate: bool = False,
        intercept: bool = False,
    ) -> Axes:
        """Draw coefficients with their Wald intervals.

        Parameters
        ----------
        ax : Axes, optional
            What to draw into; a new figure if left out.
        level : float
            Level of the intervals.
        exponentiate : bool
            Draw exp(estimate) on a log axis: odds ratios, rate ratios.
        intercept : bool
            Draw the intercept too.

        Returns
        -------
        Axes
            What was drawn into.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ age + smoke + ht", gk.load_dataset("birthwt"), "binomial")
        >>> fit.plot_coefficients(exponentiate=True).get_xlabel()
        'Odds ratio, 95 % interval'
        """
        from glmkit.plots.coefficients import plot_coefficients

        return plot_coefficients(self, ax, level, exponentiate, intercept)  # type: ignore[arg-type]

    def plot_effect(
        self, variable: str, by: str | None = None, ax: Axes | None = None, *, data: bool = True
    ) -> Axes:
        """Draw the marginal mean along a variable: a curve with its interval and the data, or means of levels.

        Parameters
        ----------
        variable : str
            A covariate or factor of the model.
        by : str, optional
            A factor to draw apart.
        ax : Axes, optional
            What to draw into; a new figure if left out.
        data : bool
            Draw the responses, or for 0/1 responses a rug at either edge.

        Returns
        -------
        Axes
            What was drawn into.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("Volume ~ log(Girth)", gk.load_dataset("trees"), gk.Gamma("log"))
        >>> fit.plot_effect("Girth").get_ylabel()
        'Mean of Volume, 95 % interval'
        """
        from glmkit.plots.effects import plot_effect

        return plot_effect(self, variable, by, ax, data)  # type: ignore[arg-type]

    def plot_partial_residuals(self, term: str, ax: Axes | None = None) -> Axes:
        """Draw the partial residuals of a term against its variable, with the fitted term and a smoother.

        Parameters
        ----------
        term : str
            A term of one numeric variable, as the formula writes it.
        ax : Axes, optional
            What to draw into; a new figure if left out.

        Returns
        -------
        Axes
            What was drawn into.

        Examples
        --------
        >>> import glmkit as gk
        >>> trees = gk.load_dataset("trees")
        >>> fit = gk.glm("Volume ~ log(Girth) + Height", trees, gk.Gamma("log"))
        >>> fit.plot_partial_residuals("log(Girth)").get_xlabel()
        'Girth'
        """
        from glmkit.plots.effects import plot_partial_residuals

        return plot_partial_residuals(self, term, ax)  # type: ignore[arg-type]

    def plot_calibration(self, groups: int = 10, ax: Axes | None = None) -> Axes:
        """Draw observed shares against predicted probabilities in groups of equal size.

        Parameters
        ----------
        groups : int
            Groups by quantiles of the fitted probability.
        ax : Axes, optional
            What to draw into; a new figure if left out.

        Returns
        -------
        Axes
            What was drawn into.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ lwt + smoke", gk.load_dataset("birthwt"), "binomial")
        >>> fit.plot_calibration().get_xlabel()
        'Predicted probability'
        """
        from glmkit.plots.probabilities import plot_calibration

        return plot_calibration(self, groups, ax)  # type: ignore[arg-type]

    def plot_roc(self, ax: Axes | None = None) -> Axes:
        """Draw the ROC curve of a binomial fit, with the area under it.

        Parameters
        ----------
        ax : Axes, optional
            What to draw into; a new figure if left out.

        Returns
        -------
        Axes
            What was drawn into.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ lwt + smoke", gk.load_dataset("birthwt"), "binomial")
        >>> fit.plot_roc().get_xlabel()
        'False positive rate'
        """
        from glmkit.plots.probabilities import plot_roc

        return plot_roc(self, ax)  # type: ignore[arg-type]

    def plot_rootogram(self, ax: Axes | None = None) -> Axes:
        """Draw a hanging rootogram of a count response: expected against observed frequencies.

        Parameters
        ----------
        ax : Axes, optional
            What to draw into; a new figure if left out.

        Returns
        -------
        Axes
            What was drawn into.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.plot_rootogram().get_xlabel()
        'breaks'
        """
        from glmkit.plots.probabilities import plot_rootogram

        return plot_rootogram(self, ax)  # type: ignore[arg-type]

    def plot_irls(self, ax: Any = None) -> list[Axes]:
        """Draw the deviance still to go at each iteration, and the working weights of the first and last.

        Parameters
        ----------
        ax : two Axes, optional
            What to draw into; a new figure if left out.

        Returns
        -------
        list of two Axes
            What was drawn into.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> [ax.get_ylabel() for ax in fit.plot_irls()]
        ['Deviance above its minimum', 'Working weight']
        """
        from glmkit.plots.iterations import plot_irls

        return plot_irls(self, ax)  # type: ignore[arg-type]

    def plot_profile(
        self, name: str, ax: Axes | None = None, *, level: float = 0.95, kind: str = "deviance"
    ) -> Axes:
        """Draw the profile of the deviance of a coefficient, with the interval and Wald's parabola beside it.

        Parameters
        ----------
        name : str
            A coefficient.
        ax : Axes, optional
            What to draw into; a new figure if left out.
        level : float
            Of the interval, whose ends are drawn; the curve goes a little beyond them.
        kind : {"deviance", "signed_root"}
            The rise over the dispersion, where Wald's curve is a parabola; or its signed root,
            where that is a straight line.

        Returns
        -------
        Axes
            What was drawn into.

        Raises
        ------
        FitError
            As `profile`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("low ~ smoke + ht", gk.load_dataset("birthwt"), "binomial")
        >>> fit.plot_profile("smoke").get_xlabel()
        'smoke'
        """
        from glmkit.plots.profiles import plot_profile

        return plot_profile(self, name, ax, level, kind)
