"""Training next to a server: the workers' nice level and threads, and quiet hours, as set in `argosy.yaml`."""

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import argosy
from argosy import processes
from argosy.app.scaffold import create_project
from argosy.cli.main import cli
from argosy.jobs.job import JobState
from argosy.operations.doctor import examine
from argosy.processes import THREAD_VARIABLES
from argosy.testing.waiting import PATIENCE

PLAN = {
    "name": "shop",
    "dataset": "all",
    "adapter": {"name": "word_frequency"},
    "model": "naive_bayes",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in whose time zone all hours are quiet except a minute twelve hours from now, with a nice level."""
    monkeypatch.delenv("ARGOSY_NICE")
    create_project(tmp_path / "shop")
    begin, end = (time.strftime("%H:%M", time.gmtime(time.time() + 12 * 3600 + more)) for more in (60, 0))
    text = f"training: {{nice: 1, threads: 2, quiet_hours: ['{begin}-{end}'], time_zone: UTC}}\n"
    (tmp_path / "shop" / "argosy.yaml").write_text(text)
    opened = argosy.open(tmp_path / "shop")
    opened.examples.add([(f"parcel {number}" if number % 2 else f"card {number}", number % 2) for number in range(60)])
    yield opened
    opened.close()


def test_in_quiet_hours_a_worker_trains_only_on_request(project):
    project.plans.submit(PLAN)
    arguments = ["--project", str(project.root), "worker", "--in-process"]
    worker = processes.start_argosy(arguments, log=project.root / "log", is_session=True)
    try:
        deadline = time.monotonic() + PATIENCE
        while "no training starts" not in (project.root / "log").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) == max(1, os.getpriority(os.PRIO_PROCESS, 0))
        group = Path(f"/proc/{worker.pid}/autogroup")
        assert not group.exists() or group.read_text().split()[-1] == "1"
    finally:
        processes.stop(worker)
    assert project.plans.status("shop").counts[JobState.QUEUED] == 1
    assert project.plans.train(PLAN, now=True).counts[JobState.DONE] == 1
    (row,) = project.store.leaderboard()
    assert row.trained.environment["threads"] == dict.fromkeys(THREAD_VARIABLES, "2")


def test_commands_say_until_when(project):
    project.plans.submit(PLAN)

    def said(*arguments):
        return CliRunner().invoke(cli, ["--project", str(project.root), *arguments]).output

    until = json.loads(said("plan", "status", "shop", "--json"))["quiet_until"]
    assert f"quiet hours: no training starts before {until}" in said("plan", "status", "shop")
    (found,) = [finding for finding in examine(lambda: project.backends) if finding.check == "training"]
    assert found.found.startswith("workers of nice 1 and 2 threads; quiet ")
    assert found.found.endswith(f"UTC, now, until {until}")
