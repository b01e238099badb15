"""The command line: output, formats and exit codes."""

from __future__ import annotations

import io
import json

import pytest

import glmkit as gk
from glmkit.cli import main


@pytest.fixture
def warpbreaks(tmp_path):
    path = tmp_path / "warpbreaks.csv"
    gk.load_dataset("warpbreaks").to_csv(path, index=False)
    return str(path)


def test_fit_prints_the_summary(warpbreaks, capsys):
    assert main(["fit", "breaks ~ wool", warpbreaks, "--family", "poisson"]) == 0
    # read from CSV, tension and wool are text: the levels sort as R's do for wool
    expected = str(gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson").summary())
    assert capsys.readouterr().out.rstrip() == expected.rstrip()


def test_json_is_strict_and_names_its_schema(warpbreaks, capsys):
    assert main(["fit", "breaks ~ wool", warpbreaks, "--family", "poisson", "--format", "json"]) == 0

    def refuse(constant):
        raise AssertionError(constant)

    parsed = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert parsed["schema"] == "glmkit.summary/1"
    assert parsed["model"]["converged"] is True
    assert parsed["model"]["nobs"] == 54


@pytest.mark.parametrize(
    ("layout", "mark"), [("markdown", "|:---"), ("latex", "\\toprule"), ("html", "<table")]
)
def test_every_format_is_written(warpbreaks, capsys, layout, mark):
    assert main(["fit", "breaks ~ wool", warpbreaks, "--format", layout]) == 0
    assert mark in capsys.readouterr().out


def test_standard_input_is_csv(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("y,x\n1,1\n2,2\n4,3\n"))
    assert main(["fit", "y ~ x", "-"]) == 0
    assert "3 used" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", ["parquet", "feather", "tsv"])
def test_other_files_give_the_same_coefficients(tmp_path, capsys, suffix, warpbreaks):
    data = gk.load_dataset("warpbreaks")
    path = tmp_path / f"data.{suffix}"
    writers = {"parquet": data.to_parquet, "feather": data.to_feather}
    write = writers.get(suffix, lambda target: data.to_csv(target, sep="\t", index=False))
    write(path)
    assert main(["fit", "breaks ~ wool", str(path)]) == 0
    got = capsys.readouterr().out
    main(["fit", "breaks ~ wool", warpbreaks])
    assert got == capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fit", "breaks ~ wol", "DATA"], "Did you mean `wool`"),
        (["fit", "breaks ~ wool", "no-such.csv"], "no file"),
        (["fit", "breaks ~ wool", "data.xyz"], "suffix"),
        (["fit", "breaks ~ wool", "DATA", "--family", "poison"], "Poisson"),
        (["datasets", "warpbraks"], "warpbreaks"),
    ],
)
def test_data_and_formula_errors_exit_with_3(warpbreaks, capsys, arguments, says):
    assert main([warpbreaks if a == "DATA" else a for a in arguments]) == 3
    assert says in capsys.readouterr().err


def test_usage_errors_exit_with_2(capsys):
    assert main(["fit"]) == 2
    assert main([]) == 2


def test_a_fit_that_does_not_converge_is_printed_and_exits_with_4(tmp_path, capsys):
    path = tmp_path / "separated.csv"
    path.write_text("y,x\n0,1\n0,2\n0,3\n1,4\n1,5\n1,6\n")
    assert main(["fit", "y ~ x", str(path), "--family", "binomial"]) == 4
    assert "Notes" in capsys.readouterr().out


def test_datasets_lists_and_prints(capsys):
    assert main(["datasets"]) == 0
    assert "warpbreaks" in capsys.readouterr().out
    assert main(["datasets", "warpbreaks"]) == 0
    assert capsys.readouterr().out.startswith("breaks,wool,tension")


def test_demo_prints_three_summaries(capsys):
    assert main(["demo"]) == 0
    assert capsys.readouterr().out.count("Generalized linear model:") == 3


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("glmkit ")
