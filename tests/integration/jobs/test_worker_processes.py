"""The keeper of workers, on every engine: jobs whose processes crash, exceed limits or do not stop."""

import errno
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

import argosy
from argosy import processes, worker_processes
from argosy.database.migrations import newest_step
from argosy.errors import DatabaseOutage, SchemaNewer
from argosy.jobs.job import JobState
from argosy.jobs.queue import MAXIMUM_LOSSES
from argosy.testing.waiting import until
from argosy.worker_processes import KeptWorker, how_it_ended, started
from stored.rows import add

OWN = """
import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters

STARTED = Path(__file__).with_name("started")


class Unlucky(Adapter):
    def __init__(self, how: str):
        self.how = how

    def fit(self, inputs, labels):
        if self.how == "crash":
            print("what a plug-in prints", flush=True)
            with STARTED.open("a") as file:
                print(subprocess.Popen(["sleep", "1000"]).pid, file=file)
            ctypes.string_at(0)
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "raise":
            raise ValueError
        time.sleep(1_000_000)

    def transform(self, inputs):
        raise NotImplementedError


adapters.register(__name__, Unlucky)
"""


@pytest.fixture
def project(tmp_path, database, own_plugins):
    """A project whose workers run failing fits."""
    (tmp_path / f"{tmp_path.name}.py").write_text(OWN)
    (tmp_path / "argosy.yaml").write_text(f'plugins: [{tmp_path.name}]\ndatabase: "{database.url}"\n')
    opened = argosy.open(tmp_path)
    opened.examples.add(
        [(f"text {number}", "odd" if number % 2 else "even") for number in range(200)]
    )  # few might leave a part without a row
    yield opened
    opened.close()


def submit(project, how, **more):
    adapter = {"name": project.root.name, "options": {"how": how}}
    plan = {"name": how, "dataset": "all", "adapter": adapter, "model": "nearest_centroid", **more}
    (label,) = project.plans.submit(plan).queued
    return label


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_each_job_is_settled_as_its_process_ended(project, capfd, monkeypatch):
    monkeypatch.setattr(processes, "killed_for_memory", lambda: 0)  # that of others on this machine is not this test's
    crash, slow = submit(project, "crash"), submit(project, "slow", limits={"seconds": 1})
    with started(project.backends, 1):
        until(lambda: project.queue.get(slow).state is JobState.FAILED)
        assert project.queue.get(slow).failures == 1
        assert "longer than the 1 s" in project.queue.get(slow).error
        until(lambda: project.queue.get(crash).state is JobState.FAILED)
        assert project.queue.get(crash).failures == 3
        assert project.queue.get(crash).error == "its worker process crashed with SIGSEGV"
        left = (project.root / "started").read_text().split()
        until(lambda: len(left) == 3 and not any(map(is_there, left)))
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
    printed = capfd.readouterr()
    assert "what a plug-in prints" not in printed.out
    assert "what a plug-in prints" in printed.err


def upgrade(project):
    """What a newer Argosy records, of which this one knows nothing."""
    number = newest_step() + 1
    add(project.database, "schema_steps", number=number, applied_at=0.0, works_with=number)


@pytest.mark.parametrize(("how", "state"), [("raise", JobState.FAILED), ("wait", JobState.RUNNING)])
def test_workers_end_when_a_newer_argosy_has_changed_the_schema(project, monkeypatch, how, state):
    """After a job, and during one that does not end."""
    monkeypatch.setattr(worker_processes, "STOP_SECONDS", 0.5)
    label = submit(project, how)

    def run():
        with started(project.backends, 1) as keeper:
            until(lambda: project.queue.get(label).state is state)
            upgrade(project)
            until(lambda: keeper.is_drained)

    with pytest.raises(SchemaNewer, match="upgrade with pip"):
        run()


def open_notes():
    """The notes of leases that this process has open."""
    links = []
    for one in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the folder
            links.append(str(one.readlink()))
    return [link for link in links if link.partition(" ")[0].endswith("/lease")]


def test_where_one_process_cannot_be_started_none_is_left(project, monkeypatch):
    made, start = [], processes.start_argosy

    def start_one(*arguments, **more):
        if made:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        made.append(start(*arguments, **more))
        return made[0]

    monkeypatch.setattr(processes, "start_argosy", start_one)
    with pytest.raises(BlockingIOError), started(project.backends, 2):
        pass
    assert made[0].returncode == -signal.SIGKILL
    assert open_notes() == []


def test_a_process_that_cannot_begin_is_replaced_after_longer_and_longer_pauses(project, monkeypatch):
    asked = []
    monkeypatch.setattr(worker_processes, "back_off", lambda failures, _: asked.append(failures) or 0.0)
    project.root.joinpath(f"{project.root.name}.py").write_text("raise ValueError")
    with started(project.backends, 1):
        until(lambda: len(asked) >= 2)
    assert asked[:2] == [1, 2]


def test_a_worker_without_a_keeper_removes_its_files_itself(tmp_path):
    for keeper, is_left in ((os.getppid(), True), (0, False)):
        folder = tmp_path / "argosy-1" / "one"
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        KeptWorker("w", lambda _: None, folder, keeper).leave()
        assert folder.parent.exists() == is_left


def test_the_end_of_a_process_is_described_in_words():
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


def test_a_job_whose_process_ended_during_a_database_outage_is_settled_afterwards(project, monkeypatch):
    """Not only when its lease has expired; no worker is started meanwhile, which would end at once."""
    label, away, leases = submit(project, "wait"), threading.Event(), project.backends.queue.leases

    def refusing(held):
        if away.is_set():
            refused.append(held)
            raise DatabaseOutage("the server is restarting")
        return leases(held)

    refused = []
    monkeypatch.setattr(processes, "killed_for_memory", lambda: 0)
    monkeypatch.setattr(project.backends.queue, "leases", refusing)
    with started(project.backends, 1):
        until(lambda: project.queue.get(label).state is JobState.RUNNING)
        (worker,) = project.workers.all()
        away.set()
        os.kill(worker.identity.pid, signal.SIGKILL)
        until(lambda: len(refused) > 3)
        assert [one.identity.pid for one in project.workers.all()] == [worker.identity.pid]
        assert project.queue.get(label).losses == 0
        away.clear()
        until(lambda: project.queue.get(label).losses == 1)
        project.plans.cancel("wait")
