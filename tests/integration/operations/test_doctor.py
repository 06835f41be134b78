"""Every fault is a separate line that states what to do, and does not affect anything else."""

import io
import json
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import pytest

import argosy
from argosy.app.scaffold import create_project
from argosy.cli import main as cli
from argosy.jobs.job import JobState
from argosy.operations import doctor
from argosy.operations.integrity import artifact_bytes
from argosy.training.memory_folder import MemoryFolder
from stored.rows import add, alter, remove, rows
from stored.sqlite_files import Unchecked

SECONDS = 120
PLAN = "name: {name}\ndataset: {{name: all}}\nadapter: {{name: tfidf}}\nmodel: {{name: {model}}}\n"
WORDS = ("red", "green", "blue")


def run(root, *arguments):
    """A command on the project, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.run(["--project", str(root), *arguments])
    return SimpleNamespace(exit_code=code, stdout=out.getvalue(), stderr=err.getvalue())


def command(root, *arguments):
    done = run(root, *arguments)
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    root = tmp_path_factory.mktemp("origin") / "notes"
    create_project(root)
    with argosy.open(root) as project:
        project.examples.add([(f"{word} note {n} of {word}", word) for n in range(40) for word in WORDS])
    for name, model in (("one", "naive_bayes"), ("two", "nearest_centroid")):
        (root / f"{name}.yaml").write_text(PLAN.format(name=name, model=model))
        command(root, "train", str(root / f"{name}.yaml"), "--processes", "1")
        command(root, "models", "promote", f"{name}@1")
    return root


@pytest.fixture
def root(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "notes")


def faults(root, *options):
    """The failed checks, from both forms of the output."""
    done = run(root, "doctor", "--json", *options)
    findings = json.loads(done.stdout)
    wrong = [one for one in findings if not one["ok"]]
    assert done.exit_code == (1 if wrong else 0), done.stderr
    assert all(one["to_do"] and "\n" not in one["found"] + one["to_do"] for one in wrong)
    shown = run(root, "doctor", *options).stdout.splitlines()
    assert sum(line.startswith("  !!") for line in shown) == len(wrong)
    return [(one["check"], one["found"]) for one in wrong]


def artifact(root, model):
    with argosy.open(root) as project:
        return project.artifacts.path(project.models.resolve(f"{model}@1").artifact)


def test_a_sound_project_is_well(root):
    assert faults(root) == []
    assert faults(root, "--quick") == []


def test_altered_and_missing_artifacts(root):
    altered, gone = artifact(root, "one"), artifact(root, "two")
    altered.chmod(0o600)
    altered.write_bytes(altered.read_bytes()[:-1] + b"\xff")
    gone.unlink()
    found = faults(root)
    assert [check for check, _ in found] == ["artifacts"] * 2
    assert any("tfidf-naive_bayes" in text and "its bytes have the digest" in text for _, text in found)
    assert any("tfidf-nearest_centroid" in text and "is not in" in text for _, text in found)
    assert sorted(faults(root, "--quick")) == sorted(found)


def test_an_artifact_that_was_cut_short_is_no_sound_one_quickly_either(root, monkeypatch):
    short = artifact(root, "one")
    short.chmod(0o600)
    short.write_bytes(short.read_bytes()[:-1])
    monkeypatch.setattr("argosy.operations.integrity.QUICK_BYTES", 0)
    with argosy.open(root) as project:
        found = list(artifact_bytes(project.backends, True, lambda *_: None))
    assert [(one.ok, "bytes, not" in one.found) for one in found] == [(False, True)]
    short.write_bytes(short.read_bytes() + b"\xff")
    with argosy.open(root) as project:
        (found,) = artifact_bytes(project.backends, True, lambda *_: None)
    assert (found.ok, "2 have their size and were not compared" in found.found) == (True, True)


def test_swapped_sealed_rows(root):
    with argosy.open(root) as project:
        sealed = dict(rows(project.database, "examples", "revision_id", "sealed"))
        for one, other in ((5, 9), (9, 5)):
            alter(project.database, "examples", {"revision_id": one}, sealed=sealed[other])
    found = faults(root)
    assert [check for check, _ in found] == ["seals"] * 2
    assert all(text.startswith("an example of 'default' does not open: ") for _, text in found)


def test_many_altered_rows_are_counted(root):
    with argosy.open(root) as project:
        alter(project.database, "examples", {}, sealed=b"\x01")
    found = faults(root)
    assert len(found) == 21
    assert found[-1][1].endswith("and 100 more")


def test_dangling_aliases_and_versions(root):
    with argosy.open(root) as project:
        unchecked = Unchecked(project.database)
        alter(unchecked, "aliases", {"model": "one"}, number=7)
        remove(unchecked, "trained", label=project.models.resolve("two@1").label)
    assert faults(root) == [
        ("rows", "the alias one@champion points at version 7, which is gone"),
        ("rows", next(text for _, text in faults(root) if text.startswith("two@1 is of the result"))),
    ]


def test_an_alias_from_before_its_name_was_reserved(root):
    with argosy.open(root) as project:
        add(project.database, "aliases", model="one", alias="best", number=1, moved_at=0)
    assert faults(root) == [("rows", "the alias one@best has a name that means a place on the leaderboard")]
    command(root, "models", "promote", "one@1", "--as", "steady")
    command(root, "models", "unalias", "one", "best")
    assert faults(root) == []


def test_keys_that_cannot_be_read_or_are_others(root):
    keys = root / ".argosy" / "keys"
    (keys / "examples.key").write_text("no key\n")
    (keys / "predictions.key").write_bytes((keys / "predictions.key").read_bytes()[::-1])
    assert {check for check, _ in faults(root)} == {"keys"}
    shutil.copy(keys / "predictions.key", keys / "examples.key")
    shutil.rmtree(keys)
    assert {check for check, _ in faults(root)} == {"keys"}


def test_a_key_that_opens_nothing(root):
    from argosy.vault.master_keys import encode_key

    (root / ".argosy" / "keys" / "examples.key").write_text(encode_key(bytes(32)))
    assert faults(root) == [("keys", "'collection:default' does not open")]


def test_a_spool_that_is_not_a_folder(root):
    spool = root / ".argosy" / "spool"
    shutil.rmtree(spool, ignore_errors=True)
    spool.mkdir()
    (spool / "1-1-a.spool").mkdir()
    assert [check for check, _ in faults(root)] == ["spool"]


BROKEN_JOBS = [
    {"payload": "{"},
    {"payload": "null"},
    {"requires": '{"a": 1}'},
    {"failures": "many"},
    {"submitted_at": "yesterday"},
    {"payload": b"\x00\xff"},
]
THREE = """
name: three
dataset: {name: all}
adapter: {name: hashing}
model: {name: logistic, options: {C: [1, 2, 3, 4, 5, 6, 7]}}
"""


def test_a_job_that_cannot_be_read_stops_no_other(root):
    (root / "three.yaml").write_text(THREE)
    command(root, "plan", "submit", str(root / "three.yaml"))
    with argosy.open(root) as project:
        queued = [job.label for job in project.queue.jobs(state=JobState.QUEUED)]
        assert len(queued) == len(BROKEN_JOBS) + 1
        for label, broken in zip(queued[1:], BROKEN_JOBS, strict=True):
            alter(project.database, "jobs", {"label": label}, **broken)
    assert [check for check, _ in faults(root)] == ["rows"] * len(BROKEN_JOBS)
    command(root, "worker", "--until-idle")
    status = json.loads(command(root, "plan", "status", "three", "--json"))
    assert status["counts"]["done"] == 1
    assert len(status["failed"]) == len(BROKEN_JOBS)
    for failed in status["failed"]:
        assert "of the table 'jobs' cannot be read" in failed["error"]
        assert failed["error"].endswith("submit it again")
    assert "three@1" in command(root, "leaderboard", "three")
    command(root, "backup", str(root.parent / "notes.tar"))
    run(root, "examples", "erase", "nobody", "--yes")
    command(root, "train", str(root / "three.yaml"), "--processes", "1")
    assert json.loads(command(root, "plan", "status", "three", "--json"))["counts"]["done"] == 7
    assert faults(root) == []


BROKEN_RESULTS = [
    ("metrics", "{"),
    ("definition", "7"),
    ("definition", "{}"),
    ("confusion", ""),
    ("fit_seconds", "long"),
]


@pytest.mark.parametrize(("column", "broken"), BROKEN_RESULTS)
def test_a_result_that_cannot_be_read_stops_no_other(root, column, broken):
    with argosy.open(root) as project:
        label = project.models.resolve("two@1").label
        alter(project.database, "trained", {"label": label}, **{column: broken})
    line = [sys.executable, "-m", "argosy", "leaderboard"]  # in a separate process, warnings go to standard error
    shown = subprocess.run(line, cwd=root, capture_output=True, text=True, timeout=SECONDS, check=True)
    assert "one@1" in shown.stdout
    assert "two@1" not in shown.stdout
    assert "left out: the row 'tfidf-nearest_centroid-" in shown.stderr
    assert json.loads(command(root, "predict", "one", "a red note", "--json"))
    command(root, "models", "list")
    command(root, "backup", str(root.parent / "notes.tar"))
    with argosy.open(root) as project, project.serve() as url:
        import httpx

        asked = {"instances": ["a red note"]}
        for model in ("one", "two"):  # what a server needs is in the artifact
            assert httpx.post(f"{url}/v1/models/{model}:predict", json=asked, timeout=SECONDS).status_code == 200
    if broken != "{}":
        assert [check for check, _ in faults(root)] == ["rows"]
        shown = run(root, "models", "show", "two@1")
        assert (shown.exit_code, len(shown.stderr.splitlines())) == (1, 1)


def test_a_verdict_that_cannot_be_read_leaves_the_history(root):
    with argosy.open(root) as project:
        alter(project.database, "alias_moves", {"model": "one"}, evidence="{")
    assert "champion" in command(root, "models", "history", "one")


LEAVING = """
import os, pathlib, sys
from argosy.training.memory_folder import MemoryFolder
(MemoryFolder(pathlib.Path(sys.argv[1])).join() / "fit").write_bytes(b"x" * 2_000_000)
os._exit(0)  # as if killed
"""


def test_what_a_killed_worker_left_in_memory_is_removed(root):
    subprocess.run([sys.executable, "-c", LEAVING, root], check=True)

    def found():
        (one,) = [each for each in json.loads(run(root, "doctor", "--json").stdout) if each["check"] == "shared memory"]
        return one["ok"], one["found"]

    removed = "removed 2.0 MB that workers which were killed had left behind"
    (is_well, first), (is_still_well, second) = (
        found(),
        found(),
    )  # which may list files that others left on this machine
    assert (is_well, is_still_well) == (True, True)
    assert first.startswith(removed)
    assert removed not in second
    assert not MemoryFolder(root).path.exists()


def test_it_shows_where_the_server_listens(root, monkeypatch):
    def server():
        [found] = [
            one for one in json.loads(run(root, "doctor", "--quick", "--json").stdout) if one["check"] == "server"
        ]
        return found

    assert server()["found"] == "127.0.0.1, port 8080"
    monkeypatch.setenv("ARGOSY_GRPC_PORT", "8081")
    assert server()["found"] == "127.0.0.1, port 8080; gRPC on port 8081"
    monkeypatch.setattr(doctor, "GRPC", ("no_such_package",))
    assert "pip install 'argosy[grpc]'" in server()["to_do"]
