"""Settings of a live server changed in its file: applied by SIGHUP or by a request, all of them or none."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from argosy.testing.waiting import PATIENCE


@pytest.fixture
def configured(project, start):
    """A server of two models, and a function that writes its settings."""
    project.promote(project.train())
    project.promote(project.train("tone"), "tone")
    project.train("tone")

    def write(text):
        (project.folder / "argosy.yaml").write_text(text)

    write("name: shop\nserver: {models: {topics: {}, tone: {}}}\n")
    return start(), write


def served(server):
    return {one["name"]: one["versions"] for one in server.client.get("/v2/models").json()["models"]}


def test_a_reload_applies_what_changed_and_answers_with_it(configured):
    server, write = configured
    assert served(server) == {"tone": ["1"], "topics": ["1"]}
    assert server.client.post("/admin/reload").json() == {"applied": [], "other_processes": []}
    write("name: shop\nserver: {models: {tone: {versions: all}}}\nlimits: {rows: 1}\ngate: {folds: 3}\n")
    answer = server.client.post("/admin/reload").json()
    assert [one["setting"] for one in answer["applied"]] == [
        "limits.rows",
        "server.models.tone.versions",
        "server.models.topics",
    ]
    assert answer["applied"][0] == {"setting": "limits.rows", "old": 1000, "new": 1}
    assert answer["applied"][2]["new"] is None
    assert answer["other_processes"] == ["gate.folds"]
    assert server.predict("a", "b", path="/v1/models/tone").status_code == 413
    server.until(lambda: served(server) == {"tone": ["1", "2"]})
    assert server.predict("a").status_code == 404


def test_a_hangup_reloads_and_the_log_has_each_change(configured):
    server, write = configured
    write("name: shop\nserver: {models: {topics: {}}}\n")
    server.process.send_signal(signal.SIGHUP)
    server.until(lambda: list(served(server)) == ["topics"])
    log = (server.project.folder / "server.log").read_text()
    assert "reloaded server.models.tone: " in log
    write("nam: shop\n")
    server.process.send_signal(signal.SIGHUP)
    server.until(lambda: "nothing is reloaded" in (server.project.folder / "server.log").read_text())
    assert server.version() == 1


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("name: shop\nserver: {port: 9000, models: {topics: {}}}\n", 409, "server.port: no effect without a restart"),
        ("name: shop\nserver: {model: {topics: {}}}\n", 400, "no such setting (did you mean 'models'?)"),
        ("name: [\n", 400, "argosy.yaml"),
    ],
)
def test_a_setting_that_cannot_be_applied_changes_nothing(configured, text, status, message):
    server, write = configured
    write(text)
    refused = server.client.post("/admin/reload")
    assert (refused.status_code, message in refused.json()["error"]) == (status, True), refused.text
    assert server.predict("a", path="/v1/models/tone").status_code == 200
    assert served(server) == {"tone": ["1"], "topics": ["1"]}


def test_a_version_waits_for_memory_until_the_limit_is_raised(project, start):
    """Of a small model the least is assumed: five megabytes."""
    for name in ("tone", "topics"):
        project.promote(project.train(name), name)
    (project.folder / "argosy.yaml").write_text("name: shop\nserver: {memory: 8M}\n")
    server = start()
    found = served(server)
    [waiting] = [name for name, versions in found.items() if not versions]
    [status] = server.client.get(f"/v1/models/{waiting}").json()["model_version_status"]
    assert status["state"] == "START"
    assert "waits for memory: it needs about" in status["status"]["error_message"]
    assert server.predict("a", path=f"/v1/models/{waiting}").status_code == 503
    (project.folder / "argosy.yaml").write_text("name: shop\nserver: {memory: 100M}\n")
    assert server.client.post("/admin/reload").status_code == 200
    server.until(lambda: served(server) == {"tone": ["1"], "topics": ["1"]})


def test_a_reload_needs_the_scope_admin(configured, project):
    server, _ = configured
    tokens = {scope: project.tokens.create(scope, [scope]) for scope in ("predict", "admin")}
    server.until(lambda: server.client.post("/admin/reload").status_code == 401)
    headers = {scope: {"authorization": f"Bearer {token}"} for scope, token in tokens.items()}
    assert server.client.post("/admin/reload", headers=headers["predict"]).status_code == 403
    assert server.client.post("/admin/reload", headers=headers["admin"]).status_code == 200


def test_a_server_whose_terminal_is_closed_stops(project):
    """What it does without one, after the same signal, is above."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, Path(__file__).parent / "serving_project.py", project.folder],
        stdout=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(its, termios.TIOCSCTTY, 0),
    )
    os.close(its)
    assert process.stdout.readline().startswith(b"http://")
    os.close(ours)
    assert process.wait(PATIENCE) == 0
    process.stdout.close()
