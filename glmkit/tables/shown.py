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
        """The table that prints."""
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
        """Return the numbers at full precision as polars; NaN is null."""
        return self.table.to_polars()

    def to_text(self) -> str:
        """Return plain text."""
        return self.table.to_text()

    def to_html(self) -> str:
        """Return HTML."""
        return self.table.to_html()

    def to_markdown(self) -> str:
        """Return Markdown."""
        return self.table.to_markdown()

    def to_latex(self) -> str:
        """Return LaTeX."""
        return self.table.to_latex()
