"""`argosy up`: server and workers under one roof, retraining when a trigger says so, rollback on evidence."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from argosy import processes
from argosy.app.retraining import requests
from argosy.app.watching import models_of, watch_drift, watch_replays, watch_retrainings
from argosy.app.workers import started
from argosy.errors import JobFailed, ServerNotStarted
from argosy.telemetry import logger

if TYPE_CHECKING:
    from argosy.app.project import Project

WATCH_SECONDS = 1.0
MISTAKE = 2
"""The exit code of a child that could not do what the user asked for."""
_log = logger("argosy.up")


def up(project: Project, host: str, port: int, workers: int, stop: threading.Event) -> None:
    """Run until `stop` is set; workers that die are replaced, a server that dies ends it all with JobFailed."""
    arguments = ["--project", str(project.root), "serve", "--host", host, "--port", str(port)]
    server = processes.start(arguments)
    every, replayed_at, reported = project.settings.rollback.every_seconds, float("-inf"), decisions(project)
    drift_every, drift_at = project.settings.drift.every_seconds, time.monotonic()
    try:
        with started(project, workers) as keep:
            while not stop.wait(WATCH_SECONDS):
                if server.poll() == MISTAKE:
                    raise ServerNotStarted("the server did not start: its line above says why")
                if server.poll() is not None:
                    raise JobFailed(f"the server ended with exit code {server.returncode}: see its messages above")
                keep()
                watch_retrainings(project)
                if every is not None and time.monotonic() - replayed_at >= every:
                    watch_replays(project)
                    replayed_at = time.monotonic()
                if drift_every is not None and time.monotonic() - drift_at >= drift_every:
                    watch_drift(project)
                    drift_at = time.monotonic()
                found = decisions(project)
                for _, level, text in sorted(found - reported):
                    _log.log(level, "%s", text)
                reported = found
    finally:
        processes.stop(server)


def decisions(project: Project) -> set[tuple[float, int, str]]:
    """What gates have decided, and the retrainings by drift that found nothing to learn: when, log level, text."""
    found: set[tuple[float, int, str]] = set()
    for model in models_of(project):
        for one in requests(project).judgements(model):
            decided = "takes over from" if one.verdict.promote else "does not replace"
            text = f"{model}: version {one.challenger} {decided} {one.champion}, {one.verdict.reason}"
            found.add((one.judged_at, logging.INFO, text))
        for ended_at, refused in requests(project).asked_in_vain(model):
            found.add((ended_at, logging.WARNING, f"{model}: {refused}"))
    return found
