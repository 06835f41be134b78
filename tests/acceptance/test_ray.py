"""Workers as actors of a Ray on this machine: placed, started anew when they are lost, stopped."""

import os
import signal
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="Ray is not installed: pip install 'argosy[ray]'")

PLAN = """\
name: tickets
dataset: all
adapter: {name: hashing, options: {buckets: [64, 128]}}
model: naive_bayes
"""


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def is_there(pid):
    return Path(f"/proc/{pid}").exists()


def test_workers_on_ray_train_come_back_and_stop(empty, write_tickets, until, tmp_path):
    empty.variables["HOME"] = str(tmp_path)  # where Ray keeps a token
    process = empty.start("workers", "start", "--on", "ray://local", "--count", 2)
    found = until(lambda: len(both := empty.json("workers", "list")) == 2 and both)
    assert [one["run_by"] for one in found] == ["ray", "ray"]
    assert " ray " in empty("workers", "list")
    write_tickets(empty.folder / "tickets.csv", 60)
    empty("examples", "import", "tickets.csv")
    empty.write("plan.yaml", PLAN)
    empty("plan", "submit", "plan.yaml")
    until(lambda: empty.json("jobs", "list")["counts"] == {"done": 2})

    lost = found[0]
    keeper = parent(lost["pid"])
    os.kill(parent(keeper), signal.SIGKILL)  # the actor: its worker ends in order, and Ray starts another actor
    until(lambda: not is_there(lost["pid"]) and not is_there(keeper))
    again = until(lambda: len(both := empty.json("workers", "list")) == 2 and both)
    assert lost["name"] not in {one["name"] for one in again}

    assert "2 workers asked to stop" in empty("workers", "stop")
    assert process.wait(240) == 0
    printed = process.stdout.read()
    assert "1 of 2 workers placed, on " in printed
    assert "2 of 2 workers placed, on " in printed
    assert empty.json("workers", "list") == []


def test_what_ray_cannot_do_is_said_in_one_line(empty, tmp_path):
    empty.variables["HOME"] = str(tmp_path)
    assert "give ray://HOST" in empty.mistake("workers", "start", "--on", "http://head")
    away = empty.run("workers", "start", "--on", "ray://auto")
    assert away.code == 1
    assert away.err.splitlines()[-1].startswith("Failed: Ray: ")
