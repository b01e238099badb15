"""What a reader should know of the coding: levels left out, baselines moved, orders not used."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

import numpy as np

from glmkit.frame.coding import factor_encodings
from glmkit.frame.encoding import Encoding, FactorEncoding, as_factor
from glmkit.frame.names import plain_name
from glmkit.frame.values import Factor, Value, level_text

__all__ = ["coding_notes"]

SHOWN = 8  # levels named in a note


def coding_notes(encodings: Mapping[str, Encoding], values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the notes on the factors of a model.

    Parameters
    ----------
    encodings : dict
        What the rows used taught.
    values : dict
        The same factors over all rows of the data.
    """
    notes: list[str] = []
    for encoding in factor_encodings(encodings):
        notes += _unused_levels(encoding, as_factor(values[encoding.factor]))
        notes += _moved_baseline(encoding, as_factor(values[encoding.factor]))
        notes += _order_not_used(encoding)
    return tuple(notes)


def _unused_levels(encoding: FactorEncoding, value: Factor) -> Iterator[str]:
    if encoding.logical or len(encoding.levels) == len(value.levels):
        return
    occurring = set(np.unique(value.codes[value.codes >= 0]).tolist())
    left_out = [
        (i in occurring, level) for i, level in enumerate(value.levels) if level not in encoding.levels
    ]
    for was_there, reason in ((True, "only in rows that are not used"), (False, "in no row")):
        levels = [level for occurs, level in left_out if occurs == was_there]
        if levels:
            s = "s" * (len(levels) > 1)
            verb = "occur" if s else "occurs"
            name = plain_name(encoding.factor)
            yield f"Level{s} {_listed(levels)} of {name} {verb} {reason} and {'are' if s else 'is'} left out."


def _moved_baseline(encoding: FactorEncoding, value: Factor) -> Iterator[str]:
    scheme = encoding.contrast
    if scheme.name not in ("treatment", "sas") or not value.levels or not encoding.levels:
        return
    last = scheme.name == "sas"
    wanted = scheme.base if scheme.base is not None else value.levels[-1 if last else 0]
    if wanted not in encoding.levels:
        yield (
            f"The baseline of {plain_name(encoding.factor)} is {level_text(encoding.levels[-1 if last else 0])!r},"
            f" for {level_text(wanted)!r} does not occur in the rows used."
        )


def _order_not_used(encoding: FactorEncoding) -> Iterator[str]:
    if encoding.ordered and encoding.contrast.name == "treatment":
        yield (
            f"{plain_name(encoding.factor)} is ordered and coded against its first level;"
            ' contrasts="r" gives R\'s polynomials.'
        )


def _listed(levels: list[Hashable]) -> str:
    shown = ", ".join(repr(level_text(level)) for level in levels[:SHOWN])
    return shown if len(levels) <= SHOWN else f"{shown}, ... ({len(levels)} in all)"
