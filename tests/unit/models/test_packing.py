"""Learned state is converted to JSON and back bit for bit."""

import json
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.sparse import csr_matrix

from argosy.models.packing import from_base64, pack, to_base64, unpack
from argosy.models.vocabulary import Vocabulary

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.sampled_from(["$array", "$x"]) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)
dtypes = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(),
    arrays.unsigned_integer_dtypes(),
    arrays.floating_dtypes(sizes=(32, 64)),
)
matrices = arrays.arrays(dtypes, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))


def through_json(value):
    return unpack(msgspec.json.decode(msgspec.json.encode(pack(value, to_base64))), from_base64)


@settings(deadline=None, max_examples=200)
@given(plain)
def test_values_come_back_with_their_types(value):
    assert _spelled(through_json(value)) == _spelled(value)


@settings(deadline=None, max_examples=100)
@given(matrices)
def test_arrays_come_back_bit_for_bit(array):
    restored = through_json({"x": [array]})["x"][0]
    assert restored.dtype == array.dtype.newbyteorder("<")
    assert restored.shape == array.shape
    assert restored.tobytes() == array.astype(restored.dtype).tobytes()


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(st.characters(), max_size=6), unique=True))
def test_vocabularies_come_back(entries):
    restored = through_json(Vocabulary(entries))
    assert restored.entries == entries
    assert restored == Vocabulary(entries)
    assert [restored.index[entry] for entry in entries] == list(range(len(entries)))


def test_sparse_rows_come_back():
    matrix = csr_matrix(np.array([[0.0, 1.5, 0.0], [0.0, 0.0, 0.0], [-0.0, 2.0, math.pi]]))
    restored = through_json(matrix)
    assert restored.shape == matrix.shape
    for part in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(restored, part), getattr(matrix, part))
        assert getattr(restored, part).dtype == getattr(matrix, part).dtype


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", np.array(["text"]), np.array([object()]), print])
def test_what_has_no_form_is_refused(value):
    with pytest.raises(TypeError, match="cannot be stored"):
        pack({"inside": [value]}, to_base64)


def test_json_is_what_any_reader_reads():
    packed = pack({"a": math.nan, "b": np.float64(0.1), "c": (1, 2)}, to_base64)
    assert json.loads(json.dumps(packed, allow_nan=False)) == packed


def _spelled(value):
    """A form in which NaN equals itself and True differs from 1."""
    if isinstance(value, dict):
        return [(_spelled(key), _spelled(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(_spelled, value)]
    return type(value).__name__, repr(value)
