"""The data sets are R's, in R's level order, and every one says where it comes from."""

import json
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from glmkit.catalogue import dataset_info, datasets, load_dataset
from glmkit.errors import DataError, GlmkitError

ROOT = Path(__file__).resolve().parents[2]
INDEX = json.loads((ROOT / "datasets" / "index.json").read_text(encoding="utf-8"))
FIXTURE = ROOT / "tests" / "reference" / "fixtures" / "datasets_from_r.json"
R_SETS = json.loads(FIXTURE.read_text(encoding="utf-8"))["sets"]

NAMES = sorted(INDEX)
R_COLUMNS = [
    (name, column, facts) for name, entry in R_SETS.items() for column, facts in entry["columns"].items()
]
R_FACTORS = [case for case in R_COLUMNS if case[2]["kind"] == "factor"]
R_NUMBERS = [case for case in R_COLUMNS if case[2]["kind"] == "numeric"]
COLUMNS = [(name, column) for name, entry in INDEX.items() for column in entry["columns"]]
WHOLE = [(name, column) for name, column in COLUMNS if column["dtype"] == "int64"]
FACTORS = [(name, column) for name, column in COLUMNS if column["kind"] == "factor"]

# Sums of whole numbers are exact; R printed 15 digits of the others.
R_SUM_RTOL = 1e-14


@cache
def loaded(name):
    """Read each set once; the tests below do not change it."""
    return load_dataset(name)


def places(frame):
    return np.arange(1, len(frame) + 1)


class TestAgainstR:
    @pytest.mark.parametrize("name", sorted(R_SETS))
    def test_rows_are_as_many_as_in_r(self, name):
        assert len(loaded(name)) == R_SETS[name]["rows"]

    @pytest.mark.parametrize("name", sorted(set(R_SETS) - {"orings"}))
    def test_columns_are_in_the_order_of_r(self, name):
        assert list(loaded(name)) == list(R_SETS[name]["columns"])

    @pytest.mark.parametrize("name, column, facts", R_FACTORS)
    def test_levels_are_in_the_order_of_r(self, name, column, facts):
        assert loaded(name)[column].cat.categories.tolist() == facts["levels"]

    @pytest.mark.parametrize("name, column, facts", R_FACTORS)
    def test_factors_are_ordered_where_they_are_in_r(self, name, column, facts):
        assert loaded(name)[column].cat.ordered is facts["ordered"]

    @pytest.mark.parametrize("name, column, facts", R_FACTORS)
    def test_levels_occur_as_often_as_in_r(self, name, column, facts):
        assert loaded(name)[column].value_counts(sort=False).tolist() == facts["counts"]

    @pytest.mark.parametrize("name, column, facts", R_FACTORS)
    def test_levels_stand_in_the_rows_of_r(self, name, column, facts):
        codes = loaded(name)[column].cat.codes.to_numpy(dtype=np.int64)
        assert ((codes + 1) * places(codes)).sum() == facts["place_sum"]

    @pytest.mark.parametrize("name, column, facts", R_COLUMNS)
    def test_as_many_values_are_missing_as_in_r(self, name, column, facts):
        assert loaded(name)[column].isna().sum() == facts["missing"]

    @pytest.mark.parametrize("name, column, facts", R_NUMBERS)
    def test_numbers_have_the_sum_of_r(self, name, column, facts):
        assert loaded(name)[column].sum() == pytest.approx(facts["sum"], rel=R_SUM_RTOL)

    @pytest.mark.parametrize("name, column, facts", R_NUMBERS)
    def test_numbers_stand_in_the_rows_of_r(self, name, column, facts):
        values = loaded(name)[column]
        assert (values * places(values)).sum() == pytest.approx(facts["place_sum"], rel=R_SUM_RTOL)

    def test_every_set_is_checked_against_r_but_the_typed_and_the_simulated(self):
        assert set(INDEX) - set(R_SETS) == {"clotting", "motor"}

    def test_esoph_has_the_corrected_controls(self):
        # R before 4.0.4 had 975: cases were counted among the controls of some rows.
        assert load_dataset("esoph")["ncontrols"].sum() == 775

    def test_clotting_is_the_published_table(self):
        # McCullagh & Nelder (1989), section 8.4.2: lots 1 and 2 at 5 and at 100 per cent.
        assert load_dataset("clotting").iloc[[0, -1]].to_numpy().tolist() == [[5, 118, 69], [100, 18, 12]]

    def test_clotting_has_the_sums_of_the_published_table(self):
        assert load_dataset("clotting").sum().tolist() == [360, 363, 222]


class TestIndexAgreesWithFiles:
    def test_each_file_has_an_entry_and_each_entry_a_file(self):
        assert sorted(path.stem for path in (ROOT / "datasets").glob("*.csv")) == NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_rows_are_counted_right(self, name):
        assert len(loaded(name)) == INDEX[name]["rows"]

    @pytest.mark.parametrize("name", NAMES)
    def test_header_is_the_list_of_columns(self, name):
        header = (ROOT / "datasets" / f"{name}.csv").read_text(encoding="utf-8").partition("\n")[0]
        assert header.split(",") == [column["name"] for column in INDEX[name]["columns"]]

    @pytest.mark.parametrize("name, column", COLUMNS)
    def test_dtype_is_as_the_index_says(self, name, column):
        assert loaded(name)[column["name"]].dtype.name == column["dtype"]

    @pytest.mark.parametrize("name, column", COLUMNS)
    def test_missing_values_are_counted_right(self, name, column):
        assert loaded(name)[column["name"]].isna().sum() == column["missing"]

    @pytest.mark.parametrize("name, column", FACTORS)
    def test_every_level_occurs(self, name, column):
        assert loaded(name)[column["name"]].value_counts().min() > 0

    @pytest.mark.parametrize("name, column", COLUMNS)
    def test_every_column_is_described(self, name, column):
        assert column["description"]

    @pytest.mark.parametrize("field", ["title", "description", "source", "licence", "teaches"])
    @pytest.mark.parametrize("name", NAMES)
    def test_every_set_says_where_it_comes_from_and_what_for(self, name, field):
        assert len(getattr(dataset_info(name), field)) > 10

    @pytest.mark.parametrize("name", NAMES)
    def test_example_names_columns_only(self, name):
        words = set(re.findall(r"[A-Za-z_][A-Za-z_0-9.]*", dataset_info(name).example.formula))
        assert words - set(loaded(name)) <= {"cbind", "factor", "log", "offset"}

    def test_files_stay_small(self):
        assert max(path.stat().st_size for path in (ROOT / "datasets").glob("*.csv")) < 300_000


class TestLoading:
    @pytest.mark.parametrize("name", NAMES)
    def test_two_calls_give_equal_frames(self, name):
        pd.testing.assert_frame_equal(load_dataset(name), load_dataset(name))

    def test_each_call_gives_a_new_frame(self):
        spoilt = load_dataset("trees")
        spoilt["Volume"] = 0.0
        assert load_dataset("trees")["Volume"].min() > 0.0

    @pytest.mark.parametrize("name", NAMES)
    def test_rows_are_labelled_from_zero(self, name):
        assert load_dataset(name).index.equals(pd.RangeIndex(INDEX[name]["rows"]))

    def test_decimals_are_read_to_the_nearest_double(self):
        assert load_dataset("biochemists")["phd"].iloc[0] == 2.5199999809265137

    @pytest.mark.parametrize(
        "r_name, name",
        [
            ("InsectSprays", "insect_sprays"),
            ("Insurance", "insurance_claims"),
            ("UCBAdmissions", "ucb_admissions"),
            ("bioChemists", "biochemists"),
            ("SpaceShuttle", "orings"),
            ("QUINE", "quine"),
        ],
    )
    def test_names_of_r_and_any_case_are_known(self, r_name, name):
        assert dataset_info(r_name).name == name

    def test_no_name_means_two_sets(self):
        claims = [
            (info.name, name) for info in map(dataset_info, NAMES) for name in (info.name, *info.aliases)
        ]
        assert [dataset_info(name).name for _, name in claims] == [owner for owner, _ in claims]


class TestUnknownName:
    def test_a_misspelling_is_a_data_error(self):
        with pytest.raises(DataError, match="Did you mean 'warpbreaks'"):
            load_dataset("warpbraeks")

    def test_a_misspelling_of_a_name_of_r_suggests_ours(self):
        with pytest.raises(DataError, match="Did you mean 'insurance_claims'"):
            load_dataset("Insurence")

    def test_the_suggestions_are_facts_of_the_error(self):
        with pytest.raises(GlmkitError) as caught:
            load_dataset("warpbraeks")
        assert caught.value.facts["suggestions"] == ["warpbreaks"]

    def test_a_name_like_no_other_gets_the_list(self):
        with pytest.raises(DataError, match=r"no data set 'xyzzy'\. The names are biochemists, "):
            load_dataset("xyzzy")


class TestDescriptions:
    def test_listing_has_every_set(self):
        assert datasets().index.tolist() == NAMES

    def test_listing_has_the_promised_columns(self):
        assert list(datasets()) == ["title", "rows", "columns", "family", "teaches"]

    @pytest.mark.parametrize("name", NAMES)
    def test_a_page_is_at_most_80_columns_wide(self, name):
        assert max(map(len, str(dataset_info(name)).splitlines())) <= 80

    def test_repr_is_the_same_page(self):
        assert repr(dataset_info("trees")) == str(dataset_info("trees"))

    def test_example_is_a_call(self):
        call = 'gk.glm("time ~ ag + log(wbc)", data, gk.Gamma("log"))'
        assert str(dataset_info("leuk").example) == call

    def test_example_names_further_arguments(self):
        assert str(dataset_info("housing").example).endswith(', gk.Multinomial(), freq_weights="Freq")')


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
class TestWheel:
    @pytest.mark.parametrize("file", ["index.json", *(f"{name}.csv" for name in NAMES)])
    def test_wheel_holds_the_file(self, wheel, file):
        assert f"glmkit/_datasets/{file}" in zipfile.ZipFile(wheel).namelist()

    def test_sets_load_from_the_wheel(self, wheel, tmp_path):
        zipfile.ZipFile(wheel).extractall(tmp_path)
        program = (
            "import glmkit.catalogue as c; print(c.__file__); "
            "print(sum(len(c.load_dataset(name)) for name in c.datasets().index))"
        )
        # cwd goes first on the path with -c, so that the unpacked wheel is what is imported.
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        total = sum(entry["rows"] for entry in INDEX.values())
        assert run.stdout.split() == [str(tmp_path / "glmkit" / "catalogue.py"), str(total)]
