"""The argument of `argosy predict` for a model of texts and for one of fields."""

import pytest

from argosy.cli.predict import input_of

FIELDS = {"ratio": "number", "plan": "category"}


def test_a_model_of_fields_takes_an_object():
    assert input_of('{"ratio": 1}', FIELDS) == {"ratio": 1}
    assert input_of('{"ratio": 1}', {"text": "text"}) == '{"ratio": 1}'


@pytest.mark.parametrize("text", ["gold", "[1]", '{"ratio": 1e999}', '{"a": ' + "[" * 20_000, '{"a": "\udcff"}'])
def test_an_invalid_object_is_a_text_and_left_to_the_model(text):
    assert input_of(text, FIELDS) == text
