"""Workers as Ray actors on this machine: placed, restarted when they are lost, stopped."""

import csv
import os
import signal
from contextlib import suppress
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
    os.kill(parent(keeper), signal.SIGKILL)  # the actor: its worker ends normally, and Ray starts another actor
    until(lambda: not is_there(lost["pid"]) and not is_there(keeper))
    again = until(lambda: len(both := empty.json("workers", "list")) == 2 and both)
    assert lost["name"] not in {one["name"] for one in again}

    assert "2 workers asked to stop" in empty("workers", "stop")
    assert process.wait(240) == 0
    printed = process.stdout.read()
    assert "1 of 2 workers placed, on " in printed
    assert "2 of 2 workers placed, on " in printed
    assert empty.json("workers", "list") == []


def scoring_actors(home):
    """Those of the Ray that was started with this home."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_actor = (folder / "cmdline").read_bytes().startswith(b"ray::ScoringActor")
            if is_actor and f"HOME={home}\0".encode() in (folder / "environ").read_bytes():
                yield int(folder.name)


def test_files_are_scored_on_ray_as_locally(live, until, tmp_path):
    live.variables["HOME"] = str(tmp_path)
    with (live.folder / "many.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("case", "message"))
        writer.writerows((n, f"my parcel {n % 97} is late and the courier {n % 89} lost it") for n in range(60_000))
    words = ("predict", "tickets", "--input", "many.csv", "--keep", "case", "--probabilities")
    live(*words, "--output", "here.csv")
    on_ray = (*words, "--processes", 2, "--on", "ray://local", "--output", "there.csv")
    progress, output = live.folder / ".there.csv.progress", live.folder / "there.csv"

    def is_under_way():
        with suppress(FileNotFoundError):
            return output.exists() or progress.read_bytes().count(b"checksum") > 1

    killed = live.start(*on_ray)
    until(is_under_way)
    live.end(killed, signal.SIGKILL)
    process = live.start(*on_ray)  # it goes on
    until(lambda: process.poll() is not None or [*scoring_actors(tmp_path)])
    for lost in list(scoring_actors(tmp_path))[:1]:
        with suppress(ProcessLookupError):
            os.kill(lost, signal.SIGKILL)
    process.wait(240)
    assert output.read_bytes() == (live.folder / "here.csv").read_bytes()
    assert not progress.exists()
    said = live("predict", "tickets", "--input", "many.csv", "--output", "log.jsonl", "--log", "--on", "ray://local")
    assert said == "log.jsonl: 60,000 rows by tickets@1\n"


def test_a_model_that_fails_on_ray_has_the_same_error_as_locally(live, tmp_path):
    live.variables["HOME"] = str(tmp_path)
    live.write("few.csv", "message\na parcel\n")
    there = ("--output", "few.out.csv", "--on", "ray://local", "--folder", str(tmp_path))
    refused = live.run("predict", "tickets", "--input", "few.csv", *there)
    assert refused.code == 2
    assert refused.err.splitlines()[-1].startswith("Error: no argosy.yaml in ")
    assert not (live.folder / "few.out.csv").exists()
    assert "add --on ray://HOST" in live.mistake(
        "predict", "tickets", "--input", "few.csv", "--output", "x.csv", "--folder", "elsewhere"
    )


def test_unsupported_uses_of_ray_are_refused_in_one_line(empty, tmp_path):
    empty.variables["HOME"] = str(tmp_path)
    assert "give ray://HOST" in empty.mistake("workers", "start", "--on", "http://head")
    away = empty.run("workers", "start", "--on", "ray://auto")
    assert away.code == 1
    assert away.err.splitlines()[-1].startswith("Failed: Ray: ")
