"""Results in the layout asked for: text, strict JSON, Markdown, LaTeX, HTML, CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from glmkit.models.results import Results
from glmkit.tables.export import Json
from glmkit.tables.table import Report, Table

__all__ = ["head_of", "laid_out", "plain"]


def laid_out(result: Report | Table, layout: str, head: Mapping[str, object]) -> str:
    """Return a report or a table in a layout; `head` goes before it in JSON.

    The CSV of a report is that of its first table. Numbers in JSON and CSV have full precision.
    """
    if layout == "json":
        return json.dumps({**head, **result.to_dict()}, indent=2, allow_nan=False, ensure_ascii=False)
    if layout == "csv":
        table = next(iter(result.parts.values())) if isinstance(result, Report) else result
        return table.to_csv().rstrip("\n")
    writers = {
        "text": result.to_text,
        "markdown": result.to_markdown,
        "latex": result.to_latex,
        "html": result.to_html,
    }
    return writers[layout]()


def head_of(fit: Results, schema: str) -> dict[str, object]:
    """Return what JSON says of the model: schema, formula, family, link, covariance, the row of `glance`."""
    glance = {name: plain(value) for name, value in fit.glance().iloc[0].items()}
    return {
        "schema": schema,
        "formula": fit.formula,
        "family": fit.family.name,
        "link": fit.family.link_name or None,
        "covariance": fit.estimate.label,
        "model": glance,
    }


def plain(value: object) -> Json:
    """Return a value that strict JSON can hold: null for NaN, words for infinities.

    Examples
    --------
    >>> [plain(x) for x in (3.0, 0.5, float("nan"), float("inf"), True)]
    [3, 0.5, None, 'Inf', True]
    """
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if not hasattr(value, "__float__"):
        return str(value)
    number = float(value)
    if number != number:
        return None
    if number in (float("inf"), float("-inf")):
        return "Inf" if number > 0 else "-Inf"
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
