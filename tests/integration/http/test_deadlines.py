"""No state of a connection lasts forever, and none makes memory grow, whatever the client does or omits."""

import pytest
from http_server import DEADLINE_SECONDS, receive_until, request, statuses, until, until_closed

FLOOD_BYTES = 60_000_000
KERNEL_BYTES = 24_000_000
"""What the buffers of both sockets may take in of what the server does not read."""
QUICK = {"seconds": 0.3, "keep_alive_seconds": 0.3, "grace_seconds": 0.2, "linger_seconds": 0.2}


def flood(client, piece):
    """The number of bytes sent before the server closes, or unread data fills every buffer."""
    sent = 0
    client.settimeout(0.3)
    try:
        while sent < FLOOD_BYTES:
            sent += client.send(piece)
    except (TimeoutError, ConnectionError):
        pass
    client.settimeout(DEADLINE_SECONDS)
    return sent


def trickle(client, pieces):
    """Send the pieces one after another until the server closes; the number sent."""
    client.settimeout(0.01)
    for number, piece in enumerate(pieces):
        try:
            client.sendall(piece)
            if client.recv(65536) == b"":
                return number
        except TimeoutError:
            continue
        except ConnectionError:
            return number
    return None


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        request("POST", "/early", b"", "Content-Length: 9"),
        request("GET", "/early"),
        request("GET", "/early") + b"\r\n",
        request("GET", "/early") + b"GET / HTTP/1.1\r\n",
        request("GET", "/hang"),
        request("GET", "/hang") * 100,
        request("GET", "/stall"),
        request("POST", "/echo", b"", "Content-Length: 9") + b"half",
        request("POST", "/echo", b"", "Transfer-Encoding: chunked") + b"5\r\nhe",
        request("POST", "/echo", b"", "Expect: 100-continue", "Content-Length: 9"),
        b"no request\r\n\r\n",
    ],
    ids=[
        *("nothing", "an empty line", "half a head", "an answer and half a body", "an answer", "an answer and a line"),
        *("an answer and half a head", "no answer", "pipelined", "half an answer", "half a body", "half a chunk"),
        *("no body", "no request"),
    ],
)
def test_an_inactive_client_is_disconnected(start, sent):
    server = start(**QUICK, connections=2)
    with server.connect() as first, server.connect() as second:
        for client in (first, second):
            client.sendall(sent)
        for client in (first, second):
            until_closed(client)
        until(server.is_well)


def test_a_request_that_takes_too_long_gets_an_error(start):
    server = start(**QUICK)
    for sent in (request("GET", "/hang"), request("POST", "/echo", b"", "Content-Length: 9") + b"half"):
        answer = server.exchange(sent)
        assert statuses(answer) == [503]
        assert b"retry-after" in answer
        assert b"limit of 0.3 s" in answer
    until(lambda: "end /hang" in server.application.events)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"\r\n"),
        (request("GET", "/early"), b"\r\n"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"y"),
        (request("POST", "/echo", b"", "Content-Length: 1000000"), b"x"),
        (request("POST", "/echo", b"", "Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
        (request("POST", "/early", b"", "Content-Length: 60000"), b"x"),
    ],
    ids=["empty lines", "empty lines after a request", "a head", "a body", "chunks", "a body after its answer"],
)
def test_bytes_sent_one_by_one_do_not_extend_a_deadline(start, first, again):
    server = start(**QUICK)
    with server.connect() as client:
        client.sendall(first)
        assert trickle(client, [again] * 3000) is not None
    until(server.is_well)


@pytest.mark.parametrize("path", ["/large?1000000", "/pieces?50000000", "/early"])
def test_unread_answers_are_bounded_and_end(start, path):
    server = start(**QUICK, connections=1)
    with server.connect(receive_buffer=4096) as client:
        sent = flood(client, request("GET", path) * 100)
        assert sent < KERNEL_BYTES, "pipelined requests are left to the kernel while answers are not read"
        until(server.is_well)
    assert server.application.events.count("piece") < KERNEL_BYTES / 10_000


def test_a_client_that_reads_late_receives_everything(start):
    server = start()
    with server.connect(receive_buffer=65536) as client:
        client.sendall(request("GET", "/pieces?5000000") + request("GET", "/large?3000000", close=True))
        until(lambda: server.application.events.count("piece") > 10)
        received = until_closed(client)
    assert received.count(b"x") >= 8_000_000
    assert statuses(received) == [200, 200]


@pytest.mark.parametrize(
    ("first", "again", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X: " + b"y" * 1000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"y" * 1000, 431),
        (b"GET /", b"y" * 1000, 414),
        (b"", b"y" * 1000, 414),
        (request("POST", "/echo", b"", "Transfer-Encoding: chunked") + b"5;", b"y" * 1000, 400),
        (request("POST", "/echo", b"", "Transfer-Encoding: chunked") + b"0\r\n", b"X: yyyyyyyyyyyyyyyyyyyyy\r\n", 400),
        (request("POST", "/echo", b"", "Transfer-Encoding: chunked"), b"1;yyyyyyyyyyyyyyyyyyy\r\ny\r\n", 400),
        (request("GET", "/echo") * 5 + b"GET /", b"y" * 1000, 414),
    ],
    ids=["fields", "a field", "a URL", "a method", "an extension", "trailers", "small chunks", "pipelined"],
)
def test_endless_requests_are_refused_and_not_stored(start, first, again, status):
    server = start()
    with server.connect() as client:
        client.sendall(first + again * (70_000 // len(again)))
        answers = receive_until(client, b"}")
        assert statuses(answers)[-1] == status
        assert flood(client, again * 100) < KERNEL_BYTES
    until(server.is_well)


def test_an_unread_body_stays_in_the_kernel(start):
    server = start()
    with server.connect() as client:
        client.sendall(request("POST", "/wait", b"", f"Content-Length: {FLOOD_BYTES}"))
        assert flood(client, b"x" * 100_000) < KERNEL_BYTES
        server.application.gate.set()
        assert statuses(receive_until(client, b"waited")) == [200]


def test_one_connection_too_many_is_answered_so_and_holds_no_place(start):
    server = start(connections=2)
    with server.connect() as first, server.connect():
        first.sendall(request("GET", "/early"))
        receive_until(first, b"early")
        for _ in range(5):
            answer = server.exchange(request("GET", "/early"))
            assert statuses(answer) == [503]
            assert b"as many connections" in answer
        first.sendall(request("GET", "/early"))
        receive_until(first, b"early")
    until(server.is_well)


def test_idle_connections_make_room_and_busy_ones_do_not(start):
    server = start(connections=2, yield_seconds=0.0)
    with server.connect() as idle, server.connect() as busy:
        idle.sendall(request("GET", "/early"))
        receive_until(idle, b"early")
        busy.sendall(request("GET", "/wait"))
        until(lambda: "begin /wait" in server.application.events)
        with server.connect() as other:
            other.sendall(request("GET", "/wait"))
            assert until_closed(idle) == b""
            until(lambda: server.application.events.count("begin /wait") == 2)
            assert statuses(server.exchange(request("GET", "/early"))) == [503]
            server.application.gate.set()
            assert [statuses(receive_until(client, b"waited")) for client in (busy, other)] == [[200], [200]]
