"""Properties that every model frame keeps."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.frame.modelframe import model_frame

FORMULA = "y ~ g * x + h + I(z^2) + g:h"
ROWS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from([None, *"abc"]),
        st.sampled_from([None, *"uv"]),
        st.sampled_from([None, -1.5, 0.0, 2.25]),
        st.integers(-3, 3),
    ),
    max_size=20,
)
SEED = st.integers(0, 2**32 - 1)
FULL = [(1, g, h, 1.0, 2) for g in "abc" for h in "uv"]  # so that no level ever vanishes
quick = settings(max_examples=60, deadline=None)


def table(rows):
    return pd.DataFrame(rows + FULL, columns=["y", "g", "h", "x", "z"]).astype({"x": float})


def names(frame):
    return [name.name for name in frame.names]


@quick
@given(ROWS, SEED)
def test_permuting_rows_permutes_the_design(rows, seed):
    data = table(rows)
    order = np.random.default_rng(seed).permutation(len(data))
    frame, other = model_frame(FORMULA, data), model_frame(FORMULA, data.iloc[order])
    back = pd.DataFrame(other.design.values, index=other.rows.labels).loc[frame.rows.labels]
    np.testing.assert_array_equal(back.to_numpy(), frame.design.values)
    assert other.rows.dropped == frame.rows.dropped


@quick
@given(ROWS)
def test_missing_rows_equal_dropped_rows(rows):
    data = table(rows)
    frame, other = model_frame(FORMULA, data), model_frame(FORMULA, data.dropna())
    np.testing.assert_array_equal(frame.design.values, other.design.values)
    assert (names(frame), frame.rows.n_used) == (names(other), other.rows.n_read)


@quick
@given(ROWS)
def test_unused_columns_and_the_order_of_columns_do_not_matter(rows):
    data = table(rows)
    frame, other = model_frame(FORMULA, data), model_frame(FORMULA, data.iloc[:, ::-1].assign(extra=None))
    np.testing.assert_array_equal(frame.design.values, other.design.values)


@quick
@given(ROWS)
def test_each_row_is_used_dropped_or_outside_the_subset(rows):
    found = model_frame(FORMULA, table(rows)).rows
    assert found.n_read == found.n_used + found.n_dropped + found.n_outside
    assert max(found.dropped.values(), default=0) <= found.n_dropped <= sum(found.dropped.values())


@quick
@given(ROWS)
def test_a_category_in_the_order_of_its_labels_equals_text(rows):
    data = table(rows)
    other = data.assign(g=pd.Categorical(data["g"], categories=["a", "b", "c"]))
    np.testing.assert_array_equal(
        model_frame(FORMULA, data).design.values, model_frame(FORMULA, other).design.values
    )
