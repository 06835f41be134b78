"""The server's limits of time and connections, against clients that send slowly, never, or too many at once."""

import socket

import httpx

from argosy.testing.waiting import PATIENCE


def connect(server):
    url = httpx.URL(server.url)
    return socket.create_connection((url.host, url.port), timeout=PATIENCE)


def until_closed(connection):
    """The bytes that the server sends before it closes."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def test_a_client_that_sends_nothing_or_half_a_head_is_closed(project, start):
    project.promote(project.train())
    server = start(seconds=0.5)
    with connect(server) as silent, connect(server) as halting:
        halting.sendall(b"POST /v1/models/topics:predict HTTP/1.1\r\nhost: localhost\r\n")
        assert until_closed(silent) == b""
        assert until_closed(halting) == b""
    assert server.predict("a goal").status_code == 200


def test_a_body_that_does_not_come_is_answered_503(project, start):
    project.promote(project.train())
    server = start(seconds=0.5)
    with connect(server) as slow:
        slow.sendall(b"POST /v1/models/topics:predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{")
        answer = until_closed(slow)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"limit of 0.5 s" in answer
    assert server.predict("a goal").status_code == 200


def test_one_connection_too_many_is_answered_so_and_holds_no_place(project, start):
    project.promote(project.train())
    server = start(connections=3)
    server.client.close()
    held = [connect(server) for _ in range(2)]
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as third:
        server.until(lambda: third.get("/v2/health/live").status_code == 200)
        for _ in range(3):
            with connect(server) as fourth:
                fourth.sendall(b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
                answer = until_closed(fourth)
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"retry-after" in answer
            assert b"as many connections" in answer
        held.pop().close()
        assert third.get("/v2/health/live").status_code == 200
        server.until(lambda: httpx.get(f"{server.url}/v2/health/live").status_code == 200)
    held.pop().close()
