"""How answers are framed."""

import pytest

from argosy.http.connection_limits import ConnectionLimits
from argosy.http.refusals import Refused
from argosy.http.request_head import parse_head
from argosy.http.response_framing import ResponseFraming, ResponseInvalid

DATE = b"date: now\r\n"


def asked(method="GET", version="1.1", connection="x"):
    head = f"{method} / HTTP/{version}\r\nHost: x\r\nConnection: {connection}\r\n\r\n".encode()
    return ResponseFraming(parse_head(head, ConnectionLimits()))


def fields_of(sent):
    head, _, body = sent.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first, dict(line.split(b": ", 1) for line in lines), body


def test_a_length_that_the_application_sends_is_kept():
    answer = asked()
    sent = answer.begin(200, [(b"Content-Length", b"5"), (b"a", b"b")], b"hello", True, DATE)
    fields = {b"content-length": b"5", b"a": b"b", b"date": b"now"}
    assert fields_of(sent) == (b"HTTP/1.1 200 OK", fields, b"hello")
    assert answer.is_complete
    assert not answer.closes


def test_an_answer_in_one_piece_gets_its_length():
    assert fields_of(asked().begin(299, [], b"hello", True, b"")) == (
        b"HTTP/1.1 299 ",
        {b"content-length": b"5"},
        b"hello",
    )


def test_an_answer_in_pieces_is_chunked_or_ends_with_the_connection():
    answer = asked()
    assert fields_of(answer.begin(200, [], b"hello", False, b""))[1:] == (
        {b"transfer-encoding": b"chunked"},
        b"5\r\nhello\r\n",
    )
    assert answer.more(b"", False) == b""
    assert answer.more(b" you", True) == b"4\r\n you\r\n0\r\n\r\n"
    old = asked(version="1.0", connection="keep-alive")
    assert fields_of(old.begin(200, [], b"hello", False, b""))[1:] == ({b"connection": b"close"}, b"hello")
    assert old.more(b" you", True) == b" you"
    assert old.closes


def test_an_old_client_that_asked_for_it_keeps_its_connection():
    answer = asked(version="1.0", connection="keep-alive")
    assert fields_of(answer.begin(200, [], b"x", True, b""))[1] == {
        b"content-length": b"1",
        b"connection": b"keep-alive",
    }
    assert not answer.closes


@pytest.mark.parametrize(
    ("method", "status", "length"),
    [("HEAD", 200, True), ("GET", 204, False), ("GET", 304, False), ("POST", 204, False)],
)
def test_answers_without_a_body_have_none(method, status, length):
    answer = asked(method)
    _, fields, body = fields_of(answer.begin(status, [(b"content-length", b"5")], b"hello", True, b""))
    assert (body, b"content-length" in fields, b"transfer-encoding" in fields) == (b"", length, False)
    assert answer.is_complete


@pytest.mark.parametrize("connection", ["close", "x"])
def test_an_answer_says_that_the_connection_ends_with_it(connection):
    answer = asked(connection=connection)
    said = [] if connection == "close" else [(b"Connection", b"close")]
    assert fields_of(answer.begin(200, said, b"", True, b""))[1][b"connection"] == b"close"
    assert answer.closes


@pytest.mark.parametrize("field", [(b"a", b"b\r\nc: d"), (b"a", b"b\nc"), (b"a\r\nc", b"d")])
def test_a_field_cannot_split_the_answer(field):
    with pytest.raises(ResponseInvalid):
        asked().begin(200, [field], b"", True, b"")


def test_an_answer_with_a_wrong_length_is_the_applications_error():
    with pytest.raises(ResponseInvalid):
        asked().begin(200, [(b"content-length", b"5")], b"too long", True, b"")
    short = asked()
    with pytest.raises(ResponseInvalid):
        short.begin(200, [(b"content-length", b"5")], b"x", True, b"")
    assert not short.is_complete
    done = asked()
    done.begin(200, [], b"x", True, b"")
    with pytest.raises(ResponseInvalid):
        done.more(b"y", True)


def test_a_refusal_is_a_whole_answer():
    first, fields, body = fields_of(Refused(503, "come back later").answer())
    assert first == b"HTTP/1.1 503 Service Unavailable"
    assert (fields[b"connection"], fields[b"retry-after"], fields[b"content-type"]) == (
        *(b"close", b"1", b"application/json"),
    )
    assert body == b'{"error":"come back later"}'
    assert int(fields[b"content-length"]) == len(body)
