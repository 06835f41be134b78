"""kill -9 of servers with a service: each decision that a client was told is in the log, with its account, once."""

import os
import random
import signal
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx
from proof_ground import texts
from proof_machine import until

from argosy.services.accounts import account_in

SERVICE = """\
service: triage
accepts: {ticket: category, text: text}
prepare: rules.prepare
model: live@champion
positive: refund
decide:
  - threshold: {at: 0.5, yes: pay, no: ask}
  - rules.finish
  - top: {k: 2, by: score, within: request}
outcomes: {paid: {posted: true, entity: [ticket], within: 7d}}
"""
RULES = """\
def prepare(rows):
    return [{**row, "text": row["text"].lower()} for row in rows]

def finish(rows):
    return [{**row, "decision": "urgent" if "late" in row["text"] else row["decision"]} for row in rows]
"""
CLIENTS = 3


class ServiceClient(threading.Thread):
    """Asks the service; `told` is what it heard, by prediction: the ticket, the decision and the score."""

    def __init__(self, port, number, stop):
        super().__init__(name=f"client-{number}", daemon=True)
        self._url, self._over, self._draw = f"http://127.0.0.1:{port}", stop, random.Random(number)
        self.told, self.unanswered, self.problem = {}, Counter(), ""

    def run(self):
        with httpx.Client(base_url=self._url, timeout=70) as client:
            while not self._over.wait(0.005):
                try:
                    self._ask(client)
                except httpx.HTTPError as error:
                    self.unanswered[type(error).__name__] += 1

    def _ask(self, client):
        given = [text for text, _ in texts(self._draw.randrange(1, 5), self._draw.randrange(10**6))]
        rows = [{"ticket": f"{self.name}-{self._draw.randrange(50)}", "text": text} for text in given]
        answer = client.post("/services/triage", json={"inputs": rows})
        if answer.status_code == 503:  # the model is being loaded
            self.unanswered[503] += 1
            return
        if answer.status_code != 200:
            self.problem = f"{answer.status_code}: {answer.text}"
            return
        for row, one in zip(rows, answer.json()["results"], strict=True):
            self.told[one["prediction_id"]] = row["ticket"], row["text"], one["decision"], one["score"]


def service_storm(ground, kills, seed, processes=1):
    """Kill the server so many times, of several processes one or the whole; what was found."""
    draw, stop = random.Random(seed), threading.Event()
    (ground.folder / "services").mkdir()
    (ground.folder / "services" / "triage.yaml").write_text(SERVICE)
    (ground.folder / "rules.py").write_text(RULES)

    def serve():
        return ground.argosy("serve", "--port", ground.port, "--workers", processes)

    server = serve()
    clients = [ServiceClient(ground.port, number, stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()

    def told():
        return sum(len(client.told) for client in clients)

    for _ in range(kills):
        wanted = told() + draw.randrange(1, 60)
        until(lambda wanted=wanted: told() >= wanted, what="an answer")
        if processes > 1 and draw.random() < 0.7:
            _kill_one_of(server, draw)
            continue
        server.send_signal(signal.SIGKILL)
        server.wait()
        server = serve()
    wanted = told() + 20
    until(lambda: told() >= wanted, what="an answer after the last kill")
    stop.set()
    for client in clients:
        client.join()
    ground.end()
    return {"kills": kills, **_check(ground, clients), "unanswered": sum((c.unanswered for c in clients), Counter())}


def _kill_one_of(server, draw):
    """One of its processes, which it starts again."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    with suppress(FileNotFoundError, ProcessLookupError):  # one has just ended
        serving = [int(one) for one in children if b"server-process" in Path(f"/proc/{one}/cmdline").read_bytes()]
        if serving:
            os.kill(draw.choice(serving), signal.SIGKILL)


def _check(ground, clients):
    assert not (problems := [client.problem for client in clients if client.problem]), problems
    log = ground.project.feedback.log
    log.drain()
    told = {one: said for client in clients for one, said in client.told.items()}
    found = list(log.of_model("live"))
    assert [one for one, times in Counter(each.id for each in found).items() if times > 1] == []
    accounts = {one.id: (one, account_in(one.account)) for one in found}
    assert all(account is not None for _, account in accounts.values())
    logged = {
        one: (account.given["ticket"], account.given["text"], account.decision, account.score)
        for one, (_, account) in accounts.items()
        if one in told
    }
    assert logged == told
    assert all(accounts[one][0].input == said[1].lower() for one, said in told.items())
    assert all(accounts[one][0].entity == f'["{said[0]}"]' for one, said in told.items())
    return {"told": len(told), "logged": len(found)}
