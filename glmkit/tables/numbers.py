"""Numbers to strings, by kind of column: the only place where a number is formatted.

The rules, with the reason for each:

- *estimates, standard errors, ends of intervals* of one table share their decimals, so that
  the smallest standard error keeps two significant digits. Where that would take more than
  nine digits (coefficients of 1e-12 and 1e6 side by side) each row follows its own standard error.
- *statistics* have three decimals.
- *p values* have three significant digits and are never zero: ``<2e-16``.
- *degrees of freedom and counts* are whole, or have two decimals when they are not.
- *deviances and criteria* have five significant digits and at least two decimals.
- ``Inf``, ``-Inf`` and ``NA`` are R's words. There is no ``-0.00``. The locale is never asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.tables.glossary import COEFFICIENT_KINDS, Kind

SMALLEST_P = 2e-16
"""Below this a p value is rounding error, and prints as ``<2e-16`` (R's limit too)."""

STANDARD_ERROR_DIGITS = 2
"""Significant digits of the smallest standard error: an estimate is not known better."""

MOST_SHARED_DIGITS = 9
"""Digits of the widest number up to which all rows of a table share their decimals."""

MOST_ROW_DIGITS = 10
"""Digits of a number beyond which nobody reads; the frame holds them all."""

STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.1, "."))
STARS_LEGEND = "Signif. codes: 0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1"


class _Digits(NamedTuple):
    """How many digits a column of measurements gets."""

    largest: int  # significant digits of the largest number
    decimals: int  # at least these
    most: int  # significant digits the largest may grow to, so that a small one shows two


_DIGITS: dict[Kind, _Digits] = {
    "deviance": _Digits(largest=5, decimals=2, most=7),
    "number": _Digits(largest=4, decimals=0, most=6),
    "probability": _Digits(largest=1, decimals=4, most=1),
    "weight": _Digits(largest=1, decimals=3, most=1),
}


# One number ------------------------------------------------------------------------------


def _special(x: float) -> str:
    """Return the word for a number that is not finite."""
    return "NA" if math.isnan(x) else ("Inf" if x > 0 else "-Inf")


def _fixed(x: float, decimals: int) -> str:
    """Return a finite number with fixed decimals, never ``-0.00``."""
    text = f"{x:.{decimals}f}"
    return text[1:] if text[0] == "-" and not text.strip("-0.") else text


def _exponent(x: float, digits: int) -> int:
    """Return the power of ten of the first digit, after rounding to ``digits`` digits."""
    return int(f"{x:.{digits - 1}e}".partition("e")[2])


def _significant(x: float, digits: int) -> str:
    """Return a finite number to so many significant digits, scientific where that is shorter."""
    if x == 0:
        return "0"
    exponent = _exponent(x, digits)
    if -5 <= exponent < 7:
        return _fixed(x, max(0, digits - 1 - exponent))
    return f"{x:.{digits - 1}e}"


def _visible(x: float, decimals: int) -> str:
    """Return fixed decimals, or scientific where they would show a number as zero."""
    if x != 0 and abs(x) < 0.5 * 10.0**-decimals:
        return f"{x:.2e}"
    return _fixed(x, decimals)


def _p_value(p: float) -> str:
    """Return a p value to three significant digits; tiny ones as ``<2e-16``."""
    if p < SMALLEST_P:
        return "<2e-16"
    exponent = _exponent(p, 3)
    if exponent < -4:
        return f"{p:.2e}"
    return _fixed(p, max(3, 2 - exponent))


def _statistic(x: float) -> str:
    """Return a statistic with three decimals; five significant digits when it is huge."""
    return _fixed(x, 3) if abs(x) < 1e5 else _significant(x, 5)


# One column ------------------------------------------------------------------------------


def _each(write: Callable[[float], str], values: Array) -> list[str]:
    """Return the finite numbers as ``write`` does, the others by their words."""
    return [write(x) if math.isfinite(x) else _special(x) for x in values.tolist()]


def _sizes(values: Array) -> list[float]:
    """Return the sizes of numbers that are finite and not zero."""
    return [abs(x) for x in values.tolist() if x != 0 and math.isfinite(x)]


def _whole(values: Array) -> list[str]:
    """Return whole numbers where all are whole, else two decimals."""
    finite = [x for x in values.tolist() if math.isfinite(x)]
    if max(map(abs, finite), default=0.0) >= 1e15:
        return _each(lambda x: _significant(x, 7), values)
    decimals = 0 if all(x == round(x) for x in finite) else 2
    return _each(lambda x: _visible(x, decimals), values)


def _tenths(x: float) -> str:
    """Return a finite number to one decimal, whole ones bare, and more where that would hide it."""
    if x != 0 and not 0.05 <= abs(x) < 1e15:
        return _significant(x, 4)
    return _fixed(x, 1).removesuffix(".0")


def _measured(values: Array, digits: _Digits) -> list[str]:
    """Return measurements with shared decimals; cells that would vanish turn scientific."""
    exponents = [math.floor(math.log10(size)) for size in _sizes(values)]
    if not exponents:
        return _each(lambda x: _fixed(x, digits.decimals), values)
    top = max(exponents)
    if top > 9 or top < -5:
        return _each(lambda x: _significant(x, digits.largest), values)
    wanted = [1 - exponent for exponent in exponents if 1 - exponent <= digits.most - 1 - top]
    decimals = max(digits.decimals, digits.largest - 1 - top, *wanted)
    return _each(lambda x: _visible(x, decimals), values)


def format_column(kind: Kind, values: Array) -> list[str]:
    """Return the cells of one numeric column.

    Parameters
    ----------
    kind : str
        A kind of the glossary.
    values : (n,) array

    Returns
    -------
    list of str
        NaN is ``NA``, infinity ``Inf``.

    Examples
    --------
    >>> import numpy as np
    >>> format_column("p", np.array([0.147, 1.24e-8, 0.0]))
    ['0.147', '1.24e-08', '<2e-16']
    """
    if kind == "p":
        return _each(_p_value, values)
    if kind == "statistic":
        return _each(_statistic, values)
    if kind in ("df", "count"):
        return _whole(values)
    if kind == "tenths":
        return _each(_tenths, values)
    if kind in COEFFICIENT_KINDS:
        return format_columns([kind], [values])[0]
    return _measured(values, _DIGITS.get(kind, _DIGITS["number"]))


# The coefficient columns of a table ----------------------------------------------------------


def _scales(kinds: Sequence[Kind], columns: Sequence[Array]) -> list[float]:
    """Return each row's standard error, read off the interval where there is none; nan where that has none."""
    errors = [column for kind, column in zip(kinds, columns, strict=True) if kind == "std_error"]
    if not errors:
        ends = [column for kind, column in zip(kinds, columns, strict=True) if kind == "bound"]
        errors = [np.abs(end - ends[0]) / 4 for end in ends[1:]]
    if not errors:
        return [math.nan] * len(columns[0])
    rows = zip(*(column.tolist() for column in errors), strict=True)
    return [min((x for x in row if 0 < x < math.inf), default=math.nan) for row in rows]


def _decimals_for(error: float) -> int:
    """Return the decimals that leave a standard error its significant digits; may be negative."""
    return STANDARD_ERROR_DIGITS - 1 - _exponent(error, STANDARD_ERROR_DIGITS)


def _shared_decimals(scales: Sequence[float], columns: Sequence[Array]) -> int | None:
    """Return the decimals all rows can share, None where they would need too many digits."""
    sizes = [size for column in columns for size in _sizes(column)]
    if not sizes:
        return 3
    known = [scale for scale in scales if not math.isnan(scale)]
    # Without any standard error the smallest number shows three digits.
    decimals = _decimals_for(min(known)) if known else 2 - _exponent(min(sizes), 3)
    whole = max(1, _exponent(max(sizes), 9) + 1)
    decimals = max(0, decimals)
    return decimals if whole + decimals <= MOST_SHARED_DIGITS else None


def _by_its_error(x: float, error: float) -> str:
    """Return a number with the digits its own standard error supports."""
    if not math.isfinite(x):
        return _special(x)
    if math.isnan(error) or x == 0:
        return _significant(x, 4)
    decimals = _decimals_for(error)
    exponent = _exponent(x, MOST_ROW_DIGITS)
    if exponent < MOST_ROW_DIGITS and (0 <= decimals <= 7 or (decimals > 7 and -5 <= exponent < 7)):
        return _fixed(x, min(decimals, MOST_ROW_DIGITS - 1 - exponent))
    if decimals < 0 and exponent < 7:
        return _fixed(x, 0)
    digits = min(max(exponent + decimals + 1, 2), MOST_ROW_DIGITS)
    return f"{x:.{digits - 1}e}"


def _coefficients(kinds: Sequence[Kind], columns: Sequence[Array]) -> list[list[str]]:
    """Return the cells of estimates, standard errors and ends of intervals together."""
    scales = _scales(kinds, columns)
    decimals = _shared_decimals(scales, columns)
    if decimals is not None:
        return [_each(lambda x: _fixed(x, decimals), column) for column in columns]
    return [
        [_by_its_error(x, error) for x, error in zip(column.tolist(), scales, strict=True)]
        for column in columns
    ]


def format_columns(kinds: Sequence[Kind], columns: Sequence[Array]) -> list[list[str]]:
    """Return the cells of a table's numeric columns, estimates and their errors in step.

    Parameters
    ----------
    kinds : sequence of str
        One kind a column.
    columns : sequence of (n,) arrays

    Returns
    -------
    list of list of str
        The cells, column by column.

    Examples
    --------
    >>> import numpy as np
    >>> format_columns(["estimate", "std_error"], [np.array([3.79674, -0.5]), np.array([0.04994, 0.2])])
    [['3.797', '-0.500'], ['0.050', '0.200']]
    """
    shared = [i for i, kind in enumerate(kinds) if kind in COEFFICIENT_KINDS]
    cells: dict[int, list[str]] = {}
    if shared:
        together = _coefficients([kinds[i] for i in shared], [columns[i] for i in shared])
        cells = dict(zip(shared, together, strict=True))
    return [
        cells[i] if i in cells else format_column(kind, column)
        for i, (kind, column) in enumerate(zip(kinds, columns, strict=True))
    ]


def stars_for(p_values: Array) -> list[str]:
    """Return R's significance codes of p values; blank where there is none."""
    return [next((code for limit, code in STARS if p < limit), "") for p in p_values.tolist()]


def enclosed(columns: Sequence[Sequence[str]], brackets: str = "()") -> list[str]:
    """Return ready cells side by side in brackets, to stand beneath an estimate.

    Examples
    --------
    >>> enclosed([["0.050", "0.200"]]), enclosed([["-1.20"], ["0.31"]], "[]")
    (['(0.050)', '(0.200)'], ['[-1.20, 0.31]'])
    """
    return [brackets[0] + ", ".join(cells) + brackets[1] for cells in zip(*columns, strict=True)]


# One value -----------------------------------------------------------------------------


def as_text(value: object) -> str:
    """Return a label, a level or any other single value as text."""
    if isinstance(value, str):
        return value
    if value is None:
        return "NA"
    if isinstance(value, (bool, np.bool_, Integral)):
        return str(value)
    if isinstance(value, Real):
        x = float(value)
        return f"{x:.7g}" if math.isfinite(x) else _special(x)
    text = str(value)
    return "NA" if text in ("<NA>", "NaT") else text


def format_value(value: object, kind: Kind | None = None) -> str:
    """Return one number as its kind prints; text passes through.

    Examples
    --------
    >>> format_value(182.3051, "deviance")
    '182.31'
    """
    if isinstance(value, str) or kind == "text":
        return as_text(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (float, int, Real)):
        return as_text(value)
    chosen: Kind = kind or "number"
    if chosen == "number" and float(value).is_integer():
        chosen = "count"
    return format_column(chosen, np.array([float(value)]))[0]


def percent(share: float) -> str:
    """Return a share as R names a quantile.

    Examples
    --------
    >>> percent(0.025)
    '2.5 %'
    """
    return f"{100 * share:.6g} %"


def split_sign(cell: str) -> tuple[str, str]:
    """Return the sign of a ready cell, ``+`` or ``-``, and the cell without it.

    Examples
    --------
    >>> split_sign("-0.206"), split_sign("Inf")
    (('-', '0.206'), ('+', 'Inf'))
    """
    return ("-", cell[1:]) if cell[:1] == "-" else ("+", cell)


def latex_number(cell: str) -> str:
    r"""Return a ready cell as LaTeX's mathematics.

    Examples
    --------
    >>> print(latex_number("1.20e-05"), latex_number("Inf"))
    1.20 \times 10^{-5} \infty
    """
    if cell in ("Inf", "NA"):
        return r"\infty" if cell == "Inf" else r"\mathrm{NA}"
    digits, exponent, power = cell.partition("e")
    return rf"{digits} \times 10^{{{int(power)}}}" if exponent else digits
