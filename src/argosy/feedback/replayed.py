"""Replaying a model against the version before it here and now: asked for, worked on and followed."""

from __future__ import annotations

from argosy.backends import Backends
from argosy.feedback.replay_requests import Replayed, Replays
from argosy.processes import current_user
from argosy.vault.master_keys import ROLES
from argosy.worker_processes import run_until


def replay(backends: Backends, model: str, processes: int = 1) -> Replayed:
    """Ask for a replay and work on it here until it is judged; raises NothingToRollBack, VersionNotFound, JobFailed."""
    backends.require_keys(*ROLES)  # else the job would wait for another worker, and we for it
    asked = Replays.of(backends)
    label = asked.request(model, current_user())
    ended: list[Replayed] = []

    def is_over() -> bool:
        found = asked.outcome(label)
        if found is not None:
            ended.append(found)
        return bool(ended)

    run_until(backends, is_over, processes)
    return ended[-1]
