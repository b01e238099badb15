"""The model that the arguments of a command describe."""

from __future__ import annotations

import argparse
import warnings
from typing import NamedTuple

from glmkit.cli.files import read_table
from glmkit.errors import BoundaryWarning, ConvergenceWarning, GlmkitWarning, SeparationWarning
from glmkit.families.registry import family_from
from glmkit.models.entry import glm
from glmkit.models.results import Results

__all__ = ["Fitted", "fitted", "split_names"]

DOUBTS = (ConvergenceWarning, BoundaryWarning, SeparationWarning)


class Fitted(NamedTuple):
    """A fit, and whether it converged to finite estimates inside the range."""

    results: Results
    sound: bool


def fitted(options: argparse.Namespace) -> Fitted:
    """Return the fit of a command's formula, data and covariance."""
    family = family_from(options.family, options.link)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", GlmkitWarning)
        fit = glm(
            options.formula,
            read_table(options.data),
            family,
            weights=options.weights,
            freq_weights=options.freq_weights,
            offset=options.offset,
            exposure=options.exposure,
            subset=options.subset,
            contrasts=options.contrasts,
        )
    sound = not any(issubclass(warning.category, DOUBTS) for warning in said)
    return Fitted(_with_covariance(fit, options.vcov, options.cluster), sound)


def _with_covariance(fit: Results, kind: str | None, cluster: str | None) -> Results:
    if kind is None and cluster is None:
        return fit
    names = split_names(cluster)
    chosen = names[0] if names is not None and len(names) == 1 else names
    return fit.with_vcov("CR1" if kind is None else kind, cluster=chosen)


def split_names(text: str | None) -> list[str] | None:
    """Return names between commas.

    Examples
    --------
    >>> split_names("firm, year")
    ['firm', 'year']
    """
    return None if text is None else [name.strip() for name in text.split(",")]
