"""Replaying a model of a project against the version before it: asked for and followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.telemetry import logger
from argosy.vault.master_keys import ROLES

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.feedback.replay_requests import Replayed, Replays

_log = logger("argosy.up")


def replays(project: Project) -> Replays:
    """What asks for replays and reads how they ended."""
    from argosy.app.working import gate_policy
    from argosy.feedback.labels import ConflictRule
    from argosy.feedback.replay_requests import Replays

    rule = ConflictRule.parse(project.settings.feedback_conflicts)
    return Replays(project.queue, project.store, rule, gate_policy(project))


def replay(project: Project, model: str, processes: int = 1) -> Replayed:
    """Ask for a replay and work on it here until it is judged; raises NothingToRollBack, VersionNotFound, JobFailed."""
    from argosy.app.user import user
    from argosy.app.workers import run_until

    project.backends.require_keys(*ROLES)  # else the job would wait for another worker, and we for it
    asked = replays(project)
    label = asked.request(model, user())
    ended: list[Replayed] = []

    def is_over() -> bool:
        found = asked.outcome(label)
        if found is not None:
            ended.append(found)
        return bool(ended)

    run_until(project, is_over, processes)
    return ended[-1]
