"""Printing in text, HTML, Markdown and LaTeX, from one document."""

from __future__ import annotations

from typing import Final, NoReturn

from glmkit.tables.document import Document
from glmkit.tables.latex import latex_document
from glmkit.tables.render import html_document, markdown_document
from glmkit.tables.text import text_document

__all__ = ["Printed"]

MOST_ROWS: Final = 60
"""Rows of a table that ``print`` and a notebook show; ``to_text()`` and the like show all."""


class Printed:
    """Printing in every format, from one document."""

    def _document(self, most_rows: int | None) -> Document:
        raise NotImplementedError

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(
            f"{type(self).__name__} is read-only; make a new one, or change a copy of its frame"
        )

    def to_text(self) -> str:
        """Return plain text, at most 80 columns wide where names allow.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> print(fit.drop1().to_text())
        Single term deletions: Poisson, log link
                Df  Deviance     AIC     LRT  Pr(>Chi)
        <none>        281.33  560.00
        wool     1    297.37  574.04  16.039  6.21e-05
        Likelihood ratio tests, referred to chi-square.
        Dispersion 1 (known).
        """
        return text_document(self._document(None))

    def to_html(self) -> str:
        """Return a fragment of HTML, every name escaped, in the colours around it.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> fit.drop1().to_html()[:20]
        '<div class="glmkit">'
        """
        return html_document(self._document(None))

    def to_markdown(self) -> str:
        r"""Return GitHub's Markdown, every name escaped.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> print(fit.drop1().to_markdown())
        **Single term deletions: Poisson, log link**
        <BLANKLINE>
        |          |   Df |   Deviance |    AIC |    LRT |   Pr(\>Chi) |
        |:---------|-----:|-----------:|-------:|-------:|------------:|
        | \<none\> |      |     281.33 | 560.00 |        |             |
        | wool     |    1 |     297.37 | 574.04 | 16.039 |    6.21e-05 |
        <BLANKLINE>
        Likelihood ratio tests, referred to chi-square.
        <BLANKLINE>
        Dispersion 1 (known).
        """
        return markdown_document(self._document(None))

    def to_latex(self) -> str:
        r"""Return LaTeX, every name escaped, for a preamble with ``\usepackage{booktabs}``.

        Tables of more than 40 rows go on over the page and want ``\usepackage{longtable}`` too.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> print(fit.profile("wool[T.B]", points=2).interval_table().to_latex())
        \par\medskip\noindent\textbf{Profile intervals}\nopagebreak\smallskip
        <BLANKLINE>
        \noindent
        \begin{tabular}{@{}lrr@{}}
        \toprule
         & 0.5 \% & 99.5 \% \\
        \midrule
        wool{[}T.B{]} & $-$0.339 & $-$0.073 \\
        \bottomrule
        \end{tabular}\par\smallskip
        """
        return latex_document(self._document(None))

    def __repr__(self) -> str:
        return text_document(self._document(MOST_ROWS))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return html_document(self._document(MOST_ROWS))

    def _repr_markdown_(self) -> str:
        return markdown_document(self._document(MOST_ROWS))

    def _repr_latex_(self) -> str:
        return latex_document(self._document(MOST_ROWS))
