"""Sphinx configuration: python -m sphinx -W -b html docs docs/_build/html."""

import re
import shutil
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes

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
# Beside the page of a class stand its methods, without its name before each.
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
# `name` in a docstring is a link where the reference has a page for it, and code where it has none.
default_role = "py:obj"

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


MATHEMATICS = "mathematics"
NUMBER = re.compile(r"(?<![\w.])\((\d+\.\d+)\)")
TAG = re.compile(r"\\tag\{(\d+\.\d+)\}")
NO_LINK_INSIDE = (
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.reference,
    nodes.title,
)


def place(number):
    return f"equation-{number.replace('.', '-')}"


def mark_equations(app, doctree):
    """Give every numbered equation, displayed or in a table, a place that links can name."""
    if app.env.docname != MATHEMATICS:
        return
    marked = {}
    for block in doctree.findall(nodes.math_block):
        marked.update(dict.fromkeys(TAG.findall(block.astext()), block))
    for entry in doctree.findall(nodes.entry):
        if whole := NUMBER.fullmatch(entry.astext()):
            marked[whole.group(1)] = entry.children[0]
    for number, node in marked.items():
        node["ids"].append(place(number))


def link_equations(app, doctree, docname):
    """Make (15.4), wherever a page names an equation, a link to it."""
    source = (Path(app.srcdir) / f"{MATHEMATICS}.md").read_text(encoding="utf-8")
    known = {*TAG.findall(source), *re.findall(r"\| \((\d+\.\d+)\) \|$", source, flags=re.M)}
    page = "" if docname == MATHEMATICS else app.builder.get_relative_uri(docname, MATHEMATICS)
    for text in list(doctree.findall(nodes.Text)):
        parts = NUMBER.split(text.astext())  # what stands around the numbers, and between them the numbers
        if len(parts) == 1 or inside(text, NO_LINK_INSIDE) or place(parts[1]) in text.parent.get("ids", ()):
            continue
        linked = [nodes.Text(parts[0])]
        for number, after in zip(parts[1::2], parts[2::2], strict=True):
            link = nodes.Text(f"({number})")
            if number in known:
                link = nodes.reference("", "", link, internal=True, refuri=f"{page}#{place(number)}")
            linked += [link, nodes.Text(after)]
        text.parent.replace(text, linked)


def inside(node, kinds):
    while node is not None and not isinstance(node, kinds):
        node = node.parent
    return node is not None


def setup(app):
    app.connect("config-inited", lambda app, config: copy_notebooks(app))
    app.connect("doctree-read", mark_equations)
    app.connect("doctree-resolved", link_equations)
