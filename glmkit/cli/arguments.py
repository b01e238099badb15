"""The arguments the command line takes."""

from __future__ import annotations

import argparse

__all__ = ["FORMATS", "build_parser"]

FORMATS = ("text", "json", "markdown", "latex", "html", "csv")

EPILOG = """exit codes: 0 fitted; 1 unexpected error; 2 usage; 3 data or formula error;
4 fitted, but not converged or separated (the result is still printed)"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="glmkit",
        description="Generalized linear models with R's formulas.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_fit(_command(commands, "fit", "fit a model to a file and print its summary"))
    _add_anova(_command(commands, "anova", "fit a model and print its analysis of deviance"))
    _add_emmeans(_command(commands, "emmeans", "fit a model and print estimated marginal means"))
    _add_predict(_command(commands, "predict", "predict the rows of a file by a saved model"))
    _add_sql(_command(commands, "sql", "write the prediction of a saved model as SQL"))
    datasets = commands.add_parser("datasets", help="list the shipped data sets, or print one as CSV")
    datasets.add_argument("name", nargs="?", help="data set to print")
    commands.add_parser("verify", help="fit reference models and print how far they are from R and NIST")
    commands.add_parser("demo", help="fit three shipped examples and print them")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, words: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=words,
        description=words[0].upper() + words[1:] + ".",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_fit(fit: argparse.ArgumentParser) -> None:
    _add_model(fit)
    _add_covariance(fit)
    _add_level(fit)
    fit.add_argument("--exponentiate", action="store_true", help="show ratios instead of coefficients")
    fit.add_argument("--names", choices=["r", "label"], help="coefficient names as R's or as readable labels")
    fit.add_argument("--save", metavar="MODEL.json", help="write the model to a file for predict and sql")
    fit.add_argument(
        "--include-data", action="store_true", help="save the rows too, for predict --type terms"
    )
    _add_format(fit)


def _add_anova(anova: argparse.ArgumentParser) -> None:
    _add_model(anova)
    _add_covariance(anova)
    anova.add_argument(
        "--type",
        type=int,
        choices=[1, 2, 3],
        default=1,
        help="1: each term after those before it; 2: after all that do not contain it; 3: after all others",
    )
    anova.add_argument(
        "--test",
        help="LRT, F, Rao, Wald or none (default: LRT for a known dispersion, F for an estimated one, "
        "Wald with --vcov)",
    )
    _add_format(anova)


def _add_emmeans(emmeans: argparse.ArgumentParser) -> None:
    _add_model(emmeans)
    emmeans.add_argument(
        "specs", help="variables of the means: 'a', 'a + b', 'a | b'; 1 for the overall mean"
    )
    _add_covariance(emmeans)
    _add_level(emmeans)
    emmeans.add_argument("--by", help="variables within which means are compared, between commas")
    emmeans.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="NAME=V,V",
        help="values of a variable, such as age=30,60; once for each variable",
    )
    emmeans.add_argument(
        "--scale", choices=["response", "link"], default="response", help="what is shown (default: response)"
    )
    emmeans.add_argument(
        "--averaging",
        choices=["equal", "proportional", "outer", "cells"],
        default="equal",
        help="how the levels averaged over count (default: equal)",
    )
    emmeans.add_argument("--contrast", help="compare the means: pairwise, trt.vs.ctrl, sequential, ...")
    emmeans.add_argument("--adjust", help="adjustment of a contrast: none, tukey, sidak, holm, ...")
    _add_format(emmeans)


def _add_predict(predict: argparse.ArgumentParser) -> None:
    predict.add_argument("model", help="file that fit --save wrote")
    predict.add_argument("data", help="CSV, TSV, Parquet or Arrow file; - for CSV on standard input")
    predict.add_argument(
        "--type",
        choices=["response", "link", "terms", "prob", "class"],
        default="response",
        help="the mean, the linear predictor, its terms, probabilities or the likelier outcome",
    )
    predict.add_argument("--se", action="store_true", help="add standard errors")
    predict.add_argument("--interval", choices=["mean", "prediction"], help="add an interval")
    _add_level(predict)
    predict.add_argument("--offset", help="column or expression, where the fit's was an array")
    predict.add_argument("--exposure", help="column or expression, where the fit's was an array")
    predict.add_argument("--weights", help="trials of a binomial, for --interval prediction")
    _add_format(predict)


def _add_sql(sql: argparse.ArgumentParser) -> None:
    sql.add_argument("model", help="file that fit --save wrote")
    sql.add_argument(
        "--dialect",
        choices=["duckdb", "postgres", "sqlite", "bigquery"],
        default="duckdb",
        help="how names, texts and numbers are written (default: duckdb)",
    )
    sql.add_argument("--table", help="write a query over this table instead of an expression")
    sql.add_argument(
        "--type", choices=["response", "link"], default="response", help="scale of the prediction"
    )


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("formula", help="such as 'y ~ a * b + log(x)'")
    command.add_argument("data", help="CSV, TSV, Parquet or Arrow file; - for CSV on standard input")
    command.add_argument(
        "--family", default="gaussian", help="gaussian, binomial, poisson, Gamma, ... (default: gaussian)"
    )
    command.add_argument("--link", help="link, if not the family's default")
    command.add_argument("--weights", help="column or expression of prior weights")
    command.add_argument("--freq-weights", help="column of frequency weights")
    command.add_argument("--offset", help="column or expression on the link scale")
    command.add_argument("--exposure", help="column of exposures (log link)")
    command.add_argument("--subset", help="condition over columns, such as 'age > 20'")
    command.add_argument("--contrasts", choices=["r"], help="r: ordered factors get polynomial contrasts")


def _add_covariance(command: argparse.ArgumentParser) -> None:
    command.add_argument("--vcov", help="covariance: HC0 to HC4, CR0, CR1, CR1S, CR2 (with --cluster), HAC")
    command.add_argument("--cluster", help="column of clusters, or two between commas (CR1 without --vcov)")


def _add_level(command: argparse.ArgumentParser) -> None:
    command.add_argument("--level", type=float, default=0.95, help="level of the intervals (default: 0.95)")


def _add_format(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--format", choices=FORMATS, default="text", help="layout of the output (default: text)"
    )
