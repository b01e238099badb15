"""Models side by side: a column each, the error of an estimate beneath it in brackets.

The numbers stay at full precision in `frame` and `statistics`; two of them share a column
of cells only when it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit.tables.document import Document, Grid
from glmkit.tables.export import Json, json_table
from glmkit.tables.glossary import heading_of, kind_of
from glmkit.tables.numbers import STARS_LEGEND, as_text, enclosed, format_columns, format_value, stars_for
from glmkit.tables.printed import Printed

__all__ = ["SideBySide"]


# What may stand after the last digit of an estimate, and of the number in brackets beneath it.
STARS_WIDTH = 3
BRACKET_WIDTH = 1


class _Layout(NamedTuple):
    """What is printed of the numbers."""

    title: str
    coefficients: str  # heading of the coefficients
    interval: bool
    stars: bool
    notes: tuple[str, ...]


class SideBySide(Printed):
    """Several coefficient tables as one: a row for each name, a column for each model.

    Made by ``gk.etable(...)``.

    Parameters
    ----------
    models : mapping of str to DataFrame
        By model, in order: ``estimate std_error p_value conf_low conf_high`` by coefficient.
        A coefficient that a model lacks is blank; one it has but cannot estimate is ``NA``.
    statistics : DataFrame
        One row a statistic (a word of the glossary), one column a model.
    title, heading : str
        Of the table; of the coefficients.
    interval : bool
        Whether the interval stands beneath the estimate, instead of the standard error.
    stars : bool
        Whether R's significance codes follow the estimates.
    notes : iterable of str
        Printed below the table, one a line.

    Examples
    --------
    >>> import pandas as pd
    >>> import glmkit as gk
    >>> numbers = {"estimate": [3.7967], "std_error": [0.04994]}
    >>> one = pd.DataFrame(numbers, index=["Intercept"])
    >>> rows = pd.DataFrame({"(1)": [54], "(2)": [54]}, index=["nobs"])
    >>> gk.SideBySide({"(1)": one, "(2)": one}, rows)
                       (1)      (2)
    Coefficients
      Intercept      3.797    3.797
                   (0.050)  (0.050)
    Fit
      N                 54       54
    """

    __slots__ = ("_layout", "_models", "_statistics")
    _models: dict[str, pd.DataFrame]
    _statistics: pd.DataFrame
    _layout: _Layout

    def __init__(
        self,
        models: Mapping[str, pd.DataFrame],
        statistics: pd.DataFrame,
        title: str = "",
        *,
        heading: str = "Coefficients",
        interval: bool = False,
        stars: bool = False,
        notes: Iterable[str] = (),
    ) -> None:
        layout = _Layout(title, heading, interval, stars, tuple(notes))
        object.__setattr__(self, "_models", {name: frame.copy() for name, frame in models.items()})
        object.__setattr__(self, "_statistics", statistics.copy())
        object.__setattr__(self, "_layout", layout)

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (self._models, self._statistics, self._layout))

    @property
    def frame(self) -> pd.DataFrame:
        """The coefficients at full precision: one row a name, two levels of columns (model, number).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> table = gk.etable(fit, fit.with_vcov("HC3"), names=["model", "robust"])
        >>> table.frame["robust"]["std_error"].round(3).to_dict()
        {'Intercept': 0.1, 'wool[T.B]': 0.123}
        """
        order = _names(self._models)
        whole = {name: frame.reindex(order) for name, frame in self._models.items()}
        return pd.concat(whole, axis="columns")

    @property
    def statistics(self) -> pd.DataFrame:
        """The statistics of each fit at full precision: one row each, a column a model; a copy.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> table = gk.etable(fit, fit.with_vcov("HC3"), names=["model", "robust"])
        >>> table.statistics.loc["nobs"].to_dict()
        {'model': 54, 'robust': 54}
        """
        return self._statistics.copy()

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Both frames, by name.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> table = gk.etable(fit, fit.with_vcov("HC3"), names=["model", "robust"])
        >>> list(table.tables)
        ['coefficients', 'statistics']
        """
        return {"coefficients": self.frame, "statistics": self.statistics}

    @property
    def title(self) -> str:
        """The heading of the table.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> table = gk.etable(fit, fit.with_vcov("HC3"), names=["model", "robust"])
        >>> table.title
        ''
        """
        return self._layout.title

    @property
    def notes(self) -> tuple[str, ...]:
        """The lines below the table.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> table = gk.etable(fit, fit.with_vcov("HC3"), names=["model", "robust"])
        >>> table.notes
        ('Standard errors in brackets.',)
        """
        return self._layout.notes

    def to_dict(self) -> dict[str, Json]:
        """Return values for strict JSON: NaN is None, infinity the string ``"Inf"``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> table = gk.etable(fit, fit.with_vcov("HC3"), names=["model", "robust"])
        >>> list(table.to_dict())
        ['coefficients', 'statistics', 'notes']
        """
        flat = self.frame
        flat.columns = pd.Index([" ".join(column) for column in flat.columns.tolist()])
        return {
            "coefficients": json_table(flat, self._layout.coefficients, ()),
            "statistics": json_table(self._statistics, "Fit", ()),
            "notes": list(self.notes),
        }

    def _document(self, most_rows: int | None) -> Document:
        order = _names(self._models)
        labels = [text for name in order for text in (as_text(name), "")]
        columns = [
            _estimate_cells(frame.reindex(order), _name_set(frame), self._layout)
            for frame in self._models.values()
        ]
        shown = [_statistic_label(name) for name in self._statistics.index]
        for i, column in enumerate(columns):
            column += _statistic_cells(self._statistics.iloc[:, i])
        groups = [self._layout.coefficients] * len(labels) + ["Fit"] * len(shown)
        notes = [*self._layout.notes, *([STARS_LEGEND] if self._layout.stars else [])]
        grid = Grid(
            self._layout.title,
            "",
            tuple(labels + shown),
            tuple(groups),
            tuple(self._models),
            tuple(map(tuple, columns)),
            (True,) * len(columns),
            tuple(notes),
        )
        return Document("", (grid,), ())


def _restore(models: dict[str, pd.DataFrame], statistics: pd.DataFrame, layout: _Layout) -> SideBySide:
    """Rebuild a pickled or copied table."""
    title, heading, interval, stars, notes = layout
    return SideBySide(models, statistics, title, heading=heading, interval=interval, stars=stars, notes=notes)


def _names(models: Mapping[str, pd.DataFrame]) -> list[object]:
    """Return all coefficient names, each model's new ones after those seen before it."""
    return list(dict.fromkeys(name for frame in models.values() for name in frame.index.tolist()))


def _name_set(frame: pd.DataFrame) -> frozenset[object]:
    """Return the names a model has, aliased ones too."""
    return frozenset(frame.index.tolist())


def _estimate_cells(frame: pd.DataFrame, present: frozenset[object], layout: _Layout) -> list[str]:
    """Return two cells a coefficient: the estimate, and in brackets beneath it what is known of it.

    Spaces after a number keep the decimals of plain text in line with those inside brackets; the
    other formats drop them.
    """
    overhang = STARS_WIDTH if layout.stars else BRACKET_WIDTH
    beneath = ("conf_low", "conf_high") if layout.interval else ("std_error",)
    numbers = ("estimate", "std_error", *beneath) if layout.interval else ("estimate", *beneath)
    kinds = [kind_of(name, "number") for name in numbers]
    written = format_columns(kinds, [frame[name].to_numpy(dtype=float) for name in numbers])
    under = enclosed(written[-len(beneath) :], "[]" if layout.interval else "()")
    marks = stars_for(frame["p_value"].to_numpy(dtype=float)) if layout.stars else [""] * len(frame)
    finite = np.isfinite(frame["estimate"].to_numpy(dtype=float))
    cells: list[str] = []
    for name, top, mark, below, known in zip(
        frame.index.tolist(), written[0], marks, under, finite, strict=True
    ):
        pair = [top + mark.ljust(overhang), (below + " " * (overhang - 1)) if known else ""]
        cells += pair if name in present else ["", ""]
    return cells


def _statistic_label(name: object) -> str:
    return heading_of(str(name))


def _statistic_cells(column: pd.Series) -> list[str]:
    """Return one model's statistics, each printed by its own kind."""
    return [
        format_value(value, kind_of(str(name), "number"))
        for name, value in zip(column.index, column.tolist(), strict=True)
    ]
