"""A user's own adapter, as docs/plugins.md has it, and estimator: trained, served, distinguished by their code."""

import json
import os
import re
import shutil
import subprocess
import sys
from multiprocessing.connection import wait
from pathlib import Path

import httpx
import pytest

from argosy.testing.waiting import PATIENCE, until

PAGE = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
[ADAPTER] = (block for block in BLOCKS if "adapters.register(" in block)
ESTIMATOR = '''\
import numpy as np

from argosy.models.estimator import Estimator
from argosy.models.estimators import estimators


class Steps(Estimator):
    """The class whose longest text is the shortest that is long enough."""

    def __init__(self, column: int = 0) -> None:
        self.column = column

    def fit(self, X, y, n_classes):
        self.ends_ = np.array([X[y == code, self.column].max() for code in range(n_classes)])
        return self

    def scores(self, X):
        return -np.abs(X[:, [self.column]] - self.ends_)


estimators.register("steps", Steps)
'''
PLAN = "name: sizes\ndataset: {name: all}\nadapter: {name: length}\nmodel: {name: [steps, nearest_centroid]}\n"
PLAIN = "name: plain\ndataset: {name: all}\nadapter: {name: hashing}\nmodel: {name: nearest_centroid}\n"
SECONDS = PATIENCE


class Project:
    def __init__(self, folder):
        self.folder = folder

    def start(self, *arguments):
        environment = {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # a module that changed twice within a second is read again
        return subprocess.Popen(
            [sys.executable, "-m", "argosy", "-C", self.folder, *map(str, arguments)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments):
        process = self.start(*arguments)
        out, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, out
        return out

    def json(self, *arguments):
        return json.loads(self(*arguments, "--json"))

    def plan(self, text):
        path = self.folder / "plan.yaml"
        path.write_text(text)
        return path


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    rows = [f"{'a' * size} {number},{label}" for number in range(60) for size, label in ((2, "short"), (90, "long"))]
    (folder / "sizes.csv").write_text("text,label\n" + "\n".join(rows))
    made = Project(folder)
    made("init", folder)
    (folder / "length_adapter.py").write_text(ADAPTER)
    (folder / "step_estimator.py").write_text(ESTIMATOR)
    (folder / "argosy.yaml").write_text("plugins: [length_adapter, step_estimator]\n")
    made("examples", "import", folder / "sizes.csv")
    made("train", made.plan(PLAN), "--processes", 1)
    return made


def show(project, row):
    return project.json("models", "show", row["versions"][0])


def test_it_is_trained_by_workers_and_its_code_is_in_the_lineage(project):
    rows = project.json("leaderboard")
    assert {(row["adapter"], row["model"]) for row in rows} == {("length", "steps"), ("length", "nearest_centroid")}
    assert all(row["test_accuracy"] == 1.0 for row in rows)
    stories = [show(project, row)["trained"] for row in rows]
    by_model = {story["definition"]["model"]["name"]: story["environment"]["plugins"] for story in stories}
    assert set(by_model["steps"]) == {"adapter.length", "model.steps"}
    assert set(by_model["nearest_centroid"]) == {"adapter.length"}
    assert all(len(digest) == 64 for digest in by_model["steps"].values())


def test_it_is_served(project):
    project("models", "promote", "sizes@best")
    server = project.start("serve", "--port", 0)
    assert wait([server.stdout], SECONDS)
    url = re.search(r"http://\S+", server.stdout.readline())[0]
    with httpx.Client(base_url=url, timeout=SECONDS) as client:
        until(lambda: client.get("/v2/health/ready").status_code == 200)
        answer = client.post("/v1/models/sizes:predict", json={"instances": ["b" * 80, "b"]}).json()
    server.terminate()
    server.communicate(timeout=SECONDS)
    assert [row["label"] for row in answer["predictions"]] == ["long", "short"]
    assert [row["label"] for row in project.json("predict", "sizes@best", "b" * 80, "b")] == ["long", "short"]


def test_changed_code_is_another_definition(project):
    before = project.json("plan", "check", project.plan(PLAN))
    assert (before["trained"], before["will_train"]) == (2, 0)
    (project.folder / "step_estimator.py").write_text(ESTIMATOR + "\n# another idea\n")
    after = project.json("plan", "check", project.plan(PLAN))
    changed = {row["model"]: show(project, row)["changed_code"] for row in project.json("leaderboard")}
    (project.folder / "step_estimator.py").write_text(ESTIMATOR)
    assert (after["trained"], after["will_train"]) == (1, 1)
    [label] = set(after["labels"]) - set(before["labels"])
    assert label.startswith("length-steps-")
    assert changed == {"steps": ["model.steps"], "nearest_centroid": []}


def test_changed_code_is_warned_of_and_a_strict_server_refuses_it(project, tmp_path):
    project = Project(shutil.copytree(project.folder, tmp_path / "own"))
    row = next(row for row in project.json("leaderboard") if row["model"] == "steps")
    version, label = row["versions"][0], row["label"]
    project("models", "promote", version)
    command = [sys.executable, "-m", "argosy", "-C", project.folder]
    quiet = subprocess.run([*command, "predict", version, "b"], capture_output=True, text=True, timeout=SECONDS)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    (project.folder / "step_estimator.py").write_text(ESTIMATOR + "\n# another idea\n")
    said = "was trained with other code of model.steps than is here: it may answer otherwise"
    warned = subprocess.run([*command, "predict", version, "b"], capture_output=True, text=True, timeout=SECONDS)
    assert (warned.returncode, warned.stdout, warned.stderr.strip()) == (0, quiet.stdout, f"{version} {said}")
    strict = [*command, "serve", "--strict", "--port", "0"]
    refused = subprocess.run(strict, capture_output=True, text=True, timeout=SECONDS)
    assert (refused.returncode, refused.stdout, refused.stderr.strip()) == (2, "", f"Error: {version} ({label}) {said}")
    assert f"{version} ({label}) {said}" in served_log([*command, "serve", "--port", "0"], tmp_path / "log")


def served_log(command, log):
    """What a server logs until it has loaded its version."""
    with log.open("w") as file:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, text=True)
    assert wait([server.stdout], SECONDS)
    until(lambda: "version 1: available" in log.read_text() or "version 2: available" in log.read_text())
    server.terminate()
    server.communicate(timeout=SECONDS)
    return log.read_text()


def test_a_version_answers_with_its_stored_code_on_request(project, tmp_path):
    project = Project(shutil.copytree(project.folder, tmp_path / "own"))
    version = next(row["versions"][0] for row in project.json("leaderboard") if row["model"] == "steps")
    project("models", "promote", version)
    command = [sys.executable, "-m", "argosy", "-C", project.folder]
    asked = [*command, "predict", version, "aaa"]
    before = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS)
    wrong = ESTIMATOR.replace("return -np.abs(", "return -np.abs(1 // 0 + ")
    (project.folder / "step_estimator.py").write_text(wrong)
    assert subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS).returncode == 1
    stored = subprocess.run([*asked, "--code", "stored"], capture_output=True, text=True, timeout=SECONDS)
    assert (stored.returncode, stored.stdout, stored.stderr) == (0, before.stdout, "")
    log = served_log([*command, "serve", "--strict", "--code", "stored", "--port", "0"], tmp_path / "log")
    assert "other code" not in log
    assert "ZeroDivisionError" not in log


def test_its_bug_is_reported_in_a_line(project):
    wrong = ESTIMATOR.replace("return -np.abs(", "return -np.abs(1 // 0 + ")
    (project.folder / "step_estimator.py").write_text(wrong)
    version = next(row["versions"][0] for row in project.json("leaderboard") if row["model"] == "steps")
    command = [sys.executable, "-m", "argosy", "-C", project.folder, "predict", version, "aaa"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    (project.folder / "step_estimator.py").write_text(ESTIMATOR)
    assert (done.returncode, done.stdout) == (1, "")
    [warning, line] = done.stderr.splitlines()
    assert re.search(r"sizes@\d was trained with other code of model.steps than is here", warning)
    assert re.match(r"Failed: sizes@\d cannot answer: ZeroDivisionError at .*/step_estimator.py:\d+ in scores", line)


def test_a_worker_without_it_leaves_it_to_one_that_has_it(project, tmp_path):
    """The other worker has the same database, artifacts and keys, and no plug-in."""
    project = Project(shutil.copytree(project.folder, tmp_path / "own"))
    store = f"{project.folder}/.argosy"
    bare = Project(tmp_path)
    (tmp_path / "argosy.yaml").write_text(f"database: sqlite:///{store}/argosy.db\nartifacts: file:{store}/artifacts\n")
    shutil.copytree(project.folder / ".argosy" / "keys", tmp_path / ".argosy" / "keys")
    project("plan", "submit", project.plan(PLAN.replace("length}", "length, options: {scale: [1.0]}}")))
    project("plan", "submit", project.plan(PLAIN))
    worker = bare.start("worker")
    until(lambda: project.json("plan", "status", "plain")["counts"].get("done", 0) == 1)
    worker.terminate()
    worker.communicate(timeout=SECONDS)
    assert worker.returncode == 0
    status = project.json("plan", "status", "sizes")
    assert status["counts"]["queued"] == 2
    assert status["lacking"] == {"adapter.length": 2, "model.steps": 1}
    assert "2 wait for a worker with the plug-in adapter.length" in project("plan", "status", "sizes")
    project("worker", "--until-idle")
    assert project.json("plan", "status", "sizes")["counts"]["done"] == 2
