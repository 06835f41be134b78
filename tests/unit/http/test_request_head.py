"""One head has one reading: what two programs could read differently is refused."""

import pytest

from argosy.http.connection_limits import ConnectionLimits
from argosy.http.refusals import Refused
from argosy.http.request_head import CHUNKED, end_of_head, parse_head, without_empty_lines

LIMITS = ConnectionLimits(head_bytes=1000, fields=10)


def head(*lines, first="POST /a HTTP/1.1", host="x"):
    named = () if host is None else (f"Host: {host}",)
    return "\r\n".join((first, *named, *lines, "", "")).encode("latin-1")


def parsed(*lines, **options):
    return parse_head(head(*lines, **options), LIMITS)


def refused(*lines, **options):
    with pytest.raises(Refused) as caught:
        parsed(*lines, **options)
    assert "\n" not in caught.value.message
    return caught.value.status


def test_a_head_is_read_whole():
    found = parsed("Accept:  a, b ", "X-Empty:", first="GET /caf%C3%A9?q=%20 HTTP/1.1")
    assert (found.method, found.path, found.raw_path, found.query) == ("GET", "/café", b"/caf%C3%A9", b"q=%20")
    assert found.fields == [(b"host", b"x"), (b"accept", b"a, b"), (b"x-empty", b"")]
    assert (found.version, found.length, found.keeps_alive, found.expects_continue) == ("1.1", 0, True, False)


@pytest.mark.parametrize(
    ("lines", "length"),
    [((), 0), (("Content-Length: 0",), 0), (("Content-Length: 12 ",), 12), (("Transfer-Encoding: Chunked",), CHUNKED)],
)
def test_where_the_body_ends(lines, length):
    assert parsed(*lines).length == length


@pytest.mark.parametrize("protocol", ["h2c", "websocket", "anything/1"])
def test_an_offer_to_upgrade_is_declined_and_the_body_is_still_the_body(protocol):
    offer = (f"Upgrade: {protocol}", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk")
    assert parsed(*offer, "Content-Length: 44").length == 44
    assert parsed(*offer, "Transfer-Encoding: chunked").length == CHUNKED
    assert parsed(*offer, first="GET / HTTP/1.1").length == 0
    assert parsed(*offer).keeps_alive


@pytest.mark.parametrize(
    "lines",
    [
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5, 5",),
        ("Content-Length: +5",),
        ("Content-Length: -5",),
        ("Content-Length: 0x5",),
        ("Content-Length: 5 5",),
        ("Content-Length: 5.0",),
        ("Content-Length: \xb2",),
        ("Content-Length:",),
        ("Content-Length: 9999999999999999999",),
        ("Content-Length : 5",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding:\x0bchunked",),
        ("Transfer-Encoding: chunked, identity",),
        ("X: a", " folded"),
        ("X: a", "\tfolded"),
        ("X",),
        (": nameless",),
        ("X Y: a",),
        ("X: a\nY: b",),
        ("X: a\rY: b",),
        ("X: a\0b",),
        ("Host: y",),
        ("Host: x",),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(lines):
    assert refused(*lines) == 400


def test_unsupported_codings_are_reported():
    assert refused("Transfer-Encoding: gzip, chunked") == 501
    assert refused("Expect: 200-maybe") == 417


@pytest.mark.parametrize(
    ("first", "status"),
    [
        ("GET / HTTP/2.0", 505),
        ("GET / HTTP/0.9", 505),
        ("GET /", 400),
        ("GET  / HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400),
        ("GET / http/1.1", 400),
        ("GET / HTTP/1.10", 400),
        ("GET / RTSP/1.0", 400),
        ("get / HTTP/1.1", 400),
        ("GET /a b HTTP/1.1", 400),
        ("GET /a#b HTTP/1.1", 400),
        ("GET a HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("GET http://other/ HTTP/1.1", 400),
        ("CONNECT x:80 HTTP/1.1", 400),
        ("CONNECT / HTTP/1.1", 400),
        ("PRI * HTTP/2.0", 505),
        ("", 400),
    ],
)
def test_a_first_line_that_is_none_is_refused(first, status):
    assert refused(first=first) == status


@pytest.mark.parametrize("target", ["http://x", "http://x/", "HTTP://X/", "http://x?q"])
def test_a_target_may_name_the_host_once_more(target):
    assert parsed(first=f"GET {target} HTTP/1.1").path == "/"


def test_all_of_a_server_may_be_meant():
    assert parsed(first="OPTIONS * HTTP/1.1").path == "*"


@pytest.mark.parametrize("host", ["x", "x:80", "127.0.0.1:8080", "[::1]:8080", "a-b.example.", "x:"])
def test_hosts(host):
    assert parsed(host=host).fields[0] == (b"host", host.encode())


@pytest.mark.parametrize("host", [None, "", "x/y", "x y", "a@b", "x:y", "[::1", "x,y:z", "x:123456"])
def test_a_host_is_needed_and_must_be_one(host):
    assert refused(host=host) == 400


def test_http_1_0_needs_no_host_and_closes_unless_asked():
    old = {"first": "GET / HTTP/1.0", "host": None}
    assert not parsed(**old).keeps_alive
    assert parsed("Connection: Keep-Alive", **old).keeps_alive
    assert not parsed("Expect: 100-continue", **old).expects_continue
    assert refused("Transfer-Encoding: chunked", **old) == 400


@pytest.mark.parametrize("connection", ["close", "Close", "keep-alive, close", "TE,close"])
def test_a_client_may_have_the_connection_closed(connection):
    assert not parsed(f"Connection: {connection}").keeps_alive


def test_too_many_fields():
    assert len(parsed(*(f"X{n}: y" for n in range(9))).fields) == 10
    assert refused(*(f"X{n}: y" for n in range(10))) == 431


def test_the_end_of_a_head_is_looked_for_within_the_limit():
    data = head("Expect: 100-continue")
    assert end_of_head(data + b"body\r\n\r\n", LIMITS) == len(data)
    assert all(end_of_head(data[:size], LIMITS) == 0 for size in range(len(data)))
    assert parse_head(data, LIMITS).expects_continue


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"x" * 1000, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 1000, 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200, 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\n", 400),
    ],
)
def test_a_head_that_is_too_long_or_has_other_line_ends_is_refused_before_it_is_whole(data, status):
    with pytest.raises(Refused) as caught:
        end_of_head(data, LIMITS)
    assert caught.value.status == status


def test_empty_lines_before_a_request_are_nothing():
    assert without_empty_lines(b"\r\n\r\nGET /") == b"GET /"
    assert without_empty_lines(b"\r\n" * 30_000) == b""
    assert without_empty_lines(b"\r") == b"\r"
    assert without_empty_lines(b"GET /\r\n") == b"GET /\r\n"
