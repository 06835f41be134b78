"""Functions of the project's own that a service calls: found by name, called on a thread, never waited for too long.

A thread cannot be stopped. One that hangs is left behind and another takes its place, a few times; then the function
is refused, so that a server does not fill with threads that do nothing.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from argosy.error_messages import place_of
from argosy.errors import DefinitionInvalid, ServiceStepFailed
from argosy.services.calls import ServiceRow
from argosy.services.underway import Underway
from argosy.serving.model_thread import ModelThread

Row: TypeAlias = dict[str, Any]
RowsFunction: TypeAlias = Callable[[list[Row]], Any]
CALL_SECONDS: Final = 10.0
MOST_HANGING: Final = 8


def load_function(root: Path, name: str, path: str) -> RowsFunction:
    """`module.function`, looked for in the project's folder first; raises DefinitionInvalid at `path`."""
    module, _, function = name.rpartition(".")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        found = getattr(importlib.import_module(module), function, None)
    except Exception as error:  # a user's module may raise anything
        said = error.msg if isinstance(error, SyntaxError) else error
        problem = f"cannot import '{module}': {type(error).__name__}: {said},{place_of(error)}"
        raise DefinitionInvalid(problem, path) from error
    if not callable(found):
        raise DefinitionInvalid(f"the module '{module}' has no function '{function}'", path)
    return found  # type: ignore[no-any-return]


def checked_function(root: Path, name: str) -> Callable[[list[Row]], list[Row]]:
    """The same for work without an event loop; what is called raises ServiceStepFailed as a `FunctionCaller` does."""
    function = load_function(root, name, "prepare")

    def call(rows: list[Row]) -> list[Row]:
        try:
            made = function([dict(row) for row in rows])
        except Exception as error:
            raise ServiceStepFailed(f"{name} raised {type(error).__name__}{place_of(error)}") from error
        return rows_made(name, made, len(rows))

    return call


class FunctionCaller:
    """Calls one function for many rows at once. All methods belong to the event loop's thread."""

    def __init__(self, name: str, function: RowsFunction, seconds: float = CALL_SECONDS) -> None:
        self._name, self._function, self._seconds = name, function, seconds
        self._hanging = 0
        self._thread = ModelThread(f"argosy-{name}")

    async def rows(self, given: Sequence[Mapping[str, Any]]) -> list[Row]:
        """What it makes of the rows, as many and each a dictionary; raises ServiceStepFailed."""
        if self._hanging >= MOST_HANGING:
            raise ServiceStepFailed(f"{self._name} hung {MOST_HANGING} times: mend it and start the server again")
        copies = [dict(row) for row in given]
        future = asyncio.get_running_loop().run_in_executor(self._thread, self._function, copies)
        try:
            made = await asyncio.wait_for(future, self._seconds)
        except TimeoutError:
            self._leave()
            raise ServiceStepFailed(f"{self._name} took longer than {self._seconds:g} s") from None
        except Exception as error:
            raise ServiceStepFailed(f"{self._name} raised {type(error).__name__}{place_of(error)}") from error
        return rows_made(self._name, made, len(copies))

    def close(self) -> None:
        """Without waiting for what hangs."""
        self._thread.shutdown()

    def _leave(self) -> None:
        """Who waits behind what hangs gets a thread that does not."""
        self._hanging += 1
        self.close()
        self._thread = ModelThread(f"argosy-{self._name}")


def rows_made(name: str, made: Any, count: int) -> list[Row]:
    """What a function made of so many rows; raises ServiceStepFailed where it is not as many."""
    if not isinstance(made, list) or not all(isinstance(row, dict) for row in made):
        raise ServiceStepFailed(f"{name} must return a list of dictionaries, and returned {_noun(made)}")
    if len(made) != count:
        raise ServiceStepFailed(f"{name} was given {count} rows and returned {len(made)}")
    return made


async def called_for(
    caller: FunctionCaller,
    calls: Sequence[Underway],
    show: Callable[[ServiceRow], Mapping[str, Any]],
    take: Callable[[ServiceRow, Row], None],
) -> list[Underway]:
    """The calls for whose rows a function was called: all together, and each alone where that fails."""
    left: list[Underway] = []
    groups = [list(calls)] if calls else []
    while groups:
        group = groups.pop(0)
        rows = [row for one in group for row in one.rows]
        try:
            made = await caller.rows([show(row) for row in rows])
        except ServiceStepFailed as error:
            if len(group) > 1 and not isinstance(error.__context__, TimeoutError):
                groups += [[one] for one in group]
                continue
            for one in group:
                one.end(error)
            continue
        for row, given in zip(rows, made, strict=True):
            take(row, given)
        left += group
    return left


def _noun(made: Any) -> str:
    if isinstance(made, list):
        wrong = next(row for row in made if not isinstance(row, dict))
        return f"a list with a {type(wrong).__name__}"
    return f"a {type(made).__name__}"
