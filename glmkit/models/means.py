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
    Its parts are those of `glmkit.inference.emmeans.means.MarginalMeans`, to which it adds a picture.

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

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> [text.get_text() for text in fit.emmeans("tension", by="wool").plot().get_xticklabels()]
        ['L', 'M', 'H']
        """
        return plot_means(self, ax)


def drawable(computed: means.MarginalMeans) -> MarginalMeans:
    """Return means with their picture; pairs and contrasts of them keep it."""
    return MarginalMeans(**{field.name: getattr(computed, field.name) for field in fields(computed)})
