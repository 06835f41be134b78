"""What `argosy up` asks for, of every model: retrainings, replays and looks for drift that are due.

Each returns the labels of the jobs asked for. A model that cannot be asked about is left alone and said so; an outage
of the database is waited out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from argosy.app.replaying import replays
from argosy.app.retraining import requests
from argosy.errors import ArgosyError, DatabaseUnavailable, VersionNotFound
from argosy.feedback.triggers import DriftPolicy, Schedule
from argosy.telemetry import logger

if TYPE_CHECKING:
    from argosy.app.project import Project

_log = logger("argosy.up")


def watch_retrainings(project: Project) -> list[str]:
    settings = project.settings
    asked, cooldown = settings.retrain, settings.gate.cooldown_seconds
    drift = None if asked.drift is None else DriftPolicy(**msgspec.structs.asdict(asked.drift))
    when = Schedule(asked.every_seconds, asked.corrections, cooldown, settings.training.quiet(), drift)
    if not when.is_on:
        return []
    return _of_each(project, lambda model: requests(project).request_if_due(model, when), "retraining as %s")


def watch_replays(project: Project) -> list[str]:
    told = "replaying the version before on fresh feedback as %s"
    return _of_each(project, lambda model: replays(project).request_if_due(model), told)


def watch_drift(project: Project) -> list[str]:
    from argosy.feedback.drift_requests import DriftRequests

    hours = project.settings.drift.window_hours
    asked = DriftRequests(project.queue, project.store)
    return _of_each(project, lambda model: asked.request_if_answered(model, hours))


def models_of(project: Project) -> list[str]:
    """Those that there are; none while the database is away."""
    try:
        return project.store.models()
    except DatabaseUnavailable as error:
        _log.warning("%s", error)
        return []


def _of_each(project: Project, ask: Callable[[str], str | None], told: str = "") -> list[str]:
    labels = []
    for model in models_of(project):
        try:
            label = ask(model)
        except VersionNotFound:  # no champion yet
            continue
        except ArgosyError as error:
            _log.warning("%s: %s", model, error)
            continue
        if label:
            labels.append(label)
            if told:
                _log.info(f"%s: {told}", model, label)
    return labels
