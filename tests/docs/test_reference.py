"""The reference describes everything public, with an example that the doctests run."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import glmkit as gk
from glmkit.models.aliases import RESIDUALS, SPELLINGS
from glmkit.sklearn import GLMClassifier, GLMRegressor, MultinomialClassifier

DOCS = Path(__file__).parents[2] / "docs"
GROUPS = [DOCS / "reference.md", *sorted((DOCS / "reference").glob("*.md"))]
MEMBERS = sorted(name for name in dir(gk.Results) if not name.startswith("_"))
FURTHER = sorted({name for name in dir(gk.ComponentResults) if name[0] != "_"} - set(MEMBERS))
# Another name of an attribute that has its own example, made in a loop; and a plain field.
SPELT_OTHERWISE = {*SPELLINGS, *(f"resid_{kind}" for kind in RESIDUALS)}
FIELDS = {"step_path"}
NAMES = sorted(set(gk.__all__) - {"__version__"})
VALUES = [
    gk.Table,
    gk.Report,
    gk.SideBySide,
    gk.Equation,
    gk.Prose,
    gk.Profile,
    gk.Replicates,
    gk.MarginalMeans,
]
CLASSES = [value for value in map(gk.__dict__.get, NAMES) if isinstance(value, type)]
LINKS = [kind for kind in CLASSES if issubclass(kind, gk.Link)]
# What a family tells the fitting is its protocol, described in its docstrings; these are for users.
OF_A_FAMILY = ["with_link", "canonical", "ratio_name", "loss_name", "mean", "variance", "working_weight",
               "unit_deviance", "nll", "nll_gradient"]  # fmt: skip


def is_described_as_a_kind(name: str) -> bool:
    """Whether a name is one of many alike: a warning or an error, which the examples of others give."""
    value = getattr(gk, name)
    return isinstance(value, type) and issubclass(value, Exception)


def members(kind: type) -> list[str]:
    """The methods and properties of a class, inherited ones too."""
    found = inspect.getmembers_static(kind)
    kinds = (property, classmethod, staticmethod)
    return [
        name for name, member in found if (isinstance(member, kinds) or callable(member)) and name[0] != "_"
    ]


def listed(kind: str) -> list[str]:
    text = "\n".join(page.read_text(encoding="utf-8") for page in GROUPS)
    return sorted(re.findall(rf"^ {{3}}{kind}\.(\w+)$", text, flags=re.M))


def documentation(value: object) -> str:
    return inspect.getdoc(value) or ""


def example(value: object) -> str:
    return documentation(value).partition("Examples\n--------\n")[2]


def test_the_reference_lists_every_attribute_and_method_of_a_fit_once() -> None:
    assert listed("Results") == MEMBERS
    assert listed("ComponentResults") == FURTHER


@pytest.mark.parametrize("name", sorted(set(MEMBERS) - SPELT_OTHERWISE - FIELDS))
def test_an_attribute_or_method_of_a_fit_has_an_example(name: str) -> None:
    assert ">>> " in example(inspect.getattr_static(gk.Results, name)), f"Results.{name} needs an example"


@pytest.mark.parametrize("name", sorted(SPELT_OTHERWISE))
def test_another_spelling_names_the_attribute_it_spells(name: str) -> None:
    assert "glmkit's `" in documentation(inspect.getattr_static(gk.Results, name))


@pytest.mark.parametrize("name", [name for name in NAMES if not is_described_as_a_kind(name)])
def test_a_public_name_has_an_example(name: str) -> None:
    assert ">>> " in example(getattr(gk, name)), f"gk.{name} needs an example"


@pytest.mark.parametrize("name", [name for name in NAMES if is_described_as_a_kind(name)])
def test_an_error_or_warning_is_described(name: str) -> None:
    assert documentation(getattr(gk, name)).endswith((".", "``", ")")), f"gk.{name} needs a docstring"


@pytest.mark.parametrize("kind", [*VALUES, *LINKS], ids=lambda kind: kind.__name__)
def test_every_method_of_a_value_or_link_has_an_example(kind: type) -> None:
    assert [name for name in members(kind) if ">>> " not in example(getattr(kind, name))] == []


@pytest.mark.parametrize("name", OF_A_FAMILY)
def test_what_a_family_tells_its_user_has_an_example(name: str) -> None:
    assert ">>> " in example(getattr(gk.Family, name))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_method_of_a_public_class_is_described(kind: type) -> None:
    own = [name for name in members(kind) if not hasattr(Exception, name) and not hasattr(tuple, name)]
    assert [name for name in own if not documentation(inspect.getattr_static(kind, name))] == []


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_a_value_is_in_the_reference_with_an_example(kind: type) -> None:
    page = (DOCS / "reference" / "values.md").read_text(encoding="utf-8")
    assert f"   {kind.__name__}\n" in page
    assert ">>> " in example(kind)


@pytest.mark.parametrize(
    "kind", [GLMRegressor, GLMClassifier, MultinomialClassifier], ids=lambda kind: kind.__name__
)
def test_an_estimator_is_in_the_reference_with_an_example(kind: type) -> None:
    page = (DOCS / "reference" / "scikit-learn.md").read_text(encoding="utf-8")
    assert f"   {kind.__name__}\n" in page
    assert ">>> " in example(kind)
