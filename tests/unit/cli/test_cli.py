"""The command line: output, formats and exit codes."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest

import glmkit as gk
from glmkit.cli import main


@pytest.fixture
def warpbreaks(tmp_path):
    path = tmp_path / "warpbreaks.csv"
    gk.load_dataset("warpbreaks").to_csv(path, index=False)
    return str(path)


def numbers_of(text: str) -> dict[str, list[float]]:
    """The numeric columns of a CSV, read digit by digit: not every pandas reads the last ones."""
    rows = list(csv.DictReader(io.StringIO(text)))
    texts = {name: [row[name] for row in rows] for name in rows[0]}
    return {name: [float(v) for v in column] for name, column in texts.items() if name and _numeric(column)}


def _numeric(column: list[str]) -> bool:
    return all(v.lstrip("+-").replace(".", "", 1).replace("e-", "", 1).isdigit() for v in column)


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


ANOVA = ["anova", "breaks ~ wool * tension", "DATA", "--family", "poisson"]
MEANS = ["emmeans", "breaks ~ wool * tension", "DATA", "wool", "--by", "tension", "--family", "poisson"]


def arguments(given, path):
    return [path if a == "DATA" else a for a in given]


def refuse_constants(text):
    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def model(warpbreaks, tmp_path, capsys):
    path = str(tmp_path / "model.json")
    assert main(["fit", "breaks ~ wool", warpbreaks, "--family", "poisson", "--save", path]) == 0
    capsys.readouterr()
    return path


@pytest.mark.parametrize("type", [1, 2, 3])
def test_anova_prints_the_table_of_the_fit(warpbreaks, capsys, type):
    assert main([*arguments(ANOVA, warpbreaks), "--type", str(type)]) == 0
    fit = gk.glm("breaks ~ wool * tension", pd.read_csv(warpbreaks), "poisson")
    assert capsys.readouterr().out == f"{fit.anova(type=type)}\n"


def test_anova_takes_a_test_and_a_covariance(warpbreaks, capsys):
    assert main([*arguments(ANOVA, warpbreaks), "--vcov", "HC3", "--test", "Wald"]) == 0
    fit = gk.glm("breaks ~ wool * tension", pd.read_csv(warpbreaks), "poisson").with_vcov("HC3")
    assert capsys.readouterr().out == f"{fit.anova(test='Wald')}\n"


def test_emmeans_prints_the_means_of_the_fit(warpbreaks, capsys):
    assert main(arguments(MEANS, warpbreaks)) == 0
    fit = gk.glm("breaks ~ wool * tension", pd.read_csv(warpbreaks), "poisson")
    assert capsys.readouterr().out == f"{fit.emmeans('wool', by='tension')}\n"


def test_emmeans_compares_at_given_values(capsys, tmp_path):
    path = tmp_path / "trees.csv"
    gk.load_dataset("trees").assign(tall=gk.load_dataset("trees")["Height"] > 75).to_csv(path, index=False)
    given = ["emmeans", "Volume ~ Girth * tall", str(path), "tall", "--at", "Girth=10,20"]
    assert (
        main([*given, "--by", "Girth", "--contrast", "pairwise", "--adjust", "none", "--format", "csv"]) == 0
    )
    fit = gk.glm("Volume ~ Girth * tall", pd.read_csv(path))
    means = fit.emmeans("tall", by="Girth", at={"Girth": [10, 20]})
    expected = means.contrast("pairwise", adjust="none").frame["estimate"]
    got = numbers_of(capsys.readouterr().out)["estimate"]
    assert got == expected.tolist()  # CSV holds every digit


def test_the_level_of_means_is_that_asked_for(warpbreaks, capsys):
    assert main([*arguments(MEANS, warpbreaks), "--level", "0.9"]) == 0
    assert "95 %" in capsys.readouterr().out  # the upper end of a 90 % interval


@pytest.mark.parametrize("given", [ANOVA, MEANS], ids=["anova", "emmeans"])
@pytest.mark.parametrize(
    ("layout", "mark"),
    [("text", "wool"), ("markdown", "|:---"), ("latex", "\\toprule"), ("html", "<table"), ("csv", ",")],
)
def test_every_command_writes_every_format(warpbreaks, capsys, given, layout, mark):
    assert main([*arguments(given, warpbreaks), "--format", layout]) == 0
    assert mark in capsys.readouterr().out


@pytest.mark.parametrize("given", [ANOVA, MEANS], ids=["anova", "emmeans"])
def test_json_of_every_command_is_strict(warpbreaks, capsys, given):
    assert main([*arguments(given, warpbreaks), "--format", "json"]) == 0
    parsed = refuse_constants(capsys.readouterr().out)
    assert parsed["schema"] == f"glmkit.{given[0]}/1"
    assert parsed["rows"]


def test_the_csv_of_a_fit_is_its_coefficient_table(warpbreaks, capsys):
    assert main(["fit", "breaks ~ wool", warpbreaks, "--family", "poisson", "--format", "csv"]) == 0
    table = numbers_of(capsys.readouterr().out)
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    assert table["estimate"] == fit.coef.tolist()  # CSV holds every digit


def test_a_cluster_alone_means_cr1(warpbreaks, capsys):
    assert main(["fit", "breaks ~ wool", warpbreaks, "--cluster", "tension"]) == 0
    alone = capsys.readouterr().out
    assert main(["fit", "breaks ~ wool", warpbreaks, "--cluster", "tension", "--vcov", "CR1"]) == 0
    assert capsys.readouterr().out == alone
    assert "CR1, 3 clusters" in alone


def test_two_clusters_stand_between_commas(tmp_path, capsys):
    data = gk.load_dataset("warpbreaks").assign(
        block=[i % 9 for i in range(54)], day=[i % 6 for i in range(54)]
    )
    data.to_csv(tmp_path / "data.csv", index=False)
    assert main(["fit", "breaks ~ wool", str(tmp_path / "data.csv"), "--cluster", "block, day"]) == 0
    fit = gk.glm("breaks ~ wool", data).with_vcov("CR1", cluster=["block", "day"])
    assert fit.estimate.label in capsys.readouterr().out


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ([*ANOVA, "--test", "best"], "LRT, F, Rao"),
        ([*ANOVA, "--vcov", "HC9"], "HC0"),
        ([*ANOVA, "--cluster", "wol"], "wol"),
        ([*MEANS, "--at", "wool"], "NAME=V,V"),
        ([*MEANS, "--at", "wool=C"], "'C'"),
        ([*MEANS, "--adjust", "holm"], "--contrast"),
        ([*MEANS, "--contrast", "every"], "pairwise"),
    ],
)
def test_options_that_cannot_be_met_exit_with_3(warpbreaks, capsys, extra, says):
    assert main(arguments(extra, warpbreaks)) == 3
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("extra", [["--type", "4"], ["--format", "word"]])
def test_choices_that_do_not_exist_are_usage_errors(warpbreaks, capsys, extra):
    assert main([*arguments(ANOVA, warpbreaks), *extra]) == 2


@pytest.mark.parametrize(("name", "content"), [("empty.csv", ""), ("short.parquet", "x")])
def test_files_that_hold_nothing_exit_with_3(tmp_path, capsys, name, content):
    path = tmp_path / name
    path.write_text(content)
    assert main(["anova", "y ~ x", str(path)]) == 3
    assert "cannot be read" in capsys.readouterr().err


def test_anova_and_means_of_a_separated_fit_are_printed_and_exit_with_4(tmp_path, capsys):
    path = tmp_path / "separated.csv"
    path.write_text("y,x,g\n0,1,a\n0,2,b\n0,3,a\n1,4,b\n1,5,a\n1,6,b\n")
    assert main(["anova", "y ~ x", str(path), "--family", "binomial"]) == 4
    assert "x" in capsys.readouterr().out
    assert main(["emmeans", "y ~ x + g", str(path), "g", "--family", "binomial", "--format", "json"]) == 4
    assert refuse_constants(capsys.readouterr().out)["rows"]


def test_a_saved_model_predicts_what_the_fit_does(model, warpbreaks, capsys):
    assert main(["predict", model, warpbreaks, "--interval", "mean", "--format", "csv"]) == 0
    got = numbers_of(capsys.readouterr().out)
    fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    expected = fit.predict(gk.load_dataset("warpbreaks"), interval="mean")
    assert [got[name] for name in expected] == [
        expected[name].tolist() for name in expected
    ]  # CSV holds every digit


def test_rows_that_cannot_be_predicted_are_null_in_json(model, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("wool,x\nA,1\n,2\n"))
    assert main(["predict", model, "-", "--se", "--format", "json"]) == 0
    rows = refuse_constants(capsys.readouterr().out)["rows"]
    assert rows[1] == {"row": 2, "values": {"fit": None, "se": None}}


def test_terms_need_the_rows_of_the_fit(model, warpbreaks, tmp_path, capsys):
    assert main(["predict", model, warpbreaks, "--type", "terms"]) == 3
    assert "include_data" in capsys.readouterr().err
    path = str(tmp_path / "whole.json")
    assert main(["fit", "breaks ~ wool", warpbreaks, "--save", path, "--include-data"]) == 0
    assert main(["predict", path, warpbreaks, "--type", "terms", "--se"]) == 0
    assert "fit wool" in capsys.readouterr().out


def test_a_saved_model_is_written_as_sql(model, capsys):
    assert main(["sql", model, "--dialect", "sqlite", "--table", "looms"]) == 0
    assert capsys.readouterr().out.rstrip() == gk.load(model).to_sql("sqlite", table="looms")


@pytest.mark.parametrize("command", [["predict", "MODEL", "DATA"], ["sql", "MODEL"]])
def test_a_file_that_is_no_model_exits_with_3(warpbreaks, tmp_path, capsys, command):
    given = [warpbreaks if word in ("MODEL", "DATA") else word for word in command]
    assert main(given) == 3
    assert "model file" in capsys.readouterr().err
    assert main([str(tmp_path / "none.json") if word == "MODEL" else word for word in command]) == 3


@pytest.mark.parametrize("command", ["fit", "anova", "emmeans", "predict", "sql"])
def test_every_command_explains_itself(capsys, command):
    assert main([command, "--help"]) == 0
    assert "exit codes" in capsys.readouterr().out


def test_emmeans_of_a_response_with_levels_are_probabilities(tmp_path, capsys):
    data = gk.load_dataset("housing").astype(str).astype({"Freq": int})
    data.to_csv(tmp_path / "housing.csv", index=False)
    given = ["Sat ~ Infl", str(tmp_path / "housing.csv"), "Sat", "--by", "Infl", "--freq-weights", "Freq"]
    assert main(["emmeans", *given, "--family", "multinomial", "--format", "json"]) == 0
    parsed = json.loads(capsys.readouterr().out)
    fit = gk.glm("Sat ~ Infl", data, gk.Multinomial(), freq_weights="Freq")
    assert parsed["link"] is None
    estimates = [row["values"]["estimate"] for row in parsed["rows"]]
    assert estimates == pytest.approx(fit.emmeans("Sat", by="Infl").frame["estimate"].tolist())
