"""Forty-eight definitions trained by Argosy, by hand, and by GridSearchCV: `python -m benchmarks.training`.

Data: `text/airline_tweets`, 80 % to train on, 10 % each to validate and to test. Definitions: {tf-idf of words; of
words and pairs; of characters 2–4 within words; hashing into 2^18} × {logistic C 0.1, 1, 10, balanced; linear svm
C 0.1, 1, 10; naive Bayes alpha 0.1, 1; sgd alpha 1e-5, 1e-4; nearest centroid}. Two processes, one BLAS thread each.

Three rounds, in each the three ways one after the other, in a new order; medians are compared.

- argosy: from submitting the plan to the last stored result, worker processes started anew: queue, leases, store,
  artifacts, decryption, served forms and their check included.
- optimum: `benchmarks.training_optimum`, the same fits and metrics arranged by hand, nothing stored
  (nearest centroid is five lines of ours: scikit-learn's makes a dense copy that does not fit into memory).
- gridsearch_memory: GridSearchCV(Pipeline(memory=…), n_jobs=2) on the same split, accuracy and macro-F1 on the
  held-out rows, no refit, no intervals.
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

ROUNDS = 3
PLAN: dict[str, Any] = {
    "name": "airline",
    "dataset": {"name": "all", "options": {"collection": "airline", "training_ratio": 0.8}},
    "adapter": [
        {"name": "tfidf", "options": {"analyzer": "word", "ngrams": [[1, 1], [1, 2]]}},
        {"name": "tfidf", "options": {"analyzer": "char_wb", "ngrams": [[2, 4]]}},
        {"name": "hashing", "options": {"buckets": 2**18}},
    ],
    "model": [
        {"name": "logistic", "options": {"C": [0.1, 1.0, 10.0]}},
        {"name": "logistic", "options": {"C": 1.0, "class_weight": "balanced"}},
        {"name": "svm", "options": {"kernel": "linear", "C": [0.1, 1.0, 10.0]}},
        {"name": "naive_bayes", "options": {"alpha": [0.1, 1.0]}},
        {"name": "sgd", "options": {"alpha": [1e-5, 1e-4]}},
        {"name": "nearest_centroid"},
    ],
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--only", choices=["argosy", "optimum", "gridsearch_memory"], help="one way alone")
    given = arguments.parse_args()
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    ways: dict[str, Callable[[Path], float]] = {
        "argosy": argosy_seconds,
        "optimum": optimum_seconds,
        "gridsearch_memory": gridsearch_seconds,
    }
    if given.only:
        ways = {given.only: ways[given.only]}
    laps: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(given.rounds):
        order = list(ways)[number % len(ways) :] + list(ways)[: number % len(ways)]
        for name in order:
            with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
                laps[name].append(ways[name](Path(folder)))
            print(f"round {number + 1} {name:18} {laps[name][-1]:7.2f} s", flush=True)
    found: dict[str, Any] = {f"{name}_s": round(statistics.median(times), 2) for name, times in laps.items()}
    if len(ways) == 3:
        found["over_optimum"] = round(found["argosy_s"] / found["optimum_s"], 3)
        found["over_gridsearch_memory"] = round(found["argosy_s"] / found["gridsearch_memory_s"], 3)
        spare = found["argosy_s"] - found["optimum_s"]
        found["overhead_ms_per_definition"] = round(spare / 48 * 1000, 1)
    found["laps"] = {name: [round(lap, 2) for lap in times] for name, times in laps.items()}
    print(json.dumps(found))


def data_file() -> Path:
    folder = os.environ.get("ARGOSY_DATA") or Path(__file__).parents[2] / "shared" / "data"
    return Path(folder) / "text" / "airline_tweets.jsonl.gz"


def prepared(folder: Path) -> Any:
    """A project with the tweets imported."""
    import argosy
    from argosy.app.scaffold import create_project

    create_project(folder / "project", "airline")
    project = argosy.open(folder / "project")
    project.examples.import_file(data_file(), "airline")
    return project


def argosy_seconds(folder: Path) -> float:
    return trained_seconds(prepared(folder))


def trained_seconds(project: Any) -> float:
    """From submitting the plan in a project to its last stored result."""
    started = time.perf_counter()
    status = project.plans.train(PLAN, processes=2)
    seconds = time.perf_counter() - started
    if status.total != 48 or status.failed:
        raise SystemExit(f"not all was trained: {status}")
    return seconds


def optimum_seconds(folder: Path) -> float:
    from benchmarks.training_optimum import write_parts

    write_parts(folder, parts_of(prepared(folder)))
    command = [sys.executable, "-m", "benchmarks.training_optimum", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def gridsearch_seconds(folder: Path) -> float:
    import warnings

    import numpy as np
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.pipeline import Pipeline

    from benchmarks.training_optimum import adapters, estimators

    parts = parts_of(prepared(folder))
    texts = [text for texts, _ in parts.values() for text in texts]
    labels = [label for _, labels in parts.values() for label in labels]
    fold = np.zeros(len(texts), int)
    fold[: len(parts["train"][0])] = -1
    grid = {"adapter": [make() for make in adapters().values()], "model": [make() for make in estimators().values()]}
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    pipeline = Pipeline([("adapter", None), ("model", None)], memory=str(folder / "memory"))
    search = GridSearchCV(
        pipeline, grid, scoring=["accuracy", "f1_macro"], cv=PredefinedSplit(fold), n_jobs=2, refit=False
    )
    search.fit(texts, labels)
    seconds = time.perf_counter() - started
    if len(search.cv_results_["params"]) != 48:
        raise SystemExit("not all was trained")
    return seconds


def parts_of(project: Any) -> dict[str, tuple[list[str], list[str]]]:
    """The very split that Argosy trains on."""
    from argosy.datasets.dataset import load

    checked = project.plans.submit(PLAN)
    digest = project.plans.check(PLAN).datasets[0].digest
    project.plans.cancel("airline")
    if len(checked.queued) != 48:
        raise SystemExit(f"the plan should have 48 definitions, not {len(checked.queued)}")
    parts = load(project.database, project.vault, digest).parts
    return {part.value: (list(rows.inputs), list(rows.labels)) for part, rows in parts.items()}


if __name__ == "__main__":
    main()
