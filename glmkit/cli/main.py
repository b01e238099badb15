"""The commands and their exit codes."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version

import numpy as np

from glmkit.catalogue import datasets, load_dataset
from glmkit.cli.arguments import build_parser
from glmkit.cli.files import read_table
from glmkit.errors import BoundaryWarning, ConvergenceWarning, GlmkitError, GlmkitWarning, SeparationWarning
from glmkit.families.registry import family_from
from glmkit.models.entry import glm
from glmkit.models.results import Results
from glmkit.tables.table import Report, Table
from glmkit.verify import verify

__all__ = ["main"]

FITTED, UNEXPECTED, USAGE, BAD_INPUT, DOUBTFUL = 0, 1, 2, 3, 4
SCHEMA = "glmkit.summary/1"
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
            return command(options)
    except GlmkitError as error:
        print(f"glmkit: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        return FITTED
    except Exception as error:  # the last line of defence: a message, not a traceback
        print(f"glmkit: unexpected {type(error).__name__}: {error}", file=sys.stderr)
        return UNEXPECTED


def _fit(options: argparse.Namespace) -> int:
    family = family_from(options.family, options.link)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", GlmkitWarning)
        fit = glm(
            options.formula,
            read_table(options.data),
            family,
            weights=options.weights,
            freq_weights=options.freq_weights,
            offset=options.offset,
            exposure=options.exposure,
            subset=options.subset,
            contrasts=options.contrasts,
        )
    report = fit.summary(exponentiate=options.exponentiate, level=options.level, names=options.names)
    print(_laid_out(fit, report, options.format))
    doubtful = (ConvergenceWarning, BoundaryWarning, SeparationWarning)
    return DOUBTFUL if any(issubclass(warning.category, doubtful) for warning in said) else FITTED


def _laid_out(fit: Results, report: Report, layout: str) -> str:
    if layout == "json":
        return json.dumps(_json(fit, report), indent=2, allow_nan=False, ensure_ascii=False)
    writers = {
        "text": report.to_text,
        "markdown": report.to_markdown,
        "latex": report.to_latex,
        "html": report.to_html,
    }
    return writers[layout]()


def _json(fit: Results, report: Report) -> dict[str, object]:
    glance = {name: _plain(value) for name, value in fit.glance().iloc[0].items()}
    head = {"schema": SCHEMA, "formula": fit.formula, "family": fit.family.name, "link": fit.family.link.name}
    return {**head, "model": glance, **report.to_dict()}


def _plain(value: object) -> object:
    """Return a number that strict JSON can hold: null for NaN, words for infinities."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if not hasattr(value, "__float__"):
        return value
    number = float(value)
    if number != number:
        return None
    if number in (float("inf"), float("-inf")):
        return "Inf" if number > 0 else "-Inf"
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


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
    "datasets": _datasets,
    "demo": _demo,
    "verify": _verify,
}
