"""The fitted model as its user holds it: a frozen record with thin methods.

No numerics live here or in the groups of methods it is made of. Every method hands the
record to a free function of `glmkit.inference`; variants are new values.
"""

from __future__ import annotations

from glmkit.models.aliases import StatsmodelsSpellings
from glmkit.models.attributes import Attributes
from glmkit.models.covariances import Covariances
from glmkit.models.deviance_tables import DevianceTables
from glmkit.models.effects import Effects
from glmkit.models.files import Files
from glmkit.models.influences import Influences
from glmkit.models.intervals import Intervals
from glmkit.models.maketables import MaketablesHooks
from glmkit.models.measures import Measures
from glmkit.models.plotting import Plotting
from glmkit.models.predictions import Predictions
from glmkit.models.presentation import Presentation
from glmkit.models.row_values import RowValues

__all__ = ["Results"]


class Results(
    Attributes,
    Presentation,
    Covariances,
    Intervals,
    Measures,
    DevianceTables,
    RowValues,
    Predictions,
    Influences,
    Effects,
    Plotting,
    Files,
    StatsmodelsSpellings,
    MaketablesHooks,
):
    """A fitted generalized linear model.

    Made by `glm` and `glm_fit`; never by hand. Coefficients and all that goes with them
    are pandas objects by coefficient name, NaN where aliased; what goes with rows carries
    the caller's row labels.

    Attributes
    ----------
    notes : tuple of str
        What had to be said of the fit; each was also a warning or is in the summary.
    boundary : bool
        Whether the maximum lies on the edge of the range of valid means.
    method : str
        How it was fitted, as given to `glm`.
    step_path : Table or None
        How `step` came to this model.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
    >>> round(fit.deviance, 2), fit.df_resid
    (182.31, 48)
    """
