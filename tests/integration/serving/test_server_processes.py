"""Several processes on one port: to a client they are one server, and one that is killed loses nothing but requests."""

import os
import shutil
import signal
import subprocess
import sys
import threading

import httpx
import pytest
from grpc_calls import ask, columns, infer_message
from mixed_callers import Caller, ask_all
from running_processes import (
    ASKS,
    COUNT,
    SETTINGS,
    RunningProcesses,
    children,
    command_line,
    project_of_processes,
)
from serving_project import KEY_VARIABLES

from argosy.testing.waiting import PATIENCE, until

RELOADED = SETTINGS + "limits: {rows: 1}\n"


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    project = project_of_processes(tmp_path_factory.mktemp("several"))
    server = RunningProcesses(project, COUNT, "--access-log", "--log-format", "json")
    yield server
    server.close()
    project.database.close()


def test_what_all_processes_answered_is_counted_together(several):
    labels, rows = {"model": "topics", "protocol": "tensorflow"}, statistics(several)["inference_count"]
    before = several.counted("argosy_predictions_total", **labels)
    seconds = several.counted("argosy_model_request_seconds_count", model="topics")
    several.statuses("a goal", "the bank")
    assert len(several.pids_in_log()) > 1
    assert several.counted("argosy_predictions_total", **labels) == before + 2 * ASKS
    assert several.counted("argosy_model_request_seconds_count", model="topics") == seconds + ASKS
    assert several.counted("argosy_servable_state", model="topics", version="1") == 1
    assert several.counted("argosy_server_processes") == COUNT
    found = statistics(several)
    assert found["inference_count"] == rows + 2 * ASKS
    assert sum(one["batch_size"] * one["compute_infer"]["count"] for one in found["batch_stats"]) == rows + 2 * ASKS


def statistics(server):
    """Of the champion."""
    [found] = server.fresh("GET", "/v2/models/topics/versions/1/stats").json()["model_stats"]
    return found


@pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool here: it is in Debian's package prometheus")
def test_promtool_finds_no_fault_in_the_sum(several):
    several.statuses("a goal")
    text = several.metrics().encode()
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout.decode(), checked.stderr.decode()) == (0, "", "")


def test_feedback_reaches_what_another_process_answered(several):
    """Each prediction is corrected over several connections; the same key is the same feedback on every process."""
    answer = several.fresh("POST", "/v1/models/topics:predict", json={"instances": ["a goal"] * 4}).json()
    for row in answer["predictions"]:
        given = {"prediction_id": row["prediction_id"], "label": "money", "idempotency_key": row["prediction_id"]}
        added = [several.fresh("POST", "/feedback", json=given).json()["added"] for _ in range(4)]
        assert added == [1, 0, 0, 0]


def test_the_port_of_grpc_is_shared_too(several):
    for _ in range(6):
        answer, _call = ask(several, "ModelInfer", infer_message("a goal"))
        assert columns(answer)["label"] == [b"sport"]
    assert ask(several, "ServerReady")[0].ready


def test_an_unload_and_a_load_reach_every_process(several):
    assert several.fresh("POST", "/v2/repository/models/topics/unload").status_code == 200
    assert several.statuses("a goal") == {404}
    assert several.fresh("POST", "/v2/repository/models/topics/load").status_code == 200
    assert several.statuses("a goal") == {200}
    refused = several.fresh("POST", "/v2/repository/models/nothing/unload")
    assert (refused.status_code, "there are: tone, topics" in refused.json()["error"]) == (404, True)


def test_a_reload_reaches_every_process_and_is_reported_once(several):
    settings = several.project.folder / "argosy.yaml"
    settings.write_text(RELOADED)
    answer = several.fresh("POST", "/admin/reload").json()
    assert [one["setting"] for one in answer["applied"]] == ["limits.rows"]
    assert several.statuses("a", "b") == {413}
    settings.write_text(SETTINGS)
    several.process.send_signal(signal.SIGHUP)
    several.until(lambda: several.statuses("a", "b") == {200})
    settings.write_text(SETTINGS + "server: {processes: 2}\n")
    refused = several.fresh("POST", "/admin/reload")
    assert (refused.status_code, "server.processes" in refused.json()["error"]) == (409, True)
    settings.write_text(SETTINGS)


def test_a_process_that_is_started_again_is_as_the_others_are(several):
    """It has the settings and the unloaded models of the server, whatever the file says by now."""
    several.fresh("POST", "/v2/repository/models/topics/unload").raise_for_status()
    (several.project.folder / "argosy.yaml").write_text(RELOADED)
    several.until_whole(several.kill_one())
    assert several.statuses("a goal") == {404}
    several.fresh("POST", "/v2/repository/models/topics/load").raise_for_status()
    assert several.statuses("a", "b") == {200}
    (several.project.folder / "argosy.yaml").write_text(SETTINGS)


def test_a_killed_process_loses_only_what_was_in_flight(several):
    """The others go on, every answer is in the log, and what was counted stays counted."""
    callers, counts = [Asking(several, number) for number in range(4)], []

    def count():
        counts.append(several.counted("argosy_predictions_total", model="topics", protocol="v2"))
        return counts[-1]

    for caller in callers:
        caller.start()
    try:
        reached = count()
        several.until(lambda: count() > reached + 200)
        several.until_whole(several.kill_one(), count)
        several.until(lambda: count() > reached + 400)
    finally:
        for caller in callers:
            caller.end()
    assert [caller.error for caller in callers] == [None] * 4
    answered = {one: text for caller in callers for one, text in caller.answered.items()}
    assert {one.id: one.input for one in several.project.predictions.get_many(sorted(answered))} == answered
    assert counts == sorted(counts)
    assert all(caller.interruptions <= 1 for caller in callers), "only connections of the killed process break"
    assert several.counted("argosy_server_process_restarts_total") > 0
    ask_all(several, [Caller(number) for number in range(3)])


class Asking(threading.Thread):
    """Asks one request after the other over V2, and keeps what was answered; counts how often it was interrupted.

    A process that dies may reset connections that were made to it while it died, one after another: one interruption.
    """

    def __init__(self, server, number):
        super().__init__()
        self._server, self._number, self._stop_asked = server, number, threading.Event()
        self.answered, self.interruptions, self.error = {}, 0, None

    def run(self):
        client = httpx.Client(base_url=self._server.url, timeout=PATIENCE)
        asked, is_broken = 0, False
        while not self._stop_asked.is_set():
            text, asked = f"a goal {self._number} {asked}", asked + 1
            tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "data": [text]}
            try:
                answer = client.post("/v2/models/topics/infer", json={"inputs": [tensor]})
            except httpx.TransportError:
                self.interruptions += not is_broken
                is_broken = True
                continue
            is_broken = False
            if answer.status_code != 200:
                self.error = answer.text
                break
            self.answered[answer.json()["parameters"]["prediction_id"]] = text
        client.close()

    def end(self):
        self._stop_asked.set()
        self.join(PATIENCE)


def test_a_taken_port_is_refused_also_to_another_server_of_many(several):
    command = [sys.executable, "-m", "argosy", "-C", str(several.project.folder), "serve", "--workers", "2"]
    for option, address in (("--port", several.url), ("--grpc-port", several.grpc_address)):
        ports = {"--port": "0", "--grpc-port": "0", option: address.rpartition(":")[2]}
        done = subprocess.run(
            [*command, *(word for pair in ports.items() for word in pair)],
            env={**os.environ, **KEY_VARIABLES},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert "another program listens on" in done.stderr


def test_a_server_that_cannot_start_says_so_once(tmp_path):
    project = project_of_processes(tmp_path)
    project.database.close()
    command = [sys.executable, "-m", "argosy", "-C", str(tmp_path), "serve", "--workers", "3", "--host", "0.0.0.0"]
    done = subprocess.run(
        [*command, "--port", "0"],
        env={**os.environ, **KEY_VARIABLES},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr.count("Error:")) == (2, 1), done.stderr


def test_a_signal_ends_every_process(tmp_path):
    project = project_of_processes(tmp_path)
    server = RunningProcesses(project)
    found = server.serving()
    server.process.terminate()
    assert server.process.wait(PATIENCE) == 0
    assert [pid for pid in found if os.path.exists(f"/proc/{pid}")] == []  # noqa: PTH110
    server.close()
    project.database.close()


def test_every_process_ends_where_the_command_was_killed(tmp_path):
    """Each says so; another server has the port, and every answer is in the log."""
    project = project_of_processes(tmp_path)
    server = RunningProcesses(project)
    found, port = children(server.process.pid), server.url.rpartition(":")[2]
    answered = [row["prediction_id"] for row in server.predict("a goal", "the bank").json()["predictions"]]
    server.process.kill()
    server.process.wait(PATIENCE)
    until(lambda: not any(command_line(pid) for pid in found))
    server.close()
    assert (tmp_path / "server.log").read_text().count("the process that keeps this server is gone") == COUNT
    again = RunningProcesses(project, COUNT, "--port", port)
    assert again.url.endswith(f":{port}")
    assert [one.input for one in project.predictions.get_many(answered)] == ["a goal", "the bank"]
    again.close()
    project.database.close()
