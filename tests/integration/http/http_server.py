"""A server in a thread, an application that answers by path, and clients that send raw bytes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time

from argosy.errors import RequestInvalid
from argosy.http.connection_limits import ConnectionLimits
from argosy.http.endpoint import Endpoint
from argosy.http.event_loop import new_event_loop
from argosy.http.fast_lane import FastLane
from argosy.http.listening import listen
from argosy.http.request_limits import RequestLimits
from argosy.http.request_metrics import RequestMetrics
from argosy.http.server import Stop, run_server

DEADLINE_SECONDS = 30
SECRET = "somebody's text"
LARGEST = 100_000
"""Of bodies on the fast lane."""


class Application:
    """`requests` lists complete requests; `/wait` waits until a test opens `gate`."""

    def __init__(self):
        self.requests, self.events = [], []
        self.fast = 0
        """How many requests came over the fast lane."""
        self.gate = threading.Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{kind}"
                self.events.append(kind)
                await send({"type": f"lifespan.{kind}.complete"})
            return
        self.events.append(f"begin {scope['path']}")
        try:
            await getattr(self, scope["path"][1:])(scope, receive, send)
        finally:
            self.events.append(f"end {scope['path']}")

    async def echo(self, scope, receive, send):
        """The request's body."""
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.events.append("disconnect")
                return
            body, more = body + message["body"], message["more_body"]
        self.requests.append((scope["method"], body))
        await answer(send, body)

    async def late(self, scope, receive, send):
        """The same, read only after many iterations of the loop, in each of which more of it may arrive."""
        for _ in range(300):
            await asyncio.sleep(0)
        await self.echo(scope, receive, send)

    async def early(self, scope, receive, send):
        """Answers without reading the body."""
        await answer(send, b"early")

    async def wait(self, scope, receive, send):
        while not self.gate.is_set():
            await asyncio.sleep(0.005)
        await answer(send, b"waited")

    async def hang(self, scope, receive, send):
        await asyncio.Event().wait()

    async def large(self, scope, receive, send):
        """As many bytes as the query asks for."""
        await answer(send, b"x" * int(scope["query_string"]))

    async def pieces(self, scope, receive, send):
        """The same, 10,000 bytes at a time, without a length."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(int(scope["query_string"]) // 10_000):
            self.events.append("piece")
            await send({"type": "http.response.body", "body": b"x" * 10_000, "more_body": True})
        await send({"type": "http.response.body"})

    async def stall(self, scope, receive, send):
        """Half an answer."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await asyncio.Event().wait()

    async def fail(self, scope, receive, send):
        raise ValueError(SECRET)

    async def fail_late(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError(SECRET)

    async def nothing(self, scope, receive, send):
        return


async def answer(send, body):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


class FastEcho:
    """The application's `/echo` for the fast lane, and `/wait`."""

    content_types = ("text/plain", "")

    def __init__(self, application):
        self._application = application

    def prepare(self, head, parameters):
        if parameters["name"] not in ("echo", "wait"):
            raise RequestInvalid("it goes the long way")
        return f"/{parameters['name']}"

    def answer(self, fast):
        self._application.events.append(f"begin {fast.prepared}")
        self._application.fast += 1
        fast.on_lost = lambda: self._application.events.append("lost")
        self._answer(fast)

    def _answer(self, fast):
        if fast.prepared == "/wait" and not self._application.gate.is_set():
            asyncio.get_running_loop().call_later(0.005, self._answer, fast)
            return
        self._application.requests.append(("POST", fast.body))
        self._application.events.append(f"end {fast.prepared}")
        fast.answer(200, b"content-type: text/plain\r\n", fast.body)


class Everyone:
    """Lets every caller in."""

    def __init__(self):
        self.authentication, self.state = self, object()

    def check(self, method, fields, scope):
        return None


def fast_lane(application, seconds):
    endpoint = Endpoint("POST", "/{name}", "echo", application, "", "", fast=FastEcho(application))
    return FastLane([endpoint], Everyone(), RequestMetrics(), RequestLimits(seconds=seconds, body_bytes=LARGEST))


class Server:
    """The application on a free port of this machine."""

    def __init__(self, application, new_loop=new_event_loop, is_fast=False, **limits):
        self.application, self._new_loop, self._is_fast = application, new_loop, is_fast
        self._limits = ConnectionLimits(**{"linger_seconds": DEADLINE_SECONDS, **limits})
        self._started = threading.Event()
        self._socket = listen("127.0.0.1", 0)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run_loop)
        self._thread.start()
        assert self._started.wait(DEADLINE_SECONDS)

    def _run_loop(self):
        with asyncio.Runner(loop_factory=self._new_loop) as runner:
            runner.run(self._run())

    async def _run(self):
        self._stop, self._loop = Stop(), asyncio.get_running_loop()
        with self._socket:
            lane = fast_lane(self.application, self._limits.seconds) if self._is_fast else None
            started, limits = self._started.set, self._limits
            await run_server(self.application, self._socket, self._stop, started, limits, fast_lane=lane)

    def ask_to_stop(self, *, hurry=False):
        def ask():
            self._stop.asked.set()
            if hurry:
                self._stop.hurry.set()

        self._loop.call_soon_threadsafe(ask)

    def wait(self):
        self._thread.join(DEADLINE_SECONDS)
        assert not self._thread.is_alive(), "the server did not end"

    def close(self):
        if self._thread.is_alive():
            self.application.gate.set()
            self.ask_to_stop(hurry=True)
        self.wait()

    def connect(self, receive_buffer=0):
        """A client; with a small buffer its unread data soon fills it."""
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(DEADLINE_SECONDS)
        client.connect(("127.0.0.1", self.port))
        return client

    def exchange(self, *pieces, shut=False):
        """The server's answer to these pieces, each sent separately, until it closes."""
        with self.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    client.sendall(piece)
                if shut:
                    client.shutdown(socket.SHUT_WR)
            return until_closed(client)

    def is_well(self):
        """Whether another client is answered."""
        return b"well" in self.exchange(request("POST", "/echo", b"well", close=True))


def request(method="GET", path="/echo", body=b"", *fields, close=False, length=True):
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *fields]
    lines += [f"Content-Length: {len(body)}"] if body and length else []
    lines += ["Connection: close"] if close else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def until_closed(client):
    """The bytes received before the end; a reset counts as an end."""
    received = b""
    try:
        while chunk := client.recv(65536):
            received += chunk
    except ConnectionError:
        pass
    return received


def receive_until(client, ending):
    received = b""
    while not received.endswith(ending):
        chunk = client.recv(65536)
        assert chunk, received
        received += chunk
    return received


def statuses(answers):
    """The status of each answer."""
    return [int(one[:3]) for one in answers.split(b"HTTP/1.1 ")[1:]]


def until(condition):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
