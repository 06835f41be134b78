"""What a large prediction log costs those who read it: reviews, drift, the leaderboard, metrics.

A project with one trained version gets a log of many predictions over 60 days, sealed as a server seals them and
loaded in bulk (COPY on PostgreSQL), with feedback on one in a thousand. An id holds a keyed hash, so that SQL alone
cannot make one. Then each of these is run a few times in this process, and the median reported:

- `review_s`: `argosy feedback review`, 50 predictions drawn and opened; `levels_s`: the first one after an upgrade
- `drift_first_s`: a check for drift where nothing was counted before; `drift_rest_s`: what a worker then counts of the
  last 31 days; `drift_s`: a check when all was counted
- `leaderboard_s`, and `metrics_s`: GET /metrics of a server
- `feedback_s`: the feedback on a model, and how much of it has no prediction yet: what retrainings and gates read
- `feedback_list_s`, `lineage_s`, `report_s`, `doctor_s`: these commands, in this process; `doctor` with `--quick`

    python -m benchmarks.big_log [--rows 10000000] [--engine sqlite|postgresql|both] [--folder /tmp]

It takes some 500 bytes of the folder for each row and engine, a minute for each million, and removes both afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import argosy
from argosy.app.project import Project
from argosy.app.scaffold import create_project
from argosy.evaluation.drift_checker import DriftChecker
from argosy.operations.doctor import examine
from argosy.predictions.draw_levels import KEPT_LEVEL
from argosy.predictions.feedback_log import Feedback, unmatched
from argosy.predictions.ids import RANDOM_BYTES, PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.record import Prediction, seal
from argosy.predictions.statements import COLUMNS
from benchmarks.colocation import process
from benchmarks.servers import new_database, postgresql_server

ENGINES = ("sqlite", "postgresql")
SECONDS = 60 * 86_400.0
PACK, COMMIT = 1_000, 500_000
COLUMN_NAMES = tuple(COLUMNS.split(", "))
SEALED_NAMES = (*COLUMN_NAMES, "draw_level")
LEVEL_COLUMNS = ("prediction_id", "model", "made_at", "level")
KEPT_LEVELS = f"SELECT id, model, made_at, draw_level FROM waiting WHERE draw_level >= {KEPT_LEVEL}"
PLAN = {
    "name": "topics",
    "dataset": {"name": "all", "options": {}},
    "adapter": {"name": "hashing", "options": {"buckets": 1024}},
    "model": {"name": "naive_bayes", "options": {}},
}
WORDS = {"warm": ("red", "fire", "sun"), "cold": ("blue", "ice", "snow")}
SETTINGS = ("shared_buffers=1GB", "max_wal_size=8GB", "effective_cache_size=4GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--folder", default=tempfile.gettempdir())
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found = {}
    for engine in ENGINES if given.engine == "both" else (given.engine,):
        with tempfile.TemporaryDirectory(dir=given.folder) as name, database_of(engine, Path(name)) as url:
            os.environ["ARGOSY_DATABASE"] = url
            found[engine] = measured(Path(name) / "shop", given.rows, given.rounds)
            del os.environ["ARGOSY_DATABASE"]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {given.rows:,} predictions"
    )
    print("| | " + " | ".join(found) + " |\n|---|" + "---|" * len(found))
    for key in next(iter(found.values())):
        print(f"| {key} | " + " | ".join(str(one[key]) for one in found.values()) + " |")
    print(
        json.dumps(
            {"rows": given.rows, **{f"{key}_{name}": one for name, all_ in found.items() for key, one in all_.items()}}
        )
    )


@contextmanager
def database_of(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder}/argosy.db"
    else:
        with postgresql_server(*SETTINGS) as server, new_database(server) as url:
            yield url


def measured(folder: Path, rows: int, rounds: int) -> dict[str, float]:
    create_project(folder)
    project = argosy.open(folder)
    project.examples.add(
        [(f"{word} {number}", label) for label, words in WORDS.items() for word in words for number in range(50)]
    )
    project.plans.train(PLAN)
    project.models.promote("topics@1")
    started = time.perf_counter()
    fill(project, rows)
    return {"filled_s": round(time.perf_counter() - started, 3), **readers(project, rounds)}


def readers(project: Project, rounds: int) -> dict[str, float]:
    """What each of those who read the log takes."""
    backends, folder = project.backends, project.root
    found = {"drift_first_s": seconds(lambda: DriftChecker.of(backends).check("topics", 24))}
    found["drift_rest_s"] = seconds(lambda: DriftChecker.of(backends).count("topics", now(project)))
    named: dict[str, Callable[[], object]] = {
        "drift_s": lambda: DriftChecker.of(backends).check("topics", 24),
        "leaderboard_s": project.ranked,
        "feedback_s": lambda: feedback(project),
        "feedback_list_s": lambda: project.feedback.newest(50, "topics"),
        "lineage_s": lambda: project.lineage("topics@1"),
        "report_s": lambda: project.report("topics@1", folder / "report.html"),
        "doctor_s": lambda: examine(lambda: backends, is_quick=True),
    }
    for name, action in named.items():
        found[name] = statistics.median(seconds(action) for _ in range(rounds))
    found["metrics_s"] = statistics.median(metrics(project, rounds))
    forget_levels(project)
    found["levels_s"] = seconds(lambda: project.feedback.review("topics", folder / "first.csv"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reviews = [folder / f"review{number}.csv" for number in range(rounds)]
    found["review_s"] = statistics.median(
        seconds(lambda path=path: project.feedback.review("topics", path)) for path in reviews
    )
    found["review_more_mb"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    project.close()
    return {name: round(value, 3) for name, value in found.items()}


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def now(project: Project) -> float:
    with project.database.read() as transaction:
        return transaction.now()


def forget_levels(project: Project) -> None:
    """As after an upgrade from a release that had none."""
    with project.database.write() as transaction:
        transaction.execute("DELETE FROM draw_levels")
        transaction.execute("INSERT INTO draw_levels_due (model, made_at, prediction_id) VALUES ('topics', 0, '')")


def feedback(project: Project) -> None:
    project.backends.feedback_log.of_model("topics")
    with project.database.read() as transaction:
        unmatched(transaction)


def metrics(project: Project, rounds: int) -> list[float]:
    with process(project, "serve", "--port", "0") as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        return [seconds(lambda: urllib.request.urlopen(f"{url}/metrics").read()) for _ in range(rounds)]


def fill(project: Project, rows: int) -> None:
    """Predictions over the last 60 days, oldest first, and feedback on one in a thousand of them."""
    generator, database = random.Random(1), project.database
    scope = project.backends.vault.scope(SCOPE)
    ids = PredictionIds(scope)
    end = now(project)
    for first in range(0, rows, COMMIT):
        count = min(COMMIT, rows - first)
        with database.scratch() as scratch:
            scratch.execute(f"CREATE TABLE scratch.waiting ({', '.join(SEALED_NAMES)})")
            scratch.execute_many(
                f"INSERT INTO waiting VALUES ({', '.join(f':{name}' for name in SEALED_NAMES)})",
                made(ids, scope, generator, end - SECONDS * (1 - first / rows), SECONDS / rows, count),
            )
            with database.write() as transaction:
                transaction.load("predictions", COLUMN_NAMES, scratch, f"SELECT {COLUMNS} FROM waiting")
                transaction.load("draw_levels", LEVEL_COLUMNS, scratch, KEPT_LEVELS)
            told = scratch.execute("SELECT id, answer FROM waiting WHERE rowid % 1000 = 0")
        project.backends.feedback_log.add_many(
            [Feedback(one, "correction", answer, "desk", is_uniform=True) for one, answer in told]
        )
        print(f"{first + count:,} of {rows:,} predictions", flush=True)
    with database.write() as transaction:
        transaction.execute("ANALYZE")


def made(
    ids: PredictionIds, scope: Any, generator: random.Random, start: float, step: float, count: int
) -> Iterator[tuple[Any, ...]]:
    labels = list(WORDS)
    for first in range(0, count, PACK):
        moment = start + first * step
        for one in ids.issue(min(PACK, count - first), moment, generator.randbytes(RANDOM_BYTES)):
            label = labels[generator.random() < 0.3]
            confidence = generator.betavariate(5, 1) / 2 + 0.5
            text = f"{generator.choice(WORDS[label])} {generator.random()}"
            row = Prediction(one, "topics", 1, moment, label, confidence, text, (confidence, 1 - confidence))
            sealed = seal(row, scope, ids.level(one))
            yield tuple(getattr(sealed, name) for name in SEALED_NAMES)


if __name__ == "__main__":
    main()
