"""Workers whose clocks are hours apart from each other's and from the database's: nothing is early, late or done twice.

Each process is started with a clock of its own: a `sitecustomize` that moves `time.time`.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, closing

import pytest

import argosy
from argosy.app.scaffold import create_project
from argosy.jobs.job import JobState
from argosy.messaging.followers import Followers
from argosy.testing.waiting import PATIENCE, until

HOUR = 3600.0
SHIFTED = """\
import os, time
_shift, _time, _time_ns = float(os.environ["CLOCK_SHIFT"]), time.time, time.time_ns
time.time = lambda: _time() + _shift
time.time_ns = lambda: _time_ns() + int(_shift * 1e9)
"""
SETTINGS = """\
name: notes
steps:
  count: {command: [sh, -c, 'cat raw/* | wc -l > "$ARGOSY_STEP_OUTPUT"'], inputs: "raw/*.txt", code: "raw/*.txt"}
"""
PLAN = """\
name: notes
dataset: {name: all, options: {collection: news}}
adapter: {name: hashing, options: {buckets: [64, 128, 256]}}
model: [naive_bayes, nearest_centroid]
"""
TRIGGERED = """\
name: again
dataset: {name: all, options: {collection: news}}
adapter: {name: hashing, options: {buckets: 64}}
model: naive_bayes
on:
  - {examples: news, every: 30}
  - {schedule: "0 0 1 1 *", zone: UTC}
"""


@pytest.fixture
def project(tmp_path, migrated_postgresql_url, rabbitmq_url, monkeypatch):
    monkeypatch.setenv("ARGOSY_DATABASE", migrated_postgresql_url)
    monkeypatch.setenv("ARGOSY_BROKER", rabbitmq_url)
    root = tmp_path / "notes"
    create_project(root)
    (root / "argosy.yaml").write_text(SETTINGS)
    (root / "raw").mkdir()
    (root / "raw" / "a.txt").write_text("one\n")
    (root / "plan.yaml").write_text(PLAN)
    (root / "again.yaml").write_text(TRIGGERED)
    with closing(argosy.open(root)) as opened:
        yield opened


@pytest.fixture
def start(project, tmp_path):
    """Starts a command whose clock, and those of its children, are that much ahead."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SHIFTED)
    path = os.pathsep.join(filter(None, (str(tmp_path / "site"), os.environ.get("PYTHONPATH"))))
    with ExitStack() as started:

        def run(shift, *arguments):
            environment = {**os.environ, "PYTHONPATH": path, "CLOCK_SHIFT": str(shift)}
            clock = [sys.executable, "-c", "import argosy.clock; print(argosy.clock.now())"]
            told = subprocess.run(clock, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE)
            assert abs(float(told.stdout) - time.time() - shift) < HOUR / 2
            process = subprocess.Popen(
                [sys.executable, "-m", "argosy", *arguments],
                cwd=project.root,
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            started.callback(process.stdout.close)
            started.callback(process.wait, PATIENCE)
            started.callback(process.terminate)
            return process

        yield run


def add_rows(project, first, count):
    rows = [(f"{word} note {first + n}", word) for n in range(count) for word in ("red", "green")]
    project.examples.add(rows, into="news")


def test_clocks_of_workers_decide_nothing(project, start):
    add_rows(project, 0, 40)
    project.plans.submit(project.root / "again.yaml")
    follower = start(-7 * HOUR, "notifications", "follow", "--name", "desk", "--event", "definition_finished", "--json")
    until(lambda: [one.name for one in Followers(project.database, project.broker).list()] == ["desk"])
    for shift in (2 * HOUR, -3 * HOUR):
        start(shift, "worker")
    workers = until(lambda: len(found := project.backends.workers.all()) == 2 and found)
    project.plans.submit(project.root / "plan.yaml")
    until(lambda: project.plans.status("notes").counts[JobState.DONE] == 6)

    add_rows(project, 40, 20)
    on_rows, on_schedule = until(lambda: is_settled(found := project.plans.trigger_status("again")) and found)
    until(lambda: project.plans.status("again").counts[JobState.DONE] >= 1)
    until(lambda: project.steps.status("count")[0].state == "done")

    now = time.time()
    assert abs(on_rows.fired_at - now) < HOUR / 2
    assert on_schedule.fired_at is None
    done = [job for job in project.backends.queue.jobs() if job.kind == "train"]
    assert [(job.state, job.failures, job.losses) for job in done] == [(JobState.DONE, 0, 0)] * len(done)
    assert all(abs(job.finished_at - now) < HOUR / 2 for job in done)
    assert len(project.steps.runs("count")) == 1
    again = project.backends.workers.all()
    assert [(one.identity.name, one.is_silent) for one in again] == [(one.identity.name, False) for one in workers]
    told = [json.loads(follower.stdout.readline()) for _ in done]
    assert sorted(one["label"] for one in told) == sorted(job.label for job in done)
    assert all(abs(one["at"] - now) < HOUR / 2 for one in told)


def is_settled(found):
    return found[0].fired_at is not None and not any(one.is_firing for one in found)
