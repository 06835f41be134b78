"""A project whose master keys are replaced while it serves and trains: splits, digests and answers do not change."""

import json
import re
import subprocess
import sys

import httpx
import pytest

import argosy
from argosy.testing.waiting import PATIENCE, until
from stored.rows import column, rows

PLAN = """\
name: notes
dataset: {name: all}
adapter: {name: tfidf}
model: {name: logistic, options: {C: %s}}
"""
SECONDS = PATIENCE


@pytest.fixture
def project(tmp_path):
    command(tmp_path, "init", str(tmp_path))
    opened = argosy.open(tmp_path)
    words = ("red", "green", "blue")
    opened.examples.add([(f"{word} note {n} of {word}", word) for n in range(60) for word in words])
    yield opened
    opened.close()


def command(folder, *arguments):
    line = [sys.executable, "-m", "argosy", *arguments]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def frozen(project):
    return rows(project.database, "datasets", "digest", "members", "counts")


def labels(project):
    return column(project.database, "trained", "label")


def test_a_running_project_continues_with_new_keys(project):
    (project.root / "plan.yaml").write_text(PLAN % "[1.0]")
    command(project.root, "train", "plan.yaml", "--processes", "1")
    before, trained = frozen(project), labels(project)
    shown = json.loads(command(project.root, "keys", "show", "--json"))
    line = [sys.executable, "-m", "argosy", "-C", str(project.root), "serve", "--port", "0"]
    server = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    worker = subprocess.Popen([*line[:5], "worker"])
    try:
        url = re.search(r"http://\S+", server.stdout.readline())[0]
        until(lambda: httpx.get(f"{url}/v2/health/ready").status_code == 200)
        first = predict(url)
        for role in ("examples", "predictions"):
            assert "now; it wraps 1 data key" in command(project.root, "keys", "rotate", role)
        second = predict(url)
        assert project.feedback.log.get(first).input == project.feedback.log.get(second).input == "a red note"
        again = argosy.open(project.root)
        assert again.feedback.log.get(second).input == "a red note"
        again.close()
        (project.root / "plan.yaml").write_text(PLAN % "[1.0, 2.0]")
        command(project.root, "plan", "submit", "plan.yaml")
        until(lambda: len(labels(project)) == 2)
    finally:
        for process in (server, worker):
            process.terminate()
            assert process.wait(SECONDS) == 0
        server.stdout.close()
    assert frozen(project) == before, "the same rows have the same parts and digest: nothing was trained anew"
    assert set(trained) < set(labels(project))
    after = json.loads(command(project.root, "keys", "show", "--json"))
    assert [(one["role"], one["scopes"], one["rotating"]) for one in after] == [
        ("examples", ["collection:default"], False),
        ("predictions", ["predictions"], False),
    ]
    assert all(one["fingerprint"] != old["fingerprint"] for one, old in zip(after, shown, strict=True))
    key = (project.root / ".argosy" / "keys" / "examples.key").read_text().strip()
    assert key not in command(project.root, "keys", "show")


def predict(url):
    answer = httpx.post(f"{url}/v1/models/notes:predict", json={"instances": ["a red note"]}, timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    return answer.headers["argosy-prediction-id"]
