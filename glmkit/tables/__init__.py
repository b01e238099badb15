"""Tables at full precision that print as text, HTML, Markdown and LaTeX."""

from glmkit.tables.numbers import format_value
from glmkit.tables.table import Fact, Report, Table, fact
from glmkit.tables.wording import format_text, interval_headings, join_names, statistic_headings

__all__ = [
    "Fact",
    "Report",
    "Table",
    "fact",
    "format_text",
    "format_value",
    "interval_headings",
    "join_names",
    "statistic_headings",
]
