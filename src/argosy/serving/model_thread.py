"""A thread on which models answer, one request after another.

It ends with the process: a model that never returns keeps its thread, and nothing else. The threads of the standard
library's executor are waited for at exit.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, Generic, ParamSpec, TypeVar

from argosy.processes import LOWEST_PRIORITY

P = ParamSpec("P")
T = TypeVar("T")


class ModelThread(Executor):
    """For `loop.run_in_executor`."""

    def __init__(self, name: str) -> None:
        self._is_open = True
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        self._waiting.put((future, lambda: fn(*args, **kwargs)))
        return future

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """End the thread after its present call; no future is completed any more. Returns at once."""
        self._is_open = False
        self._waiting.put(None)

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            self._answer(*work)
            del work  # a request and its model are not held until the next one comes

    def _answer(self, future: Future[Any], call: Callable[[], Any]) -> None:
        if not self._is_open or not future.set_running_or_notify_cancel():
            return
        try:
            answer = call()
        except BaseException as error:  # noqa: BLE001  # it is raised where the answer is awaited
            if self._is_open:
                future.set_exception(error)
            return
        if self._is_open:
            future.set_result(answer)


def idle_thread(name: str) -> ModelThread:
    """One that has the processor when nobody else wants it; elsewhere than on Linux an ordinary one."""
    thread = ModelThread(name)
    if sys.platform == "linux":  # where a priority is a thread's
        thread.submit(os.setpriority, os.PRIO_PROCESS, 0, LOWEST_PRIORITY)
    return thread


class Lane(Generic[T]):
    """A thread, and those whose turn on it comes next, each with its speed. Belongs to the event loop's thread."""

    def __init__(self, name: str) -> None:
        self.thread = ModelThread(name)
        self.ready: deque[tuple[T, str]] = deque()
        self.is_busy = False
