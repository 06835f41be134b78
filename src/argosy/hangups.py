"""SIGHUP: a request to read files again, or what a process gets whose terminal was closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Hangups:
    """Calls `handler` on each SIGHUP; a process that had a terminal at `start`, and has none any more, stops instead.

    Where it is not started on the main thread, it does nothing.
    """

    def __init__(self, handler: Callable[[], object]) -> None:
        self._handler = handler
        self._before: Any = None
        self._had_terminal = False

    def start(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._had_terminal = _has_terminal()
            self._before = signal.signal(signal.SIGHUP, self._on_hangup)

    def stop(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGHUP, self._before)

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        if self._had_terminal and not _has_terminal():
            os.kill(os.getpid(), signal.SIGTERM)
            return
        self._handler()


def _has_terminal() -> bool:
    """Whether this process has a controlling terminal that is still open."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
