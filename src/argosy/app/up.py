"""`argosy up`: server and workers under one roof, retraining when a trigger says so, rollback on evidence."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from argosy import processes
from argosy.backends import Backends
from argosy.errors import JobFailed, ServerNotStarted
from argosy.feedback.due import known_models, request_drift_checks, request_due_replays, request_due_retrainings
from argosy.feedback.requests import Retrainings
from argosy.predictions.retention import Retention
from argosy.telemetry import logger
from argosy.training.memory_folder import MemoryFolder, clear_others
from argosy.worker_processes import started

WATCH_SECONDS = 1.0
MISTAKE = 2
"""The exit code of a child that could not do what the user asked for."""
_log = logger("argosy.up")


def up(
    backends: Backends, host: str, port: int, workers: int, stop: threading.Event, serving: Sequence[str] = ()
) -> None:
    """Run until `stop` is set; workers that die are replaced, a server that dies ends it all with JobFailed.

    `serving` are more options of `argosy serve`.
    """
    arguments = ["--project", str(backends.root), "serve", "--host", host, "--port", str(port), *serving]
    server = processes.start_argosy(arguments)
    every, replayed_at, reported = backends.settings.rollback.every_seconds, float("-inf"), decisions(backends)
    drift_every, drift_at = backends.settings.drift.every_seconds, time.monotonic()
    waiting: dict[str, str] = {}
    retention = Retention(backends.database, backends.settings.predictions.keep_seconds)
    _clear_memory(backends)
    try:
        with started(backends, workers):
            while not stop.wait(WATCH_SECONDS):
                if server.poll() == MISTAKE:
                    raise ServerNotStarted("the server did not start: its line above says why")
                if server.poll() is not None:
                    raise JobFailed(f"the server ended with exit code {server.returncode}: see its messages above")
                request_due_retrainings(backends, waiting)
                if every is not None and time.monotonic() - replayed_at >= every:
                    request_due_replays(backends)
                    replayed_at = time.monotonic()
                if drift_every is not None and time.monotonic() - drift_at >= drift_every:
                    request_drift_checks(backends)
                    drift_at = time.monotonic()
                retention.step(time.monotonic())
                found = decisions(backends)
                for _, level, text in sorted(found - reported):
                    _log.log(level, "%s", text)
                reported = found
    finally:
        processes.stop(server)
        _clear_memory(backends)


def _clear_memory(backends: Backends) -> None:
    """Remove what workers that were killed have left, before the first and after the last of ours."""
    cleared = MemoryFolder(backends.root).clear()
    if cleared:
        _log.info("removed %.1f MB that workers which were killed had left in shared memory", cleared / 1e6)
    others = clear_others()
    if others.cleared:
        _log.info("removed %.1f MB of projects that are gone from shared memory", others.cleared / 1e6)
    for left in others.left:
        _log.info("shared memory: %s", left)


def decisions(backends: Backends) -> set[tuple[float, int, str]]:
    """What gates have decided, and how retrainings ended that reached no gate: when, log level, text."""
    found: set[tuple[float, int, str]] = set()
    asked = Retrainings.of(backends)
    for model in known_models(backends):
        for one in asked.judgements(model):
            decided = "takes over from" if one.verdict.promote else "does not replace"
            text = f"{model}: version {one.challenger} {decided} {one.champion}, {one.verdict.reason}"
            found.add((one.judged_at, logging.INFO, text))
        for end in asked.came_to_nothing(model):
            level = logging.WARNING if end.is_worrying else logging.INFO
            found.add((end.ended_at, level, f"{model}: the retraining made no challenger: {end.reason}"))
    return found
