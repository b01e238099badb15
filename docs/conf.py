"""Sphinx configuration: python -m sphinx -W -b html docs docs/_build/html."""

import re
import shutil
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path

project = "glmkit"
author = "The glmkit developers"
copyright = "2026, The glmkit developers"
release = version = installed_version("glmkit")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_nb",
]
# Formulas without a network: Sphinx loads MathJax from a CDN when a page is viewed, which shows raw TeX to whoever
# reads offline. This extension (one package of the docs extra) copies MathJax and its fonts into _static instead.
# MathML was considered: browsers differ in how they set it, and number equations not at all. Where the package is
# not installed the pages are the same, with the CDN.
MATHJAX = "sphinx-mathjax-offline"
if find_spec(MATHJAX):
    extensions.append(MATHJAX)

templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates", "jupyter_execute"]

# Notebooks and pages with {code-cell} run on every build; an exception in one of them stops the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_execution_show_tb = True
nb_output_stderr = "remove-warn"
nb_merge_streams = True
# Tables as text, since that is what a reader's terminal shows; pictures as pictures.
nb_mime_priority_overrides = [("html", "image/png", 0), ("html", "text/plain", 1)]

myst_enable_extensions = ["amsmath", "dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "pydata_sphinx_theme"
html_title = "glmkit"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["glmkit.css"]
html_sidebars = {"**": ["pages.html"]}
html_theme_options = {
    "navbar_center": [],
    "show_prev_next": False,
    "navigation_with_keys": False,
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": ["page-toc"],
}


def copy_notebooks(app):
    """Copy the notebooks, which stand beside docs/, to where the pages can list them."""
    target = Path(app.srcdir) / "notebooks"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for notebook in sorted((Path(app.srcdir).parent / "notebooks").glob("*.ipynb")):
        shutil.copy2(notebook, target)


# The equations of mathematics.md, by the numbers that docstrings cite: (18.4).
EQUATIONS = re.compile(r"^(?:\$\$|```\{math\})\n(?:(?!\$\$|```).*\n)*(?:\$\$|```)$", flags=re.M)
NUMBER = re.compile(r"\\tag\{(\d+\.\d+)\}")
CITED = re.compile(r"(?<!\S)\((\d+\.\d+)\)")


def mark_equations(app, page, source):
    """Put a target before every numbered equation."""
    if page != "mathematics":
        return

    def marked(equation):
        targets = [f"(equation-{number})=" for number in NUMBER.findall(equation[0])]
        return "\n".join([*targets, equation[0]])

    source[0] = EQUATIONS.sub(marked, source[0])


def link_equations(app, what, name, value, options, lines):
    """Link the numbers of equations in a docstring, outside its examples."""
    known = set(NUMBER.findall((Path(app.srcdir) / "mathematics.md").read_text(encoding="utf-8")))

    def linked(cited):
        number = cited[1]
        return f"(:ref:`{number} <equation-{number}>`)" if number in known else cited[0]

    example = False
    for i, line in enumerate(lines):
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        lines[i] = line if example else CITED.sub(linked, line)


def setup(app):
    app.connect("config-inited", lambda app, config: copy_notebooks(app))
    app.connect("source-read", mark_equations)
    app.connect("autodoc-process-docstring", link_equations)
