"""The commands shown on the page of the command line print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from glmkit.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
NUMBER = r"-?\d+\.\d+(?:e[-+]?\d+)?"


def sessions() -> list[tuple[str, str]]:
    page = PAGE.read_text(encoding="utf-8").replace("\\\n", "")  # lines that go on
    blocks = re.findall(r"```console\n(.*?)```", page, flags=re.S)
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), flags=re.M)


def test_the_sessions_of_the_page_print_what_they_show(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for command, shown in sessions():
        words, _, target = command.partition(" > ")
        main(shlex.split(words)[1:])
        said = capsys.readouterr()
        Path(target or "nowhere").write_text(said.out, encoding="utf-8")
        printed = "" if target else said.out + said.err
        assert re.sub(NUMBER, "#", printed) == re.sub(NUMBER, "#", shown)
        numbers = [float(number) for number in re.findall(NUMBER, printed)]
        # Full-precision numbers may differ between platforms in their last digits.
        assert numbers == pytest.approx([float(n) for n in re.findall(NUMBER, shown)], rel=1e-9)
