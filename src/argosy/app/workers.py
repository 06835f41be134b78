"""Workers of a project as child processes of this one."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from argosy import processes

if TYPE_CHECKING:
    from argosy.app.project import Project

POLL_SECONDS = 0.1
BACKGROUND = 10
"""The nice level of workers that train beside a server."""


def is_idle(project: Project) -> bool:
    """Whether nothing is queued or running, nor will be by a search."""
    from argosy.jobs.job import JobState

    if project.plans.searches.is_any_open():
        return False
    return not any(project.queue.jobs(state=state) for state in (JobState.QUEUED, JobState.RUNNING))


def run_until(project: Project, is_over: Callable[[], bool], count: int, nice: int = 0) -> None:
    """Keep `count` worker processes until `is_over`; one that dies is replaced."""
    with started(project, count, nice) as keep:
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
