"""Runs an ASGI application on an address until SIGTERM or Ctrl-C, and lets requests in flight end first."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence
from threading import Timer
from typing import Protocol

from argosy.http.connection import Connection
from argosy.http.connection_limits import ConnectionLimits
from argosy.http.connections import Connections
from argosy.http.event_loop import new_event_loop
from argosy.http.exchange import Application
from argosy.http.fast_lane import FastLane
from argosy.http.lifespan import lifespan
from argosy.http.listening import BACKLOG, listen, url_host
from argosy.processes import end_within, on_stop

END_SECONDS = 30.0
"""From the signal until the process ends without waiting any longer, for a model's code may never let it."""


class Stop:
    """Asks a server to stop: once for its requests to end first, in a hurry for them not to."""

    def __init__(self) -> None:
        self.asked, self.hurry = asyncio.Event(), asyncio.Event()

    def on_signal(self, number: int) -> None:
        """A second Ctrl-C is a hurry; a SIGTERM after one is a parent that tells its children to stop as well."""
        if self.asked.is_set() and number == signal.SIGINT:
            self.hurry.set()
        self.asked.set()


class Listener(Protocol):
    """What answers another protocol, on the event loop of the HTTP server and under the same address."""

    url: str
    """Where, once it was started."""

    async def start(self, host: str) -> None:
        """Called before the first request is taken; raises PortInUse, AddressInvalid."""

    async def stop(self, hurry: asyncio.Event) -> None:
        """Let the requests under way end, for as long as the HTTP server does or until `hurry` is set."""


def serve_until_stopped(
    application: Application,
    host: str,
    port: int,
    on_listening: Callable[[str], None] | None = None,
    limits: ConnectionLimits | None = None,
    listeners: Sequence[Listener] = (),
    fast_lane: FastLane | None = None,
    is_shared: bool = False,
    on_stopping: Sequence[Callable[[], None]] = (),
) -> None:
    """Blocks until it is stopped. `on_listening` gets the URL once connections are taken, and then that of each other
    listener; port 0 picks a free one. A shared port has other processes too. `on_stopping` are called, on the event
    loop, before the last answers are waited for.

    Raises PortInUse, AddressInvalid. Call it on the main thread.
    """
    timers: list[Timer] = []

    async def until_stopped() -> None:
        stop, loop = Stop(), asyncio.get_running_loop()
        url = f"http://{url_host(host)}:{listening.getsockname()[1]}"

        def on_signal(number: int) -> None:
            timers.append(end_within(END_SECONDS))
            loop.call_soon_threadsafe(stop.on_signal, number)

        def started() -> None:
            if on_listening:
                on_listening(url)
                for listener in listeners:
                    on_listening(listener.url)

        with on_stop(on_signal):  # not the loop's own handlers: a model that keeps it busy would never let these run
            await run_server(application, listening, stop, started, limits, listeners, fast_lane, on_stopping)

    try:
        with listen(host, port, is_shared) as listening, asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(until_stopped())
    finally:  # by now the threads that the loop waits for have ended too
        for timer in timers:
            timer.cancel()


async def run_server(
    application: Application,
    listening: socket.socket,
    stop: Stop,
    on_started: Callable[[], None] = lambda: None,
    limits: ConnectionLimits | None = None,
    listeners: Sequence[Listener] = (),
    fast_lane: FastLane | None = None,
    on_stopping: Sequence[Callable[[], None]] = (),
) -> None:
    """Serve on a listening socket, and where the listeners do, until asked to stop."""
    async with lifespan(application):
        for listener in listeners:
            await listener.start(listening.getsockname()[0])
        connections = Connections(application, limits or ConnectionLimits(), fast_lane)
        watch = asyncio.create_task(connections.watch())
        server = await connections.loop.create_server(lambda: Connection(connections), sock=listening, backlog=BACKLOG)
        try:
            on_started()
            await stop.asked.wait()
        finally:
            server.close()
            for end in on_stopping:
                end()
            await asyncio.gather(connections.stop(stop.hurry), *(one.stop(stop.hurry) for one in listeners))
            watch.cancel()
