"""Whom an answer of a service is about, as outcomes find it again."""

import pytest

from argosy.predictions.entities import entity_key


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"user": "ana", "product": "tea"}, '["ana","tea"]'),
        ({"user": 7, "product": "7"}, '["7","7"]'),
        ({"user": 7.0, "product": " tea "}, '["7","tea"]'),
        ({"user": 'a"b', "product": "é"}, '["a\\"b","é"]'),
    ],
)
def test_an_entity_has_one_text(values, key):
    assert entity_key({"price": 2.5, **values}, ("user", "product")) == key


@pytest.mark.parametrize("user", [None, "", " ", 2.5, float("nan"), True, ["a"], "a\0"])
def test_what_identifies_nobody_is_no_entity(user):
    with pytest.raises(ValueError, match="user"):
        entity_key({"user": user}, ("user",))
