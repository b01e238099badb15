"""Models from files: `load` and `from_json`."""

from __future__ import annotations

import os
from collections.abc import Mapping

from glmkit.io import store
from glmkit.models.results import Results

__all__ = ["from_json", "load"]


def load(
    path: str | os.PathLike[str], *, functions: Mapping[str, object] | None = None, strict: bool = True
) -> Results:
    """Return the model in a file that `Results.save` wrote. Nothing in the file is run.

    Parameters
    ----------
    path : str or Path
        The file; decompressed where its name ends in ``.gz``.
    functions : dict, optional
        Your own functions and constants that the model's formula uses, by name; the file
        holds their names only. Those of `register` are found without.
    strict : bool
        Refuse a file with keys this version does not know; otherwise they are warned about
        and left aside.

    Returns
    -------
    Results
        ComponentResults where the model has several linear predictors.

    Raises
    ------
    ModelFileError
        The file is not a model, is damaged, or was made by a newer version. The checksum
        finds accidents; it does not say who wrote the file.

    Examples
    --------
    >>> import os, tempfile
    >>> import glmkit as gk
    >>> path = os.path.join(tempfile.mkdtemp(), "model.json")
    >>> gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").save(path)
    >>> gk.load(path).predict({"wool": ["A", "B"]}).round(2).tolist()
    [31.04, 25.26]
    """
    return Results(*store.load(path, functions, strict=strict))


def from_json(text: str, *, functions: Mapping[str, object] | None = None, strict: bool = True) -> Results:
    """Return the model in a text that `Results.to_json` made.

    Parameters
    ----------
    text : str
        The JSON.
    functions, strict
        As in `load`.

    Returns
    -------
    Results
        ComponentResults where the model has several linear predictors.

    Raises
    ------
    ModelFileError
        As in `load`.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    >>> gk.from_json(fit.to_json()).deviance == fit.deviance
    True
    """
    return Results(*store.model_from(text, functions, strict=strict))
