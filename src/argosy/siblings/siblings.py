"""The processes of a server as one of them sees them: a question goes to all, and one answer comes back."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from argosy.errors import SiblingUnreachable
from argosy.siblings.channel import Channel, to_frame

LISTENING: Final = "listening"
"""What a process reports once it takes connections, with its URLs."""
ASK_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.1
MARGIN_SECONDS: Final = 1.0
"""That the keeper may take longer than the processes that it asks."""
Handler = Callable[[Any], Awaitable[Any]]


class Siblings:
    """A server that is one process: it answers for all. Belongs to the event loop's thread, but for `answer_to`."""

    count = 1

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def answer_to(self, question: str, handler: Handler) -> None:
        """How this process answers a question; to be called before any is asked."""
        if question in self._handlers:
            raise ValueError(f"'{question}' has an answer already")
        self._handlers[question] = handler

    async def ask(self, question: str, argument: Any = None, seconds: float = ASK_SECONDS) -> Any:  # noqa: ARG002
        """What all processes say, put together as the question is; raises what one of them raised.

        Arguments and answers are values that MessagePack has. Of several processes one that does not answer within
        the seconds is SiblingUnreachable, unless the question is about what it said before too.
        """
        return await self._handlers[question](argument)

    def ask_from_thread(self, question: str, is_over: threading.Event, argument: Any = None) -> Any:
        """`ask` for another thread, which waits; raises SiblingUnreachable once `is_over` is set."""
        if self._loop is None:
            raise SiblingUnreachable("the server has not begun")
        found = asyncio.run_coroutine_threadsafe(self.ask(question, argument), self._loop)
        while True:
            try:
                return found.result(LOOK_SECONDS)
            except TimeoutError:
                if is_over.is_set():
                    raise SiblingUnreachable("the server stops") from None

    def start(self) -> None:
        """On the event loop, before the first request."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """After the last one."""


class ConnectedSiblings(Siblings):
    """One of `count` processes, connected with their keeper."""

    def __init__(self, connection: socket.socket, count: int) -> None:
        super().__init__()
        self.count, self._connection = count, connection
        self._channel: Channel | None = None
        self._urls: list[str] = []
        self._tasks: list[asyncio.Task[Any]] = []

    async def ask(self, question: str, argument: Any = None, seconds: float = ASK_SECONDS) -> Any:
        return await self._opened().ask(question, [argument, seconds], seconds + MARGIN_SECONDS)

    def report_url(self, url: str) -> None:
        """It takes connections there; of all addresses one after the other, on the event loop."""
        self._urls.append(url)
        if len(self._urls) == 1:
            asyncio.get_running_loop().call_soon(self._report)

    def start(self) -> None:
        super().start()
        self._tasks.append(asyncio.get_running_loop().create_task(self._opened().run()))

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _report(self) -> None:
        """All addresses that were reported by now."""
        self._tasks.append(asyncio.get_running_loop().create_task(self.ask(LISTENING, self._urls)))

    def _opened(self) -> Channel:
        if self._channel is None:
            self._channel = Channel(self._connection, self._answer)
        return self._channel

    async def _answer(self, question: str, argument: Any) -> Any:
        return await self._handlers[question](argument)


def greet(connection: socket.socket, greeting: Any) -> None:
    """Send what a process is to know at its start, before anything else."""
    connection.sendall(to_frame(greeting))


def greeted() -> tuple[socket.socket, Any]:
    """In a process that a keeper started: the connection, which is its standard input, and the greeting."""
    connection = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    length = int.from_bytes(_received(connection, 4))
    return connection, msgspec.msgpack.decode(_received(connection, length))


def _received(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError("the keeper of this process is gone")
        data += part
    return data
