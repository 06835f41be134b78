import math

import pytest

from argosy.errors import RequestInvalid
from argosy.serving.rest.v2_body import parse_body
from argosy.serving.tensors import Tensor, rows_of_tensors


def texts(data, shape=None, name="text", datatype="BYTES"):
    return Tensor(name, shape or [len(data)], datatype, data)


def test_one_bytes_tensor_is_a_column_of_texts_whatever_its_shape():
    assert rows_of_tensors([texts(["a", "b"])]) == ["a", "b"]
    assert rows_of_tensors([texts([["a"], ["b"]], [2, 1], "anything")]) == ["a", "b"]


def test_several_tensors_are_columns_of_fields():
    columns = [texts(["a", "b"], name="title"), texts([1, 2], name="pages", datatype="INT64")]
    assert rows_of_tensors(columns) == [{"title": "a", "pages": 1}, {"title": "b", "pages": 2}]


FIELDS = {"title": "text", "pages": "number"}


def test_for_a_model_of_fields_a_lone_tensor_is_a_field_too():
    assert rows_of_tensors([texts([1, None], name="pages", datatype="INT64")], FIELDS) == [
        {"pages": 1},
        {"pages": None},
    ]
    assert rows_of_tensors([texts(["a"], name="title")], FIELDS) == [{"title": "a"}]
    assert rows_of_tensors([texts([math.nan], name="pages", datatype="FP64")], FIELDS) == [{"pages": None}]


def test_objects_as_json():
    tensor = Tensor("rows", [2], "BYTES", ['{"pages": 3}', "{}"], {"content_type": "json"})
    assert rows_of_tensors([tensor]) == rows_of_tensors([tensor], FIELDS) == [{"pages": 3}, {}]
    for data in ("[]", "{", "3"):
        with pytest.raises(RequestInvalid, match="element 0 is not a JSON object"):
            rows_of_tensors([Tensor("rows", [1], "BYTES", [data], {"content_type": "json"})])


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ([], "inputs is empty"),
        ([texts([1.5], datatype="FP32")], "texts are BYTES"),
        ([texts(["a"], datatype="STRING")], "datatype 'STRING'"),
        ([texts([1])], "element 0"),
        ([texts([True], datatype="INT32"), texts(["a"], name="b")], "element 0"),
        ([texts(["a", None])], "element 1"),
        ([texts(["a"], [2])], "1 elements"),
        ([texts(["a", "b"], [1, 2])], "must be"),
        ([texts(["a"], [-1])], "must be"),
        ([texts(["a"], [1] * 9)], "must be"),
        ([texts(["a"], [1] * 100_000)], "must be"),
        ([texts(["a"], [10**18] * 100_000)], "must be"),
        ([texts(["a"], [10**4000])], "its shape"),
        ([texts([["a"] * 3, ["b"]], [2])], "4 elements"),
        ([texts(["a"], datatype="x" * 1000)], "datatype 'x{59}…'"),
        ([texts([1], name="x" * 1000)], "'x{59}…': element 0"),
        ([Tensor("text", [1], "BYTES")], "no data"),
        ([texts(["a"]), texts(["b"])], "same name"),
        ([texts(["a"]), texts(["b", "c"], name="other")], "different numbers of rows"),
    ],
)
def test_tensors_that_make_no_rows_are_refused(tensors, said):
    with pytest.raises(RequestInvalid, match=said):
        rows_of_tensors(tensors)


def test_a_message_about_many_tensors_names_a_few():
    with pytest.raises(RequestInvalid, match=r"'t0' 1, 't1' 2, .*… \(300 in all\)"):
        rows_of_tensors([texts(["a"] * (n + 1), name=f"t{n}") for n in range(300)])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b'{"inputs": [], "id": "%s"}' % (b"x" * 1001), "id must be text of at most 1000 characters"),
        (b"[]", r"expected `object`, got `array`"),
        (b"{}", "inputs"),
        (b'{"inputs": [{"name": "a", "shape": "x", "datatype": "BYTES"}]}', r"inputs\[0\]|inputs\[\.\.\.\]"),
        (b"[" * 100_000, "nested|not JSON|array"),
    ],
)
def test_a_body_that_is_no_request_says_where(body, said):
    with pytest.raises(RequestInvalid, match=said):
        parse_body(body)
