"""The work of one worker: every kind of job, and the loop that runs them in this process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from argosy import clock, processes
from argosy.app.plugins import has_plugins
from argosy.backends import Backends
from argosy.definitions.definition import own_code
from argosy.telemetry import fields, logger
from argosy.vault.master_keys import EXAMPLES
from argosy.worker_processes import DRAINED, KeptWorker, kept_worker

if TYPE_CHECKING:
    from argosy.jobs.duties import Duty
    from argosy.jobs.guard import LeaseGuard
    from argosy.jobs.job import Job
    from argosy.jobs.runner import Handler, Outcome, Tally, WorkerTimings
    from argosy.training.train_job import Trainer

_log = logger("argosy.worker")


def work(
    backends: Backends,
    stop: threading.Event,
    until: Callable[[], bool] | None = None,
    timings: WorkerTimings | None = None,
    now: bool = False,
    interrupt: threading.Event | None = None,
    kept: KeptWorker | None = None,
) -> Tally:
    """Run jobs in this thread until `stop` is set or, with nothing left to run, `until` returns true.

    The job that runs when `stop` is set is given back at once; with an `interrupt`, not before that is set.
    In quiet hours no training is begun, unless `now`. Raises KeyUnavailable where no example can be read here.
    """
    from argosy.jobs.duties import kept_duties
    from argosy.jobs.quiet_hours import paused_kind
    from argosy.jobs.runner import run_worker
    from argosy.jobs.workers import own_identity, place_of_project
    from argosy.predictions.retention import Retention
    from argosy.store.collector import Collector
    from argosy.training.train_job import Trainer
    from argosy.tuning.searches import Searches

    backends.require_keys(EXAMPLES)
    me = own_identity(kept.name if kept else "", own_code(backends.registries))
    trainer, searches = Trainer.of(backends), Searches.of(backends)
    collector = Collector(backends.database, backends.artifacts)
    retention = Retention(backends.database, backends.settings.predictions.keep_seconds)

    def idle() -> bool:
        if searches.advance():
            return False
        trainer.forget()
        collector.collect_if_due(time.monotonic(), clock.now())
        retention.step(time.monotonic())
        return until is not None and until()

    try:
        work_on = handlers(backends, trainer)
        how = {} if now else {"paused_kind": paused_kind(backends.settings.training)}
        own_duties = kept_duties(backends.database, me.name, duties(backends))
        slow = kept_duties(backends.database, me.name, slow_duties(backends))
        with backends.workers.present(me, interrupt or stop) as drained, own_duties, slow:
            return run_worker(
                backends.queue,
                backends.broker,
                work_on,
                me.name,
                stop,
                able=partial(has_plugins, place_of_project(backends.root)),
                until=idle,
                timings=timings,
                interrupt=interrupt,
                drained=drained,
                on_lease=kept.on_lease if kept else None,
                **how,
            )
    finally:
        trainer.forget()


def work_alone(
    backends: Backends,
    stop: threading.Event,
    interrupt: threading.Event,
    until: Callable[[], bool] | None = None,
    now: bool = False,
) -> int:
    """The whole work of a process that was started for it, as nice as the project says; its exit code."""
    kept = kept_worker()
    try:
        processes.stand_back(backends.settings.training.nice)
        os.environ.update(processes.threads(backends.settings.training.threads))  # no numeric library is loaded yet
        tally = work(backends, stop, until, now=now, interrupt=interrupt, kept=kept)
    finally:
        if kept:
            kept.leave()
    return DRAINED if tally.is_drained and kept else 0


def handlers(backends: Backends, trainer: Trainer) -> dict[str, Handler]:
    """Every kind of job, and who runs it."""
    from argosy.feedback.handlers import feedback_handlers
    from argosy.tuning.searches import Searches

    searches = Searches.of(backends)

    def train_job(job: Job, guard: LeaseGuard) -> Outcome:
        searches.advance()  # so that the next trial is queued when this one is done
        return trainer.handle(job, guard)

    def submit_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.triggers.submitting import TriggeredSubmission

        return TriggeredSubmission(backends)(job, guard)

    def step_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.steps.step_job import StepJob

        return StepJob(backends)(job, guard)

    kinds: dict[str, Handler] = {"train": train_job, "submit": submit_job, "step": step_job}
    kinds |= feedback_handlers(backends)
    return {kind: _stoppable(run) for kind, run in kinds.items()}


def duties(backends: Backends) -> list[Duty]:
    """What one worker at a time does for all of them, and how often."""
    from argosy.steps.watching import Watching
    from argosy.triggers.looking import trigger_duties

    watching = Watching(backends)
    return [*trigger_duties(backends), watching.duty(), watching.keeping_duty()]


def slow_duties(backends: Backends) -> list[Duty]:
    """Those that wait for what belongs to others."""
    from argosy.features.refreshing import table_duties
    from argosy.feedback.outcomes.running import outcome_duties
    from argosy.services.publishing import publishing_duty

    return [*outcome_duties(backends), *table_duties(backends), publishing_duty(backends)]


def _stoppable(run: Handler) -> Handler:
    """The same, stopped between the steps of a slow model too, whether it learns or answers."""
    from argosy.models.steps import watched

    def stoppable(job: Job, guard: LeaseGuard) -> Outcome:
        with watched(guard.check, lambda note: _log.info("%s: %s", job.label, note, extra=fields(job=job.label))):
            return run(job, guard)

    return stoppable
