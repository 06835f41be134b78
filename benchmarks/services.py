"""A service beside the bare model on the same server, and beside the same service written by hand.

    python -m benchmarks.services [--rounds 3] [--seconds 5]

The service `offers` of `benchmarks.service_project` (three look-ups, of two tables and a stream, a mix, a threshold,
every row logged) on Argosy with Redis and with the cache in the server's memory; the model alone on the same servers
(`/v1/models/offers:predict`, the cheapest way to ask it about fields), asked with complete rows, logged too; and
`peer_servers/handwritten_service.py` (FastAPI, redis-py with hiredis, scikit-learn). All in turn, in rounds; figures
are medians over the rounds. A server has one core, client and Redis the other. CPU is the server process's, user and
system, by request.

Progress goes to standard error; then come a table and, as the last line, one JSON object. A figure is null where Redis
or the peer's environment is missing (`apt-get install redis-server`, `make bench-peers`).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from argosy.processes import single_threaded
from benchmarks.peers import SOURCES, python_of
from benchmarks.server_process import CLIENT_CORE, ROOT, ask, descendants, free_ports, running, until_answered, wrk
from benchmarks.service_project import ServiceProject, argosy, prepare_services

CONNECTIONS = 64
TICKS = os.sysconf("SC_CLK_TCK")
COLUMNS = ("rps", "p50_ms", "p99_ms", "cpu_us", "failed")
WAYS = ("bare_redis", "service_redis", "bare_memory", "service_memory", "handwritten")
Figures = dict[str, float]


@dataclass(frozen=True)
class Measured:
    """A server's URL that is asked, with which bodies."""

    url: str
    bodies: Path


def cpu_seconds(pid: int) -> float:
    """Of a process and its descendants, until now."""
    total = 0
    for one in (pid, *descendants(pid)):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


@contextmanager
def redis_running(folder: Path) -> Iterator[str]:
    """A server of its own that keeps nothing on a disk; its URL."""
    [port] = free_ports(1)
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    (folder / "redis-server").mkdir()
    with running(command, folder / "redis-server", os.environ, CLIENT_CORE) as process:
        url = f"redis://127.0.0.1:{port}/0"
        while subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True).returncode:
            assert process.poll() is None, "Redis did not start"
        yield url


@contextmanager
def served(project: ServiceProject, folder: Path, redis: str) -> Iterator[tuple[str, int]]:
    """Argosy on the project, with Redis as its cache or, without a URL, its own memory; its address and process."""
    folder.mkdir()
    [port] = free_ports(1)
    environment = {**os.environ, **single_threaded(), "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    environment["ARGOSY_CACHE"] = redis or "memory:"
    shop = shutil.copytree(project.folder, folder / "shop")
    if redis:
        for name, key in (("users", "user"), ("products", "product")):
            argosy(shop, "features", "put", name, f"{name}.jsonl", "--key", key, environment=environment)
        argosy(shop, "features", "run", "--until-idle", environment=environment)
        command = [sys.executable, "-m", "argosy", "serve", "--port", str(port)]
    else:
        command = [sys.executable, "-m", "benchmarks.service_server", str(port)]
    with running(command, shop, environment) as process:
        url = f"http://127.0.0.1:{port}"
        first = project.asked.read_bytes().splitlines()[0]
        answer = until_answered(process, f"{url}/services/offers", first, shop)
        assert "missing" not in answer["results"][0], answer
        yield url, process.pid


@contextmanager
def handwritten(project: ServiceProject, folder: Path, redis: str) -> Iterator[tuple[str, int]]:
    folder.mkdir()
    [port] = free_ports(1)
    pipeline, python = folder / "pipeline.joblib", python_of("handwritten")
    given = [str(project.examples), str(pipeline), str(project.folder), redis]
    subprocess.run([python, str(SOURCES / "handwritten_fill.py"), *given], check=True)
    environment = {**os.environ, **single_threaded(), "PIPELINE": str(pipeline), "REDIS": redis}
    environment |= {"LOG": str(folder / "log.jsonl"), "PYTHONDONTWRITEBYTECODE": "1"}
    with running([python, str(SOURCES / "handwritten_service.py"), str(port)], folder, environment) as process:
        url = f"http://127.0.0.1:{port}"
        until_answered(process, f"{url}/services/offers", project.asked.read_bytes().splitlines()[0], folder)
        yield url, process.pid


def measure(target: Measured, pid: int, seconds: float) -> Figures:
    wrk(target.url, target.bodies, CONNECTIONS, 1)
    before = cpu_seconds(pid)
    found = wrk(target.url, target.bodies, CONNECTIONS, seconds)
    cpu = cpu_seconds(pid) - before
    return {
        **{name: found[name] for name in COLUMNS if name in found},
        "cpu_us": round(cpu / found["answers"] * 1e6, 1),
    }


def round_of(project: ServiceProject, folder: Path, redis: str | None, seconds: float) -> dict[str, Figures]:
    """Every way once."""
    found: dict[str, Figures] = {}
    for name, url in (("redis", redis), ("memory", "")):
        if url is None:
            continue
        with served(project, folder / name, url) as (server, pid):
            ways = {
                "bare": Measured(f"{server}/v1/models/offers:predict", project.whole),
                "service": Measured(f"{server}/services/offers", project.asked),
            }
            _check_same(project, server)
            for way, target in ways.items():
                found[f"{way}_{name}"] = measure(target, pid, seconds)
                _say(f"{way}_{name}", found[f"{way}_{name}"])
    if redis is not None and Path(python_of("handwritten")).exists():
        with handwritten(project, folder / "handwritten", redis) as (server, pid):
            target = Measured(f"{server}/services/offers", project.asked)
            found["handwritten"] = measure(target, pid, seconds)
            _say("handwritten", found["handwritten"])
    return found


def _check_same(project: ServiceProject, server: str) -> None:
    """That every look-up of a few questions was found."""
    for body in project.asked.read_bytes().splitlines()[:20]:
        [result] = ask(f"{server}/services/offers", body)["results"]
        assert "missing" not in result, result


def _say(way: str, figures: Figures) -> None:
    print(f"{way}: {figures}", file=sys.stderr)


def summary(rounds: Sequence[dict[str, Figures]]) -> dict[str, float | None]:
    def median(way: str, column: str) -> float | None:
        values = [one[way][column] for one in rounds if way in one]
        return statistics.median(values) if values else None

    def difference(name: str) -> float | None:
        values = [
            one[f"service_{name}"]["cpu_us"] - one[f"bare_{name}"]["cpu_us"] for one in rounds if f"bare_{name}" in one
        ]
        return round(statistics.median(values), 1) if values else None

    ratios = [one["service_redis"]["rps"] / one["handwritten"]["rps"] for one in rounds if "handwritten" in one]
    return {
        "service_rps": median("service_redis", "rps"),
        "service_p99_ms": median("service_redis", "p99_ms"),
        "cpu_us_above_bare": difference("redis"),
        "cpu_us_above_bare_memory": difference("memory"),
        "vs_handwritten": round(statistics.median(ratios), 2) if ratios else None,
        "bare_rps": median("bare_redis", "rps"),
        "handwritten_rps": median("handwritten", "rps"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    chosen = parser.parse_args()
    rounds = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = prepare_services(folder)
        for number in range(chosen.rounds):
            print(f"round {number + 1} of {chosen.rounds}", file=sys.stderr)
            place = folder / f"round-{number}"
            place.mkdir()
            if shutil.which("redis-server"):
                with redis_running(place) as redis:
                    rounds.append(round_of(project, place, redis, chosen.seconds))
            else:
                rounds.append(round_of(project, place, None, chosen.seconds))
    for way in WAYS:
        figures = [one[way] for one in rounds if way in one]
        if figures:
            medians = {column: statistics.median(one[column] for one in figures) for column in COLUMNS}
            print(f"{way:16}" + "".join(f"{column} {value:<12g}" for column, value in medians.items()))
    print(json.dumps(summary(rounds)))


if __name__ == "__main__":
    main()
