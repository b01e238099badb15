"""Marginal means as a table: their numbers, intervals and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.inference.adjust import adjust_p
from glmkit.inference.emmeans.labels import hypothesis, mean_names, usual_adjustment
from glmkit.inference.emmeans.scales import Back, RatioScale
from glmkit.inference.emmeans.testing import adjusted_p, adjusted_quantile, shifted_test
from glmkit.inference.emmeans.values import LinearValues
from glmkit.inference.reference import statistic_name
from glmkit.inference.wald import check_level
from glmkit.tables.shown import ShownAsTable
from glmkit.tables.table import Table
from glmkit.tables.wording import interval_headings, statistic_headings

__all__ = ["ShownMeans"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ShownMeans(LinearValues, ShownAsTable):
    """Means or contrasts with their labels; the parameters are those of `MarginalMeans`."""

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
        """Whether the rows compare means, and so are tested against 0 (or a ratio of 1).

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").is_contrast, fit.emmeans("tension").pairs().is_contrast
        (False, True)
        """
        return "contrast" in self.labels.columns

    def vcov(self) -> pd.DataFrame:
        """Return the covariance of `value`, (k, k), on the scale it is computed on; nan where not estimable.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("wool").vcov().round(6)
                  A         B
        A  0.001224  0.000031
        B  0.000031  0.001497
        """
        names = mean_names(self.labels, np.arange(len(self.labels)), ())
        return pd.DataFrame(self.covariance, index=names, columns=names)

    @property
    def frame(self) -> pd.DataFrame:
        """The numbers at full precision.

        Means: factor columns, then ``estimate std_error df conf_low conf_high``; contrasts:
        ``contrast``, columns of `by`, ``estimate std_error df statistic p_value``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").frame["estimate"].round(2).tolist()
        [36.2, 26.25, 21.55]
        """
        return self._tests() if self.is_contrast else self._intervals(self.level, self.adjust)

    @property
    def table(self) -> Table:
        """The table that prints.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").pairs().table.title
        'Contrasts as ratios'
        """
        return self._as_table(self.frame)

    def confint(self, level: float | None = None, adjust: str | None = None) -> Table:
        """Return intervals, simultaneous within each group where `adjust` (or the family's own) asks.

        Parameters
        ----------
        level : float, optional
            The level of the intervals; by default that of the means, 0.95.
        adjust : str, optional
            "none", "tukey", "sidak", "bonferroni", "holm", "single-step" or "BH"; by default
            the adjustment in use.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").confint(level=0.9)
        Estimated marginal means
        tension  Mean  Std. Error   Df   5 %  95 %
        L        36.2         1.4  Inf  33.9  38.6
        M        26.2         1.2  Inf  24.3  28.3
        H        21.6         1.1  Inf  19.8  23.4
        Averaged over wool.
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
            What is tested for: that the values differ from `null`, are above or below it.
        delta : float
            Margin: with it, "two-sided" tests equivalence, ">" non-inferiority and "<"
            non-superiority, by one-sided tests.
        adjust : str, optional
            By default the adjustment in use; a one-sided test or margin takes "none",
            "holm", "bonferroni", "sidak" or "BH".

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.emmeans("tension").pairs().test(delta=0.5)["p_value"].round(4).tolist()
        [0.0015, 0.6137, 0.0]
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

    def _compared(self, positions: IntArray) -> int:
        """Return how many means the pairs of a group are of."""
        return 0 if self.means is None or not len(positions) else int(self.means[positions[0]])

    def _groups(self, within: Sequence[str]) -> list[IntArray]:
        """Return the positions of the rows of each group, in order."""
        if not within:
            return [np.arange(len(self.labels))]
        keys = self.labels[list(within)].astype(str).agg("\x1f".join, axis=1)
        return [np.flatnonzero(keys == key) for key in dict.fromkeys(keys)]

    def _shown_columns(self) -> pd.DataFrame:
        with np.errstate(
            over="ignore", under="ignore", invalid="ignore"
        ):  # a ratio of inf has an error of inf
            error = np.abs(self.back.slope(self.value)) * self.std_error
        return self.labels.assign(estimate=self.back.show(self.value), std_error=error, df=self.df)

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
