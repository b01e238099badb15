"""Marginal means and their contrasts as one value: rows L of linear functions, with labels.

Means, differences, ratios, slopes and response-scale averages are all
values v = L beta + o with variance L V L'; contrasting them multiplies L by coefficients.
Where the value is not linear in beta (a mean taken on the response scale), L is its
gradient and v stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.inference.adjust import adjust_p
from glmkit.inference.emmeans.coefficients import Contrasts, contrasts_of
from glmkit.inference.emmeans.labels import (
    block_rows,
    check_columns,
    combined,
    contrast_labels,
    hypothesis,
    interaction_of,
    mean_names,
    usual_adjustment,
)
from glmkit.inference.emmeans.letters import letters_of
from glmkit.inference.emmeans.scales import Back, LinkScale, MeanScale, RatioScale
from glmkit.inference.emmeans.testing import adjusted_p, adjusted_quantile, shifted_test
from glmkit.inference.emmeans.values import LinearValues
from glmkit.inference.reference import statistic_name
from glmkit.inference.wald import check_level
from glmkit.tables.numbers import percent
from glmkit.tables.shown import ShownAsTable
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text, interval_headings, statistic_headings

__all__ = ["MarginalMeans"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MarginalMeans(LinearValues, ShownAsTable):
    """Estimated marginal means, or contrasts of them.

    Made by ``fit.emmeans(...)`` and by the methods here; prints as a table.

    Parameters
    ----------
    estimate, rows, offset, values, given_df
        As of `LinearValues`.
    labels : DataFrame of k rows
        The factor columns, or ``contrast``, and the columns of `by`.
    by : tuple of str
        Columns within which means are compared and p-values adjusted.
    back : Back
        How values are shown: on the link scale, as means, as ratios.
    adjust : str
        Adjustment of p-values and intervals within each group.
    means : int array (k,), optional
        For pairs: how many means the pairs of a row's group are of.
    notes : tuple of str

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
    >>> fit.emmeans("tension").frame["estimate"].round(2).tolist()
    [36.2, 26.25, 21.55]
    >>> fit.emmeans("tension").pairs().frame["contrast"].tolist()
    ['L / M', 'L / H', 'M / H']
    """

    labels: pd.DataFrame
    by: tuple[str, ...]
    back: Back
    adjust: str = "none"
    means: IntArray | None = None
    notes: tuple[str, ...] = ()
    title: str = "Estimated marginal means"
    level: float = 0.95

    # Numbers

    @property
    def is_contrast(self) -> bool:
        """Whether the rows compare means, and so are tested against 0 (or a ratio of 1)."""
        return "contrast" in self.labels.columns

    def vcov(self) -> pd.DataFrame:
        """Return the covariance of `value`, (k, k), on the scale it is computed on; nan where not estimable."""
        names = mean_names(self.labels, np.arange(len(self.labels)), ())
        return pd.DataFrame(self.covariance, index=names, columns=names)

    @property
    def frame(self) -> pd.DataFrame:
        """The numbers at full precision.

        Means: factor columns, then ``estimate std_error df conf_low conf_high``; contrasts:
        ``contrast``, columns of `by`, ``estimate std_error df statistic p_value``.
        """
        return self._tests() if self.is_contrast else self._intervals(self.level, self.adjust)

    @property
    def table(self) -> Table:
        """The table that prints."""
        return self._as_table(self.frame)

    def confint(self, level: float | None = None, adjust: str | None = None) -> Table:
        """Return intervals, simultaneous within each group where `adjust` (or the family's own) asks.

        Parameters
        ----------
        level : float, optional
        adjust : str, optional
            "none", "tukey", "sidak", "bonferroni", "holm", "single-step", "BH".
        """
        chosen = usual_adjustment(adjust, self.adjust, self.means is not None)
        changed = replace(self, level=check_level(self.level if level is None else level), adjust=chosen)
        return changed._as_table(changed._intervals(changed.level, chosen))

    def test(
        self, null: float = 0.0, side: str = "two-sided", delta: float = 0.0, adjust: str | None = None
    ) -> Table:
        """Return tests against `null`, on the scale the values are computed on.

        Parameters
        ----------
        null : float
            On the link scale for means and ratios (0 is a ratio of 1).
        side : {"two-sided", ">", "<"}
        delta : float
            Margin: with it, "two-sided" tests equivalence, ">" non-inferiority and "<"
            non-superiority, by one-sided tests.
        adjust : str, optional
            By default the adjustment in use; a one-sided test or margin takes "none",
            "holm", "bonferroni", "sidak" or "BH".
        """
        plain = side == "two-sided" and delta == 0.0
        chosen = usual_adjustment(adjust, self.adjust, self.means is not None)
        frame = self._shown_columns()
        statistic, p_value = shifted_test(self.value, self.std_error, self.df, null, side, delta)
        if plain:
            p_value = self._grouped_p(statistic, chosen)
        elif chosen not in ("none", "tukey", "single-step"):
            p_value = self._plainly_adjusted(p_value, chosen)
        kept = replace(self, adjust=chosen if plain or chosen not in ("tukey", "single-step") else "none")
        note = hypothesis(null, side, delta)
        return kept._as_table(frame.assign(statistic=statistic, p_value=p_value), extra=note)

    # Other values

    def pairs(
        self, adjust: str | None = "tukey", *, reverse: bool = False, by: str | Sequence[str] | None = None
    ) -> Self:
        """Return all pairwise comparisons within each group; ratios on a log or logit scale.

        Parameters
        ----------
        adjust : str, optional
            "tukey" by default.
        reverse : bool
            B - A instead of A - B.
        by : str or list, optional
            Other columns to compare within; ``[]`` for none.
        """
        return self.contrast("revpairwise" if reverse else "pairwise", adjust=adjust, by=by)

    def contrast(
        self,
        method: object = "effect",
        *,
        adjust: str | None = None,
        by: str | Sequence[str] | None = None,
        ref: object = None,
    ) -> Self:
        """Return contrasts of the means within each group.

        Parameters
        ----------
        method : str, dict, DataFrame or array
            "pairwise", "trt.vs.ctrl" (Dunnett), "sequential", "polynomial", "effect",
            "helmert"; or a text such as ``"(B + C)/2 - A"``, a dict of names to texts or
            coefficients, or rows of coefficients.
        adjust : str, optional
            By default what is usual for the method: tukey for pairs, single-step for
            comparisons with a control and sequential ones, BH for effects, else none.
        by : str or list, optional
            Columns to compare within; by default those of the means.
        ref : label or position, optional
            The control.
        """
        within, groups = self._within(by)
        parts = [
            contrasts_of(method, mean_names(self.labels, positions, within), ref) for positions in groups
        ]
        return self._contrasted(parts, groups, within, adjust)

    def interaction(
        self,
        method: str | Sequence[str] = "pairwise",
        *,
        adjust: str = "none",
        by: str | Sequence[str] | None = None,
    ) -> Self:
        """Return contrasts of contrasts: how the contrasts of one factor differ by another.

        Parameters
        ----------
        method : str or list of str
            A family of contrasts for all factors, or one for each.
        adjust, by
            As in `contrast`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"))
        >>> fit.emmeans("wool * tension").interaction(["pairwise", "polynomial"]).frame["contrast"].tolist()
        ['A - B : linear', 'A - B : quadratic']
        """
        within, groups = self._within(by)
        separator = self.back.of_differences().separator
        parts = [interaction_of(self.labels.iloc[g], within, method, separator) for g in groups]
        return self._contrasted(parts, groups, within, adjust)

    def regrid(self) -> Self:
        """Return the means as values on the response scale, so that contrasts are differences of them.

        By the delta method: the gradient of g^-1(L beta + o) is (dmu/deta) L.
        """
        if self.values is not None:  # means of the response already
            return self
        if not isinstance(self.back, MeanScale):
            raise FitError(
                "Only means on the response scale can be regridded: use it on emmeans(scale='response')."
            )
        shown, slope = self.back.show(self.value), self.back.slope(self.value)
        return replace(
            self,
            rows=self.rows * slope[:, None],
            values=shown,
            offset=np.zeros(len(shown)),
            back=LinkScale(),
        )

    def bias_adjusted(self, sigma: float) -> Self:
        """Return means for a population whose linear predictors vary by `sigma` around these.

        Notes
        -----
        E g^-1(eta + U) for U of variance sigma^2, to the second order: g^-1(eta) +
        sigma^2 / 2 times its second derivative.
        """
        if not isinstance(self.back, MeanScale) or not (np.isfinite(sigma) and sigma >= 0):
            raise FitError(
                f"bias_adjusted({sigma!r}) takes a standard deviation >= 0, and means on the response scale.",
                argument="sigma",
            )
        note = format_text(
            "Adjusted for a standard deviation of {sigma:number} on the link scale.", sigma=sigma
        )
        return replace(self, back=replace(self.back, sigma=sigma), notes=(*self.notes, note))

    def letters(self, level: float = 0.05, adjust: str | None = "tukey") -> Table:
        """Return the means with letters: two that share one do not differ at `level` (Piepho 2004)."""
        texts = np.full(len(self.labels), "", dtype=object)
        known = np.isfinite(self.std_error)  # a mean without an error is compared with none
        for positions in self._groups(self.by):
            chosen = positions[known[positions]]
            p_value = self._only(chosen).pairs(adjust)._tests()["p_value"].to_numpy()
            texts[chosen] = letters_of(self.value[chosen], p_value, level)
        note = f"Means that share a letter do not differ at {percent(level)}."
        return self._as_table(self.frame.assign(letters=texts), extra=note)

    # Inside

    def _within(self, by: str | Sequence[str] | None) -> tuple[tuple[str, ...], list[IntArray]]:
        within = self.by if by is None else tuple([by] if isinstance(by, str) else by)
        check_columns(self.labels, within)
        return within, self._groups(within)

    def _contrasted(
        self, parts: list[Contrasts], groups: list[IntArray], within: tuple[str, ...], adjust: str | None
    ) -> Self:
        """Return these contrasts of the rows of each group."""
        pairs = parts[0].adjust == "tukey"
        back = self.back.of_differences() if all(part.ratios for part in parts) else self.back.of_sums()
        coefficients = block_rows([part.matrix for part in parts], groups, len(self.labels))
        compared = [
            np.full(len(part.names), len(group), dtype=np.intp)
            for part, group in zip(parts, groups, strict=True)
        ]
        return replace(
            self,
            labels=contrast_labels(self.labels, parts, groups, within, back.separator),
            by=within,
            rows=combined(coefficients, self.rows),
            offset=coefficients @ self.offset,
            values=None if self.values is None else combined(coefficients, self.values),
            back=back,
            adjust=usual_adjustment(adjust, parts[0].adjust, pairs),
            means=np.concatenate(compared) if pairs else None,
            title=back.contrast_title,
        )

    def _compared(self, positions: IntArray) -> int:
        """Return how many means the pairs of a group are of."""
        return 0 if self.means is None or not len(positions) else int(self.means[positions[0]])

    def _groups(self, within: Sequence[str]) -> list[IntArray]:
        """Return the positions of the rows of each group, in order."""
        if not within:
            return [np.arange(len(self.labels))]
        keys = self.labels[list(within)].astype(str).agg("\x1f".join, axis=1)
        return [np.flatnonzero(keys == key) for key in dict.fromkeys(keys)]

    def _only(self, positions: IntArray) -> Self:
        """Return these rows as one group."""
        return replace(
            self,
            labels=self.labels.iloc[positions].reset_index(drop=True),
            by=(),
            rows=self.rows[positions],
            offset=self.offset[positions],
            means=None,
            values=None if self.values is None else self.values[positions],
        )

    def _shown_columns(self) -> pd.DataFrame:
        value = self.value
        shown = {
            "estimate": self.back.show(value),
            "std_error": np.abs(self.back.slope(value)) * self.std_error,
            "df": self.df,
        }
        return self.labels.assign(**shown)

    def _tests(self) -> pd.DataFrame:
        with np.errstate(divide="ignore", invalid="ignore"):  # no variance: an infinite statistic
            statistic = self.value / self.std_error
        return self._shown_columns().assign(
            statistic=statistic, p_value=self._grouped_p(statistic, self.adjust)
        )

    def _intervals(self, level: float, adjust: str) -> pd.DataFrame:
        frame, value, error = self._shown_columns(), self.value, self.std_error
        half, df = np.full(len(value), np.nan), self.df
        for positions in self._groups(self.by):
            known = positions[np.isfinite(error[positions])]
            covariance = self.estimate.covariance_of(self.rows[known])
            if len(known):
                quantile = adjusted_quantile(covariance, df[known], level, adjust, self._compared(known))
                half[known] = quantile * error[known]
        ends = self.back.show(value - half), self.back.show(value + half)
        return frame.assign(conf_low=np.minimum(*ends), conf_high=np.maximum(*ends))

    def _grouped_p(self, statistic: Array, method: str) -> Array:
        p_value, df = np.full(len(statistic), np.nan), self.df
        for positions in self._groups(self.by):
            known = np.isfinite(self.std_error[positions])
            covariance = self.estimate.covariance_of(np.where(known[:, None], self.rows[positions], 0.0))
            p_value[positions] = adjusted_p(
                statistic[positions], covariance, df[positions], method, self._compared(positions)
            )
        return p_value

    def _plainly_adjusted(self, p_value: Array, method: str) -> Array:
        adjusted = np.full(len(p_value), np.nan)
        for positions in self._groups(self.by):
            adjusted[positions] = adjust_p(p_value[positions], method)
        return adjusted

    def _as_table(self, frame: pd.DataFrame, extra: str = "") -> Table:
        headings = statistic_headings(
            statistic_name(float(np.min(self.df, initial=np.inf)))
        ) | interval_headings(self.level)
        headings |= {"estimate": self.back.heading}
        notes = [*self._remarks(), *([extra] if extra else [])]
        return Table(frame, self.title, headings=headings, notes=notes, show_index=False)

    def _remarks(self) -> list[str]:
        remarks = list(self.notes)
        if isinstance(self.back, RatioScale):
            remarks.append("Tests are on the log scale of the ratios.")
        if self.adjust != "none" and len(self.labels) > len(self._groups(self.by)):
            remarks.append(f"Adjusted for several comparisons: {self.adjust}.")
        if not self.estimate.is_model_based:
            remarks.append(f"Standard errors: {self.estimate.label}.")
        if not np.all(self.estimable):
            remarks.append("NA: not estimable, because the data hold no such cell.")
        if self.values is not None and np.any(np.isnan(self.std_error) & self.estimable):
            remarks.append("NA: estimates are infinite, and their limits have no standard errors.")
        return remarks
