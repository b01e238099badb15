"""The files around the package agree with each other and with the package."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import glmkit

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TEXTS = sorted(
    path
    for pattern in (
        "*.md",
        "*.toml",
        "*.cff",
        "docs/*.md",
        "glmkit/**/*.py",
        "tests/**/*.py",
        "notebooks/*.ipynb",
    )
    for path in ROOT.glob(pattern)
)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_package_and_its_metadata_have_one_version() -> None:
    assert glmkit.__version__ == PROJECT["version"]


def test_the_citation_has_the_version_of_the_package() -> None:
    assert re.findall(r"^version: (.*)$", read("CITATION.cff"), flags=re.M) == [PROJECT["version"]]


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    assert re.findall(r"^## (.*)$", read("docs/changelog.md"), flags=re.M)[0] == PROJECT["version"]


def test_the_changelog_uses_the_four_headings_only() -> None:
    headings = set(re.findall(r"^### (.*)$", read("docs/changelog.md"), flags=re.M))
    assert headings <= {"Added", "Changed", "Fixed", "Removed"}


def test_the_licence_is_the_one_declared() -> None:
    assert PROJECT["license"] == "BSD-3-Clause"
    assert read("LICENSE").startswith("BSD 3-Clause License")


def test_every_dependency_has_a_lower_bound() -> None:
    assert [line for line in PROJECT["dependencies"] if ">=" not in line] == []


def test_python_is_tied_to_the_same_version_everywhere() -> None:
    tools = tomllib.loads(read("pyproject.toml"))["tool"]
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert tools["mypy"]["python_version"] == oldest
    assert tools["ruff"]["target-version"] == "py" + oldest.replace(".", "")


def test_tests_may_ask_for_what_is_optional_only_if_the_test_extra_has_it() -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = {line for name in ("plot", "polars", "arrow") for line in extras[name]}
    assert wanted <= set(extras["test"])


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_names_a_place_on_one_machine(path: Path) -> None:
    places = r"(?<![\w.])/(?:home|Users|root|work|mnt)/\w"
    assert re.findall(places, path.read_text(encoding="utf-8")) == []


def test_ci_can_find_the_two_commands_of_the_readme() -> None:
    script = read(".ci/run")
    assert 'grep -m1 "^python3 -m venv $1 " README.md' in script
    assert re.findall(r"readme_command (\S+)\)", script) == [".venv-test", ".venv"]
