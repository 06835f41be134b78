"""Workers of a project: one in this process, or several as child processes of it."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from argosy import processes
from argosy.app.plugins import able

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.jobs.runner import Handler, Tally
    from argosy.training.train_job import Trainer

POLL_SECONDS = 0.1


def work(project: Project, stop: threading.Event, until: Callable[[], bool] | None = None) -> Tally:
    """Run jobs in this thread until `stop` is set or, with nothing left to run, `until` says so."""
    from argosy.jobs.runner import run_worker

    trainer = _trainer(project)

    def idle() -> bool:
        trainer.forget()
        return until is not None and until()

    try:
        return run_worker(
            project.queue, project.broker, handlers(project, trainer), _name(), stop, able=able, until=idle
        )
    finally:
        trainer.forget()


def is_idle(project: Project) -> bool:
    """Whether nothing is queued or running."""
    from argosy.jobs.job import JobState

    return not any(project.queue.jobs(state=state) for state in (JobState.QUEUED, JobState.RUNNING))


def handlers(project: Project, trainer: Trainer) -> dict[str, Handler]:
    """Every kind of job, and who runs it."""
    from argosy.app import retraining

    return {"train": trainer.handle, **retraining.handlers(project)}


def run_until(project: Project, is_over: Callable[[], bool], count: int) -> None:
    """Keep `count` worker processes until `is_over`; one that dies is replaced."""
    with started(project, count) as keep:
        while not is_over():
            keep()
            time.sleep(POLL_SECONDS)


@contextmanager
def started(project: Project, count: int, nice: int = 0) -> Iterator[Callable[[], None]]:
    """Worker processes for as long as the block runs; what is given replaces those that died."""
    children: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        children[:] = [child for child in children if child.poll() is None]
        while len(children) < count:
            children.append(_start(project, nice))

    keep()
    try:
        yield keep
    finally:
        for child in children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in children:
            processes.stop(child)


def _start(project: Project, nice: int) -> subprocess.Popen[bytes]:
    arguments = ["--project", str(project.root), "worker", "--processes", "1"]
    return processes.start(arguments, environment=processes.single_threaded(), nice=nice)


def _trainer(project: Project) -> Trainer:
    from argosy.training.shared_fits import SharedFits
    from argosy.training.train_job import Trainer

    return Trainer(
        project.database,
        project.vault,
        project.store,
        project.registries,
        SharedFits(project.root),
        project.root,
    )


def _name() -> str:
    return f"{platform.node()}-{os.getpid()}"
