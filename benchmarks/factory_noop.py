"""One worker, and jobs that do nothing, for `benchmarks.factory`: milliseconds of wall and of processor a job.

Every job is claimed, leased, finished and announced on PostgreSQL, and its message delivered by RabbitMQ and
acknowledged. Submission and publication come before the measurement.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from argosy.app import backends
from argosy.jobs.job import Job
from argosy.jobs.queue import TOPIC, WORKERS, Queue
from argosy.jobs.runner import Outcome, run_worker
from argosy.messaging.relay import relay

WARM = 20
BATCH = 1000


def main(folder: Path, database_url: str, broker_url: str, queued: int, measured: int) -> None:
    database = backends.database(database_url, folder)
    broker, queue = backends.broker(broker_url, folder, database), Queue(database)
    broker.subscribe(TOPIC, WORKERS)
    for start in range(0, queued, BATCH):
        with database.write() as transaction:
            for number in range(start, min(start + BATCH, queued)):
                queue.submit(transaction, "noop", f"noop-{number}", {"number": number})
    relay(database, broker)
    times: list[tuple[float, float]] = []
    stop = threading.Event()
    last = min(WARM + measured, queued - 1)

    def handler(_job: Job, _guard: object) -> Outcome:
        times.append((time.perf_counter(), time.process_time()))
        if len(times) > last:
            stop.set()
        return Outcome({})

    run_worker(queue, broker, {"noop": handler}, "benchmark", stop)
    (start, cpu), (end, cpu_end) = times[WARM], times[last]
    count = last - WARM
    print(json.dumps({"wall_ms": (end - start) / count * 1e3, "cpu_ms": (cpu_end - cpu) / count * 1e3}))
    broker.close()
    database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
