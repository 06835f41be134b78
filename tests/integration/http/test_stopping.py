"""A server that is stopped finishes running answers, and waits for nothing else."""

from http_server import receive_until, request, statuses, until, until_closed


def test_running_answers_finish_and_waiting_connections_are_closed(start):
    server = start()
    with server.connect() as busy, server.connect() as idle, server.connect() as silent, server.connect() as half:
        idle.sendall(request("GET", "/early"))
        receive_until(idle, b"early")
        half.sendall(b"GET / HTTP/1.1\r\n")
        busy.sendall(request("GET", "/wait") * 2)
        until(lambda: "begin /wait" in server.application.events)
        server.ask_to_stop()
        assert [until_closed(client) for client in (idle, silent, half)] == [b""] * 3
        assert "end /wait" not in server.application.events
        server.application.gate.set()
        answer = until_closed(busy)
        assert statuses(answer) == [200]
        assert b"connection: close" in answer
        assert answer.endswith(b"waited")
    server.wait()
    assert server.application.events[-1] == "shutdown"


def test_a_long_answer_under_way_is_read_to_its_end(start):
    server = start()
    with server.connect(receive_buffer=4096) as client:
        client.sendall(request("GET", "/pieces?5000000"))
        until(lambda: "piece" in server.application.events)
        server.ask_to_stop()
        assert until_closed(client).count(b"x") == 5_000_000
    server.wait()


def test_it_does_not_wait_forever_for_an_application_or_a_client(start):
    server = start(shutdown_seconds=0.2)
    with server.connect() as hanging, server.connect(receive_buffer=4096) as unread, server.connect() as stalled:
        hanging.sendall(request("GET", "/hang"))
        unread.sendall(request("GET", "/large?30000000"))
        stalled.sendall(request("POST", "/late", b"", "Content-Length: 10"))
        until(lambda: {"begin /hang", "begin /large", "begin /late"} <= set(server.application.events))
        server.ask_to_stop()
        server.wait()
        assert server.application.events[-1] == "shutdown"
        assert "end /hang" in server.application.events


def test_a_hurry_ends_the_waiting(start):
    server = start(shutdown_seconds=1000)
    with server.connect() as client:
        client.sendall(request("GET", "/hang"))
        until(lambda: "begin /hang" in server.application.events)
        server.ask_to_stop(hurry=True)
        server.wait()
