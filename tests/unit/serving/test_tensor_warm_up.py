"""Warm-up requests of models of tensors, given or as the log has them, to the arrays that the model is asked with."""

import numpy as np
import pytest

from argosy.errors import InputInvalid
from argosy.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec, parse_tensors
from argosy.models.tensor_rows import TensorRows, logged_row
from argosy.models.tensor_samples import sample_arrays
from argosy.serving.tensor_warm_up import tensors_asked

BATCHED = Signature(
    (TensorSpec("x", "FP32", (-1, 2)), TensorSpec("word", "BYTES", (-1,))), (TensorSpec("y", "FP32", (-1,)),), True
)
WHOLE = Signature((TensorSpec("m", "INT64", (-1, -1)), TensorSpec("flag", "BOOL", ())), BATCHED.outputs)
BOTH = {"serving_default": BATCHED, "whole": WHOLE}


@pytest.mark.parametrize(("name", "signature"), BOTH.items())
def test_what_the_log_has_of_a_row_is_asked_again(name, signature):
    arrays = sample_arrays(signature, 1)
    rows = TensorRows(name, arrays, 1, is_batched=signature.is_batched)
    found = tensors_asked({"inputs": rows[0], "outputs": {}}, BOTH)
    assert (found.signature, len(found), found.is_batched) == (name, 1, signature.is_batched)
    assert list(found.arrays) == list(arrays)
    for one, array in arrays.items():
        assert (found.arrays[one].dtype, found.arrays[one].shape) == (array.dtype, array.shape)
        assert (found.arrays[one] == array).all()


def test_bytes_that_are_no_text_are_asked_again():
    word = np.empty(1, object)
    word[0] = b"\xff\x00"
    row = logged_row({"x": np.zeros((1, 2), "<f4"), "word": word}, 0)
    assert tensors_asked({"inputs": row}, BOTH).arrays["word"].tolist() == [b"\xff\x00"]


def test_a_tensor_of_which_the_log_has_the_digest_cannot_be_asked_again():
    row = logged_row({"x": np.zeros((1, 50_000), "<f4"), "word": np.array([b"a"], object)}, 0)
    assert "sha256" in row["x"]
    assert tensors_asked({"inputs": row}, BOTH) is None


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("a text", 'a request for a model of tensors is {"inputs"'),
        ({"inputs": {}}, 'a request for a model of tensors is {"inputs"'),
        ({"inputs": {"x": [1, 2]}}, "the input 'word' is missing"),
        ({"inputs": {"x": [1, 2, 3], "word": "a"}}, r"the input 'x' has the shape \[1, 3\]"),
        ({"inputs": {"x": ["a", 2], "word": "a"}}, "the input 'x': element 1 is not of the datatype FP32"),
        ({"inputs": {"m": [[1], [2, 3]], "flag": True}}, "the input 'm' has 3 elements for the shape"),
        ({"inputs": {"x": [1, 2], "word": {"b64": "?"}}}, "the input 'word' has an object that is not"),
        ({"inputs": {"x": [1, 2], "word": "a"}, "signature": "other"}, "no signature 'other'"),
    ],
)
def test_a_request_that_does_not_fit_says_why(item, said):
    with pytest.raises(InputInvalid, match=said):
        tensors_asked(item, BOTH)


def test_requests_for_tensors_of_any_rank_are_as_deep_as_their_lists():
    signature = Signature(*(parse_tensors({name: "FP32[...]"}, "here") for name in "xy"), is_batched=True)
    asked = [
        tensors_asked({"inputs": {"x": row}}, {DEFAULT_SIGNATURE: signature})
        for row in (1.0, [1.0, 2.0], [[1.0], [2.0]])
    ]
    assert [one.arrays["x"].shape for one in asked] == [(1,), (1, 2), (1, 2, 1)]
