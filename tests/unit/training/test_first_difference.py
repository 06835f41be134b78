"""The first difference between two trained models is located, for every kind of value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from argosy.models.vocabulary import Vocabulary
from argosy.training.first_difference import first_difference


def tree(**changes):
    state = {
        "weights_": np.arange(6.0).reshape(2, 3),
        "words_": Vocabulary(["a", "b"]),
        "rows_": csr_matrix(np.eye(2)),
        "text_": "x",
        "list_": [1, [2.0, None]],
    }
    return {"classes": ["no", "yes"], "model": {"state": {**state, **changes}}}


def found(**changes):
    difference = first_difference(tree(), tree(**changes))
    return difference.name, difference.index, difference.recorded, difference.found


def test_what_is_the_same_has_none():
    assert first_difference(tree(), tree()) is None
    assert first_difference(np.array([np.nan]), np.array([np.nan])) is None


def test_the_element_of_an_array_is_reported():
    weights = np.arange(6.0).reshape(2, 3)
    weights[1, 0] = np.nextafter(3.0, 4)
    assert found(weights_=weights) == ("model.state.weights_", (1, 0), "3.0", "3.0000000000000004")


def test_bits_count_and_not_values():
    assert first_difference(np.array([0.0]), np.array([-0.0])).found == "-0.0"
    assert first_difference(0.0, -0.0).index == ()


def test_other_kinds_are_reported_by_name():
    assert found(words_=Vocabulary(["a", "c"])) == ("model.state.words_.entries", (1,), "'b'", "'c'")
    assert found(rows_=csr_matrix(2 * np.eye(2)))[:2] == ("model.state.rows_.data", (0,))
    assert found(list_=[1, [2.5, None]]) == ("model.state.list_", (1, 0), "2.0", "2.5")
    assert found(list_=[1])[2:] == ("2 long", "1 long")
    assert found(text_=None) == ("model.state.text_", (), "'x'", "None")
    assert found(weights_=np.zeros(3))[2:] == ("float64 of shape [2, 3]", "float64 of shape [3]")


def test_what_is_missing_or_new_is_reported():
    assert found(extra_=1) == ("model.state.extra_", (), "absent", "1")
    assert first_difference(tree(extra_=1), tree()).found == "absent"


@settings(deadline=None, max_examples=60)
@given(arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 5))), st.data())
def test_a_flipped_bit_is_found_at_its_place(array, data):
    at = data.draw(st.integers(0, array.size - 1))
    changed = array.copy()
    changed.view(np.uint32).flat[at] ^= 1 << data.draw(st.integers(0, 31))
    difference = first_difference({"a": array}, {"a": changed})
    assert np.ravel_multi_index(difference.index, array.shape) == at


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), ((1,), [1])])
def test_equal_values_of_other_types_differ(one, other):
    assert first_difference(one, other)
