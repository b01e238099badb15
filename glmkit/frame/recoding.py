"""The same rows and response with other terms, or with the same factors coded another way.

No value is read again: the parts of the blocks hold the codes of every factor, and a coding
matrix is all that changes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from glmkit.design.parts import Block, Part
from glmkit.frame.coding import Coding, factor_encodings, formula_without
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.terms import CodedTerm, scoped_terms
from glmkit.frame.values import ContrastSpec

__all__ = ["keeping", "kept_columns", "recoded"]


def recoded(frame: ModelFrame, scheme: str = "sum") -> ModelFrame:
    """Return the frame with every factor that is not coded in full coded by `scheme`.

    The frame itself where that changes nothing.

    Examples
    --------
    >>> from glmkit.frame.modelframe import model_frame
    >>> frame = model_frame("y ~ g", {"y": [1.0, 2.0, 4.0], "g": ["a", "b", "c"]})
    >>> recoded(frame).design.dense()
    array([[ 1.,  1.,  0.],
           [ 1.,  0.,  1.],
           [ 1., -1., -1.]])
    """
    spec = ContrastSpec(scheme)
    by_contrasts = {
        s.factor for term in frame.coding.terms for one in term.products for s in one if s.reduced
    }
    given = [e.contrast for e in factor_encodings(frame.coding.encodings) if e.factor in by_contrasts]
    if all(contrast == spec for contrast in given):
        return frame
    encodings = {text: encoding.with_contrast(spec) for text, encoding in frame.coding.encodings.items()}
    coding = replace(frame.coding, encodings=encodings)
    return replace(frame, coding=coding, blocks=_blocks(coding, _parts(frame)))


def keeping(frame: ModelFrame, labels: Collection[str]) -> ModelFrame:
    """Return the frame of these terms (and the intercept, if there is one), as their formula codes them.

    A factor whose margin left with a term is coded in full, as `glm` would code it.
    """
    terms = _scoped(frame.coding, labels)
    formula = frame.coding.formula
    for term in frame.coding.terms:
        if term.factors and term.label not in labels:
            formula = formula_without(formula, term.label)
    variables = {name: v for name, v in frame.coding.variables.items() if name in formula.variables}
    coding = replace(frame.coding, formula=formula, terms=terms, variables=variables)
    return replace(frame, coding=coding, blocks=_blocks(coding, _parts(frame)))


def kept_columns(frame: ModelFrame, labels: Collection[str]) -> np.ndarray | None:
    """Return the columns of these terms and the intercept; None where they would be coded otherwise alone.

    Without an intercept, or without its margins, a factor coded by contrasts would be coded
    in full once the terms that span its constant are gone.
    """
    coding = frame.coding
    stay = [term for term in coding.terms if not term.factors or term.label in labels]
    if _scoped(coding, labels) != tuple(stay):
        return None
    kept = {term.label for term in stay}
    columns = [term.columns for term in coding.columns if term.label in kept]
    return np.concatenate(columns) if columns else np.arange(0)


def _scoped(coding: Coding, labels: Collection[str]) -> tuple[CodedTerm, ...]:
    factors = tuple(term.factors for term in coding.terms if term.factors and term.label in labels)
    categorical = frozenset(encoding.factor for encoding in factor_encodings(coding.encodings))
    return scoped_terms(factors, any(not term.factors for term in coding.terms), categorical)


def _parts(frame: ModelFrame) -> dict[str, Part]:
    """Return one part of every factor, from whichever block holds it."""
    products = (product for term in frame.coding.terms for product in term.products)
    return {
        scoped.factor: part
        for product, block in zip(products, frame.blocks, strict=True)
        for scoped, part in zip(product, block.parts, strict=True)
    }


def _blocks(coding: Coding, parts: dict[str, Part]) -> tuple[Block, ...]:
    made: dict[tuple[str, bool], Part] = {}

    def part(factor: str, reduced: bool) -> Part:
        if (factor, reduced) not in made:
            made[factor, reduced] = coding.encodings[factor].recode(parts[factor], reduced=reduced)
        return made[factor, reduced]

    return tuple(Block(tuple(part(*s) for s in one)) for term in coding.terms for one in term.products)
