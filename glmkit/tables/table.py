"""Tables and reports: numbers at full precision that print themselves.

Both are values: what they hand out is a copy, and printing only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from glmkit.tables.cells import Style, make_grid
from glmkit.tables.columns import Columns
from glmkit.tables.document import Document, Facts
from glmkit.tables.export import Json, csv_table, json_table, json_value
from glmkit.tables.glossary import Kind
from glmkit.tables.polars_frame import polars_frame
from glmkit.tables.printed import Printed
from glmkit.tables.wording import Value, format_text

if TYPE_CHECKING:
    import polars


class Table(Printed):
    """A table at full precision, which knows how it prints.

    Parameters
    ----------
    frame : DataFrame or glmkit.tables.columns.Columns
        Columns from the glossary where it has a word; row labels in the index. An index of
        two levels (part, name) prints as rows grouped under their part.
    title : str
        Printed above the table.
    kinds, headings : mapping of column name to str, optional
        Where this table differs from the glossary.
    notes : iterable of str
        Printed below the table, one a line.
    stars : bool
        Whether R's significance codes follow the p values.
    blanks : iterable of str
        Columns in which NaN means "does not apply", and prints as a blank.
    show_index : bool
        Whether the index holds the row labels; without it the first column does, if it is text.

    Examples
    --------
    >>> import pandas as pd
    >>> import glmkit as gk
    >>> numbers = {"estimate": [3.7967], "std_error": [0.04994]}
    >>> gk.Table(pd.DataFrame(numbers, index=["Intercept"]), "Coefficients")
    Coefficients
               Estimate  Std. Error
    Intercept     3.797       0.050
    """

    __slots__ = ("_given", "_style")
    _given: pd.DataFrame | Columns
    _style: Style

    def __init__(
        self,
        frame: pd.DataFrame | Columns,
        title: str = "",
        *,
        kinds: Mapping[str, Kind] | None = None,
        headings: Mapping[str, str] | None = None,
        notes: Iterable[str] = (),
        stars: bool = False,
        blanks: Iterable[str] = (),
        show_index: bool = True,
    ) -> None:
        style = Style(
            title, dict(kinds or {}), dict(headings or {}), tuple(notes), stars, frozenset(blanks), show_index
        )
        object.__setattr__(self, "_given", frame if isinstance(frame, Columns) else frame.copy())
        object.__setattr__(self, "_style", style)

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore_table, (self._frame, self._style))

    @property
    def _frame(self) -> pd.DataFrame:
        """The numbers, not to be written to."""
        return self._given.frame() if isinstance(self._given, Columns) else self._given

    @property
    def frame(self) -> pd.DataFrame:
        """The numbers at full precision; a copy.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.drop1().frame["deviance"].round(2).to_dict()
        {'<none>': 281.33, 'wool': 297.37}
        """
        return self._frame.copy()

    @property
    def title(self) -> str:
        """The heading of the table.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.anova().title
        'Analysis of deviance: Poisson, log link'
        """
        return self._style.title

    @property
    def notes(self) -> tuple[str, ...]:
        """The lines below the table.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.anova().notes[0]
        'Terms added one after another, first to last.'
        """
        return self._style.notes

    @property
    def columns(self) -> pd.Index:
        """The names of the columns.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.drop1().columns.tolist()
        ['df', 'deviance', 'aic', 'statistic', 'p_value']
        """
        return self._frame.columns

    @property
    def index(self) -> pd.Index:
        """The row labels.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.drop1().index.tolist()
        ['<none>', 'wool']
        """
        return self._frame.index

    @property
    def loc(self) -> Any:
        """Rows and cells by label, as ``table.frame.loc``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> round(float(fit.drop1().loc["wool", "p_value"]), 6)
        6.2e-05
        """
        return self.frame.loc

    def __getitem__(self, column: str) -> Any:
        return self.frame[column]

    def __len__(self) -> int:
        return len(self._frame)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._frame.columns)

    def to_csv(self, *, safe: bool = True) -> str:
        """Return CSV at full precision.

        Parameters
        ----------
        safe : bool
            Whether names are kept from running as formulas in a spreadsheet.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> print(fit.drop1().to_csv().splitlines()[0])
        row,df,deviance,aic,statistic,p_value
        """
        return csv_table(self._frame, labels=self._style.show_index, safe=safe)

    def to_dict(self) -> dict[str, Json]:
        """Return values for strict JSON: NaN is None, infinity the string ``"Inf"``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> sorted(fit.drop1().to_dict())
        ['columns', 'notes', 'rows', 'title']
        """
        return json_table(self._frame, self.title, self.notes)

    def to_polars(self) -> polars.DataFrame:
        """Return the numbers at full precision as polars, row labels as the column ``label``; NaN is null.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.drop1().to_polars().columns
        ['label', 'df', 'deviance', 'aic', 'statistic', 'p_value']
        """
        return polars_frame(self._frame, "label" if self._style.show_index else None)

    def _document(self, most_rows: int | None) -> Document:
        return Document("", (make_grid(self._given, self._style, most_rows),), ())


def _restore_table(frame: pd.DataFrame, style: Style) -> Table:
    """Rebuild a pickled or copied table."""
    return Table(frame, **style._asdict())


@dataclass(frozen=True)
class Fact:
    """A labelled line of a report; its numbers stay at full precision.

    Parameters
    ----------
    label : str
    template : str
        The line; ``{name}`` or ``{name:kind}`` stands for a value. Without values the text
        stands as it is.
    values : mapping of str to str, float, int or None

    Examples
    --------
    >>> Fact("Residual deviance", "{deviance} on {df} df", {"deviance": 182.3051, "df": 48}).text
    '182.31 on 48 df'
    """

    label: str
    template: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", dict(self.values))

    @property
    def text(self) -> str:
        """The line with its numbers formatted."""
        return format_text(self.template, **self.values) if self.values else self.template

    def to_dict(self) -> dict[str, Json]:
        """Return label, text and values at full precision, for strict JSON."""
        return {"label": self.label, "text": self.text, "values": json_value(self.values)}


def fact(label: str, template: str, /, **values: Value) -> Fact:
    """Return a fact, its values given by name.

    Examples
    --------
    >>> fact("AIC", "{aic}", aic=468.9692).text
    '468.97'
    """
    return Fact(label, template, values)


class Report(Printed):
    """Facts and tables under one title.

    Parameters
    ----------
    title : str
        Printed first.
    facts : iterable of Fact
        Labelled lines above the tables: ``glmkit.tables.fact`` makes one.
    tables : mapping of str to Table
        By name, in order.
    footer : iterable of Fact
        Labelled lines below the tables.
    notes : iterable of str
        Printed last, as a list.

    Examples
    --------
    >>> import glmkit as gk
    >>> from glmkit.tables import fact
    >>> gk.Report("Poisson regression", [fact("Rows used", "{nobs}", nobs=54)])
    Poisson regression
    <BLANKLINE>
    Rows used  54
    """

    __slots__ = ("_parts", "facts", "footer", "notes", "title")
    title: str
    facts: tuple[Fact, ...]
    footer: tuple[Fact, ...]
    notes: tuple[str, ...]
    _parts: dict[str, Table]

    def __init__(
        self,
        title: str,
        facts: Iterable[Fact] = (),
        tables: Mapping[str, Table] | None = None,
        *,
        footer: Iterable[Fact] = (),
        notes: Iterable[str] = (),
    ) -> None:
        values = (title, tuple(facts), tuple(footer), tuple(notes), dict(tables or {}))
        for name, value in zip(("title", "facts", "footer", "notes", "_parts"), values, strict=True):
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore_report, (self.title, self.facts, self._parts, self.footer, self.notes))

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The full-precision frame of every table, by name; copies.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.summary().tables["coefficients"]["estimate"].round(3).to_dict()
        {'Intercept': 3.435, 'wool[T.B]': -0.206}
        """
        return {name: table.frame for name, table in self._parts.items()}

    @property
    def parts(self) -> dict[str, Table]:
        """Every table, by name.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.summary().parts["coefficients"]
        Coefficients
                   Estimate  Std. Error  z value  Pr(>|z|)   2.5 %  97.5 %
        Intercept     3.435       0.035   99.442    <2e-16   3.367   3.503
        wool[T.B]    -0.206       0.052   -3.994  6.49e-05  -0.307  -0.105
        """
        return dict(self._parts)

    def __getitem__(self, name: str) -> Table:
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def to_dict(self) -> dict[str, Json]:
        """Return values for strict JSON: NaN is None, infinity the string ``"Inf"``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.summary().to_dict()["facts"][0]
        {'label': 'Formula', 'text': 'breaks ~ wool', 'values': {}}
        """
        return {
            "title": self.title,
            "facts": [f.to_dict() for f in (*self.facts, *self.footer)],
            "tables": {name: table.to_dict() for name, table in self._parts.items()},
            "notes": list(self.notes),
        }

    def _document(self, most_rows: int | None) -> Document:
        grids = [make_grid(table._given, table._style, most_rows) for table in self._parts.values()]
        blocks = [_as_facts(self.facts), *grids, _as_facts(self.footer)]
        return Document(self.title, tuple(block for block in blocks if block is not None), self.notes)


def _as_facts(facts: tuple[Fact, ...]) -> Facts | None:
    """Return facts as strings, None where there are none."""
    return Facts(tuple((f.label, f.text) for f in facts)) if facts else None


def _restore_report(
    title: str,
    facts: tuple[Fact, ...],
    tables: dict[str, Table],
    footer: tuple[Fact, ...],
    notes: tuple[str, ...],
) -> Report:
    """Rebuild a pickled or copied report."""
    return Report(title, facts, tables, footer=footer, notes=notes)
