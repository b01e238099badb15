"""Columns of numbers under their names: a table before anybody asks for its DataFrame.

A DataFrame costs more to make, and to read column by column, than most tables take to print.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from glmkit._typing import Array

__all__ = ["Columns"]


class Columns(NamedTuple):
    """Columns by name, (n,) each, and the labels of their rows.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> Columns({"estimate": np.array([0.5])}, pd.Index(["x"])).frame()
       estimate
    x       0.5
    """

    values: Mapping[str, Array]
    labels: pd.Index

    def frame(self) -> pd.DataFrame:
        """Return them as a DataFrame of its own."""
        return pd.DataFrame(dict(self.values), index=self.labels)

    def having(self, **changed: Array) -> Columns:
        """Return the same with some columns changed, or added at the end."""
        return self._replace(values={**self.values, **changed})
