"""The commands and their exit codes."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version

from glmkit.catalogue import datasets, load_dataset
from glmkit.cli.arguments import build_parser
from glmkit.cli.fitted import fitted
from glmkit.cli.layout import head_of, laid_out
from glmkit.cli.means import means_table
from glmkit.cli.predictions import predictions_table
from glmkit.errors import GlmkitError, GlmkitWarning
from glmkit.models.entry import glm
from glmkit.models.loading import load
from glmkit.tables.table import Table
from glmkit.verify import verify

__all__ = ["main"]

FITTED, UNEXPECTED, USAGE, BAD_INPUT, DOUBTFUL = 0, 1, 2, 3, 4
DEMO = (
    ("warpbreaks", "breaks ~ wool * tension", "poisson"),
    ("birthwt", "low ~ age + lwt + factor(race) + smoke", "binomial"),
    ("trees", "Volume ~ log(Girth) + log(Height)", "Gamma"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Examples
    --------
    >>> main(["fit", "y ~ x", "no-such-file.csv"])
    3
    """
    parser = build_parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:  # argparse has printed the usage
        return USAGE if stop.code else FITTED
    if options.version:
        return _print_version()
    if options.command is None:
        parser.print_help(sys.stderr)
        return USAGE
    return _guarded(COMMANDS[options.command], options)


def _guarded(command: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        with warnings.catch_warnings():
            # What is warned is printed in the report's notes.
            warnings.simplefilter("ignore", GlmkitWarning)
            code = command(options)
            sys.stdout.flush()
            return code
    except GlmkitError as error:
        print(f"glmkit: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:  # the reader has seen enough, as `head` does; nothing is left to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FITTED
    except Exception as error:  # the last line of defence: a message, not a traceback
        print(f"glmkit: unexpected {type(error).__name__}: {error}", file=sys.stderr)
        return UNEXPECTED


def _fit(options: argparse.Namespace) -> int:
    fit, sound = fitted(options)
    report = fit.summary(exponentiate=options.exponentiate, level=options.level, names=options.names)
    print(laid_out(report, options.format, head_of(fit, "glmkit.summary/1")))
    if options.save is not None:
        fit.save(options.save, include_data=options.include_data)
    return FITTED if sound else DOUBTFUL


def _anova(options: argparse.Namespace) -> int:
    fit, sound = fitted(options)
    table = fit.anova(type=options.type, test=options.test)
    print(laid_out(table, options.format, head_of(fit, "glmkit.anova/1")))
    return FITTED if sound else DOUBTFUL


def _emmeans(options: argparse.Namespace) -> int:
    fit, sound = fitted(options)
    print(laid_out(means_table(fit, options), options.format, head_of(fit, "glmkit.emmeans/1")))
    return FITTED if sound else DOUBTFUL


def _predict(options: argparse.Namespace) -> int:
    model = load(options.model)
    table = predictions_table(model, options)
    print(laid_out(table, options.format, head_of(model, "glmkit.predictions/1")))
    return FITTED


def _sql(options: argparse.Namespace) -> int:
    print(load(options.model).to_sql(options.dialect, table=options.table, type=options.type))
    return FITTED


def _datasets(options: argparse.Namespace) -> int:
    if options.name is None:
        print(Table(datasets()[["title", "rows", "family"]], "Data sets").to_text())
    else:
        load_dataset(options.name).to_csv(sys.stdout, index=False)
    return FITTED


def _demo(options: argparse.Namespace) -> int:
    for name, formula, family in DEMO:
        call = f'glm("{formula}", load_dataset("{name}"), "{family}").summary()'
        print(f">>> {call}\n")
        print(glm(formula, load_dataset(name), family).summary(), end="\n\n")
    return FITTED


def _verify(options: argparse.Namespace) -> int:
    report = verify()
    print(report.to_text())
    return FITTED if report.facts[-1].text == "all agree" else DOUBTFUL


def _print_version() -> int:
    print(f"glmkit {version('glmkit')}")
    return FITTED


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "fit": _fit,
    "anova": _anova,
    "emmeans": _emmeans,
    "predict": _predict,
    "sql": _sql,
    "datasets": _datasets,
    "demo": _demo,
    "verify": _verify,
}
