"""What a server's callers notice of training on the same machine, and how much is trained meanwhile.

A project of 20newsgroups; `argosy serve` as users start it, spool and drainer included, with one model (tf-idf,
logistic). One client asks it over one connection at a steady rate, each request at its time or as soon as the one
before is answered; it runs above everybody else's level where the system allows that, so that its own waiting is not
counted. Rest and the ways to train (two workers on perceptrons, a second or two each) take turns within each round;
workers are started anew for each, and the clock runs once each has trained one.

    python -m benchmarks.colocation [--rounds 5] [--seconds 20] [--rate 100] [--write]

The last line is one JSON object: medians over the rounds in milliseconds, their ratios to rest, and definitions trained
a minute. `--write` puts them into results/colocation.md as well.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import argosy
from argosy.app.project import Project
from argosy.app.scaffold import create_project
from argosy.jobs.job import JobState

CORES = os.cpu_count() or 1
WAYS = {
    "rest": None,
    "default": {"nice": 10, "threads": 1},
    "nice": {"nice": 10, "threads": CORES},
    "caps": {"nice": 0, "threads": 1},
    "bare": {"nice": 0, "threads": CORES},
}
"""Name of a way to the settings that its workers are started under; `default` is Argosy's default."""
WORKERS = 2
TEXT = "The shuttle will orbit the moon before it lands; the engine burned for nine minutes."
SERVED = {"name": "topics", "dataset": "all", "adapter": "tfidf", "model": "logistic"}
TRAINED = {
    "name": "load",
    "dataset": "all",
    "adapter": {"name": "tfidf", "options": {"max_features": 5_000}},
    "model": {"name": "mlp", "options": {"hidden": [[32]], "max_iter": 3, "seed": list(range(2000))}},
}
RESULTS = Path(__file__).parent / "results" / "colocation.md"


def prepared(folder: Path) -> Project:
    """A project with a champion to serve and more to train than there is time for."""
    create_project(folder)
    # what is trained meanwhile has no champion: its newest version would be loaded several times a second
    (folder / "argosy.yaml").write_text(json.dumps({"server": {"models": {"topics": {}}}}))
    data = Path(os.environ.get("ARGOSY_DATA", "../shared/data")) / "text" / "20newsgroups.jsonl.gz"
    with gzip.open(data, "rt") as file:
        rows = [json.loads(line) for line in file][:3000]
    project = argosy.open(folder)
    project.examples.add([(row["text"], str(row["label"])) for row in rows if row["text"].strip()])
    project.plans.train(SERVED)
    project.models.promote("topics@1")
    project.plans.submit(TRAINED)
    return project


@contextmanager
def process(project: Project, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "argosy", "--project", str(project.root), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    piped = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "start_new_session": True}  # as `argosy up` does
    with subprocess.Popen(command, env=environment, text=True, **piped) as started:
        try:
            yield started
        finally:
            started.terminate()
            with suppress(subprocess.TimeoutExpired):
                started.wait(10)
            started.kill()


@contextmanager
def training(project: Project, settings: dict[str, int] | None) -> Iterator[None]:
    """Two workers, each with a definition trained by now; or none."""
    if settings is None:
        yield
        return
    (project.root / "argosy.yaml").write_text(json.dumps({"training": settings}))
    with process(project, "worker") as one, process(project, "worker") as other:
        wanted = {str(one.pid), str(other.pid)}
        while wanted - {str(job.owner).rpartition("-")[2] for job in project.queue.jobs(state=JobState.DONE)}:
            time.sleep(0.1)
        yield


class Client:
    """One connection."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"))
        self._body = json.dumps({"instances": [TEXT]})

    def ask(self) -> float:
        """Seconds until the answer; infinite where it was none."""
        started = time.perf_counter()
        headers = {"content-type": "application/json"}
        self._connection.request("POST", "/v1/models/topics:predict", self._body, headers)
        answer = self._connection.getresponse()
        answer.read()
        return time.perf_counter() - started if answer.status == 200 else float("inf")

    def keep_asking(self, seconds: float, rate: float) -> list[float]:
        self._connection.close()  # the server may have: it was silent while workers started
        self.ask()
        begun = time.perf_counter()
        found: list[float] = []
        while (now := time.perf_counter() - begun) < seconds:
            time.sleep(max(0.0, len(found) / rate - now))
            found.append(self.ask())
        return found


def measure(project: Project, client: Client, chosen: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Way to its medians over the rounds; each round begins with another way."""
    names = list(WAYS)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for number in range(chosen.rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            with training(project, WAYS[name]):
                before = trained(project)
                found = client.keep_asking(chosen.seconds, chosen.rate)
                done = trained(project) - before
            rounds[name].append(
                {"p50": at(found, 0.5), "p99": at(found, 0.99), "trained_a_minute": done * 60 / chosen.seconds}
            )
            print(f"round {number + 1}, {name}: {rounds[name][-1]}, {len(found)} requests", flush=True)
    return {name: {key: median(runs, key) for key in runs[0]} for name, runs in rounds.items()}


def trained(project: Project) -> int:
    return len(project.queue.jobs(state=JobState.DONE))


def median(runs: list[dict[str, float]], key: str) -> float:
    return round(statistics.median(run[key] for run in runs), 2)


def at(seconds: list[float], share: float) -> float:
    return round(sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)] * 1000, 2)


def table(figures: dict[str, dict[str, float]], chosen: argparse.Namespace, load: float) -> str:
    """The page of results."""
    rest = figures["rest"]
    lines = [
        "# Serving and training on one machine\n",
        f"{datetime.now(UTC).date()}, {CORES} cores ({platform.machine()}), Python {platform.python_version()}; "
        f"load average {load:.1f} before the run. One",
        f"connection at {chosen.rate:g} requests/s; {WORKERS} workers train perceptrons. Medians of {chosen.rounds} "
        f"interleaved rounds of {chosen.seconds:g} s.\n",
        "| way | nice | threads a worker | p50 ms | to rest | p99 ms | to rest | trained a minute |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, one in figures.items():
        way = WAYS[name] or {"nice": "", "threads": ""}
        ratios = [f"{one[key] / rest[key]:.2f}" for key in ("p50", "p99")]
        cells = [name, way["nice"], way["threads"], one["p50"], ratios[0], one["p99"], ratios[1]]
        lines.append("| " + " | ".join(map(str, [*cells, f"{one['trained_a_minute']:g}"])) + " |")
    return (
        "\n".join(lines)
        + "\n\n`default` is what Argosy does by default. Written by `python -m benchmarks.colocation`.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        project = prepared(Path(name) / "project")
        with process(project, "serve", "--port", "0") as server:
            assert server.stdout is not None
            client = Client(server.stdout.readline().split()[-1])
            with suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, 0, -5)
            while client.ask() == float("inf"):
                time.sleep(0.1)
            client.keep_asking(2.0, chosen.rate)
            figures = measure(project, client, chosen)
        project.close()
    if chosen.write:
        RESULTS.write_text(table(figures, chosen, load), "utf-8")
    ratios = {f"p99_{name}": round(one["p99"] / figures["rest"]["p99"], 2) for name, one in figures.items()}
    print(json.dumps({"ms": figures, "ratios": ratios, "load_before": round(load, 1)}))


if __name__ == "__main__":
    main()
