"""Who keeps workers, on every engine: what becomes of jobs whose processes crash, take too long or do not stop."""

import signal

import pytest

import argosy
from argosy import processes
from argosy.jobs.job import JobState
from argosy.jobs.queue import MAXIMUM_LOSSES
from argosy.testing.waiting import until
from argosy.worker_processes import how_it_ended, started

OWN = """
import ctypes
import os
import signal
import time

from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters


class Unlucky(Adapter):
    def __init__(self, how: str):
        self.how = how

    def fit(self, inputs, labels):
        if self.how == "crash":
            ctypes.string_at(0)
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(1_000_000)

    def transform(self, inputs):
        raise NotImplementedError


adapters.register(__name__, Unlucky)
"""


@pytest.fixture
def project(tmp_path, database, own_plugins):
    """One whose workers fit nothing well."""
    (tmp_path / f"{tmp_path.name}.py").write_text(OWN)
    (tmp_path / "argosy.yaml").write_text(f'plugins: [{tmp_path.name}]\ndatabase: "{database.url}"\n')
    opened = argosy.open(tmp_path)
    opened.examples.add([(f"text {number}", "odd" if number % 2 else "even") for number in range(40)])
    yield opened
    opened.close()


def submit(project, how, **more):
    adapter = {"name": project.root.name, "options": {"how": how}}
    plan = {"name": how, "dataset": "all", "adapter": adapter, "model": "nearest_centroid", **more}
    (label,) = project.plans.submit(plan).queued
    return label


def test_each_job_is_settled_as_its_process_ended(project):
    crash, slow = submit(project, "crash"), submit(project, "slow", limits={"seconds": 1})
    with started(project.backends, 1):
        until(lambda: project.queue.get(slow).state is JobState.FAILED)
        assert project.queue.get(slow).failures == 1
        assert "longer than the 1 s" in project.queue.get(slow).error
        until(lambda: project.queue.get(crash).state is JobState.FAILED)
        assert project.queue.get(crash).failures == 3
        assert project.queue.get(crash).error == "its worker process crashed with SIGSEGV"
        cancelled = submit(project, "wait")
        until(lambda: project.queue.get(cancelled).state is JobState.RUNNING)
        (before,) = project.workers.all()
        assert before.runs == cancelled
        project.plans.cancel("wait")
        until(lambda: [one.identity.pid for one in project.workers.all()] not in ([], [before.identity.pid]))
        killed = submit(project, "kill")
        until(lambda: project.queue.get(killed).losses >= 2)
        assert project.queue.get(killed).failures == 0
    assert project.queue.get(killed).state is JobState.QUEUED
    assert project.queue.get(killed).losses < MAXIMUM_LOSSES
    assert project.workers.all() == []


def test_how_a_process_ended_is_said_in_words():
    assert how_it_ended(-signal.SIGSEGV) == "crashed with SIGSEGV"
    assert how_it_ended(-99) == "crashed with signal 99"
    assert how_it_ended(3) == "ended itself with exit code 3"
    assert how_it_ended(-signal.SIGKILL) == "was killed by the system, which had no more memory"


@pytest.mark.parametrize("is_failure", [False, True])
def test_a_kill_is_the_fit_s_failure_where_the_system_had_no_more_memory(project, monkeypatch, is_failure):
    counts = iter([5])  # the first is that at the start
    monkeypatch.setattr(processes, "killed_for_memory", lambda: next(counts, 6 if is_failure else 5))
    killed = submit(project, "kill")
    with started(project.backends, 1):
        until(lambda: project.queue.get(killed).failures + project.queue.get(killed).losses)
        found = project.queue.get(killed)
    assert (found.failures > 0, found.losses > 0) == (is_failure, not is_failure)
    assert found.error == (
        "its worker process was killed by the system, which had no more memory"
        if is_failure
        else "its worker process was killed"
    )
