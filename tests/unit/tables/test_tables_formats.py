"""The same cells in all four formats: each is read back and compared with the text."""

import re
import shutil
import subprocess
from html import unescape

import numpy as np
import pandas as pd
import pytest

from glmkit.tables import Report, Table, fact, statistic_headings

HEADINGS = statistic_headings("z")


def coefficients():
    return pd.DataFrame(
        {
            "estimate": [3.79674, -0.45663, np.inf, np.nan],
            "std_error": [0.04994, 0.08019, np.nan, np.nan],
            "statistic": [76.030, -5.694, np.nan, np.nan],
            "p_value": [0.0, 1.24e-08, np.nan, 0.147],
        },
        index=["Intercept", "wool[T.B]", "a_b|c*d", "x & y"],
    )


def long_index():
    frame = coefficients()
    frame.index = pd.MultiIndex.from_arrays([["count", "count", "zero", "zero"], frame.index])
    return frame


def emmeans():
    return pd.DataFrame(
        {"tension": ["L", "M"], "wool": ["A", "B"], "estimate": [44.5, 24.0], "df": [np.inf, 48.0]}
    )


TABLES = {
    "coefficients": Table(coefficients(), "Coefficients", headings=HEADINGS),
    "stars": Table(coefficients(), headings=HEADINGS, stars=True),
    "blanks": Table(coefficients(), blanks=["std_error", "p_value"]),
    "parts": Table(long_index(), headings=HEADINGS),
    "emmeans": Table(emmeans(), show_index=False),
    "few-rows": Table(coefficients().iloc[:0]),
}


def grid_of(table):
    (grid,) = table._document(None).blocks
    body = []
    for group, label, cells in grid.rows():
        body += [] if group is None else [[group]]
        body.append([label, *cells])
    return [[grid.stub, *grid.headings], *body]


def from_html(source):
    rows = re.findall(r"<tr>(.*?)</tr>", source)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def from_markdown(source):
    lines = [line for line in source.split("\n") if line.startswith("|")]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in [lines[0], *lines[2:]]]
    rows = [[cell.strip() for cell in row] for row in rows]
    groups = [[row[0].strip("*")] if row[0].startswith("**") else row for row in rows]
    return [[re.sub(r"\\(.)", r"\1", cell.removeprefix("&emsp;")) for cell in row] for row in groups]


LATEX = {
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    "{[}": "[",
    "{]}": "]",
    "{*}": "*",
    "$-$": "-",
    "$<$": "<",
    r"\_": "_",
    r"\%": "%",
    r"\&": "&",
    r"\quad ": "",
}


def plain_latex(cell):
    for escaped, character in LATEX.items():
        cell = cell.replace(escaped, character)
    return cell.strip()


def from_latex(source):
    body = source[source.index(r"\toprule") : source.index(r"\bottomrule")]
    rows = [line.removesuffix(r" \\") for line in body.split("\n") if line.endswith(r"\\")]
    groups = [re.findall(r"\\textit\{(.*)\}\}$", row) or re.split(r"(?<!\\)&", row) for row in rows]
    return [[plain_latex(cell) for cell in row] for row in groups]


def from_text(source, grid):
    """The words of the text, row after row."""
    return source.split()


@pytest.mark.parametrize("name", TABLES)
def test_text_holds_the_cells_row_after_row(name):
    table = TABLES[name]
    grid = grid_of(table)
    words = " ".join(cell for row in grid for cell in row).split()
    lines = table.to_text().split("\n")
    body = [line for line in lines if line != table.title and not line.startswith("Signif.")]
    assert " ".join(body).split() == words


@pytest.mark.parametrize("name", TABLES)
def test_html_holds_the_same_cells_as_the_text(name):
    assert from_html(TABLES[name].to_html()) == grid_of(TABLES[name])


@pytest.mark.parametrize("name", TABLES)
def test_markdown_holds_the_same_cells_as_the_text(name):
    assert from_markdown(TABLES[name].to_markdown()) == grid_of(TABLES[name])


@pytest.mark.parametrize("name", TABLES)
def test_latex_holds_the_same_cells_as_the_text(name):
    assert from_latex(TABLES[name].to_latex()) == grid_of(TABLES[name])


REPORT = Report(
    "A report",
    [fact("Formula", "{x}", x="y ~ x"), fact("Rows used", "{nobs}", nobs=54)],
    {"coefficients": TABLES["coefficients"]},
    footer=[fact("AIC", "{aic}", aic=468.9692)],
    notes=["The note."],
)


@pytest.mark.parametrize("method", ["to_text", "to_html", "to_markdown", "to_latex"])
@pytest.mark.parametrize("piece", ["A report", "Rows used", "54", "Coefficients", "468.97", "The note."])
def test_every_format_holds_every_piece_of_a_report(method, piece):
    assert piece in getattr(REPORT, method)()


def test_a_rule_no_weaker_than_jupyters_own_puts_text_cells_to_the_left():
    assert ".glmkit td.text, .glmkit th.text { text-align: left;" in REPORT.to_html()


def test_html_sets_no_colour():
    assert not re.search(r"#[0-9a-f]{3}|rgb|background: (?!none)|(?<!-)color: (?!inherit)", REPORT.to_html())


LONG = "a_column_of_many_words_that_go_on_and_on[T.a level/of many: more]"


def test_a_name_longer_than_the_page_of_latex_is_broken():
    frame = coefficients().rename(index={"Intercept": LONG})
    source = Table(frame, headings=HEADINGS).to_latex()
    assert r"\begin{tabular}{@{}p{0.39\linewidth}rrrr@{}}" in source
    assert r"a\_\hspace{0pt}column\_\hspace{0pt}of" in source


def test_latex_of_many_rows_goes_on_over_the_page():
    source = Table(pd.DataFrame({"estimate": np.arange(41.0)})).to_latex()
    assert source.startswith(r"\begin{longtable}[l]{@{}lr@{}}")
    assert source.count(r" \\") == 42


def compiled(source, folder):
    (folder / "a.tex").write_text(
        "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs,longtable,amsmath}\\begin{document}\n"
        + source
        + "\n\\end{document}",
        encoding="utf-8",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)


NEEDS_PDFLATEX = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
HOSTILE = {
    "ascii": "".join(chr(i) for i in range(0x20, 0x7F)) + "--\\",
    "latin": "Größe naïve Łódź þorn «x» e\u0301 50 € ½ ± × ·",
    "greek": "αβγδεζηθικλμνξοπρστυφχψως ΓΔΘΛΞΠΣΥΦΨΩ",
    "signs": "x₁² ≤ ≥ ≠ ≈ ∞ → ← ∈ √ ∑ ∂ −1 … – — “q”",
    "long": LONG,
}


@pytest.mark.slow
@NEEDS_PDFLATEX
@pytest.mark.parametrize("name", HOSTILE)
def test_latex_compiles_with_every_special_character(tmp_path, name):
    text = HOSTILE[name]
    frame = pd.DataFrame({"estimate": [1.0, -2.0], "level": ["[b]", text]}, index=["*a", "[" + text])
    tables = {"a": Table(frame, text, notes=[text], stars=True), "b": Table(pd.concat([frame] * 30), text)}
    report = Report(text, [fact(text, "{x}", x=text)], tables, notes=[text])
    done = compiled(report.to_latex() + "\n\n" + TABLES["parts"].to_latex(), tmp_path)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.slow
@NEEDS_PDFLATEX
def test_latex_of_a_long_name_stays_within_the_margins(tmp_path):
    frame = coefficients().rename(index={"Intercept": LONG})
    report = Report("A", [fact("Formula", "{x}", x="y ~ " + LONG)], {"a": Table(frame, headings=HEADINGS)})
    done = compiled(report.to_latex(), tmp_path)
    assert "Overfull" not in done.stdout, done.stdout[-2000:]
