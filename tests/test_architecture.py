"""The rules of the house, read from the syntax trees of the package.

Every rule is a function from a package folder to the list of its violations, so that the same function
that finds the package clean is shown, further down, to find a planted violation.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "glmkit"

# Low to high. A module imports from a strictly lower layer, or from inside its own package.
# "" is the package's own __init__, which stands above everything: nothing below imports it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "_typing"),
    ("numerics", "compiled"),
    ("families", "design"),
    ("fitting", "tables"),
    ("frame",),
    ("inference",),
    ("io", "plots", "backends"),
    ("models",),
    ("catalogue", "verify", "adapters", "motor", "sklearn"),
    ("cli",),
    ("", "__main__"),
)

# The numerical core sees arrays, never data frames.
ARRAYS_ONLY = ("numerics", "families", "design", "fitting")
DATA_FRAME_LIBRARIES = ("pandas", "polars", "pyarrow", "narwhals", "formulaic")

# A library that one place owns, so that replacing it touches one place.
OWNED = {"formulaic": "frame/", "tabulate": "tables/render.py", "matplotlib": "plots/"}

# What raises LinAlgError, or prints, where numbers are not finite.
ASKED = (
    "lstsq",
    "svd",
    "svdvals",
    "inv",
    "pinv",
    "solve",
    "eigh",
    "eigvalsh",
    "eig",
    "eigvals",
    "matrix_rank",
)

FUNCTION_LINES = 40  # from `def` to the end, without the docstring and blank lines
MODULE_LINES = 400  # all of them
PARAMETERS = 8  # without self and cls
NESTING = 3  # blocks within blocks, inside one function

# (file, function or "" for the module, rule): reason. The length of this list is the health of the house.
EXCEPTIONS: dict[tuple[str, str, str], str] = {
    ("models/entry.py", "glm", "parameters"): "the one entry point: its signature is the public interface",
    ("models/entry.py", "glm_fit", "parameters"): "the same entry point for arrays",
    (
        "models/predictions.py",
        "Predictions.predict",
        "parameters",
    ): "all that R's predict takes, and as_frame",
    (
        "models/component_results.py",
        "ComponentResults.predict",
        "parameters",
    ): "the same call for these models",
}


@dataclass(frozen=True)
class Module:
    """One source file: where it stands and its syntax tree."""

    path: str
    source: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The folder or top-level module it belongs to; "" for the package itself."""
        first = self.path.split("/")[0].removesuffix(".py")
        return "" if first == "__init__" else first


@dataclass(frozen=True)
class Function:
    """One function with the dotted name it has inside its module."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef


Check = Callable[[Path], list[str]]


@cache
def read(root: Path) -> tuple[Module, ...]:
    paths = sorted(root.rglob("*.py"))
    texts = ((path, path.read_text(encoding="utf-8")) for path in paths)
    return tuple(Module(p.relative_to(root).as_posix(), text, ast.parse(text)) for p, text in texts)


def imported(module: Module, package: str) -> Iterator[tuple[str, int]]:
    """Dotted names a module imports at any depth, relative ones resolved, with their lines."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute_base(node, module, package)
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif is_dynamic_import(node):
            yield node.args[0].value, node.lineno  # type: ignore[attr-defined]


def absolute_base(node: ast.ImportFrom, module: Module, package: str) -> str:
    if node.level == 0:
        return node.module or ""
    folders = [package, *module.path.split("/")[:-1]]
    above = folders[: len(folders) - node.level + 1]
    return ".".join([*above, node.module] if node.module else above)


def is_dynamic_import(node: ast.AST) -> bool:
    match node:
        case ast.Call(
            func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str()), *_]
        ):
            return name in ("import_module", "__import__")
    return False


def room_of(target: str, package: str) -> str:
    """Which room a dotted name inside the package belongs to; a name of the package itself is its top."""
    parts = target.split(".")
    known = {room for layer in LAYERS for room in layer}
    folders = {m for m in (parts[1:2] or [""]) if m in known}
    return folders.pop() if folders else ""


def functions(tree: ast.AST, prefix: str = "") -> Iterator[Function]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(prefix + node.name, node)
            yield from functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")
        else:
            yield from functions(node, prefix)


def layer_violations(root: Path) -> list[str]:
    height = {room: level for level, layer in enumerate(LAYERS) for room in layer}
    found = []
    for module in read(root):
        if module.room not in height:
            found.append(f"{module.path}: {module.room!r} has no layer; give it one in LAYERS")
            continue
        for target, line in imported(module, root.name):
            if target.split(".")[0] != root.name:
                continue
            room = room_of(target, root.name)
            if room != module.room and height[room] >= height[module.room]:
                found.append(f"{module.path}:{line}: imports {target}, which is not below {module.room!r}")
    return found


def data_frame_violations(root: Path) -> list[str]:
    return [
        f"{module.path}:{line}: {module.room} sees arrays only, but imports {target}"
        for module in read(root)
        if module.room in ARRAYS_ONLY
        for target, line in imported(module, root.name)
        if target.split(".")[0] in DATA_FRAME_LIBRARIES
    ]


def ownership_violations(root: Path) -> list[str]:
    return [
        f"{module.path}:{line}: imports {target}; only {OWNED[library]} does"
        for module in read(root)
        for target, line in imported(module, root.name)
        for library in [target.split(".")[0]]
        if library in OWNED and not module.path.startswith(OWNED[library])
    ]


def linear_algebra_violations(root: Path) -> list[str]:
    """What LAPACK cannot answer becomes an error of ours in one place."""
    return [
        f"{module.path}:{node.lineno}: calls np.linalg.{node.attr}; ask numerics/algebra.py"
        for module in read(root)
        if module.path != "numerics/algebra.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in ASKED and ast.unparse(node.value) == "np.linalg"
    ]


def scipy_stats_violations(root: Path) -> list[str]:
    """scipy.stats takes longer to import than the rest of the package; functions may import it."""
    return [
        f"{module.path}:{line}: imports scipy.stats at module level; import it on use"
        for module in read(root)
        for statement in at_import_time(module.tree)
        for target, line in imported(Module(module.path, "", ast.Module([statement], [])), root.name)
        if f"{target}.".startswith("scipy.stats.")
    ]


def at_import_time(tree: ast.AST) -> Iterator[ast.stmt]:
    """Import statements that run when the module is imported: not in functions, not for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from at_import_time(node)


def function_length_violations(root: Path) -> list[str]:
    return [
        f"{module.path}: {f.name} has {lines} lines, {FUNCTION_LINES} allowed"
        for module in read(root)
        for f in functions(module.tree)
        for lines in [code_lines(f.node, module.source)]
        if lines > FUNCTION_LINES and not excepted(module.path, f.name, "lines")
    ]


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef, source: str) -> int:
    lines = source.splitlines()
    own = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    if ast.get_docstring(node, clean=False) is not None:
        own -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return sum(bool(lines[number - 1].strip()) for number in own)


def module_length_violations(root: Path) -> list[str]:
    return [
        f"{module.path} has {lines} lines, {MODULE_LINES} allowed"
        for module in read(root)
        for lines in [len(module.source.splitlines())]
        if lines > MODULE_LINES and not excepted(module.path, "", "lines")
    ]


def parameter_violations(root: Path) -> list[str]:
    return [
        f"{module.path}: {f.name} takes {count} parameters, {PARAMETERS} allowed"
        for module in read(root)
        for f in functions(module.tree)
        for count in [parameter_count(f.node.args)]
        if count > PARAMETERS and not excepted(module.path, f.name, "parameters")
    ]


def parameter_count(args: ast.arguments) -> int:
    named = [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    starred = [a for a in (args.vararg, args.kwarg) if a is not None]
    return len([name for name in named if name not in ("self", "cls")]) + len(starred)


def nesting_violations(root: Path) -> list[str]:
    return [
        f"{module.path}: {f.name} nests blocks {depth} deep, {NESTING} allowed"
        for module in read(root)
        for f in functions(module.tree)
        for depth in [nesting(f.node.body)]
        if depth > NESTING and not excepted(module.path, f.name, "nesting")
    ]


def nesting(body: list[ast.stmt]) -> int:
    """How deep blocks stand inside blocks; `elif` is not deeper than its `if`."""
    return max((block_depth(statement) for statement in body), default=0)


def block_depth(statement: ast.stmt) -> int:
    match statement:
        case ast.If(body=body, orelse=[ast.If() as other]):
            return max(1 + nesting(body), block_depth(other))
        case ast.Match(cases=cases):
            return 1 + max(nesting(case.body) for case in cases)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            return 1 + max(nesting(body + orelse + final), *(nesting(h.body) for h in handlers), 0)
        case ast.If() | ast.For() | ast.While():
            return 1 + nesting(statement.body + statement.orelse)
        case ast.With():
            return 1 + nesting(statement.body)
    return 0


def print_violations(root: Path) -> list[str]:
    return [
        f"{module.path}:{node.lineno}: prints; only the command line does"
        for module in read(root)
        if module.room not in ("cli", "__main__")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def leftover_violations(root: Path) -> list[str]:
    return [
        f"{module.path}:{number}: leaves a note to do something; do it, or open an issue"
        for module in read(root)
        for number, line in enumerate(module.source.splitlines(), start=1)
        if re.search(r"\b(TODO|FIXME|XXX)\b", line)
    ]


def docstring_violations(root: Path) -> list[str]:
    return [
        f"{module.path}: the module has no docstring"
        for module in read(root)
        if not ast.get_docstring(module.tree)
    ]


def excepted(path: str, function: str, rule: str) -> bool:
    return (path, function, rule) in EXCEPTIONS


CHECKS: tuple[Check, ...] = (
    layer_violations,
    data_frame_violations,
    ownership_violations,
    scipy_stats_violations,
    linear_algebra_violations,
    function_length_violations,
    module_length_violations,
    parameter_violations,
    nesting_violations,
    print_violations,
    leftover_violations,
    docstring_violations,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_package_keeps_the_rule(check: Check) -> None:
    assert check(PACKAGE) == []


def test_every_exception_is_still_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    excused = {
        (path, function, rule)
        for path, function, rule in EXCEPTIONS
        if (PACKAGE / path).exists()
        and any(f.name == function for m in read(PACKAGE) if m.path == path for f in functions(m.tree))
    }
    monkeypatch.setattr(f"{__name__}.EXCEPTIONS", {})
    texts = [text for check in CHECKS for text in check(PACKAGE)]
    idle = {key for key in excused if not any(t.startswith(f"{key[0]}: {key[1]} ") for t in texts)}
    assert idle == set()


LONG_FUNCTION = "def f():\n" + "    x = 1\n" * FUNCTION_LINES
LONG_DOCSTRING = 'def f():\n    """' + "words\n" * 50 + '    """\n'
MANY = ", ".join(f"a{i}" for i in range(PARAMETERS + 1))
DEEP = "def f(x):\n" + "".join(f"{'    ' * depth}if x:\n" for depth in range(1, 5)) + f"{'    ' * 5}pass\n"
FLAT = "def f(x):\n    if x:\n        pass\n" + "".join(
    f"    elif x == {i}:\n        pass\n" for i in range(6)
)

PLANTED: tuple[tuple[Check, str, str], ...] = (
    (layer_violations, "numerics/a.py", "from glmkit.models.glm import glm"),
    (layer_violations, "numerics/a.py", "def f():\n    import glmkit.frame"),
    (layer_violations, "numerics/a.py", "from ..frame import names"),
    (layer_violations, "numerics/a.py", "from .. import frame"),
    (layer_violations, "numerics/a.py", "import importlib\nimportlib.import_module('glmkit.frame')"),
    (layer_violations, "families/a.py", "from glmkit.design import dense"),
    (layer_violations, "models/a.py", "from glmkit import glm"),
    (layer_violations, "models/a.py", "import glmkit"),
    (layer_violations, "utils/a.py", ""),
    (data_frame_violations, "fitting/a.py", "import pandas as pd"),
    (data_frame_violations, "numerics/a.py", "def f():\n    from polars import DataFrame"),
    (ownership_violations, "models/a.py", "from formulaic import Formula"),
    (ownership_violations, "tables/numbers.py", "from tabulate import tabulate"),
    (ownership_violations, "inference/a.py", "def f():\n    import matplotlib.pyplot as plt"),
    (linear_algebra_violations, "inference/a.py", "import numpy as np\nx = np.linalg.svd(y)"),
    (scipy_stats_violations, "inference/a.py", "from scipy import stats"),
    (scipy_stats_violations, "inference/a.py", "import scipy.stats"),
    (
        scipy_stats_violations,
        "inference/a.py",
        "try:\n    from scipy.stats import norm\nexcept ImportError:\n    pass",
    ),
    (function_length_violations, "frame/a.py", LONG_FUNCTION),
    (
        function_length_violations,
        "frame/a.py",
        "class A:\n    def g(self):\n" + "        x = 1\n" * FUNCTION_LINES,
    ),
    (module_length_violations, "frame/a.py", "x = 1\n" * (MODULE_LINES + 1)),
    (parameter_violations, "frame/a.py", f"def f({MANY}): ..."),
    (parameter_violations, "frame/a.py", f"def f(*, {MANY}): ..."),
    (parameter_violations, "models/a.py", f"def glm({MANY}): ..."),
    (nesting_violations, "frame/a.py", DEEP),
    (print_violations, "frame/a.py", "print(1)"),
    (leftover_violations, "frame/a.py", "x = 1  # TODO: two"),
    (docstring_violations, "frame/a.py", "x = 1"),
)

ALLOWED: tuple[tuple[Check, str, str], ...] = (
    (layer_violations, "models/a.py", "from glmkit.frame.names import CoefName\nfrom glmkit import errors"),
    (layer_violations, "frame/a.py", "from .names import CoefName\nimport numpy"),
    (data_frame_violations, "frame/a.py", "import pandas"),
    (ownership_violations, "tables/render.py", "import tabulate"),
    (linear_algebra_violations, "numerics/algebra.py", "import numpy as np\nx = np.linalg.svd(y)"),
    (scipy_stats_violations, "inference/a.py", "def f():\n    import scipy.stats"),
    (scipy_stats_violations, "inference/a.py", "import scipy.special"),
    (function_length_violations, "frame/a.py", LONG_DOCSTRING),
    (parameter_violations, "models/entry.py", f"def glm({MANY}): ..."),
    (nesting_violations, "frame/a.py", FLAT),
    (print_violations, "cli/a.py", "print(1)"),
)


def plant(folder: Path, path: str, source: str) -> Path:
    target = folder / "glmkit" / path
    target.parent.mkdir(parents=True)
    target.write_text(source, encoding="utf-8")
    return folder / "glmkit"


@pytest.mark.parametrize(("check", "path", "source"), PLANTED)
def test_a_planted_violation_is_found(check: Check, path: str, source: str, tmp_path: Path) -> None:
    assert len(check(plant(tmp_path, path, source))) == 1


@pytest.mark.parametrize(("check", "path", "source"), ALLOWED)
def test_what_is_allowed_is_not_reported(check: Check, path: str, source: str, tmp_path: Path) -> None:
    assert check(plant(tmp_path, path, source)) == []
