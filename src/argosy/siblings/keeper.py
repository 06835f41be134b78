"""Keeps the processes of a server: starts them, starts again what dies, and passes questions of one on to all.

Belongs to the event loop's thread. It is the only process that knows the others, so that there is one place in which
what they say is put together: also what one said that has died since.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from argosy import processes
from argosy.errors import ArgosyError, SiblingUnreachable
from argosy.siblings.channel import Channel, error_of
from argosy.siblings.restarts import exit_code, restart_delay, words_of_end
from argosy.siblings.siblings import LISTENING, greet
from argosy.telemetry import logger

END_SECONDS: Final = 10.0
"""For a process to end that has closed its connection."""
STOP_SECONDS: Final = 35.0
"""From SIGTERM until a process is killed; it ends itself before."""
OwnHandler = Callable[[Any, float], Awaitable[Any]]
"""Of the argument and the seconds that there are for it."""
_log = logger("argosy.siblings")


@dataclass(frozen=True)
class AnswerRule:
    """How the answers of several processes to a question become one."""

    join: Callable[[Sequence[Any]], Any]
    outlasts: Callable[[Any], Any] | None = None
    """For counts: what of a process's last answer counts on after its end, or while it does not answer. None: then
    there is no answer, but an error that names the process."""


@dataclass(eq=False)
class _Kept:
    """One process."""

    number: int
    process: subprocess.Popen[bytes]
    channel: Channel
    said: dict[str, Any] = field(default_factory=dict)


class SiblingKeeper:
    """Of `count` processes. `start` starts one on its end of a connection, `greeting` is what that is to know.

    `rules` say how answers of all become one; `answer_to` registers what the keeper answers itself.
    """

    def __init__(
        self,
        count: int,
        start: Callable[[socket.socket], subprocess.Popen[bytes]],
        greeting: Callable[[], Any],
        rules: Mapping[str, AnswerRule],
    ) -> None:
        self.count, self.restarts = count, 0
        self._start, self._greeting, self._rules = start, greeting, rules
        self._own: dict[str, OwnHandler] = {}
        self._kept: dict[int, _Kept] = {}
        self._ended: dict[str, Any] = {}
        self._stop = asyncio.Event()
        self._urls: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._listen: set[int] = set()
        self._codes: list[int] = []

    def answer_to(self, question: str, handler: OwnHandler) -> None:
        """Answer a question here."""
        self._own[question] = handler

    @property
    def running(self) -> int:
        """How many processes there are at the moment."""
        return len(self._kept)

    async def run(self, on_listening: Callable[[str], None]) -> int:
        """Keep them until `stop`; the exit code. `on_listening` gets each URL, once all processes take connections.

        The first one is started alone: where it ends before it listens, the others would too, and its code is returned.
        """
        first = asyncio.create_task(self._keep(1))
        await asyncio.wait((first, self._urls), return_when=asyncio.FIRST_COMPLETED)
        if not self._urls.done():
            return await first
        others = [asyncio.create_task(self._keep(number)) for number in range(2, self.count + 1)]
        announcing = asyncio.create_task(self._announce(on_listening))
        await asyncio.gather(first, *others)
        announcing.cancel()
        return max(self._codes, default=0)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Have all processes end; a second Ctrl-C is passed on."""
        is_second = self._stop.is_set()
        self._stop.set()
        for one in self._kept.values():
            if one.process.poll() is None:
                one.process.send_signal(signal.SIGINT if is_second and number == signal.SIGINT else signal.SIGTERM)

    async def ask(self, question: str, argument: Any, seconds: float) -> Any:
        """What all processes say, by the question's rule."""
        rule = self._rules[question]
        numbers = range(1, self.count + 1)
        found = await asyncio.gather(*(self._ask_one(number, question, argument, seconds) for number in numbers))
        if rule.outlasts is not None:
            kept = [self._ended[question]] if question in self._ended else []
            return rule.join([*kept, *(one for one in found if not isinstance(one, ArgosyError) and one is not None)])
        failed = {number: one for number, one in zip(numbers, found, strict=True) if isinstance(one, ArgosyError)}
        if failed:
            raise failure_of(failed, self.count)
        return rule.join(found)

    async def _ask_one(self, number: int, question: str, argument: Any, seconds: float) -> Any:
        """Its answer or error; of one that does not answer what it said before, where that counts on."""
        one = self._kept.get(number)
        try:
            if one is None:
                raise SiblingUnreachable("it is being started again")
            answer = await one.channel.ask(question, argument, seconds)
        except ArgosyError as error:
            return one.said.get(question, error) if one is not None else error
        if self._rules[question].outlasts is not None:
            one.said[question] = answer
        return answer

    async def _keep(self, number: int) -> int:
        """Have this process run until all are to stop; its last exit code."""
        loop, failures, code = asyncio.get_running_loop(), 0, 0
        while not self._stop.is_set():
            started = loop.time()
            one = self._started(number)
            await one.channel.run()
            code = await asyncio.to_thread(_code_of, one.process)
            self._retire(one)
            if self._stop.is_set() or not self._urls.done():
                break
            failures, delay = restart_delay(failures, loop.time() - started)
            self.restarts += 1
            _log.warning(
                "server process %d of %d %s; started again in %g s", number, self.count, words_of_end(code), delay
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), delay)
        self._codes.append(exit_code(code))
        return exit_code(code)

    def _started(self, number: int) -> _Kept:
        ours, its = socket.socketpair()
        with its:
            greet(ours, self._greeting())
            process = self._start(its)
        one = _Kept(number, process, Channel(ours, lambda question, argument: self._answer(number, question, argument)))
        self._kept[number] = one
        return one

    def _retire(self, one: _Kept) -> None:
        """Keep what of its counts goes on."""
        del self._kept[one.number]
        for question, said in one.said.items():
            rule = self._rules[question]
            if rule.outlasts is not None:
                ended = [self._ended[question]] if question in self._ended else []
                self._ended[question] = rule.join([*ended, rule.outlasts(said)])

    async def _answer(self, number: int, question: str, argument: Any) -> Any:
        argument, seconds = argument
        if question == LISTENING:
            self._listen.add(number)
            if not self._urls.done():
                self._urls.set_result(argument)
            return None
        if (own := self._own.get(question)) is not None:
            return await own(argument, seconds)
        return await self.ask(question, argument, seconds)

    async def _announce(self, on_listening: Callable[[str], None]) -> None:
        while len(self._listen) < self.count:
            await asyncio.sleep(0.01)
        for url in await self._urls:
            on_listening(url)


def _code_of(process: subprocess.Popen[bytes]) -> int:
    """The exit code of one that has closed its connection, as at its end."""
    try:
        return process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        return processes.stop(process, STOP_SECONDS)


def failure_of(failed: Mapping[int, ArgosyError], count: int) -> ArgosyError:
    """One error for those of some processes: which did not do what was asked, and why. Pure."""
    error = next(iter(failed.values()))
    if len({str(one) for one in failed.values()}) == 1 and len(failed) == count:
        return error
    names = ", ".join(map(str, failed))
    return error_of(
        type(error).__name__, f"server process {names} of {count}: {error}; the other processes have done it"
    )
