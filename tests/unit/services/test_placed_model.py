"""What another server says of a model that computes for a service, and what goes there and comes back."""

import numpy as np
import pytest

from argosy.errors import InputInvalid, RemoteModelUnavailable
from argosy.models.tensor_messages import bytes_array
from argosy.models.v2_messages import V2Answer
from argosy.services.placed_model import PlacedModel
from argosy.serving.requests import InferRequest

BINARY = {"extensions": ["binary_tensor_data"]}


def tensor(name, datatype, *shape):
    return {"name": name, "datatype": datatype, "shape": list(shape or [-1])}


INPUTS = [tensor("user", "BYTES"), tensor("price", "FP64"), tensor("count", "INT32"), tensor("is_new", "BOOL")]
LABELS = {
    "inputs": INPUTS,
    "outputs": [tensor("label", "BYTES"), tensor("confidence", "FP64"), tensor("probabilities", "FP64", -1, 2)],
    "classes": ["no", "yes"],
}


def test_rows_become_columns_of_the_datatypes_that_the_model_reads():
    there = PlacedModel.described("m", LABELS, BINARY)
    assert there.takes_binary
    found = there.columns(
        [
            {"user": "ana", "price": None, "count": 2.0, "is_new": True, "other": 1},
            {"user": 7, "price": 1, "count": 3, "is_new": 0},
        ]
    )
    assert list(found) == ["user", "price", "count", "is_new"]
    assert found["user"].tolist() == [b"ana", b"7"]
    np.testing.assert_array_equal(found["price"], [np.nan, 1.0])
    assert found["count"].dtype == np.int32
    assert found["is_new"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"user": None}, "row 2: the model reads 'user', which is not there"),
        ({"count": None}, "row 2: the model reads 'count', which is not there"),
        ({"count": 2.5}, "the input 'count': element 2 is not of the datatype INT32"),
        ({"count": 1 << 40}, "the input 'count' has a number that INT32 cannot hold"),
        ({"price": "dear"}, "the input 'price': element 2 is not of the datatype FP64"),
        ({"count": "two"}, "the input 'count': element 2 is not of the datatype INT32"),
    ],
)
def test_a_row_that_the_model_cannot_read_is_the_requests_fault(changed, said):
    row = {"user": "ana", "price": 1.0, "count": 2, "is_new": True}
    with pytest.raises(InputInvalid, match=said):
        PlacedModel.described("m", LABELS, {}).columns([row, {**row, **changed}])


def test_labels_and_numbers_are_read_from_tensors():
    there, request = PlacedModel.described("m", LABELS, BINARY), InferRequest("m", [{}, {}])
    probabilities = np.array([[0.25, 0.75], [0.5, 0.5]])
    outputs = {
        "label": bytes_array([b"yes", b"no"]),
        "confidence": np.array([0.75, 0.5]),
        "probabilities": probabilities,
    }
    found = there.response(request, V2Answer(outputs, "3"), ["a", "b"])
    assert (found.version, found.classes, found.answers, found.confidences) == (
        3,
        ["no", "yes"],
        ["yes", "no"],
        [0.75, 0.5],
    )
    number = PlacedModel.described("m", {"inputs": INPUTS, "outputs": [tensor("value", "FP32")]}, {})
    assert (number.outputs, number.takes_binary) == (["value"], False)
    values = number.response(request, V2Answer({"value": np.array([1.5, 2], np.float32)}, "1"), ["a", "b"])
    assert (values.kind, values.values, values.answers) == ("regress", [1.5, 2.0], ["1.5", "2.0"])
    for broken in ({}, {**outputs, "probabilities": probabilities[:1]}):
        with pytest.raises((KeyError, ValueError)):
            there.response(request, V2Answer(broken, "3"), ["a", "b"])


@pytest.mark.parametrize("said", [{"inputs": 5}, {"inputs": [{"name": "x"}]}, {"inputs": [tensor("x", "TEXT")]}])
def test_a_description_that_is_none_makes_the_part_unavailable(said):
    with pytest.raises(RemoteModelUnavailable, match="m "):
        PlacedModel.described("m", said, {})
