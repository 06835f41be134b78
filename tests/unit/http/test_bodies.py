"""Bodies that were sent compressed: read within the limit, in pieces of any size, or refused."""

import asyncio
import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from argosy.errors import ContentTypeUnsupported, RequestInvalid, RequestTooLarge
from argosy.http.bodies import parse_json, read_body

COMPRESS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, " GZIP ": gzip.compress}


def read(body, encoding="", limit=1000, piece=7):
    pieces = [body[at : at + piece] for at in range(0, len(body), piece)] or [b""]

    async def receive():
        data = pieces.pop(0)
        return {"type": "http.request", "body": data, "more_body": bool(pieces)}

    headers = [(b"content-encoding", encoding.encode())] if encoding else []
    return asyncio.run(read_body(Request({"type": "http", "headers": headers}, receive), limit))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=900), st.sampled_from(sorted(COMPRESS)), st.integers(1, 2000))
def test_what_was_compressed_is_read_as_it_was(body, encoding, piece):
    assert read(COMPRESS[encoding](body), encoding, 2000, piece) == body


def test_a_body_as_it_is():
    assert read(b"plain") == read(b"plain", "identity") == b"plain"


def test_gzip_in_several_members():
    assert read(gzip.compress(b"one ") + gzip.compress(b"two"), "gzip") == b"one two"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_the_limit_is_for_what_it_becomes(encoding):
    assert read(COMPRESS[encoding](b"x" * 1000), encoding) == b"x" * 1000
    for size in (1001, 50_000_000):
        with pytest.raises(RequestTooLarge, match="over the limit of 1000 bytes"):
            read(COMPRESS[encoding](b"x" * size), encoding, piece=500)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, deflate", "x" * 500])
def test_another_encoding_is_refused(encoding):
    with pytest.raises(ContentTypeUnsupported, match="send gzip or deflate"):
        read(b"x", encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_is_not_compressed_so_is_refused(encoding):
    whole = COMPRESS[encoding](b"a text" * 50)
    for body, said in (
        (b"plain", "not"),
        (whole[:-3], "ends before"),
        (b"", "ends before"),
        (whole + b"more", "not gzip|goes on"),
    ):
        with pytest.raises(RequestInvalid, match=said):
            read(body, encoding)


def test_json_with_a_key_twice_is_refused():
    assert parse_json(b'{"instances": [{"a": "x: y"}, {"a": 1}]}') == {"instances": [{"a": "x: y"}, {"a": 1}]}
    with pytest.raises(RequestInvalid, match="the body's JSON is ambiguous: the key 'a' is given twice"):
        parse_json(b'{"instances": [{"a": 1, "a": 2}]}')


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'"\\ud800"', "half of a surrogate pair"),
        (b'"\\ud800 \\udc00"', "half of a surrogate pair"),
        (b'"\\udc00"', "half of a surrogate pair"),
        (b'"\xe9t\xe9"', "it is not UTF-8"),
        (b'{"a": ', "it ends too early"),
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b'{"a": NaN}', r"NaN is no JSON \(byte 6\); a missing number is null"),
        (b'{"a": [1, -Infinity]}', r"Infinity is no JSON \(byte 11\)"),
        (b'{"a": [1, Nobody]}', "malformed"),
        (b'{"a": "\\ud83d\\ude00" "b"}', "malformed"),
    ],
)
def test_what_is_wrong_with_json_is_named(body, said):
    with pytest.raises(RequestInvalid, match=f"the body is not JSON: .*{said}"):
        parse_json(body)
