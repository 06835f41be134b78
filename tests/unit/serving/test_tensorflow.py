import base64

import pytest

from argosy.errors import RequestInvalid
from argosy.serving.rest.tensorflow import check_signature, rows_of_predict

B64 = {"b64": base64.b64encode("été".encode()).decode()}


@pytest.mark.parametrize(
    ("body", "inputs", "is_columnar"),
    [
        ({"instances": ["a", "b"]}, ["a", "b"], False),
        ({"instances": [B64, {"text": "b"}, {"text": B64}, ["c"]]}, ["été", "b", "été", "c"], False),
        ({"instances": [{"title": "a", "pages": 3}]}, [{"title": "a", "pages": 3}], False),
        ({"inputs": ["a", B64]}, ["a", "été"], True),
        ({"inputs": "a"}, ["a"], True),
        ({"inputs": B64}, ["été"], True),
        ({"inputs": {"text": ["a", "b"]}}, ["a", "b"], True),
        (
            {"inputs": {"title": ["a", "b"], "pages": [1, 2]}},
            [{"title": "a", "pages": 1}, {"title": "b", "pages": 2}],
            True,
        ),
        ({"instances": []}, [], False),
    ],
)
def test_rows_and_columns_give_inputs(body, inputs, is_columnar):
    assert rows_of_predict(body) == (inputs, is_columnar)


def test_for_a_model_of_fields_a_lone_field_stays_one():
    reads = {"pages": "number"}
    expected = [{"pages": 3}, "a", {"pages": 4}, {"pages": 5}]
    assert rows_of_predict({"instances": [{"pages": 3}, "a", 4, [5]]}, reads) == (expected, False)
    assert rows_of_predict({"inputs": {"pages": [1, 2]}}, reads) == ([{"pages": 1}, {"pages": 2}], True)
    assert rows_of_predict({"inputs": [1, 2]}, reads) == ([{"pages": 1}, {"pages": 2}], True)


FIELDS = {"length": "number", "width": "number", "colour": "category"}


def test_a_list_has_the_fields_in_the_order_of_the_signature():
    rows = [[1, 2.5, "red"], [3, None, "blue"]]
    expected = [{"length": 1, "width": 2.5, "colour": "red"}, {"length": 3, "width": None, "colour": "blue"}]
    assert rows_of_predict({"instances": rows}, FIELDS) == (expected, False)
    assert rows_of_predict({"inputs": rows}, FIELDS) == (expected, True)
    for row in ([1, 2], [1, 2, "red", 4], [], 1):
        with pytest.raises(RequestInvalid, match="reads 3 fields: length, width, colour"):
            rows_of_predict({"instances": [row]}, FIELDS)


@pytest.mark.parametrize("name", [None, "", "serving_default"])
def test_every_model_has_one_signature(name):
    check_signature(name)


@pytest.mark.parametrize(("name", "said"), [("classify", "'classify'"), (3, "a number"), ("x" * 999, "'x+…'")])
def test_a_signature_that_no_model_has_is_refused(name, said):
    with pytest.raises(RequestInvalid, match=f"signature_name is {said}: .*'serving_default' alone"):
        check_signature(name)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "either"),
        ({"instances": ["a"], "inputs": ["a"]}, "either"),
        ({"instances": "a"}, "instances must be an array, not a string"),
        ({"instances": ["a", 1]}, r"instances\[1\] must be text, not a number"),
        ({"instances": [None]}, r"instances\[0\] must be text, not null"),
        ({"instances": [{"b64": "***"}]}, r"instances\[0\]\.b64"),
        ({"instances": [{"b64": 3}]}, "b64"),
        ({"inputs": [{"b64": base64.b64encode(b"\xff").decode()}]}, "UTF-8"),
        ({"inputs": {"a": ["x"], "b": ["y", "z"]}}, "one length"),
        ({"inputs": {}}, "one length"),
        ({"inputs": 3}, "must be text"),
    ],
)
def test_a_request_without_inputs_names_the_place(body, said):
    with pytest.raises(RequestInvalid, match=said):
        rows_of_predict(body)
