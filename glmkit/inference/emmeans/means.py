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

from glmkit._typing import IntArray
from glmkit.errors import FitError
from glmkit.inference.emmeans.coefficients import Contrasts, contrasts_of
from glmkit.inference.emmeans.labels import (
    block_rows,
    check_columns,
    combined,
    contrast_labels,
    interaction_of,
    mean_names,
    usual_adjustment,
)
from glmkit.inference.emmeans.letters import letters_of
from glmkit.inference.emmeans.scales import LinkScale, MeanScale
from glmkit.inference.emmeans.shown import ShownMeans
from glmkit.tables.numbers import percent
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text

__all__ = ["MarginalMeans"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MarginalMeans(ShownMeans):
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

    def pairs(
        self, adjust: str | None = "tukey", *, reverse: bool = False, by: str | Sequence[str] | None = None
    ) -> Self:
        """Return all pairwise comparisons within each group; ratios on a log or logit scale.

        Parameters
        ----------
        adjust : str, optional
            As in `confint`; "tukey" by default.
        reverse : bool
            B - A instead of A - B.
        by : str or list, optional
            Other columns to compare within; ``[]`` for none.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("wool").pairs()
        Contrasts as ratios
        Contrast  Rate ratio  Std. Error   Df  z value  Pr(>|z|)
        A / B          1.229       0.063  Inf    3.994  6.49e-05
        Averaged over tension.
        Tests are on the log scale of the ratios.
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

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").contrast("trt.vs.ctrl").frame["contrast"].tolist()
        ['M / L', 'H / L']
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
        adjust : str
            As in `confint`; "none" by default.
        by : str or list, optional
            As in `contrast`.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"))
        >>> cells = fit.emmeans("wool * tension")
        >>> cells.interaction(["pairwise", "polynomial"]).frame["contrast"].tolist()
        ['A - B : linear', 'A - B : quadratic']
        """
        within, groups = self._within(by)
        separator = self.back.of_differences().separator
        parts = [interaction_of(self.labels.iloc[g], within, method, separator) for g in groups]
        return self._contrasted(parts, groups, within, adjust)

    def regrid(self) -> Self:
        """Return the means as values on the response scale, so that contrasts are differences of them.

        By the delta method: the gradient of g^-1(L beta + o) is (dmu/deta) L.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> means = fit.emmeans("wool").regrid()
        >>> means.pairs().frame["estimate"].round(3).tolist()  # of means, not of logs
        [5.646]
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

        Parameters
        ----------
        sigma : float
            Standard deviation on the link scale, at least 0.

        Notes
        -----
        E g^-1(eta + U) for U of variance sigma^2, to the second order: g^-1(eta) +
        sigma^2 / 2 times its second derivative.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("wool").bias_adjusted(0.5).frame["estimate"].round(2).tolist()
        [34.12, 27.77]
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
        """Return the means with letters: two that share one do not differ at `level` (Piepho 2004).

        Parameters
        ----------
        level : float
            Of the tests: 0.05, where intervals have 0.95.
        adjust : str, optional
            As in `confint`; "tukey" by default.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").letters().frame["letters"].tolist()
        ['c', 'b', 'a']
        """
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
