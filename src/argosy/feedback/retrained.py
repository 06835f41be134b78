"""Retraining a model here and now: the chain of jobs retrain → train → gate, asked for, worked on and followed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from argosy.backends import Backends
from argosy.errors import JobFailed, NothingNew
from argosy.feedback.requests import Retrainings
from argosy.jobs.job import JobState
from argosy.processes import current_user
from argosy.types import Progress
from argosy.vault.master_keys import ROLES
from argosy.worker_processes import run_until


@dataclass(frozen=True)
class Retrained:
    """How a retraining ended; `champion` and `challenger` are version numbers, `verdict` the gate's."""

    model: str
    promoted: bool
    reason: str
    champion: int
    challenger: int
    label: str
    new_training_rows: int
    feedback: dict[str, Any]
    verdict: dict[str, Any]
    left_out: str = ""
    requested_by: str = ""
    """Who asked: somebody else, where it was under way already; `trigger` where a trigger did."""

    @property
    def summary(self) -> str:
        """In one line."""
        if self.promoted:
            return f"Promoted: version {self.challenger} takes over from {self.champion}, {self.reason}."
        return f"Refused: version {self.champion} stays champion, version {self.challenger} is {self.reason}."

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "summary": self.summary}


def retrain(
    backends: Backends, model: str, processes: int = 1, report_progress: Progress = lambda _: None, now: bool = False
) -> Retrained:
    """Ask for a retraining and work on it here until the gate has decided; raises NothingNew, JobFailed.

    `now`: in quiet hours too.
    """
    backends.require_keys(*ROLES)  # else the job would wait for another worker, and we for it
    asked = Retrainings.of(backends)
    label = asked.request(model, current_user())
    reported = [""]

    def is_over() -> bool:
        found = asked.progress(label)
        step = f"{found.stage}: {found.job.state}"
        if step != reported[0]:
            reported[0] = step
            report_progress(step)
        return found.is_over

    run_until(backends, is_over, processes, now)
    return outcome(backends, label)


def outcome(backends: Backends, label: str) -> Retrained:
    """How a finished retraining ended; raises NothingNew, JobFailed."""
    ended = Retrainings.of(backends).progress(label)
    if ended.job.state is not JobState.DONE:
        raise JobFailed(f"the {ended.stage} job {ended.job.label} {ended.job.state}: {ended.reason}")
    if ended.verdict is None:
        raise NothingNew(ended.reason)
    first = backends.queue.get(label)
    asked, gate = first.result or {}, ended.job.result or {}
    return Retrained(
        model=gate["model"],
        promoted=ended.verdict.promote,
        reason=ended.reason,
        champion=gate["champion"],
        challenger=gate["challenger"],
        label=gate["label"],
        new_training_rows=asked["new_training_rows"],
        feedback=asked["feedback"],
        verdict=gate["verdict"],
        left_out=gate["left_out"],
        requested_by=first.payload.get("requested_by", ""),
    )
