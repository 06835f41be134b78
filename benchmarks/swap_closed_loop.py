"""What one client notices of a swap that asks again when it was answered: at rest and while versions swap, in one run.

A server in a process of its own serves one model (20newsgroups, tf-idf of words and pairs, logistic); one client asks
it over one connection, a millisecond after each answer; rest and swaps alternate. A swap's window is from the alias's
move until a second after the new version's first answer, so that unloading is in it.

    python -m benchmarks.swap --closed-loop [--rounds 8] [--features 100000]

The last line is one JSON object: milliseconds at rest and during swaps, how long an alias took to be followed, and how
many requests failed.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from argosy.app.mounting import http_server
from argosy.database.engines.sqlite import SqliteDatabase
from argosy.models.adapted_model import AdaptedModel
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.store.trained import Trained
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault

REST_SECONDS = 2.0
AFTER_SECONDS = 1.0
KEYS = EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(32)).decode()})


def opened(folder: Path) -> tuple[Store, Vault]:
    database = SqliteDatabase(f"sqlite:///{folder / 'argosy.db'}")
    database.migrate()
    return Store(database, LocalArtifacts(f"file:{folder / 'artifacts'}")), Vault(database, KEYS)


def documents() -> tuple[list[str], list[str]]:
    data = Path(os.environ.get("ARGOSY_DATA", "../shared/data")) / "text" / "20newsgroups.jsonl.gz"
    with gzip.open(data, "rt") as file:
        rows = [json.loads(line) for line in file]
    rows = [row for row in rows if row["text"].strip()][:6000]
    return [row["text"] for row in rows], [str(row["label"]) for row in rows]


def train(store: Store, folder: Path, features: int) -> int:
    """Two versions that differ in nothing but their label; how large an artifact is."""
    texts, labels = documents()
    options = {"ngrams": [1, 2], "min_count": 1, "max_features": features}
    path = AdaptedModel.from_names("tfidf", options, "logistic", {"max_iter": 30}).fit(texts, labels).save(folder / "m")
    artifact, size = store.artifacts.put(path), path.stat().st_size
    with store.database.write() as transaction:
        for number in (1, 2):
            store.record(
                transaction,
                Trained(
                    f"v{number}",
                    {"adapter": {"name": "tfidf", "options": {}}},
                    "",
                    artifact,
                    size,
                    {},
                    {},
                    0.0,
                    0.0,
                    {},
                    {},
                ),
            )
            store.add_version(transaction, "topics", f"v{number}")
        store.promote(transaction, "topics", 1)
    return size


class Client:
    """One connection; each answer is (when it came, seconds, status, version)."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"))
        text = "The shuttle will orbit the moon before it lands; the engine burned for nine minutes."
        self._body = json.dumps({"instances": [text]})

    def ask(self) -> tuple[float, float, int, int]:
        started = time.perf_counter()
        headers = {"content-type": "application/json"}
        self._connection.request("POST", "/v1/models/topics:predict", self._body, headers)
        answer = self._connection.getresponse()
        answer.read()
        ended = time.perf_counter()
        return ended, ended - started, answer.status, int(answer.headers.get("argosy-model-version", 0))

    def keep_asking(self, is_over: Callable[[], bool]) -> Iterator[tuple[float, float, int, int]]:
        while not is_over():
            yield self.ask()
            time.sleep(0.001)


def measure(store: Store, client: Client, rounds: int) -> dict[str, float]:
    rest, swap, follows, failed = [], [], [], 0
    for round_ in range(rounds):
        rested = time.perf_counter() + REST_SECONDS
        for _, seconds, status, _ in client.keep_asking(lambda rested=rested: time.perf_counter() > rested):
            rest.append(seconds)
            failed += status != 200
        wanted, moved, end = 2 - round_ % 2, time.perf_counter(), [float("inf")]
        with store.database.write() as transaction:
            store.promote(transaction, "topics", wanted)
        for now, seconds, status, version in client.keep_asking(lambda end=end: time.perf_counter() > end[0]):
            swap.append(seconds)
            failed += status != 200
            if version == wanted and end[0] == float("inf"):
                follows.append(now - moved)
                end[0] = now + AFTER_SECONDS
    return {**quantiles("rest", rest), **quantiles("swap", swap), "follow_ms": at(follows, 0.5), "failed": failed}


def quantiles(name: str, seconds: list[float]) -> dict[str, float]:
    return {f"{name}_p{share * 100:g}_ms": at(seconds, share) for share in (0.5, 0.99, 0.999)}


def at(seconds: list[float], share: float) -> float:
    return round(sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)] * 1000, 2)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swap --closed-loop")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--features", type=int, default=100_000)
    parser.add_argument("--serve", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.serve:
        server = http_server(*opened(chosen.serve), chosen.serve / "spool")
        server.run("127.0.0.1", 0, lambda url: print(url, flush=True))
        return
    with tempfile.TemporaryDirectory() as folder:
        store, _ = opened(Path(folder))
        size = train(store, Path(folder), chosen.features)
        command = [sys.executable, "-m", "benchmarks.swap", "--closed-loop", "--serve", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            client = Client(process.stdout.readline().strip())
            while client.ask()[2] != 200:
                time.sleep(0.05)
            warm = time.perf_counter() + 1
            list(client.keep_asking(lambda: time.perf_counter() > warm))
            figures = measure(store, client, chosen.rounds)
            process.terminate()
    ratio = round(figures["swap_p99_ms"] / figures["rest_p99_ms"], 2)
    print(json.dumps({**figures, "p99_ratio": ratio, "artifact_mb": round(size / 1e6, 1), "features": chosen.features}))


if __name__ == "__main__":
    main()
