"""Disks of a running project that fill up and get space again: of the database, the artifacts, the spool."""

import json
import threading

import httpx
from proof_ground import Client, texts
from proof_machine import until

from stored.sqlite_files import assert_sound

ROWS = 6000


def full_database(ground, disk, spares):
    """Import, train, answer and give feedback with a full disk of the database, and when it has space again."""
    stop = threading.Event()
    client = _served(ground, stop)
    ground.fork("work")
    refusals = {"import": 0, "submission": 0}
    for turn, spare in enumerate(spares):
        examples = _more(ground, turn)
        before = _count(ground)
        disk.fill(spare)
        done = ground.run("examples", "import", examples, "--into", "more")
        if done.returncode:
            _assert_clear(done.stderr, "database or disk is full")
            refusals["import"] += 1
        assert _count(ground) == before + (0 if done.returncode else ROWS)  # the log may have had enough space
        assert_sound(ground.project.database)
        done = ground.run("plan", "submit", ground.folder / "plan.yaml")
        if done.returncode:
            _assert_clear(done.stderr, "full")
            refusals["submission"] += 1
        disk.empty()
        assert ground.run("examples", "import", examples, "--into", "more").returncode == 0
        assert _count(ground) == before + ROWS
    assert refusals["import"] > 0
    assert ground.run("plan", "submit", ground.folder / "plan.yaml").returncode == 0
    return {"times full": len(spares), "commands refused": refusals, **_ended(ground, stop, client)}


def full_artifacts(ground, disk, spares):
    """Train while the artifacts' disk is full; training continues when it has space again."""
    disk.fill(spares[0])
    ground.fork("work")
    assert ground.run("plan", "submit", ground.folder / "plan.yaml").returncode == 0
    seen = 0
    for spare in spares:
        disk.fill(spare)
        until(lambda: _put_off(ground) or ground.is_over(), what="a job that is put off")
        if ground.is_over():
            break
        seen += 1
        error = _put_off(ground)[0]
        assert error.startswith("ArtifactsFull: "), error
        assert "No space left on device; the artifact was not kept: make room" in error
        before = ground.trained()
        disk.empty()
        until(lambda before=before: ground.trained() > before or ground.is_over(), what="a result")
    disk.empty()
    assert seen > 0
    return {"times full": seen, **_ended(ground, threading.Event())}


def full_spool(ground, disk, spares):
    """Send requests to a server whose log's disk is full: it refuses them, and answers when there is space."""
    stop = threading.Event()
    ground.fork("work")
    assert ground.run("plan", "submit", ground.folder / "plan.yaml").returncode == 0
    client = _served(ground, stop)
    for spare in spares:
        refused = client.refused[503]
        disk.fill(spare)
        until(lambda refused=refused: client.refused[503] > refused or disk.fill(), what="a refusal")
        body = {"instances": ["a late parcel " * 2000]}
        answer = httpx.post(f"{client.url}/v1/models/live:predict", json=body, timeout=60)
        assert answer.status_code == 503, answer.text
        assert answer.json() == {"error": "the prediction log cannot be written: is its disk full?"}
        answered = len(client.answered)
        disk.empty()
        until(lambda answered=answered: len(client.answered) > answered, what="an answer")
    return {"times full": len(spares), **_ended(ground, stop, client)}


def _served(ground, stop):
    ground.serve()
    until(ground.is_ready, what="a server that answers")
    client = Client(ground.port, 1, stop)
    client.start()
    until(lambda: client.answered and client.accepted, what="an answer and a correction")
    return client


def _more(ground, turn):
    """A file of new examples."""
    path = ground.folder / f"more-{turn}.jsonl"
    rows = texts(ROWS, turn + 10)
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    return path


def _count(ground):
    return ground.count("examples")


def _put_off(ground):
    return [error for error in ground.column("jobs", "error", state="queued") if error is not None]


def _assert_clear(error, words):
    assert error.startswith("Failed: "), error
    assert len(error.splitlines()) == 1, error
    assert words in error


def _ended(ground, stop, *clients):
    """Everything is finished, and nothing was lost."""
    until(ground.is_over, what="the end of the plan")
    stop.set()
    for client in clients:
        client.join()
        assert set(client.refused) <= {503}, client.refused
    ground.end()
    assert set(ground.column("jobs", "failures")) == {0}
    assert set(ground.column("jobs", "state")) == {"done"}
    found = ground.verify(clients)
    return {**found, "refused meanwhile": sum(client.refused[503] for client in clients)} if clients else found
