"""The arguments the command line takes."""

from __future__ import annotations

import argparse

__all__ = ["FORMATS", "build_parser"]

FORMATS = ("text", "json", "markdown", "latex", "html")

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
    _add_fit(commands.add_parser("fit", help="fit a model to a file and print its summary"))
    datasets = commands.add_parser("datasets", help="list the shipped data sets, or print one as CSV")
    datasets.add_argument("name", nargs="?", help="data set to print")
    commands.add_parser("verify", help="fit reference models and print how far they are from R and NIST")
    commands.add_parser("demo", help="fit three shipped examples and print them")
    return parser


def _add_fit(fit: argparse.ArgumentParser) -> None:
    fit.add_argument("formula", help="such as 'y ~ a * b + log(x)'")
    fit.add_argument("data", help="CSV, TSV, Parquet or Arrow file; - for CSV on standard input")
    fit.add_argument(
        "--family", default="gaussian", help="gaussian, binomial, poisson, Gamma, ... (default: gaussian)"
    )
    fit.add_argument("--link", help="link, if not the family's default")
    fit.add_argument("--weights", help="column or expression of prior weights")
    fit.add_argument("--freq-weights", help="column of frequency weights")
    fit.add_argument("--offset", help="column or expression on the link scale")
    fit.add_argument("--exposure", help="column of exposures (log link)")
    fit.add_argument("--subset", help="condition over columns, such as 'age > 20'")
    fit.add_argument("--contrasts", choices=["r"], help="r: ordered factors get polynomial contrasts")
    fit.add_argument("--exponentiate", action="store_true", help="show ratios instead of coefficients")
    fit.add_argument("--level", type=float, default=0.95, help="level of the intervals (default: 0.95)")
    fit.add_argument("--names", choices=["r", "label"], help="coefficient names as R's or as readable labels")
    fit.add_argument("--format", choices=FORMATS, default="text", help="layout of the output (default: text)")
