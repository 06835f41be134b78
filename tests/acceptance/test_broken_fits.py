"""A fit that crashes, exceeds a limit or does not stop fails alone: the same worker trains others."""

import json
import os
import signal
from pathlib import Path

import pytest

OWN = '''
import ctypes
import os
import time
from pathlib import Path

import numpy as np

from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters
from argosy.models.inputs import text_of

ATTEMPTS = Path(__file__).with_name("attempts")


class Broken(Adapter):
    """The length of a text; where it is to, its fit is a misfortune that no `except` sees."""

    def __init__(self, how: str = "well"):
        self.how = how

    def fit(self, inputs, labels):
        with ATTEMPTS.open("a") as file:
            file.write(f"{self.how} {os.getpid()}\\n")
        if self.how == "segfault":
            ctypes.string_at(0)
        elif self.how == "exit":
            os._exit(3)
        elif self.how == "memory":
            taken = []
            while len(taken) < 4000:
                taken.append(np.ones(1 << 17))
                time.sleep(0.001)
        elif self.how == "starve":
            group = Path(__file__).with_name("group").read_text()
            Path(group, "cgroup.procs").write_text(str(os.getpid()))
            taken = bytearray(1 << 30)
            taken[::4096] = bytes([1]) * len(taken[::4096])
        elif self.how.startswith("sleep"):
            while True:
                time.sleep(1)
        return self

    def transform(self, inputs):
        return np.array([[len(text_of(item, ""))] for item in inputs], float)


adapters.register("broken", Broken)
'''
PLAN = "name: {name}\ndataset: all\nadapter: {{name: broken, options: {{how: [{how}]}}}}\nmodel: nearest_centroid\n"


@pytest.fixture(scope="module")
def shell(make_project):
    """A project with a plug-in, and one worker that keeps running."""
    made = make_project("name: shop\ndataset: all\nadapter: broken\nmodel: nearest_centroid\n")
    made.write("own.py", OWN)
    made.write("argosy.yaml", "plugins: [own]\n")
    rows = (f"{'x' * length},{'long' if length > 50 else 'short'}\n" for length in range(1, 100))
    made.write("rows.csv", "text,label\n" + "".join(rows))
    made("examples", "import", "rows.csv")
    made.start("worker")
    return made


def submit(shell, name, how, more=""):
    """Submit a plan of fits of this kind; no two tests share a kind, since a job that two plans want has both."""
    shell.write(f"{name}.yaml", PLAN.format(name=name, how=how) + more)
    shell("plan", "submit", f"{name}.yaml")
    return lambda: shell.json("plan", "status", name)


def attempts(shell, how):
    """The processes that have begun a fit of this kind."""
    lines = (shell.folder / "attempts").read_text().splitlines() if (shell.folder / "attempts").exists() else []
    return [int(pid) for kind, pid in map(str.split, lines) if kind == how]


def ended(status):
    """A plan's status when nothing of it is queued or running."""
    found = status()
    return None if found["counts"].get("queued") or found["counts"].get("running") else found


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("segfault", "its worker process crashed with SIGSEGV"),
        ("exit", "its worker process ended itself with exit code 3"),
    ],
)
def test_a_fit_that_crashes_is_tried_three_times_and_fails_alone(shell, until, how, error):
    status = submit(shell, how, f"{how}, well-{how}")
    found = until(lambda: ended(status))
    assert (found["counts"]["failed"], found["counts"]["done"]) == (1, 1)
    (failed,) = found["failed"]
    assert failed["error"] == error
    assert ("own.py" in failed["traceback"]) == (how == "segfault")
    assert len(set(attempts(shell, how))) == 3


@pytest.fixture
def small_memory(shell):
    """The system has 64 MB for a process that joins the control group whose folder is written to `group`."""
    folder, limits = control_group()
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"a control group cannot be made here: {error}")
    try:
        for name, limit in limits.items():
            if (folder / name).exists():
                (folder / name).write_text(limit)
        shell.write("group", str(folder))
        yield
    finally:
        folder.rmdir()


def control_group():
    """A new group's folder, and what limits its memory: of version 1, else of version 2."""
    first, second, name = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"), f"argosy-{os.getpid()}"
    size = str(64 << 20)
    if (first / "memory.limit_in_bytes").exists():
        return first / name, {"memory.limit_in_bytes": size, "memory.memsw.limit_in_bytes": size}
    controllers = second / "cgroup.subtree_control"
    if not controllers.exists() or "memory" not in controllers.read_text().split():
        pytest.skip("there are no control groups of memory here")
    return second / name, {"memory.max": size, "memory.swap.max": "0"}


@pytest.mark.proof  # run alone: a worker killed in another test would be attributed to this memory limit
def test_a_fit_killed_by_the_out_of_memory_killer_fails_alone(shell, until, small_memory):
    status = submit(shell, "starve", "starve, well-starve")
    found = until(lambda: ended(status))
    assert (found["counts"]["failed"], found["counts"]["done"]) == (1, 1)
    assert found["failed"][0]["error"] == "its worker process was killed by the system, which had no more memory"
    assert len(set(attempts(shell, "starve"))) == 3


def test_a_fit_that_takes_too_much_memory_fails_at_once(shell, until):
    status = submit(shell, "memory", "memory, well-memory", "limits: {memory: 600M}\n")
    found = until(lambda: ended(status))
    assert (found["counts"]["failed"], found["counts"]["done"]) == (1, 1)
    assert "more than the 600M that its plan allows" in found["failed"][0]["error"]
    assert len(attempts(shell, "memory")) == 1


def test_a_fit_that_takes_too_long_fails_at_once(shell, until):
    status = submit(shell, "slow", "sleep-slow", "limits: {seconds: 1}\n")
    found = until(lambda: ended(status))
    assert found["failed"][0]["error"] == "ended: it ran for longer than the 1 s that its plan allows"
    status = submit(shell, "after", "well-after")
    assert until(lambda: ended(status))["counts"]["done"] == 1


def test_what_is_printed_for_programs_is_one_document_where_a_plan_fails(shell):
    shell.write("json.yaml", PLAN.format(name="json", how="sleep-json") + "limits: {seconds: 1}\n")
    ran = shell.run("train", "json.yaml", "--processes", 1, "--json")
    assert (ran.code, json.loads(ran.out)) == (1, [])
    assert "Plan 'json': 1 failed." in ran.err


def test_a_cancelled_fit_that_does_not_stop_is_ended(shell, until):
    begun = len(attempts(shell, "sleep-cancelled"))
    submit(shell, "cancelled", "sleep-cancelled")
    until(lambda: len(attempts(shell, "sleep-cancelled")) > begun)
    pid = attempts(shell, "sleep-cancelled")[-1]
    shell("plan", "cancel", "cancelled")
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert shell.json("plan", "status", "cancelled")["counts"]["cancelled"] == 1
    status = submit(shell, "next", "well-next")
    assert until(lambda: ended(status))["counts"]["done"] == 1


def test_a_worker_killed_from_outside_costs_no_attempt(shell, until):
    begun = len(attempts(shell, "sleep-killed"))
    status = submit(shell, "killed", "sleep-killed", "limits: {seconds: 3600}\n")
    for more in (1, 2):
        until(lambda more=more: len(attempts(shell, "sleep-killed")) >= begun + more)
        os.kill(attempts(shell, "sleep-killed")[-1], signal.SIGKILL)
    until(lambda: len(attempts(shell, "sleep-killed")) >= begun + 3)
    assert not status()["failed"]
    shell("plan", "cancel", "killed")
