"""Events reach the client at once, over a connection that silence does not end; streams end with the server."""

import asyncio
import queue

import pytest
from http_server import Server, receive_until, request, until, until_closed

from argosy.http.access import Access
from argosy.http.application import application
from argosy.http.endpoint import Endpoint, Routes
from argosy.http.request_metrics import RequestMetrics
from argosy.http.server_sent_events import ServerSentEvent, event_stream
from argosy.http.sites import Sites


class Open:
    """Requires no token."""

    is_closed = False

    def check(self, header, scope):
        return None


class News:
    """A package's route: it sends the items of `coming`, until None."""

    def __init__(self, quiet_seconds=15.0):
        self.coming, self.is_closed = queue.SimpleQueue(), False
        self.quiet_seconds = quiet_seconds

    def routes(self):
        return Routes([Endpoint("GET", "/news", "news", self.follow, "What happens.", "text")])

    async def follow(self, request):
        return event_stream(request, self._events(), self.quiet_seconds)

    async def _events(self):
        try:
            while True:
                while self.coming.empty():
                    await asyncio.sleep(0.002)
                if (event := self.coming.get()) is None:
                    return
                yield event
        finally:
            self.is_closed = True


@pytest.fixture
def serve():
    started = []

    def one(news, seconds=30.0):
        app = application([news.routes()], Access(Open(), Sites(["x"])), RequestMetrics(), seconds)
        app.gate, app.events = asyncio.Event(), []
        started.append(Server(app, seconds=seconds))
        return started[-1]

    yield one
    for server in started:
        server.close()


def test_events_come_one_by_one_and_the_stream_ends_with_them(serve):
    news = News()
    with serve(news).connect() as client:
        client.sendall(request(path="/news"))
        news.coming.put(ServerSentEvent("one"))
        head = receive_until(client, b"data: one\n\n\r\n")
        assert b"content-type: text/event-stream" in head
        assert b"cache-control: no-store" in head
        news.coming.put(ServerSentEvent("two\nlines\r\nmore", "alias_moved", "7"))
        received = receive_until(client, b"more\n\n\r\n")
        assert b"event: alias_moved\nid: 7\ndata: two\ndata: lines\ndata: more\n\n" in received
        news.coming.put(None)
        receive_until(client, b"0\r\n\r\n")
    assert news.is_closed


def test_quiet_ends_no_stream(serve):
    news = News(quiet_seconds=3600.0)
    with serve(news, seconds=0.2).connect() as client:
        client.sendall(request(path="/news"))
        for _ in range(6):  # longer than the deadline of a piece
            receive_until(client, b":\n\n\r\n")
        news.coming.put(ServerSentEvent("still here"))
        receive_until(client, b"data: still here\n\n\r\n")


def test_a_client_that_disconnects_ends_the_stream(serve):
    news = News(
        quiet_seconds=0.01
    )  # the server detects this only by writing: the client may just have finished sending
    with serve(news).connect() as client:
        client.sendall(request(path="/news"))
        news.coming.put(ServerSentEvent("one"))
        receive_until(client, b"data: one\n\n\r\n")
    until(lambda: news.is_closed)


def test_a_server_that_stops_ends_it(serve):
    news = News()
    server = serve(news)
    with server.connect() as client:
        client.sendall(request(path="/news"))
        news.coming.put(ServerSentEvent("one"))
        receive_until(client, b"data: one\n\n\r\n")
        server.ask_to_stop()
        assert until_closed(client).endswith(b"0\r\n\r\n")
    server.wait()
    assert news.is_closed


@pytest.mark.parametrize("event", [ServerSentEvent("x", "a\nb"), ServerSentEvent("x", "", "1\r2")])
def test_a_field_with_a_line_break_is_refused(event):
    with pytest.raises(ValueError, match="line break"):
        event.encoded()
