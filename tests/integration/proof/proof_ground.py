"""The project of the proofs, with a champion and a plan, its processes, and the checks at the end."""

import json
import random
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from proof_machine import Machine

from argosy.app.project import open_project
from argosy.app.scaffold import create_project
from argosy.app.working import work
from argosy.jobs.job import JobState
from argosy.store.collector import collect
from stored.messages import sent
from stored.rows import column, count, rows
from stored.sqlite_files import assert_sound

MODEL = "storm"
# fmt: off
WORDS = {
    "delivery": ["parcel", "courier", "late", "tracking", "shipped", "doorstep", "driver", "address", "van"],
    "refund": ["money", "back", "charged", "card", "twice", "invoice", "payment", "bank", "credit"],
    "account": ["password", "login", "email", "locked", "reset", "profile", "username", "sign", "phone"],
}
FILLING = ["please", "hello", "the", "my", "is", "was", "i", "have", "with", "for", "today", "since", "again", "not"]
# fmt: on
LIVE = {"name": "live", "dataset": {"name": "all"}, "adapter": {"name": "tfidf"}, "model": {"name": "logistic"}}


def texts(count, seed=0):
    """That many (text, label), with different texts."""
    draw = random.Random(seed)
    names = list(WORDS)
    for number in range(count):
        label = names[number % len(names)]
        words = draw.choices(WORDS[label], k=4) + draw.choices(FILLING, k=6)
        yield f"{' '.join(words)} {seed}-{number}", label


class Ground(Machine):
    """A project in `folder`, whose model `live` has a champion; `plan.yaml` has so many definitions of `storm`."""

    def __init__(self, folder, definitions, examples=240, settings="", suffix=""):
        super().__init__(folder)
        self.plans = {MODEL: definitions}
        """How many definitions each has that must be trained in the end."""
        create_project(folder, "proof")
        (folder / "argosy.yaml").write_text(f"name: proof\n{settings}")
        self.project = open_project(folder)
        self.port = free_port()
        self.project.examples.add((text + suffix, label) for text, label in texts(examples))
        values = ", ".join(f"{0.01 * 1.07**number:.8f}" for number in range(definitions // 2))
        (folder / "plan.yaml").write_text(
            f"name: {MODEL}\ndataset: {{name: all}}\n"
            "adapter: [{name: tfidf}, {name: hashing, options: {buckets: [1024]}}]\n"
            f"model: {{name: logistic, options: {{C: [{values}]}}}}\n"
        )
        (folder / "live.yaml").write_text(json.dumps(LIVE))
        self.project.plans.submit(folder / "live.yaml")
        work(self.project.backends, threading.Event(), until=lambda: self.project.plans.status("live").is_over)
        self.project.models.promote("live@1", by="proof")
        self.project.broker.subscribe("notifications", "proof")

    def serve(self, port=0):
        return self.argosy("serve", "--port", port or self.port)

    def close(self):
        super().close()
        self.project.close()

    # --- looks

    def count(self, table, **where):
        return count(self.project.database, table, **where)

    def column(self, table, name, **where):
        return column(self.project.database, table, name, **where)

    def trained(self):
        return self.count("trained") - 1  # the champion

    def jobs_of(self, process):
        """The jobs that a worker holds."""
        found = self.column("jobs", "owner", state="running")
        return [owner for owner in found if owner.endswith(f"-{process.pid}")]

    def has_orphan(self):
        """Whether an artifact is stored whose result is not."""
        stored = {one.digest for one in self.project.artifacts.list_artifacts()}
        return bool(stored - set(self.column("trained", "artifact")))

    def is_over(self):
        return not {"queued", "running"} & set(self.column("jobs", "state")) and self.count("plans", name=MODEL) > 0

    def is_ready(self, port=0):
        try:
            return httpx.get(f"http://127.0.0.1:{port or self.port}/v2/health/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def drainers(self, server):
        """The process ids of the server's drainer, while there is one."""
        try:
            text = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
            others = [path.read_text() for path in Path(f"/proc/{server.pid}/task").glob("*/children")]
        except (FileNotFoundError, ProcessLookupError):
            return []
        return sorted({int(one) for one in " ".join([text, *others]).split()})

    # --- what must hold

    def verify(self, clients=()):
        """Check that nothing was lost or duplicated; figures for the summary. Everything must have ended."""
        orphans = self._verify_definitions()
        return {"orphans": orphans, **self._verify_clients(clients), **self._verify_files()}

    def _verify_definitions(self):
        finished = self._finished()
        for plan, definitions in self.plans.items():
            status = self.project.plans.status(plan)
            assert status.counts[JobState.DONE] == status.total == definitions, status.counts
            labels = set(self.column("plan_jobs", "label", plan=plan))
            assert Counter(self.column("versions", "label", model=plan)) == dict.fromkeys(labels, 1)
            told = {label: finished.pop(label, 0) for label in labels}
            assert {label: count for label, count in told.items() if count != 1} == {}
        assert not finished
        owners = dict(rows(self.project.database, "jobs", "label", "owner"))
        for label, log in rows(self.project.database, "trained", "label", "log"):
            assert f" {owners[label]} begins" in log  # only the last lease wrote the result
        return self._verify_artifacts()

    def _finished(self):
        """How often each label was reported as finished: repeated deliveries of one event count once."""
        events = {event["id"]: event for event in map(json.loads, self._notifications())}
        reported = Counter(event["label"] for event in events.values() if event["event"] == "definition_finished")
        return {
            label: count for label, count in reported.items() if label != self.project.models.resolve("live@1").label
        }

    def _notifications(self):
        return sent(self.project.database, "notifications", "proof")

    def _verify_artifacts(self):
        """Each result has its artifact, sound; and once the collector has run, each artifact its result.

        What a killed worker left is mostly gone by itself: the next one trains the same bytes. So one is laid out.
        """
        artifacts = self.project.artifacts
        planted = artifacts.put(self.folder / "plan.yaml")
        referred = set(self.column("trained", "artifact"))
        for digest in referred:
            artifacts.fetch(digest)
        removed = collect(self.project.database, artifacts, time.time() + 1, age=0.0)
        assert {one.digest for one in artifacts.list_artifacts()} == referred
        assert planted in removed
        return len(removed) - 1

    def _verify_clients(self, clients):
        log, given = self.project.feedback.log, self.project.feedback.given
        answered = {one: answer for client in clients for one, answer in client.answered.items()}
        accepted = {one: said for client in clients for one, said in client.accepted.items()}
        found = log.get_many(answered)  # raises if one is missing
        assert {one.id: one.answer for one in found} == answered
        for prediction_id, said in accepted.items():
            assert [one.label for one in given.of(prediction_id)] == [said]
        assert log.count() >= len(answered)
        return {"answered": len(answered), "corrections": len(accepted)} if clients else {}

    def _verify_files(self):
        assert_sound(self.project.database)
        spool = self.project.spool
        assert [path.name for path in spool.glob("*") if path.suffix != ".new"] == []
        return {}


class Client(threading.Thread):
    """Sends requests to a server and corrects some answers; keeps the answers and the accepted feedback."""

    def __init__(self, port, seed, stop, pause=0.02):
        super().__init__(name=f"client-{seed}", daemon=True)  # a failed proof must end all the same
        self.url, self.stop, self.pause = f"http://127.0.0.1:{port}", stop, pause
        self.draw = random.Random(seed)
        self.answered, self.accepted, self.refused = {}, {}, Counter()

    def run(self):
        with httpx.Client(base_url=self.url, timeout=70) as client:
            while not self.stop.wait(self.pause):
                try:
                    self.ask(client)
                    if self.draw.random() < 0.3:
                        self.correct(client)
                except httpx.HTTPError as error:
                    self.refused[type(error).__name__] += 1

    def ask(self, client):
        rows = [text for text, _ in texts(self.draw.randrange(1, 4), self.draw.randrange(10**6))]
        answer = client.post("/v1/models/live:predict", json={"instances": rows})
        if answer.status_code != 200:
            self.refused[answer.status_code] += 1
            return
        self.answered |= {row["prediction_id"]: row["label"] for row in answer.json()["predictions"]}

    def correct(self, client):
        open_ones = self.answered.keys() - self.accepted.keys()
        if not open_ones:
            return
        prediction_id, said = min(open_ones), self.draw.choice(list(WORDS))
        body = {"prediction_id": prediction_id, "label": said, "idempotency_key": f"{self.name}-{prediction_id}"}
        answer = client.post("/feedback", json=body)
        if answer.status_code in (200, 201):
            self.accepted[prediction_id] = said
        else:
            self.refused[answer.status_code] += 1


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.fixture
def ground(tmp_path):
    """`ground(definitions, settings="")` makes a project, whose processes end with the test."""
    made = []

    def make(definitions, settings="", examples=240):
        made.append(Ground(tmp_path / "project", definitions, examples, settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
