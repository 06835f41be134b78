"""What one part of Argosy bears on one machine, each with nothing else to do: the figures of docs/scaling.md.

- `requests_s`: `argosy serve` as users start it, spool and drainer included, one model (tf-idf, logistic regression,
  20newsgroups), 16 connections, one text a request, the client on the same machine;
- `rows_s`: the same with 100 texts a request;
- `drained_s_…`: predictions a second from the spool into the database;
- `scored_s_1`, `scored_s_2`: rows a second of `argosy predict --input` by one and two processes, their start included;
- `messages_s_…`: messages a second published one by one, received and acknowledged by one process on each broker;
- `claims_s_…`: jobs a second that eight processes claim and finish on each database.

    python -m benchmarks.capacity [--seconds 10]

The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from argosy.app import backends
from argosy.app.project import Project, open_backends
from argosy.database import Database
from argosy.messaging.broker import Broker
from argosy.messaging.message import Message
from argosy.predictions.drain import drain_once
from argosy.predictions.log import SCOPE
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter
from argosy.scoring.files import ScoringRequest, score_files
from benchmarks.colocation import TEXT, prepared, process
from benchmarks.servers import new_database, real_servers

CONNECTIONS = 16
SCORED, DRAINED, SENT, CLAIMED = 200_000, 100_000, 5_000, 2_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=10.0)
    seconds = arguments.parse_args().seconds
    found: dict[str, int] = {}

    def note(name: str, figure: float) -> None:
        found[name] = round(figure)
        print(f"{name:24} {found[name]:10,}", flush=True)

    with tempfile.TemporaryDirectory() as name, real_servers() as (postgresql, rabbitmq):
        folder = Path(name)
        with closing(prepared(folder / "project")) as project:
            with serving(project) as address:
                note("requests_s", asyncio.run(asked(address, 1, seconds)))
                note("rows_s", asyncio.run(asked(address, 100, seconds)))
            for processes in (1, 2):
                note(f"scored_s_{processes}", scored(project, folder / "rows.csv", processes))
            with new_database(postgresql) as url, closing(backends.database(url, folder)) as database:
                database.migrate()
                for kind, each in (("sqlite", project.database), ("postgresql", database)):
                    note(f"drained_s_{kind}", drained(project, each, folder / kind))
                    note(f"messages_s_{kind}", delivered(backends.broker("", folder, each)))
                broker = backends.broker(f"{rabbitmq}?prefix=c{time.time_ns():x}", folder, database)
                note("messages_s_rabbitmq", delivered(broker))
        note("claims_s_sqlite", claimed(f"sqlite:///{folder / 'claims.db'}"))
        with new_database(postgresql) as url:
            note("claims_s_postgresql", claimed(url))
    print(json.dumps(found))


@contextmanager
def serving(project: Project) -> Iterator[tuple[str, int]]:
    """The address of a server that answers."""
    with process(project, "serve", "--port", "0") as server:
        assert server.stdout is not None
        host, _, port = server.stdout.readline().split()[-1].removeprefix("http://").rpartition(":")
        yield host, int(port)


async def asked(address: tuple[str, int], rows: int, seconds: float) -> float:
    """Texts a second that are answered, over all connections."""
    body = json.dumps({"instances": [TEXT] * rows}).encode()
    fields = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": len(body)}
    lines = ["POST /v1/models/topics:predict HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    request = "\r\n".join([*lines, "", ""]).encode() + body
    while True:
        try:
            await ask_until(address, request, 0.0)
            break
        except ValueError:  # the model is being loaded
            await asyncio.sleep(0.1)
    until = time.perf_counter() + seconds
    started = time.perf_counter()
    answered = await asyncio.gather(*(ask_until(address, request, until) for _ in range(CONNECTIONS)))
    return rows * sum(answered) / (time.perf_counter() - started)


async def ask_until(address: tuple[str, int], request: bytes, until: float) -> int:
    """How many requests one connection had answered by then, one at least; ValueError on an answer that is none."""
    reader, writer = await asyncio.open_connection(*address)
    count = 0
    while not count or time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        if b" 200 " not in head[:16]:
            raise ValueError(head)
        count += 1
    writer.close()
    return count


def scored(project: Project, path: Path, processes: int) -> float:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["text"], *([f"{number} {TEXT}"] for number in range(SCORED))])
    output = path.with_name(f"scored-{processes}.jsonl")
    started = time.perf_counter()
    request = ScoringRequest("topics@champion", [str(path)], str(output), processes=processes)
    score_files(project.backends, open_backends, request)
    return SCORED / (time.perf_counter() - started)


def drained(project: Project, database: Database, folder: Path) -> float:
    _spooled(project, folder)
    started = time.perf_counter()
    moved = drain_once(folder, database)
    if moved != DRAINED:
        raise SystemExit(f"{moved} of {DRAINED} predictions came into the database")
    return moved / (time.perf_counter() - started)


def _spooled(project: Project, folder: Path) -> None:
    folder.mkdir()
    writer = SpoolWriter(folder, project.vault.scope(SCOPE))
    for first in range(0, DRAINED, 1000):
        numbers = range(first, first + 1000)
        made = [Prediction(f"{n:032x}", "topics", 1, time.time(), "sport", 0.9, TEXT, [0.1] * 20) for n in numbers]
        writer.write([writer.framed(made)])
    writer.close()


def delivered(broker: Broker) -> float:
    with closing(broker), closing(broker.receiver("capacity", "one", 100)) as receiver:
        started = time.perf_counter()
        for _ in range(SENT):
            broker.publish("capacity", Message(b"{}"))
        for _ in range(SENT):
            delivery = receiver.receive(10.0)
            if delivery is None:
                raise SystemExit("a message did not come")
            delivery.ack()
        return SENT / (time.perf_counter() - started)


def claimed(url: str) -> float:
    run = [sys.executable, "-m", "benchmarks.factory_claims", url, "8", str(CLAIMED)]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1])["claims_s"])


if __name__ == "__main__":
    main()
