"""The list of workers with their jobs, and how workers are told to finish."""

import os
import signal
from pathlib import Path

import pytest

from argosy.version import __version__

OWN = '''
import ctypes
import time
from pathlib import Path

import numpy as np

from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters
from argosy.models.inputs import text_of

HERE = Path(__file__).parent


class Patient(Adapter):
    """The length of a text, as soon as somebody says so."""

    def __init__(self, until: str):
        self.until = until

    def fit(self, inputs, labels):
        (HERE / f"{self.until}.begun").touch()
        if self.until == "native":  # no thread of Python runs meanwhile
            ctypes.PyDLL(None).sleep(3600)
        while not (HERE / self.until).exists():
            time.sleep(0.01)
        return self

    def transform(self, inputs):
        return np.array([[len(text_of(item, ""))] for item in inputs], float)


adapters.register("patient", Patient)
'''
PLAN = "name: {name}\ndataset: all\nadapter: {{name: patient, options: {{until: {name}}}}}\nmodel: nearest_centroid\n"


@pytest.fixture
def shell(make_project):
    made = make_project("name: shop\ndataset: all\nadapter: tfidf\nmodel: naive_bayes\n")
    made.write("own.py", OWN)
    made.write("argosy.yaml", "plugins: [own]\n")
    rows = (f"{'x' * length},{'long' if length > 50 else 'short'}\n" for length in range(1, 100))
    made.write("rows.csv", "text,label\n" + "".join(rows))
    made("examples", "import", "rows.csv")
    return made


def submit(shell, name):
    """Queue a fit that ends when the file of that name exists; its label."""
    shell.write(f"{name}.yaml", PLAN.format(name=name) + "limits: {memory: 2G, seconds: 3600}\n")
    shell("plan", "submit", f"{name}.yaml")
    return shell.json("jobs", "list", "--state", "queued")["jobs"][0]["label"]


def begun(shell, name):
    return (shell.folder / f"{name}.begun").exists


def test_workers_and_jobs_are_shown_and_drained(shell, until):
    assert "No worker runs" in shell("workers", "list")
    label = submit(shell, "first")
    shown = shell("jobs", "show", label)
    assert "requires    adapter.patient" in shown
    assert "no worker runs" in shown
    assert "memory 2G, 3600 s" in shown
    assert label in shell("jobs", "list")

    process = shell.start("worker", "--processes", 2)
    until(begun(shell, "first"))
    found = until(lambda: len(both := shell.json("workers", "list")) == 2 and both)
    assert {one["host"] for one in found} == {os.uname().nodename}
    assert {one["version"] for one in found} == {__version__}
    assert not any(one["is_silent"] for one in found)
    assert all("argosy" in Path(f"/proc/{one['pid']}/cmdline").read_text() for one in found)
    (busy,) = (one for one in found if one["runs"] == label)
    (idle,) = (one for one in found if one["runs"] is None)
    assert busy["name"] in shell("workers", "list")
    job = shell.json("jobs", "show", label)
    assert (job["state"], job["owner"]) == ("running", busy["name"])
    assert set(job["able_workers"]) == {busy["name"], idle["name"]}

    assert "1 worker asked to finish" in shell("workers", "drain", idle["name"])
    until(lambda: [one["name"] for one in shell.json("workers", "list")] == [busy["name"]])
    assert "no worker is called 'nobody'" in shell.mistake("workers", "drain", "nobody")
    assert shell.json("workers", "drain") == {"asked": [busy["name"]]}
    other = submit(shell, "second")
    assert shell.json("workers", "list")[0]["is_draining"]
    until(lambda: f"{busy['name']} was asked to finish" in (shell.folder / "started.log").read_text())
    (shell.folder / "first").touch()
    assert process.wait(240) == 0
    assert shell.json("jobs", "show", label)["state"] == "done"
    assert shell.json("jobs", "show", other)["state"] == "queued"
    assert shell.json("workers", "list") == []
    shell("plan", "cancel", "second")


def test_a_job_may_end_within_the_grace(shell, until):
    label = submit(shell, "third")
    process = shell.start("worker", "--grace", 600)
    until(begun(shell, "third"))
    process.send_signal(signal.SIGTERM)
    other = submit(shell, "fourth")
    (shell.folder / "third").touch()
    assert process.wait(240) == 0
    assert shell.json("jobs", "show", label)["state"] == "done"
    assert shell.json("jobs", "show", other)["state"] == "queued"

    process = shell.start("worker", "--grace", 600)
    until(begun(shell, "fourth"))
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    assert process.wait(240) == 0
    job = shell.json("jobs", "show", other)
    assert (job["state"], job["failures"], job["losses"]) == ("queued", 0, 0)
    shell("plan", "cancel", "fourth")


@pytest.mark.parametrize("name", ["endless", "native"])
def test_a_drained_worker_is_stopped_during_a_fit_that_does_not_end(shell, until, name):
    """Its process is killed by the one that supervises it, before its lease could run out."""
    label = submit(shell, name)
    process = shell.start("worker")
    until(begun(shell, name))
    assert shell("workers", "drain").startswith("1 worker asked to finish")
    until(lambda: shell.json("workers", "list")[0]["is_draining"])
    assert shell("workers", "stop").startswith("1 worker asked to stop")
    assert process.wait(240) == 0
    job = shell.json("jobs", "show", label)
    assert (job["state"], job["failures"], job["losses"]) == ("queued", 0, 0)
    assert shell.json("workers", "list") == []
    shell("plan", "cancel", name)


def test_what_failed_is_shown_and_queued_again(shell, until):
    shell.write("own.py", OWN.replace("return self\n", "raise OSError('away')\n", 1))
    label = submit(shell, "fifth")
    (shell.folder / "fifth").touch()
    shell("worker", "--until-idle")
    status = shell("plan", "status", "fifth")
    assert f"{label} failed after 3 attempts: OSError at " in status
    assert "'argosy plan retry fifth' queues what failed again" in status
    job = shell.json("jobs", "show", label)
    assert (job["state"], job["failures"]) == ("failed", 3)
    assert "own.py" in job["traceback"]
    assert "own.py" in shell("jobs", "show", label)
    assert label in shell("jobs", "list", "--state", "failed")
    assert "has not failed" in shell.mistake("plan", "retry", "fifth", "--label", "absent")
    assert shell("plan", "retry", "fifth") == "1 definition queued.\n"
    assert shell.json("plan", "retry", "fifth") == {"queued": []}
    assert shell.json("jobs", "show", label)["failures"] == 0
    shell("plan", "cancel", "fifth")
