"""Forty-eight plain Celery tasks for `benchmarks.factory`, each a whole definition. Run by an interpreter with Celery.

`python factory_celery.py PARTS.npz amqp://…` starts a worker of two processes, waits until it answers, sends the tasks
and prints how long it took until the last result came.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np
from celery import Celery

from benchmarks.training_optimum import adapters, estimators

PARTS = "BENCHMARK_PARTS"
PLACE = "BENCHMARK_BROKER"
app = Celery("factory_celery", broker=os.environ.get(PLACE, ""), backend="rpc://")
app.conf.update(worker_prefetch_multiplier=1, task_acks_late=True, broker_connection_retry_on_startup=True)
app.conf.task_default_queue = "benchmark_celery"


@app.task(name="definition")
def definition(adapter: str, estimator: str) -> dict[str, float]:
    """Read the rows, fit both halves, and measure them."""
    from sklearn.metrics import accuracy_score, f1_score

    with np.load(os.environ[PARTS]) as arrays:
        data = {name: arrays[name] for name in arrays.files}
    vectorizer, model = adapters()[adapter](), estimators()[estimator]()
    model.fit(vectorizer.fit_transform(data["train_texts"]), data["train_codes"])
    found = {}
    for part in ("validation", "test"):
        answers = model.predict(vectorizer.transform(data[f"{part}_texts"]))
        found[f"{part} accuracy"] = float(accuracy_score(data[f"{part}_codes"], answers))
        found[f"{part} macro-F1"] = float(f1_score(data[f"{part}_codes"], answers, average="macro"))
    return found


def main(parts: str, broker: str) -> None:
    os.environ.update({PARTS: parts, PLACE: broker})
    app.conf.broker_url = broker
    command = [sys.executable, "-m", "celery", "-A", "benchmarks.factory_celery:app", "worker"]
    options = ["-c", "2", "-l", "error", "--without-gossip", "--without-mingle"]
    worker = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
    try:
        while not app.control.ping(timeout=1.0):
            time.sleep(0.1)
        started = time.perf_counter()
        tasks = [definition.delay(adapter, estimator) for estimator in estimators() for adapter in adapters()]
        results = [task.get(timeout=3600) for task in tasks]
        print(json.dumps({"seconds": time.perf_counter() - started, "tasks": len(results)}))
    finally:
        worker.terminate()
        worker.wait(60)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
