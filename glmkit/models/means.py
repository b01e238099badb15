"""Marginal means as users have them: with a picture, which the layer that computes them cannot draw."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from glmkit.inference.emmeans import means
from glmkit.models.plotting import plot_means

if TYPE_CHECKING:
    from glmkit.plots.canvas import Axes

__all__ = ["MarginalMeans", "drawable"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MarginalMeans(means.MarginalMeans):
    """Estimated marginal means, or contrasts of them.

    Made by ``fit.emmeans(...)``, ``fit.emtrends(...)`` and the methods here; prints as a table.

    Parameters
    ----------
    estimate : Estimate
        Coefficients with the covariance in use.
    rows : (k, p) array
        The linear functions L of the coefficients that the k values are.
    offset : (k,) array
        What is added to L beta.
    values : (k,) array, optional
        The values, where they are not L beta + offset; L is then their gradient.
    given_df : float, optional
        Degrees of freedom in place of the estimate's.
    labels : DataFrame of k rows
        The factor columns, or ``contrast``, and the columns of `by`.
    by : tuple of str
        Columns within which means are compared and p-values adjusted.
    back : Back
        How values are shown: on the link scale, as means, as ratios.
    adjust : str
        Adjustment of p-values and intervals within each group.
    means : (k,) array, optional
        For pairs: how many means the pairs of a row's group are of.
    notes : tuple of str
        Printed below the table.
    title : str
        Printed above the table.
    level : float
        Of the intervals.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
    >>> fit.emmeans("tension").frame["estimate"].round(2).tolist()
    [36.2, 26.25, 21.55]
    >>> fit.emmeans("tension").pairs().frame["contrast"].tolist()
    ['L / M', 'L / H', 'M / H']
    """

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the means or contrasts with their intervals; groups in colours. As `plot_means`.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; a new figure by default.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> ax = fit.emmeans("tension", by="wool").plot()
        >>> [text.get_text() for text in ax.get_xticklabels()]
        ['L', 'M', 'H']
        """
        return plot_means(self, ax)


def drawable(computed: means.MarginalMeans) -> MarginalMeans:
    """Return means with their picture; pairs and contrasts of them keep it."""
    return MarginalMeans(**{field.name: getattr(computed, field.name) for field in fields(computed)})
