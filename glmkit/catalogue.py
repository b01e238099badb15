"""The data sets that come with glmkit, with their descriptions and sources.

The files are one CSV per data set and ``index.json``, which says what no CSV can: the levels of
each factor in order, units, the original publication, terms, and an example fit.
"""

from __future__ import annotations

import csv
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import pandas as pd

from glmkit._typing import AnyArray
from glmkit.errors import DataError, DataReadError

__all__ = ["ColumnInfo", "DatasetInfo", "ExampleFit", "dataset_info", "datasets", "load_dataset"]

_MISSING = "NA"
_WIDTH = 80  # columns of plain text
_LABEL_WIDTH = 10  # of them for the labels of a description


@dataclass(frozen=True)
class ColumnInfo:
    """What one column of a data set holds.

    Attributes
    ----------
    name : str
    kind : str
        "factor" or "numeric".
    dtype : str
        "int64", "float64" or "category".
    unit : str
        Empty for a factor, and for a number without one.
    description : str
    levels : tuple of str
        The levels of a factor in R's order; empty for a number.
    ordered : bool
        Whether R has the factor as ordered.
    missing : int
        Number of missing values.
    """

    name: str
    kind: str
    dtype: str
    unit: str
    description: str
    levels: tuple[str, ...]
    ordered: bool
    missing: int

    def __str__(self) -> str:
        between = " < " if self.ordered else ", "
        facts = [self.unit, between.join(self.levels), f"{self.missing} missing" if self.missing else ""]
        text = "; ".join(fact for fact in facts if fact)
        return f"{self.description} ({text})" if text else self.description


@dataclass(frozen=True)
class ExampleFit:
    """A first model to fit to a data set.

    Attributes
    ----------
    formula : str
    family : str
        Name of a family class of glmkit.
    link : str or None
        None for the family's own default.
    arguments : dict of str to str
        Further keyword arguments of ``glmkit.glm``.
    """

    formula: str
    family: str
    link: str | None
    arguments: Mapping[str, str]

    def __str__(self) -> str:
        family = f"gk.{self.family}({json.dumps(self.link) if self.link else ''})"
        further = [f"{name}={json.dumps(value)}" for name, value in self.arguments.items()]
        return f"gk.glm({', '.join([json.dumps(self.formula), 'data', family, *further])})"


@dataclass(frozen=True)
class DatasetInfo:
    """Describe one data set; ``str()`` of it is a page of plain text.

    Attributes
    ----------
    name, title, description : str
    rows : int
    columns : tuple of ColumnInfo
    source : str
        The original publication.
    licence : str
        The terms under which the figures come.
    teaches : str
        What the data set is good for.
    example : ExampleFit
    aliases : tuple of str
        Other names `load_dataset` knows it by, R's among them.
    """

    name: str
    title: str
    description: str
    rows: int
    columns: tuple[ColumnInfo, ...]
    source: str
    licence: str
    teaches: str
    example: ExampleFit
    aliases: tuple[str, ...]

    def __str__(self) -> str:
        entries = [
            *((column.name, str(column)) for column in self.columns),
            ("", ""),
            ("Teaches", self.teaches),
            ("Example", str(self.example)),
            ("Source", self.source),
            ("Licence", self.licence),
        ]
        width = max(_LABEL_WIDTH, *(len(label) + 2 for label, _ in entries))
        head = [f"{self.name}: {self.title}", "", *textwrap.wrap(self.description, _WIDTH), ""]
        head.append(f"{self.rows} rows, {len(self.columns)} columns")
        return "\n".join([*head, *(_hanging(label, text, width) for label, text in entries)])

    __repr__ = __str__


def load_dataset(name: str) -> pd.DataFrame:
    """Load a data set that comes with glmkit.

    Parameters
    ----------
    name : str
        A name listed by `datasets`, in any case, or R's name for it ("InsectSprays").

    Returns
    -------
    pandas.DataFrame
        A new frame at every call. Factors are categorical columns with R's level order, ordered
        where R's are; whole numbers are int64, other numbers float64, missing values NaN.

    Raises
    ------
    DataError
        When there is no data set of that name.

    Examples
    --------
    >>> import glmkit as gk
    >>> warpbreaks = gk.load_dataset("warpbreaks")
    >>> warpbreaks.shape
    (54, 3)
    >>> warpbreaks["tension"].cat.categories.tolist()
    ['L', 'M', 'H']
    """
    info = dataset_info(name)
    # Not pandas.read_csv: what it makes of text and of "NA" changes between versions, and by
    # default it does not read every decimal to the nearest double.
    with (_folder() / f"{info.name}.csv").open("r", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    cells = dict(zip(header, zip(*rows, strict=True), strict=True))
    return pd.DataFrame({column.name: _values(cells[column.name], column) for column in info.columns})


def datasets() -> pd.DataFrame:
    """List the data sets that come with glmkit.

    Returns
    -------
    pandas.DataFrame
        One row a data set, by name, with the columns ``title``, ``rows``, ``columns`` (their
        number), ``family`` (of the example fit) and ``teaches``.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.datasets().loc[["quine", "trees"], ["rows", "family"]]
           rows            family
    name
    quine   146  NegativeBinomial
    trees    31             Gamma
    """
    rows = {
        info.name: {
            "title": info.title,
            "rows": info.rows,
            "columns": len(info.columns),
            "family": info.example.family,
            "teaches": info.teaches,
        }
        for info in _entries()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")


def dataset_info(name: str) -> DatasetInfo:
    """Describe a data set: columns, levels, units, source, terms and an example.

    Parameters
    ----------
    name : str
        As for `load_dataset`.

    Returns
    -------
    DatasetInfo

    Raises
    ------
    DataError
        When there is no data set of that name.

    Examples
    --------
    >>> from glmkit.catalogue import dataset_info
    >>> print(dataset_info("warpbreaks"))
    warpbreaks: Breaks of the warp yarn while weaving
    <BLANKLINE>
    How often the warp broke during a fixed length of weaving, for two kinds of wool
    at three tensions of the yarn, nine looms in each of the six combinations.
    <BLANKLINE>
    54 rows, 3 columns
    breaks    warp breaks per loom (count)
    wool      kind of wool (A, B)
    tension   tension of the yarn: low, medium or high (L, M, H)
    <BLANKLINE>
    Teaches   A balanced two-way layout of counts: interaction, overdispersion, and
              what to do about it (quasi-Poisson, negative binomial).
    Example   gk.glm("breaks ~ wool * tension", data, gk.Poisson())
    Source    Tippett, L. H. C. (1950), Technological Applications of Statistics,
              Wiley, page 106.
    Licence   Published figures: facts, which glmkit distributes without further
              conditions. Values read from R's package datasets; none of its text is
              used.
    """
    known = {_plain(alias): info for info in _entries() for alias in (info.name, *info.aliases)}
    if _plain(name) in known:
        return known[_plain(name)]
    raise _unknown(name, known)


def _unknown(name: str, known: Mapping[str, DatasetInfo]) -> DataError:
    """Return the error for a name that no data set has, with the nearest names."""
    close = get_close_matches(_plain(name), known, n=3, cutoff=0.6)
    suggestions = list(dict.fromkeys(known[match].name for match in close))
    names = sorted({info.name for info in known.values()})
    hint = f"Did you mean {' or '.join(map(repr, suggestions))}? " if suggestions else ""
    return DataError(
        f"There is no data set {name!r}. {hint}The names are {', '.join(names)}; datasets() describes them.",
        name=name,
        suggestions=suggestions,
        names=names,
    )


def _plain(name: str) -> str:
    """Return the name without case and separators: InsectSprays equals insect_sprays."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _folder() -> Traversable:
    """Return the folder of the data files: inside a wheel, or beside the package in a checkout."""
    # The wheel's folder goes first: next to an installed package, "datasets" may be another
    # project's package.
    places: tuple[Traversable, ...] = (
        files("glmkit") / "_datasets",
        Path(__file__).resolve().parent.parent / "datasets",
    )
    for place in places:
        if (place / "index.json").is_file():
            return place
    raise DataReadError(
        "glmkit's data files were not found in its installation. Install the package again.",
        places=[str(place) for place in places],
    )


def _entries() -> Iterator[DatasetInfo]:
    """Yield the descriptions in index.json, by name."""
    text = (_folder() / "index.json").read_text(encoding="utf-8")
    for name, entry in json.loads(text, object_hook=_with_tuples).items():
        columns = tuple(ColumnInfo(**column) for column in entry.pop("columns"))
        example = ExampleFit(**entry.pop("example"))
        yield DatasetInfo(name=name, columns=columns, example=example, **entry)


def _with_tuples(entry: dict[str, object]) -> dict[str, object]:
    """Return the JSON object with its lists made immutable."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def _values(cells: Sequence[str], info: ColumnInfo) -> AnyArray | pd.Categorical[str]:
    """Return a column's values with the dtype the index gives it."""
    if info.levels:
        # A label that is not a level is a KeyError here, not a missing value.
        codes = {_MISSING: -1} | {level: code for code, level in enumerate(info.levels)}
        levels = pd.Index(list(info.levels))
        return pd.Categorical.from_codes([codes[cell] for cell in cells], levels, ordered=info.ordered)
    numbers = [float("nan") if cell == _MISSING else float(cell) for cell in cells]
    return np.array(numbers, dtype=np.float64).astype(np.dtype(info.dtype))


def _hanging(label: str, text: str, width: int) -> str:
    """Return a label and its text, wrapped beside it."""
    wrapper = textwrap.TextWrapper(_WIDTH, break_long_words=False, break_on_hyphens=False)
    wrapper.initial_indent = label.ljust(width)
    wrapper.subsequent_indent = " " * width
    return wrapper.fill(text).rstrip()
