"""What a fitted model is made of: the frozen record that every group of methods shares."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from glmkit._typing import AnyArray, Array
from glmkit.families.base import Family
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.scoring import Control
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.estimate import Estimate
from glmkit.inference.rowwise import by_row
from glmkit.tables.table import Table

__all__ = ["Record"]


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """The values of a fit; the methods over them stand in the groups that inherit from it."""

    frame: ModelFrame
    fit: GLMFit
    estimate: Estimate
    control: Control
    method: str
    notes: tuple[str, ...]
    boundary: bool
    step_path: Table | None = None
    """How `step` came to this model, a Table; None for a fit that was not selected."""

    @property
    def family(self) -> Family:
        """The family with its link.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.family
        Poisson(link="log")
        """
        return self.fit.family

    def coefficient_names(self, naming: str | None = None) -> pd.Index:
        """Return the names of all coefficients: glmkit's, or ``"r"`` or ``"label"``.

        Parameters
        ----------
        naming : {None, "r", "label"}
            glmkit's names (``wool[T.B]``), R's (``woolB``) or readable labels.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.coefficient_names("r").tolist()
        ['(Intercept)', 'woolB']
        """
        if naming is None:
            return self.estimate.names
        labels = [str(getattr(name, naming)) for name in self.frame.names]
        return pd.Index(labels, dtype=object)

    def _by_name(self, values: AnyArray, name: str) -> pd.Series:
        return pd.Series(values, index=self.estimate.names, name=name, copy=True)

    def _by_row(self, values: Array, name: str) -> pd.Series:
        return by_row(self.frame.rows, values, name)
