"""`argosy up`: a server and workers in one command, retraining by triggers, rollback on evidence."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence

from argosy import processes
from argosy.backends import Backends
from argosy.errors import JobFailed, ServerNotStarted
from argosy.feedback.upkeep import WATCH_SECONDS, Upkeep
from argosy.hangups import Hangups
from argosy.training.memory_folder import clear_all
from argosy.worker_processes import started

MISTAKE = 2
"""The exit code of a child that could not do what the user asked for."""


def up(
    backends: Backends, host: str, port: int, workers: int, stop: threading.Event, serving: Sequence[str] = ()
) -> None:
    """Run until `stop` is set; workers that die are replaced, a server that dies ends it all with JobFailed.
    `serving` are more options of `argosy serve`."""
    arguments = ["--project", str(backends.root), "serve", "--host", host, "--port", str(port), *serving]
    server = processes.start_argosy(arguments)
    upkeep, hangups = Upkeep(backends), Hangups(lambda: server.send_signal(signal.SIGHUP))
    clear_all(backends.root)
    hangups.start()
    try:
        with started(backends, workers):
            while not stop.wait(WATCH_SECONDS):
                if server.poll() == MISTAKE:
                    raise ServerNotStarted("the server did not start: see its message above")
                if server.poll() is not None:
                    raise JobFailed(f"the server ended with exit code {server.returncode}: see its messages above")
                upkeep.step()
    finally:
        hangups.stop()
        processes.stop(server)
        clear_all(backends.root)
