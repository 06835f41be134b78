"""`argosy up`: server and workers under one roof, retraining when a trigger says so, rollback on evidence."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from argosy import processes
from argosy.app.replaying import watch as watch_replays
from argosy.app.retraining import requests
from argosy.app.workers import BACKGROUND, started
from argosy.errors import ArgosyError, JobFailed, VersionNotFound
from argosy.feedback.triggers import Schedule
from argosy.telemetry import logger

if TYPE_CHECKING:
    from argosy.app.project import Project

WATCH_SECONDS = 1.0
_log = logger("argosy.up")


def up(project: Project, host: str, port: int, workers: int, stop: threading.Event) -> None:
    """Run until `stop` is set; workers that die are replaced, a server that dies ends it all with JobFailed."""
    arguments = ["--project", str(project.root), "serve", "--host", host, "--port", str(port)]
    server = processes.start(arguments)
    every, replayed_at = project.settings.rollback.every_seconds, float("-inf")
    try:
        with started(project, workers, BACKGROUND) as keep:
            while not stop.wait(WATCH_SECONDS):
                if server.poll() is not None:
                    raise JobFailed(f"the server ended with exit code {server.returncode}: see its messages above")
                keep()
                watch(project)
                if every is not None and time.monotonic() - replayed_at >= every:
                    watch_replays(project)
                    replayed_at = time.monotonic()
    finally:
        processes.stop(server)


def watch(project: Project) -> list[str]:
    """Ask for every retraining that is due; their jobs' labels. A model that cannot be judged is left alone."""
    settings = project.settings
    when = Schedule(settings.retrain.every_seconds, settings.retrain.corrections, settings.gate.cooldown_seconds)
    if when.every_seconds is None and when.corrections is None:
        return []
    labels = []
    for model in project.store.models():
        try:
            label = requests(project).request_if_due(model, when)
        except VersionNotFound:  # no champion yet
            continue
        except ArgosyError as error:
            _log.warning("%s: %s", model, error)
            continue
        if label:
            _log.info("%s: retraining as %s", model, label)
            labels.append(label)
    return labels
