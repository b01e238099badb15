"""Coefficients are named as formulaic names them, in R's way, and in words."""

import formulaic
import numpy as np
import pandas as pd
import pytest

from glmkit.errors import DataError, DesignError, FormulaError
from glmkit.frame.modelframe import model_frame


def data():
    n = 24
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "y": rng.integers(0, 9, n).astype(float),
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "wool": np.resize(["A", "B"], n),
            "tension": pd.Categorical(np.resize(["M", "L", "H"], n), categories=["L", "M", "H"]),
            "member": np.resize([True, False, False], n),
            "a b": rng.normal(size=n),
        }
    )


def names(formula, frame=None, naming="name", **options):
    used = model_frame("y ~ " + formula, data() if frame is None else frame, **options)
    return [getattr(name, naming) for name in used.names]


FORMULAIC = [
    "wool * tension",
    "0 + wool + tension",
    "wool:tension",
    "0 + wool:tension",
    "x * wool",
    "x:wool",
    "wool / x",
    "0 + x",
    "1",
    "tension + tension:wool",
    "wool:x + tension",
    "(wool + tension + x)**3",
    "poly(x, 2)",
    "poly(x, 2):wool",
    "log(z**2 + 1) + wool",
    "`a b` * wool",
    "C(wool)",
    "C(tension, contr.sum)",
    "C(tension, contr.helmert)",
    "C(tension, contr.poly)",
    "C(tension, contr.treatment('M'))",
    "0 + C(tension, contr.sum) + wool",
    "C(tension, contr.diff)",
]
OUR_TEXT = {  # the text of an expression is R's, whatever the caller's blanks and quotes
    "log(z**2 + 1) + wool": ("log(z ** 2 + 1)", "log(z**2 + 1)"),
    "C(tension, contr.treatment('M'))": (
        "C(tension, contr.treatment('M'))",
        'C(tension, contr.treatment("M"))',
    ),
}


@pytest.mark.parametrize("formula", FORMULAIC)
def test_names_are_those_of_formulaic(formula):
    ours = names(formula.replace("contr.diff", "Diff"))
    theirs = list(formulaic.model_matrix(formula, data(), na_action="ignore").columns)
    written = OUR_TEXT.get(formula, ("contr.diff", "Diff"))
    assert ours == [name.replace(*written) for name in theirs]


@pytest.mark.parametrize("formula", FORMULAIC)
def test_columns_are_those_of_formulaic(formula):
    ours = model_frame("y ~ " + formula.replace("contr.diff", "Diff"), data()).design.values
    theirs = formulaic.model_matrix(formula, data(), na_action="ignore").to_numpy(dtype=float)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)  # poly by another route


NAMINGS = {
    "wool": (["Intercept", "wool[T.B]"], ["(Intercept)", "woolB"], ["Intercept", "wool: B vs A"]),
    "0 + wool": (["wool[A]", "wool[B]"], ["woolA", "woolB"], ["wool: A", "wool: B"]),
    "member": (["Intercept", "member[T.True]"], ["(Intercept)", "memberTRUE"], ["Intercept", "member: True vs False"]),
    "0 + `a b`": (["a b"], ["`a b`"], ["a b"]),
    "0 + x:wool": (["x:wool[A]", "x:wool[B]"], ["x:woolA", "x:woolB"], ["x × wool: A", "x × wool: B"]),
    "0 + poly(x, 2)": (
        ["poly(x, 2)[1]", "poly(x, 2)[2]"],
        ["poly(x, 2)1", "poly(x, 2)2"],
        ["poly(x, 2) 1", "poly(x, 2) 2"],
    ),
    "C(tension, sum)": (
        ["Intercept", "C(tension, sum)[S.L]", "C(tension, sum)[S.M]"],
        ["(Intercept)", "C(tension, sum)1", "C(tension, sum)2"],
        ["Intercept", "C(tension, sum): L vs mean", "C(tension, sum): M vs mean"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), NAMINGS.items(), ids=NAMINGS.keys())
def test_each_naming_of_a_coefficient(formula, expected):
    assert tuple(names(formula, naming=naming) for naming in ("name", "r", "label")) == expected


def test_a_column_called_intercept_is_told_from_the_constant():
    frame = data().rename(columns={"x": "Intercept"})
    assert names("Intercept", frame) == ["Intercept", "`Intercept`"]


LEVELS = [
    'it\'s "q"',
    "back`tick\\",
    "new\nline",
    "a[T.b]",
    "b]:x",
    "",
    "a ",
    "a",
    "\u00e9",
    "e\u0301",
    "א😀",
    "z" * 5000,
]


def test_levels_are_named_exactly_as_they_are():
    g = pd.Categorical(LEVELS, categories=LEVELS)
    frame = pd.DataFrame({"y": np.arange(len(LEVELS)), "g": g})
    assert names("0 + g", frame) == [f"g[{level}]" for level in LEVELS]


NUMERIC_LEVELS = {
    "floats": ([0.5, 1.0, 2.0], ["0.5", "1", "2"]),
    "integers": ([1, 2, 10], ["1", "2", "10"]),
    "intervals": (pd.cut([1.0, 2.0, 3.0], [0, 1, 2, 3]), ["(0, 1]", "(1, 2]", "(2, 3]"]),
}


@pytest.mark.parametrize(("values", "texts"), NUMERIC_LEVELS.values(), ids=NUMERIC_LEVELS.keys())
def test_levels_that_are_not_text_are_written_as_r_writes_them(values, texts):
    frame = pd.DataFrame({"y": [1.0, 2.0, 3.0], "g": pd.Categorical(values)})
    assert names("0 + g", frame) == [f"g[{text}]" for text in texts]


def test_two_coefficients_of_one_name_are_refused():
    frame = data().assign(**{"wool[T.B]": 1.0})
    with pytest.raises(DesignError, match=r"called 'wool\[T.B\]'"):
        names("wool + `wool[T.B]`", frame)


# ----------------------------------------------------------------------------- contrasts=


SCHEMES = {
    "treatment": ["tension[T.M]", "tension[T.H]"],
    "sum": ["tension[S.L]", "tension[S.M]"],
    "contr.helmert": ["tension[H.M]", "tension[H.H]"],
    "poly": ["tension[.L]", "tension[.Q]"],
    "SAS": ["tension[T.L]", "tension[T.M]"],
    "diff": ["tension[D.M]", "tension[D.H]"],
}


@pytest.mark.parametrize(("scheme", "expected"), SCHEMES.items(), ids=SCHEMES.keys())
def test_contrasts_name_their_columns(scheme, expected):
    assert names("tension", contrasts={"tension": scheme})[1:] == expected


def test_a_scheme_given_alone_is_for_every_factor():
    assert names("wool + tension", contrasts="sum") == [
        "Intercept",
        "wool[S.A]",
        "tension[S.L]",
        "tension[S.M]",
    ]


def test_rs_defaults_code_only_ordered_factors_by_polynomials():
    frame = data()
    frame["tension"] = frame["tension"].cat.as_ordered()
    assert names("wool + tension", frame, contrasts="r")[1:] == ["wool[T.B]", "tension[.L]", "tension[.Q]"]


def test_an_ordered_factor_is_coded_by_treatment_with_a_note():
    frame = data()
    frame["tension"] = frame["tension"].cat.as_ordered()
    used = model_frame("y ~ tension", frame)
    assert [name.name for name in used.names][1:] == ["tension[T.M]", "tension[T.H]"]
    assert used.notes == (
        'tension is ordered and coded against its first level; contrasts="r" gives R\'s polynomials.',
    )


def test_the_formula_wins_unless_the_argument_names_the_factor():
    assert names("C(tension, sum)", contrasts={"C(tension, sum)": "helmert"})[1] == "C(tension, sum)[H.M]"


MATRIX = [[-1.0, 0.5], [0.0, -1.0], [1.0, 0.5]]


@pytest.mark.parametrize(
    ("given", "suffixes"),
    [
        (MATRIX, ["1", "2"]),
        (np.array(MATRIX), ["1", "2"]),
        (pd.DataFrame(MATRIX, columns=["slope", "bend"]), ["slope", "bend"]),
        ({"slope": [-1, 0, 1], "bend": [0.5, -1, 0.5]}, ["slope", "bend"]),
    ],
    ids=["list", "array", "frame", "dict"],
)
def test_a_matrix_of_contrasts_codes_its_levels(given, suffixes):
    used = model_frame("y ~ tension", data(), contrasts={"tension": given})
    assert [name.name for name in used.names][1:] == [f"tension[{s}]" for s in suffixes]
    codes = data()["tension"].cat.codes.to_numpy()
    np.testing.assert_array_equal(used.design.values[:, 1:], np.array(MATRIX)[codes])


BAD_CONTRASTS = {
    "unknown scheme": ({"tension": "backward"}, "not a scheme"),
    "too few columns": ({"tension": [[1.0], [0.0], [-1.0]]}, "need 3 rows and 2 columns"),
    "too few rows": ({"tension": [[1.0, 0.0], [0.0, 1.0]]}, "need 3 rows and 2 columns"),
    "singular": ({"tension": [[1.0, 1.0], [0.0, 0.0], [-1.0, -1.0]]}, "singular"),
    "not finite": ({"tension": [[1.0, np.nan], [0.0, 0.0], [-1.0, 1.0]]}, "finite"),
}


@pytest.mark.parametrize(("given", "words"), BAD_CONTRASTS.values(), ids=BAD_CONTRASTS.keys())
def test_contrasts_that_do_not_fit_are_refused(given, words):
    with pytest.raises(DataError, match=words):
        names("tension", contrasts=given)


@pytest.mark.parametrize("name", ["wooool", "x"])
def test_contrasts_of_what_is_no_factor_of_the_formula_are_refused(name):
    with pytest.raises(FormulaError, match=r"not a factor of the formula\. Its factors are wool"):
        names("wool + x", contrasts={name: "sum"})


# ----------------------------------------------------------------------------- levels


def test_declared_levels_that_do_not_occur_are_left_out_with_a_note():
    frame = pd.DataFrame(
        {"y": [1.0, 2, 3], "g": pd.Categorical(["c", "b", "c"], categories=["a", "b", "bb", "c"])}
    )
    used = model_frame("y ~ g", frame)
    assert [name.name for name in used.names] == ["Intercept", "g[T.c]"]
    assert used.notes == (
        "Levels 'a', 'bb' of g occur in no row and are left out.",
        "The baseline of g is 'b', for 'a' does not occur in the rows used.",
    )


def test_a_level_only_in_dropped_rows_is_left_out_with_a_note():
    frame = pd.DataFrame({"y": [1.0, 2, 3], "x": [1.0, 0.0, None], "g": ["a", "b", "d"]})
    used = model_frame("y ~ x + g", frame)
    assert [name.name for name in used.names] == ["Intercept", "x", "g[T.b]"]
    assert used.notes == ("Level 'd' of g occurs only in rows that are not used and is left out.",)


@pytest.mark.parametrize("formula", ["g", "x + x:g"])
def test_a_factor_of_one_level_is_refused_where_it_must_be_reduced(formula):
    frame = pd.DataFrame({"y": [1.0, 2], "x": [1.0, 3], "g": ["only", "only"]})
    with pytest.raises(DataError, match=r"'g' has one level only \('only'\).*Remove it") as caught:
        names(formula, frame)
    assert caught.value.column == "g"


def test_a_factor_of_one_level_coded_in_full_is_a_constant():
    frame = pd.DataFrame({"y": [1.0, 2], "g": ["only", "only"]})
    assert names("0 + g", frame) == ["g[only]"]


def test_an_identifier_is_refused_as_a_factor():
    frame = pd.DataFrame({"y": np.arange(10_001.0), "id": np.arange(10_001).astype(str)})
    with pytest.raises(DataError, match=r"10001 levels.*identifier"):
        names("id", frame)
