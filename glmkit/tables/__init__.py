"""Tables at full precision that print as text, HTML, Markdown and LaTeX."""

from glmkit.tables.numbers import format_text, format_value, interval_headings, join_names, statistic_headings
from glmkit.tables.table import Fact, Report, Table, fact

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
