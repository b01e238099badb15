"""Analysis of deviance of one model: sequential, type II and type III tests of its terms.

References
----------
Fox, J. and Weisberg, S. (2019). An R Companion to Applied Regression, 3rd ed., section 5.3.
Yates, F. (1934). The analysis of multiple classifications with unequal numbers in the
different classes. J. Am. Statist. Ass. 29, 51-66.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit
from glmkit.inference.marginality import TermSets, containing, term_sets
from glmkit.inference.protocols import FittedModel
from glmkit.inference.restricted import MeasuredFit, restricted_fit
from glmkit.inference.submodels import (
    Nested,
    Submodel,
    columns_without,
    fit_submodel,
    in_sum_coding,
    restriction_rows,
    submodel_of,
    whole,
)
from glmkit.inference.table_notes import dispersion_note, fit_notes, reference_note, test_headings
from glmkit.inference.term_tests import (
    TermTest,
    chosen_test,
    default_test,
    f_test,
    lr_test,
    rao_test,
    wald_test,
)
from glmkit.tables.table import Table

__all__ = ["anova", "anova_table", "deviance_frame", "of_deviance", "terms_table"]

NULL = "NULL"
RESIDUALS = "Residuals"
# Where a number does not apply, the cell is blank.
BLANKS = ("df", "deviance", "statistic", "p_value")


def anova(model: FittedModel, type: int = 1, test: str | None = None) -> Table:
    """Return the analysis of deviance of a model.

    Parameters
    ----------
    model : FittedModel
    type : {1, 2, 3}
        Each term after those before it; after all that do not contain it; after all
        others, its contrasts recoded to sum to zero.
    test : {None, "LRT", "F", "Rao", "Wald", "none"}
        By default LRT for a known dispersion, F for an estimated one, Wald for a robust covariance.

    Raises
    ------
    FitError
        Unknown type or test, or one that does not go with the fit.
    """
    name = chosen_test(model, test)
    if type not in (1, 2, 3) or isinstance(type, bool):
        raise FitError(
            f"type={type!r} is not known. Choose 1 (sequential), 2 or 3.", argument="type", value=type
        )
    return _sequential(model, name) if type == 1 else _by_term(model, type, name)


def terms_table(model: FittedModel) -> Table:
    """Return one p value for each term, by the default test of type II."""
    table = anova(model, 2)
    frame = table.frame.drop(index=RESIDUALS, errors="ignore")
    headings = test_headings(default_test(model))
    return Table(frame, "Terms", headings=headings, notes=table.notes, blanks=BLANKS)


# ------------------------------------------------------------------------------ sequential


def _sequential(model: FittedModel, test: str) -> Table:
    labels = list(term_sets(model.frame))
    chain = _chain(model, labels)
    fits = [nested.fit for nested in chain]
    null, whole_fit = model.fit.null_deviance, model.fit
    left = [whole_fit.df_null, *(fit.df_resid for fit in fits)]
    deviance = [null, *(fit.deviance for fit in fits)]
    if test == "Wald":
        tests = _sequential_wald(model, labels)
    elif test == "Rao":
        tests = _sequential_rao(model, chain)
    else:
        tests = steps_of_deviance(test, left, deviance, whole_fit)
    frame = deviance_frame(left, deviance, [NULL, *labels], None if test == "none" else tests)
    notes = [
        "Terms added one after another, first to last.",
        *reference_note(model, test),
        *([] if test in ("none", "Wald") else dispersion_note(whole_fit, "of the largest model")),
        *fit_notes(dict(zip(labels, fits, strict=True))),
    ]
    return anova_table(model, frame, "Analysis of deviance", test, notes)


def _chain(model: FittedModel, labels: Sequence[str]) -> list[Nested]:
    """Return the fits of the first 1, 2, ... terms, each started from the one above it."""
    chain = [whole(model)] if labels else []
    for count in range(len(labels) - 1, 0, -1):
        chain.insert(0, fit_submodel(model, submodel_of(model, labels[:count]), chain[0]))
    return chain


def _sequential_wald(model: FittedModel, labels: Sequence[str]) -> list[TermTest]:
    rows = [restriction_rows(model, submodel_of(model, labels[:count])) for count in range(len(labels) + 1)]
    return [wald_test(model.estimate, more, less) for more, less in pairwise(rows)]


def _sequential_rao(model: FittedModel, chain: Sequence[Nested]) -> list[TermTest]:
    if not chain:
        return []
    fits = [fit_submodel(model, submodel_of(model, []), chain[0]).fit, *(nested.fit for nested in chain)]
    phi = model.fit.dispersion
    return [rao_test(small, big, phi) for small, big in pairwise(fits)]


def steps_of_deviance(
    test: str, df_resid: Sequence[float], deviance: Sequence[float], whole_fit: GLMFit
) -> list[TermTest]:
    """Return the LR or F test of each model against the one before it."""
    steps = zip(df_resid, df_resid[1:], deviance, deviance[1:], strict=False)
    return [of_deviance(test, d0 - d1, left0 - left1, whole_fit) for left0, left1, d0, d1 in steps]


def of_deviance(test: str, drop: float, df: float, whole_fit: GLMFit) -> TermTest:
    """Return the LR or F test of a drop in deviance, with the dispersion of `whole_fit`."""
    if test == "F":
        return f_test(drop, df, whole_fit.dispersion, whole_fit.df_resid)
    return lr_test(drop, df, whole_fit.dispersion)


def deviance_frame(
    df_resid: Sequence[float],
    deviance: Sequence[float],
    labels: list[str],
    tests: Sequence[TermTest] | None,
) -> pd.DataFrame:
    """Return a table of models one after another, the tests being of the second to the last.

    Columns ``df deviance df_resid resid_deviance``, and ``statistic p_value`` with `tests`.
    """
    left, residual = np.asarray(df_resid, dtype=np.float64), np.asarray(deviance, dtype=np.float64)
    df = left[:-1] - left[1:]
    # Models of one rank along a chain are one model: what is left of the difference is rounding.
    drop = np.where(df == 0, 0.0, residual[:-1] - residual[1:])
    columns = {
        "df": np.append(np.nan, df),
        "deviance": np.append(np.nan, drop),
        "df_resid": left,
        "resid_deviance": residual,
    }
    if tests is not None:
        columns["statistic"] = np.array([np.nan, *(one.statistic for one in tests)])
        columns["p_value"] = np.array([np.nan, *(one.p_value for one in tests)])
    return pd.DataFrame(columns, index=pd.Index(labels, dtype=object))


def anova_table(
    model: FittedModel, frame: pd.DataFrame, title: str, test: str, notes: Sequence[str]
) -> Table:
    """Return a frame as a table of deviance."""
    family = f"{model.family.title}, {model.family.link.name} link"
    return Table(frame, f"{title}: {family}", headings=test_headings(test), notes=notes, blanks=BLANKS)


# ------------------------------------------------------------------------- types II and III


def _by_term(model: FittedModel, type: int, test: str) -> Table:
    terms = term_sets(model.frame)
    pairs = _pairs(in_sum_coding(model) if type == 3 else model, terms, type)
    tests = [pair.test(test, model.fit) for pair in pairs.values()]
    columns = {"df": np.array([one.df for one in tests], dtype=np.float64)}
    if test == "none":
        columns["deviance"] = np.array([drop_of(*pair.fits(test)) for pair in pairs.values()])
    else:
        columns["statistic"] = np.array([one.statistic for one in tests])
        columns["p_value"] = np.array([one.p_value for one in tests])
    frame = pd.DataFrame(columns, index=pd.Index(list(terms), dtype=object))
    if test == "F":
        frame.loc[RESIDUALS] = [model.fit.df_resid, np.nan, np.nan]
    after = "all others that do not contain it" if type == 2 else "all others, contrasts summing to zero"
    fits = {} if test == "Wald" else {label: pair.fits(test)[0] for label, pair in pairs.items()}
    notes = [
        f"Each term after {after}.",
        *reference_note(model, test),
        *([] if test in ("none", "Wald") else dispersion_note(model.fit, "of the model")),
        *(type_3_notes(model, terms) if type == 3 else []),
        *fit_notes(fits),
    ]
    return anova_table(model, frame, f"Analysis of deviance, type {type}", test, notes)


@dataclass(frozen=True, eq=False)
class _Pair:
    """A term's two models: `low` without it, `high` with it, both inside `model`."""

    model: FittedModel
    low: Submodel
    high: Submodel
    fitted: dict[Submodel, Nested]

    def fits(self, test: str) -> tuple[MeasuredFit, MeasuredFit]:
        """Return the smaller and the larger fit; for a linear model their deviances alone."""
        closed = [None if test == "Rao" else restricted_fit(self.model, sub) for sub in (self.low, self.high)]
        small, big = closed
        if small is not None and big is not None:
            return small, big
        return self._fitted[0].fit, self._fitted[1].fit

    def test(self, test: str, whole_fit: GLMFit) -> TermTest:
        """Return the test of the smaller against the larger."""
        if test == "Wald":
            rows = (restriction_rows(self.model, sub) for sub in (self.low, self.high))
            return wald_test(self.model.estimate, *rows)
        if test == "Rao":
            small, big = self._fitted
            return rao_test(small.fit, big.fit, whole_fit.dispersion)
        low, high = self.fits(test)
        return of_deviance(test, drop_of(low, high), high.rank - low.rank, whole_fit)

    @property
    def _fitted(self) -> tuple[Nested, Nested]:
        big = self._fit(self.high, whole(self.model))
        return self._fit(self.low, big), big

    def _fit(self, sub: Submodel, near: Nested) -> Nested:
        if sub not in self.fitted:
            self.fitted[sub] = fit_submodel(self.model, sub, near)
        return self.fitted[sub]


def drop_of(small: MeasuredFit, big: MeasuredFit) -> float:
    """Return the deviance that the larger fit accounts for."""
    return small.deviance - big.deviance if small.rank < big.rank else 0.0


def _pairs(model: FittedModel, terms: TermSets, type: int) -> dict[str, _Pair]:
    """Return each term's pair of models: type II leaves out what contains it, type III nothing else."""
    everything = whole(model).sub
    fitted = {everything: whole(model)}
    known: dict[tuple[str, ...], Submodel] = {(): everything}

    def without(*labels: str) -> Submodel:
        if labels not in known:
            kept = [label for label in terms if label not in labels]
            known[labels] = submodel_of(model, kept) if type == 2 else columns_without(model, labels)
        return known[labels]

    pairs = {}
    for label in terms:
        above = containing(label, terms) if type == 2 else ()
        pairs[label] = _Pair(model, without(*above, label), without(*above), fitted)
    return pairs


def type_3_notes(model: FittedModel, terms: TermSets) -> list[str]:
    """Return where a type III hypothesis needs a word: numbers that interact, empty cells."""
    numeric = {text for text, encoding in model.frame.coding.encodings.items() if not encoding.has_levels}
    at_zero: dict[str, list[str]] = {}
    for label, factors in terms.items():
        others = {f for above in containing(label, terms) for f in terms[above] - factors}
        for text in sorted(others & numeric):
            at_zero.setdefault(text, []).append(label)
    notes = [
        f"The test of {', '.join(labels)} is at {text} = 0, because they interact: centre {text}, or use type 2."
        for text, labels in at_zero.items()
    ]
    if len(model.fit.independence.dropped):
        notes.append(
            "Some coefficients are aliased: a type 3 hypothesis then depends on which cells are empty."
        )
    return notes
