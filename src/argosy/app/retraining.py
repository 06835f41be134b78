"""Retraining a model of a project: the chain of jobs retrain → train → gate, asked for and followed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from argosy import clock
from argosy.errors import JobFailed, JobNotFound, NothingNew
from argosy.feedback.retraining import RETRAIN, RetrainRequest
from argosy.jobs.job import Job, JobState
from argosy.store.aliases import CHAMPION

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.jobs.guard import LeaseGuard
    from argosy.jobs.runner import Handler, Outcome

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


def handlers(project: Project) -> dict[str, Handler]:
    """The handlers of `retrain` and `gate` jobs, made when one is to run: they need keys that training does not."""

    def retrain_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.feedback.retraining import Retraining

        corrections = project.feedback.corrections
        return Retraining(project.database, project.plans.queued, project.registries, corrections)(job, guard)

    def gate_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.feedback.gate import Policy
        from argosy.feedback.gating import Gating

        policy = Policy(**msgspec.structs.asdict(project.settings.gate))
        return Gating(project.database, project.vault, project.store, policy)(job, guard)

    return {RETRAIN: retrain_job, "gate": gate_job}


def request(project: Project, model: str, by: str = "", reason: str = "") -> str:
    """Queue a retraining for whichever worker is there; its job's label. Raises ModelNotFound, VersionNotFound."""
    from argosy.app.models import user

    project.store.resolve(f"{model}@{CHAMPION}")
    label = f"{RETRAIN}-{model}-{uuid.uuid4().hex[:12]}"
    wish = RetrainRequest(model, clock.now(), by or user(), reason)
    with project.database.write() as transaction:
        project.queue.submit(transaction, RETRAIN, label, msgspec.to_builtins(wish))
    return label


def retrain(project: Project, model: str, processes: int = 1, progress: Progress = lambda _: None) -> Retrained:
    """Ask for a retraining and work on it here until the gate has decided."""
    from argosy.app.workers import run_until

    label = request(project, model)
    told = [""]

    def is_over() -> bool:
        step, over = stage(project, label)
        if step != told[0]:
            told[0] = step
            progress(step)
        return over

    run_until(project, is_over, processes)
    return outcome(project, label)


def stage(project: Project, label: str) -> tuple[str, bool]:
    """Where a retraining is, in words, and whether it is over."""
    job = _last(project, label)
    return f"{job.kind}: {job.state.value}", job.state.is_final


def outcome(project: Project, label: str) -> Retrained:
    """How a finished retraining ended; raises NothingNew, JobFailed."""
    last = _last(project, label)
    if last.state is not JobState.DONE:
        raise JobFailed(f"{last.kind} job {last.label} {last.state.value}: {last.error or 'no reason given'}")
    asked = project.queue.get(label).result or {}
    if "refused" in asked:
        raise NothingNew(asked["refused"])
    gate = last.result or {}
    return Retrained(
        model=gate["model"],
        promoted=gate["promoted"],
        reason=gate["verdict"]["reason"],
        champion=gate["champion"],
        challenger=gate["challenger"],
        label=gate["label"],
        new_training_rows=asked["new_training_rows"],
        feedback=asked["feedback"],
        verdict=gate["verdict"],
        left_out=gate["left_out"],
    )


def _last(project: Project, label: str) -> Job:
    """The newest job of the chain that there is: each is submitted by the one before, in its last transaction."""
    first = job = project.queue.get(label)
    for step in ("challenger", "gate"):
        if job.state is not JobState.DONE or step not in (first.result or {}):
            return job
        try:
            job = project.queue.get((first.result or {})[step])
        except JobNotFound:
            return job
    return job
