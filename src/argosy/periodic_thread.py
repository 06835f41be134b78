"""One action repeated by a thread while a block runs, such as a sign of life."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeated(action: Callable[[], object], every_seconds: float, name: str) -> Iterator[None]:
    """Call `action` at once, and again `every_seconds` after it has returned, in a thread of that name.

    The block does not wait for the first call. On leaving it, a call that is under way is waited for. `action` must not
    raise: an exception ends the thread.
    """
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            action()
            over.wait(every_seconds)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
