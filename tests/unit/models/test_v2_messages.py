"""Requests of V2 as a client writes them, and answers as it reads them: exact in both forms, or refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from argosy.errors import InputInvalid
from argosy.models.signature import DTYPES
from argosy.models.tensor_messages import bytes_array
from argosy.models.v2_messages import V2Message, v2_answer, v2_request

NUMBERS = [one for one in DTYPES if one != "BYTES"]


def echoed(message):
    """The answer of a server that gives back what it is sent."""
    head = len(message.content) if message.head is None else message.head
    asked = json.loads(message.content[:head])
    answer = json.dumps({"model_version": "7", "outputs": asked["inputs"]}).encode()
    return V2Message(answer + message.content[head:], None if message.head is None else len(answer))


@pytest.mark.parametrize("in_binary", [True, False])
@given(st.data())
def test_every_array_comes_back_as_it_was_sent(in_binary, data):
    shape = data.draw(array_shapes(max_dims=3, max_side=4, min_dims=0))
    datatype = data.draw(st.sampled_from(NUMBERS))
    elements = {"allow_infinity": in_binary} if datatype.startswith("FP") else None
    array = data.draw(arrays(DTYPES[datatype], shape, elements=elements))
    texts = data.draw(st.lists(st.binary() if in_binary else st.text().map(str.encode), max_size=4))
    sent = {"x": array, "word": bytes_array(texts)}
    answer = v2_answer(echoed(v2_request(sent, in_binary=in_binary)))
    assert answer.version == "7"
    assert answer.outputs["x"].dtype == array.dtype
    np.testing.assert_array_equal(answer.outputs["x"], array)
    assert answer.outputs["word"].tolist() == texts


def test_what_json_cannot_hold_is_refused_before_it_is_sent():
    with pytest.raises(InputInvalid, match="'x' has an infinity"):
        v2_request({"x": np.array([np.inf])}, in_binary=False)
    with pytest.raises(InputInvalid, match="'x' has bytes that are not UTF-8"):
        v2_request({"x": bytes_array([b"\xff"])}, in_binary=False)


def test_outputs_and_parameters_are_asked_for():
    message = v2_request({"x": np.array([1], "<i4")}, ["y"], {"factor": 2}, in_binary=True)
    head = json.loads(message.content[: message.head])
    assert head["outputs"] == [{"name": "y", "parameters": {"binary_data": True}}]
    assert head["parameters"] == {"factor": 2, "binary_data_output": True}
    assert head["inputs"] == [{"name": "x", "datatype": "INT32", "shape": [1], "parameters": {"binary_data_size": 4}}]


def test_null_in_an_answer_says_nothing():
    """KServe writes it."""
    output = {"name": "y", "datatype": "INT32", "shape": [1], "data": [5], "parameters": None}
    answer = v2_answer(V2Message(json.dumps({"model_version": None, "id": None, "outputs": [output]}).encode()))
    assert (answer.version, answer.outputs["y"].tolist()) == ("", [5])


OUTPUT = {"name": "y", "datatype": "INT32", "shape": [1]}


@pytest.mark.parametrize(
    ("outputs", "rest", "head", "said"),
    [
        ("[", b"", None, "malformed"),
        ("5", b"", None, "Expected `array`"),
        ([{**OUTPUT, "data": [1, 2]}], b"", None, "'y' has 2 elements, its shape \\[1\\] says 1"),
        ([{**OUTPUT, "data": [1.5]}], b"", None, "element 1 is not of the datatype INT32"),
        ([{**OUTPUT, "data": [1 << 40]}], b"", None, "a number that INT32 cannot hold"),
        ([{**OUTPUT, "shape": [-1], "data": []}], b"", None, "'y' is INT32\\[-1\\]"),
        ([{**OUTPUT, "datatype": "BF16", "data": [1]}], b"", None, "'y' is BF16"),
        ([OUTPUT], b"", None, "'y'"),
        ([{**OUTPUT, "parameters": {"binary_data_size": 4}}], b"123", 0, "beyond the body's end"),
        ([{**OUTPUT, "parameters": {"binary_data_size": 3}}], b"123", 0, "3 bytes are no INT32 elements"),
        ([{**OUTPUT, "parameters": {"binary_data_size": -1}}], b"123", 0, "beyond the body's end"),
        ([], b"", 1 << 20, "longer than the body"),
    ],
)
def test_an_answer_that_means_nothing_is_refused(outputs, rest, head, said):
    text = outputs if isinstance(outputs, str) else json.dumps(outputs)
    content = f'{{"outputs": {text}}}'.encode()
    with pytest.raises(ValueError, match=said):
        v2_answer(V2Message(content + rest, None if head is None else head or len(content)))
