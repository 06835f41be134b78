import base64

import pytest

from argosy.errors import RequestInvalid
from argosy.serving.rest.tensorflow import rows

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
    assert rows(body) == (inputs, is_columnar)


def test_for_a_model_of_fields_a_lone_field_stays_one():
    assert rows({"instances": [{"pages": 3}, "a"]}, are_texts=False) == ([{"pages": 3}, "a"], False)
    assert rows({"inputs": {"pages": [1, 2]}}, are_texts=False) == ([{"pages": 1}, {"pages": 2}], True)


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
def test_what_gives_no_inputs_says_where(body, said):
    with pytest.raises(RequestInvalid, match=said):
        rows(body)
