"""Files of services that change while a server runs: nobody who asks meanwhile notices anything but the change."""

import os
import signal
import threading
from pathlib import Path

import httpx
import pytest

from argosy.testing.waiting import PATIENCE

SERVICE = """\
service: triage
accepts: {text: text}
model: tickets@champion
decide:
  - threshold: {at: 0, yes: %s, no: never}
"""
PREPARED = SERVICE + "prepare: waiting.prepare\n"
WAITING = """\
import time
from pathlib import Path

def prepare(rows):
    Path("begun").touch()
    while not Path("goes on").exists():
        time.sleep(0.01)
    return rows
"""
WORDS = ["first", "second", "third", "fourth"]
ROW = {"inputs": [{"text": "my parcel is late"}]}


@pytest.fixture
def shop(live, copy_of):
    shell = copy_of(live)
    (shell.folder / "services").mkdir()
    shell.write("services/triage.yaml", SERVICE % "first")
    return shell


class Asking(threading.Thread):
    """Asks one request after another, on a connection that is kept; `said` are the decisions, without repeats."""

    def __init__(self, url, path, body, decision_of):
        super().__init__()
        self._url, self._path, self._body, self._decision_of = url, path, body, decision_of
        self._is_over = threading.Event()
        self.said, self.failed = [], []

    def run(self):
        with httpx.Client(base_url=self._url, timeout=PATIENCE) as client:
            while not self._is_over.is_set():
                answer = client.post(self._path, json=self._body)
                if answer.status_code != 200:
                    self.failed.append(answer.text)
                elif self.said[-1:] != [said := self._decision_of(answer.json())]:
                    self.said.append(said)

    def end(self):
        self._is_over.set()
        self.join(PATIENCE)


def asking(client, count=2):
    """Clients of the service over its own route and over V2, under way."""
    own = ("/services/triage", ROW, lambda answer: answer["results"][0]["decision"])
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["my parcel is late"]}
    body = {"inputs": [tensor], "outputs": [{"name": "decision"}]}
    other = ("/v2/models/service.triage/infer", body, lambda answer: answer["outputs"][0]["data"][0])
    made = [Asking(client.base_url, *each) for each in (own, other) for _ in range(count)]
    for one in made:
        one.start()
    return made


def reload_by_request(_process, client):
    answer = client.post("/admin/reload")
    assert answer.status_code == 200, answer.text
    return [one["setting"] for one in answer.json()["applied"]]


def reload_by_signal(process, _client):
    process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize(
    ("command", "ask_to_reload"),
    [
        (("serve",), reload_by_request),
        (("serve", "--workers", "2"), reload_by_request),
        (("serve", "--workers", "2"), reload_by_signal),
        (("up", "--workers", "0"), reload_by_signal),
    ],
    ids=["serve", "workers", "workers, SIGHUP", "up, SIGHUP"],
)
def test_no_request_fails_while_services_change(shop, until, command, ask_to_reload):
    process, client = shop.serve(*command)
    callers = asking(client)
    try:
        until(lambda: all(one.said for one in callers))
        for word in WORDS[1:]:
            shop.write("services/triage.yaml", SERVICE % word)
            named = ask_to_reload(process, client)
            assert named in (None, ["services.triage.decide"])
            until(lambda word=word: all(word in one.said for one in callers))
    finally:
        for one in callers:
            one.end()
    assert [one.failed for one in callers] == [[]] * len(callers)
    assert [one.said for one in callers] == [WORDS] * len(callers)
    shop.end(process)
    log = (shop.folder / "started.log").read_text()
    assert log.count("reloaded services.triage.decide: ") == 3
    assert log.count("ERROR") == 0


def test_new_and_removed_files_are_followed(shop):
    process, client = shop.serve("serve")
    assert client.post("/services/second", json=ROW).status_code == 404
    shop.write("services/second.yaml", SERVICE.replace("triage", "second") % "yes")
    assert reload_by_request(process, client) == ["services.second"]
    assert client.post("/services/second", json=ROW).json()["results"][0]["decision"] == "yes"
    assert client.get("/v2/models/service.second").status_code == 200
    assert reload_by_request(process, client) == []
    (shop.folder / "services" / "triage.yaml").unlink()
    [change] = client.post("/admin/reload").json()["applied"]
    assert (change["setting"], change["new"], change["old"]["model"]) == ("services.triage", None, "tickets@champion")
    answer = client.post("/services/triage", json=ROW)
    assert (answer.status_code, "there are: second" in answer.json()["error"]) == (404, True)
    for name in ("service.triage", "service.triage.prepare", "service.triage.decide"):
        assert client.get(f"/v2/models/{name}").status_code == 404
    assert [one["service"] for one in client.get("/services").json()["services"]] == ["second"]


@pytest.mark.parametrize(
    ("text", "problem", "processes"),
    [
        ("service: [\n", "services/triage.yaml", "1"),
        (SERVICE.replace("threshold", "treshold") % "new", "did you mean 'threshold'?", "2"),
        (SERVICE % "new" + "prepare: nothing.prepare\n", "service triage: prepare: there is no nothing.py in ", "1"),
        (SERVICE % "new" + "prepare: nothing.prepare\n", "service triage: prepare: there is no nothing.py in ", "2"),
    ],
    ids=["no YAML", "no step", "no function", "no function, workers"],
)
def test_a_faulty_file_leaves_everything_as_it_is(shop, until, text, problem, processes):
    process, client = shop.serve("serve", "--workers", processes)
    shop.write("services/other.yaml", SERVICE.replace("triage", "other") % "yes")
    shop.write("services/triage.yaml", text)
    shop.write("argosy.yaml", "name: shop\nlimits: {rows: 1}\n")
    refused = client.post("/admin/reload")
    assert refused.status_code == 400
    assert problem in refused.json()["error"]
    process.send_signal(signal.SIGHUP)
    log = shop.folder / "started.log"
    until(lambda: "nothing is reloaded: " in log.read_text())
    assert (
        client.post("/services/triage", json={"inputs": ROW["inputs"] * 2}).json()["results"][0]["decision"] == "first"
    )
    assert client.post("/services/other", json=ROW).status_code == 404
    shop.end(process)
    [line] = [line for line in log.read_text().splitlines() if "ERROR" in line]
    assert problem in line


def test_what_is_under_way_ends_under_the_definition_under_which_it_began(shop, until):
    shop.write("waiting.py", WAITING)
    shop.write("services/triage.yaml", PREPARED % "old")
    process, client = shop.serve("serve")
    before = Asking(client.base_url, "/services/triage", ROW, lambda answer: answer["results"][0]["decision"])
    before.start()
    until((shop.folder / "begun").exists)
    shop.write("services/triage.yaml", SERVICE % "new")
    assert reload_by_request(process, client) == ["services.triage.decide", "services.triage.prepare"]
    assert client.post("/services/triage", json=ROW).json()["results"][0]["decision"] == "new"
    (shop.folder / "goes on").touch()
    until(lambda: "new" in before.said)
    before.end()
    assert (before.said, before.failed) == (["old", "new"], [])


def test_a_process_that_is_started_again_has_the_services_of_the_others(shop, until):
    process, client = shop.serve("serve", "--workers", "2")
    shop.write("services/triage.yaml", SERVICE % "new")
    assert reload_by_request(process, client) == ["services.triage.decide"]
    shop.write("services/triage.yaml", "service: [\n")
    killed = serving(process.pid)[0]
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(serving(process.pid)) == 2 and killed not in serving(process.pid))
    until(lambda: httpx.get(client.base_url.join("/v2/health/ready")).status_code == 200)
    asked = [httpx.post(client.base_url.join("/services/triage"), json=ROW, timeout=PATIENCE) for _ in range(20)]
    assert {one.json()["results"][0]["decision"] for one in asked} == {"new"}


def serving(keeper):
    """The processes that answer."""
    children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    return [int(one) for one in children if b"server-process" in command_of(one)]


def command_of(pid):
    """Empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
