"""Paragraphs of plain English that print in every format."""

from __future__ import annotations

from dataclasses import dataclass

from glmkit.tables.escape import html, latex, markdown, terminal
from glmkit.tables.export import Json
from glmkit.tables.text import WIDTH, wrap

__all__ = ["Prose"]


@dataclass(frozen=True, repr=False)
class Prose:
    """Text for a paper, its numbers formatted as in the tables.

    Made by ``fit.report()``.

    Parameters
    ----------
    paragraphs : tuple of str
        One a paragraph, unescaped.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.Prose(("One sentence.", "Another."))
    One sentence.
    <BLANKLINE>
    Another.
    """

    paragraphs: tuple[str, ...]

    def to_text(self) -> str:
        """Return plain text in lines of at most 80 columns.

        Examples
        --------
        >>> import glmkit as gk
        >>> prose = gk.Prose(("A rise of 5 %.",))
        >>> print(prose.to_text())
        A rise of 5 %.
        """
        return "\n\n".join("\n".join(wrap(terminal(text), WIDTH)) for text in self.paragraphs)

    def to_markdown(self) -> str:
        """Return Markdown, one line a paragraph.

        Examples
        --------
        >>> import glmkit as gk
        >>> prose = gk.Prose(("A rise of 5 %.",))
        >>> print(prose.to_markdown())
        A rise of 5 %.
        """
        return "\n\n".join(markdown(text) for text in self.paragraphs)

    def to_html(self) -> str:
        """Return HTML, every name escaped.

        Examples
        --------
        >>> import glmkit as gk
        >>> prose = gk.Prose(("A rise of 5 %.",))
        >>> print(prose.to_html())
        <p>A rise of 5 %.</p>
        """
        return "\n".join(f"<p>{html(text)}</p>" for text in self.paragraphs)

    def to_latex(self) -> str:
        r"""Return LaTeX, one line a paragraph.

        Examples
        --------
        >>> import glmkit as gk
        >>> prose = gk.Prose(("A rise of 5 %.",))
        >>> print(prose.to_latex())
        A rise of 5 \%.
        """
        return "\n\n".join(latex(text) for text in self.paragraphs)

    def to_dict(self) -> dict[str, Json]:
        """Return the paragraphs for strict JSON.

        Examples
        --------
        >>> import glmkit as gk
        >>> prose = gk.Prose(("A rise of 5 %.",))
        >>> prose.to_dict()
        {'paragraphs': ['A rise of 5 %.']}
        """
        return {"paragraphs": list(self.paragraphs)}

    def __str__(self) -> str:
        """Return the text."""
        return self.to_text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def _repr_latex_(self) -> str:
        return self.to_latex()
