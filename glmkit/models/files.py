"""A fit as a file, and without the rows of its data."""

from __future__ import annotations

import os
from typing import Self

from glmkit.io import store
from glmkit.models.record import Record

__all__ = ["Files"]


class Files(Record):
    """Saving, and forgetting the data."""

    def save(self, path: str | os.PathLike[str], *, include_data: bool = False) -> None:
        """Write the model to a file, which `load` reads back.

        JSON with every number exact to the bit, and nothing that could be run. The file is
        written beside its place and then moved there, so that an interruption leaves the old
        file or the new one. See docs/security.md for what loading checks.

        Parameters
        ----------
        path : str or Path
            Compressed where it ends in ``.gz``.
        include_data : bool
            Store the columns and rows of the data that the fit uses. Without them the model
            predicts new data, prints its summary, and has its covariance, Wald intervals and
            tests; residuals, profiles and refits need the rows and say so.

        Raises
        ------
        ModelFileError
            The file cannot be written.
        FamilyError, FitError
            What a file has no word for: a family or link of your own, levels of unknown types.

        Examples
        --------
        >>> import os, tempfile
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> path = os.path.join(tempfile.mkdtemp(), "model.json")
        >>> fit.save(path)
        >>> bool((gk.load(path).predict({"wool": ["A", "B"]}) == fit.predict({"wool": ["A", "B"]})).all())
        True
        """
        store.save(self, path, include_data=include_data)

    def to_json(self, *, include_data: bool = False) -> str:
        """Return what `save` writes, as text; `from_json` reads it.

        Parameters
        ----------
        include_data : bool
            As in `save`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> gk.from_json(fit.to_json()).coef.equals(fit.coef)
        True
        """
        return store.json_of(self, include_data=include_data)

    def slim(self) -> Self:
        """Return the same model without the rows of its data, small enough to keep or to send.

        What stays is what `save` writes. Levels of factors, knots and row labels in notes stay
        too: they are part of the model.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").slim()
        >>> fit.predict({"wool": "A"}).round(3).tolist()
        [31.037]
        """
        return type(self)(*store.slimmed(self))
