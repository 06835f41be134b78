"""Functions of the project's own that a service calls: found by name, called on a thread, never waited for too long.

A thread cannot be stopped. One that hangs is left behind and another takes its place. While several of them hang, the
function is refused, so that a server does not fill with threads that do nothing.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from argosy.definitions.service import AT_ONCE, FUNCTION_SECONDS
from argosy.error_messages import place_of
from argosy.errors import DefinitionInvalid, FunctionHung, ServiceStepFailed, nearest
from argosy.services.calls import ServiceRow
from argosy.services.made_rows import Row, rows_made
from argosy.services.underway import Underway
from argosy.serving.model_thread import ModelThread
from argosy.telemetry import logger

RowsFunction: TypeAlias = Callable[[list[Row]], Any]
MOST_HANGING: Final = 8
LOG_SECONDS: Final = 60.0
STOP_SECONDS: Final = 2.0
_printing = threading.Lock()
"""Held while a command's standard output is another: what a function prints is not what the command prints."""
_log = logger("argosy.services")


def load_function(root: Path, name: str, path: str) -> RowsFunction:
    """`module.function`, looked for in the project's folder first; raises DefinitionInvalid at `path`."""
    module, _, function = name.rpartition(".")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        with redirect_stdout(sys.stderr):
            found = getattr(importlib.import_module(module), function, None)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a user's module may raise anything, SystemExit too
        if isinstance(error, ModuleNotFoundError) and error.name in (module, module.partition(".")[0]):
            raise DefinitionInvalid(f"there is no {module.replace('.', '/')}.py in {root}", path) from None
        said = error.msg if isinstance(error, SyntaxError) else error
        problem = f"cannot import '{module}': {type(error).__name__}: {said},{place_of(error)}"
        raise DefinitionInvalid(problem, path) from error
    if not callable(found):
        raise DefinitionInvalid(f"the module '{module}' has no function '{function}'{_hint(module, function)}", path)
    return found  # type: ignore[no-any-return]


def _hint(module: str, function: str) -> str:
    """Whether its file has the function by now, or which one has nearly that name."""
    there = sys.modules[module]
    with suppress(OSError, UnicodeDecodeError):
        code = Path(there.__file__ or "").read_text()
        if re.search(rf"^(async )?def {re.escape(function)}\b|^{re.escape(function)} *=", code, re.MULTILINE):
            return ", but its file has: start the server again, which reads code once"
    return nearest(function, [name for name, value in vars(there).items() if callable(value)])


def checked_function(root: Path, name: str) -> Callable[[list[Row]], list[Row]]:
    """The same for work without an event loop; what is called raises ServiceStepFailed as a `FunctionCaller` does."""
    function = load_function(root, name, "prepare")

    def call(rows: list[Row]) -> list[Row]:
        with _printing, redirect_stdout(sys.stderr):
            made, error = _result(function, [dict(row) for row in rows])
        if error is not None:
            raise ServiceStepFailed(f"{name} raised {type(error).__name__}{place_of(error)}") from error
        return rows_made(name, made, len(rows))

    return call


class _Call:
    """What it returns or raises is a value: its own SystemExit or CancelledError means nothing to a server."""

    def __init__(self, function: RowsFunction, rows: list[Row]) -> None:
        self._function, self._rows, self.is_over = function, rows, False

    def __call__(self) -> tuple[Any, BaseException | None]:
        try:
            return _result(self._function, self._rows)
        finally:
            self.is_over = True


class FunctionCaller:
    """Calls one function for many rows at once, on a few threads. All methods belong to the event loop's thread.

    At most `at_once` calls run at a time; others wait for their turn, which does not count as their own time.
    """

    def __init__(
        self, name: str, function: RowsFunction, seconds: float = FUNCTION_SECONDS, at_once: int = AT_ONCE
    ) -> None:
        self._name, self._function, self._seconds = name, function, seconds
        self._turns, self._free, self._busy = asyncio.Semaphore(at_once), list[ModelThread](), set[ModelThread]()
        self._hanging: list[_Call] = []
        self._logged_at = float("-inf")
        self._running: set[asyncio.Task[Any]] = set()
        self._stopping: asyncio.Future[None] | None = None
        self._is_stopping = self._is_closed = False

    async def rows(self, given: Sequence[Mapping[str, Any]]) -> list[Row]:
        """What it makes of the rows, as many and each a dictionary; raises ServiceStepFailed."""
        return await self.rows_of(lambda: given)

    async def rows_of(self, show: Callable[[], Sequence[Mapping[str, Any]]]) -> list[Row]:
        """The same of rows that are looked at once it is their turn; of none it makes none."""
        await self._turns.acquire()
        run: asyncio.Task[tuple[Any, BaseException | None] | None] | None = None
        try:
            copies = [dict(row) for row in show()]
            if not copies:
                return []
            self._check_hanging()
            run = asyncio.get_running_loop().create_task(self._run(_Call(self._function, copies)))
            self._running.add(run)
            run.add_done_callback(self._running.discard)
        finally:
            if run is None:
                self._turns.release()
        ended = await asyncio.shield(run)  # a thread is busy, whether its caller has gone away or not
        if ended is None:
            limit = "the server stops" if self._is_stopping else f"{self._name} took longer than {self._seconds:g} s"
            raise FunctionHung(limit)
        made, error = ended
        if error is not None:
            self._log_place(error)
            raise ServiceStepFailed(f"{self._name} raised {type(error).__name__}") from error
        return rows_made(self._name, made, len(copies))

    def end_soon(self) -> None:
        """The server stops: a call has `STOP_SECONDS` at most from now on."""
        self._is_stopping = True
        if self._stopping is not None and not self._stopping.done():
            self._stopping.set_result(None)

    def close(self) -> None:
        """Without waiting for what hangs."""
        self._is_closed = True
        for thread in (*self._free, *self._busy):
            thread.shutdown()

    def _check_hanging(self) -> None:
        self._hanging = [one for one in self._hanging if not one.is_over]
        if len(self._hanging) >= MOST_HANGING:
            raise ServiceStepFailed(f"{self._name} hangs in {MOST_HANGING} calls: mend it and start the server again")

    async def _run(self, call: _Call) -> tuple[Any, BaseException | None] | None:
        """What came of it in time, else None; it has a turn, and gives that back."""
        thread = self._free.pop() if self._free else ModelThread(f"argosy-{self._name}")
        self._busy.add(thread)
        is_ended = False
        try:
            future = asyncio.get_running_loop().run_in_executor(thread, call)
            is_ended = await self._ends_in_time(future)
            return future.result() if is_ended else None
        finally:
            self._busy.discard(thread)
            if is_ended and not self._is_closed:
                self._free.append(thread)
            else:
                thread.shutdown()
            if not is_ended:
                self._hanging.append(call)
            self._turns.release()

    async def _ends_in_time(self, call: asyncio.Future[Any]) -> bool:
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_future()
        if not self._is_stopping:
            either = (call, self._stopping)
            await asyncio.wait(either, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._is_stopping and not call.done():
            await asyncio.wait((call,), timeout=min(self._seconds, STOP_SECONDS))
        return call.done()

    def _log_place(self, error: BaseException) -> None:
        """Where it was raised is for who runs the server, and once a minute enough."""
        if (now := time.monotonic()) > self._logged_at + LOG_SECONDS:
            self._logged_at = now
            _log.error("%s raised %s%s", self._name, type(error).__name__, place_of(error))


def _result(function: RowsFunction, rows: list[Row]) -> tuple[Any, BaseException | None]:
    """What it returns or raises, as a value."""
    try:
        return function(rows), None
    except BaseException as error:  # noqa: BLE001 - it is told to whoever asked
        return None, error


async def called_for(
    caller: FunctionCaller,
    calls: Sequence[Underway],
    show: Callable[[ServiceRow], Mapping[str, Any]],
    take: Callable[[ServiceRow, Row], None],
) -> list[Underway]:
    """The calls for whose rows a function was called: all together, and each alone where that fails.

    `take` raises ServiceStepFailed where it cannot use what was made of a row.
    """
    left: list[Underway] = []
    groups = [list(calls)]
    while groups:
        group = groups.pop(0)
        try:
            made = iter(await caller.rows_of(partial(_shown, group, show)))
        except ServiceStepFailed as error:
            if len(group) > 1 and not isinstance(error, FunctionHung):
                groups += [[one] for one in group]
            else:
                _end_all(group, error)
            continue
        left += [one for one in group if _is_taken(one, list(islice(made, len(one.rows))), take)]
    return left


def _shown(group: list[Underway], show: Callable[[ServiceRow], Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of those for whom anybody waits still; the others are left out of the group."""
    group[:] = [one for one in group if not one.is_over]
    return [show(row) for one in group for row in one.rows]


def _end_all(calls: Sequence[Underway], error: ServiceStepFailed) -> None:
    for one in calls:
        one.end(error)


def _is_taken(one: Underway, made: Sequence[Row], take: Callable[[ServiceRow, Row], None]) -> bool:
    try:
        for row, values in zip(one.rows, made, strict=True):
            take(row, values)
    except ServiceStepFailed as error:
        one.end(error)
        return False
    return True
