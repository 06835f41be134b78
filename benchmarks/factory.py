"""The factory on servers: `python -m benchmarks.factory [--rounds N] [--only WAY]`.

The plan of `benchmarks.training` (48 definitions, two worker processes, one BLAS thread each), in turn by

- argosy: on PostgreSQL and RabbitMQ, both with their disks synchronised;
- sqlite: on the embedded database, which is its broker too;
- optimum, gridsearch_memory: as `benchmarks.training` has them;
- celery: one plain task a definition on the same RabbitMQ, two prefork workers, each task fitting adapter and model and
  computing accuracy and macro-F1; from the first message to the last result, workers started before.

And jobs that do nothing (`noop_…`): wall time of one worker for each, while 100 and while 10,000 are queued, and its
processor time; and how many jobs eight processes claim and finish in a second on one PostgreSQL table (`claims_s`).
Celery runs in a virtual environment of its own, `benchmarks/.peers/celery`, which is made when it is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.servers import new_database, real_servers
from benchmarks.training import (
    argosy_seconds,
    data_file,
    gridsearch_seconds,
    optimum_seconds,
    parts_of,
    prepared,
    trained_seconds,
)

PEERS = Path(__file__).parent / ".peers"
NOOP_MEASURED = 200
CLAIMERS, CLAIMED = 8, 4000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", action="append", default=[], help="one way alone; may be repeated")
    given = arguments.parse_args()
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    with real_servers() as (postgresql, rabbitmq):
        ways: dict[str, Callable[[Path], float]] = {
            "argosy": lambda folder: on_servers(folder, postgresql, rabbitmq),
            "sqlite": argosy_seconds,
            "optimum": optimum_seconds,
            "gridsearch_memory": gridsearch_seconds,
            "celery": lambda folder: celery_seconds(folder, rabbitmq),
        }
        singles: dict[str, Callable[[], dict[str, float]]] = {
            "noop": lambda: noop(postgresql, rabbitmq),
            "claims": lambda: claims(postgresql),
        }
        wanted = given.only or [*ways, *singles]
        laps: dict[str, list[float]] = {name: [] for name in ways if name in wanted}
        for number in range(given.rounds if laps else 0):
            order = [*laps][number % len(laps) :] + [*laps][: number % len(laps)]
            for name in order:
                with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
                    laps[name].append(ways[name](Path(folder)))
                print(f"round {number + 1} {name:18} {laps[name][-1]:7.2f} s", flush=True)
        found: dict[str, Any] = {f"{name}_s": round(statistics.median(times), 2) for name, times in laps.items()}
        for name, measure in singles.items():
            if name in wanted:
                found |= measure()
    if {"argosy_s", "sqlite_s", "celery_s"} <= found.keys():
        found["over_sqlite"] = round(found["argosy_s"] / found["sqlite_s"], 3)
        found["celery_over_argosy"] = round(found["celery_s"] / found["argosy_s"], 2)
    print(json.dumps(found))


def on_servers(folder: Path, postgresql: str, rabbitmq: str) -> float:
    with new_database(postgresql) as database:
        project = on(folder, database, f"{rabbitmq}?prefix=b{time.time_ns():x}")
        project.examples.import_file(data_file(), "airline")
        try:
            return trained_seconds(project)
        finally:
            project.close()


def on(folder: Path, database: str, broker: str) -> Any:
    """A new project on servers."""
    import argosy

    root = folder / "project"
    root.mkdir()
    settings = {"name": "airline", "database": database, "broker": broker}
    (root / "argosy.yaml").write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items()))
    return argosy.open(root)


# --- Celery


def celery_seconds(folder: Path, rabbitmq: str) -> float:
    from benchmarks.training_optimum import write_parts

    write_parts(folder, parts_of(prepared(folder)))
    python = peer("celery", "celery>=5.4", "scikit-learn", "numpy", "scipy")
    run = [str(python), str(Path(__file__).parent / "factory_celery.py"), str(folder / "parts.npz"), rabbitmq]
    root = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run(run, check=True, capture_output=True, text=True, env=environment, cwd=root)
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def peer(name: str, *requirements: str) -> Path:
    """The interpreter of a peer's own virtual environment."""
    python = PEERS / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEERS / name)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *requirements], check=True)
    return python


# --- what a definition costs that does nothing


def noop(postgresql: str, rabbitmq: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for queued in (100, 10_000):
        with new_database(postgresql) as database, tempfile.TemporaryDirectory() as folder:
            run = [sys.executable, "-m", "benchmarks.factory_noop", folder, database]
            command = [*run, f"{rabbitmq}?prefix=n{time.time_ns():x}", str(queued), str(NOOP_MEASURED)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            measured = json.loads(done.stdout.splitlines()[-1])
        found[f"noop_ms_at_{queued}"] = round(measured["wall_ms"], 2)
        found["noop_cpu_ms"] = round(measured["cpu_ms"], 2)
        print(f"noop at {queued}: {measured}", flush=True)
    return found


def claims(postgresql: str) -> dict[str, float]:
    """Jobs a second that eight processes claim and finish."""
    with new_database(postgresql) as database:
        run = [sys.executable, "-m", "benchmarks.factory_claims", database, str(CLAIMERS), str(CLAIMED)]
        done = subprocess.run(run, check=True, capture_output=True, text=True)
    return {"claims_s": round(json.loads(done.stdout.splitlines()[-1])["claims_s"])}


if __name__ == "__main__":
    main()
