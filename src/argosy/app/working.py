"""The work of one worker: every kind of job, and the loop that runs them in this process."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from argosy import clock
from argosy.app.plugins import able
from argosy.telemetry import logger
from argosy.vault.master_keys import EXAMPLES

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.evaluation.gate import Policy
    from argosy.jobs.guard import LeaseGuard
    from argosy.jobs.job import Job
    from argosy.jobs.runner import Handler, Outcome, Tally, WorkerTimings
    from argosy.store.store import Store
    from argosy.training.shared_fits import SharedFits
    from argosy.training.train_job import Trainer

_log = logger("argosy.worker")


def work(
    project: Project,
    stop: threading.Event,
    until: Callable[[], bool] | None = None,
    timings: WorkerTimings | None = None,
    now: bool = False,
) -> Tally:
    """Run jobs in this thread until `stop` is set or, with nothing left to run, `until` says so.

    In quiet hours no training is begun, unless `now`. Raises KeyUnavailable where no example can be read here.
    """
    from argosy.jobs.runner import run_worker
    from argosy.store.collector import Collector

    project.backends.require_keys(EXAMPLES)
    trainer = trainer_of(project)
    collector = Collector(project.database, project.artifacts)

    def idle() -> bool:
        if project.plans.searches.advance():
            return False
        trainer.forget()
        collector.collect_if_due(time.monotonic(), clock.now())
        return until is not None and until()

    try:
        work_on = handlers(project, trainer)
        how = {} if now else {"paused_kind": paused_kind(project)}
        return run_worker(
            project.queue, project.broker, work_on, _name(), stop, able=able, until=idle, timings=timings, **how
        )
    finally:
        trainer.forget()


def paused_kind(project: Project) -> Callable[[], str]:
    """What says that training is paused, in quiet hours; both ends of them are logged."""
    from argosy.jobs.submission import TRAIN

    told: list[str | None] = [None]

    def kind() -> str:
        until = project.settings.training.quiet_until(clock.now())
        if until != told[0]:
            _log.info("quiet hours until %s: no training starts", until) if until else _log.info("quiet hours are over")
            told[0] = until
        return TRAIN if until else ""

    return kind


def handlers(project: Project, trainer: Trainer) -> dict[str, Handler]:
    """Every kind of job, and who runs it; those of retraining are made when one runs: they need more keys."""

    def train_job(job: Job, guard: LeaseGuard) -> Outcome:
        project.plans.searches.advance()  # so that the next trial is queued when this one is done
        return trainer.handle(job, guard)

    def retrain_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.feedback.retraining import Retraining

        corrections = project.feedback.corrections
        plans, policy = project.plans.queued, gate_policy(project)
        return Retraining(project.database, plans, project.registries, corrections, policy)(job, guard)

    def gate_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.feedback.gating import Gating

        return Gating(project.database, project.vault, project.store, gate_policy(project))(job, guard)

    def replay_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.feedback.labels import ConflictRule
        from argosy.feedback.replaying import Replaying

        policy = gate_policy(project)
        rule = ConflictRule.parse(project.settings.feedback_conflicts)
        return Replaying(project.database, project.feedback.log, project.store, rule, policy)(job, guard)

    def drift_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.app.drifting import drifting

        return drifting(project)(job, guard)

    kinds: dict[str, Handler] = {"train": train_job, "retrain": retrain_job, "gate": gate_job, "replay": replay_job}
    kinds["drift"] = drift_job
    return {kind: _stoppable(run) for kind, run in kinds.items()}


def gate_policy(project: Project) -> Policy:
    """What the project asks of a challenger."""
    from argosy.evaluation.gate import Policy

    return Policy(**msgspec.structs.asdict(project.settings.gate))


def _stoppable(run: Handler) -> Handler:
    """The same, stopped between the steps of a slow model too, whether it learns or answers."""
    from argosy.models.steps import watched

    def stoppable(job: Job, guard: LeaseGuard) -> Outcome:
        with watched(guard.check, lambda note: _log.info("%s: %s", job.label, note)):
            return run(job, guard)

    return stoppable


def trainer_of(project: Project, store: Store | None = None, fits: SharedFits | None = None) -> Trainer:
    """What trains in this process: into the project's store, with the fits that this machine's workers share."""
    from argosy.training.shared_fits import SharedFits
    from argosy.training.train_job import Trainer

    return Trainer(
        project.database,
        project.vault,
        store or project.store,
        project.registries,
        fits or SharedFits(project.root),
        project.root,
    )


def _name() -> str:
    return f"{platform.node()}-{os.getpid()}"
