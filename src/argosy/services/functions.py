"""Functions of the project's own that a service calls: found by name, called on a thread, never waited for too long.

A thread cannot be stopped. One that hangs is left behind and another takes its place, a few times; then the function
is refused, so that a server does not fill with threads that do nothing.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from argosy.error_messages import place_of
from argosy.errors import DefinitionInvalid, FunctionHung, ServiceStepFailed
from argosy.services.calls import ServiceRow
from argosy.services.made_rows import Row, rows_made
from argosy.services.underway import Underway
from argosy.serving.model_thread import ModelThread
from argosy.telemetry import logger

RowsFunction: TypeAlias = Callable[[list[Row]], Any]
CALL_SECONDS: Final = 10.0
MOST_HANGING: Final = 8
LOG_SECONDS: Final = 60.0
_log = logger("argosy.services")


def load_function(root: Path, name: str, path: str) -> RowsFunction:
    """`module.function`, looked for in the project's folder first; raises DefinitionInvalid at `path`."""
    module, _, function = name.rpartition(".")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    was_there = module in sys.modules
    try:
        found = getattr(importlib.import_module(module), function, None)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a user's module may raise anything, SystemExit too
        said = error.msg if isinstance(error, SyntaxError) else error
        problem = f"cannot import '{module}': {type(error).__name__}: {said},{place_of(error)}"
        raise DefinitionInvalid(problem, path) from error
    if not callable(found):
        again = "; its code was read before: start the server again after a change" if was_there else ""
        raise DefinitionInvalid(f"the module '{module}' has no function '{function}'{again}", path)
    return found  # type: ignore[no-any-return]


def checked_function(root: Path, name: str) -> Callable[[list[Row]], list[Row]]:
    """The same for work without an event loop; what is called raises ServiceStepFailed as a `FunctionCaller` does."""
    function = load_function(root, name, "prepare")

    def call(rows: list[Row]) -> list[Row]:
        made, error = _result(function, [dict(row) for row in rows])
        if error is not None:
            raise ServiceStepFailed(f"{name} raised {type(error).__name__}{place_of(error)}") from error
        return rows_made(name, made, len(rows))

    return call


class FunctionCaller:
    """Calls one function for many rows at once. All methods belong to the event loop's thread."""

    def __init__(self, name: str, function: RowsFunction, seconds: float = CALL_SECONDS) -> None:
        self._name, self._function, self._seconds = name, function, seconds
        self._hanging, self._logged_at = 0, float("-inf")
        self._thread = ModelThread(f"argosy-{name}")
        self._running: asyncio.Future[Any] | None = None
        self.turn = asyncio.Lock()
        """Held by who calls `rows`: the time that others take does not count as a call's own."""

    async def rows(self, given: Sequence[Mapping[str, Any]]) -> list[Row]:
        """What it makes of the rows, as many and each a dictionary; raises ServiceStepFailed."""
        if self._running is not None:  # for a caller that has gone away
            await self._ends_in_time(self._running)
        if self._hanging >= MOST_HANGING:
            raise ServiceStepFailed(f"{self._name} hung {MOST_HANGING} times: mend it and start the server again")
        copies = [dict(row) for row in given]
        future = asyncio.get_running_loop().run_in_executor(self._thread, _result, self._function, copies)
        self._running = future
        if not await self._ends_in_time(future):
            raise FunctionHung(f"{self._name} took longer than {self._seconds:g} s")
        made, error = future.result()
        if error is not None:
            self._log_place(error)
            raise ServiceStepFailed(f"{self._name} raised {type(error).__name__}") from error
        return rows_made(self._name, made, len(copies))

    def _log_place(self, error: BaseException) -> None:
        """Where it was raised is for who runs the server, and once a minute enough."""
        if (now := time.monotonic()) > self._logged_at + LOG_SECONDS:
            self._logged_at = now
            _log.error("%s raised %s%s", self._name, type(error).__name__, place_of(error))

    def close(self) -> None:
        """Without waiting for what hangs."""
        self._thread.shutdown()

    async def _ends_in_time(self, call: asyncio.Future[Any]) -> bool:
        """Whether it did; who comes after one that hangs gets another thread."""
        done, _ = await asyncio.wait((call,), timeout=self._seconds)
        self._running = None
        if not done:
            self._hanging += 1
            self.close()
            self._thread = ModelThread(f"argosy-{self._name}")
        return bool(done)


def _result(function: RowsFunction, rows: list[Row]) -> tuple[Any, BaseException | None]:
    """What it returns or raises, as a value: its own SystemExit or CancelledError means nothing to the server."""
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
        async with caller.turn:
            group = [one for one in group if not one.is_over]
            given = [show(row) for one in group for row in one.rows]
            try:
                made = iter(await caller.rows(given) if given else ())
            except ServiceStepFailed as error:
                if len(group) > 1 and not isinstance(error, FunctionHung):
                    groups += [[one] for one in group]
                else:
                    _end_all(group, error)
                continue
        left += [one for one in group if _is_taken(one, list(islice(made, len(one.rows))), take)]
    return left


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
