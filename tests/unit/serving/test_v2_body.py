import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import RequestInvalid
from argosy.serving.rest.v2_body import (
    InferBody,
    RequestedOutput,
    fill_binary_tensors,
    join_body,
    parse_body,
    split_body,
    wanted_in_binary,
)
from argosy.serving.tensors import Tensor


def element(data):
    return struct.pack("<I", len(data)) + data


def tensor(size, datatype="BYTES", name="text"):
    return Tensor(name, [1], datatype, None, {"binary_data_size": size})


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=10), max_size=5), st.lists(st.floats(allow_nan=False), max_size=5))
def test_what_is_joined_is_split_and_filled_again(labels, scores):
    answer = {
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [len(labels)], "data": labels},
            {"name": "scores", "datatype": "FP64", "shape": [len(scores)], "data": scores},
        ]
    }
    data, length = join_body(answer, None)
    head, binary = split_body(data, str(length))
    tensors = parse_body(bytes(head).replace(b'"outputs"', b'"inputs"')).inputs
    fill_binary_tensors(tensors, binary)
    assert [one.data for one in tensors] == [labels, scores]


def test_without_the_header_all_is_json():
    head, binary = split_body(b"{}", "")
    assert (bytes(head), bytes(binary)) == (b"{}", b"")


@pytest.mark.parametrize("header", ["3", "-1", "x", "9" * 30, "²"])
def test_a_length_beyond_the_body_is_refused(header):
    with pytest.raises(RequestInvalid, match="inference-header-content-length"):
        split_body(b"{}", header)


@pytest.mark.parametrize(
    ("tensors", "binary", "said"),
    [
        ([tensor(9)], b"12345678", "beyond the body"),
        ([tensor(-1)], b"", "beyond the body"),
        ([tensor("4")], b"1234", "beyond the body"),
        ([tensor(3)], b"123", "element 1 is cut short"),
        ([tensor(8)], struct.pack("<I", 9) + b"1234", "element 1 is cut short"),
        ([tensor(6)], element(b"\xff\xfe"), "element 1 is not UTF-8"),
        ([tensor(3, "FP32")], b"123", "3 bytes are no FP32"),
        ([tensor(4, "WORDS")], b"1234", "no WORDS"),
        ([tensor(True, "BOOL")], b"1", "beyond the body"),
        ([tensor(1.0, "BOOL")], b"1", "beyond the body"),
        ([tensor(8, "FP32")], b"12345678", "8 bytes are no FP32 elements, of which its shape says 1"),
        ([tensor(0, "FP32")], b"", "0 bytes are no FP32"),
        ([tensor(4_000_000)], element(b"") * 1_000_000, "more elements than its shape says, 1"),
        ([tensor(5)], element(b"a") + b"more", "4 bytes of the body belong to no input"),
    ],
)
def test_sizes_that_do_not_add_up_are_refused(tensors, binary, said):
    with pytest.raises(RequestInvalid, match=said):
        fill_binary_tensors(tensors, memoryview(binary))


def test_outputs_are_binary_on_request():
    outputs = [RequestedOutput("label"), RequestedOutput("scores", {"binary_data": False})]
    assert wanted_in_binary(InferBody([], outputs=outputs, parameters={"binary_data_output": True})) == {"label"}
    assert wanted_in_binary(InferBody([], parameters={"binary_data_output": True})) is None
    assert wanted_in_binary(InferBody([], outputs=outputs)) == frozenset()


WHOLE = '{"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a: b"]}], "id": "7"'


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (WHOLE + ', "id": "8"}', "id"),
        (WHOLE.replace('"data"', '"shape": [1], "data"') + "}", "shape"),
        (WHOLE.replace('"data": ["a: b"]', '"name": "other"') + "}", "name"),
        (WHOLE + ', "parameters": {"subject": "a", "subject": "b"}}', "subject"),
        (WHOLE + ', "ignored": {"a": 1, "a": 2}}', "a"),
    ],
)
def test_a_request_with_a_duplicate_key_is_refused(body, key):
    with pytest.raises(RequestInvalid, match=f"the key '{key}' is given twice"):
        parse_body(body.encode())


@pytest.mark.parametrize("rest", ["", ', "id": null', ', "ignored": {"id": 1, "name": ["\\":"]}', ', "outputs": []'])
def test_keys_of_several_objects_are_not_mixed_up(rest):
    body = WHOLE.replace("]}]", ']}, {"name": "b", "shape": [1], "datatype": "BYTES", "data": ["\\":"]}]')
    assert len(parse_body(body.replace(', "id": "7"', rest).encode() + b"}").inputs) == 2
