"""A project's functions at work in a server: slow ones, ones that hang, and ones that print."""

import threading

import pytest

SERVICE = """\
service: triage
accepts: {text: text}
model: tickets@champion
prepare: project.prepare
"""
PROJECT = """\
import os, time
from pathlib import Path

print("printed by an import")

def prepare(rows):
    print("printed by a call", flush=True)
    os.write(1, b"written by a call\\n")
    if rows[0]["text"] == "hang":
        Path("hangs").touch()
        while not Path("goes on").exists():
            time.sleep(0.01)
    return rows
"""


@pytest.fixture
def shop(live, copy_of):
    shell = copy_of(live)
    (shell.folder / "services").mkdir()
    shell.write("services/triage.yaml", SERVICE)
    shell.write("project.py", PROJECT)
    return shell


class Question(threading.Thread):
    """One request, under way."""

    def __init__(self, client, text):
        super().__init__()
        self._client, self._text = client, text
        self.answer = None
        self.start()

    def run(self):
        self.answer = self._client.post("/services/triage", json={"inputs": [{"text": self._text}]})


def test_a_call_that_hangs_holds_up_nobody_else(shop, until):
    _, client = shop.serve("serve")
    slow = Question(client, "hang")
    until((shop.folder / "hangs").exists)
    for text in ("one", "two", "three"):
        other = Question(client, text)
        other.join()
        assert other.answer.status_code == 200, other.answer.text
    assert slow.answer is None
    (shop.folder / "goes on").touch()
    slow.join()
    assert slow.answer.status_code == 200


def test_a_time_out_is_the_files(shop):
    shop.write("services/triage.yaml", SERVICE + "functions: {timeout: 50ms, at_once: 1}\n")
    _, client = shop.serve("serve")
    slow = Question(client, "hang")
    slow.join()
    assert slow.answer.status_code == 500, slow.answer.text
    assert "project.prepare took longer than 0.05 s" in slow.answer.json()["error"]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_server_ends_though_a_call_hangs(shop, until, processes):
    shop.write("services/triage.yaml", SERVICE + "functions: {timeout: 1h}\n")
    process, client = shop.serve("serve", "--workers", processes)
    slow = Question(client, "hang")
    until((shop.folder / "hangs").exists)
    assert shop.end(process) == 0
    slow.join()
    assert "the server stops" in slow.answer.json()["error"]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_it_prints_is_in_the_log_and_not_in_the_output(shop, processes):
    process, client = shop.serve("serve", "--workers", processes)  # its first line has been read
    question = Question(client, "hello")
    question.join()
    shop.end(process)
    assert process.stdout.read() == ""
    log = (shop.folder / "started.log").read_text()
    for line in ("printed by an import", "printed by a call", "written by a call"):
        assert line in log


def test_a_command_prints_its_own_document_alone(shop):
    assert list(shop.json("service", "check", "triage")) == ["triage"]


@pytest.mark.parametrize(
    ("functions", "problem"),
    [
        ("{at_once: 0}", "functions.at_once"),
        ("{at_once: 65}", "functions.at_once"),
        ("{timeout: 3}", "functions.timeout"),
        ("{timeout: soon}", "functions.timeout: 'soon' is no duration"),
        ("{time_out: 3s}", "functions.time_out"),
    ],
)
def test_limits_that_are_none_are_refused(shop, functions, problem):
    shop.write("services/triage.yaml", SERVICE + f"functions: {functions}\n")
    assert problem in shop.mistake("service", "list")
