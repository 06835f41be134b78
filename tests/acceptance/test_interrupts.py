"""Ctrl-C, sent as by a terminal to every process of the command: one line, and no partial result."""

import os
import pty
import signal
import socket
from contextlib import suppress
from multiprocessing.connection import wait

from argosy.testing.waiting import PATIENCE

DEADLINE = PATIENCE


def interrupt(shell, process):
    """Press Ctrl-C; the exit code."""
    os.killpg(process.pid, signal.SIGINT)
    code = process.wait(DEADLINE)
    log = (shell.folder / "started.log").read_text()
    assert "Traceback" not in log, log
    return code


def test_an_interrupted_import_imports_nothing(empty):
    lines = (f'{{"text": "text number {number}", "label": "{number % 3}"}}\n' for number in range(300_000))
    empty.write("long.jsonl", "".join(lines))
    terminal, side = pty.openpty()  # progress is shown on a terminal
    process = empty.start("examples", "import", "long.jsonl", log=side)
    os.close(side)
    seen = b""
    while b" rows" not in seen:
        assert wait([terminal], DEADLINE), seen
        seen += os.read(terminal, 1000)
    assert interrupt(empty, process) == 130
    with suppress(OSError):  # reports the end of the terminal
        while more := os.read(terminal, 1000):
            seen += more
    os.close(terminal)
    assert seen.rstrip().endswith(b"Stopped.")
    assert "no collection" in empty.mistake("examples", "count")


def test_an_interrupted_training_resumes(imported, until):
    imported.write(
        "long.yaml",
        "dataset: {name: all}\nadapter: {name: tfidf}\nmodel: {name: sgd, options: {seed: [1, 2, 3, 4]}}\n",
    )
    process = imported.start("train", "long.yaml")

    def has_begun():
        ran = imported.run("plan", "status", "long", "--json")
        return ran.code == 0 and ran.json["counts"].get("queued", 0) < 4

    until(has_begun)
    assert interrupt(imported, process) in (0, 130)
    counts = imported.json("plan", "status", "long")["counts"]
    assert counts.get("running", 0) == counts.get("failed", 0) == 0
    assert len(imported.json("train", "long.yaml")) == 4


def test_an_interrupted_server_or_worker_leaves_in_peace(imported):
    process, client = imported.serve("up", "--workers", 1)
    client.close()
    assert interrupt(imported, process) == 0
    process, client = imported.serve("serve")
    client.close()
    assert interrupt(imported, process) == 0


def test_an_interrupted_question_erases_nothing(imported, until):
    silent, _ = socket.socketpair()
    process = imported.start("examples", "erase", "customer-1", stdin=silent)
    until(lambda: "Erase everything" in (imported.folder / "started.log").read_text())
    assert interrupt(imported, process) == 130
    assert imported.json("examples", "count")["examples"] == 240


def test_a_command_started_with_ctrl_c_ignored_ends_only_by_sigterm(imported, copy_of, until):
    shell = copy_of(imported)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for commands started with `&`
    try:
        process = shell.start("worker")
    finally:
        signal.signal(signal.SIGINT, before)
    for model in ("naive_bayes", "nearest_centroid"):
        shell.write(f"{model}.yaml", f"dataset: all\nadapter: hashing\nmodel: {model}\n")
        shell("plan", "submit", f"{model}.yaml")
        until(lambda model=model: shell.json("plan", "status", model)["counts"].get("done") == 1)
        os.killpg(process.pid, signal.SIGINT)
    assert shell.end(process) == 0


def test_a_server_started_with_ctrl_c_ignored_ends_by_sigterm_alone(imported):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process, client = imported.serve("serve")
    finally:
        signal.signal(signal.SIGINT, before)
    os.killpg(process.pid, signal.SIGINT)
    assert client.get("/v2/health/live").status_code == 200
    assert imported.end(process) == 0
