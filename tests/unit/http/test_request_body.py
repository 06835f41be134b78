"""Where bodies end, however they are split."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.http.connection_limits import ConnectionLimits
from argosy.http.refusals import Refused
from argosy.http.request_body import body_of
from argosy.http.request_head import CHUNKED

LIMITS = ConnectionLimits(framing_bytes=1000)
CHUNKS = b'5\r\nhello\r\n6;name=value; other="x y"\r\n world\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n'
WHOLE = b"hello world0123456789"


def read(body, *pieces):
    """The body and the bytes after it."""
    found, rest = b"", b""
    for piece in pieces:
        if body.is_whole:
            rest += piece
            continue
        more, after = body.feed(piece)
        found, rest = found + more, rest + after
    return found, rest


@given(st.integers(1, 40))
@settings(deadline=None, derandomize=True)
def test_pieces_of_any_size_are_the_same_body(size):
    for length, sent, expected in ((CHUNKED, CHUNKS, WHOLE), (len(WHOLE), WHOLE, WHOLE)):
        data = sent + b"GET / HTTP/1.1"
        body = body_of(length, LIMITS)
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert read(body, *pieces) == (expected, b"GET / HTTP/1.1")
        assert body.is_whole


def test_a_sized_body_is_read_to_its_length_and_no_further():
    body = body_of(5, LIMITS)
    assert body.feed(b"abc") == (b"abc", b"")
    assert (body.left, body.is_whole) == (2, False)
    assert body.feed(b"defg") == (b"de", b"fg")
    assert body.is_whole
    assert body_of(0, LIMITS).is_whole


@pytest.mark.parametrize(
    "sent",
    [
        b"0x5\r\nhello\r\n",
        b"+5\r\nhello\r\n",
        b"-5\r\nhello\r\n",
        b" 5\r\nhello\r\n",
        b"5 \r\nhello\r\n",
        b"5\thello\r\n",
        b"\r\nhello\r\n",
        b"g\r\n",
        b"5\nhello\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
        b"FFFFFFFFFFFFFFFFF\r\nhello",
        b"5;\0\r\nhello",
        b"5;a\x7f\r\nhello",
        b"0\r\nno trailer\r\n\r\n",
        b"0\r\n folded: x\r\n\r\n",
        b"0\r\nName : x\r\n\r\n",
        b"0\n\n",
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "byte by byte"])
def test_chunks_that_could_be_read_in_two_ways_are_refused(sent, at_once):
    with pytest.raises(Refused) as caught:
        read(body_of(CHUNKED, LIMITS), *([sent] if at_once else [bytes([byte]) for byte in sent]))
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"1\r\nx\r\n" * 300,
        b"5;" + b"x" * 1100 + b"\r\nhello\r\n",
        b"5;x=y\r\nhello\r\n" * 300,
        b"0\r\n" + b"Name: value\r\n" * 100,
        b"5;" + b"x" * 5000,
        b"0\r\nName: " + b"x" * 5000,
    ],
    ids=["small chunks", "a long extension", "extensions", "trailers", "an extension without end", "a trailer so"],
)
def test_what_is_not_body_is_bounded(sent):
    with pytest.raises(Refused, match=r"too (many|long)"):
        read(body_of(CHUNKED, LIMITS), sent)


def test_what_is_not_body_may_be_as_long_as_the_body_and_a_little():
    assert len(read(body_of(CHUNKED, LIMITS), b"8;a\r\n12345678\r\n" * 5000 + b"0\r\n\r\n")[0]) == 40_000
