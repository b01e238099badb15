"""HTML and Markdown: the cells of the text, in another layout.

The cells are ready strings; this module escapes and places them and decides nothing else.
"""

from __future__ import annotations

from glmkit.tables.document import Document, Facts, Grid
from glmkit.tables.escape import html, markdown
from glmkit.tables.text import fact_lines

# Colours are the notebook's own, light or dark: rules take the colour of the text. Jupyter's rule
# for cells has the weight of two classes and an element: ours weigh no less, and stand later. A title
# longer than its table goes on to the right of it, and neither is widened nor broken at each word.
_STYLE = """<style>
.glmkit table { border-collapse: collapse; margin: 0.6em 0; color: inherit; }
.glmkit td { font-variant-numeric: tabular-nums; }
.glmkit caption { caption-side: top; text-align: left; font-weight: bold; padding: 0.2em 0; color: inherit; }
.glmkit caption { width: 0; }
.glmkit caption span { display: block; width: max-content; max-width: 48em; }
.glmkit th, .glmkit td { border: 0; padding: 0.2em 0.7em; text-align: right; vertical-align: top; }
.glmkit .grid th, .glmkit .grid td { white-space: nowrap; }
.glmkit .grid td { height: 1.2em; }
.glmkit th:first-child, .glmkit td:first-child { padding-left: 0.2em; }
.glmkit th[scope=row], .glmkit th[scope=rowgroup] { text-align: left; font-weight: normal; }
.glmkit td.text, .glmkit th.text { text-align: left; padding-left: 0.2em; }
.glmkit th[scope=rowgroup] { font-style: italic; }
.glmkit .part { padding-left: 1.6em !important; }
.glmkit .grid thead th, .glmkit .grid thead td { border-bottom: 1px solid; }
.glmkit .grid tbody { border-bottom: 1px solid; }
.glmkit .facts th[scope=row] { opacity: 0.75; }
.glmkit .facts td { text-align: left; }
.glmkit .facts tbody tr:nth-child(n) { background: none; }
.glmkit .title { font-weight: bold; font-size: 1.1em; margin: 0.4em 0; }
.glmkit .notes { font-size: 0.9em; margin: 0.3em 0; }
</style>"""


# HTML ----------------------------------------------------------------------------------------


def html_document(document: Document) -> str:
    """Return a document as a fragment of HTML that inherits the colours around it."""
    parts = ['<div class="glmkit">', _STYLE]
    if document.title:
        parts.append(f'<p class="title">{html(document.title)}</p>')
    for block in document.blocks:
        parts += _html_facts(block) if isinstance(block, Facts) else _html_grid(block)
    if document.notes:
        parts += ['<ul class="notes">', *(f"<li>{html(note)}</li>" for note in document.notes), "</ul>"]
    return "\n".join([*parts, "</div>"])


def _html_facts(facts: Facts) -> list[str]:
    """Return facts as a table of one or two pairs a row, as in the text."""
    lines = fact_lines(facts)
    paired = any(j is not None for _, j in lines)
    parts = ['<table class="facts">', "<tbody>"]
    for i, j in lines:
        span = ' colspan="3"' if paired and j is None else ""
        cells = [_html_fact(*facts.pairs[i], span)]
        if j is not None:
            cells.append(_html_fact(*facts.pairs[j], ""))
        parts.append("<tr>" + "".join(cells) + "</tr>")
    return [*parts, "</tbody>", "</table>"]


def _html_fact(label: str, value: str, span: str) -> str:
    """Return the two cells of a fact."""
    return f'<th scope="row">{html(label)}</th><td{span}>{html(value)}</td>'


def _html_grid(grid: Grid) -> list[str]:
    """Return a table with its title as caption, notes below."""
    aligned = ["" if numeric else ' class="text"' for numeric in grid.numeric]
    stub = f'<th scope="col" class="text">{html(grid.stub)}</th>' if grid.stub else "<td></td>"
    heads = [f'<th scope="col"{a}>{html(h)}</th>' for a, h in zip(aligned, grid.headings, strict=True)]
    part = ' class="part"' if grid.groups else ""
    parts = ['<table class="grid">']
    if grid.title:
        parts.append(f"<caption><span>{html(grid.title)}</span></caption>")
    parts += ["<thead>", f"<tr>{stub}{''.join(heads)}</tr>", "</thead>", "<tbody>"]
    for group, label, cells in grid.rows():
        if group is not None:
            parts.append(
                f'<tr><th scope="rowgroup" colspan="{len(grid.headings) + 1}">{html(group)}</th></tr>'
            )
        tds = [f"<td{a}>{html(cell)}</td>" for a, cell in zip(aligned, cells, strict=True)]
        parts.append(f'<tr><th scope="row"{part}>{html(label)}</th>{"".join(tds)}</tr>')
    parts += ["</tbody>", "</table>"]
    return parts + [f'<p class="notes">{html(note)}</p>' for note in grid.notes]


# Markdown --------------------------------------------------------------------------------------


def markdown_document(document: Document) -> str:
    """Return a document as GitHub's Markdown."""
    parts = [f"**{markdown(document.title)}**"] if document.title else []
    for block in document.blocks:
        if isinstance(block, Facts):
            parts.append("\n".join(f"- {markdown(label)}: {markdown(value)}" for label, value in block.pairs))
        else:
            parts += _markdown_grid(block)
    if document.notes:
        parts += ["**Notes**", "\n".join("- " + _markdown_start(note) for note in document.notes)]
    return "\n\n".join(parts)


def _markdown_start(text: str) -> str:
    """Return escaped text that may begin a paragraph or an item: ``-`` or ``1.`` opens no list."""
    escaped = markdown(text)
    digits = len(escaped) - len(escaped.lstrip("0123456789"))
    if escaped[digits : digits + 1] in ((".", ")") if digits else ("-", "+", "=")):
        return escaped[:digits] + "\\" + escaped[digits:]
    return escaped


def _markdown_grid(grid: Grid) -> list[str]:
    """Return the paragraphs of a table: title, pipe table padded to read as text, notes."""
    from tabulate import tabulate  # on first use: 30 ms that no other format needs

    blank = [""] * len(grid.headings)
    rows = []
    for group, label, cells in grid.rows():
        if group is not None:
            rows.append([f"**{markdown(group)}**", *blank])
        rows.append([("&emsp;" if grid.groups else "") + markdown(label), *map(markdown, cells)])
    headings = [markdown(text) for text in (grid.stub, *grid.headings)]
    sides = ["right" if number else "left" for number in (False, *grid.numeric)]
    aligned = sides if rows else None  # tabulate aligns no column without a row
    table = tabulate(rows, headings, tablefmt="pipe", disable_numparse=True, colalign=aligned)
    title = [f"**{markdown(grid.title)}**"] if grid.title else []
    return [*title, table, *map(_markdown_start, grid.notes)]
