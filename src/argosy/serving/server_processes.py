"""The keeper of a server's processes: how their answers become one, and what it knows for those that start later.

A process that is started again has the settings and the unloaded models that the others have by then: what is asked of
all while it starts waits in its connection.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

import msgspec

from argosy.definitions.project import Settings
from argosy.definitions.service import Service, service_texts
from argosy.errors import ArgosyError, ModelNotFound
from argosy.http.collected_metrics import METRICS, Family, added_families, counts_alone
from argosy.processes import on_stop
from argosy.serving.added_statistics import added_statistics
from argosy.serving.readiness import MODEL_READY, SERVER_READY
from argosy.serving.reloading import APPLY, CHECK_SERVICES, PUT_SERVICES, RELOAD, Reloading
from argosy.serving.repository import INDEX, LOAD, STATISTICS, UNLOAD, joined_index
from argosy.serving.server_tallies import TALLIES, added_tallies
from argosy.siblings.keeper import AnswerRule, SiblingKeeper
from argosy.telemetry import follow_settings, logger

APPLY_SECONDS: Final = 5.0
RULES: Final[Mapping[str, AnswerRule]] = {
    METRICS: AnswerRule(added_families, counts_alone),
    STATISTICS: AnswerRule(added_statistics, lambda said: said),
    TALLIES: AnswerRule(added_tallies, lambda said: said),
    SERVER_READY: AnswerRule(all),
    MODEL_READY: AnswerRule(all),
    INDEX: AnswerRule(joined_index),
    **{question: AnswerRule(lambda _: None) for question in (LOAD, UNLOAD, APPLY, CHECK_SERVICES, PUT_SERVICES)},
}
_log = logger("argosy.serving")


class ServerGreeting(msgspec.Struct, frozen=True):
    """What a process of a server is to know at its start."""

    count: int
    settings: Any
    """Those that hold for the server, which its file may have others than by now."""
    unloaded: Sequence[str]
    services: Mapping[str, str]
    """As `service_texts` gives them, also those that hold."""
    options: Mapping[str, Any]
    """Of the command."""


def keep_server(
    count: int,
    start: Callable[[socket.socket], subprocess.Popen[bytes]],
    options: Mapping[str, Any],
    reloading: Reloading,
    on_listening: Callable[[str], None],
) -> int:
    """Keep so many processes until SIGTERM or Ctrl-C; the exit code. On the main thread.

    `start` starts one, which is greeted with the options. `on_listening` gets each URL once all processes listen.
    """

    async def keep() -> int:
        loop = asyncio.get_running_loop()
        server = _KeptServer(count, start, options, reloading)
        with on_stop(lambda number: loop.call_soon_threadsafe(server.keeper.stop, number)):
            reloading.start()
            try:
                return await server.keeper.run(on_listening)
            finally:
                reloading.stop()

    return asyncio.run(keep())


class _KeptServer:
    """Belongs to the event loop's thread, except for what a reload calls."""

    def __init__(
        self,
        count: int,
        start: Callable[[socket.socket], subprocess.Popen[bytes]],
        options: Mapping[str, Any],
        reloading: Reloading,
    ) -> None:
        self._loop, self._options = asyncio.get_running_loop(), options
        self._settings, self._unloaded = reloading.settings, frozenset[str]()
        self._services = service_texts(reloading.services)
        self._reloading = reloading.calling(self._apply)
        reloading.replacing([self._replace])
        self._unconfirmed: ArgosyError | None = None
        self.keeper = SiblingKeeper(count, start, self._greeting, RULES)
        self.keeper.answer_to(METRICS, self._metrics)
        self.keeper.answer_to(RELOAD, self._reload)
        self.keeper.answer_to(LOAD, self._load)
        self.keeper.answer_to(UNLOAD, self._unload)

    def _greeting(self) -> ServerGreeting:
        unloaded, settings = sorted(self._unloaded), msgspec.to_builtins(self._settings)
        return ServerGreeting(self.keeper.count, settings, unloaded, self._services, self._options)

    async def _metrics(self, argument: Any, seconds: float) -> list[Family]:
        """Those of all processes, and how these are."""
        running, restarts = "argosy_server_processes", "argosy_server_process_restarts"
        own: list[Family] = [
            (running, "Processes that the server has.", "gauge", [(running, {}, self.keeper.running)]),
            (restarts, "Processes that ended.", "counter", [(f"{restarts}_total", {}, self.keeper.restarts)]),
        ]
        return [*await self.keeper.ask(METRICS, argument, seconds), *own]

    async def _load(self, argument: Any, seconds: float) -> None:
        await self._control(LOAD, argument, seconds, self._unloaded - {argument[0]})

    async def _unload(self, argument: Any, seconds: float) -> None:
        await self._control(UNLOAD, argument, seconds, self._unloaded | {argument[0]})

    async def _control(self, question: str, argument: Any, seconds: float, unloaded: frozenset[str]) -> None:
        self._unloaded, before = unloaded, self._unloaded
        try:
            await self.keeper.ask(question, argument, seconds)
        except ModelNotFound:
            self._unloaded = before
            raise

    async def _reload(self, _: Any, __: float) -> dict[str, Any]:
        self._unconfirmed = None
        found = await asyncio.to_thread(self._reloading.reload)
        if self._unconfirmed is not None and found.applied:
            raise self._unconfirmed
        return found.to_dict()

    def _apply(self, settings: Settings) -> None:
        self._settings = settings
        follow_settings(settings.server.log_level, settings.server.log_format)
        self._ask_to_follow("settings", APPLY, msgspec.to_builtins(settings))

    def _replace(self, services: Mapping[str, Service]) -> Callable[[], None]:
        texts = service_texts(services)
        self._ask_all(CHECK_SERVICES, texts)

        def put() -> None:
            self._services = texts
            self._ask_to_follow("services", PUT_SERVICES, texts)

        return put

    def _ask_to_follow(self, what: str, question: str, argument: Any) -> None:
        """What a process does not confirm in time it applies when it can, or is started with."""
        try:
            self._ask_all(question, argument)
        except ArgosyError as error:
            self._unconfirmed = error
            _log.warning("%s are not applied everywhere yet: %s", what, error)

    def _ask_all(self, question: str, argument: Any) -> None:
        asked = self.keeper.ask(question, argument, APPLY_SECONDS)
        confirmed: Future[Any] = asyncio.run_coroutine_threadsafe(asked, self._loop)
        confirmed.result()


def ignore_hangups() -> None:
    """In a process of a server: settings are reloaded by the signal to its keeper."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
