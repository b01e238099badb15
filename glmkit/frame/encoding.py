"""What the fit learned about each factor of the formula: its kind, its levels, its coding matrices.

An encoding turns a value, of the fit's rows or of new ones, into the part of a block. It is never
changed after the fit, so that a failed prediction leaves no trace.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from glmkit._typing import BoolArray, IntArray
from glmkit.design.parts import CodedPart, NumericPart, Part
from glmkit.errors import DataError
from glmkit.frame.contrasts import TREATMENT, LevelCoding, full_coding, reduced_coding
from glmkit.frame.names import NamePart, name_part, plain_name
from glmkit.frame.values import ContrastSpec, Factor, Logical, Matrix, Value, level_text
from glmkit.numerics.rowwise import row_blocks

__all__ = ["Encoding", "FactorEncoding", "NumericEncoding", "as_factor", "encoding_of", "is_categorical"]

# Rows looked through at a time for levels that occur.
LOOKED_THROUGH = 65_536
MOST_LEVELS = 10_000  # its coding matrix takes 0.8 GB; more is an identifier, or a number read as text
LOGICAL_LEVELS: tuple[Hashable, ...] = (False, True)


@dataclass(frozen=True, eq=False)
class NumericEncoding:
    """A numeric factor of the formula.

    Parameters
    ----------
    factor : str
        Its text.
    labels : tuple of str or None
        Names of the columns of a matrix, such as ``poly`` makes; None for one column.
    """

    factor: str
    labels: tuple[str, ...] | None = None

    def part(self, value: Value, *, reduced: bool) -> Part:
        """Return the columns, (n, k)."""
        values = value if isinstance(value, np.ndarray) else value.values  # type: ignore[union-attr]
        return NumericPart(values[:, None] if values.ndim == 1 else values)

    @property
    def has_levels(self) -> bool:
        """Whether it is coded by level."""
        return False

    def recode(self, part: Part, *, reduced: bool) -> Part:
        """Return the part itself: numbers have one coding."""
        return part

    def with_contrast(self, contrast: ContrastSpec) -> NumericEncoding:
        """Return the encoding itself."""
        return self

    def names(self, *, reduced: bool) -> tuple[NamePart, ...]:
        """Return what each column adds to a coefficient's name."""
        if self.labels is None:
            return (name_part(self.factor),)
        plain = plain_name(self.factor)
        return tuple(
            replace(name_part(self.factor, f"[{text}]", text), label=f"{plain} {text}")
            for text in self.labels
        )


@dataclass(frozen=True, eq=False)
class FactorEncoding:
    """A categorical factor of the formula.

    Parameters
    ----------
    factor : str
        Its text.
    levels : tuple
        The levels that occur in the rows used, in order.
    ordered : bool
        Whether the caller declared an order.
    contrast : ContrastSpec
        The scheme used where the factor is not coded in full.
    logical : bool
        Whether it is truth values, not labels.
    """

    factor: str
    levels: tuple[Hashable, ...]
    ordered: bool
    contrast: ContrastSpec
    logical: bool = False

    @cached_property
    def full(self) -> LevelCoding:
        """One column per level."""
        return full_coding(self.levels)

    @cached_property
    def reduced(self) -> LevelCoding:
        """The columns of the contrast scheme."""
        if len(self.levels) < 2:
            raise _one_level(self.factor, self.levels)
        return reduced_coding(self.contrast, self.levels, plain_name(self.factor))

    @property
    def baseline(self) -> Hashable | None:
        """The level the others are compared with; None where the scheme has none."""
        if self.contrast.name not in ("treatment", "sas") or not self.levels:
            return None
        zero = np.flatnonzero(~self.reduced.matrix.any(axis=1)) if len(self.levels) > 1 else [0]
        return self.levels[int(zero[0])]

    @property
    def has_levels(self) -> bool:
        """Whether it is coded by level."""
        return True

    def coding(self, *, reduced: bool) -> LevelCoding:
        """Return the coding matrix used here."""
        return self.reduced if reduced else self.full

    def part(self, value: Value, *, reduced: bool) -> Part:
        """Return the codes and their matrix; `value` holds no missing and only known levels."""
        return CodedPart(self.codes(value), self.coding(reduced=reduced).matrix)

    def recode(self, part: Part, *, reduced: bool) -> Part:
        """Return a part of this factor, however it was coded, as this encoding codes it."""
        assert isinstance(part, CodedPart)
        return CodedPart(part.codes, self.coding(reduced=reduced).matrix)

    def with_contrast(self, contrast: ContrastSpec) -> FactorEncoding:
        """Return the encoding with another scheme where the factor is not coded in full."""
        return replace(self, contrast=contrast)

    def codes(self, value: Value) -> IntArray:
        """Return the positions among this encoding's levels, -1 where missing or unknown."""
        factor = as_factor(value)
        if factor.levels == self.levels:
            return factor.codes
        return np.append(positions(factor.levels, self.levels), -1)[factor.codes]

    def names(self, *, reduced: bool) -> tuple[NamePart, ...]:
        """Return what each column adds to a coefficient's name."""
        coding = self.coding(reduced=reduced)
        columns = zip(coding.suffixes, coding.r_suffixes, coding.labels, strict=True)
        return tuple(
            name_part(self.factor, *texts, None if place is None else level_text(self.levels[place]))
            for texts, place in zip(columns, coding.indicated, strict=True)
        )


Encoding: TypeAlias = NumericEncoding | FactorEncoding


def is_categorical(value: Value) -> bool:
    """Return whether a value is coded by level as a term."""
    return isinstance(value, Factor | Logical)


def as_factor(value: Value) -> Factor:
    """Return a categorical value as a factor; truth values have the levels False and True."""
    if isinstance(value, Logical):
        present = ~np.isnan(value.values)
        codes = np.full(len(value.values), -1, dtype=np.intp)
        codes[present] = value.values[present].astype(np.intp)
        return Factor(codes, LOGICAL_LEVELS)
    assert isinstance(value, Factor)
    return value


def encoding_of(
    factor: str, value: Value, chosen: Mapping[str, ContrastSpec], *, as_r: bool = False
) -> Encoding:
    """Return what the rows used teach about one factor of the formula.

    Parameters
    ----------
    factor : str
        Its text.
    value : Value
        Of the rows used; levels without a row are left out.
    chosen : dict
        Contrast schemes the caller asked for, by text or plain name.
    as_r : bool
        Code ordered factors by polynomials, as R does.
    """
    if not is_categorical(value):
        return NumericEncoding(factor, value.labels if isinstance(value, Matrix) else None)
    grouped = as_factor(value)
    used = _used(grouped)
    levels = tuple(level for level, occurs in zip(grouped.levels, used, strict=True) if occurs)
    if len(levels) > MOST_LEVELS:
        raise _too_many(factor, len(levels))
    default = ContrastSpec("poly") if as_r and grouped.ordered else TREATMENT
    asked = chosen.get(factor, chosen.get(plain_name(factor), grouped.contrast))
    logical = isinstance(value, Logical)
    return FactorEncoding(factor, levels, grouped.ordered, asked or default, logical)


def _used(factor: Factor) -> BoolArray:
    """Return which levels occur, (L,): reading on only while one has not been seen."""
    used = np.zeros(len(factor.levels) + 1, dtype=bool)  # the last one is for missing values
    for rows in row_blocks(len(factor.codes), LOOKED_THROUGH):
        used[factor.codes[rows]] = True
        if used[:-1].all():
            break
    return used[:-1]


def positions(levels: Sequence[Hashable], among: Sequence[Hashable]) -> IntArray:
    """Return where each level stands among others, -1 where it does not."""
    place = {level: i for i, level in enumerate(among)}
    return np.array([place.get(level, -1) for level in levels], dtype=np.intp)


def unknown_rows(encoding: FactorEncoding, value: Factor) -> BoolArray:
    """Return (n,) True where a level is given that the fit did not use."""
    return (encoding.codes(value) < 0) & (value.codes >= 0)


def _too_many(factor: str, n_levels: int) -> DataError:
    name = plain_name(factor)
    return DataError(
        f"{name!r} has {n_levels} levels; a coding takes at most {MOST_LEVELS}. Is it an identifier,"
        " or a number read as text? Leave it out, group its levels, or convert it with pd.to_numeric().",
        column=name,
        n_levels=n_levels,
    )


def _one_level(factor: str, levels: tuple[Hashable, ...]) -> DataError:
    name = plain_name(factor)
    shown = f"one level only ({level_text(levels[0])!r})" if levels else "no levels"
    return DataError(
        f"{name!r} has {shown} in the rows used; a factor needs 2 or more levels to be told from the"
        " constant. Remove it from the formula, or keep rows of other levels.",
        column=name,
        levels=levels,
    )
