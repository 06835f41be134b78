"""How long work inside a plug-in stays answerable: it calls `step` often, and its caller listens.

A plug-in knows nothing of jobs and leases. Where nobody listens, `step` and `report_progress` do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_check: ContextVar[Callable[[], None]] = ContextVar("check", default=lambda: None)
_listener: ContextVar[Callable[[str], None]] = ContextVar("listener", default=lambda _: None)


@contextmanager
def watched(check: Callable[[], None], listener: Callable[[str], None]) -> Iterator[None]:
    """Within the block `step` calls `check`, which may raise to stop, and `report_progress` calls `listener`."""
    tokens = _check.set(check), _listener.set(listener)
    try:
        yield
    finally:
        _check.reset(tokens[0])
        _listener.reset(tokens[1])


def step() -> None:
    """Called between parts of long work, at least once a second or so; raises what stops it."""
    _check.get()()


def report_progress(note: str) -> None:
    """A line for the job's log: never with a text or a label in it."""
    _listener.get()(note)
