"""Retraining a model of a project: the chain of jobs retrain → train → gate, asked for and followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from argosy.errors import JobFailed, NothingNew
from argosy.jobs.job import JobState
from argosy.vault.master_keys import ROLES

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.feedback.requests import Retrainings

Progress = Callable[[str], None]


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

    @property
    def summary(self) -> str:
        """In one line."""
        if self.promoted:
            return f"Promoted: version {self.challenger} takes over from {self.champion}, {self.reason}."
        return f"Refused: version {self.champion} stays champion, version {self.challenger} is {self.reason}."

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "summary": self.summary}


def requests(project: Project) -> Retrainings:
    """What asks for retrainings and follows them."""
    from argosy.feedback.requests import Retrainings

    return Retrainings(project.queue, project.store, project.feedback.given)


def retrain(
    project: Project, model: str, processes: int = 1, progress: Progress = lambda _: None, now: bool = False
) -> Retrained:
    """Ask for a retraining and work on it here until the gate has decided; raises NothingNew, JobFailed.

    `now`: in quiet hours too.
    """
    from argosy.app.user import user
    from argosy.app.workers import run_until

    project.backends.require_keys(*ROLES)  # else the job would wait for another worker, and we for it
    asked = requests(project)
    label = asked.request(model, user())
    told = [""]

    def is_over() -> bool:
        found = asked.progress(label)
        step = f"{found.stage}: {found.job.state}"
        if step != told[0]:
            told[0] = step
            progress(step)
        return found.is_over

    run_until(project, is_over, processes, now)
    return outcome(project, label)


def outcome(project: Project, label: str) -> Retrained:
    """How a finished retraining ended; raises NothingNew, JobFailed."""
    ended = requests(project).progress(label)
    if ended.job.state is not JobState.DONE:
        raise JobFailed(f"the {ended.stage} job {ended.job.label} {ended.job.state}: {ended.reason}")
    if ended.verdict is None:
        raise NothingNew(ended.reason)
    asked, gate = project.queue.get(label).result or {}, ended.job.result or {}
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
    )
