"""Workers of a project as child processes of this one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from argosy import processes
from argosy.backends import Backends
from argosy.vault.master_keys import EXAMPLES

POLL_SECONDS = 0.1


def run_until(backends: Backends, is_over: Callable[[], bool], count: int, now: bool = False) -> None:
    """Keep `count` worker processes until `is_over`; one that dies is replaced. `now`: whatever the hour."""
    with started(backends, count, now) as keep:
        while not is_over():
            keep()
            time.sleep(POLL_SECONDS)


@contextmanager
def started(backends: Backends, count: int, now: bool = False) -> Iterator[Callable[[], None]]:
    """Worker processes, and webhooks, for as long as the block runs; what is given replaces those that died.

    Raises KeyUnavailable where they could not read an example.
    """
    if count:
        backends.require_keys(EXAMPLES)
    children: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        children[:] = [child for child in children if child.poll() is None]
        while len(children) < count:
            children.append(_start(backends, now))

    with sending_webhooks(backends):
        try:
            keep()
            yield keep
        finally:
            _end(children)


@contextmanager
def sending_webhooks(backends: Backends) -> Iterator[None]:
    """Send notifications to the webhooks of the settings, from this process, for as long as the block runs."""
    if not backends.settings.webhooks:
        yield
        return
    from argosy.messaging.webhooks import delivering  # HTTP takes a while to import

    with delivering(backends.database, backends.broker, backends.settings.webhooks, os.environ):
        yield


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        processes.stop(child)


def _start(backends: Backends, now: bool) -> subprocess.Popen[bytes]:
    arguments = ["--project", str(backends.root), "worker", "--processes", "1", *(["--now"] if now else [])]
    return processes.start_argosy(arguments, is_session=True)
