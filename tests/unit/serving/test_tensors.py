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
        with pytest.raises(RequestInvalid, match="element 1 is not a JSON object"):
            rows_of_tensors([Tensor("rows", [1], "BYTES", [data], {"content_type": "json"})])


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ([], "inputs is empty"),
        ([texts([1.5], datatype="FP32")], "texts are BYTES"),
        ([texts(["a"], datatype="STRING")], "datatype 'STRING'"),
        ([texts([1])], "element 1"),
        ([texts([True], datatype="INT32"), texts(["a"], name="b")], "element 1"),
        ([texts(["a", None])], "element 2"),
        ([texts(["a"], [2])], "1 elements"),
        ([texts(["a", "b"], [1, 2])], "must be"),
        ([texts(["a"], [-1])], "must be"),
        ([texts(["a"], [1] * 9)], "must be"),
        ([texts(["a"], [1] * 100_000)], "must be"),
        ([texts(["a"], [10**18] * 100_000)], "must be"),
        ([texts(["a"], [10**4000])], "its shape"),
        ([texts([["a"] * 3, ["b"]], [2])], "4 elements"),
        ([texts(["a"], datatype="x" * 1000)], "datatype 'x{59}…'"),
        ([texts([1], name="x" * 1000)], "'x{59}…': element 1"),
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
def test_an_invalid_body_names_the_place(body, said):
    with pytest.raises(RequestInvalid, match=said):
        parse_body(body)


def test_null_is_the_same_as_leaving_out():
    body = parse_body(
        b'{"id": null, "parameters": null, "outputs": null, "inputs": [{"name": "text", "shape": [1], '
        b'"datatype": "BYTES", "data": ["a"], "parameters": null}]}'
    )
    assert (body.id, body.wanted, rows_of_tensors(body.inputs)) == (None, [], ["a"])


B64 = {"content_type": "base64"}


def test_texts_in_base64():
    assert rows_of_tensors([Tensor("text", [2], "BYTES", ["w6l0w6k=", "YQ=="], B64)]) == ["été", "a"]
    columns = [Tensor("title", [2], "BYTES", ["YQ==", None], B64), texts([1, 2], name="pages", datatype="INT64")]
    assert rows_of_tensors(columns, FIELDS) == [{"title": "a", "pages": 1}, {"title": None, "pages": 2}]
    of_all = parse_body(
        b'{"parameters": {"content_type": "base64"}, "inputs": [{"name": "t", "shape": [1], "datatype": "BYTES", '
        b'"data": ["YQ=="]}]}'
    )
    assert rows_of_tensors(of_all.inputs) == ["a"]


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (Tensor("t", [1], "BYTES", ["YQ="], B64), "element 1 is not the base64"),
        (Tensor("t", [1], "BYTES", ["/w=="], B64), "element 1 is not the base64 of a UTF-8 text"),
        (Tensor("t", [1], "FP64", [1.0], B64), "base64 is written as BYTES"),
        (Tensor("t", [1], "BYTES", ["a"], {"content_type": "pillow_image"}), "those read here are json, base64"),
        (Tensor("t", [1], "BYTES", ["a"], {"content_type": 7}), "those read here are json, base64"),
    ],
)
def test_content_that_is_not_read_here_is_refused(tensor, said):
    with pytest.raises(RequestInvalid, match=said):
        rows_of_tensors([tensor])


IRIS = {"sepal": "number", "petal": "number", "colour": "category"}


def test_a_matrix_has_the_fields_in_the_order_of_the_metadata():
    numbers = [[1.0, 2.0, 0.0], [3.0, math.nan, 1.0]]
    expected = [{"sepal": 1, "petal": 2, "colour": 0}, {"sepal": 3, "petal": None, "colour": 1}]
    for data in (numbers, [one for row in numbers for one in row]):
        assert rows_of_tensors([Tensor("x", [2, 3], "FP64", data)], IRIS) == expected
    words = Tensor("x", [1, 3], "BYTES", ["1.5", None, "red"])
    assert rows_of_tensors([words], IRIS) == [{"sepal": "1.5", "petal": None, "colour": "red"}]


@pytest.mark.parametrize("shape", [[2, 2], [2, 4], [3, 2, 1], [-1, 3], [2, 1, 3]])
def test_a_matrix_of_another_width_is_refused(shape):
    with pytest.raises(RequestInvalid, match=r"or \[rows, 3\] \(sepal, petal, colour\)"):
        rows_of_tensors([Tensor("x", shape, "FP64", [0.0] * 6)], IRIS)
    with pytest.raises(RequestInvalid, match="must be"):
        rows_of_tensors([Tensor("x", [2, 3], "FP64", [0.0] * 6), Tensor("y", [2], "FP64", [0.0] * 2)], IRIS)
