"""The pages name what exists, number their formulas in order, and print numbers that hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import glmkit as gk
from glmkit.frame.vocabulary import CONSTANTS, CONTRASTS, FUNCTIONS

LINKED = ("log", "logit", "cloglog")
DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md"), *DOCS.glob("reference/*.md")])
HOW_TO = sorted(set(DOCS.glob("how-to/*.md")) - {DOCS / "how-to" / "index.md"})


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


PLANNED = r"^Not in this release: .*$|^## Not there yet$(?s:.*)"


def released(page: str) -> str:
    return re.sub(PLANNED, "", page, flags=re.M)


def planned(page: str) -> str:
    return "\n".join(re.findall(PLANNED, page, flags=re.M))


def namespace_names(text: str) -> set[str]:
    return set(re.findall(r"\bgk\.([A-Za-z_]\w*)", text))


def attribute_names(text: str) -> set[str]:
    return set(re.findall(r"\bfit\.([a-z_]\w*)", text))


def right_columns(text: str) -> str:
    rows = (line for line in text.splitlines() if line.startswith("|"))
    return "\n".join(re.split(r"(?<!\\)\|", row)[2] for row in rows)


def equation_numbers(text: str) -> list[tuple[int, int]]:
    found = re.findall(r"\\tag\{(\d+)\.(\d+)\}|\| \((\d+)\.(\d+)\) \|$", text, flags=re.M)
    return [(int(a or c), int(b or d)) for a, b, c, d in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_uses_only_names_of_the_package_that_exist(page: Path) -> None:
    names = namespace_names(released(page.read_text(encoding="utf-8")))
    assert {name for name in names if not hasattr(gk, name)} == set()


ATTRIBUTES = ["from-r.md", "getting-started.md", "accuracy.md", "performance.md", "from-scikit-learn.md"]


@pytest.mark.parametrize("page", [*ATTRIBUTES, *(f"how-to/{path.name}" for path in HOW_TO)])
def test_a_page_uses_only_attributes_of_a_fit_that_exist(page: str) -> None:
    text = released(text_of(page))
    names = attribute_names(right_columns(text) if page == "from-r.md" else text)
    assert {name for name in names if not hasattr(gk.Results, name)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_said_to_be_planned_does_not_exist_yet(page: Path) -> None:
    text = planned(page.read_text(encoding="utf-8"))
    existing = {n for n in namespace_names(text) - {"glm"} if hasattr(gk, n)}
    existing |= {n for n in attribute_names(right_columns(text)) if hasattr(gk.Results, n)}
    assert existing == set(), f"docs/{page.name}: say that these are there now"


@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.name)
def test_a_how_to_page_is_listed_and_runs(page: Path) -> None:
    assert f"\n{page.stem}\n" in text_of("how-to/index.md")
    assert "\nfile_format: mystnb\n" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_to_another_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([\w./-]+\.md)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_statsmodels_spellings_listed_exist() -> None:
    rows = re.findall(r"^\| `(\w+)(?:\(\))?` \| `(\w+)[^`]*` \|$", text_of("from-statsmodels.md"), flags=re.M)
    assert [pair for pair in rows if not all(hasattr(gk.Results, name) for name in pair)] == []


def test_the_equations_are_numbered_in_order_without_a_gap() -> None:
    numbers = equation_numbers(text_of("mathematics.md"))
    sections = sorted({section for section, _ in numbers})
    assert numbers == [(s, i + 1) for s in sections for i in range(sum(n[0] == s for n in numbers))]


def outside_formulas(text: str) -> str:
    """The text without what is set as a formula: between dollars, or in a block of its own."""
    return re.sub(r"^\$\$$.*?^\$\$$|^```.*?^```$|\$[^$]*\$", "", text, flags=re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_formula_is_left_as_text(page: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", outside_formulas(page.read_text(encoding="utf-8")))
    assert re.findall(r"\\(?!\|)[a-zA-Z]+", text) == []


def test_lines_of_a_formula_end_in_a_way_that_keeps_its_number() -> None:
    formulas = re.findall(r"^\$\$$(.*?)^\$\$$", text_of("mathematics.md"), flags=re.M | re.S)
    broken = [formula for formula in formulas if "\\\\" in formula]
    assert broken == [], r"Sphinx puts a formula with \\ into a split, which takes no \tag: write \cr"


def test_the_references_are_in_alphabetical_order_and_listed_once() -> None:
    listed = re.findall(r"^- (.*)$", text_of("mathematics.md").partition("## References")[2], flags=re.M)
    names = [name.replace("ö", "o").replace(",", " ").lower() for name in listed]
    assert names == sorted(set(names))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_an_equation_that_a_page_refers_to_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    referred = re.findall(r"(?<![\w.])\((\d+)\.(\d+)\)|equation (\d+)\.(\d+)", text)
    numbers = {(int(a or c), int(b or d)) for a, b, c, d in referred}
    assert numbers - set(equation_numbers(text_of("mathematics.md"))) == set()


def test_an_equation_that_a_docstring_refers_to_exists() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (DOCS.parent / "glmkit").rglob("*.py"))
    referred = re.findall(r"(?:[Ee]quations?|to|and)\s+\((\d+)\.(\d+)\)", sources)
    assert len(referred) >= 40
    assert {(int(a), int(b)) for a, b in referred} - set(equation_numbers(text_of("mathematics.md"))) == set()


def test_the_vocabulary_of_formulas_is_listed_completely() -> None:
    rows = text_of("security.md").partition("| kind | names |")[2].partition("##")[0]
    listed = set(re.findall(r"`([\w.]+)`", rows))
    syntax = {"TRUE", "FALSE", "Q", "offset", "np."}
    small = {name for name in CONTRASTS if name.islower() and "." not in name}
    assert listed - syntax == {*FUNCTIONS, *CONSTANTS, *CONTRASTS} - (small - {*FUNCTIONS})


@pytest.mark.parametrize(
    "formula", ["breaks ~ (1 | wool)", "breaks ~ s(tension)", "Surv(breaks, wool) ~ tension"]
)
def test_a_construct_out_of_scope_is_refused(formula: str) -> None:
    with pytest.raises(gk.FormulaError):
        gk.glm(formula, gk.load_dataset("warpbreaks"), "poisson")


def cells(page: str, heading: str) -> list[list[str]]:
    section = text_of(page).partition(f"## {heading}")[2].partition("##")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("row", cells("families.md", "What an exponentiated"), ids=lambda row: row[0])
def test_the_ratios_have_the_names_listed(row: list[str]) -> None:
    names, *ratios = row
    families = [getattr(gk, name) for name in re.findall(r"`(\w+)`", names)]
    listed = [(f, link, ratio) for f in families for link, ratio in zip(LINKED, ratios, strict=True) if ratio]
    assert [ratio for _, _, ratio in listed] == [f(link).ratio_name for f, link, _ in listed]


@pytest.mark.parametrize("row", cells("families.md", "Links"), ids=lambda row: row[0])
def test_the_links_have_the_names_listed(row: list[str]) -> None:
    kind, name = row[0].strip("`"), row[1].strip('`"')
    assert not name or getattr(gk, kind)().name == name


def test_the_reference_lists_every_public_name() -> None:
    listed = set(re.findall(r"^ {3}(?:~?glmkit\.)?(\w+)$", text_of("reference.md"), flags=re.M))
    assert set(gk.__all__) - listed - {"__version__"} == set()


def difference(start: str) -> str:
    """The glmkit column of a row in the page's table of differing numbers."""
    rows = [line for line in text_of("from-statsmodels.md").splitlines() if line.startswith(f"| {start}")]
    return rows[0].split("|")[3].strip().replace("−", "-")


def test_the_gaussian_numbers_said_to_differ_are_ours() -> None:
    fit = gk.glm("Volume ~ Girth", gk.load_dataset("trees"))
    low, high = fit.confint(method="wald").loc["Girth"]
    assert difference("95 % interval of `Girth`") == f"{low:.4f} to {high:.4f}"
    assert difference("AIC of the same fit | 179") == f"{fit.aic:.3f}"


def test_the_gamma_numbers_said_to_differ_are_ours() -> None:
    fit = gk.glm("lot1 ~ log(u)", gk.load_dataset("clotting"), gk.Gamma())
    assert difference("log-likelihood, `lot1") == f"{fit.loglik:.4f}"
    assert difference("AIC of the same fit | 36") == f"{fit.aic:.4f}"


def test_the_weighted_gamma_number_said_to_differ_is_ours() -> None:
    fit = gk.glm("Volume ~ Girth", gk.load_dataset("trees"), gk.Gamma("log"), weights="Height")
    assert difference("log-likelihood, `Volume") == f"{fit.loglik:.3f}"


def test_the_binomial_number_said_to_differ_is_ours() -> None:
    fit = gk.glm("Menarche / Total ~ Age", gk.load_dataset("menarche"), "binomial", weights="Total")
    assert difference("log-likelihood, `Menarche") == f"{fit.loglik:.4f}"


def test_the_quasi_poisson_number_said_to_differ_is_ours() -> None:
    fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "quasipoisson")
    assert difference("p-value of `wool[T.B]`") == f"{fit.p_value['wool[T.B]']:.5f}"


def penalised(start: str) -> tuple[str, ...]:
    """The columns of scikit-learn and glmkit of a row in the page's table of differing numbers."""
    rows = [line for line in text_of("from-scikit-learn.md").splitlines() if line.startswith(f"| {start}")]
    return tuple(cell.strip() for cell in rows[0].split("|")[2:4])


def test_the_gamma_numbers_said_to_differ_from_scikit_learn_do() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    trees = gk.load_dataset("trees")
    columns = trees[["Girth", "Height"]]
    ours = gk.glm("Volume ~ Girth + Height", trees, gk.Gamma("log")).coef["Girth"]
    theirs = linear_model.GammaRegressor().fit(columns, trees["Volume"]).coef_[0]
    free = (
        linear_model.GammaRegressor(alpha=0, tol=1e-8, max_iter=10000).fit(columns, trees["Volume"]).coef_[0]
    )
    assert penalised("coefficient of `Girth`") == (f"{theirs:.5f}", f"{ours:.5f}")
    assert penalised("the same, `alpha=0") == (f"{free:.5f}", f"{ours:.5f}")


def test_the_logistic_numbers_said_to_differ_from_scikit_learn_do() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    births = gk.load_dataset("birthwt")
    ours = gk.glm("low ~ lwt + smoke", births, "binomial").coef["smoke"]
    theirs = linear_model.LogisticRegression().fit(births[["lwt", "smoke"]], births["low"]).coef_[0, 1]
    assert penalised("coefficient of `smoke`") == (f"{theirs:.5f}", f"{ours:.5f}")
