"""Names are data: every injection case, in every format."""

import csv as csv_reader
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.tables import Report, Table, fact
from glmkit.tables.escape import csv, html, latex, markdown, terminal

CASES = json.loads(Path(__file__).with_name("injection_cases.json").read_text())["cases"]
TEXTS = [case["text"] for case in CASES]
FORMATS = {"html": html, "latex": latex, "text_out": terminal, "csv": csv, "markdown": markdown}
EXPECTED = [
    pytest.param(FORMATS[key], case["text"], case[key], id=f"{case['id']}-{key}")
    for case in CASES
    for key in FORMATS
    if key in case
]


@pytest.mark.parametrize(("escape", "text", "escaped"), EXPECTED)
def test_each_case_is_escaped_as_published(escape, text, escaped):
    assert escape(text) == escaped


def everywhere(text):
    """A report that holds the text as title, label, value, row label, column, level, part and note."""
    frame = pd.DataFrame({"estimate": [1.0, 2.0], text: [text, "b"]}, index=["Intercept", text])
    parts = pd.DataFrame({"estimate": [1.0]}, index=pd.MultiIndex.from_tuples([(text, text)]))
    tables = {"one": Table(frame, text, notes=[text]), "two": Table(parts, text)}
    return Report(text, [fact(text, "{value}", value=text)], tables, notes=[text])


class Tags(HTMLParser):
    """The tags of a piece of HTML, and its text."""

    def __init__(self, source):
        super().__init__()
        self.tags = []
        self.text = []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("text", TEXTS)
def test_html_has_the_same_tags_whatever_the_names(text):
    assert Tags(everywhere(text).to_html()).tags == Tags(everywhere("plain").to_html()).tags


@pytest.mark.parametrize("text", TEXTS)
def test_html_shows_the_name_as_the_terminal_does(text):
    assert Tags(everywhere(text).to_html()).text.count(terminal(text)) == 12


@pytest.mark.parametrize("text", TEXTS)
def test_plain_text_has_the_same_lines_whatever_the_names(text):
    assert str(everywhere(text)).count("\n") == str(everywhere("plain")).count("\n")


@pytest.mark.parametrize("text", TEXTS)
def test_plain_text_holds_no_control_character(text):
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", str(everywhere(text)))


@pytest.mark.parametrize("text", TEXTS)
def test_markdown_has_the_same_lines_and_bars_whatever_the_names(text):
    def shape(source):
        return [len(re.findall(r"(?<!\\)\|", line.replace("\\\\", ""))) for line in source.split("\n")]

    assert shape(everywhere(text).to_markdown()) == shape(everywhere("plain").to_markdown())


@pytest.mark.parametrize(
    "text", ["http://x.org", "www.x.org", "![a](b)", "<a href=x>", "`code`", "$x$", "&lt;"]
)
def test_markdown_activates_nothing(text):
    assert re.search(r"\\[`!\[<$&:.]", markdown(text))


@pytest.mark.parametrize(
    ("note", "start"), [("- a", r"\- a"), ("1. a", r"1\. a"), ("# a", r"\# a"), ("+ a", r"\+ a")]
)
def test_a_note_in_markdown_opens_no_list_or_heading(note, start):
    assert Table(pd.DataFrame({"df": [1]}), notes=[note]).to_markdown().endswith(start)


@pytest.mark.parametrize("text", TEXTS)
def test_csv_reads_back_as_one_record_a_row(text):
    frame = pd.DataFrame({"level": [text], "estimate": [-0.5]}, index=[text])
    rows = list(csv_reader.reader(io.StringIO(Table(frame).to_csv(safe=False), newline="")))
    assert rows == [["row", "level", "estimate"], [text, text, "-0.5"]]


def test_csv_guards_text_but_not_numbers():
    frame = pd.DataFrame({"level": ["-x"], "estimate": [-0.5], "df": [float("-inf")]}, index=["=1"])
    assert Table(frame).to_csv() == "row,level,estimate,df\n'=1,'-x,-0.5,-Inf\n"


@given(st.text())
def test_terminal_text_prints_on_one_line_in_any_encoding(text):
    shown = terminal(text)
    assert shown.splitlines() == ([shown] if shown else [])
    assert shown.encode("utf-8").decode("utf-8") == shown


@given(st.text())
def test_html_unescapes_to_the_terminal_text(text):
    from html import unescape

    assert unescape(html(text)) == terminal(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x7F)))
def test_markdown_unescapes_to_the_terminal_text(text):
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown(text)) == terminal(text)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_every_csv_field_reads_back(text):
    (row,) = (
        csv_reader.reader(io.StringIO(csv(text, safe=False) + ",end\n", newline=""))
        if "\0" not in text
        else [[text, "end"]]
    )
    assert row == [text, "end"]


def test_latex_keeps_two_hyphens_apart():
    assert latex("a---b") == "a-{}-{}-b"
