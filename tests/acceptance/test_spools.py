"""Two servers with separate homes and folders on one PostgreSQL: look-ups and erasures that reach both spools."""

import base64
import json
import os
import signal
from pathlib import Path

import pytest

import argosy
from argosy.models.adapted_model import AdaptedModel
from argosy.store.trained import Trained

TEXTS = {"sport": ["a goal in extra time", "the cup final"], "money": ["shares fell", "the bank raised rates"]}
KEY = base64.b64encode(bytes(range(32))).decode()
HIS, HERS = {"argosy-subject": "mr-42", "argosy-entity": "order-7"}, {"argosy-subject": "ms-43"}


@pytest.fixture
def machine(tmp_path, shell_in, postgresql_url):
    """Makes a machine's shell, in a separate project that shares only URLs and keys with others."""

    def made(name):
        home = tmp_path / name
        (home / "project").mkdir(parents=True)
        settings = f"name: news\ndatabase: {postgresql_url}\nartifacts: file:{tmp_path / 'artifacts'}\n"
        (home / "project" / "argosy.yaml").write_text(settings)
        keys = {f"ARGOSY_KEY_{role}": KEY for role in ("EXAMPLES", "PREDICTIONS")}
        return shell_in(home / "project", HOME=str(home), **keys)

    return made


def store_model(shell, folder, monkeypatch):
    for name, value in shell.variables.items():
        monkeypatch.setenv(name, value)
    project = argosy.open(shell.folder)
    texts, labels = [text for each in TEXTS.values() for text in each], [label for label in TEXTS for _ in range(2)]
    path = AdaptedModel.from_names("tfidf", {"min_count": 1}, "logistic", {}).fit(texts, labels).save(folder / "fitted")
    artifact = project.store.artifacts.put(path)
    definition = {"adapter": {"name": "tfidf", "options": {}}}
    with project.database.write() as transaction:
        project.store.record(
            transaction, Trained("one", definition, "d" * 64, artifact, path.stat().st_size, {}, {}, 0.1, 1.0, {}, {})
        )
        project.store.add_version(transaction, "news", "one")
        project.store.promote(transaction, "news", 1, "champion", by="test", reason="test")
    return project


def ask(client, headers):
    answer = client.post("/v1/models/news:predict", json={"instances": ["a late goal"]}, headers=headers)
    return answer.headers["argosy-prediction-id"]


def drainers(server):
    """A server's drainer processes."""
    tasks = Path(f"/proc/{server.pid}/task").glob("*/children")
    pids = [int(pid) for task in tasks for pid in task.read_text().split()]
    return [pid for pid in pids if b"drain" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]


def test_look_ups_and_erasures_reach_every_spool(machine, tmp_path, monkeypatch, until):
    desk, here, there = machine("desk"), machine("here"), machine("there")
    project = store_model(desk, tmp_path, monkeypatch)
    (_, asked), (server, client) = here.serve("serve"), there.serve("serve")
    until(lambda: sum(bool(one.seen_at) for one in project.backends.spools.all()) == 2)
    ask(client, HIS)
    about = {"entity": "order-7", "start": 0, "label": "money"}
    answer = asked.post("/feedback", json=about)
    assert (answer.status_code, answer.json()) == (201, {"added": 1, "matched": 1})
    assert project.feedback.log.get(ask(client, {})).input == "a late goal"
    until(lambda: "argosy_spool_waiting{" in asked.get("/metrics").text)

    (drainer,) = until(lambda: drainers(server))
    os.kill(drainer, signal.SIGSTOP)
    his, hers = ask(client, HIS), ask(client, HERS)
    server.kill()
    os.kill(drainer, signal.SIGKILL)
    assert server.wait() == -signal.SIGKILL

    erased = project.examples.erase("mr-42")
    assert (erased.predictions, [one.folder for one in erased.waiting]) == (
        1,
        [str(there.folder / ".argosy" / "spool")],
    )
    late = desk.run("examples", "erase", "mr-42", "--yes", "--wait", 0)
    assert late.code == 1
    assert f"argosy spools forget {erased.waiting[0].name}" in late.err
    assert sorted(spool["erasures"] for spool in desk.json("spools", "list")) == [0, 2]

    waiting = desk.start("examples", "erase", "mr-42", "--yes", "--wait", 600, "--json")
    there.serve("serve")
    assert json.loads(waiting.communicate()[0])["waiting"] == []
    until(lambda: project.feedback.log.answer(hers))
    assert project.feedback.log.answer(his) is None
    assert [one.erasures for one in project.backends.spools.all()] == [0, 0]
    project.close()
