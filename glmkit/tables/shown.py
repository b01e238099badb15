"""Values that print as a table they make of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glmkit.tables.table import Table

if TYPE_CHECKING:
    import polars

__all__ = ["ShownAsTable"]


class ShownAsTable:
    """Mixin: printing in every format by way of the `table` property."""

    @property
    def table(self) -> Table:
        """The table that prints.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> means = fit.emmeans("wool")
        >>> means.table.title
        'Estimated marginal means'
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        """Return the table as text."""
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()

    def _repr_markdown_(self) -> str:
        return self.table._repr_markdown_()

    def _repr_latex_(self) -> str:
        return self.table._repr_latex_()

    def to_polars(self) -> polars.DataFrame:
        """Return the numbers at full precision as polars; NaN is null.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> means = fit.emmeans("wool")
        >>> means.to_polars().columns
        ['wool', 'estimate', 'std_error', 'df', 'conf_low', 'conf_high']
        """
        return self.table.to_polars()

    def to_text(self) -> str:
        """Return the table as plain text.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> means = fit.emmeans("wool")
        >>> print(means.to_text())
        Estimated marginal means
        wool   Mean  Std. Error   Df  2.5 %  97.5 %
        A     31.04        1.07  Inf  29.01   33.21
        B     25.26        0.97  Inf  23.43   27.23
        """
        return self.table.to_text()

    def to_html(self) -> str:
        """Return the table as HTML.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> means = fit.emmeans("wool")
        >>> "<table" in means.to_html()
        True
        """
        return self.table.to_html()

    def to_markdown(self) -> str:
        """Return the table as Markdown.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> means = fit.emmeans("wool")
        >>> print(means.to_markdown())
        **Estimated marginal means**
        <BLANKLINE>
        | wool   |   Mean |   Std. Error |   Df |   2.5 % |   97.5 % |
        |:-------|-------:|-------------:|-----:|--------:|---------:|
        | A      |  31.04 |         1.07 |  Inf |   29.01 |    33.21 |
        | B      |  25.26 |         0.97 |  Inf |   23.43 |    27.23 |
        """
        return self.table.to_markdown()

    def to_latex(self) -> str:
        r"""Return the table as LaTeX, for a preamble with ``\usepackage{booktabs}``.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> means = fit.emmeans("wool")
        >>> print(means.to_latex())
        \par\medskip\noindent\textbf{Estimated marginal means}\nopagebreak\smallskip
        <BLANKLINE>
        \noindent
        \begin{tabular}{@{}lrrrrr@{}}
        \toprule
        wool & Mean & Std. Error & Df & 2.5 \% & 97.5 \% \\
        \midrule
        A & 31.04 & 1.07 & Inf & 29.01 & 33.21 \\
        B & 25.26 & 0.97 & Inf & 23.43 & 27.23 \\
        \bottomrule
        \end{tabular}\par\smallskip
        """
        return self.table.to_latex()
