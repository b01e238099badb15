"""Estimated marginal means as the command line asks for them."""

from __future__ import annotations

import argparse

from glmkit.cli.fitted import split_names
from glmkit.errors import FitError
from glmkit.models.results import Results
from glmkit.tables.table import Table

__all__ = ["means_table", "parse_at"]


def means_table(fit: Results, options: argparse.Namespace) -> Table:
    """Return the means, or their contrast, as a table."""
    if options.adjust is not None and options.contrast is None:
        raise FitError("--adjust goes with a contrast: add --contrast pairwise.", argument="adjust")
    means = fit.emmeans(
        options.specs,
        by=split_names(options.by),
        at=parse_at(options.at) or None,
        scale=options.scale,
        weights=options.averaging,
    )
    if options.contrast is None:
        return means.confint(level=options.level)
    return means.contrast(options.contrast, adjust=options.adjust).table


def parse_at(texts: list[str]) -> dict[str, list[object]]:
    """Return the values of variables written as ``name=v,v``: numbers, True and False, or text.

    Examples
    --------
    >>> parse_at(["age=30,60.5", "sex=male"])
    {'age': [30, 60.5], 'sex': ['male']}
    """
    at: dict[str, list[object]] = {}
    for text in texts:
        name, equals, values = text.rpartition("=")
        if not (equals and name.strip() and values.strip()):
            raise FitError(f"--at {text!r} is not NAME=V,V. Write it as: --at age=30,60", argument="at")
        at[name.strip()] = [_value(word.strip()) for word in values.split(",")]
    return at


def _value(word: str) -> object:
    if word in ("True", "False"):
        return word == "True"
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
