"""Numbers inside sentences and headings; each is formatted by its kind, in ``numbers.py``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from glmkit.tables.glossary import GLOSSARY, KINDS
from glmkit.tables.numbers import as_text, format_value, percent

Value: TypeAlias = str | float | int | None
"""What a fact or a sentence may hold: text, or a number at full precision."""

_FIELD = re.compile(r"(= )?\{(\w+)(?::(\w+))?\}")


def format_text(template: str, /, **values: Value) -> str:
    """Return a sentence with its numbers filled in, each as its kind prints.

    Parameters
    ----------
    template : str
        ``{name}`` takes its kind from the glossary, ``{name:kind}`` from the template.
        Text is filled in as it is and never read as a template itself.
    **values : str, float, int or None

    Returns
    -------
    str

    Examples
    --------
    >>> format_text("{deviance} on {df} degrees of freedom", deviance=182.3051, df=48)
    '182.31 on 48 degrees of freedom'
    >>> format_text("p = {p:p}", p=0.0)
    'p < 2e-16'
    """

    def fill(match: re.Match[str]) -> str:
        equals, name, kind = match.groups(default="")
        column = GLOSSARY.get(name)
        text = format_value(values[name], KINDS.get(kind) or (column.kind if column else None))
        is_bound = equals and text[0] == "<" and not isinstance(values[name], str)
        return "< " + text[1:] if is_bound else equals + text

    return _FIELD.sub(fill, template)


def interval_headings(level: float = 0.95) -> dict[str, str]:
    """Return the headings of an interval's ends, as R writes them.

    Examples
    --------
    >>> interval_headings(0.95)
    {'conf_low': '2.5 %', 'conf_high': '97.5 %'}
    """
    tail = (1 - level) / 2
    return {"conf_low": percent(tail), "conf_high": percent(1 - tail)}


_STATISTICS = {
    "z": ("z value", "Pr(>|z|)"),
    "t": ("t value", "Pr(>|t|)"),
    "LR z": ("LR z", "Pr(>|z|)"),
    "LR t": ("LR t", "Pr(>|t|)"),
    "Score z": ("Score z", "Pr(>|z|)"),
    "Score t": ("Score t", "Pr(>|t|)"),
    "F": ("F value", "Pr(>F)"),
    "chisq": ("Chisq", "Pr(>Chisq)"),
    "LRT": ("LRT", "Pr(>Chi)"),
    "Rao": ("Rao", "Pr(>Chi)"),
    "score": ("Score", "Pr(>Chi)"),
    "Wald": ("Wald", "Pr(>Chi)"),
}


def statistic_headings(name: str) -> dict[str, str]:
    """Return the headings of a statistic and its p value: ``z t F chisq LRT Rao score Wald``.

    With ``LR`` or ``Score`` before z or t, the signed root of that test.

    Examples
    --------
    >>> statistic_headings("z")
    {'statistic': 'z value', 'p_value': 'Pr(>|z|)'}
    """
    return dict(zip(("statistic", "p_value"), _STATISTICS[name], strict=True))


def join_names(names: Iterable[object], most: int = 5) -> str:
    """Return names as a list in words, ``and k more`` beyond ``most``.

    Examples
    --------
    >>> join_names(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    words = [as_text(name) for name in names]
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most} more"
