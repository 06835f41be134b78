"""Every request gets one answer, however it is split; an invalid request gets one answer and is closed."""

import json

import pytest
from http_server import LARGEST, SECRET, Application, Server, receive_until, request, statuses, until, until_closed

from argosy.http import fast_lane

OFFERS = [
    ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    ("Connection: Upgrade", "Upgrade: websocket"),
    ("Upgrade: anything",),
]
HIDDEN = request("POST", "/echo", b"smuggled")


@pytest.mark.parametrize("offer", OFFERS, ids=["h2c", "websocket", "anything"])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunks"])
def test_the_body_after_an_offer_to_upgrade_is_no_second_request(server, offer, is_chunked):
    if is_chunked:
        head = request("POST", "/echo", b"", *offer, "Transfer-Encoding: chunked")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
    else:
        head, body = request("POST", "/echo", b"", *offer, f"Content-Length: {len(HIDDEN)}"), HIDDEN
    last = request("POST", "/echo", b"last", close=True)
    assert statuses(server.exchange(head, body, last)) == [200, 200]
    assert statuses(server.exchange(head + body + last)) == [200, 200]
    assert server.application.requests == [("POST", HIDDEN), ("POST", b"last")] * 2


@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 30"),
        ("Content-Length: 5, 5",),
        ("Content-Length : 5",),
        ("X: y", " Content-Length: 5"),
        ("Transfer-Encoding: xchunked",),
        ("Host: y",),
    ],
)
def test_a_request_with_two_readings_is_refused_and_nothing_after_it_is_read(server, fields):
    answers = server.exchange(request("POST", "/echo", b"", *fields), HIDDEN)
    assert statuses(answers) == [400]
    head, _, body = answers.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head
    assert b"connection: close" in head
    assert list(json.loads(body)) == ["error"]
    assert server.application.events == ["startup"]


@pytest.mark.parametrize("chunk", [b"0x5\r\nhello\r\n", b"5\nhello\r\n", b"4\r\nhello\r\n", b"5;" + b"x" * 5000])
def test_a_chunk_with_two_readings_is_refused(server, chunk):
    head = request("POST", "/echo", b"", "Transfer-Encoding: chunked")
    assert statuses(server.exchange(head, chunk, b"0\r\n\r\n", HIDDEN)) == [400]
    assert server.application.requests == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ],
)
def test_what_is_not_http_1_is_answered_so(server, sent, status):
    answer = server.exchange(sent)
    assert statuses(answer) == [status]
    assert list(json.loads(answer.partition(b"\r\n\r\n")[2])) == ["error"]


def test_a_request_may_arrive_byte_by_byte(server):
    chunked = request("POST", "/echo", b"", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\nX: y\r\n\r\n"
    sent = b"\r\n" + request("POST", "/echo", b"one") + chunked + request("POST", "/echo", b"two", close=True)
    assert statuses(server.exchange(*[bytes([byte]) for byte in sent])) == [200] * 3
    assert server.application.requests == [("POST", b"one"), ("POST", b"hello"), ("POST", b"two")]


def test_pipelined_requests_are_answered_in_order(server):
    bodies = [b"%d" % number for number in range(200)]
    sent = b"".join(request("POST", "/echo", body) for body in bodies)
    assert statuses(server.exchange(sent + request(close=True))) == [200] * 201
    assert server.application.requests == [*(("POST", body) for body in bodies), ("GET", b"")]


def test_a_half_closed_client_receives_its_answers(server):
    with server.connect() as client:
        client.sendall(request(path="/wait") + request("POST", "/echo", b"second"))
        client.shutdown(1)
        until(lambda: "begin /wait" in server.application.events)
        server.application.gate.set()
        answers = until_closed(client)
    assert statuses(answers) == [200, 200]
    assert answers.endswith(b"second")


@pytest.mark.parametrize("sent", [b"", b"GET / HT", request("POST", "/echo", b"", "Content-Length: 9") + b"half"])
def test_a_client_that_disconnects_in_the_middle_is_closed(server, sent):
    assert statuses(server.exchange(sent, shut=True)) in ([], [400])
    assert server.application.requests == []
    assert server.is_well()


def test_a_large_body_streams_through_a_small_buffer(start):
    server = start(buffer_bytes=4096)
    body = b"0123456789" * 300_000
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(body[at : at + 7000]), body[at : at + 7000]) for at in range(0, 3_000_000, 7000)
    )
    assert server.exchange(request("POST", "/echo", body, close=True)).endswith(b"\r\n\r\n" + body)
    chunked = request("POST", "/echo", b"", "Transfer-Encoding: chunked", close=True)
    assert server.exchange(chunked + chunks + b"0\r\n\r\n").endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("size", [100, 65_536, 150_000, 300_000])
def test_a_body_that_is_read_late_is_complete(server, size):
    body = b"0123456789" * (size // 10)
    assert server.exchange(request("POST", "/late", body, close=True)).endswith(b"\r\n\r\n" + body)


def test_a_client_that_expects_100_continue_receives_it(server):
    head = request("POST", "/echo", b"", "Expect: 100-continue", "Content-Length: 4", close=True)
    with server.connect() as client:
        client.sendall(head)
        assert receive_until(client, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"body")
        assert until_closed(client).endswith(b"\r\n\r\nbody")
    assert statuses(server.exchange(head + b"body")) in ([200], [100, 200])
    answer = server.exchange(head.replace(b"/echo", b"/early"))
    assert statuses(answer) == [200]
    assert b"connection: close" in answer


def test_a_short_unread_body_is_skipped(server):
    first = request("POST", "/early", b"", "Content-Length: 9")
    with server.connect() as client:
        client.sendall(first)
        receive_until(client, b"early")
        client.sendall(b"123456789" + request("POST", "/echo", b"next", close=True))
        assert until_closed(client).endswith(b"next")


@pytest.mark.parametrize("fields", [("Content-Length: 9000000",), ("Transfer-Encoding: chunked",)])
def test_a_long_unread_body_ends_the_connection_after_the_answer(server, fields):
    answer = server.exchange(request("POST", "/early", b"", *fields), b"1")
    assert statuses(answer) == [200]
    assert b"connection: close" in answer
    assert answer.endswith(b"early")


def test_what_is_sent_after_the_last_request_does_not_cost_its_answer(server):
    answer = server.exchange(request("GET", "/large?500000", close=True) + request("GET", "/early") * 10_000)
    assert (statuses(answer), answer.endswith(b"\r\n\r\n" + b"x" * 500_000)) == ([200], True)
    assert "begin /early" not in server.application.events


def test_head_has_the_fields_and_not_the_body(server):
    head = server.exchange(request("HEAD", "/large?12345", close=True))
    assert b"content-length: 12345" not in head  # not from the application, which sent no length
    assert head.endswith(b"\r\n\r\n")
    both = server.exchange(request("HEAD", "/early") + request("GET", "/early", close=True))
    assert statuses(both) == [200, 200]
    assert both.count(b"early") == 1


def test_http_1_0_clients_are_closed_unless_they_ask_for_keep_alive(server):
    assert server.exchange(b"GET /early HTTP/1.0\r\n\r\n").endswith(b"early")
    kept = server.exchange(
        b"GET /early HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", request("GET", "/early", close=True)
    )
    assert statuses(kept) == [200, 200]
    assert b"connection: keep-alive" in kept
    streamed = server.exchange(b"GET /pieces?30000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert streamed.endswith(b"\r\n\r\n" + b"x" * 30_000)
    assert b"chunked" not in streamed


@pytest.mark.parametrize("path", ["/fail", "/nothing"])
def test_a_failing_application_is_an_error_without_details(server, path, caplog):
    answer = server.exchange(request(path=path))
    assert statuses(answer) == [500]
    assert SECRET.encode() not in answer
    assert SECRET not in caplog.text
    assert "a request failed" in caplog.text
    assert server.is_well()


def test_an_answer_that_breaks_off_is_seen_to(server):
    answer = server.exchange(request(path="/fail_late"))
    assert not answer.endswith(b"\r\n\r\n")
    assert b"content-length: 10" in answer or answer == b""
    assert server.is_well()


@pytest.fixture
def fast():
    server = Server(Application(), is_fast=True)
    yield server
    server.close()


def test_a_known_head_is_answered_with_its_own_body(fast):
    """The heads are the same bytes; the bodies, and how they are split, are not."""
    bodies = [b"%05d" % number for number in range(20)]
    sent = b"".join(request("POST", "/echo", body) for body in bodies) + request("POST", "/echo", b"x", close=True)
    assert statuses(fast.exchange(*(sent[at : at + 7] for at in range(0, len(sent), 7)))) == [200] * 21
    assert [body for _, body in fast.application.requests] == [*bodies, b"x"]


def test_what_follows_a_request_that_is_not_answered_yet_waits(fast):
    with fast.connect() as client:
        client.sendall(request("POST", "/wait", b"first") + request("POST", "/echo", b"second", close=True))
        until(lambda: "begin /wait" in fast.application.events)
        assert "begin /echo" not in fast.application.events
        fast.application.gate.set()
        answers = until_closed(client)
    assert statuses(answers) == [200, 200]
    assert [body for _, body in fast.application.requests] == [b"first", b"second"]


def test_more_heads_than_are_kept_are_answered(fast, monkeypatch):
    monkeypatch.setattr(fast_lane, "HEADS", 3)
    for number in range(10):
        assert statuses(fast.exchange(request("POST", "/echo", b"body", f"X: {number % 4}", close=True))) == [200]
    sent = b"".join(request("POST", "/echo", b"body", f"X: {number % 4}") for number in range(20))
    assert statuses(fast.exchange(sent + request("POST", "/echo", b"body", close=True))) == [200] * 21


def test_a_body_over_the_limit_goes_the_long_way(fast):
    for size in (LARGEST, LARGEST + 1):
        sent = request("POST", "/echo", b"x" * size) + request(path="/early", close=True)
        assert statuses(fast.exchange(sent)) == [200, 200]
    assert [len(body) for _, body in fast.application.requests] == [LARGEST, LARGEST + 1]
    assert fast.application.fast == 1


def test_a_request_that_takes_too_long_is_told_so_and_the_next_is_answered():
    server = Server(Application(), is_fast=True, seconds=0.2, grace_seconds=0.1)
    try:
        with server.connect() as client:
            client.sendall(request("POST", "/wait", b"first") + request("POST", "/echo", b"second", close=True))
            answers = until_closed(client)
        assert statuses(answers) == [503, 200]
        assert b"it took longer than the limit of 0.2 s" in answers
        assert server.application.events[1:] == ["begin /wait", "lost", "begin /echo", "end /echo"]
    finally:
        server.application.gate.set()
        server.close()
