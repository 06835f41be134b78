"""All connections of a server: how many there may be, whose deadline has passed, and how they end when it stops."""

from __future__ import annotations

import asyncio
import contextlib
import time
from email.utils import formatdate

from argosy.http.connection import Connection
from argosy.http.connection_limits import ConnectionLimits, seconds_in_states
from argosy.http.exchange import Application, Exchange
from argosy.http.fast_lane import FastLane
from argosy.http.refusals import Refused

WATCH_SECONDS = 0.1
"""How often deadlines are looked at: a timer for every state of every request would cost more than all of this."""
CANCEL_SECONDS = 1.0
"""For requests that were cancelled to end; then the server stops without them."""


class Connections:
    """Belongs to the event loop's thread."""

    def __init__(self, application: Application, limits: ConnectionLimits, fast_lane: FastLane | None) -> None:
        self.limits, self.fast_lane = limits, fast_lane
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self.seconds_in = seconds_in_states(limits)
        self.buffer = memoryview(bytearray(limits.buffer_bytes))
        """What every connection reads into: one read is copied out before the next begins."""
        self.date = _date_line()
        self.stopping = asyncio.Event()
        self._application = application
        self._taken: set[Connection] = set()
        self._ending: set[Connection] = set()
        """Refused, or closed to make room: they hold no place."""
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, connection: Connection) -> None:
        """Raises Refused where there are too many. It is kept all the same until it is closed, and holds no place."""
        if len(self._taken) < self.limits.connections or self._made_room():
            self._taken.add(connection)
            return
        self._ending.add(connection)
        raise Refused(503, "the server has as many connections as its limit allows: come back later")

    def _made_room(self) -> bool:
        """Whether a connection could be closed: the one that has been idle for longest, if for `yield_seconds`."""
        idle = [one for one in self._taken if one.is_idle]
        longest = min(idle, key=lambda one: one.since, default=None)
        if longest is None or self.loop.time() - longest.since < self.limits.yield_seconds:
            return False
        self._taken.remove(longest)
        self._ending.add(longest)
        longest.stop()
        return True

    def remove(self, connection: Connection) -> None:
        self._taken.discard(connection)
        self._ending.discard(connection)

    def run(self, exchange: Exchange) -> asyncio.Task[None]:
        """Have the application answer a request."""
        task = self.loop.create_task(exchange.run(self._application))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def watch(self) -> None:
        """Hold connections to their deadlines until cancelled."""
        while True:
            self.date = _date_line()
            now = self.loop.time()
            for connection in (*self._taken, *self._ending):
                if connection.deadline <= now:
                    connection.expire()
            await asyncio.sleep(WATCH_SECONDS)

    async def stop(self, hurry: asyncio.Event) -> None:
        """Let the answers under way end, for `shutdown_seconds` or until `hurry` is set; then end what is left."""
        self.stopping.set()
        for connection in (*self._taken, *self._ending):
            connection.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.shutdown_seconds):
                while (self._taken or self._tasks) and not hurry.is_set():
                    await asyncio.sleep(0.01)
        for connection in (*self._taken, *self._ending):
            connection.abort()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CANCEL_SECONDS)


def _date_line() -> bytes:
    return f"date: {formatdate(time.time(), usegmt=True)}\r\n".encode()
