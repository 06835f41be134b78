"""Steps run by a user, and automatically by workers."""

import json
import os
import signal

import pytest

import argosy
from argosy.testing.waiting import until

SETTINGS = """\
name: shop
steps:
  clean:
    command: [python, clean.py, "{inputs}", "{output}"]
    inputs: "raw/*.csv"
    env: {FLAG: "%s"}
    output: clean.csv
    retries: 0
  notes:
    command: [sh, -c, 'echo noted; cat "$ARGOSY_STEP_INPUTS"/* > "$ARGOSY_STEP_OUTPUT"']
    inputs: {step: clean}
    output: notes.csv
    import: {collection: notes}
"""
CLEAN = """\
import os, sys, time
*inputs, output = sys.argv[1:]
print("cleaning", len(inputs))
while os.path.exists(os.environ["FLAG"]):
    time.sleep(0.01)
lines = [line for name in inputs for line in open(name).read().splitlines()]
open(output, "w").write("text,label\\n" + "\\n".join(sorted(lines)) + "\\n")
"""
PLAN = """\
name: notes
dataset: {name: all, options: {collection: notes}}
adapter: {name: hashing, options: {buckets: [64]}}
model: {name: nearest_centroid}
"""


@pytest.fixture
def shop(empty):
    shell = empty
    (shell.folder / "raw").mkdir()
    shell.write("argosy.yaml", SETTINGS % (shell.folder / "flag"))
    shell.write("clean.py", CLEAN)
    rows = [f"{word} note {number},{word}" for number in range(100) for word in ("red", "green")]
    shell.write("raw/a.csv", "\n".join(rows))
    return shell


def test_from_a_file_to_a_version_and_back(shop):
    ran = {one["step"]: one["state"] for one in shop.json("steps", "run")}
    assert ran == {"clean": "done", "notes": "done"}
    assert shop("steps", "log", "clean") == "cleaning 1\n"
    assert shop.json("steps", "log", "notes@1") == {"step": "notes@1", "log": "noted\n"}
    shop("steps", "output", "notes", "--to", "copy.csv")
    assert len((shop.folder / "copy.csv").read_text().splitlines()) == 201
    assert "clean@1" in shop("steps", "run", "clean")
    (found,) = shop.json("steps", "status", "clean")
    assert (found["state"], found["inputs"], [one["run"] for one in found["runs"]]) == ("done", 1, ["clean@1"])
    assert "notes@1" in shop("steps", "status", "notes")

    shop.write("plan.yaml", PLAN)
    shop("train", "plan.yaml", "--processes", 1)
    lineage = json.loads(shop("lineage", "notes@1", "--json"))
    assert [one["run"] for one in lineage["steps"]] == ["notes@1", "clean@1"]
    assert [one["name"] for one in lineage["steps"][1]["inputs"]] == ["raw/a.csv"]
    assert "from raw/a.csv" in shop("lineage", "notes@1")
    assert "notes@1" in shop("lineage", "--of-file", "raw/a.csv")

    assert "no step 'cleen' (did you mean 'clean'?)" in shop.mistake("steps", "run", "cleen")
    assert "there is no run 'clean@7'" in shop.mistake("steps", "log", "clean@7")
    shop.write("argosy.yaml", SETTINGS.replace('"raw/*.csv"', "{step: notes}"))
    assert "argosy.yaml:2: steps: these steps wait for each other" in shop.mistake("steps", "status")


def test_workers_run_what_is_new_and_a_killed_one_costs_nothing(shop):
    flag = shop.folder / "flag"
    flag.touch()
    keeper = shop.start("worker", "--processes", 1)
    with argosy.open(shop.folder) as project:

        def newest(step):
            (found,) = project.steps.status(step)
            return found.output.reference if found.output else found.state

        until(lambda: newest("clean") == "running")
        (busy,) = until(lambda: [one for one in project.workers.all() if one.runs])
        os.kill(busy.identity.pid, signal.SIGKILL)
        flag.unlink()
        until(lambda: newest("notes") == "notes@1")
        shop.write("raw/b.csv", "another note,red\n")
        until(lambda: newest("notes") == "notes@2")
        assert project.examples.collections()["notes"] == 201
    assert shop.end(keeper) == 0
