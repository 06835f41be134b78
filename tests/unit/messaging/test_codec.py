"""Encoded values are decoded unchanged; other values are refused with a reason."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.errors import MessageInvalid
from argosy.messaging.codec import JsonCodec

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Claim(msgspec.Struct):
    text: str
    rank: int = 0


@given(values)
def test_json_comes_back_the_same(value):
    codec = JsonCodec(Any)
    assert codec.decode(codec.encode(value)) == value


def test_a_type_is_held_to_and_newer_fields_are_left_out():
    codec = JsonCodec(Claim)
    assert codec.decode(codec.encode(Claim("a", 1))) == Claim("a", 1)
    assert codec.decode(b'{"text": "a", "since": 3}') == Claim("a")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "Input data was truncated"),
        (b"\xff", "invalid"),
        (b'{"rank": 1}', "missing required field `text`"),
        (b'{"text": 1}', "Expected `str`, got `int`"),
        (b'{"text": "' + b"x" * 100 + b'"}', "at most 100 are taken"),
    ],
)
def test_an_invalid_such_value_is_refused(body, problem):
    with pytest.raises(MessageInvalid, match="Claim") as error:
        JsonCodec(Claim, 100).decode(body)
    assert problem.lower() in str(error.value).lower()


def test_what_is_nested_without_end_is_refused():
    body = b'{"text": "a", "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(MessageInvalid, match="recursion"):
        JsonCodec(Claim).decode(body)


def test_what_is_too_large_or_no_json_is_not_encoded():
    with pytest.raises(MessageInvalid, match="at most 100"):
        JsonCodec(Claim, 100).encode(Claim("x" * 100))
    with pytest.raises(MessageInvalid, match="JSON cannot hold"):
        JsonCodec(Any).encode(object())
