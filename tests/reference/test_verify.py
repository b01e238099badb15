"""The certificate that ships with the package: its numbers are R's and NIST's, and they agree here."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from make_certificate import TARGET, certificate

import glmkit as gk
from glmkit.cli import main

REPORT = gk.verify()
PAGE = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text(encoding="utf-8")


def test_every_number_agrees():
    assert REPORT.facts[-1].text == "all agree"


def test_how_many_numbers_are_compared(capsys):
    with capsys.disabled():
        print("\n" + REPORT.facts[2].text, REPORT.tables["r"].max().to_dict())
    assert (len(REPORT.tables["nist"]), len(REPORT.tables["r"])) == (11, 84)


def test_the_certificate_is_the_one_made_from_the_references():
    assert TARGET.read_text(encoding="utf-8") == certificate()


def test_the_certificate_is_small():
    assert TARGET.stat().st_size < 300_000


@pytest.mark.slow
def test_a_number_that_is_off_is_named(monkeypatch):
    monkeypatch.setattr(sys.modules["glmkit.verify"], "FAR_FROM_R", 1e-17)
    assert gk.verify().facts[-1].text.startswith("differ: binom_beetle")


@pytest.mark.slow
def test_the_command_line_prints_the_verdict(capsys):
    assert main(["verify"]) == 0
    assert re.search("Verdict +all agree", capsys.readouterr().out)


@pytest.mark.parametrize("name", REPORT.tables["nist"].index)
def test_the_page_states_digits_that_are_reached(name):
    row = re.search(rf"^\| {name} \| ([\d.]+) \| ([\d.]+) \|$", PAGE, flags=re.M)
    stated = [float(row.group(1)), float(row.group(2))]
    # The last digit depends on the order in which the machine adds.
    assert all(REPORT.tables["nist"].loc[name] >= [value - 0.5 for value in stated])
