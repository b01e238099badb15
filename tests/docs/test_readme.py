"""README says what is true: its output is the real one, its commands are the ones CI runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import glmkit as gk

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = dict(enumerate(re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.M | re.S)))


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS.values() if kind == language]


def test_the_output_shown_is_the_output_of_the_main_job() -> None:
    fit = gk.glm("breaks ~ wool * tension", data=gk.load_dataset("warpbreaks"), family=gk.Poisson())
    assert blocks("text")[0] == str(fit.summary()).rstrip("\n") + "\n"


def test_the_code_shown_is_the_main_job() -> None:
    wanted = 'gk.glm("breaks ~ wool * tension", data=gk.load_dataset("warpbreaks"), family=gk.Poisson())'
    assert wanted in blocks("python")[0]


@pytest.mark.parametrize("code", blocks("python"))
def test_the_code_shown_runs(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("place", [".venv", ".venv-test"])
def test_each_command_is_one_line_in_a_block_of_its_own(place: str) -> None:
    commands = [text for text in blocks("sh") if text.startswith(f"python3 -m venv {place} ")]
    assert [command.count("\n") for command in commands] == [1]


def row(start: str) -> list[str]:
    line = next(line for line in README.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_comparison_says_what_is_missing_as_long_as_it_is() -> None:
    there = hasattr(gk, "NegativeBinomial") and hasattr(gk, "Tweedie")
    assert row("negative binomial, Tweedie")[1] == ("yes" if there else "not yet")


def test_the_comparison_says_what_separated_data_give() -> None:
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("HG ~ NV + PI + EH", gk.load_dataset("endometrial"), "binomial")
    assert row("coefficient of `NV`")[1].startswith(f"`{str(fit.coef['NV']).capitalize()}`")


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "_static").glob("*.png")), ids=lambda p: p.name)
def test_a_picture_is_small(picture: Path) -> None:
    assert picture.stat().st_size < 150_000


def test_the_links_and_pictures_lead_somewhere() -> None:
    links = re.findall(r'\]\(([\w./-]+)\)|(?:src|srcset)="([\w./-]+)"', README)
    assert [a or b for a, b in links if not (ROOT / (a or b)).exists()] == []
