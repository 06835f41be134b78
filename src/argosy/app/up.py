"""`argosy up`: server and workers under one roof, and retraining when a trigger says so."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from argosy import processes
from argosy.app import retraining
from argosy.app.workers import started
from argosy.errors import ArgosyError, JobFailed
from argosy.feedback.triggers import Schedule, Situation, due
from argosy.jobs.job import Job
from argosy.store.aliases import CHAMPION
from argosy.telemetry import logger

if TYPE_CHECKING:
    from argosy.app.project import Project

WATCH_SECONDS = 1.0
NICE = 10
_log = logger("argosy.up")


def up(project: Project, host: str, port: int, workers: int, stop: threading.Event) -> None:
    """Run until `stop` is set; workers that die are replaced, a server that dies ends it all with JobFailed."""
    arguments = ["--project", str(project.root), "serve", "--host", host, "--port", str(port)]
    server = processes.start(arguments)
    try:
        with started(project, workers, NICE) as keep:
            while not stop.wait(WATCH_SECONDS):
                if server.poll() is not None:
                    raise JobFailed(f"the server ended with exit code {server.returncode}: see its messages above")
                keep()
                watch(project)
    finally:
        processes.stop(server)


def watch(project: Project) -> list[str]:
    """Ask for every retraining that is due; their jobs' labels. A model that cannot be judged is left alone."""
    labels = []
    for model in project.store.models():
        try:
            reason = due(situation(project, model), schedule(project))
            if reason:
                _log.info("%s: retraining, %s", model, reason)
                labels.append(retraining.request(project, model, by="schedule", reason=reason))
        except ArgosyError as error:
            _log.warning("%s: %s", model, error)
    return labels


def schedule(project: Project) -> Schedule:
    settings = project.settings
    return Schedule(settings.retrain.every_seconds, settings.retrain.corrections, settings.gate.cooldown_seconds)


def situation(project: Project, model: str) -> Situation:
    """What the trigger's decision rests on, from the database."""
    asked = [job for job in project.queue.jobs(kind="retrain") if job.payload["model"] == model]
    moves = [move for move in project.store.history(model) if move.alias == CHAMPION]
    began = max((job.payload["at"] for job in asked), default=moves[-1].moved_at if moves else float("inf"))
    with project.database.read() as transaction:
        now = transaction.now()
    return Situation(
        now=now,
        since=began,
        new_feedback=project.feedback.given.count_since(model, began),
        is_under_way=any(_is_under_way(project, job) for job in asked[-1:]),
        rolled_back_at=max((move.moved_at for move in moves if move.action == "rollback"), default=None),
    )


def _is_under_way(project: Project, job: Job) -> bool:
    return not retraining.stage(project, job.label)[1]
